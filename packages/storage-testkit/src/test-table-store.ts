import { describe, test } from 'vitest';
import { tablePromises, type TablePromise, type TableStoreHarness } from './table-promises.ts';

/**
 * Registers the whole suite for a table store: what an adapter implements.
 *
 * @example testTableStore({ name: 'MyTableStore', place: async () => placeIn(await mkdtemp('/tmp/my-parts-')) });
 */
export function testTableStore(harness: TableStoreHarness): void {
  describe(harness.name, () => {
    for (const promise of tablePromises)
      test(promise.title, () => checkTablePromise(harness, promise));
  });
}

/** Checks one promise at a place of its own; throws when it is broken. */
export async function checkTablePromise(
  harness: TableStoreHarness,
  promise: TablePromise,
): Promise<void> {
  const place = await harness.place();
  try {
    await promise.check(() => place.open());
  } finally {
    await place.remove();
  }
}
