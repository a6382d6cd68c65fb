/** Arrow's bitmap (least significant bit first) of a column of bytes 0 and 1. */
export function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array((bytes.length + 7) >> 3);
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** The inverse of `packBits`, from bit `offset` on. */
export function unpackBits(bits: Uint8Array, length: number, offset = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const bit = i + offset;
    bytes[i] = (bits[bit >> 3]! >> (bit & 7)) & 1;
  }
  return bytes;
}
