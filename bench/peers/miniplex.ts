import { World } from 'miniplex';
import { start } from '../movers.ts';
import { cellsOf, type Mover } from './mover.ts';

interface Entity {
  readonly position: { x: number; y: number };
  readonly velocity: { readonly dx: number; readonly dy: number };
}

/** Movement in miniplex: objects changed in place, by its fastest loop. */
export function miniplexMovement(n: number): Mover {
  const world = new World<Entity>();
  const made = Array.from({ length: n }, (_, k) => {
    const { x, y, dx, dy } = start(k);
    return world.add({ position: { x, y }, velocity: { dx, dy } });
  });
  const movers = world.with('position', 'velocity');
  return {
    step() {
      const { entities } = movers;
      // Several times as fast as for-of.
      for (let i = 0; i < entities.length; i++) {
        const { position, velocity } = entities[i]!;
        position.x += velocity.dx;
        position.y += velocity.dy;
      }
    },
    cells: () =>
      cellsOf(
        n,
        (k) => made[k]!.position.x,
        (k) => made[k]!.position.y,
      ),
  };
}
