import { expect, test } from 'vitest';
import { Ledger } from '../src/durable/ledger.ts';

const WORLDS = 30_000;

test('what a flush says of many worlds is noted in a moment', () => {
  const ledger = new Ledger();
  for (let k = 0; k < WORLDS; k++) {
    ledger.created({
      world: `w${k}`,
      run: `r${k}`,
      name: 'w',
      seed: 1,
      createdAt: 0,
      lineage: [],
      resources: {},
      live: [],
    });
  }
  ledger.dropped('w0');
  const begin = performance.now();
  for (let k = 0; k < WORLDS; k++) ledger.flushed(`r${k}`, 3);
  // Looking through all of them for each takes a hundred times as long.
  expect(performance.now() - begin).toBeLessThan(1000);
  expect(ledger.list().map(({ flushed }) => flushed)).toEqual(Array(WORLDS - 1).fill(3));
});
