import { ArchetypeError, didYouMean } from '../errors.ts';
import type { RandomSource } from '../random/source.ts';
import {
  isNumber,
  nullable,
  printType,
  required,
  sameType,
  types,
  type ColumnType,
  type Field,
  type Schema,
} from '../schema/column-type.ts';
import { conversion, type Conversion } from './convert.ts';
import { functions, type ExpressionFunction } from './functions.ts';
import type { Node, OverNode } from './node.ts';
import { nullFunctions, type NullFunction } from './null-functions.ts';

/** One step of a program: what it computes from earlier steps, and the type of its result. */
export type Op = { readonly type: ColumnType } & (
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'strict'; readonly fn: ExpressionFunction; readonly args: readonly number[] }
  | { readonly kind: 'null'; readonly fn: NullFunction; readonly args: readonly number[] }
  | { readonly kind: 'convert'; readonly by: Conversion; readonly args: readonly number[] }
  | { readonly kind: 'member'; readonly of: ReadonlySet<unknown>; readonly args: readonly number[] }
  | {
      readonly kind: 'random';
      readonly k0: number;
      readonly k1: number;
      readonly draw: number;
      readonly args: readonly number[];
    }
);

/** Expressions over one schema, checked, each sub-expression once, in an order in which they can be computed. */
export interface Program {
  readonly ops: readonly Op[];
  readonly outputs: readonly {
    readonly name: string;
    readonly op: number;
    readonly type: ColumnType;
  }[];
}

const MAX_DEPTH = 1000;
const MAX_OPS = 20_000;

/** Computes window aggregates as columns beside those of the frame. */
export interface WindowSource {
  /** The name and type under which the window's column can be read. */
  window(node: OverNode, depth: number): Field;
}

/** Turns nodes into a program; every name and type is checked here. */
export class Planner {
  readonly #schema: ReadonlyMap<string, ColumnType>;
  readonly #random: RandomSource | undefined;
  readonly #ops: Op[] = [];
  readonly #seen = new Map<Node, number>();
  readonly #inputs = new Map<string, number>();
  readonly #outputs: { name: string; op: number; type: ColumnType }[] = [];
  readonly #windows: WindowSource;
  #depth: number;

  /** `depth` is that of the expression around this one, when it computes a window's argument. */
  constructor(
    schema: Schema,
    random: RandomSource | undefined,
    windows: WindowSource,
    depth: number,
  ) {
    this.#schema = new Map(schema.map((field) => [field.name, field.type]));
    this.#random = random;
    this.#windows = windows;
    this.#depth = depth;
  }

