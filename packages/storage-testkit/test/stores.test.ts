import { testStore, testTableStore } from '@archetype/storage-testkit';
import { durableStore, ipcTableStore, memoryStore } from './places.ts';

testStore(memoryStore);
testStore(durableStore);
testTableStore(ipcTableStore);
