import type { Column, Pending } from '../column/column.ts';
import { constant, deferred } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { printType } from '../schema/column-type.ts';
import { rangeOf } from './convert.ts';
import { joined, type Inputs } from './inputs.ts';
import { ImpossibleRow, runGenerated } from './generate.ts';
import { impossibleIn, runInterpreted } from './interpret.ts';
import { allocate, cellsOf, toColumn, type Buffers, type Cells } from './memory.ts';
import { programOf, type PlannedOutput, type Program } from './program.ts';

/** An expression that grows beyond so many operations is computed before others build on it. */
const MAX_WEIGHT = 256;

/** What computes a column that waits. Who first reads one of those that a verb asked for computes them all. */
class Waiting implements Pending {
  readonly output: PlannedOutput;
  readonly inputs: Inputs;
  readonly #together: readonly Column[];

  constructor(output: PlannedOutput, inputs: Inputs, together: readonly Column[]) {
    this.output = output;
    this.inputs = inputs;
    this.#together = together;
  }

  compute(): void {
    computeAll(this.#together);
  }
}

/** What a column waits for, if it waits. */
export const waitingOf = ({ pending }: Column): Waiting | undefined =>
  pending instanceof Waiting ? pending : undefined;

/**
 * Columns of `n` rows that are computed when someone reads them. Expressions over them fuse with them: what nobody reads
 * is never computed. A bare column is shared, a bare literal stays a constant.
 */
export function columnsFor(
  outputs: readonly PlannedOutput[],
  inputs: Inputs,
  n: number,
): ReadonlyMap<string, Column> {
  const columns = new Map<string, Column>();
  const together: Column[] = [];
  let weight = 0;
  for (const output of outputs) {
    const { name, op, type } = output;
    if (op.kind === 'input') {
      const column = inputs.get(op)!;
      columns.set(name, type.nullable ? column.asNullable() : column);
    } else if (op.kind === 'literal' && isPlainCell(op.value) && type.kind === op.type.kind) {
      columns.set(name, constant(type, n, op.value));
    } else {
      const column = deferred(type, n, new Waiting(output, inputs, together));
      together.push(column);
      columns.set(name, column);
      weight = Math.max(weight, op.weight);
    }
  }
  if (weight > MAX_WEIGHT) computeAll(together);
  return columns;
}

const isPlainCell = (cell: unknown): boolean =>
  typeof cell === 'string' || typeof cell === 'bigint';

/**
 * Computes those of the columns that still wait: in one pass over their rows, or in several where one plan gave columns of
 * several frames. @throws `CellError`
 */
export function computeAll(columns: Iterable<Column>): void {
  const waiting = new Map<Column, PlannedOutput>();
  const others: Column[] = [];
  let inputs: Inputs | undefined;
  for (const column of columns) {
    const found = waitingOf(column);
    if (found === undefined) continue;
    const both = joined(inputs, found.inputs);
    // Its inputs stand for other columns than those of the columns before it.
    if (both === undefined) others.push(column);
    else {
      inputs = both;
      waiting.set(column, found.output);
    }
  }
  const [first] = waiting.keys();
  if (first === undefined) return;
  const n = first.length;
  const program = programFor([...waiting.values()]);
  const buffers = buffersFor(program, inputs!, n);
  run(program, n, buffers);
  let k = 0;
  for (const column of waiting.keys()) {
    column.fill(toColumn(column.type, buffers.outputs[k]!, buffers.valid[k]));
    k++;
  }
  if (others.length > 0) computeAll(others);
}

/** The cells that a program reads, and memory for what it gives. */
function buffersFor(program: Program, columns: Inputs, n: number): Buffers {
  const inputs: Cells[] = [];
  const present: (Uint8Array | undefined)[] = [];
  for (const op of program.inputs) {
    const column = columns.get(op)!;
    inputs.push(cellsOf(column));
    present.push(column.validity);
  }
  const outputs = program.outputs.map(({ op, type }) => allocate(type, n, op.type.nullable));
  const valid = program.outputs.map(({ op }) => (op.type.nullable ? new Uint8Array(n) : undefined));
  return { inputs, present, outputs, valid };
}

/** Those that were computed together last, by the first of their outputs. */
const programs = new WeakMap<PlannedOutput, Program>();

/** The program of outputs that are computed together, the same one in each tick in which they are. */
export function programFor(outputs: readonly PlannedOutput[]): Program {
  const first = outputs[0]!;
  const known = programs.get(first);
  if (
    known?.outputs.length === outputs.length &&
    known.outputs.every((output, k) => output === outputs[k])
  )
    return known;
  const program = programOf(outputs);
  if (first.lasting) programs.set(first, program);
  return program;
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
