import { defineComponent, defineProcessor, i32, MemoryStore, Worlds } from '@archetype/core';
import { expect, test } from 'vitest';
import { sameNumbers } from './same-numbers.ts';

/** Boltzmann's money: in random order, everybody who has a coin gives one to somebody. */
const Purse = defineComponent('Purse', { coins: i32(1) });

const trade = defineProcessor({
  name: 'trade',
  components: [Purse],
  process: (df) =>
    df.kernel(
      ['purse__coins'],
      ({ purse__coins: coins }, _cols, n, k) => {
        for (const giver of k.random.permutation()) {
          if (coins[giver] === 0) continue;
          coins[giver]!--;
          coins[k.random.integer(0, n)]!++;
        }
      },
      { inout: ['purse__coins'] },
    ),
});

const AGENTS = 10_000;
const TICKS = 60;
const seed = 4;

test('10 000 agents keep their coins together, and have what plain objects have', async () => {
  const world = new Worlds(new MemoryStore()).create('money', { processors: [trade] }, { seed });
  world.spawnMany(Array.from({ length: AGENTS }, () => [Purse()]));
  await world.run({ steps: TICKS });

  const agents = Array.from({ length: AGENTS }, () => ({ coins: 1 }));
  for (let tick = 1; tick <= TICKS; tick++) {
    const random = sameNumbers({ seed, processor: 'trade', tick, table: [Purse] }).sequence();
    for (const giver of random.permutation(AGENTS)) {
      if (agents[giver]!.coins === 0) continue;
      agents[giver]!.coins--;
      agents[random.integer(0, AGENTS)]!.coins++;
    }
    const coins = (await world.query([Purse], { ticks: tick })).column('purse__coins');
    expect(coins).toEqual(Int32Array.from(agents, (agent) => agent.coins));
    expect(coins.reduce((a, b) => a + b)).toBe(AGENTS);
  }

  // From everybody with one coin to many with none and few with many.
  const newest = (await world.query([Purse])).column('purse__coins');
  const shares = [0, 1, 2, 3, 4].map((k) => newest.filter((coins) => coins === k).length / AGENTS);
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  expect(gini(newest)).toBeGreaterThan(0.5);
  expect(gini(newest)).toBeLessThan(0.65);
});

/** 0 where all have the same, 1 where one has everything. */
function gini(coins: Int32Array): number {
  const n = coins.length;
  const weighted = coins.toSorted().reduce((sum, have, rank) => sum + (2 * rank + 1 - n) * have, 0);
  return weighted / (n * coins.reduce((a, b) => a + b));
}
