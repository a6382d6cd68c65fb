/** Bytes of all buffers together. */
export const totalBytes = (buffers: readonly Uint8Array[]): number =>
  buffers.reduce((n, { byteLength }) => n + byteLength, 0);

/**
 * Memory that was transferred to another thread while it waited is gone: what was handed over would be left out, and the next
 * write would begin behind a hole. @throws when there are fewer `bytes` than that
 */
export function checkWhole(buffers: readonly Uint8Array[], bytes: number): void {
  const found = totalBytes(buffers);
  if (found === bytes) return;
  throw new Error(`${bytes} bytes were handed over, and ${found} were left when their turn came`);
}
