import { describe, test } from 'vitest';
import type { StoreHarness, StorePromise } from './harness.ts';
import { ReopeningStore } from './reopening-store.ts';
import { storePromises } from './store-promises.ts';

/**
 * Registers the whole suite for a store: once as it is, and once opened again before each read. Stores that keep nothing
 * skip what needs a second opening, with the harness's reason in its name.
 *
 * @example
 * testStore({ name: 'MyStore', reopens: true, place: async () => placeIn(await mkdtemp('/tmp/my-store-')) });
 */
export function testStore(harness: StoreHarness): void {
  register(harness.name, harness);
  if (harness.reopens === true)
    register(`${harness.name}, opened again before each read`, reopening(harness));
}

function register(name: string, harness: StoreHarness): void {
  describe(name, () => {
    for (const [group, promises] of Object.entries(storePromises)) {
      describe(group, () => {
        for (const promise of promises) {
          if (promise.reopens === true && harness.reopens !== true) {
            test.skip(`${promise.title} (skipped: ${harness.reopens})`, () => {});
          } else test(promise.title, () => checkPromise(harness, promise));
        }
      });
    }
  });
}

/** The same store, closed and opened between writing and reading: what holds of it holds of what it remembers. */
function reopening(harness: StoreHarness): StoreHarness {
  return {
    ...harness,
    place: async () => {
      const place = await harness.place();
      return { ...place, open: () => ReopeningStore.open(() => place.open()) };
    },
  };
}

/** Checks one promise at a place of its own; throws when it is broken. */
export async function checkPromise(harness: StoreHarness, promise: StorePromise): Promise<void> {
  const place = await harness.place();
  let store = await place.open();
  try {
    await promise.check({
      store,
      reopen: async () => {
        await store.close();
        store = await place.open();
        return store;
      },
    });
  } finally {
    await store.close();
    await place.remove();
  }
}
