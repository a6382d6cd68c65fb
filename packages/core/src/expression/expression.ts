import { ArchetypeError } from '../errors.ts';
import { types } from '../schema/column-type.ts';
import type { F64, I32 } from '../schema/types.ts';
import type { BoolExpr, Condition, NumberExpr, TextExpr, Then, When } from './expr.ts';
import { functions } from './functions/functions.ts';
import { timeUnits } from './functions/time.ts';
import { aggregates } from './aggregates.ts';
import {
  aggregateNode,
  callNode,
  columnNode,
  literalNode,
  overNode,
  type AggregateNode,
  type Node,
} from './node.ts';

/** An expression at run time: a node, and a method for each function of the tables. */
export class Expression {
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
    Object.freeze(this);
  }

  isIn(values: Iterable<unknown>): Expression {
    if (typeof values === 'string' || !(Symbol.iterator in new Object(values))) {
      throw new ArchetypeError(
        'invalid_argument',
        `isIn was given ${values === null ? 'null' : typeof values}; it takes a list of values, for example isIn(['calm', 'angry']).`,
      );
    }
    return new Expression(callNode('isIn', [this.node, literalNode(Object.freeze([...values]))]));
  }

  cast(to: keyof typeof types): Expression {
    return this.#converted('cast', to);
  }

  tryCast(to: keyof typeof types): Expression {
    return this.#converted('tryCast', to);
  }

  #converted(fn: 'cast' | 'tryCast', to: keyof typeof types): Expression {
    const type = types[to];
    if (type === undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `${fn} was given ${JSON.stringify(to)}; it takes one of ${Object.keys(types).join(', ')}.`,
      );
    }
    return new Expression(callNode(fn, [this.node], { to: type }));
  }

  slice(from: unknown, to: unknown = Number.MAX_SAFE_INTEGER): Expression {
    return new Expression(callNode('slice', [this.node, toNode(from), toNode(to)]));
  }

  truncate(unit: string): Expression {
    if (!timeUnits.includes(unit)) {
      throw new ArchetypeError(
        'invalid_argument',
        `truncate was given ${JSON.stringify(unit)}; it takes one of ${timeUnits.join(', ')}.`,
      );
    }
    return new Expression(callNode('truncate', [this.node, literalNode(unit)]));
  }

  clamp(low: unknown, high: unknown): Expression {
    const atLeast = callNode('greatest', [this.node, toNode(low)]);
    return new Expression(callNode('least', [atLeast, toNode(high)]));
  }

  between(low: unknown, high: unknown): Expression {
    const above = callNode('ge', [this.node, toNode(low)]);
    return new Expression(callNode('and', [above, callNode('le', [this.node, toNode(high)])]));
  }

  coalesce(...others: readonly unknown[]): Expression {
    return new Expression(
      others.reduce<Node>((a, b) => callNode('fillNull', [a, toNode(b)]), this.node),
    );
  }
}

/** One value per group at run time: given to `agg`, or spread over rows. */
export class Aggregation {
  readonly node: AggregateNode;

  constructor(node: AggregateNode) {
    this.node = node;
    Object.freeze(this);
  }

  over(...keys: readonly string[]): Expression {
    return new Expression(overNode(this.node, keys));
  }
}

/** Anything an expression takes as an operand. */
export function toNode(operand: unknown): Node {
  if (operand instanceof Expression) return operand.node;
  if (operand instanceof Aggregation) {
    throw new ArchetypeError(
      'aggregate_misplaced',
      `${operand.node.fn}() is one value of many rows, and a value per row was needed; spread it with .over('key'), or use it in groupBy(...).agg(...).`,
    );
  }
  if (operand === undefined || typeof operand === 'function' || typeof operand === 'symbol') {
    throw new ArchetypeError(
      'invalid_argument',
      `An expression was given ${operand === undefined ? 'undefined' : `a ${typeof operand}`}; give a value or an expression such as c.position.x, null where there is none.`,
    );
  }
  return literalNode(operand);
}

