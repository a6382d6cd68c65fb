import {
  addComponent,
  addEntity,
  createWorld,
  hasComponent,
  query,
  removeComponent,
  removeEntity,
} from 'bitecs';
import type { Churn } from './churn.ts';

/** Churn in bitECS, `count` of each per round; queries are read after each. */
export function bitecsChurn(n: number, count: number): Churn {
  const world = createWorld();
  const room = 2 * n;
  const Position = { x: new Float64Array(room), y: new Float64Array(room) };
  const Velocity = { dx: new Float64Array(room), dy: new Float64Array(room) };
  const Tag = {};
  const living: number[] = [];
  let [first, moved] = [0, n >> 1];
  const born = (): void => {
    const entity = addEntity(world);
    addComponent(world, entity, Position);
    addComponent(world, entity, Velocity);
    Position.x[entity] = 1;
    Velocity.dx[entity] = 1;
    living.push(entity);
  };
  for (let k = 0; k < n; k++) born();
  return {
    round() {
      for (let k = 0; k < count; k++) born();
      for (let k = 0; k < count; k++) removeEntity(world, living[first++]!);
      for (let k = 0; k < count; k++) addComponent(world, living[moved + k]!, Tag);
      for (let k = 0; k < count; k++) removeComponent(world, living[moved + k - count]!, Tag);
      moved += count;
      query(world, [Position, Velocity]);
      query(world, [Position, Tag]);
    },
    entities: () => query(world, [Position, Velocity]).length,
    async tagged() {
      return [...living.keys()].filter((k) => k >= first && hasComponent(world, living[k]!, Tag));
    },
  };
}
