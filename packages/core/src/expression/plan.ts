import { ArchetypeError, didYouMean } from '../errors.ts';
import type { Column } from '../column/column.ts';
import type { RandomSource } from '../random/source.ts';
import {
  isNumber,
  nullable,
  printType,
  required,
  sameType,
  types,
  type ColumnType,
} from '../schema/column-type.ts';
import { conversion } from './convert.ts';
import { functions } from './functions/functions.ts';
import { nullFunctions, type NullFunction } from './functions/nulls.ts';
import { literalCell } from './literal.ts';
import { isFixed, type Node, type OverNode } from './node.ts';
import type { Op, Unweighed } from './op.ts';
import type { Output } from './program.ts';
import type { Columns, Read } from './source.ts';

const MAX_DEPTH = 1000;
const MAX_OPS = 20_000;

/**
 * Turns nodes into operations, each sub-expression into one; every name and type is checked here. Long, because the functions
 * that have rules of their own share what was planned already.
 */
export class Planner {
  readonly #columns: Columns;
  readonly #random: RandomSource | undefined;
  readonly #seen = new Map<Node, Op>();
  readonly #reads = new Map<string, Read>();
  readonly #windows = new Map<Op, Column>();
  #lasting = true;
  #depth: number;
  #ops = 0;

  /** `depth` is that of the expression around this one, when it computes a window's argument. */
  constructor(columns: Columns, random: RandomSource | undefined, depth: number) {
    this.#columns = columns;
    this.#random = random;
    this.#depth = depth;
  }

  /** The columns read so far, each once. */
  get reads(): readonly Read[] {
    return [...this.#reads.values()];
  }

  /** Window aggregates, by the inputs that read them. */
  get windows(): ReadonlyMap<Op, Column> {
    return this.#windows;
  }

  /** Whether the same nodes over columns of the same types have the same operations in every tick. */
  get lasting(): boolean {
    return this.#lasting;
  }

  /** What computes an output column, and the column's type. With `to`, the expression must fit that type. */
  output(name: string, node: Node, to?: ColumnType): Output {
    const op = this.#plan(node, to);
    const from = op.type;
    if (to === undefined) return { op, type: from };
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
    return { op: this.#convert(op, { ...to, nullable: from.nullable }), type: to };
  }

  #push(given: Unweighed): Op {
    if (++this.#ops > MAX_OPS) {
      throw new ArchetypeError(
        'expression_too_deep',
        `An expression has more than ${MAX_OPS} parts; split it over several withColumns, or use kernel for a loop.`,
      );
    }
    return { ...given, weight: given.args.reduce((sum, arg) => sum + arg.weight, 1) };
  }

  /** `hint` is the type a literal takes. */
  #plan(node: Node, hint?: ColumnType): Op {
    if (node.kind === 'literal') {
      if (!isFixed(node.value)) this.#lasting = false;
      return this.#literal(node.value, hint);
    }
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

  #planNew(node: Exclude<Node, { readonly kind: 'literal' }>): Op {
    switch (node.kind) {
      case 'column':
        return this.#named(node.name);
      case 'call':
        return this.#call(node);
      case 'over':
        return this.#window(node);
      case 'aggregate':
        throw new ArchetypeError(
          'aggregate_misplaced',
          `${node.fn}() is one value of many rows and was used as a value per row; spread it with .over('key').`,
        );
    }
  }

  #named(name: string): Op {
    const read = this.#reads.get(name);
    if (read !== undefined) return read.op;
    const source = this.#columns.source(name);
    if (source === undefined) throw unknownColumn(name, this.#columns.names);
    const { type, by } = source;
    if (!source.lasting) this.#lasting = false;
    let op = by ?? this.#input(type);
    if (by !== undefined && type.nullable) op = this.#asNullable(by);
    this.#reads.set(name, { name, ...source, op });
    return op;
  }

