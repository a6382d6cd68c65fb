import type { Lease, WorldRecord } from '@archetype/core';

/** Hexadecimal digits of the milliseconds that an id begins with. */
const TIME_DIGITS = 12;

/**
 * What is known of a world whose own record is damaged, from what its ticks say: enough to read them. Its name, its seed and
 * where it was forked from are lost, so that it is not to be stepped any more.
 */
export const recoveredWorld = ({ world, run }: Lease): WorldRecord => ({
  world,
  run,
  name: `recovered ${world}`,
  seed: 0,
  createdAt: Number.parseInt(world.replaceAll('-', '').slice(0, TIME_DIGITS), 16),
  lineage: [],
  resources: {},
  live: [],
});
