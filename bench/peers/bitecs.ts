import { addComponent, addEntity, createWorld, query, removeComponent, removeEntity } from 'bitecs';
import { expect, type Round } from '../measure.ts';
import { start } from '../movers.ts';

/** Movement in bitECS: columns that the user owns, changed in place. */
export function bitecsMovement(n: number): Round {
  const world = createWorld();
  const Position = { x: new Float64Array(n + 1), y: new Float64Array(n + 1) };
  const Velocity = { dx: new Float64Array(n + 1), dy: new Float64Array(n + 1) };
  for (let k = 0; k < n; k++) {
    const entity = addEntity(world);
    addComponent(world, entity, Position);
    addComponent(world, entity, Velocity);
    const { x, y, dx, dy } = start(k);
    Position.x[entity] = x;
    Position.y[entity] = y;
    Velocity.dx[entity] = dx;
    Velocity.dy[entity] = dy;
  }
  const step = (): void => {
    for (const entity of query(world, [Position, Velocity])) {
      Position.x[entity] = Position.x[entity]! + Velocity.dx[entity]!;
      Position.y[entity] = Position.y[entity]! + Velocity.dy[entity]!;
    }
  };
  step();
  expect(Position.x[n] === start(n - 1).x + start(n - 1).dx, `bitECS is at ${Position.x[n]}`);
  return step;
}

/** Entities that begin, end and change what they are, `count` of each per round; queries are read after each. */
export function bitecsChurn(
  n: number,
  count: number,
): { round: Round; entities(): number; tagged(): number } {
  const world = createWorld();
  const room = 2 * n;
  const Position = { x: new Float64Array(room), y: new Float64Array(room) };
  const Velocity = { dx: new Float64Array(room), dy: new Float64Array(room) };
  const Tag = {};
  const living: number[] = [];
  let [first, moved] = [0, 0];
  const born = (): void => {
    const entity = addEntity(world);
    addComponent(world, entity, Position);
    addComponent(world, entity, Velocity);
    Position.x[entity] = 1;
    Velocity.dx[entity] = 1;
    living.push(entity);
  };
  for (let k = 0; k < n; k++) born();
  moved = n >> 1;
  const round = (): void => {
    for (let k = 0; k < count; k++) born();
    for (let k = 0; k < count; k++) removeEntity(world, living[first++]!);
    for (let k = 0; k < count; k++) addComponent(world, living[moved + k]!, Tag);
    for (let k = 0; k < count; k++) removeComponent(world, living[moved + k - count]!, Tag);
    moved += count;
    query(world, [Position, Velocity]);
    query(world, [Position, Tag]);
  };
  return {
    round,
    entities: () => query(world, [Position, Velocity]).length,
    tagged: () => query(world, [Position, Tag]).length,
  };
}
