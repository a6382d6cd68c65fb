import { columnOf } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { compareRows } from '../column/compare-rows.ts';
import { factorise, type Groups } from '../column/factorise.ts';
import { radixOrder } from '../column/radix-order.ts';
import { specialise } from '../column/specialise.ts';
import { takeOrNull } from '../column/take-or-null.ts';
import { ArchetypeError } from '../errors.ts';
import {
  isNumber,
  nullable,
  required,
  types,
  type ColumnType,
  type Kind,
} from '../schema/column-type.ts';

/** One function of many cells. Null cells are passed over, as in SQL, but by `first` and `last`. */
export interface AggregateFunction {
  /** The result's type for cells of a type that is not nullable; undefined when it does not apply. */
  result(type: ColumnType): ColumnType | undefined;
  readonly needs: string;
  /** `null`: a group without cells to look at has no result. `always`: it may have none even with some. */
  readonly empty: 'value' | 'null' | 'always';
  readonly sql: (cell: string, parameter: number | undefined) => string;
  /** One cell per group; `parameter` is the level of a quantile. */
  run(cells: Column, groups: Groups, type: ColumnType, parameter: number): Column;
}

/** A loop of its own per kind of memory, so that none of them sees more than one class of arrays. */
function perKind<F extends (...args: never[]) => unknown>(loop: F): (kind: Kind) => F {
  const copies = new Map<Kind, F>();
  return (kind) => {
    let copy = copies.get(kind);
    if (copy === undefined) copies.set(kind, (copy = specialise(loop)));
    return copy;
  };
}

type Validity = Uint8Array | undefined;

const counts = specialise(function count(
  validity: Validity,
  codes: Int32Array,
  out: Int32Array,
): void {
  for (let i = 0; i < codes.length; i++) {
    if (validity === undefined || validity[i] === 1) out[codes[i]!]!++;
  }
});
function countOf({ validity }: Column, { codes, first }: Groups): Int32Array {
  const out = new Int32Array(first.length);
  counts(validity, codes, out);
  return out;
}

const sums = perKind(function sum(
  cells: Float64Array,
  validity: Validity,
  codes: Int32Array,
  out: Float64Array,
): void {
  for (let i = 0; i < codes.length; i++) {
    if (validity === undefined || validity[i] === 1) {
      const group = codes[i]!;
      out[group] = out[group]! + cells[i]!;
    }
  }
});
function sumOf(cells: Column, { codes, first }: Groups): Float64Array {
  const out = new Float64Array(first.length);
  sums(cells.type.kind)(cells.data as Float64Array, cells.validity, codes, out);
  return out;
}

/** Mean and sum of squared deviations in one pass: Welford, Technometrics 4 (3), 1962. */
const deviations = perKind(function deviate(
  cells: Float64Array,
  validity: Validity,
  codes: Int32Array,
  seen: Int32Array,
  mean: Float64Array,
  squares: Float64Array,
): void {
  for (let i = 0; i < codes.length; i++) {
    if (validity !== undefined && validity[i] === 0) continue;
    const group = codes[i]!;
    const n = (seen[group] = seen[group]! + 1);
    const delta = cells[i]! - mean[group]!;
    mean[group] = mean[group]! + delta / n;
    squares[group] = squares[group]! + delta * (cells[i]! - mean[group]);
  }
});

const isNumeric = (type: ColumnType): boolean => isNumber(type);
const isOrdered = (type: ColumnType): boolean =>
  !['list', 'struct', 'json', 'vector'].includes(type.kind);

/** A column of results; groups that `counted` nothing are null. */
function results(
  type: ColumnType,
  data: Float64Array | Int32Array | Uint8Array | BigInt64Array,
  counted?: Int32Array,
  least = 1,
): Column {
  const validity =
    counted?.some((n) => n < least) === true
      ? Uint8Array.from(counted, (n) => (n < least ? 0 : 1))
      : undefined;
  return columnOf(type, data.length, data, validity);
}

