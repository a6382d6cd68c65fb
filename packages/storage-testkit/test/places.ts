import { MemoryStore, type Store } from '@archetype/core';
import { openDurableStore, type TableStoreSource } from '@archetype/storage';
import type { StoreHarness, TableStoreHarness } from '@archetype/storage-testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTableStore } from './ipc-table-store.ts';

/** A store in memory that one object makes; opened again it is another one. */
export const inMemory = (
  name: string,
  make: () => Store,
  reopens: true | string,
): StoreHarness => ({
  name,
  reopens,
  place: async () => ({ open: async () => make(), remove: async () => {} }),
});

export const memoryStore = inMemory(
  'MemoryStore',
  () => new MemoryStore(),
  'it keeps nothing on disk',
);

const ipcTables: TableStoreSource = {
  backend: 'ipc',
  module: new URL('./ipc-table-store.ts', import.meta.url).href,
};

const directory = () => mkdtemp(join(tmpdir(), 'archetype kit é '));

export const durableStore: StoreHarness = {
  name: 'DurableStore on Arrow files',
  reopens: true,
  place: async () => {
    const path = await directory();
    return {
      open: () => openDurableStore({ directory: path, tables: ipcTables }),
      remove: () => rm(path, { recursive: true, force: true }),
    };
  },
};

export const ipcTableStore: TableStoreHarness = {
  name: 'IpcTableStore',
  place: async () => {
    const path = await directory();
    return {
      open: () => openTableStore(path),
      remove: () => rm(path, { recursive: true, force: true }),
    };
  },
};