  #input(type: ColumnType): Op {
    return this.#push({ kind: 'input', type, args: [] });
  }

  #window(node: OverNode): Op {
    const column = this.#columns.window(node, this.#depth);
    const op = this.#input(column.type);
    this.#windows.set(op, column);
    this.#lasting = false;
    return op;
  }

  #literal(value: unknown, hint: ColumnType | undefined): Op {
    if (value === null || value === undefined) {
      if (hint === undefined) {
        throw new ArchetypeError(
          'type_mismatch',
          'null has no type here; cast it, or use it beside a column.',
        );
      }
      return this.#push({ kind: 'literal', value: null, type: nullable(hint), args: [] });
    }
    const { type, cell } = literalCell(value, hint);
    return this.#push({ kind: 'literal', value: cell, type, args: [] });
  }

  #call(node: Node & { kind: 'call' }): Op {
    switch (node.fn) {
      case 'cast':
        return this.#cast(this.#plan(node.args[0]!), node.to!, false);
      case 'tryCast':
        return this.#cast(this.#plan(node.args[0]!), node.to!, true);
      case 'has':
        return this.#has((node.args[0] as { readonly value: string }).value);
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
  #args(node: Node & { kind: 'call' }): Op[] {
    const { args } = node;
    const isCondition = (i: number): boolean =>
      node.fn === 'when' && i % 2 === 0 && i < args.length - 1;
    const named = functions[node.fn]?.names === true;
    const planned = args.map((arg) => {
      if (arg.kind === 'literal') return undefined;
      const op = this.#plan(arg);
      return named && op.type.kind === 'enum' ? this.#convert(op, types.utf8) : op;
    });
    const leader = planned.find((op, i) => op !== undefined && !isCondition(i));
    const type = leader === undefined ? undefined : required(leader.type);
    const hint = type && (functions[node.fn]?.literal?.(type) ?? type);
    return planned.map((op, i) => op ?? this.#plan(args[i]!, isCondition(i) ? types.bool : hint));
  }

  #strict(name: string, given: readonly Op[]): Op {
    const fn = functions[name];
    if (fn === undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `There is no function "${name}"${didYouMean(name, [...Object.keys(functions), ...Object.keys(nullFunctions)])}`,
      );
    }
    const args = this.#sameText(given);
    const argTypes = args.map((arg) => arg.type);
    const type = resultOf(fn, argTypes);
    if (type === undefined) throw this.#mismatch(name, fn.needs, args);
    const maybeNull = fn.partial?.(argTypes) === true || argTypes.some((arg) => arg.nullable);
    return this.#push({
      kind: 'strict',
      name,
      fn,
      args,
      owner: this.#random?.scope,
      type: maybeNull ? nullable(type) : required(type),
    });
  }

  #nulls(name: string, fn: NullFunction, given: readonly Op[]): Op {
    const args = name === 'isNull' ? given : this.#sameText(given);
    const type = resultOf(
      fn,
      args.map((arg) => arg.type),
    );
    if (type === undefined) throw this.#mismatch(name, fn.needs, args);
    return this.#push({ kind: 'null', name, fn, args, type });
  }

  /** Enums with other members, and enums beside text, meet as text. */
  #sameText(args: readonly Op[]): readonly Op[] {
    const texts = args
      .map((arg) => required(arg.type))
      .filter((t) => t.kind === 'enum' || t.kind === 'utf8');
    if (
      texts.every((t) => t.kind === 'utf8' || sameType(t, texts[0]!)) &&
      new Set(texts.map((t) => t.kind)).size < 2
    ) {
      return args;
    }
    return args.map((arg) => (arg.type.kind === 'enum' ? this.#convert(arg, types.utf8) : arg));
  }

  #mismatch(name: string, needs: string, args: readonly Op[]): ArchetypeError {
    const given = args.map((arg) => printType(arg.type)).join(' and ');
    return new ArchetypeError('type_mismatch', `${name} needs ${needs}; it was given ${given}.`);
  }

  #convert(op: Op, to: ColumnType, lenient = false): Op {
    const from = op.type;
    if (sameType(required(from), required(to))) return op;
    const by = conversion(from, to)!;
    const maybeNull = from.nullable || (lenient && by.lossy === true);
    return this.#push({
      kind: 'convert',
      by,
      lenient,
      owner: this.#random?.scope,
      args: [op],
      type: maybeNull ? nullable(to) : required(to),
    });
  }

  #cast(op: Op, to: ColumnType, lenient: boolean): Op {
    if (conversion(op.type, to) === undefined) {
      throw new ArchetypeError(
        'type_mismatch',
        `A column of type ${printType(op.type)} cannot be cast to ${printType(to)}.`,
      );
    }
    const cast = this.#convert(op, to, lenient);
    return lenient ? this.#asNullable(cast) : cast;
  }

  /** The same cells under a type that also allows null. */
  #asNullable(op: Op): Op {
    if (op.type.nullable) return op;
    return this.#push({
      kind: 'convert',
      by: conversion(op.type, op.type)!,
      lenient: false,
      owner: undefined,
      args: [op],
      type: nullable(op.type),
    });
  }

  #isIn(node: Node & { kind: 'call' }): Op {
    const [subject, list] = node.args;
    const op = this.#plan(subject!);
    const type = required(op.type);
    const of = new Set<unknown>();
    if (!isFixed((list as { readonly value: unknown }).value)) this.#lasting = false;
    for (const value of (list as { value: readonly unknown[] }).value) {
      if (type.kind === 'enum' && !type.values!.includes(value as string)) continue;
      of.add(literalCell(value, type).cell);
    }
    const maybeNull = op.type.nullable;
    return this.#push({
      kind: 'member',
      of,
      args: [op],
      type: maybeNull ? nullable(types.bool) : types.bool,
    });
  }

  #has(component: string): Op {
    const presence = this.#random?.presence;
    if (presence === undefined) {
      throw new ArchetypeError(
        'no_presence',
        `c.has(${component}) was used on a frame that belongs to no processor, so nothing says what its entities have; use it inside a processor, or query with that component.`,
      );
    }
    this.#lasting = false;
    const of = presence(component);
    return typeof of === 'boolean'
      ? this.#literal(of, types.bool)
      : this.#push({ kind: 'member', of, args: [this.#named('entity_id')], type: types.bool });
  }

  #uniform(node: Node & { kind: 'call' }, draw: number): Op {
    if (this.#random === undefined) {
      throw new ArchetypeError(
        'no_random_source',
        'random() was used on a frame that belongs to no processor, so nothing says which seed and tick it is for; use it inside a processor.',
      );
    }
    const entity = this.#named('entity_id');
    this.#lasting = false;
    const { k0, k1 } = this.#random.key(node.label, node);
    return this.#push({ kind: 'random', k0, k1, draw, args: [entity], type: types.f64 });
  }

  /** Box and Muller, "A note on the generation of random normal deviates", 1958. */
  #normal(node: Node & { kind: 'call' }): Op {
    const number = (value: number): Op => this.#literal(value, types.f64);
    const u = this.#strict('sub', [number(1), this.#uniform(node, 0)]);
    const radius = this.#strict('sqrt', [
      this.#strict('mul', [number(-2), this.#strict('log', [u])]),
    ]);
    const angle = this.#strict('mul', [number(2 * Math.PI), this.#uniform(node, 1)]);
    return this.#strict('mul', [radius, this.#strict('cos', [angle])]);
  }
}

/** The type of a call, if its arguments fit and none is left out, which only JavaScript lets pass. */
function resultOf(
  fn: { result(args: readonly ColumnType[]): ColumnType | undefined; readonly apply: Function },
  args: readonly ColumnType[],
): ColumnType | undefined {
  return args.length < fn.apply.length ? undefined : fn.result(args);
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
