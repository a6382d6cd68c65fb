import { defineComponent, MemoryStore, Worlds, type World } from '@archetype/core';
import { expect, medians, type Benchmark, type Round } from '../measure.ts';
import { movers, Position, Velocity } from '../movers.ts';
import { bitecsChurn } from '../peers/bitecs.ts';

const n = 100_000;
const count = 1000;
const Tag = defineComponent('Tag');

/** The same as the peer: births at the end, deaths at the beginning, a tag that wanders from the middle on. */
async function churn(): Promise<{ world: World; round: Round }> {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('churn', {
    components: [Position, Velocity, Tag],
  });
  const living = [...world.spawnMany(movers(n))];
  let first = 0;
  let moved = n >> 1;
  await world.step();
  const round = async (): Promise<void> => {
    for (let k = 0; k < count; k++)
      living.push(world.spawn(Position({ x: 1 }), Velocity({ dx: 1 })));
    for (let k = 0; k < count; k++) world.despawn(living[first++]!);
    for (let k = 0; k < count; k++) world.addComponents(living[moved + k]!, Tag());
    if (moved > n >> 1) {
      for (let k = 0; k < count; k++) world.removeComponents(living[moved + k - count]!, Tag);
    }
    moved += count;
    await world.step();
  };
  return { world, round };
}

export const benchmark: Benchmark = {
  id: 'B8',
  title: '1,000 spawns, despawns and migrations per tick, in memory',
  async *run() {
    const [ours, peer] = [await churn(), bitecsChurn(n, count)];
    const times = await medians(31, { ours: ours.round, bitECS: peer.round }, 5);
    const tagged = (await ours.world.query([Position, Tag])).numRows;
    expect(
      ours.world.info().entities === peer.entities(),
      `${ours.world.info().entities} entities live here, ${peer.entities()} there`,
    );
    expect(tagged === peer.tagged(), `${tagged} entities are tagged here, ${peer.tagged()} there`);
    const figure = {
      work: `tick at ${n.toLocaleString('en')} entities`,
      value: times.ours,
      yardstick: 'bitECS',
      yardstickValue: times.bitECS,
      unit: 'ms',
    } as const;
    yield { ...figure, bar: { ratio: 4 } };
  },
};
