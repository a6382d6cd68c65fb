import {
  Frame,
  ArchetypeError,
  type Commit,
  type Counters,
  type Json,
  type Signature,
  type WorldRecord,
  type TickMessages,
} from '@archetype/core';
import { randomBytes } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { frameBytes, frameOfBytes } from '../codec/frame-codec.ts';
import { loadSignature, storeSignature, type StoredSignature } from '../codec/signature-codec.ts';
import type { PartFiles, PartId } from '../table-store.ts';
import { CATALOG_FORMAT, migrations, schemaSql } from './schema-sql.ts';

/** Where the rows of one table at one tick are. */
export interface TablePlace {
  readonly tick: number;
  readonly signature: Signature;
  readonly at:
    | { readonly part: PartId; readonly offset: number; readonly rows: number }
    | { readonly sameAs: number };
}

/** A world as the catalog has it. */
export interface CatalogWorld {
  readonly record: WorldRecord;
  readonly epoch: number;
  readonly destroyed: boolean;
  /** Last tick of its own run in the catalog, or -1. */
  readonly newest: number;
}

/** What one flush makes true, in one transaction. */
export interface CatalogBatch {
  readonly appliedSequence: number;
  readonly schemas: readonly Signature[];
  readonly worlds: readonly WorldRecord[];
  readonly claims: readonly { readonly world: string; readonly epoch: number }[];
  readonly destroyed: readonly string[];
  readonly ticks: readonly {
    readonly run: string;
    readonly tick: number;
    readonly counters: Counters;
    readonly input: Commit['input'];
    readonly messages: Commit['messages'];
    readonly undelivered: Commit['undelivered'];
    readonly resources: Readonly<Record<string, Json>>;
  }[];
  readonly places: readonly ({ readonly run: string } & TablePlace)[];
  readonly parts: readonly {
    readonly part: PartId;
    readonly schema: string;
    readonly rows: number;
    readonly files: PartFiles;
  }[];
}

/** A view of the journal in SQLite: what was flushed, and where. It can be lost only together with the parts. */
export class Catalog {
  readonly #database: DatabaseSync;
  readonly #signatures = new Map<string, Signature>();
  readonly #statements = new Map<string, StatementSync>();

