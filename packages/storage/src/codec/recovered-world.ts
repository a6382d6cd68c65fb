import type { Lease, WorldRecord } from '@archetype/core';

const nameOf = (world: string): string => `recovered ${world}`;

/** Whether a world's own record was damaged. */
export const isRecovered = ({ world, name }: WorldRecord): boolean => name === nameOf(world);

/**
 * What is known of a world whose own record is damaged, from what its ticks say: enough to read them. Its name, seed,
 * resources and where it was forked from are lost, so that it is not to be stepped any more.
 */
export const recoveredWorld = ({ world, run }: Pick<Lease, 'world' | 'run'>): WorldRecord => ({
  world,
  run,
  name: nameOf(world),
  seed: 0,
  createdAt: 0,
  lineage: [],
  resources: {},
  live: [],
});
