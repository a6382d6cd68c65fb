import type { OpenTableStore } from '@archetype/storage';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

/** LanceDB without a way to take rows out of their order, so that parts are kept in order of tick. */
export const openTableStore: OpenTableStore = async (location, remote) =>
  Object.assign(await openLance(location, remote), { take: undefined });
