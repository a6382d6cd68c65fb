export { checkPromise, testStore } from './test-store.ts';
export { storePromises } from './store-promises.ts';
export type { StoreHarness, StorePlace, StorePromise, StoreSubject } from './harness.ts';
export { checkTablePromise, testTableStore } from './test-table-store.ts';
export { tablePromises } from './table-promises.ts';
export type { TableStoreHarness, TablePromise } from './table-promises.ts';
