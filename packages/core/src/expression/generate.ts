import { uniform } from '../random/threefry.ts';
import type { ColumnType } from '../schema/column-type.ts';
import { rangeOf, roundHalfEven } from './convert.ts';
import { isFloat, isWhole } from './functions/function.ts';
import { functions } from './functions/functions.ts';
import { NOT_LONG } from './functions/number.ts';
import type { CellSource } from './functions/nulls.ts';
import { codePoints } from './functions/text.ts';
import { blankOf, isBoxed, type Buffers } from './memory.ts';
import type { Op } from './op.ts';
import type { Program } from './program.ts';
import { shapeOf } from './shape.ts';

type Loop = (
  n: number,
  buffers: Buffers,
  literals: readonly unknown[],
  use: typeof runtime,
) => void;

/** A row in which a cell reached a column that cannot hold it. */
export class ImpossibleRow extends Error {
  readonly row: number;

  constructor(row: number) {
    super();
    this.row = row;
  }
}

function refuse(row: number): never {
  throw new ImpossibleRow(row);
}

/** What generated code may call: functions that are not worth to be written into it. */
const runtime = {
  uniform,
  refuse,
  codePoints,
  roundHalfEven,
  NOT_LONG,
  ...Object.fromEntries(
    Object.entries(functions).map(([name, fn]) => [name, fn.apply.bind(undefined)]),
  ),
};
/** A value that the code reads from outside: one of its own, or what the operation in a place of the program has. */
type Literal = { readonly cell: unknown } | { readonly place: number; readonly second: boolean };
interface Compiled {
  readonly loop: Loop;
  readonly literals: readonly Literal[];
}

const MAX_CACHED = 4096;
/** By shape: names and values are no part of it, so equal shapes share one loop. */
const compiled = new Map<string, Compiled>();

/** A loop with the values it reads. */
interface Prepared {
  /** Of each input, whether it has nulls. */
  readonly nulls: readonly boolean[];
  readonly run: (n: number, buffers: Buffers) => void;
}
/** What ran last of each program. */
const prepared = new WeakMap<Program, Prepared>();

/** One fused loop for all outputs. @throws EvalError where code generation is forbidden; `ImpossibleRow` */
export function runGenerated(program: Program, n: number, buffers: Buffers): void {
  let ready = prepared.get(program);
  if (ready === undefined || !serves(ready, buffers))
    prepared.set(program, (ready = prepare(program, buffers)));
  ready.run(n, buffers);
}

const serves = ({ nulls }: Prepared, { present }: Buffers): boolean =>
  nulls.every((some, k) => some === (present[k] !== undefined));

function prepare(program: Program, { present }: Buffers): Prepared {
  const shape = shapeOf(program, present);
  let found = compiled.get(shape);
  if (found === undefined) {
    const { source, literals } = writeLoop(program, present);
    // oxlint-disable-next-line typescript/no-implied-eval -- the source is built from the table of functions only
    const loop = new Function('n', 'b', 'l', 'use', source) as Loop;
    if (compiled.size >= MAX_CACHED) compiled.clear();
    compiled.set(shape, (found = { loop, literals }));
  }
  const { loop } = found;
  const literals = found.literals.map((literal) => valueOf(literal, program.ops));
  return {
    nulls: present.map((validity) => validity !== undefined),
    run: (rows, buffers) => loop(rows, buffers, literals, runtime),
  };
}

function valueOf(literal: Literal, ops: readonly Op[]): unknown {
  if ('cell' in literal) return literal.cell;
  const op = ops[literal.place]!;
  switch (op.kind) {
    case 'literal':
      return op.value;
    case 'convert':
      return op.by.apply;
    case 'member':
      return op.of;
    case 'random':
      return literal.second ? op.k1 : op.k0;
    default:
      return undefined;
  }
}

/**
 * The loop's source, and the values it reads. `shapeOf` must tell apart whatever is told apart here; nothing of the program
 * itself may be kept, since the loop outlives it. Whether outputs have validity follows from their operations' types.
 */
