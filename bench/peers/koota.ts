import { createWorld, trait } from 'koota';
import { start } from '../movers.ts';
import { cellsOf, type Mover } from './mover.ts';

/** Movement in koota: the stores of its traits in place, its fastest way. */
export function kootaMovement(n: number): Mover {
  const world = createWorld();
  const Position = trait({ x: 0, y: 0 });
  const Velocity = trait({ dx: 0, dy: 0 });
  const made = Array.from({ length: n }, (_, k) => {
    const { x, y, dx, dy } = start(k);
    return world.spawn(Position({ x, y }), Velocity({ dx, dy }));
  });
  return {
    step() {
      world.query(Position, Velocity).useStores(([{ x, y }, { dx, dy }], entities) => {
        for (let i = 0; i < entities.length; i++) {
          const id = entities[i]!.id();
          x[id] = x[id]! + dx[id]!;
          y[id] = y[id]! + dy[id]!;
        }
      });
    },
    cells: () =>
      cellsOf(
        n,
        (k) => made[k]!.get(Position)!.x,
        (k) => made[k]!.get(Position)!.y,
      ),
  };
}
