import { uniform } from '../random/threefry.ts';
import { required, type ColumnType } from '../schema/column-type.ts';
import { rangeOf } from './convert.ts';
import { Impossible, isFloat, isWhole } from './functions/function.ts';
import { ImpossibleRow } from './generate.ts';
import { blankOf, isBoxed, type Buffers } from './memory.ts';
import type { Op } from './op.ts';
import type { Program } from './program.ts';

/**
 * The same results as the generated loop, where code generation is forbidden (a content security policy, some edge
 * runtimes). Row by row, one call per operation: slower by an order of magnitude. @throws `ImpossibleRow`
 */
export function runInterpreted(program: Program, n: number, buffers: Buffers): void {
  const interpreter = new Interpreter(program, buffers);
  for (let row = 0; row < n; row++) {
    interpreter.run(row);
    program.outputs.forEach((output, k) => {
      const cell = interpreter.cell(output.op);
      if (cell instanceof Impossible) throw new ImpossibleRow(row);
      const valid = buffers.valid[k];
      if (valid !== undefined) valid[row] = cell === null ? 0 : 1;
      if (cell !== null) buffers.outputs[k]![row] = cell;
      else if (isBoxed(output.type)) buffers.outputs[k]![row] = blankOf(output.type);
    });
  }
}

/** What a row's first impossible output is. */
export function impossibleIn(
  program: Program,
  row: number,
  buffers: Buffers,
): Impossible | undefined {
  const interpreter = new Interpreter(program, buffers);
  interpreter.run(row);
  return program.outputs
    .map(({ op }) => interpreter.cell(op))
    .find((cell) => cell instanceof Impossible);
}

class Interpreter {
  readonly #program: Program;
  readonly #buffers: Buffers;
  readonly #cells = new Map<Op, unknown>();

  constructor(program: Program, buffers: Buffers) {
    this.#program = program;
    this.#buffers = buffers;
  }

  cell(op: Op): unknown {
    return this.#cells.get(op);
  }

  run(row: number): void {
    for (const op of this.#program.ops) this.#cells.set(op, this.#compute(op, row));
  }

  #compute(op: Op, row: number): unknown {
    switch (op.kind) {
      case 'input': {
        const input = this.#program.inputs.indexOf(op);
        const { inputs, present } = this.#buffers;
        return present[input]?.[row] === 0 ? null : inputs[input]![row];
      }
      case 'literal':
        return op.value;
      case 'null': {
        const args = op.args.map((arg) => this.cell(arg));
        if (op.fn.chooses) return op.fn.apply(...args);
        return args.find((arg) => arg instanceof Impossible) ?? op.fn.apply(...args);
      }
      default: {
        const args = op.args.map((arg) => this.cell(arg));
        if (args.includes(null)) return null;
        return args.find((arg) => arg instanceof Impossible) ?? strict(op, args);
      }
    }
  }
}

function strict(op: Op, args: readonly unknown[]): unknown {
  switch (op.kind) {
    case 'strict': {
      const cell = op.fn.apply(...(args as never[]));
      if (cell === null) return null;
      if (op.type.kind === 'f32') return Math.fround(cell as number);
      if (op.fn.overflows !== true || isFloat(op.type)) return cell;
      const settled = isWhole(op.type) ? (cell as number) + 0 : cell;
      return outside(op.type, settled)
        ? new Impossible(required(op.type), settled, op.owner)
        : settled;
    }
    case 'convert': {
      const cell = op.by.apply(args[0] as never);
      if (op.by.lossy !== true || !outside(op.type, cell)) return cell;
      return op.lenient ? null : new Impossible(required(op.type), args[0], op.owner);
    }
    case 'member':
      return op.of.has(args[0]) ? 1 : 0;
    case 'random':
      return uniform(op.k0, op.k1, args[0] as number, op.draw);
    default:
      return undefined;
  }
}

const outside = (type: ColumnType, cell: unknown): boolean =>
  rangeOf(type)?.test(cell as never) === true;
