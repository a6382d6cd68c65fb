/** Where the platform has memory that is not cleared. */
interface Platform {
  readonly Buffer?: { allocUnsafeSlow?(bytes: number): { readonly buffer: ArrayBuffer } };
}

/** Memory that holds whatever was there before, where the platform has such: for those who write all of it before it is read. */
export function unwritten(bytes: number): ArrayBuffer {
  const { Buffer } = globalThis as Platform;
  return Buffer?.allocUnsafeSlow?.(bytes).buffer ?? new ArrayBuffer(bytes);
}
