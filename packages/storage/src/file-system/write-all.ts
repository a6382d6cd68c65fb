import type { FileHandle } from 'node:fs/promises';
import { totalBytes } from './total-bytes.ts';

/** Buffers that one system call takes. */
const IOV_MAX = 1024;

/** Writes all bytes of all buffers from `position` on. */
export async function writeAll(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position;
  for (let k = 0; k < buffers.length; k += IOV_MAX) {
    const some = buffers.slice(k, k + IOV_MAX);
    const length = totalBytes(some);
    const { bytesWritten } = await handle.writev(some, at);
    if (bytesWritten < length) await writeRest(handle, some, bytesWritten, at);
    at += length;
  }
}

/** A system call may write less than it was given; what is left goes one buffer at a time. */
async function writeRest(
  handle: FileHandle,
  buffers: readonly Uint8Array[],
  written: number,
  position: number,
): Promise<void> {
  let skip = written;
  let at = position + written;
  for (const buffer of buffers) {
    let from = Math.min(skip, buffer.byteLength);
    skip -= from;
    while (from < buffer.byteLength) {
      const { bytesWritten } = await handle.write(buffer, from, buffer.byteLength - from, at);
      from += bytesWritten;
      at += bytesWritten;
    }
  }
}
