import {
  columnOf,
  concat,
  Frame,
  fromValues,
  types,
  type Column,
  type Field,
  type Schema,
} from '@archetype/core';

/** Ids that are the same in long runs of rows: written once each, with a number per row. */
const dictionaries: ReadonlySet<string> = new Set(['world_id', 'run_id']);

/** Kinds that Lance writes as they are in memory unless told; whole numbers of 32 bits it packs by itself. */
const plainKinds: ReadonlySet<string> = new Set(['f64', 'f32', 'i64', 'timestamp']);

/**
 * What Lance is told of a column: where compressing a block gains nothing, it leaves the block as it is. Ticks, which come
 * again and again in a span, gain though they are packed.
 */
export const encodingOf = ({ name, type }: Field): Readonly<Record<string, string>> =>
  plainKinds.has(type.kind) || name === 'tick' ? { 'lance-encoding:compression': 'lz4' } : {};

/** Rows as Lance gets them: enums as text, which every Lance reader understands, and ids as dictionaries. */
export function lanceRows(schema: Schema, frames: readonly Frame[]): Frame {
  const rows = frames.reduce((n, { numRows }) => n + numRows, 0);
  const columns = schema.map(({ name, type }): Column => {
    const parts = frames.map((frame) => frame.at(name));
    if (dictionaries.has(name)) return dictionary(parts, rows);
    return type.kind === 'enum'
      ? concat(text(type.nullable), parts.map(asText))
      : concat(type, parts);
  });
  return new Frame(
    schema.map(({ name }, k) => ({ name, type: columns[k]!.type })),
    columns,
    rows,
  );
}

const text = (nullable: boolean) => ({ ...types.utf8, nullable });

function asText(column: Column): Column {
  const type = text(column.type.nullable);
  const cells = Array.from({ length: column.length }, (_, row) => column.get(row));
  return fromValues(type, cells);
}

function dictionary(parts: readonly Column[], length: number): Column {
  const codes = new Map<unknown, number>();
  const data = new Int32Array(length);
  const codeOf = (value: unknown): number => {
    let code = codes.get(value);
    if (code === undefined) codes.set(value, (code = codes.size));
    return code;
  };
  let at = 0;
  for (const part of parts) {
    if (part.constant !== undefined) data.fill(codeOf(part.constant), at, at + part.length);
    else for (let row = 0; row < part.length; row++) data[at + row] = codeOf(part.get(row));
    at += part.length;
  }
  const values = [...codes.keys()].map(String);
  return columnOf({ kind: 'enum', nullable: false, values }, length, data);
}