const dispersion = (finish: (variance: number) => number, sql: string): AggregateFunction => ({
  result: (type) => (isNumeric(type) ? types.f64 : undefined),
  needs: 'numbers',
  empty: 'always',
  sql: (cell) => `${sql}(${cell})`,
  run(cells, groups, type) {
    const n = groups.first.length;
    const seen = new Int32Array(n);
    const squares = new Float64Array(n);
    deviations(cells.type.kind)(
      cells.data as Float64Array,
      cells.validity,
      groups.codes,
      seen,
      new Float64Array(n),
      squares,
    );
    return results(
      type,
      squares.map((sum, k) => finish(sum / (seen[k]! - 1))),
      seen,
      2,
    );
  },
});

/** The cell of one row per group; a row of -1 stands for none. */
const pick = (cells: Column, rows: Int32Array, type: ColumnType): Column =>
  type.nullable ? takeOrNull(cells, rows) : cells.take(rows);

const extreme = (sign: 1 | -1, sql: string): AggregateFunction => ({
  result: (type) => (isOrdered(type) ? type : undefined),
  needs: 'cells of a type that has an order',
  empty: 'null',
  sql: (cell) => `${sql}(${cell})`,
  run(cells, { codes, first }, type) {
    const best = new Int32Array(first.length).fill(-1);
    const { validity } = cells;
    const order = compareRows(cells, sql, false);
    for (let row = 0; row < codes.length; row++) {
      if (validity?.[row] === 0) continue;
      const group = codes[row]!;
      if (best[group]! < 0 || sign * order(row, best[group]!) > 0) best[group] = row;
    }
    return pick(cells, best, type);
  },
});

/** `settling` is the cell that decides, whatever the others are. */
const logic = (settling: 0 | 1, sql: string): AggregateFunction => ({
  result: (type) => (type.kind === 'bool' ? types.bool : undefined),
  needs: 'conditions',
  empty: 'null',
  sql: (cell) => `${sql}(${cell})`,
  run(cells, groups, type) {
    const { codes, first } = groups;
    const out = new Uint8Array(first.length).fill(1 - settling);
    const data = cells.data as Uint8Array;
    for (let row = 0; row < codes.length; row++) {
      if (cells.validity?.[row] !== 0 && data[row] === settling) out[codes[row]!] = settling;
    }
    return results(type, out, countOf(cells, groups));
  },
});

/** Cells of each group in ascending order, one group after the other, nulls left out. */
function sortedByGroup(
  cells: Column,
  { codes, first }: Groups,
): { values: Float64Array; starts: Int32Array } {
  const { validity } = cells;
  const order = compareRows(cells, 'quantile', false);
  const rows =
    radixOrder(cells, false) ??
    Int32Array.from({ length: cells.length }, (_, row) => row).toSorted(
      (a, b) => order(a, b) || a - b,
    );
  const starts = new Int32Array(first.length + 1);
  const seen = countOf(cells, { codes, first });
  for (let group = 0; group < seen.length; group++)
    starts[group + 1] = starts[group]! + seen[group]!;
  const at = starts.slice();
  const values = new Float64Array(starts.at(-1)!);
  const data = cells.data as Float64Array;
  for (const row of rows) if (validity?.[row] !== 0) values[at[codes[row]!]!++] = data[row]!;
  return { values, starts };
}

function sumLong(cells: Column, { codes, first }: Groups): BigInt64Array {
  const totals = Array.from({ length: first.length }, () => 0n);
  const data = cells.data as BigInt64Array;
  for (let row = 0; row < codes.length; row++) {
    if (cells.validity?.[row] !== 0) totals[codes[row]!]! += data[row]!;
  }
  const broken = totals.find((total) => BigInt.asIntN(64, total) !== total);
  if (broken === undefined) return BigInt64Array.from(totals);
  throw new ArchetypeError(
    'value_out_of_range',
    `sum gave ${broken}, which 64 bits cannot hold; cast the column to f64 before, for a rounded sum.`,
  );
}

