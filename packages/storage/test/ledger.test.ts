import { expect, test } from 'vitest';
import { Ledger } from '../src/durable/ledger.ts';
import { worldRecord } from './records.ts';

const WORLDS = 1_000;

test('what a flush says of a world is noted without a look at the others', () => {
  const ledger = new Ledger();
  let looks = 0;
  for (let k = 0; k < WORLDS; k++) {
    const record = {
      ...worldRecord(),
      world: `w${k}`,
      get run() {
        looks++;
        return `r${k}`;
      },
    };
    ledger.created(record);
  }
  ledger.dropped('w0');
  looks = 0;
  for (let k = 0; k < WORLDS; k++) ledger.flushed(`r${k}`, 3);
  // Looking through all of them for each takes half a million.
  expect(looks).toBeLessThanOrEqual(WORLDS);
  expect(ledger.list().map(({ flushed }) => flushed)).toEqual(Array(WORLDS - 1).fill(3));
});