  get program(): Program {
    return { ops: this.#ops, outputs: this.#outputs };
  }

  /** Adds an output column. With `to`, the expression must fit that type. */
  output(name: string, node: Node, to?: ColumnType): void {
    const op = this.#plan(node, to);
    const from = this.#type(op);
    if (to === undefined) {
      this.#outputs.push({ name, op, type: from });
      return;
    }
    if (from.nullable && !to.nullable) {
      throw new ArchetypeError(
        'type_mismatch',
        `Column ${name} (${printType(to)}) cannot hold null, and the expression given for it may be null; use fillNull or coalesce.`,
      );
    }
    if (!assignable(from, to)) {
      throw new ArchetypeError(
        'type_mismatch',
        `Column ${name} holds ${printType(to)} and was given ${printType(from)}; withColumns keeps a column's type, so cast the expression or use a new name.`,
      );
    }
    this.#outputs.push({
      name,
      op: this.#convert(op, { ...to, nullable: from.nullable }),
      type: to,
    });
  }

  #type(op: number): ColumnType {
    return this.#ops[op]!.type;
  }

  #push(op: Op): number {
    if (this.#ops.length >= MAX_OPS) {
      throw new ArchetypeError(
        'expression_too_deep',
        `An expression has more than ${MAX_OPS} parts; split it over several withColumns, or use kernel for a loop.`,
      );
    }
    return this.#ops.push(op) - 1;
  }

  /** `hint` is the type a literal takes. */
  #plan(node: Node, hint?: ColumnType): number {
    if (node.kind === 'literal') return this.#literal(node.value, hint);
    const seen = this.#seen.get(node);
    if (seen !== undefined) return seen;
    if (++this.#depth > MAX_DEPTH) {
      throw new ArchetypeError(
        'expression_too_deep',
        `An expression is nested deeper than ${MAX_DEPTH} calls; split it over several withColumns, or use kernel for a loop.`,
      );
    }
    const op = this.#planNew(node);
    this.#depth--;
    this.#seen.set(node, op);
    return op;
  }

  #planNew(node: Exclude<Node, { readonly kind: 'literal' }>): number {
    switch (node.kind) {
      case 'column':
        return this.#input(node.name);
      case 'call':
        return this.#call(node);
      case 'over': {
        const { name, type } = this.#windows.window(node, this.#depth);
        return this.#push({ kind: 'input', name, type });
      }
      case 'aggregate':
        throw new ArchetypeError(
          'aggregate_misplaced',
          `${node.fn}() is one value of many rows and was used as a value per row; spread it with .over('key').`,
        );
    }
  }

  #input(name: string): number {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const type = this.#schema.get(name);
    if (type === undefined) throw unknownColumn(name, this.#schema.keys());
    const op = this.#push({ kind: 'input', name, type });
    this.#inputs.set(name, op);
    return op;
  }

  #literal(value: unknown, hint: ColumnType | undefined): number {
    if (value === null || value === undefined) {
      if (hint === undefined) {
        throw new ArchetypeError(
          'type_mismatch',
          'null has no type here; cast it, or use it beside a column.',
        );
      }
      return this.#push({ kind: 'literal', value: null, type: nullable(hint) });
    }
    const { type, cell } = literalCell(value, hint);
    return this.#push({ kind: 'literal', value: cell, type });
  }

  #call(node: Node & { kind: 'call' }): number {
    switch (node.fn) {
      case 'cast':
        return this.#cast(this.#plan(node.args[0]!), node.to!);
      case 'random':
        return this.#uniform(node, 0);
      case 'randomNormal':
        return this.#normal(node);
      case 'isIn':
        return this.#isIn(node);
      default: {
        const args = this.#args(node);
        const nulls = nullFunctions[node.fn];
        return nulls === undefined
          ? this.#strict(node.fn, args)
          : this.#nulls(node.fn, nulls, args);
      }
    }
  }

  /** Arguments; literals take the type of the first argument that is none, in `when` the first such value. */
  #args(node: Node & { kind: 'call' }): number[] {
    const { args } = node;
    const isCondition = (i: number): boolean =>
      node.fn === 'when' && i % 2 === 0 && i < args.length - 1;
    const planned = args.map((arg) => (arg.kind === 'literal' ? undefined : this.#plan(arg)));
    const leader = planned.find((op, i) => op !== undefined && !isCondition(i));
    const hint = leader === undefined ? undefined : required(this.#type(leader));
    return planned.map((op, i) => op ?? this.#plan(args[i]!, isCondition(i) ? types.bool : hint));
  }

  #strict(name: string, given: readonly number[]): number {
    const fn = functions[name];
    if (fn === undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `There is no function "${name}"${didYouMean(name, Object.keys(functions))}`,
      );
    }
    const args = this.#sameText(given);
    const argTypes = args.map((arg) => this.#type(arg));
    const type = fn.result(argTypes);
    if (type === undefined) throw this.#mismatch(name, fn.needs, args);
    const maybeNull = argTypes.some((arg) => arg.nullable);
    return this.#push({ kind: 'strict', fn, args, type: maybeNull ? nullable(type) : type });
  }

  #nulls(name: string, fn: NullFunction, given: readonly number[]): number {
    const args = name === 'isNull' ? given : this.#sameText(given);
    const type = fn.result(args.map((arg) => this.#type(arg)));
    if (type === undefined) throw this.#mismatch(name, fn.needs, args);
    return this.#push({ kind: 'null', fn, args, type });
  }

  /** Enums with other members, and enums beside text, meet as text. */
  #sameText(args: readonly number[]): readonly number[] {
    const texts = args
      .map((arg) => required(this.#type(arg)))
      .filter((t) => t.kind === 'enum' || t.kind === 'utf8');
    if (
      texts.every((t) => t.kind === 'utf8' || sameType(t, texts[0]!)) &&
      new Set(texts.map((t) => t.kind)).size < 2
    ) {
      return args;
    }
    return args.map((arg) =>
      this.#type(arg).kind === 'enum' ? this.#convert(arg, types.utf8) : arg,
    );
  }

  #mismatch(name: string, needs: string, args: readonly number[]): ArchetypeError {
    const given = args.map((arg) => printType(this.#type(arg))).join(' and ');
    return new ArchetypeError('type_mismatch', `${name} needs ${needs}; it was given ${given}.`);
  }

  #convert(op: number, to: ColumnType): number {
    const from = this.#type(op);
    if (sameType(required(from), required(to))) return op;
    const by = conversion(from, to)!;
    return this.#push({ kind: 'convert', by, args: [op], type: from.nullable ? nullable(to) : to });
  }

  #cast(op: number, to: ColumnType): number {
    if (conversion(this.#type(op), to) === undefined) {
      throw new ArchetypeError(
        'type_mismatch',
        `A column of type ${printType(this.#type(op))} cannot be cast to ${printType(to)}.`,
      );
    }
    return this.#convert(op, to);
  }

  #isIn(node: Node & { kind: 'call' }): number {
    const [subject, list] = node.args;
    const op = this.#plan(subject!);
    const type = required(this.#type(op));
    const of = new Set<unknown>();
    for (const value of (list as { value: readonly unknown[] }).value) {
      if (type.kind === 'enum' && !type.values!.includes(value as string)) continue;
      of.add(literalCell(value, type).cell);
    }
    const maybeNull = this.#type(op).nullable;
    return this.#push({
      kind: 'member',
      of,
      args: [op],
      type: maybeNull ? nullable(types.bool) : types.bool,
    });
  }

  #uniform(node: Node & { kind: 'call' }, draw: number): number {
    if (this.#random === undefined) {
      throw new ArchetypeError(
        'no_random_source',
        'random() was used on a frame that belongs to no processor, so nothing says which seed and tick it is for; use it inside a processor.',
      );
    }
    const entity = this.#input('entity_id');
    const { k0, k1 } = this.#random.key(node.label, node);
    return this.#push({ kind: 'random', k0, k1, draw, args: [entity], type: types.f64 });
  }

  /** Box and Muller, "A note on the generation of random normal deviates", 1958. */
  #normal(node: Node & { kind: 'call' }): number {
    const number = (value: number): number => this.#literal(value, types.f64);
    const u = this.#strict('sub', [number(1), this.#uniform(node, 0)]);
    const radius = this.#strict('sqrt', [
      this.#strict('mul', [number(-2), this.#strict('log', [u])]),
    ]);
    const angle = this.#strict('mul', [number(2 * Math.PI), this.#uniform(node, 1)]);
    return this.#strict('mul', [radius, this.#strict('cos', [angle])]);
  }
}

