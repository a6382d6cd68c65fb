import { createWorld, trait } from 'koota';
import { expect, type Round } from '../measure.ts';
import { start } from '../movers.ts';

/** Movement in koota: the stores of its traits in place, its fastest way. */
export function kootaMovement(n: number): Round {
  const world = createWorld();
  const Position = trait({ x: 0, y: 0 });
  const Velocity = trait({ dx: 0, dy: 0 });
  const last = Array.from({ length: n }, (_, k) => {
    const { x, y, dx, dy } = start(k);
    return world.spawn(Position({ x, y }), Velocity({ dx, dy }));
  }).at(-1)!;
  const step = (): void => {
    world.query(Position, Velocity).useStores(([position, velocity], entities) => {
      for (const entity of entities) {
        const id = entity.id();
        position.x[id] = position.x[id]! + velocity.dx[id]!;
        position.y[id] = position.y[id]! + velocity.dy[id]!;
      }
    });
  };
  step();
  expect(last.get(Position)!.x === start(n - 1).x + start(n - 1).dx, 'koota moved wrongly');
  return step;
}
