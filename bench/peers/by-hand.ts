import { start } from '../movers.ts';
import { cellsOf, type Mover } from './mover.ts';

/** Movement as a loop over typed arrays that allocates its outputs. */
export function byHand(n: number): Mover {
  const column = (name: 'x' | 'y' | 'dx' | 'dy') =>
    Float64Array.from({ length: n }, (_, k) => start(k)[name]);
  let [x, y] = [column('x'), column('y')];
  const [dx, dy] = [column('dx'), column('dy')];
  return {
    step() {
      const [nx, ny] = [new Float64Array(n), new Float64Array(n)];
      for (let i = 0; i < n; i++) {
        nx[i] = x[i]! + dx[i]!;
        ny[i] = y[i]! + dy[i]!;
      }
      [x, y] = [nx, ny];
    },
    cells: () =>
      cellsOf(
        n,
        (k) => x[k]!,
        (k) => y[k]!,
      ),
  };
}
