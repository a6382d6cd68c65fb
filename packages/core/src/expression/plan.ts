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
import type { ExpressionFunction } from './functions/function.ts';
import { functions } from './functions/functions.ts';
import { nullFunctions, type NullFunction } from './functions/nulls.ts';
import { literalCell } from './literal.ts';
import type { Node, OverNode } from './node.ts';

/** One step of a program: what it computes from earlier steps, and the type of its result. */
export type Op = { readonly type: ColumnType } & (
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | {
      readonly kind: 'strict';
      readonly name: string;
      readonly fn: ExpressionFunction;
      readonly args: readonly number[];
    }
  | { readonly kind: 'null'; readonly fn: NullFunction; readonly args: readonly number[] }
  | {
      readonly kind: 'convert';
      readonly by: Conversion;
      /** Null instead of an error where the type cannot hold the cell. */
      readonly lenient: boolean;
      readonly args: readonly number[];
    }
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
        return this.#cast(this.#plan(node.args[0]!), node.to!, false);
      case 'tryCast':
        return this.#cast(this.#plan(node.args[0]!), node.to!, true);
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
    const named = functions[node.fn]?.names === true;
    const planned = args.map((arg) => {
      if (arg.kind === 'literal') return undefined;
      const op = this.#plan(arg);
      return named && this.#type(op).kind === 'enum' ? this.#convert(op, types.utf8) : op;
    });
    const leader = planned.find((op, i) => op !== undefined && !isCondition(i));
    const type = leader === undefined ? undefined : required(this.#type(leader));
    const hint = type && (functions[node.fn]?.literal?.(type) ?? type);
    return planned.map((op, i) => op ?? this.#plan(args[i]!, isCondition(i) ? types.bool : hint));
  }

  #strict(name: string, given: readonly number[]): number {
    const fn = functions[name];
    if (fn === undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `There is no function "${name}"${didYouMean(name, [...Object.keys(functions), ...Object.keys(nullFunctions)])}`,
      );
    }
    const args = this.#sameText(given);
    const argTypes = args.map((arg) => this.#type(arg));
    const type = fn.result(argTypes);
    if (type === undefined) throw this.#mismatch(name, fn.needs, args);
    const maybeNull = fn.partial?.(argTypes) === true || argTypes.some((arg) => arg.nullable);
    return this.#push({
      kind: 'strict',
      name,
      fn,
      args,
      type: maybeNull ? nullable(type) : required(type),
    });
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

  #convert(op: number, to: ColumnType, lenient = false): number {
    const from = this.#type(op);
    if (sameType(required(from), required(to))) return op;
    const by = conversion(from, to)!;
    const maybeNull = from.nullable || (lenient && by.lossy === true);
    return this.#push({
      kind: 'convert',
      by,
      lenient,
      args: [op],
      type: maybeNull ? nullable(to) : required(to),
    });
  }

  #cast(op: number, to: ColumnType, lenient: boolean): number {
    if (conversion(this.#type(op), to) === undefined) {
      throw new ArchetypeError(
        'type_mismatch',
        `A column of type ${printType(this.#type(op))} cannot be cast to ${printType(to)}.`,
      );
    }
    const cast = this.#convert(op, to, lenient);
    return lenient ? this.#asNullable(cast) : cast;
  }

  /** A column of `tryCast` may hold null whatever it was made of, as its type says. */
  #asNullable(op: number): number {
    const type = this.#type(op);
    if (type.nullable) return op;
    const none = this.#push({ kind: 'literal', value: null, type: nullable(type) });
    return this.#nulls('when', nullFunctions.when!, [
      this.#push({ kind: 'literal', value: 1, type: types.bool }),
      op,
      none,
    ]);
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

export function unknownColumn(name: string, known: Iterable<string>): ArchetypeError {
  const names = [...known];
  const shown =
    names.slice(0, 20).join(', ') + (names.length > 20 ? `, … (${names.length} in all)` : '');
  return new ArchetypeError(
    'unknown_column',
    `There is no column "${name}"${didYouMean(name, names)} Columns: ${shown}.`,
  );
}
