import { bytesOf, type TypedArray } from '@archetype/core';

/** Memory that arrays are copied into, from multiples of 8 on. */
export class Space {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The memory as each kind of array: copying from an array of that kind does not ask for its bytes. */
  readonly #views: ReadonlyMap<unknown, TypedArray>;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    const kinds = [Float64Array, Float32Array, Int32Array, Uint32Array, BigInt64Array];
    this.#views = new Map(kinds.map((Kind) => [Kind, new Kind(memory)]));
  }

  /** Copies an array; returns the next multiple of 8 behind it, with zeros up to there. */
  put(array: TypedArray, at: number): number {
    const view = this.#views.get(array.constructor);
    if (view === undefined) this.bytes.set(bytesOf(array), at);
    else view.set(array as never, at / array.BYTES_PER_ELEMENT);
    let end = at + array.byteLength;
    while (end % 8 !== 0) this.bytes[end++] = 0;
    return end;
  }
}
