import type { ColumnType } from '../schema/column-type.ts';
import type { Column } from './column.ts';
import { view } from './fixed.ts';
import type { BufferSource, Layout, ListData, StructData } from './layout.ts';

/** How a nested layout makes the columns inside it. */
export interface ColumnMaker {
  fromValues(type: ColumnType, cells: readonly unknown[]): Column;
  concat(type: ColumnType, parts: readonly Column[]): Column;
  fromBuffers(type: ColumnType, length: number, source: BufferSource): Column;
  /** What a cell of a field holds where its struct is null. */
  zero(type: ColumnType): unknown;
}

const itemType = (type: ColumnType): ColumnType => type.item!;

/** Offsets into a child column. */
export const list = (columns: ColumnMaker): Layout<ListData> => ({
  fromValues(type, cells) {
    const offsets = new Int32Array(cells.length + 1);
    const items: unknown[] = [];
    for (let i = 0; i < cells.length; i++) {
      items.push(...((cells[i] as readonly unknown[] | undefined) ?? []));
      offsets[i + 1] = items.length;
    }
    return { offsets, child: columns.fromValues(itemType(type), items) };
  },
  repeat(cell, length, type) {
    const one = this.fromValues(type, [cell]);
    return this.take(one, new Int32Array(length), type);
  },
  get({ offsets, child }, row) {
    const cells: unknown[] = [];
    for (let i = offsets[row]!; i < offsets[row + 1]!; i++) cells.push(child.get(i));
    return cells;
  },
  take({ offsets, child }, rows) {
    const out = new Int32Array(rows.length + 1);
    const picked: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      for (let k = offsets[rows[i]!]!; k < offsets[rows[i]! + 1]!; k++) picked.push(k);
      out[i + 1] = picked.length;
    }
    return { offsets: out, child: child.take(Int32Array.from(picked)) };
  },
  slice({ offsets, child }, from, to) {
    const first = offsets[from]!;
    return {
      offsets: offsets.slice(from, to + 1).map((offset) => offset - first),
      child: child.slice(first, offsets[to]!),
    };
  },
  concat(parts, type) {
    const rows = parts.reduce((n, part) => n + part.offsets.length - 1, 0);
    const offsets = new Int32Array(rows + 1);
    let at = 0;
    let base = 0;
    for (const part of parts) {
      const length = part.offsets.length - 1;
      for (let i = 1; i <= length; i++) offsets[at + i] = base + part.offsets[i]!;
      at += length;
      base += part.child.length;
    }
    return {
      offsets,
      child: columns.concat(
        itemType(type),
        parts.map((part) => part.child),
      ),
    };
  },
  equal(a, b, length) {
    for (let i = 0; i <= length; i++) if (a.offsets[i] !== b.offsets[i]) return false;
    return a.child.equals(b.child);
  },
  buffers: ({ offsets, child }) => [offsets, ...child.buffers()],
  fromBuffers(source, length, type) {
    const offsets = view(Int32Array, source.next(), length + 1);
    return { offsets, child: columns.fromBuffers(itemType(type), offsets[length]!, source) };
  },
});

/** One child column per field. */
export const struct = (columns: ColumnMaker): Layout<StructData> => ({
  fromValues: (type, cells) => ({
    children: type.fields!.map((field) =>
      columns.fromValues(
        field.type,
        cells.map((cell) =>
          cell === undefined
            ? columns.zero(field.type)
            : (cell as Readonly<Record<string, unknown>>)[field.name],
        ),
      ),
    ),
  }),
  repeat(cell, length, type) {
    return this.take(this.fromValues(type, [cell]), new Int32Array(length), type);
  },
  get: ({ children }, row, type) =>
    Object.fromEntries(type.fields!.map((field, i) => [field.name, children[i]!.get(row)])),
  take: ({ children }, rows) => ({ children: children.map((child) => child.take(rows)) }),
  slice: ({ children }, from, to) => ({ children: children.map((child) => child.slice(from, to)) }),
  concat: (parts, type) => ({
    children: type.fields!.map((field, i) =>
      columns.concat(
        field.type,
        parts.map((part) => part.children[i]!),
      ),
    ),
  }),
  equal: (a, b) => a.children.every((child, i) => child.equals(b.children[i]!)),
  buffers: ({ children }) => children.flatMap((child) => child.buffers()),
  fromBuffers: (source, length, type) => ({
    children: type.fields!.map((field) => columns.fromBuffers(field.type, length, source)),
  }),
});
