import { ArchetypeError } from '../errors.ts';

/** Cells within a radius: in a square (`moore`), or in so many steps along the axes (`vonNeumann`). */
export type Neighbourhood = 'moore' | 'vonNeumann';

const SHAPES: readonly string[] = ['moore', 'vonNeumann'];

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly torus: boolean;
}

/** Steps to the cells of a neighbourhood, in pairs: each cell once, the middle left out. @throws `invalid_argument` */
export function offsetsOf(grid: Grid, radius: number, shape: Neighbourhood): Int32Array {
  if (!(Number.isInteger(radius) && radius >= 1) || !SHAPES.includes(shape)) {
    throw new ArchetypeError(
      'invalid_argument',
      `A neighbourhood was asked for with radius ${radius} and shape ${JSON.stringify(shape)}; give a whole radius from 1 on and ${SHAPES.join(' or ')}.`,
    );
  }
  const xs = steps(radius, grid.width, grid.torus);
  const ys = steps(radius, grid.height, grid.torus);
  const within = (dx: number, dy: number): boolean =>
    (dx !== 0 || dy !== 0) && (shape === 'moore' || Math.abs(dx) + Math.abs(dy) <= radius);
  return Int32Array.from(ys.flatMap((dy) => xs.flatMap((dx) => (within(dx, dy) ? [dx, dy] : []))));
}

/** From -radius to radius, no further than the side is long; on a torus each place once, the shorter way. */
function steps(radius: number, size: number, torus: boolean): readonly number[] {
  const far = Math.min(radius, size - 1);
  const [from, to] = torus
    ? [-Math.min(far, (size - 1) >> 1), Math.min(far, size >> 1)]
    : [-far, far];
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}
