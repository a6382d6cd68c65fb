import { World } from 'miniplex';
import { expect, type Round } from '../measure.ts';
import { start } from '../movers.ts';

interface Mover {
  position: { x: number; y: number };
  velocity: { dx: number; dy: number };
}

/** Movement in miniplex: objects changed in place. */
export function miniplexMovement(n: number): Round {
  const world = new World<Mover>();
  for (let k = 0; k < n; k++) {
    const { x, y, dx, dy } = start(k);
    world.add({ position: { x, y }, velocity: { dx, dy } });
  }
  const movers = world.with('position', 'velocity');
  const step = (): void => {
    for (const { position, velocity } of movers) {
      position.x += velocity.dx;
      position.y += velocity.dy;
    }
  };
  step();
  const first = world.entities[1] ?? world.entities[0]!;
  const k = n > 1 ? 1 : 0;
  expect(first.position.x === start(k).x + start(k).dx, 'miniplex moved wrongly');
  return step;
}