export function writeLoop(
  program: Program,
  present: Buffers['present'],
): { source: string; literals: readonly Literal[] } {
  const head: string[] = [];
  const body: string[] = [];
  const literals: Literal[] = [];
  const cells = new Map<Op, CellSource>();
  const sourceOf = (op: Op): CellSource => cells.get(op)!;
  program.inputs.forEach((_, k) => {
    head.push(`const c${k}=b.inputs[${k}];`);
    if (present[k] !== undefined) head.push(`const m${k}=b.present[${k}];`);
  });
  const hoist = (literal: Literal): string => {
    const name = `l${literals.push(literal) - 1}`;
    head.push(`const ${name}=l[${literals.length - 1}];`);
    return name;
  };
  const blank = (type: ColumnType): string => {
    if (type.kind === 'i64') return '0n';
    const cell = type.kind === 'vector' ? new Float32Array(type.size!) : blankOf(type);
    return isBoxed(type) ? hoist({ cell }) : '0';
  };
  /** The cell of an operation, given by its place. */
  const cellOf = (op: Op, place: number): CellSource => {
    const name = `v${place}`;
    const own = (second = false): string => hoist({ place, second });
    switch (op.kind) {
      case 'input': {
        const k = program.inputs.indexOf(op);
        const valid = present[k] === undefined ? undefined : `m${k}[i]`;
        return { value: `c${k}[i]`, valid, bad: undefined };
      }
      case 'literal':
        if (op.value === null) return { value: blank(op.type), valid: '0', bad: undefined };
        return { value: own(), valid: undefined, bad: undefined };
      case 'strict': {
        const args = op.args.map(sourceOf);
        const names = args.map((arg) => arg.value);
        const argTypes = op.args.map((arg) => arg.type);
        const plain = op.fn.js?.(names, argTypes) ?? `use.${op.name}(${names.join(',')})`;
        const overflows = op.fn.overflows === true;
        const checked = overflows && !isFloat(op.type) ? op.type : undefined;
        const bad = badOf(args, checked, name);
        const partial = op.fn.partial?.(argTypes) === true;
        if (!partial) return { value: settled(plain, op.type, overflows), valid: both(args), bad };
        body.push(`const r${name}=${plain};`);
        const found = `(r${name}===null?0:1)`;
        const valid = both(args) === undefined ? found : `${both(args)}&${found}`;
        const source = settled(`r${name}`, op.type, overflows);
        return { value: `r${name}===null?${blank(op.type)}:${source}`, valid, bad };
      }
      case 'null':
        return op.fn.js(
          op.args.map(sourceOf),
          op.args.map((arg) => arg.type),
        );
      case 'convert': {
        const arg = sourceOf(op.args[0]!);
        const value = op.by.js?.(arg.value) ?? `${own()}(${arg.value})`;
        const lossy = op.by.lossy === true;
        if (!op.lenient || !lossy) {
          return { value, valid: arg.valid, bad: badOf([arg], lossy ? op.type : undefined, name) };
        }
        const fits = `(${rangeOf(op.type)!.js(name)}?0:1)`;
        const valid = arg.valid === undefined ? fits : `${arg.valid}&${fits}`;
        return { value, valid, bad: arg.bad };
      }
      case 'member': {
        const arg = sourceOf(op.args[0]!);
        return {
          value: `(${own()}.has(${arg.value})?1:0)`,
          valid: arg.valid,
          bad: arg.bad,
        };
      }
      case 'random': {
        const [k0, k1] = [own(), own(true)];
        const entity = sourceOf(op.args[0]!).value;
        return {
          value: `use.uniform(${k0},${k1},${entity},${op.draw})`,
          valid: undefined,
          bad: undefined,
        };
      }
    }
  };
  program.ops.forEach((op, k) => {
    const { value, valid, bad } = cellOf(op, k);
    if (op.kind === 'literal') {
      cells.set(op, { value, valid, bad });
      return;
    }
    body.push(`const v${k}=${value};`);
    if (valid !== undefined) body.push(`const n${k}=${valid};`);
    if (bad !== undefined) body.push(`const b${k}=${bad};`);
    cells.set(op, {
      value: `v${k}`,
      valid: valid === undefined ? undefined : `n${k}`,
      bad: bad === undefined ? undefined : `b${k}`,
    });
  });
  program.outputs.forEach((output, k) => {
    const { value, valid, bad } = sourceOf(output.op);
    head.push(`const o${k}=b.outputs[${k}];`);
    if (bad !== undefined) {
      body.push(`if(${valid === undefined ? '' : `${valid}&&`}${bad})use.refuse(i);`);
    }
    const boxed = isBoxed(output.type) && valid !== undefined;
    body.push(`o${k}[i]=${boxed ? `${valid}?${value}:${blank(output.type)}` : value};`);
    if (output.op.type.nullable) {
      head.push(`const p${k}=b.valid[${k}];`);
      body.push(`p${k}[i]=${valid ?? 1};`);
    }
  });
  return {
    source: `"use strict";${head.join('')}for(let i=0;i<n;i++){${body.join('')}}`,
    literals,
  };
}

/** A result as its type keeps it: 32-bit floats are rounded, whole numbers have one zero. */
function settled(source: string, type: ColumnType, arithmetic: boolean): string {
  if (type.kind === 'f32') return `Math.fround(${source})`;
  return arithmetic && isWhole(type) ? `(${source})+0` : source;
}

function both(args: readonly CellSource[]): string | undefined {
  const valid = args.map((arg) => arg.valid).filter((v) => v !== undefined);
  return valid.length === 0 ? undefined : valid.join('&');
}

/** Truthy where an argument is impossible, or the result is and `checked` says of which type it must be. */
function badOf(
  args: readonly CellSource[],
  checked: ColumnType | undefined,
  name: string,
): string | undefined {
  const bads = args.map((arg) => arg.bad).filter((bad) => bad !== undefined);
  const range = checked === undefined ? undefined : rangeOf(checked);
  if (range !== undefined) bads.push(range.js(name));
  return bads.length === 0 ? undefined : bads.join('||');
}
