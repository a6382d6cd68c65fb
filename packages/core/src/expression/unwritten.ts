import { ReadyMemory } from './ready-memory.ts';

/** Where the platform has memory that is not cleared. */
interface Platform {
  readonly Buffer?: { allocUnsafeSlow?(bytes: number): { readonly buffer: ArrayBuffer } };
}

/** One for the thread, whatever asks: nothing of it shows in a result. */
const memory = new ReadyMemory((bytes) => {
  const { Buffer } = globalThis as Platform;
  return Buffer?.allocUnsafeSlow?.(bytes).buffer ?? new ArrayBuffer(bytes);
});

/** Memory that holds whatever was there before, where the platform has such: for those who write all of it before it is read. */
export const unwritten = (bytes: number): ArrayBuffer => memory.take(bytes);

/**
 * Makes as much memory ready as columns asked for since the last call, at most 1 MiB: the next tick asks for the same. For stores,
 * while they wait for a disk. Throws nothing: where there is no memory, the tick that needs it is told.
 *
 * @example setImmediate(makeMemoryReady)
 */
export function makeMemoryReady(): void {
  try {
    memory.makeReady();
  } catch {
    // Nobody needs it yet.
  }
}
