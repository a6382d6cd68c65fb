import type { TypedArray } from './layout.ts';

/**
 * The bytes of an array, not copied. Engines keep small arrays without memory of their own, which asking for their bytes
 * gives them: whoever can use the array itself does.
 */
export const bytesOf = (array: TypedArray): Uint8Array =>
  array instanceof Uint8Array
    ? array
    : new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
