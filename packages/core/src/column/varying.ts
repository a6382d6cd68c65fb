import { view } from './fixed.ts';
import type { Layout } from './layout.ts';
import { Text } from './text.ts';

/** Text of any length; `print` and `parse` stand between the cell and its text. */
export function text(
  print: (cell: unknown) => string,
  parse: (text: string) => unknown,
): Layout<Text> {
  return {
    fromValues: (_type, cells) =>
      Text.fromStrings(cells.map((cell) => (cell === undefined ? '' : print(cell)))),
    repeat: (cell, length) => Text.repeated(print(cell), length),
    get: (data, row) => parse(data.strings[row]!),
    take(data, rows) {
      const { strings } = data;
      return Text.fromStrings(Array.from(rows, (row) => strings[row]!));
    },
    slice: (data, from, to) => data.slice(from, to),
    concat: (parts) => Text.fromStrings(parts.flatMap((part) => part.strings)),
    equal: (a, b, length) => {
      const [x, y] = [a.strings, b.strings];
      for (let i = 0; i < length; i++) if (x[i] !== y[i]) return false;
      return true;
    },
    buffers(data) {
      const { offsets, bytes } = data.encoded;
      return [new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength), bytes];
    },
    fromBuffers(source, length) {
      const offsets = view(Int32Array, source.next(), length + 1);
      return Text.fromBytes({ offsets, bytes: source.next() });
    },
  };
}
