import { bytesOf, Frame, fromBuffers, type Schema, type TypedArray } from '@archetype/core';
import { decodeJson, jsonBytes } from './json-record.ts';

/** A frame that no table describes: its columns, and the bytes of each of their buffers. */
export interface FrameHead {
  readonly schema: Schema;
  readonly rows: number;
  readonly buffers: readonly number[];
}

/** Adds the frame's own memory to `buffers`; what it says of it is JSON. */
export function encodeFrame(frame: Frame, buffers: TypedArray[]): FrameHead {
  const begin = buffers.length;
  for (const column of frame.columns) column.addBuffers(buffers);
  return {
    schema: frame.schema,
    rows: frame.numRows,
    buffers: buffers.slice(begin).map((buffer) => buffer.byteLength),
  };
}

/** The inverse of `encodeFrame`; `next` gives a buffer of so many bytes. */
export function decodeFrame(head: FrameHead, next: (bytes: number) => Uint8Array): Frame {
  let k = 0;
  const source = { next: () => next(head.buffers[k++]!) };
  const columns = head.schema.map(({ type }) => fromBuffers(type, head.rows, source));
  return new Frame(head.schema, columns, head.rows);
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** A frame by itself: the length of its head in 8 bytes, the head, and the buffers, each from a multiple of 8 on. */
export function frameBytes(frame: Frame): Uint8Array {
  const buffers: TypedArray[] = [];
  const head = jsonBytes(encodeFrame(frame, buffers));
  const size = buffers.reduce((n, buffer) => n + padded(buffer.byteLength), 8 + head.length);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const buffer of buffers) {
    bytes.set(bytesOf(buffer), at);
    at += padded(buffer.byteLength);
  }
  return bytes;
}

/** The inverse of `frameBytes`; columns are views of `bytes`. */
export function frameOfBytes(bytes: Uint8Array): Frame {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  let at = 8 + length;
  return decodeFrame(decodeJson(bytes.subarray(8, at)) as FrameHead, (size) => {
    const buffer = bytes.subarray(at, at + size);
    at += padded(size);
    return buffer;
  });
}