/** Numbers go into floats; everything else needs its own type. */
function assignable(from: ColumnType, to: ColumnType): boolean {
  const [a, b] = [required(from), required(to)];
  if (sameType(a, b)) return true;
  if (b.kind === 'f64' || b.kind === 'f32') return isNumber(a);
  return (a.kind === 'utf8' && b.kind === 'enum') || (a.kind === 'enum' && b.kind === 'utf8');
}

/** A literal as a physical cell of the type it takes beside a column of type `hint`. */
function literalCell(
  value: unknown,
  hint: ColumnType | undefined,
): { type: ColumnType; cell: unknown } {
  const plain = hint === undefined ? undefined : required(hint);
  switch (typeof value) {
    case 'number': {
      const type = numberType(value, plain);
      return { type, cell: type.kind === 'f32' ? Math.fround(value) : value };
    }
    case 'bigint':
      return { type: types.i64, cell: value };
    case 'boolean':
      return { type: types.bool, cell: value ? 1 : 0 };
    case 'string': {
      if (plain?.kind !== 'enum') return { type: types.utf8, cell: value };
      const code = plain.values!.indexOf(value);
      if (code >= 0) return { type: plain, cell: code };
      throw new ArchetypeError(
        'type_mismatch',
        `${JSON.stringify(value)} is not one of ${plain.values!.map((v) => JSON.stringify(v)).join(', ')}${didYouMean(value, plain.values!)}`,
      );
    }
    default:
      if (value instanceof Date) return { type: types.timestamp, cell: value.getTime() };
      throw new ArchetypeError(
        'invalid_argument',
        `${String(value)} cannot be part of an expression; use a number, text, boolean, bigint, Date or an expression.`,
      );
  }
}

function numberType(value: number, hint: ColumnType | undefined): ColumnType {
  if (hint === undefined || !isNumber(hint)) return types.f64;
  if (hint.kind === 'f64' || hint.kind === 'f32') return hint;
  const fits = hint.kind === 'i32' ? (value | 0) === value : value >>> 0 === value;
  if (fits) return hint;
  throw new ArchetypeError(
    'lossy_literal',
    `${value} stands beside a column of type ${printType(hint)}, which cannot hold it; cast the column to f64 first, or use a whole number in range.`,
  );
}

export function unknownColumn(name: string, known: Iterable<string>): ArchetypeError {
  const names = [...known];
  const shown =
    names.slice(0, 20).join(', ') + (names.length > 20 ? `, … (${names.length} in all)` : '');
  return new ArchetypeError(
    'unknown_column',
    `There is no column "${name}"${didYouMean(name, names)} Columns: ${shown}.`,
  );
}
