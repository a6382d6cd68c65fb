import type { Store } from '@archetype/core';

/** A store as a world sees it: without what moves rows into parts. */
export class Unflushed implements Store {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  create: Store['create'] = (record) => this.#store.create(record);
  fork: Store['fork'] = (record) => this.#store.fork(record);
  claim: Store['claim'] = (world) => this.#store.claim(world);
  append: Store['append'] = (commits) => this.#store.append(commits);
  accept: Store['accept'] = (acceptance) => this.#store.accept(acceptance);
  commands: Store['commands'] = (query) => this.#store.commands(query);
  audit: Store['audit'] = (query) => this.#store.audit(query);
  quotas: Store['quotas'] = () => this.#store.quotas();
  scan: Store['scan'] = (query) => this.#store.scan(query);
  messages: Store['messages'] = (world, ticks) => this.#store.messages(world, ticks);
  snapshot: Store['snapshot'] = (world, tick) => this.#store.snapshot(world, tick);
  worlds: Store['worlds'] = () => this.#store.worlds();
  destroy: Store['destroy'] = (lease) => this.#store.destroy(lease);
  close: Store['close'] = () => this.#store.close();
}
