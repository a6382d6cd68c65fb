import { uniform } from '../random/threefry.ts';
import type { ColumnType } from '../schema/column-type.ts';
import { refuse, type Cells } from './memory.ts';
import type { CellSource } from './null-functions.ts';
import type { Op, Program } from './plan.ts';

/** What a compiled loop reads and writes; the order is that of the program's inputs, literals and outputs. */
export interface Buffers {
  readonly inputs: readonly Cells[];
  /** Validity per input, where it has nulls. */
  readonly present: readonly (Uint8Array | undefined)[];
  readonly outputs: readonly Cells[];
  readonly valid: readonly (Uint8Array | undefined)[];
}
type Loop = (
  n: number,
  buffers: Buffers,
  literals: readonly unknown[],
  use: typeof runtime,
) => void;

const runtime = { uniform, refuse };
const MAX_CACHED = 4096;
/** Compiled loops by their source. Names and values are never part of it, so equal shapes share one loop. */
const compiled = new Map<string, Loop>();

/** One fused loop for all outputs. @throws EvalError where code generation is forbidden */
export function runGenerated(program: Program, n: number, buffers: Buffers): void {
  const { source, literals } = write(program, buffers);
  let loop = compiled.get(source);
  if (loop === undefined) {
    // oxlint-disable-next-line typescript/no-implied-eval -- the source is built from the table of functions only
    loop = new Function('n', 'b', 'l', 'use', source) as Loop;
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(source, loop);
  }
  loop(n, buffers, literals, runtime);
}

function write(
  program: Program,
  buffers: Buffers,
): { source: string; literals: readonly unknown[] } {
  const head: string[] = [];
  const body: string[] = [];
  const literals: unknown[] = [];
  const cells: CellSource[] = [];
  let inputs = 0;
  const hoist = (value: unknown): string => {
    const name = `l${literals.push(value) - 1}`;
    head.push(`const ${name}=l[${literals.length - 1}];`);
    return name;
  };
  const cellOf = (op: Op): CellSource => {
    switch (op.kind) {
      case 'input': {
        const k = inputs++;
        head.push(`const c${k}=b.inputs[${k}];`);
        if (buffers.present[k] === undefined) return { value: `c${k}[i]`, valid: undefined };
        head.push(`const m${k}=b.present[${k}];`);
        return { value: `c${k}[i]`, valid: `m${k}[i]` };
      }
      case 'literal':
        if (op.value === null) return { value: zeroOf(op.type), valid: '0' };
        return { value: hoist(op.value), valid: undefined };
      case 'strict': {
        const args = op.args.map((arg) => cells[arg]!);
        const source = op.fn.js(
          args.map((arg) => arg.value),
          op.args.map((arg) => program.ops[arg]!.type),
        );
        return {
          value: op.type.kind === 'f32' ? `Math.fround(${source})` : source,
          valid: both(args),
        };
      }
      case 'null':
        return op.fn.js(op.args.map((arg) => cells[arg]!));
      case 'convert': {
        const arg = cells[op.args[0]!]!;
        const table = op.by.table === undefined ? '' : hoist(op.by.table);
        return { value: op.by.js(arg.value, table), valid: arg.valid };
      }
      case 'member': {
        const arg = cells[op.args[0]!]!;
        return { value: `(${hoist(op.of)}.has(${arg.value})?1:0)`, valid: arg.valid };
      }
      case 'random': {
        const [k0, k1] = [hoist(op.k0), hoist(op.k1)];
        return {
          value: `use.uniform(${k0},${k1},${cells[op.args[0]!]!.value},${op.draw})`,
          valid: undefined,
        };
      }
    }
  };
  program.ops.forEach((op, k) => {
    const { value, valid } = cellOf(op);
    if (op.kind === 'literal') {
      cells.push({ value, valid });
      return;
    }
    body.push(`const v${k}=${value};`);
    if (valid !== undefined) body.push(`const n${k}=${valid};`);
    cells.push({ value: `v${k}`, valid: valid === undefined ? undefined : `n${k}` });
  });
  program.outputs.forEach((output, k) => {
    const { value, valid } = cells[output.op]!;
    head.push(`const o${k}=b.outputs[${k}];`);
    const broken = outOfRange(output.type, value);
    if (broken !== undefined) {
      const type = hoist(output.type);
      body.push(
        `if(${valid === undefined ? '' : `${valid}&&`}${broken})use.refuse(${type},${value},i);`,
      );
    }
    body.push(
      `o${k}[i]=${output.type.kind === 'utf8' && valid !== undefined ? `${valid}?${value}:""` : value};`,
    );
    if (buffers.valid[k] !== undefined) {
      head.push(`const p${k}=b.valid[${k}];`);
      body.push(`p${k}[i]=${valid ?? 1};`);
    }
  });
  return {
    source: `"use strict";${head.join('')}for(let i=0;i<n;i++){${body.join('')}}`,
    literals,
  };
}

function both(args: readonly CellSource[]): string | undefined {
  const valid = args.map((arg) => arg.valid).filter((v) => v !== undefined);
  return valid.length === 0 ? undefined : valid.join('&');
}

const zeroOf = (type: ColumnType): string =>
  type.kind === 'utf8' ? '""' : type.kind === 'i64' ? '0n' : '0';

/** The test that a computed cell does not fit its column, where that can be. */
function outOfRange(type: ColumnType, cell: string): string | undefined {
  switch (type.kind) {
    case 'i32':
      return `(${cell}|0)!==${cell}`;
    case 'u32':
      return `(${cell}>>>0)!==${cell}`;
    case 'i64':
      return `BigInt.asIntN(64,${cell})!==${cell}`;
    case 'enum':
      return `${cell}<0`;
    default:
      return undefined;
  }
}
