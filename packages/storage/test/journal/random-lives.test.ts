import { expect, test } from 'vitest';
import type { Durability } from '../../src/journal/journal-options.ts';
import { History } from './history.ts';

const full = process.env['ARCHETYPE_CRASH'] === 'full';
const histories = full ? 500 : 40;
const first = Number(process.env['ARCHETYPE_CRASH_SEED'] ?? 1);
const LIVES = 6;
const LONG = 600_000;

const durabilities: Record<string, Durability> = {
  durable: { mode: 'durable', syncDelayMs: 0 },
  relaxed: { mode: 'relaxed', syncDelayMs: 1 },
};

test.each(Object.entries(durabilities))(
  '%s: over random lives of its process nothing acknowledged is lost, nothing refused comes back, and no damage is seen where none is',
  async (_, durability) => {
    for (let seed = first; seed < first + histories; seed++) {
      const history = new History(seed, durability);
      await history.live(LIVES);
      expect(history.problems, `seed ${seed}`).toEqual([]);
    }
    console.log(`${histories} random journals of ${LIVES} lives each, from seed ${first} on`);
  },
  LONG,
);
