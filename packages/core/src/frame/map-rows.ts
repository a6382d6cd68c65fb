import { ArchetypeError, didYouMean, requireObject } from '../errors.ts';
import type { Fields } from '../schema/component.ts';
import type { Frame } from './frame.ts';
import { cellsToColumn, rowOutputs } from './row-outputs.ts';
import { rowViews } from './row-view.ts';

export type RowFunction = (row: never, i: number) => unknown;

/** Columns from a function of each row. */
export function mapRows(frame: Frame, given: readonly string[] | Fields, fn: RowFunction): Frame {
  requireObject(
    given,
    'mapRows',
    "['position__x'], (row) => ({ position__x: row.position__x + 1 })",
  );
  const outputs = rowOutputs(frame, given);
  const names = new Set(outputs.map(({ name }) => name));
  const cells = outputs.map((): unknown[] => []);
  const rowAt = rowViews(frame);
  for (let row = 0; row < frame.numRows; row++) {
    const result = fn(rowAt(row) as never, row);
    checkResult(result, names, row);
    for (let k = 0; k < outputs.length; k++) {
      const cell = result[outputs[k]!.name];
      cells[k]!.push(cell === undefined ? outputs[k]!.initial : cell);
    }
  }
  return frame.replace(
    new Map(outputs.map(({ name, type }, k) => [name, cellsToColumn(name, type, cells[k]!)])),
  );
}

function checkResult(
  result: unknown,
  names: ReadonlySet<string>,
  row: number,
): asserts result is Readonly<Record<string, unknown>> {
  if (typeof result !== 'object' || result === null || isPromise(result)) {
    throw new ArchetypeError(
      'invalid_value',
      `The function given to mapRows returned ${describe(result)} for row ${row}; it must return an object with ${[...names].join(', ')}.`,
    );
  }
  for (const name in result) {
    if (names.has(name)) continue;
    throw new ArchetypeError(
      'unknown_column',
      `The function given to mapRows returned "${name}" for row ${row}, which is not among its outputs (${[...names].join(', ')})${didYouMean(name, names)}`,
    );
  }
}

const isPromise = (result: object): boolean =>
  typeof (result as Partial<PromiseLike<unknown>>).then === 'function';

function describe(result: unknown): string {
  if (result === null || result === undefined) return String(result);
  if (typeof result !== 'object') return `a ${typeof result}`;
  return 'a promise (await calls with mapAsync)';
}
