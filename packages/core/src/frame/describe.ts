import type { Column } from '../column/column.ts';
import { fromValues } from '../column/columns.ts';
import { aggregates, aggregateType } from '../expression/aggregates.ts';
import { isNumber, nullable, printType, required, types } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

const figures: { readonly [name: string]: readonly [aggregate: string, parameter?: number] } = {
  mean: ['mean'],
  std: ['std'],
  min: ['min'],
  q25: ['quantile', 0.25],
  median: ['quantile', 0.5],
  q75: ['quantile', 0.75],
  max: ['max'],
};

/** One row per column: its type, how many cells it has and lacks, and for numbers how they are spread. */
export function describeColumns(frame: Frame): Frame {
  const { schema, columns } = frame;
  const counts = columns.map((column) => one(column, 'count') as number);
  const described = new Map([
    ['column', fromValues(types.utf8, frame.columnNames)],
    [
      'type',
      fromValues(
        types.utf8,
        schema.map(({ type }) => printType(type)),
      ),
    ],
    ['count', fromValues(types.i32, counts)],
    [
      'nulls',
      fromValues(
        types.i32,
        counts.map((count) => frame.numRows - count),
      ),
    ],
    ...Object.entries(figures).map(([name, [fn, parameter]]): [string, Column] => [
      name,
      fromValues(
        nullable(types.f64),
        columns.map((column) =>
          isNumber(required(column.type)) ? one(column, fn, parameter) : null,
        ),
      ),
    ]),
  ]);
  return frame.derive(
    [...described].map(([name, { type }]) => ({ name, type })),
    [...described.values()],
    columns.length,
  );
}

/** An aggregate of a whole column; null when it has nothing to look at. */
function one(column: Column, name: string, parameter = 0): unknown {
  if (column.length === 0) return name === 'count' ? 0 : null;
  const fn = aggregates[name]!;
  const groups = { codes: new Int32Array(column.length), first: new Int32Array(1) };
  return fn.run(column, groups, aggregateType(fn, column.type)!, parameter).get(0);
}
