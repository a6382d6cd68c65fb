import { checkPromise, storePromises } from '@archetype/storage-testkit';
import { describe, expect, test } from 'vitest';
import { brokenStores } from './broken/broken-stores.ts';
import { inMemory, memoryStore } from './places.ts';

/** The groups of promises that a store breaks. */
async function brokenGroups(harness: typeof memoryStore): Promise<readonly string[]> {
  const groups = new Set<string>();
  for (const [group, promises] of Object.entries(storePromises)) {
    for (const promise of promises) {
      if (promise.reopens === true && harness.reopens !== true) continue;
      await checkPromise(harness, promise).catch(() => groups.add(group));
    }
  }
  return [...groups];
}

describe('the kit', () => {
  test('accepts a store that keeps its promises', async () => {
    expect(await brokenGroups(memoryStore)).toEqual([]);
  });

  test.each([
    ['forgetful', 'reopen', true],
    ['overwriting', 'history', 'it keeps nothing'],
    ['prefix-matching', 'scan', 'it keeps nothing'],
    ['torn tick', 'append', 'it keeps nothing'],
    ['last writer wins', 'isolation', 'it keeps nothing'],
    ['lossy int64', 'values', 'it keeps nothing'],
    ['duplicate on retry', 'append', 'it keeps nothing'],
    ['fork sees the future', 'lineage', 'it keeps nothing'],
    ['forgets messages', 'messages', 'it keeps nothing'],
    ['settles too early', 'commands', 'it keeps nothing'],
    ['forgets results', 'commands', 'it keeps nothing'],
    ['pages from the oldest', 'commands', 'it keeps nothing'],
    ['first quota stands', 'quotas', 'it keeps nothing'],
    ['loses early ends', 'commands', 'it keeps nothing'],
    ['takes any end', 'commands', 'it keeps nothing'],
  ] as const)('rejects a store that is broken: %s', async (name, group, reopens) => {
    const broken = await brokenGroups(inMemory(name, brokenStores[name]!, reopens));
    console.log(`${name}: rejected by ${broken.join(', ')}`);
    expect(broken).toContain(group);
  });
});
