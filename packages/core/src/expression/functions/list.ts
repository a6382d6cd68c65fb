import {
  isNumber,
  isText,
  required,
  sameType,
  types,
  type ColumnType,
} from '../../schema/column-type.ts';
import { order, promote, type ExpressionFunction, type Functions, type Order } from './function.ts';
import { codePoints } from './text.ts';

type Items = ArrayLike<Order | null>;

const isList = (type: ColumnType): boolean => type.kind === 'list';
const isVector = (type: ColumnType): boolean => type.kind === 'vector';

/** Of two vectors of one size; sums are in double precision. */
const ofVectors = (
  apply: (a: Float32Array, b: Float32Array) => number,
  sql: string,
): ExpressionFunction => ({
  result: ([a, b]) => (isVector(a!) && isVector(b!) && a!.size === b!.size ? types.f64 : undefined),
  needs: 'two vectors of one length',
  apply,
  sql: ([a, b]) => `${sql}(${a}, ${b})`,
});

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return Math.sqrt(sum);
}

function get(items: Items, at: number): Order | null {
  return items[at < 0 ? items.length + at : at] ?? null;
}

/** As in SQL: null when nothing equals and an item is null. */
function has(items: Items, cell: Order): number | null {
  let unknown = false;
  for (let k = 0; k < items.length; k++) {
    const item = items[k]!;
    if (item === null) unknown = true;
    else if (order.eq(item, cell)) return 1;
  }
  return unknown ? null : 0;
}

const itemOf = ({ item }: ColumnType): ColumnType => required(item!);

export const listFunctions: Functions = {
  length: {
    result: ([a]) => (isText(a!) || isList(a!) || isVector(a!) ? types.i32 : undefined),
    needs: 'a text, a list or a vector',
    names: true,
    js: ([a], [type]) => (isText(type!) ? `use.codePoints(${a})` : `${a}.length`),
    apply: (a: string | Items) => (typeof a === 'string' ? codePoints(a) : a.length),
    sql: ([a]) => `len(${a})`,
  },
  contains: {
    result: ([a, b]) =>
      (isText(a!) && isText(b!)) ||
      (isList(a!) && (sameType(itemOf(a!), required(b!)) || promote(itemOf(a!), b!) !== undefined))
        ? types.bool
        : undefined,
    names: true,
    needs: 'a text and a text, or a list and a cell of its items’ type',
    literal: (leader) => (isList(leader) ? itemOf(leader) : leader),
    apply: (a: string | Items, b: never) =>
      typeof a === 'string' ? (a.includes(b) ? 1 : 0) : has(a, b),
    partial: ([a]) => isList(a!) && a!.item!.nullable,
    sql: ([a, b]) => `contains(${a}, ${b})`,
  },
  get: {
    result: ([a, at]) =>
      !isNumber(at!) ? undefined : isList(a!) ? itemOf(a!) : isVector(a!) ? types.f32 : undefined,
    needs: 'a list or a vector, and a position',
    literal: () => types.f64,
    apply: get,
    partial: () => true,
    sql: ([a, at]) => `${a}[(case when ${at} < 0 then ${at} else ${at} + 1 end)::bigint]`,
  },
  dot: ofVectors(dot, 'array_inner_product'),
  /** Cosine of the angle between them, 1 for the same direction; NaN when one has no length. */
  cosine: ofVectors(
    (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
    'array_cosine_similarity',
  ),
  l2: ofVectors(distance, 'array_distance'),
};
