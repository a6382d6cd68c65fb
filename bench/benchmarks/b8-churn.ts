import { defineComponent, MemoryStore, Worlds } from '@archetype/core';
import type { Benchmark } from '../benchmark.ts';
import { medians } from '../medians.ts';
import { movers, Position, Velocity } from '../movers.ts';
import { expect, expectSame } from '../oracle.ts';
import { bitecsChurn } from '../peers/bitecs-churn.ts';
import type { Churn } from '../peers/churn.ts';

const n = 100_000;
const count = 1000;
const Tag = defineComponent('Tag');

/** Births at the end, deaths at the beginning, a tag that wanders from the middle on. */
async function churn(): Promise<Churn> {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('churn', {
    components: [Position, Velocity, Tag],
  });
  const living = [...world.spawnMany(movers(n))];
  let [first, moved] = [0, n >> 1];
  await world.step();
  return {
    async round() {
      for (let k = 0; k < count; k++)
        living.push(world.spawn(Position({ x: 1 }), Velocity({ dx: 1 })));
      for (let k = 0; k < count; k++) world.despawn(living[first++]!);
      for (let k = 0; k < count; k++) world.addComponents(living[moved + k]!, Tag());
      if (moved > n >> 1) {
        for (let k = 0; k < count; k++) world.removeComponents(living[moved + k - count]!, Tag);
      }
      moved += count;
      await world.step();
    },
    entities: () => world.info().entities,
    async tagged() {
      const rows = await world.query([Position, Tag]);
      return Array.from(rows.column('entity_id'), (id) => living.indexOf(id));
    },
  };
}

export const benchmark: Benchmark = {
  title: '1,000 spawns, despawns and migrations per tick, in memory',
  async *run() {
    const [ours, peer] = [await churn(), bitecsChurn(n, count)];
    const times = await medians(
      { ours: ours.round, bitECS: peer.round },
      { rounds: 31, warmUp: 5 },
    );
    expect(
      ours.entities() === peer.entities(),
      `${ours.entities()} entities live here, ${peer.entities()} there`,
    );
    expectSame(await ours.tagged(), await peer.tagged(), 'bitECS');
    yield {
      work: `tick at ${n.toLocaleString('en')} entities`,
      value: times.ours,
      yardstick: 'bitECS',
      yardstickValue: times.bitECS,
      unit: 'ms',
      bar: { ratio: 4 },
    };
  },
};
