import type { ColumnType, Node, Schema } from '@archetype/core';
import type { RowFilter } from '@archetype/storage';

/** A row filter as a condition of Lance: exact but for `where`, of which it takes what means the same there. */
export function lanceFilter(
  { of, entities, where }: RowFilter,
  columns: Schema,
): string | undefined {
  const conditions =
    of === undefined
      ? []
      : [`run_id = ${text(of.run)}`, `tick >= ${whole(of.from)}`, `tick <= ${whole(of.to)}`];
  if (entities !== undefined) {
    const ids = entities.filter((id) => Number.isInteger(id) && Math.abs(id) < 2 ** 31);
    conditions.push(ids.length === 0 ? 'false' : `entity_id in (${ids.map(whole).join(', ')})`);
  }
  const more = where === undefined ? undefined : condition(where, columns);
  if (more !== undefined) conditions.push(more);
  return conditions.length === 0 ? undefined : conditions.join(' and ');
}

type Call = Extract<Node, { readonly kind: 'call' }>;
const swapped: Readonly<Record<string, string>> = {
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
  eq: 'eq',
  ne: 'ne',
};
const operators: Readonly<Record<string, string>> = {
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  eq: '=',
  ne: '<>',
};

/** SQL that holds wherever the node does, or undefined when there is none worth having. */
function condition(node: Node, columns: Schema): string | undefined {
  if (node.kind !== 'call') return undefined;
  if (node.fn === 'and') {
    const sides = node.args
      .map((arg) => condition(arg, columns))
      .filter((sql) => sql !== undefined);
    return sides.length === 0 ? undefined : `(${sides.join(' and ')})`;
  }
  if (node.fn === 'or') {
    const sides = node.args.map((arg) => condition(arg, columns));
    return sides.includes(undefined) ? undefined : `(${sides.join(' or ')})`;
  }
  return Object.hasOwn(operators, node.fn) ? comparison(node, columns) : undefined;
}

function comparison({ fn, args }: Call, columns: Schema): string | undefined {
  const [a, b] = args;
  if (a?.kind === 'literal' && b?.kind === 'column')
    return compare(swapped[fn]!, b.name, a.value, columns);
  if (a?.kind === 'column' && b?.kind === 'literal') return compare(fn, a.name, b.value, columns);
  return undefined;
}

function compare(fn: string, name: string, value: unknown, columns: Schema): string | undefined {
  const type = columns.find((column) => column.name === name)?.type;
  const literal = type && literals[type.kind]?.(value, fn);
  if (literal === undefined) return undefined;
  const sql = `${quote(name)} ${operators[fn]} ${literal}`;
  // Not a number comes last here, and there where its sign says.
  return type!.kind === 'f64' ? `(${sql} or isnan(${quote(name)}))` : `(${sql})`;
}

/** Values that compare there as they do here. */
const literals: {
  readonly [K in ColumnType['kind']]?: (value: unknown, fn: string) => string | undefined;
} = {
  i32: wholeLiteral,
  u32: wholeLiteral,
  // Zero has two signs there, and one place here.
  f64: (value) =>
    typeof value === 'number' && Number.isFinite(value) && value !== 0
      ? `cast(${value} as double)`
      : undefined,
  utf8: (value, fn) => (typeof value === 'string' && sameness(fn) ? text(value) : undefined),
  enum: (value, fn) => (typeof value === 'string' && sameness(fn) ? text(value) : undefined),
};

const sameness = (fn: string): boolean => fn === 'eq' || fn === 'ne';

function wholeLiteral(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? `cast(${String(value)} as bigint)` : undefined;
}

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const whole = (value: number): string =>
  String(Math.trunc(Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1)));
