import {
  bool,
  defineComponent,
  f64,
  i32,
  i64,
  json,
  timestamp,
  utf8,
  vector,
  Worlds,
} from '@archetype/core';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './walkers.ts';

const Blank = defineComponent('Blank', {
  flag: bool().nullable(),
  x: f64().nullable(),
  n: i32().nullable(),
  long: i64().nullable(),
  at: timestamp().nullable(),
  text: utf8().nullable(),
  free: json().nullable(),
  v: vector(3).nullable(),
});
const nothing = {
  flag: null,
  x: null,
  n: null,
  long: null,
  at: null,
  text: null,
  free: null,
  v: null,
};

test.each([1, 9, 3000])(
  'columns that are null in all of %i rows go into parts and come back as null',
  async (count) => {
    const directory = await temporaryDirectory();
    const store = await openDurableStore({ directory, tables: lancedb });
    const world = new Worlds(store).create('w', { components: [Blank] }, { seed: 1 });
    world.spawnMany(Array.from({ length: count }, () => [Blank(nothing)]));
    await world.step();
    const before = await world.query([Blank]);
    await store.flush();
    await store.close();
    const again = await openDurableStore({ directory, tables: lancedb });
    const reader = await new Worlds(again).attach('w');
    const after = await reader.query([Blank]);
    expect(after.numRows).toBe(count);
    expect(after.equals(before)).toBe(true);
    expect(after.toRows()[0]).toMatchObject({ blank__flag: null, blank__x: null, blank__v: null });
    expect(await again.verify()).toMatchObject({ sound: true });
    await again.close();
  },
);
