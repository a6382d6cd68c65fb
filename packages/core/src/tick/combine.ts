import { ArchetypeError } from '../errors.ts';
import { isNumber, printType, type ColumnType } from '../schema/column-type.ts';
import type { Change } from './change.ts';
import type { Combine } from './emission.ts';
import type { ExecutedTable } from './execute.ts';

/** One emitted update of one field. */
export interface FieldUpdate {
  readonly cell: unknown;
  readonly combine: Combine | undefined;
  readonly processor: string;
}

type Amount = number | bigint;
const operators: { readonly [C in Exclude<Combine, 'last'>]: (a: Amount, b: Amount) => Amount } = {
  sum: (a, b) => (a as number) + (b as number),
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
};

/** The field's value at the end of the tick. @throws `write_conflict` */
export function combineUpdates(
  entity: number,
  name: string,
  updates: readonly FieldUpdate[],
  change: Change,
  place: { readonly table: ExecutedTable; readonly row: number } | undefined,
): unknown {
  const { combine } = updates[0]!;
  checkAgreed(entity, name, updates);
  if (combine === undefined) {
    checkSole(entity, name, updates, place);
    return updates[0]!.cell;
  }
  if (combine === 'last') return updates.at(-1)!.cell;
  const column = place?.table.frame.has(name) === true ? place.table.frame.at(name) : undefined;
  const start = name in change.cells ? change.cells[name] : column?.get(place!.row);
  checkNumber(name, column?.type, start);
  return updates.reduce(
    (total, { cell }) => operators[combine](total, cell as Amount),
    start as Amount,
  );
}

function checkAgreed(entity: number, name: string, updates: readonly FieldUpdate[]): void {
  const other = updates.find(({ combine }) => combine !== updates[0]!.combine);
  if (other === undefined) return;
  throw new ArchetypeError(
    'write_conflict',
    `Updates of ${name} of entity ${entity} by ${names(updates)} do not say the same of how they combine; give all of them one { combine }.`,
  );
}

/** Without `combine` nobody else may have touched the field. */
function checkSole(
  entity: number,
  name: string,
  updates: readonly FieldUpdate[],
  place: { readonly table: ExecutedTable; readonly row: number } | undefined,
): void {
  const writer = place?.table.writes
    .get(name)
    ?.find(
      ({ processor, before, after }) =>
        processor !== updates[0]!.processor &&
        !Object.is(before.get(place.row), after.get(place.row)),
    );
  if (updates.length === 1 && writer === undefined) return;
  const who =
    updates.length > 1
      ? `was updated ${updates.length} times, by ${names(updates)},`
      : `was updated by ${names(updates)} and changed by ${writer!.processor}`;
  throw new ArchetypeError(
    'write_conflict',
    `${name} of entity ${entity} ${who} in one tick; say how they combine, { combine: "sum" | "min" | "max" | "last" }, or let one processor own the field.`,
  );
}

const names = (updates: readonly FieldUpdate[]): string =>
  [...new Set(updates.map(({ processor }) => `"${processor}"`))].join(' and ');

function checkNumber(name: string, type: ColumnType | undefined, start: unknown): void {
  if (typeof start === 'number' || typeof start === 'bigint') return;
  const kind = type === undefined || isNumber(type) ? String(start) : printType(type);
  throw new ArchetypeError(
    'type_mismatch',
    `${name} holds ${kind}, which cannot be summed or compared; use { combine: "last" } there.`,
  );
}