const written: readonly string[] = Object.getOwnPropertyNames(Expression.prototype);
const methods = [...Object.keys(functions), 'and', 'or', 'isNull', 'fillNull'].filter(
  (name) => !written.includes(name),
);
for (const name of methods) {
  Object.defineProperty(Expression.prototype, name, {
    value(this: Expression, ...args: readonly unknown[]) {
      return new Expression(callNode(name, [this.node, ...args.map(toNode)]));
    },
  });
}

for (const name of Object.keys(aggregates)) {
  Object.defineProperty(Expression.prototype, name, {
    value(this: Expression, parameter?: number) {
      if (name === 'quantile') checkLevel(parameter);
      return new Aggregation(
        aggregateNode(name, this.node, name === 'quantile' ? parameter : undefined),
      );
    },
  });
}

function checkLevel(level: unknown): void {
  if (typeof level === 'number' && level >= 0 && level <= 1) return;
  throw new ArchetypeError(
    'invalid_argument',
    `quantile was given the level ${String(level)}; give a number from 0 to 1, 0.5 for the median.`,
  );
}

const number = (node: Node): NumberExpr<F64> => new Expression(node) as unknown as NumberExpr<F64>;

/** A column by name, for names known only at run time; checked when a verb uses it. */
export function col(name: string): NumberExpr<F64> & BoolExpr & TextExpr {
  return new Expression(columnNode(name)) as never;
}

/** A value as an expression. */
export function lit(value: number): NumberExpr<F64>;
export function lit(value: boolean): BoolExpr;
export function lit<const S extends string>(value: S): TextExpr<S>;
export function lit(value: unknown): never {
  return new Expression(literalNode(value)) as never;
}

/**
 * A value chosen by conditions; the first that holds decides. A null condition does not hold.
 *
 * @example when(c.age.years.lt(18)).then('minor').otherwise('adult')
 */
export function when(test: Condition): When {
  return branch([], test) as unknown as When;
}

const MAX_BRANCHES = 1000;

function branch(before: readonly Node[], test: unknown): { then(value: unknown): Then<F64> } {
  if (before.length >= 2 * MAX_BRANCHES) {
    throw new ArchetypeError(
      'expression_too_deep',
      `A when has more than ${MAX_BRANCHES} branches; join a frame of cases instead, or use kernel for a loop.`,
    );
  }
  const tested = [...before, toNode(test)];
  // A condition is written before its value, in the words of SQL; nothing here is awaited.
  // oxlint-disable-next-line unicorn/no-thenable
  return { then: (value) => chosen([...tested, toNode(value)]) };
}

function chosen(args: readonly Node[]): Then<F64> {
  return {
    when: (test: unknown) => branch(args, test),
    otherwise: (value: unknown) => new Expression(callNode('when', [...args, toNode(value)])),
  } as unknown as Then<F64>;
}

/** The smallest of the cells of a row; nulls give null. */
export function least(...values: readonly (number | NumberExpr)[]): NumberExpr<F64> {
  return number(callNode('least', values.map(toNode)));
}

/** The greatest of the cells of a row; nulls give null. */
export function greatest(...values: readonly (number | NumberExpr)[]): NumberExpr<F64> {
  return number(callNode('greatest', values.map(toNode)));
}

/**
 * A uniform number in [0, 1) per row, a function of world seed, tick, processor, entity and label alone. Without a label
 * each `random()` of a processor is a stream of its own; the same expression used twice gives the same numbers.
 */
export function random(label?: string): NumberExpr<F64> {
  return number(callNode('random', [], label === undefined ? {} : { label }));
}

/** A whole number in [low, high) per row. */
export function randomInt(low: number, high: number, label?: string): NumberExpr<I32> {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high) {
    throw new ArchetypeError(
      'invalid_argument',
      `randomInt(${low}, ${high}) has no whole number to give; use whole numbers, the first the smaller.`,
    );
  }
  return random(label)
    .mul(high - low)
    .floor()
    .add(low)
    .cast('i32');
}

/** A normally distributed number per row. */
export function randomNormal(mean = 0, deviation = 1, label?: string): NumberExpr<F64> {
  const standard = number(callNode('randomNormal', [], label === undefined ? {} : { label }));
  return standard.mul(deviation).add(mean);
}
