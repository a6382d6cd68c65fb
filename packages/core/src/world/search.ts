import { columnOf } from '../column/columns.ts';
import { ArchetypeError, didYouMean } from '../errors.ts';
import type { Condition } from '../expression/expr.ts';
import type { Accessor } from '../frame/column-accessor.ts';
import { Frame } from '../frame/frame.ts';
import { printType, types } from '../schema/column-type.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { WorldId } from '../state/ids.ts';
import type { Metric, NearestRows, Store } from '../store/store.ts';
import { emptyQuery, readQuery, type QueryOptions, type Ticks } from './query.ts';

export interface SearchOptions<C = any> {
  /** How many rows at most; 10 unless told. */
  readonly k?: number;
  /** `l2` unless told: Euclidean distance; `cosine`: 1 less the cosine of the angle; `dot`: the negative dot product. */
  readonly metric?: Metric;
  /** Rows for which this holds; null counts as false. */
  readonly where?: (c: Accessor<C>) => Condition;
  /** The newest committed tick unless told. */
  readonly ticks?: Ticks;
}

/** The number by which two vectors are compared; NaN is furthest. */
const distances: {
  readonly [M in Metric]: (cells: Float32Array, at: number, to: Float32Array) => number;
} = {
  l2(cells, at, to) {
    let sum = 0;
    for (let k = 0; k < to.length; k++) sum += (cells[at + k]! - to[k]!) ** 2;
    return Math.sqrt(sum);
  },
  cosine(cells, at, to) {
    let [dot, a, b] = [0, 0, 0];
    for (let k = 0; k < to.length; k++) {
      dot += cells[at + k]! * to[k]!;
      a += cells[at + k]! ** 2;
      b += to[k]! ** 2;
    }
    return 1 - dot / Math.sqrt(a * b);
  },
  dot(cells, at, to) {
    let sum = 0;
    for (let k = 0; k < to.length; k++) sum += cells[at + k]! * to[k]!;
    return -sum;
  },
};

/** Rows of a component nearest to a vector, nearest first; equal ones in ascending tick and entity. */
export async function searchNearest(
  store: Store | undefined,
  world: WorldId,
  newest: number | undefined,
  component: ComponentShape,
  field: string,
  vector: ArrayLike<number>,
  options: SearchOptions,
): Promise<Frame> {
  const { nearest, query } = planSearch(component, field, vector, options);
  const rows =
    store === undefined
      ? emptyQuery([component], query)
      : await readQuery(store, world, newest, [component], query, nearest);
  return takeNearest(rows, nearest);
}

/** A search as the query whose rows it is among. @throws `unknown_column`, `invalid_value`, `invalid_argument` */
export function planSearch(
  component: ComponentShape,
  field: string,
  vector: ArrayLike<number>,
  options: SearchOptions,
): { readonly nearest: NearestRows; readonly query: QueryOptions } {
  const nearest = checkSearch(component, field, vector, options);
  const { ticks = 'newest', where } = options;
  return { nearest, query: { ticks, ...(where && { where }) } };
}

function checkSearch(
  { type, prefix, columns }: ComponentShape,
  field: string,
  vector: ArrayLike<number>,
  { k = 10, metric = 'l2' }: SearchOptions,
): NearestRows {
  const found = columns.find(({ name }) => name === `${prefix}__${field}`);
  const vectors = columns
    .filter((column) => column.type.kind === 'vector')
    .map(({ name }) => name.slice(prefix.length + 2));
  if (found?.type.kind !== 'vector') {
    const was =
      found === undefined
        ? `has no field ${JSON.stringify(field)}${didYouMean(field, vectors)}`
        : `keeps ${JSON.stringify(field)} as ${printType(found.type)}.`;
    throw new ArchetypeError(
      'unknown_column',
      `${type} ${was} Search takes a field of vectors; it has ${vectors.join(', ') || 'none'}.`,
    );
  }
  const given = Array.from(vector ?? []);
  if (given.length !== found.type.size || given.some((x) => !Number.isFinite(x))) {
    throw new ArchetypeError(
      'invalid_value',
      `Search in ${type}.${field} takes ${found.type.size} finite numbers and was given ${given.length}${given.length === found.type.size ? ', not all of them finite' : ''}.`,
    );
  }
  if (!Number.isInteger(k) || k < 1) {
    throw new ArchetypeError(
      'invalid_argument',
      `k was ${String(k)}; give a whole number of rows from 1 on.`,
    );
  }
  if (!Object.hasOwn(distances, metric)) {
    throw new ArchetypeError(
      'invalid_argument',
      `metric was ${JSON.stringify(metric)}; use ${Object.keys(distances).join(', ')}.`,
    );
  }
  return { column: found.name, vector: given, metric, k };
}

/** The nearest rows, with a column `distance`. Rows without a vector are left out. */
export function takeNearest(rows: Frame, { column: name, vector, metric, k }: NearestRows): Frame {
  const column = rows.at(name);
  const to = Float32Array.from(vector);
  const measure = distances[metric];
  const found: number[] = [];
  const far = new Float64Array(rows.numRows);
  const flat = column.type.nullable ? undefined : (rows.column(name) as Float32Array);
  for (let row = 0; row < rows.numRows; row++) {
    const cell = flat ?? (column.get(row) as Float32Array | null);
    if (cell === null) continue;
    far[row] = measure(cell, flat === undefined ? 0 : row * to.length, to);
    found.push(row);
  }
  const order = (a: number, b: number): number => {
    const [x, y] = [far[a]!, far[b]!];
    if (Number.isNaN(x) || Number.isNaN(y))
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x - y || a - b;
  };
  const best = Int32Array.from(found.toSorted(order).slice(0, k));
  const taken = rows.take(best);
  const distance = columnOf(
    types.f64,
    best.length,
    Float64Array.from(best, (row) => far[row]!),
  );
  return new Frame(
    [...taken.schema, { name: 'distance', type: types.f64 }],
    [...taken.columns, distance],
    taken.numRows,
  );
}