/** The type of an aggregate over cells of a type; undefined when it does not apply. */
export function aggregateType(fn: AggregateFunction, cells: ColumnType): ColumnType | undefined {
  const type = fn.result(required(cells));
  const maybeNull = fn.empty === 'always' || (fn.empty === 'null' && cells.nullable);
  return type !== undefined && maybeNull ? nullable(type) : type;
}

/** Every aggregate, with its loop above: what it takes, what it gives, how it treats groups without cells, and its SQL. */
export const aggregates: { readonly [name: string]: AggregateFunction } = {
  count: {
    result: () => types.i32,
    needs: 'cells',
    empty: 'value',
    sql: (cell) => `count(${cell})`,
    run: (cells, groups, type) => results(type, countOf(cells, groups)),
  },
  countDistinct: {
    result: () => types.i32,
    needs: 'cells',
    empty: 'value',
    sql: (cell) => `count(distinct ${cell})`,
    run(cells, { codes, first }, type) {
      const out = new Int32Array(first.length);
      const group = columnOf(types.i32, codes.length, codes);
      for (const row of factorise([group, cells], codes.length).first) {
        if (cells.validity?.[row] !== 0) out[codes[row]!]!++;
      }
      return results(type, out);
    },
  },
  sum: {
    result: (type) => (isNumeric(type) ? types.f64 : type.kind === 'i64' ? types.i64 : undefined),
    needs: 'numbers',
    empty: 'null',
    sql: (cell) => `sum(${cell})`,
    run(cells, groups, type) {
      const counted = countOf(cells, groups);
      if (cells.type.kind !== 'i64') return results(type, sumOf(cells, groups), counted);
      return results(type, sumLong(cells, groups), counted);
    },
  },
  mean: {
    result: (type) => (isNumeric(type) ? types.f64 : undefined),
    needs: 'numbers',
    empty: 'null',
    sql: (cell) => `avg(${cell})`,
    run(cells, groups, type) {
      const counted = countOf(cells, groups);
      return results(
        type,
        sumOf(cells, groups).map((sum, k) => sum / counted[k]!),
        counted,
      );
    },
  },
  min: extreme(-1, 'min'),
  max: extreme(1, 'max'),
  var: dispersion((variance) => variance, 'var_samp'),
  std: dispersion(Math.sqrt, 'stddev_samp'),
  quantile: {
    result: (type) => (isNumeric(type) ? types.f64 : undefined),
    needs: 'numbers',
    empty: 'null',
    sql: (cell, level) => `quantile_cont(${cell}, ${level})`,
    /** Linear between the two nearest cells: type 7 of Hyndman and Fan, The American Statistician 50 (4), 1996. */
    run(cells, groups, type, level) {
      const { values, starts } = sortedByGroup(cells, groups);
      const counted = countOf(cells, groups);
      const out = Float64Array.from(counted, (n, group) => {
        if (n === 0) return 0;
        const place = (n - 1) * level;
        const low = values[starts[group]! + Math.floor(place)]!;
        const high = values[starts[group]! + Math.ceil(place)]!;
        return low === high ? low : low + (high - low) * (place - Math.floor(place));
      });
      return results(type, out, counted);
    },
  },
  first: {
    result: (type) => type,
    needs: 'cells',
    empty: 'null',
    sql: (cell) => `first(${cell})`,
    run: (cells, { first }, type) => pick(cells, first, type),
  },
  last: {
    result: (type) => type,
    needs: 'cells',
    empty: 'null',
    sql: (cell) => `last(${cell})`,
    run(cells, { codes, first }, type) {
      const rows = new Int32Array(first.length);
      for (let row = 0; row < codes.length; row++) rows[codes[row]!] = row;
      return pick(cells, rows, type);
    },
  },
  any: logic(1, 'bool_or'),
  all: logic(0, 'bool_and'),
};
