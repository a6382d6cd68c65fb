/**
 * Threefry-2x32 with 20 rounds, a counter-based generator: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3", SC 2011. The same key and counter give the same 64 bits, whatever was drawn before.
 */
export interface Key {
  readonly k0: number;
  readonly k1: number;
}

const PARITY = 0x1bd11bda;

/** A number in [0, 1) with 53 random bits, from a key and a counter of two 32-bit words. */
export function uniform(k0: number, k1: number, c0: number, c1: number): number {
  const k2 = k0 ^ k1 ^ PARITY;
  let a = (c0 + k0) | 0;
  let b = (c1 + k1) | 0;
  for (let block = 0; block < 5; block++) {
    if ((block & 1) === 0) {
      a = (a + b) | 0;
      b = ((b << 13) | (b >>> 19)) ^ a;
      a = (a + b) | 0;
      b = ((b << 15) | (b >>> 17)) ^ a;
      a = (a + b) | 0;
      b = ((b << 26) | (b >>> 6)) ^ a;
      a = (a + b) | 0;
      b = ((b << 6) | (b >>> 26)) ^ a;
    } else {
      a = (a + b) | 0;
      b = ((b << 17) | (b >>> 15)) ^ a;
      a = (a + b) | 0;
      b = ((b << 29) | (b >>> 3)) ^ a;
      a = (a + b) | 0;
      b = ((b << 16) | (b >>> 16)) ^ a;
      a = (a + b) | 0;
      b = ((b << 24) | (b >>> 8)) ^ a;
    }
    const next = block % 3;
    a = (a + (next === 0 ? k1 : next === 1 ? k2 : k0)) | 0;
    b = (b + (next === 0 ? k2 : next === 1 ? k0 : k1) + block + 1) | 0;
  }
  return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992;
}

/** A new key from a key and a counter; counters that differ give independent keys. */
export function derive(key: Key, c0: number, c1: number): Key {
  const first = uniform(key.k0, key.k1, c0, c1);
  const second = uniform(key.k0, key.k1, c0, ~c1);
  return { k0: (first * 4294967296) | 0, k1: (second * 4294967296) | 0 };
}
