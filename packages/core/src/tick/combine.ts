import type { Column } from '../column/column.ts';
import { fromValues, scatter } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import type { Frame } from '../frame/frame.ts';
import { isNumber, printType, type ColumnType } from '../schema/column-type.ts';
import type { Combine } from './emission.ts';
import { idsOf } from './living.ts';

/** What one emission gives to one column. */
export interface FieldUpdate {
  readonly rows: Int32Array;
  /** A cell for each of `rows`. */
  readonly cells: Column;
  readonly combine: Combine | undefined;
  readonly processor: string;
}

/** A processor other than `except` that changed an entity's cell while processors ran. */
export type Writer = (entity: number, except: string) => string | undefined;

type Amount = number | bigint;
const operators: { readonly [C in Exclude<Combine, 'last'>]: (a: Amount, b: Amount) => Amount } = {
  sum: (a, b) => (a as number) + (b as number),
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
};

/** The column at the end of the tick. @throws `write_conflict`, `type_mismatch`, `value_out_of_range` */
export function combineColumn(
  name: string,
  frame: Frame,
  updates: readonly FieldUpdate[],
  writer: Writer | undefined,
): Column {
  const column = frame.at(name);
  const [only] = updates;
  if (updates.length === 1 && ascend(only!.rows) && isPlain(only!, writer))
    return scatter(column.type, column, only!.rows, only!.cells);
  const ids = idsOf(frame);
  const cells: unknown[] = [];
  const rows: number[] = [];
  const first: FieldUpdate[] = [];
  /** One above the position in `cells` of a row that has been met. */
  const met = new Int32Array(column.length);
  for (const update of updates) {
    const { combine } = update;
    update.rows.forEach((row, k) => {
      const cell = update.cells.get(k);
      const at = met[row]! - 1;
      if (at < 0) {
        const start = column.get(row);
        if (combine === undefined) checkSole(ids[row]!, name, update, writer);
        else if (combine !== 'last') checkNumbers(name, column.type, start, cell);
        met[row] = cells.push(combined(combine, start, cell));
        rows.push(row);
        first.push(update);
      } else {
        if (combine === undefined || first[at]!.combine !== combine)
          throw conflict(ids[row]!, row, name, updates);
        if (combine !== 'last') checkNumbers(name, column.type, cell);
        cells[at] = combined(combine, cells[at], cell);
      }
    });
  }
  const given = columnOf(name, column.type, cells, updates);
  return scatter(column.type, column, Int32Array.from(rows), given);
}

function ascend(rows: Int32Array): boolean {
  for (let k = 1; k < rows.length; k++) if (rows[k - 1]! >= rows[k]!) return false;
  return true;
}

/** Whether its cells are the result, whatever was there before. */
const isPlain = ({ combine }: FieldUpdate, writer: Writer | undefined): boolean =>
  combine === 'last' || (combine === undefined && writer === undefined);

const combined = (combine: Combine | undefined, before: unknown, cell: unknown): unknown =>
  combine === undefined || combine === 'last'
    ? cell
    : operators[combine](before as Amount, cell as Amount);

function columnOf(
  name: string,
  type: ColumnType,
  cells: readonly unknown[],
  updates: readonly FieldUpdate[],
): Column {
  try {
    return fromValues(type, cells);
  } catch (error) {
    if (!(error instanceof ArchetypeError)) throw error;
    const text = `Updates of ${name} by ${names(updates)} could not be kept: ${error.message}`;
    throw new ArchetypeError(error.code, text, { cause: error });
  }
}

/** Without `combine` nobody else may have touched the field. */
function checkSole(
  entity: number,
  name: string,
  { processor }: FieldUpdate,
  writer: Writer | undefined,
): void {
  const other = writer?.(entity, processor);
  if (other === undefined) return;
  throw new ArchetypeError(
    'write_conflict',
    `${name} of entity ${entity} was updated by "${processor}" and changed by ${other} in one tick; ${ADVICE}`,
  );
}

const ADVICE =
  'say how they combine, { combine: "sum" | "min" | "max" | "last" }, or let one processor own the field.';

function conflict(
  entity: number,
  row: number,
  name: string,
  updates: readonly FieldUpdate[],
): ArchetypeError {
  const own = updates.flatMap((update) =>
    Array.from(update.rows)
      .filter((other) => other === row)
      .map(() => update),
  );
  if (own.some(({ combine }) => combine !== own[0]!.combine)) {
    return new ArchetypeError(
      'write_conflict',
      `Updates of ${name} of entity ${entity} by ${names(own)} do not say the same of how they combine; give all of them one { combine }.`,
    );
  }
  return new ArchetypeError(
    'write_conflict',
    `${name} of entity ${entity} was updated ${own.length} times, by ${names(own)}, in one tick; ${ADVICE}`,
  );
}

const names = (updates: readonly FieldUpdate[]): string =>
  [...new Set(updates.map(({ processor }) => `"${processor}"`))].join(' and ');

function checkNumbers(name: string, type: ColumnType, ...cells: readonly unknown[]): void {
  if (cells.every((cell) => typeof cell === 'number' || typeof cell === 'bigint')) return;
  throw new ArchetypeError(
    'type_mismatch',
    `${name} holds ${isNumber(type) || type.kind === 'i64' ? 'null' : printType(type)}, which cannot be summed or compared; use { combine: "last" } there.`,
  );
}
