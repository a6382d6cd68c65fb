import { ArchetypeError } from '../errors.ts';
import type { ColumnType, Kind } from '../schema/column-type.ts';
import { aggregates } from './aggregates.ts';
import { Expression } from './expression.ts';
import type { Expr } from './expr.ts';
import { functions } from './functions/functions.ts';
import { nullFunctions } from './functions/nulls.ts';
import type { AggregateNode, Node } from './node.ts';

const MAX_DEPTH = 1000;

/**
 * An expression as SQL text in DuckDB's dialect: the same values where both define them (decision 0006 says where they
 * do not). Columns are quoted identifiers; texts are escaped.
 *
 * @throws `invalid_argument` for expressions that SQL cannot say, such as random numbers
 * @example toSql(col('position__x').add(1).gt(0)) // (("position__x" + 1) > 0)
 */
export function toSql(expression: Expr<any>): string {
  if (expression instanceof Expression) return print(expression.node, 0);
  throw new ArchetypeError(
    'invalid_argument',
    `toSql takes an expression and was given ${typeof expression}; give one such as col('position__x').gt(0).`,
  );
}

function print(node: Node, depth: number): string {
  if (depth > MAX_DEPTH) {
    throw new ArchetypeError(
      'expression_too_deep',
      `An expression is nested deeper than ${MAX_DEPTH} calls; split it before printing it as SQL.`,
    );
  }
  switch (node.kind) {
    case 'column':
      return quoteName(node.name);
    case 'literal':
      return printLiteral(node.value);
    case 'aggregate':
      return printAggregate(node, depth);
    case 'over': {
      const by = node.keys.map(quoteName).join(', ');
      return `${printAggregate(node.aggregate, depth)} over (${by === '' ? '' : `partition by ${by}`})`;
    }
    case 'call':
      return printCall(node, depth);
  }
}

function printAggregate({ fn, arg, parameter }: AggregateNode, depth: number): string {
  return aggregates[fn]!.sql(print(arg, depth + 1), parameter);
}

function printCall(node: Node & { kind: 'call' }, depth: number): string {
  const args = node.args.map((arg) => print(arg, depth + 1));
  switch (node.fn) {
    case 'cast':
      return `cast(${args[0]} as ${typeName(node.to!)})`;
    case 'tryCast':
      return `try_cast(${args[0]} as ${typeName(node.to!)})`;
    case 'isIn':
      return printIsIn(args[0]!, (node.args[1] as { readonly value: readonly unknown[] }).value);
    default: {
      const fn = functions[node.fn] ?? nullFunctions[node.fn];
      if (fn !== undefined) return fn.sql(args);
      throw new ArchetypeError(
        'invalid_argument',
        `${node.fn} has no counterpart in SQL; compute it as a column first, and use the column.`,
      );
    }
  }
}

const printIsIn = (cell: string, values: readonly unknown[]): string =>
  values.length === 0
    ? `(case when ${cell} is null then null else false end)`
    : `(${cell} in (${values.map(printLiteral).join(', ')}))`;

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function printLiteral(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return printNumber(value);
    case 'bigint':
      return `${value}::bigint`;
    case 'boolean':
      return String(value);
    case 'string':
      return `'${value.replaceAll("'", "''")}'`;
    default:
      if (value === null || value === undefined) return 'null';
      if (value instanceof Date) return `make_timestamp_ms(${value.getTime()})`;
      if (ArrayBuffer.isView(value)) {
        const numbers = Array.from(value as Float32Array);
        return `[${numbers.map(printNumber).join(', ')}]::float[${numbers.length}]`;
      }
      if (Array.isArray(value)) return `[${value.map(printLiteral).join(', ')}]`;
      throw new ArchetypeError(
        'invalid_argument',
        `${JSON.stringify(value)} has no counterpart in SQL; use a number, text, boolean, bigint or Date.`,
      );
  }
}

/** Whole numbers take the type of their neighbour; a decimal point would make SQL compute in decimals. */
function printNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0)) {
    return value < 0 ? `(${value})` : String(value);
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return `'${text}'::double`;
}

const typeNames: { readonly [K in Kind]?: string } = {
  f64: 'double',
  f32: 'float',
  i32: 'integer',
  u32: 'uinteger',
  i64: 'bigint',
  bool: 'boolean',
  utf8: 'varchar',
  enum: 'varchar',
  json: 'varchar',
  timestamp: 'timestamp_ms',
};

/** DuckDB's name of a column type. */
function typeName(type: ColumnType): string {
  return typeNames[type.kind] ?? 'varchar';
}
