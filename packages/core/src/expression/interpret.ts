import { uniform } from '../random/threefry.ts';
import type { ColumnType } from '../schema/column-type.ts';
import type { Buffers } from './generate.ts';
import { refuse } from './memory.ts';
import type { Op, Program } from './plan.ts';

/**
 * The same results as the generated loop, where code generation is forbidden (a content security policy, some edge
 * runtimes). Row by row, one call per operation: slower by an order of magnitude.
 */
export function runInterpreted(program: Program, n: number, buffers: Buffers): void {
  const cells: unknown[] = Array.from({ length: program.ops.length });
  const inputs = inputPositions(program);
  for (let row = 0; row < n; row++) {
    program.ops.forEach((op, k) => {
      cells[k] = compute(op, cells, row, buffers, inputs.get(op) ?? 0, program);
    });
    program.outputs.forEach((output, k) => {
      const cell = cells[output.op];
      const valid = buffers.valid[k];
      if (valid !== undefined) valid[row] = cell === null ? 0 : 1;
      if (cell === null) {
        if (output.type.kind === 'utf8') buffers.outputs[k]![row] = '';
        return;
      }
      if (outOfRange(output.type, cell)) refuse(output.type, cell, row);
      buffers.outputs[k]![row] = cell;
    });
  }
}

function inputPositions(program: Program): ReadonlyMap<Op, number> {
  return new Map(program.ops.filter((op) => op.kind === 'input').map((op, k) => [op, k]));
}

function compute(
  op: Op,
  cells: readonly unknown[],
  row: number,
  buffers: Buffers,
  input: number,
  program: Program,
): unknown {
  switch (op.kind) {
    case 'input':
      return buffers.present[input]?.[row] === 0 ? null : buffers.inputs[input]![row];
    case 'literal':
      return op.value;
    case 'null':
      return op.fn.apply(op.args.map((arg) => cells[arg]));
    default: {
      const args = op.args.map((arg) => cells[arg]);
      if (args.includes(null)) return null;
      return strict(
        op,
        args,
        op.args.map((arg) => program.ops[arg]!.type),
      );
    }
  }
}

function strict(op: Op, args: readonly unknown[], argTypes: readonly ColumnType[]): unknown {
  switch (op.kind) {
    case 'strict': {
      const cell = op.fn.apply(args as never[], argTypes);
      return op.type.kind === 'f32' ? Math.fround(cell as number) : cell;
    }
    case 'convert':
      return op.by.apply(args[0] as never, op.by.table ?? []);
    case 'member':
      return op.of.has(args[0]) ? 1 : 0;
    case 'random':
      return uniform(op.k0, op.k1, args[0] as number, op.draw);
    default:
      return undefined;
  }
}

function outOfRange(type: ColumnType, cell: unknown): boolean {
  switch (type.kind) {
    case 'i32':
      return ((cell as number) | 0) !== cell;
    case 'u32':
      return (cell as number) >>> 0 !== cell;
    case 'i64':
      return BigInt.asIntN(64, cell as bigint) !== cell;
    case 'enum':
      return (cell as number) < 0;
    default:
      return false;
  }
}
