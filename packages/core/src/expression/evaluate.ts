import type { Column, Pending } from '../column/column.ts';
import { constant, deferred } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { printType, type ColumnType } from '../schema/column-type.ts';
import { rangeOf } from './convert.ts';
import { ImpossibleRow, runGenerated, type Buffers } from './generate.ts';
import { impossibleIn, runInterpreted } from './interpret.ts';
import { allocate, cellsOf, toColumn } from './memory.ts';
import type { Op } from './plan.ts';
import { programOf, type Program } from './program.ts';

/** An expression that grows beyond so many operations is computed before others build on it. */
const MAX_WEIGHT = 256;

/** Columns that one verb asked for; who first reads one of them computes all that still wait. */
class Batch implements Pending {
  readonly ops = new Map<Column, Op>();

  compute(): void {
    computeAll(this.ops.keys());
  }
}

/** The operation that a column waits for, if it waits. */
export const pendingOp = (column: Column): Op | undefined =>
  column.pending instanceof Batch ? column.pending.ops.get(column) : undefined;

/**
 * Columns of `n` rows that are computed when someone reads them. Expressions over them fuse with them: what nobody reads
 * is never computed. A bare column is shared, a bare literal stays a constant.
 */
export function columnsFor(
  outputs: ReadonlyMap<string, { readonly op: Op; readonly type: ColumnType }>,
  n: number,
): ReadonlyMap<string, Column> {
  const columns = new Map<string, Column>();
  const batch = new Batch();
  let weight = 0;
  for (const [name, { op, type }] of outputs) {
    if (op.kind === 'input') {
      columns.set(name, type.nullable ? op.column.asNullable() : op.column);
    } else if (op.kind === 'literal' && isPlainCell(op.value) && type.kind === op.type.kind) {
      columns.set(name, constant(type, n, op.value));
    } else {
      const column = deferred(type, n, batch);
      batch.ops.set(column, op);
      columns.set(name, column);
      weight = Math.max(weight, op.weight);
    }
  }
  if (weight > MAX_WEIGHT) batch.compute();
  return columns;
}

const isPlainCell = (cell: unknown): boolean =>
  typeof cell === 'string' || typeof cell === 'bigint';

/** Computes those of the columns that still wait, in one pass over their rows. @throws `CellError` */
export function computeAll(columns: Iterable<Column>): void {
  const waiting = new Map<Column, Op>();
  for (const column of columns) {
    const op = pendingOp(column);
    if (op !== undefined) waiting.set(column, op);
  }
  const [first] = waiting.keys();
  if (first === undefined) return;
  const program = programOf([...waiting].map(([{ type }, op]) => ({ op, type })));
  const n = first.length;
  const buffers: Buffers = {
    inputs: program.inputs.map(cellsOf),
    present: program.inputs.map((input) => input.validity),
    outputs: program.outputs.map(({ type }) => allocate(type, n)),
    valid: program.outputs.map(({ op }) => (op.type.nullable ? new Uint8Array(n) : undefined)),
  };
  run(program, n, buffers);
  [...waiting.keys()].forEach((column, k) => {
    column.fill(toColumn(column.type, buffers.outputs[k]!, buffers.valid[k]));
  });
}

function run(program: Program, n: number, buffers: Buffers): void {
  try {
    runGenerated(program, n, buffers);
  } catch (error) {
    if (error instanceof ImpossibleRow) throw impossible(program, error.row, buffers);
    if (!(error instanceof EvalError)) throw error;
    interpret(program, n, buffers);
  }
}

function interpret(program: Program, n: number, buffers: Buffers): void {
  try {
    runInterpreted(program, n, buffers);
  } catch (error) {
    throw error instanceof ImpossibleRow ? impossible(program, error.row, buffers) : error;
  }
}

/** A cell that its type cannot hold; `owner` is the processor whose expression gave it. */
export class CellError extends ArchetypeError {
  readonly owner: string | undefined;

  constructor(message: string, owner: string | undefined) {
    super('value_out_of_range', message);
    this.owner = owner;
  }
}

/** Loops only say in which row; that row is computed once more to say what. */
function impossible(program: Program, row: number, buffers: Buffers): CellError {
  const { type, cell, owner } = impossibleIn(program, row, buffers)!;
  return new CellError(
    `An expression gave ${typeof cell === 'string' ? JSON.stringify(cell) : String(cell)} in row ${row}, and ${printType(type)} needs ${rangeOf(type)!.needs(type)}; clamp or round it first, compute in another type, or use tryCast for null instead.`,
    owner,
  );
}
