import {
  columnOf,
  Frame,
  fromValues,
  types,
  type Column,
  type Field,
  type Schema,
} from '@archetype/core';

/** Ids that are the same in long runs of rows: written once each, with a number per row. */
const idColumns: ReadonlySet<string> = new Set(['world_id', 'run_id']);

/** Kinds that Lance writes as they are in memory unless told; whole numbers of 32 bits it packs by itself. */
const plainKinds: ReadonlySet<string> = new Set(['f64', 'f32', 'i64', 'timestamp']);

/**
 * What Lance is told of a column: where compressing a block gains nothing, it leaves the block as it is. Ticks, which come
 * again and again in a span, gain though they are packed.
 */
export const encodingOf = ({ name, type }: Field): Readonly<Record<string, string>> =>
  plainKinds.has(type.kind) || name === 'tick' ? { 'lance-encoding:compression': 'lz4' } : {};

/** Frames of fewer rows are put together: a batch costs Lance about what so many rows of it do. */
const BATCH_ROWS = 8_192;

/**
 * Rows as Lance gets them, in a few batches: enums as text, which every Lance reader understands, and ids as dictionaries,
 * which the batches share.
 */
export function lanceRows(schema: Schema, frames: readonly Frame[]): readonly Frame[] {
  const batches = batchesOf(schema, frames);
  const ids = new Map(
    schema
      .filter(({ name }) => idColumns.has(name))
      .map(({ name }) => [name, dictionaryColumns(batches.map((batch) => batch.at(name)))]),
  );
  return batches.map((batch, k) => {
    const columns = schema.map(
      ({ name, type }): Column =>
        ids.get(name)?.[k] ?? (type.kind === 'enum' ? asText(batch.at(name)) : batch.at(name)),
    );
    const fields = schema.map(({ name }, at) => ({ name, type: columns[at]!.type }));
    return new Frame(fields, columns, batch.numRows);
  });
}

/** The rows in frames that are large enough, copied only where they are small. */
function batchesOf(schema: Schema, frames: readonly Frame[]): readonly Frame[] {
  const batches: Frame[] = [];
  let small: Frame[] = [];
  let rows = 0;
  const gather = (): void => {
    if (small.length > 0) batches.push(Frame.concat(schema, small));
    [small, rows] = [[], 0];
  };
  for (const frame of frames) {
    // Large ones pass as they are.
    if (frame.numRows >= BATCH_ROWS) gather();
    small.push(frame);
    rows += frame.numRows;
    if (rows >= BATCH_ROWS) gather();
  }
  gather();
  return batches.length > 0 ? batches : [Frame.concat(schema, [])];
}

const text = (nullable: boolean) => ({ ...types.utf8, nullable });

function asText(column: Column): Column {
  const type = text(column.type.nullable);
  const cells = Array.from({ length: column.length }, (_, row) => column.get(row));
  return fromValues(type, cells);
}

/** The columns with a number per row, each value written once for all of them. */
function dictionaryColumns(parts: readonly Column[]): readonly Column[] {
  const codes = new Map<unknown, number>();
  const codeOf = (value: unknown): number => {
    let code = codes.get(value);
    if (code === undefined) codes.set(value, (code = codes.size));
    return code;
  };
  const coded = parts.map((part) => {
    const data = new Int32Array(part.length);
    if (part.constant !== undefined) return data.fill(codeOf(part.constant));
    for (let row = 0; row < data.length; row++) data[row] = codeOf(part.get(row));
    return data;
  });
  const values = [...codes.keys()].map(String);
  return coded.map((data) =>
    columnOf({ kind: 'enum', nullable: false, values }, data.length, data),
  );
}
