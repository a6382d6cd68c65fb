import { mintId, type CommandRecord, type Json, type WorldRecord } from '@archetype/core';
import type { TableStoreSource } from '@archetype/storage';

/** Parts that nobody writes: for stores of which only journal and catalog matter. */
export const noParts: TableStoreSource = {
  backend: 'none',
  module:
    'data:text/javascript,export const openTableStore = async () => ({ async *list() {}, async remove() {}, async close() {} })',
};

/** Parts that cannot be opened. */
export const brokenParts: TableStoreSource = {
  backend: 'none',
  module:
    'data:text/javascript,export const openTableStore = async () => { throw new Error("not here") }',
};

export const command = (id: string, sequence: number, payload: Json = null): CommandRecord => ({
  id,
  type: 'say',
  payload,
  tick: 0,
  priority: 0,
  sequence,
  actor: { id: 'ann', roles: [] },
  acceptedAt: 0,
});

export const worldRecord = (): WorldRecord => ({
  world: mintId(),
  run: mintId(),
  name: 'w',
  seed: 1,
  createdAt: 0,
  lineage: [],
  resources: {},
  live: [],
});
