import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { testStore, testTableStore } from '@archetype/storage-testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTableStore } from '../src/lance-table-store.ts';

const directory = () => mkdtemp(join(tmpdir(), 'archetype lance é '));

testTableStore({
  name: 'LanceTableStore',
  place: async () => {
    const path = await directory();
    return {
      open: () => openTableStore(path),
      remove: () => rm(path, { recursive: true, force: true }),
    };
  },
});

testStore({
  name: 'DurableStore on LanceDB',
  reopens: true,
  place: async () => {
    const path = await directory();
    return {
      open: () => openDurableStore({ directory: path, tables: lancedb }),
      remove: () => rm(path, { recursive: true, force: true }),
    };
  },
});
