import type * as built from '@node-rs/crc32';
import { createRequire } from 'node:module';
import { crc32 as inNode } from 'node:zlib';

/** CRC-32, as zlib has it, of `bytes` behind those that `before` is the sum of. */
type Crc32 = (bytes: Uint8Array, before?: number) => number;

/** What `load` gives, or Node's own where there is none. Both give the same sums. */
export function fastest(load: () => Crc32): Crc32 {
  try {
    return load();
  } catch {
    return inNode;
  }
}

/**
 * Node's works through a table. This one uses what processors have for it and takes a fifth of the time. Not imported, as that
 * fails where it has no build for the system; nothing but time is lost then, and in a bundle that leaves it out.
 */
export const crc32 = fastest(() => {
  const { crc32: fast } = createRequire(import.meta.url)('@node-rs/crc32') as typeof built;
  fast(new Uint8Array(8));
  return fast;
});
