import type { OpenTableStore } from '@archetype/storage';
import { openTableStore as openLance } from '../src/lance-table-store.ts';

/** LanceDB that indexes nothing, as a store has it that was busy until it closed. */
export const openTableStore: OpenTableStore = async (location, remote) =>
  Object.assign(await openLance(location, remote), { index: undefined }) as never;