  /** @throws `format_newer` */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 10_000 });
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = full;');
    const [{ user_version: format }] = this.#database.prepare('pragma user_version').all() as [
      { user_version: number },
    ];
    if (format > CATALOG_FORMAT) {
      this.#database.close();
      throw new ArchetypeError(
        'format_newer',
        `The catalog ${path} has format ${format} and this version reads up to ${CATALOG_FORMAT}; upgrade to open the store.`,
      );
    }
    if (format === 0) this.#create();
    else this.#migrate(format);
  }

  #create(): void {
    this.#transaction(() => {
      this.#database.exec(schemaSql);
      this.#run('insert into meta values (?, ?)', 'store_id', randomBytes(16).toString('hex'));
      this.#run('insert into meta values (?, ?)', 'applied_sequence', '0');
      this.#database.exec(`pragma user_version = ${CATALOG_FORMAT}`);
    });
  }

  #migrate(from: number): void {
    for (let format = from; format < CATALOG_FORMAT; format++) {
      this.#transaction(() => {
        this.#database.exec(migrations[format]!);
        this.#database.exec(`pragma user_version = ${format + 1}`);
      });
    }
  }

  /** What ticks of a run say of messages; those that say nothing are left out. */
  messages(run: string, from: number, to: number): readonly TickMessages[] {
    const rows = this.#all(
      'select tick, messages, undelivered from ticks where run = ? and tick between ? and ? and (messages is not null or undelivered is not null) order by tick',
      run,
      from,
      to,
    ) as { tick: number; messages: Uint8Array | null; undelivered: string | null }[];
    return rows.map(({ tick, messages, undelivered }) => ({
      tick,
      messages: messages === null ? undefined : frameOfBytes(messages),
      undelivered: undelivered === null ? [] : (JSON.parse(undelivered) as number[]),
    }));
  }

  /** 16 bytes. */
  get storeId(): Uint8Array {
    return Buffer.from(this.#meta('store_id'), 'hex');
  }

  /** Every record of the journal up to this one is in the catalog. */
  get appliedSequence(): number {
    return Number(this.#meta('applied_sequence'));
  }

  worlds(): readonly CatalogWorld[] {
    const rows = this.#all(
      `select record, epoch, destroyed, (select max(tick) from ticks where ticks.run = worlds.run) as newest
       from worlds order by position`,
    ) as { record: string; epoch: number; destroyed: number; newest: number | null }[];
    return rows.map(({ record, epoch, destroyed, newest }) => ({
      record: JSON.parse(record) as WorldRecord,
      epoch,
      destroyed: destroyed === 1,
      newest: newest ?? -1,
    }));
  }

  /** Ticks that a world's run has no record of, though it has a later one: a damaged journal lost them. */
  missingTicks({ run, lineage }: WorldRecord): readonly number[] {
    const [row] = this.#all(
      'select count(*) as count, max(tick) as newest from ticks where run = ?',
      run,
    ) as [{ count: number; newest: number | null }];
    const first = (lineage.at(-1)?.tick ?? -1) + 1;
    if (row.newest === null || row.count === row.newest - first + 1) return [];
    const ticks = this.#all('select tick from ticks where run = ?', run) as { tick: number }[];
    const present = new Set(ticks.map(({ tick }) => tick));
    const missing: number[] = [];
    for (let tick = first; tick < row.newest; tick++) if (!present.has(tick)) missing.push(tick);
    return missing;
  }

  signature(schema: string): Signature {
    let signature = this.#signatures.get(schema);
    if (signature === undefined) {
      const [row] = this.#all('select definition from schemas where schema = ?', schema) as {
        definition: string;
      }[];
      signature = loadSignature(JSON.parse(row!.definition) as StoredSignature);
      this.#signatures.set(schema, signature);
    }
    return signature;
  }

  /** The tables of a run's ticks, in ascending tick. */
  places(run: string, from: number, to: number): readonly TablePlace[] {
    const rows = this.#all(
      'select tick, schema, part, "offset", rows, same_as from places where run = ? and tick between ? and ? order by tick, table_id',
      run,
      from,
      Math.min(to, Number.MAX_SAFE_INTEGER),
    ) as {
      tick: number;
      schema: string;
      part: string | null;
      offset: number;
      rows: number;
      same_as: number | null;
    }[];
    return rows.map(({ tick, schema, part, offset, rows: count, same_as: sameAs }) => ({
      tick,
      signature: this.signature(schema),
      at: part === null ? { sameAs: sameAs! } : { part, offset, rows: count },
    }));
  }

  counters(run: string, tick: number): Counters | undefined {
    const [row] = this.#all(
      'select next_entity, next_message from ticks where run = ? and tick = ?',
      run,
      tick,
    ) as {
      next_entity: number;
      next_message: number;
    }[];
    return row === undefined
      ? undefined
      : { nextEntity: row.next_entity, nextMessage: row.next_message };
  }

  /** What a tick says beside its tables. */
  tick(
    run: string,
    tick: number,
  ): Pick<Commit, 'counters' | 'input' | 'resources' | 'messages' | 'undelivered'> | undefined {
    const [row] = this.#all('select input from ticks where run = ? and tick = ?', run, tick) as {
      input: string | Uint8Array | null;
    }[];
    const counters = this.counters(run, tick);
    if (row === undefined || counters === undefined) return undefined;
    const changed = this.#all(
      'select name, value from resources where run = ? and tick = ?',
      run,
      tick,
    ) as {
      name: string;
      value: string;
    }[];
    const [said] = this.messages(run, tick, tick);
    return {
      counters,
      ...(said?.messages !== undefined && { messages: said.messages }),
      ...(said !== undefined && said.undelivered.length > 0 && { undelivered: said.undelivered }),
      ...(row.input !== null && { input: inputOf(row.input) }),
      resources: Object.fromEntries(
        changed.map(({ name, value }) => [name, JSON.parse(value) as Json]),
      ),
    };
  }

  /** Data resources that changed in a run up to a tick, later ones in place of earlier ones. */
  resources(run: string, tick: number): Readonly<Record<string, Json>> {
    const rows = this.#all(
      'select name, value from resources where run = ? and tick <= ? order by tick',
      run,
      tick,
    ) as {
      name: string;
      value: string;
    }[];
    return Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(value) as Json]));
  }

  parts(): ReadonlySet<PartId> {
    return new Set(
      (this.#all('select part from parts') as { part: string }[]).map(({ part }) => part),
    );
  }

  /** Bytes of all listed parts. */
  bytes(): number {
    const [row] = this.#all('select coalesce(sum(bytes), 0) as bytes from parts') as [
      { bytes: number },
    ];
    return row.bytes;
  }

  apply(batch: CatalogBatch): void {
    this.#transaction(() => {
      for (const signature of batch.schemas) {
        this.#run(
          'insert or ignore into schemas values (?, ?)',
          signature.schema,
          JSON.stringify(storeSignature(signature)),
        );
      }
      for (const record of batch.worlds) {
        this.#run(
          'insert or ignore into worlds (world, run, name, record, epoch, destroyed) values (?, ?, ?, ?, 1, 0)',
          record.world,
          record.run,
          record.name,
          JSON.stringify(record),
        );
      }
      for (const { world, epoch } of batch.claims)
        this.#run('update worlds set epoch = ? where world = ?', epoch, world);
      for (const world of batch.destroyed)
        this.#run('update worlds set destroyed = 1 where world = ?', world);
      for (const { run, tick, counters, input, messages, undelivered, resources } of batch.ticks) {
        this.#run(
          'insert into ticks (run, tick, next_entity, next_message, input, messages, undelivered) values (?, ?, ?, ?, ?, ?, ?)',
          run,
          tick,
          counters.nextEntity,
          counters.nextMessage,
          storedInput(input),
          messages === undefined ? null : frameBytes(messages),
          undelivered === undefined ? null : JSON.stringify(undelivered),
        );
        for (const [name, value] of Object.entries(resources)) {
          this.#run(
            'insert into resources values (?, ?, ?, ?)',
            run,
            tick,
            name,
            JSON.stringify(value),
          );
        }
      }
      for (const { run, tick, signature, at } of batch.places) {
        const values = 'part' in at ? [at.part, at.offset, at.rows, null] : [null, 0, 0, at.sameAs];
        this.#run(
          'insert into places values (?, ?, ?, ?, ?, ?, ?, ?)',
          run,
          tick,
          signature.table,
          signature.schema,
          ...values,
        );
      }
      for (const { part, schema, rows, files } of batch.parts) {
        this.#run(
          'insert into parts values (?, ?, ?, ?, ?)',
          part,
          schema,
          rows,
          files.bytes,
          JSON.stringify(files.files),
        );
      }
      this.#run(
        'update meta set value = ? where key = ?',
        String(batch.appliedSequence),
        'applied_sequence',
      );
    });
  }

  close(): void {
    this.#database.close();
  }

  #meta(key: string): string {
    const [row] = this.#all('select value from meta where key = ?', key) as { value: string }[];
    return row!.value;
  }

  #transaction(work: () => void): void {
    this.#database.exec('begin immediate');
    try {
      work();
      this.#database.exec('commit');
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }

  #run(sql: string, ...values: readonly (string | number | Uint8Array | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #all(sql: string, ...values: readonly (string | number)[]): unknown[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined)
      this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

/** An input as the catalog keeps it: JSON as text, a frame as bytes. */
const storedInput = (input: Commit['input']): string | Uint8Array | null => {
  if (input instanceof Frame) return frameBytes(input);
  return input === undefined ? null : JSON.stringify(input);
};
const inputOf = (stored: string | Uint8Array): Json | Frame =>
  typeof stored === 'string' ? (JSON.parse(stored) as Json) : frameOfBytes(stored);
