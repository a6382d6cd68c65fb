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
    splice(first, second, runs, length) {
      const [a, b] = [first.strings, second.strings];
      const strings: string[] = Array.from({ length });
      for (let k = 0, at = 0; k < runs.length; k += 2) {
        const row = runs[k]!;
        const from = row >= 0 ? a : b;
        const start = row >= 0 ? row : ~row;
        for (let i = 0; i < runs[k + 1]!; i++) strings[at++] = from[start + i]!;
      }
      return Text.fromStrings(strings);
    },
    scatter(data, rows, cells) {
      const strings = [...data.strings];
      rows.forEach((row, k) => {
        strings[row] = cells.strings[k]!;
      });
      return Text.fromStrings(strings);
    },
    equal: (a, b, length) => {
      const [x, y] = [a.strings, b.strings];
      for (let i = 0; i < length; i++) if (x[i] !== y[i]) return false;
      return true;
    },
    buffers(data) {
      const { offsets, bytes } = data.encoded;
      return [offsets, bytes];
    },
    fromBuffers(source, length) {
      const offsets = view(Int32Array, source.next(), length + 1);
      return Text.fromBytes({ offsets, bytes: source.next() });
    },
  };
}
