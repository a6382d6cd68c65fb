import { ArchetypeError } from '../errors.ts';
import type { DataFrame } from './data-frame.ts';
import type { NumericNames } from './verb-types.ts';
import { plain, type Frame } from './frame.ts';
import { printRow, readPositions } from './read-positions.ts';
import { RowBuffer } from './row-buffer.ts';

export interface RadiusOptions<N extends string = string> {
  /** Two or three columns of coordinates. */
  readonly columns: readonly [N, N] | readonly [N, N, N];
  /** In the unit of the coordinates, above 0. */
  readonly radius: number;
  /** The sides of a space that wraps around, one for all axes or one for each. */
  readonly torus?: number | readonly number[];
}

/**
 * Which rows lie within a radius of each other, by cell lists: Quentrec and Brot, "New method for searching for neighbors
 * in molecular dynamics computations", 1973. Space is cut into cells no smaller than the radius, so that a row's
 * neighbours are in its cell and the ones beside it. Made in one pass over the rows.
 *
 * @throws `invalid_value` for a position that is not finite; `invalid_argument`, `type_mismatch`, `unknown_column`
 * @example
 * const near = radiusIndex(df, { columns: ['boid__x', 'boid__y'], radius: 5, torus: 100 });
 * for (const other of near.around(row)) sum += cols.boid__dx[other]!;
 */
export const radiusIndex = <C>(
  df: DataFrame<C>,
  options: RadiusOptions<NumericNames<C>>,
): RadiusIndex => new RadiusIndex(plain(df), options);

/** One axis: where it begins, and how it is cut. */
interface Axis {
  readonly positions: Float64Array;
  readonly from: number;
  readonly side: number;
  readonly cells: number;
  /** After how much it begins again; Infinity where it does not. */
  readonly wraps: number;
}

/** Rows by place; made by `radiusIndex`. The array that it returns is used again by the next query: copy one with `slice()` to keep it. */
export class RadiusIndex {
  readonly radius: number;
  /** Always three; the third of a plane has one cell. */
  readonly #axes: readonly [Axis, Axis, Axis];
  /** Rows sorted by cell, those of a cell ascending, from `#starts[cell]` to before `#starts[cell + 1]`. */
  readonly #rows: Int32Array;
  readonly #starts: Int32Array;
  readonly #found = new RowBuffer();
  readonly #dimensions: number;

  constructor(frame: Frame, { columns, radius, torus }: RadiusOptions) {
    const names: readonly string[] = columns;
    const sides = checkOptions(names, radius, torus);
    const n = frame.numRows;
    this.radius = radius;
    this.#dimensions = names.length;
    const positions = names.map((name, k) => finite(frame, name, sides?.[k] ?? Infinity));
    if (positions.length === 2) positions.push(new Float64Array(n));
    this.#axes = cut(positions, radius, sides) as [Axis, Axis, Axis];
    const [x, y, z] = this.#axes;
    const cells = new Int32Array(n);
    this.#starts = new Int32Array(x.cells * y.cells * z.cells + 1);
    for (let row = 0; row < n; row++) {
      const cell = this.#cell(
        place(x, x.positions[row]!),
        place(y, y.positions[row]!),
        place(z, z.positions[row]!),
      );
      cells[row] = cell;
      this.#starts[cell + 1]!++;
    }
    for (let cell = 1; cell < this.#starts.length; cell++) {
      this.#starts[cell]! += this.#starts[cell - 1]!;
    }
    this.#rows = new Int32Array(n);
    const next = this.#starts.slice();
    for (let row = 0; row < n; row++) this.#rows[next[cells[row]!]!++] = row;
  }

  /** The other rows at most the radius away, ascending. @throws `invalid_argument` */
  around(row: number): Int32Array {
    const [x, y, z] = this.#axes;
    if (x.positions[row] === undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `The index was asked for row ${row}; it has the rows 0 to ${this.#rows.length - 1}.`,
      );
    }
    return this.#find(x.positions[row], y.positions[row]!, z.positions[row]!, row);
  }

  /**
   * The rows at most the radius away from a point, ascending: for the neighbours of something that is not in the frame.
   *
   * @throws `invalid_argument`
   */
  aroundPoint(...point: readonly [number, number] | readonly [number, number, number]): Int32Array {
    if (point.length !== this.#dimensions || !point.every(Number.isFinite)) {
      throw new ArchetypeError(
        'invalid_argument',
        `The index was asked for the point (${point.join(', ')}); give ${this.#dimensions} finite numbers.`,
      );
    }
    const [x, y, z] = this.#axes.map(({ wraps }, k) => wrap(point[k] ?? 0, wraps));
    return this.#find(x!, y!, z!, -1);
  }

  #cell(x: number, y: number, z: number): number {
    const [ax, ay] = this.#axes;
    return (z * ay.cells + y) * ax.cells + x;
  }

  #find(x: number, y: number, z: number, self: number): Int32Array {
    const [ax, ay, az] = this.#axes;
    const found = this.#found;
    found.clear();
    const [px, py, pz] = [place(ax, x), place(ay, y), place(az, z)];
    const [rows, starts] = [this.#rows, this.#starts];
    const square = this.radius * this.radius;
    const [lastX, lastY, lastZ] = [last(ax, px), last(ay, py), last(az, pz)];
    for (let dz = first(az, pz); dz <= lastZ; dz++) {
      const cz = around(az, pz + dz);
      for (let dy = first(ay, py); dy <= lastY; dy++) {
        const cy = around(ay, py + dy);
        for (let dx = first(ax, px); dx <= lastX; dx++) {
          const cell = this.#cell(around(ax, px + dx), cy, cz);
          for (let k = starts[cell]!; k < starts[cell + 1]!; k++) {
            const row = rows[k]!;
            const a = distance(ax.wraps, x - ax.positions[row]!);
            const b = distance(ay.wraps, y - ay.positions[row]!);
            const c = distance(az.wraps, z - az.positions[row]!);
            if (a * a + b * b + c * c <= square && row !== self) found.push(row);
          }
        }
      }
    }
    return found.sorted();
  }
}

