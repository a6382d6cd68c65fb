import { defineComponent, i32, Worlds, type Store } from '@archetype/core';
import { openDurableStore, type DurableStore, type DurableStoreOptions } from '@archetype/storage';
import type { Name } from './script.ts';

const Member = defineComponent('Member', { number: i32(0) });
/** So many that their part gets an index. */
const MEMBERS = 200_001;
const SOME = [17, 100_000, MEMBERS];
const NEWEST = { from: 1, to: 1 };

/** One tick of a crowd, moved into a part, which is written anew with an index then. */
export async function gather(store: DurableStore, acknowledge: () => void): Promise<void> {
  const world = new Worlds(store).create('crowd', { components: [Member] }, { seed: 1 });
  for (let k = 1; k <= MEMBERS; k++) world.spawn(Member({ number: k }));
  await world.step();
  acknowledge();
  await store.flush();
}

/** What every crash must leave of it: nothing, or all of it if it was acknowledged, found by scan and by entity. */
export async function checkCrowd(
  options: DurableStoreOptions,
  acknowledged: ReadonlyMap<Name, number>,
): Promise<void> {
  const store = await openDurableStore(options);
  try {
    const there = (await store.worlds()).some(({ newestTick }) => newestTick >= NEWEST.from);
    if (acknowledged.size > 0 && !there) throw new Error('the crowd was acknowledged, and is gone');
    if (!there) return;
    await count(store);
    await store.flush();
    await count(store);
    const { sound } = await store.verify();
    if (!sound) throw new Error('verify found something');
  } finally {
    await store.close();
  }
}

async function count(store: Store): Promise<void> {
  const reader = await new Worlds(store).attach('crowd');
  const all = await reader.query([Member], { ticks: NEWEST });
  const some = await reader.query([Member], { ticks: NEWEST, entities: SOME });
  if (all.numRows !== MEMBERS || some.numRows !== SOME.length)
    throw new Error(
      `${all.numRows} members are there, of ${SOME.length} asked for ${some.numRows}`,
    );
}
