import {
  Frame,
  fromValues,
  MemoryStore,
  type Acceptance,
  type CommandQuery,
  type Commit,
  type Lease,
  type ScanQuery,
  type Store,
  type StoredCommand,
  type TableCommit,
  type WorldRecord,
} from '@archetype/core';

/** Each breaks one promise and keeps the others as well as it can. */
export const brokenStores: Readonly<Record<string, () => Store>> = {
  forgetful: () => new MemoryStore(),
  overwriting: () => new Overwriting(),
  'prefix-matching': () => new PrefixMatching(),
  'torn tick': () => new TornTick(),
  'last writer wins': () => new LastWriterWins(),
  'lossy int64': () => new LossyInt64(),
  'duplicate on retry': () => new DuplicateOnRetry(),
  'fork sees the future': () => new ForkSeesTheFuture(),
  'forgets messages': () => new ForgetsMessages(),
  'settles too early': () => new SettlesTooEarly(),
  'forgets results': () => new ForgetsResults(),
  'pages from the oldest': () => new PagesFromTheOldest(),
  'first quota stands': () => new FirstQuotaStands(),
  'loses early ends': () => new LosesEarlyEnds(),
  'takes any end': () => new TakesAnyEnd(),
};

/** Keeps only the newest rows and passes them off as every tick's. */
class Overwriting extends MemoryStore {
  override async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    for await (const frame of super.scan(query)) {
      for await (const newest of super.scan({ ...query, ticks: 'newest' })) {
        if (newest.numRows !== frame.numRows) continue;
        const old = frame.column('tick') as Int32Array;
        yield newest.replace(
          new Map([['tick', fromValues({ kind: 'i32', nullable: false }, [...old])]]),
        );
      }
    }
  }
}

/** Keeps rows and drops what was said. */
class ForgetsMessages extends MemoryStore {
  override append(commits: readonly Commit[]): Promise<void> {
    return super.append(commits.map(({ messages: _dropped, ...commit }) => commit));
  }
}

/** Settles commands also when the tick that would do so is refused. */
class SettlesTooEarly extends MemoryStore {
  override async append(commits: readonly Commit[]): Promise<void> {
    await this.accept({ settled: commits.flatMap(({ settled }) => settled) });
    await super.append(commits);
  }
}

/** Keeps how a command ended and drops what it gave. */
class ForgetsResults extends MemoryStore {
  override async commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    const found = await super.commands(query);
    return found.map(({ result: _dropped, ...command }) => command);
  }
}

/** Gives the oldest commands where the newest are asked for. */
class PagesFromTheOldest extends MemoryStore {
  override async commands({ limit, ...query }: CommandQuery): Promise<readonly StoredCommand[]> {
    return (await super.commands(query)).slice(0, limit);
  }
}

/** Keeps what was said first of an actor's quota. */
class FirstQuotaStands extends MemoryStore {
  override async accept({ quotas = [], ...acceptance }: Acceptance): Promise<void> {
    const known = await this.quotas();
    const fresh = quotas.filter(
      ({ actor, scope }) => !known.some((old) => old.actor === actor && old.scope === scope),
    );
    await super.accept({ ...acceptance, quotas: fresh });
  }
}

/** Keeps no end of a command that it does not have yet. */
class LosesEarlyEnds extends MemoryStore {
  override async append(commits: readonly Commit[]): Promise<void> {
    const known = new Set((await this.commands({})).map(({ id }) => id));
    await super.append(
      commits.map((commit) => ({
        ...commit,
        settled: commit.settled.filter(({ command }) => known.has(command)),
      })),
    );
  }
}

/** Takes what is no end of a command as if it were one. */
class TakesAnyEnd extends MemoryStore {
  override append(commits: readonly Commit[]): Promise<void> {
    return super.append(
      commits.map((commit) => ({
        ...commit,
        settled: commit.settled.filter(({ status }) => ends.has(status)),
      })),
    );
  }
}
const ends: ReadonlySet<unknown> = new Set(['applied', 'rejected', 'cancelled']);

/** Finds components by the beginning of their name. */
class PrefixMatching extends MemoryStore {
  override async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    if (query.components.join() === 'Foo') {
      for (const name of ['Foobar', 'FooBarBaz']) {
        const columns = query.columns.map((field) => ({
          ...field,
          name: `${name.toLowerCase()}__x`,
        }));
        yield* super.scan({ ...query, components: [name], columns, without: ['Foo'] });
      }
    }
    yield* super.scan(query);
  }
}

/** Loses the last table of a tick that has several. */
class TornTick extends MemoryStore {
  override append(commits: readonly Commit[]): Promise<void> {
    return super.append(
      commits.map((commit) =>
        commit.tables.length > 1 ? { ...commit, tables: commit.tables.slice(0, -1) } : commit,
      ),
    );
  }
}

/** Lets anybody write who ever had a lease. */
class LastWriterWins extends MemoryStore {
  readonly #newest = new Map<string, Lease>();

  override async create(record: WorldRecord): Promise<Lease> {
    const lease = await super.create(record);
    this.#newest.set(lease.world, lease);
    return lease;
  }

  override async claim(world: string): ReturnType<MemoryStore['claim']> {
    const claimed = await super.claim(world);
    this.#newest.set(world, claimed.lease);
    return claimed;
  }

  override append(commits: readonly Commit[]): Promise<void> {
    return super.append(
      commits.map((commit) => ({
        ...commit,
        lease: this.#newest.get(commit.lease.world) ?? commit.lease,
      })),
    );
  }
}

/** Keeps 64-bit integers as floating point numbers. */
class LossyInt64 extends MemoryStore {
  override append(commits: readonly Commit[]): Promise<void> {
    return super.append(commits.map((commit) => ({ ...commit, tables: commit.tables.map(lossy) })));
  }
}

function lossy(table: TableCommit): TableCommit {
  if ('sameAs' in table) return table;
  const columns = table.rows.columns.map((column) =>
    column.type.kind === 'i64'
      ? fromValues(
          column.type,
          Array.from({ length: column.length }, (_, row) =>
            BigInt.asIntN(64, BigInt(Number(column.get(row)))),
          ),
        )
      : column,
  );
  return { ...table, rows: new Frame(table.rows.schema, columns, table.rows.numRows) };
}

/** Takes a repeated tick for a new one. */
class DuplicateOnRetry extends MemoryStore {
  readonly #again = new Map<string, number>();

  override async append(commits: readonly Commit[]): Promise<void> {
    for (const commit of commits) {
      const key = `${commit.lease.world} ${commit.tick}`;
      this.#again.set(key, (this.#again.get(key) ?? 0) + 1);
    }
    await super.append(commits);
  }

  override async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    for await (const frame of super.scan(query)) {
      const [tick] = frame.column('tick') as Int32Array;
      const times = this.#again.get(`${query.world} ${tick}`) ?? 1;
      for (let k = 0; k < times; k++) yield frame;
    }
  }
}

/** Reads a fork's past from its source as it is now. */
class ForkSeesTheFuture extends MemoryStore {
  override fork(record: WorldRecord): Promise<Lease> {
    const lineage = record.lineage.map((piece) => ({ ...piece, tick: piece.tick + 1 }));
    return super.fork({ ...record, lineage }).catch(() => super.fork(record));
  }
}