// The cells from one before to one after, each once: on a torus of two cells the one before is the one after.
const first = ({ cells, wraps }: Axis, at: number): number =>
  wraps === Infinity ? -Math.min(1, at) : cells > 2 ? -1 : 0;
const last = ({ cells, wraps }: Axis, at: number): number =>
  wraps === Infinity ? Math.min(1, cells - 1 - at) : cells > 1 ? 1 : 0;
const around = ({ cells }: Axis, at: number): number =>
  at < 0 ? at + cells : at >= cells ? at - cells : at;

/** The shorter way. */
function distance(wraps: number, difference: number): number {
  const apart = Math.abs(difference);
  return apart > wraps / 2 ? wraps - apart : apart;
}

/** The cell of a position along an axis; what lies outside belongs to the cell at the edge. */
function place({ from, side, cells }: Axis, position: number): number {
  const at = Math.floor((position - from) / side);
  return at > 0 ? Math.min(at, cells - 1) : 0;
}

function wrap(position: number, size: number): number {
  if (size === Infinity || (position >= 0 && position < size)) return position;
  const wrapped = position - size * Math.floor(position / size);
  // Rounding may give the size itself.
  return wrapped < size ? wrapped : 0;
}

/** @throws `invalid_argument` */
function checkOptions(
  columns: readonly string[],
  radius: number,
  torus: number | readonly number[] | undefined,
): readonly number[] | undefined {
  const sides = typeof torus === 'number' ? columns.map(() => torus) : torus;
  const problem =
    columns.length !== 2 && columns.length !== 3
      ? `columns: ${JSON.stringify(columns)}; give two or three`
      : !(radius > 0 && radius < Infinity)
        ? `radius: ${radius}; give a finite number above 0`
        : sides !== undefined &&
            !(sides.length === columns.length && sides.every((side) => side > 0 && side < Infinity))
          ? `torus: ${JSON.stringify(torus)}; give one finite side above 0, or one for each column`
          : undefined;
  if (problem === undefined) return sides;
  throw new ArchetypeError('invalid_argument', `radiusIndex was given ${problem}.`);
}

function finite(frame: Frame, name: string, size: number): Float64Array {
  const positions = Float64Array.from(readPositions(frame, name));
  for (let row = 0; row < positions.length; row++) {
    const position = positions[row]!;
    if (!Number.isFinite(position)) {
      throw new ArchetypeError(
        'invalid_value',
        `${printRow(frame, row)} has ${name} ${position}; neighbours need finite positions.`,
      );
    }
    positions[row] = wrap(position, size);
  }
  return positions;
}

/** Cells a little larger than the radius, so that rounding cannot put a neighbour two cells away; no more than rows ask for. */
function cut(
  positions: readonly Float64Array[],
  radius: number,
  sides: readonly number[] | undefined,
): readonly Axis[] {
  const spans = positions.map((axis, k) => {
    const wraps = sides?.[k] ?? Infinity;
    if (wraps < Infinity) return { from: 0, length: wraps, wraps };
    let [low, high] = [Infinity, -Infinity];
    for (const position of axis) {
      low = Math.min(low, position);
      high = Math.max(high, position);
    }
    return { from: low, length: Math.max(0, high - low), wraps };
  });
  const most = 2 * positions[0]!.length + 16;
  const fitting = (length: number): number => Math.floor(length / (radius * (1 + 1e-6)));
  let cells = spans.map(({ length }) => Math.min(most, Math.max(1, fitting(length))));
  for (;;) {
    const product = cells.reduce((a, b) => a * b, 1);
    if (product <= most) break;
    const divided = cells.filter((count) => count > 1).length;
    const factor = (most / product) ** (1 / divided);
    cells = cells.map((count) => Math.max(1, Math.floor(count * factor)));
  }
  return positions.map((axis, k) => {
    const { from, length, wraps } = spans[k]!;
    return { positions: axis, from, side: length / cells[k]! || 1, cells: cells[k]!, wraps };
  });
}
