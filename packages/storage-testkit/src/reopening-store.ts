import type {
  Acceptance,
  AuditQuery,
  AuditRecord,
  CommandQuery,
  Commit,
  Frame,
  Lease,
  QuotaRecord,
  ScanQuery,
  Snapshot,
  Store,
  StoredCommand,
  StoredWorld,
  TickMessages,
  WorldId,
  WorldRecord,
} from '@archetype/core';

/**
 * A store that is closed and opened again before it is read, whenever something was written since: whatever holds of it
 * holds of what it remembers. A scan that is still running when something else is read is cut off.
 */
export class ReopeningStore implements Store {
  readonly #open: () => Promise<Store>;
  readonly #underWay = new Set<Promise<unknown>>();
  #store: Promise<Store>;
  #written = false;
  #closed = false;

  private constructor(open: () => Promise<Store>, store: Store) {
    this.#open = open;
    this.#store = Promise.resolve(store);
  }

  static async open(open: () => Promise<Store>): Promise<Store> {
    return new ReopeningStore(open, await open());
  }

  create(record: WorldRecord): Promise<Lease> {
    return this.#write((store) => store.create(record));
  }

  fork(record: WorldRecord): Promise<Lease> {
    return this.#write((store) => store.fork(record));
  }

  async claim(
    world: WorldId,
  ): Promise<{ lease: Lease; record: StoredWorld; state: Snapshot | undefined }> {
    await this.#fresh();
    return this.#write((store) => store.claim(world));
  }

  append(commits: readonly Commit[]): Promise<void> {
    return this.#write((store) => store.append(commits));
  }

  accept(acceptance: Acceptance): Promise<void> {
    return this.#write((store) => store.accept(acceptance));
  }

  async commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    const store = await this.#fresh();
    return this.#track(store.commands(query));
  }

  async audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    const store = await this.#fresh();
    return this.#track(store.audit(query));
  }

  async quotas(): Promise<readonly QuotaRecord[]> {
    const store = await this.#fresh();
    return this.#track(store.quotas());
  }

  async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    yield* (await this.#fresh()).scan(query);
  }

  async *messages(
    world: WorldId,
    ticks: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    yield* (await this.#fresh()).messages(world, ticks);
  }

  async snapshot(world: WorldId, tick: number): Promise<Snapshot | undefined> {
    const store = await this.#fresh();
    return this.#track(store.snapshot(world, tick));
  }

  async worlds(): Promise<readonly StoredWorld[]> {
    const store = await this.#fresh();
    return this.#track(store.worlds());
  }

  destroy(lease: Lease): Promise<void> {
    return this.#write((store) => store.destroy(lease));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#store).close();
  }

  #write<T>(act: (store: Store) => Promise<T>): Promise<T> {
    this.#written = true;
    return this.#track(this.#store.then(act));
  }

  #track<T>(done: Promise<T>): Promise<T> {
    const settled: Promise<boolean> = done.then(
      () => this.#underWay.delete(settled),
      () => this.#underWay.delete(settled),
    );
    this.#underWay.add(settled);
    return done;
  }

  /** Calls made from here on wait for the store as opened again. */
  #fresh(): Promise<Store> {
    if (this.#written && !this.#closed) {
      this.#written = false;
      this.#store = this.#again(this.#store, [...this.#underWay]);
    }
    return this.#store;
  }

  async #again(before: Promise<Store>, underWay: readonly Promise<unknown>[]): Promise<Store> {
    await Promise.all(underWay);
    await (await before).close();
    return this.#open();
  }
}
