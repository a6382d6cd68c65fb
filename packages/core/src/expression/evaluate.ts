import type { Column } from '../column/column.ts';
import { constant } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { printType } from '../schema/column-type.ts';
import { rangeOf } from './convert.ts';
import { ImpossibleRow, runGenerated, type Buffers } from './generate.ts';
import { impossibleIn, runInterpreted } from './interpret.ts';
import { allocate, cellsOf, toColumn } from './memory.ts';
import type { Program } from './plan.ts';

/** Computes the outputs of a program over `n` rows; a bare column is shared, a bare literal stays a constant. */
export function evaluate(
  program: Program,
  n: number,
  column: (name: string) => Column,
): ReadonlyMap<string, Column> {
  const results = new Map<string, Column>();
  const computed: Program['outputs'][number][] = [];
  for (const output of program.outputs) {
    const op = program.ops[output.op]!;
    if (op.kind === 'input') {
      const shared = column(op.name);
      results.set(output.name, output.type.nullable ? shared.asNullable() : shared);
    } else if (
      op.kind === 'literal' &&
      isPlainCell(op.value) &&
      output.type.kind === op.type.kind
    ) {
      results.set(output.name, constant(output.type, n, op.value));
    } else {
      results.set(output.name, undefined as unknown as Column);
      computed.push(output);
    }
  }
  if (computed.length > 0) {
    compute({ ops: needed(program.ops, computed), outputs: computed }, n, column, results);
  }
  return results;
}

/** Operations that no computed output reads are blanked, so that their columns are not decoded. */
function needed(ops: Program['ops'], outputs: Program['outputs']): Program['ops'] {
  const used = new Set<number>();
  const visit = (op: number): void => {
    if (used.has(op)) return;
    used.add(op);
    const step = ops[op]!;
    if ('args' in step) step.args.forEach(visit);
  };
  outputs.forEach((output) => visit(output.op));
  return ops.map((op, k) => (used.has(k) ? op : { kind: 'literal', value: 0, type: op.type }));
}

const isPlainCell = (cell: unknown): boolean =>
  typeof cell === 'string' || typeof cell === 'bigint';

function compute(
  program: Program,
  n: number,
  column: (name: string) => Column,
  results: Map<string, Column>,
): void {
  const inputs = program.ops.filter((op) => op.kind === 'input').map((op) => column(op.name));
  const buffers: Buffers = {
    inputs: inputs.map(cellsOf),
    present: inputs.map((input) => input.validity),
    outputs: program.outputs.map((output) => allocate(output.type, n)),
    valid: program.outputs.map((output) =>
      program.ops[output.op]!.type.nullable ? new Uint8Array(n) : undefined,
    ),
  };
  run(program, n, buffers);
  program.outputs.forEach((output, k) => {
    results.set(output.name, toColumn(output.type, buffers.outputs[k]!, buffers.valid[k]));
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

/** Loops only say in which row; that row is computed once more to say what. */
function impossible(program: Program, row: number, buffers: Buffers): ArchetypeError {
  const { type, cell } = impossibleIn(program, row, buffers)!;
  return new ArchetypeError(
    'value_out_of_range',
    `An expression gave ${typeof cell === 'string' ? JSON.stringify(cell) : String(cell)} in row ${row}, and ${printType(type)} needs ${rangeOf(type)!.needs(type)}; clamp or round it first, compute in another type, or use tryCast for null instead.`,
  );
}
