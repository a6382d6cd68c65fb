import {
  ArchetypeError,
  type Acceptance,
  type AuditRecord,
  type CommandRecord,
  type Logger,
  type QuotaRecord,
  type SettledCommand,
  type Store,
} from '@archetype/core';
import { chained, headOf, type AuditHead } from './chain.ts';
import type { AuditDraft } from './draft.ts';

/** A command that is written down with its row; its place in the trail is its place in the order of acceptance. */
export type CommandDraft = Omit<CommandRecord, 'sequence'>;

/** What is written together. */
export interface TrailEntry {
  /** A function is asked when the row is written. */
  readonly row?: AuditDraft | (() => AuditDraft);
  readonly command?: CommandDraft;
  readonly settled?: SettledCommand;
}

/** Counters that changed since they were written. */
export interface UnwrittenQuotas {
  unwritten(): readonly QuotaRecord[];
  written(records: readonly QuotaRecord[]): void;
}

interface Waiting {
  readonly entries: readonly TrailEntry[];
  readonly done: PromiseWithResolvers<readonly number[]> | undefined;
}

/** Rows that nobody waits for are durable within this time. */
const DELAY_MS = 50;
/** So many of them may wait while the store cannot write; then whoever comes next is told. */
const MAX_NOTED = 10_000;
/** So many are written at once. */
const MANY_NOTED = 1000;

/**
 * Writes the trail: rows in one order, each chained to the one before it, together with the commands that were accepted by
 * them. Everything that comes while a write is under way shares the next one.
 */
export class AuditTrail {
  readonly #store: () => Promise<Store>;
  readonly #quotas: UnwrittenQuotas;
  readonly #logger: Logger;
  #head: AuditHead | undefined;
  #waiting: Waiting[] = [];
  #noted = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #opened = false;

  /** What was used of quotas is written along. */
  constructor(store: () => Promise<Store>, quotas: UnwrittenQuotas, logger: Logger) {
    this.#store = store;
    this.#quotas = quotas;
    this.#logger = logger;
  }

  /** Writes entries together, all or none. Durable once this resolves. @returns their rows' positions */
  accept(entries: readonly TrailEntry[]): Promise<readonly number[]> {
    const done = Promise.withResolvers<readonly number[]>();
    this.#waiting.push({ entries, done });
    this.#begin();
    return done.promise;
  }

  /** @throws `commit_failed` when so much waits for a store that cannot write that nothing more may come */
  requireRoom(): void {
    if (this.#failure !== undefined && this.#noted >= MAX_NOTED) {
      throw new ArchetypeError(
        'commit_failed',
        `${this.#noted} audit rows wait for a store that cannot write them; nothing more is let through the gate until it can.`,
        { cause: this.#failure },
      );
    }
  }

  /** Writes an entry soon. */
  note(entry: TrailEntry): void {
    this.#waiting.push({ entries: [entry], done: undefined });
    this.#noted++;
    if (this.#noted >= MANY_NOTED && this.#failure === undefined) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), DELAY_MS);
  }

  /** Writes what waits. @throws what keeps the store from writing */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#waiting.length === 0) return;
    try {
      await this.accept([]);
    } catch (error) {
      // Without a store there is nothing that could be lost.
      if (this.#opened) throw error;
    }
  }

  /** Writes what waits, and gives up what cannot be written. @throws what keeps the store from writing */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.#timer);
      this.#waiting = [];
    }
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // Somebody may have come after the last look.
      if (this.#waiting.some(({ done }) => done !== undefined)) this.#begin();
    });
  }

  /** Ends when nothing waits, or when the store failed and only noted rows are left. */
  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Whoever comes in the same moment shares the write.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#noted = 0;
      try {
        const positions = await this.#append(batch.flatMap(({ entries }) => entries));
        this.#failure = undefined;
        let at = 0;
        for (const { entries, done } of batch)
          done?.resolve(positions.slice(at, (at += entries.length)));
      } catch (error) {
        this.#failed(batch, error);
        if (this.#waiting.every(({ done }) => done === undefined)) break;
      }
    }
  }

  /** Who waits is told; rows that nobody waits for are tried again. */
  #failed(batch: readonly Waiting[], error: unknown): void {
    // Without a store there is no trail, and whoever needed one was told.
    if (!this.#opened) {
      for (const { done } of batch) done?.reject(error);
      return;
    }
    if (this.#failure === undefined)
      this.#logger.error('The audit trail could not be written.', { error });
    this.#failure = error;
    // What the store has is asked again: some of it may be there.
    this.#head = undefined;
    for (const { done } of batch) done?.reject(error);
    const noted = batch.filter(({ done }) => done === undefined);
    this.#waiting = [...noted, ...this.#waiting];
    this.#noted += noted.length;
    if (noted.length > 0) this.#timer ??= setTimeout(() => this.#begin(), DELAY_MS * 20).unref();
  }

  async #append(entries: readonly TrailEntry[]): Promise<readonly number[]> {
    const store = await this.#store();
    this.#opened = true;
    let head = (this.#head ??= headOf((await store.audit({ limit: 1 }))[0]));
    const audit: AuditRecord[] = [];
    const commands: CommandRecord[] = [];
    const settled: SettledCommand[] = [];
    const positions = entries.map((entry) => {
      if (entry.row !== undefined) {
        const row = chained(typeof entry.row === 'function' ? entry.row() : entry.row, head);
        head = headOf(row);
        audit.push(row);
      }
      if (entry.command !== undefined) commands.push({ ...entry.command, sequence: head.position });
      if (entry.settled !== undefined) settled.push(entry.settled);
      return head.position;
    });
    const quotas = this.#quotas.unwritten();
    const acceptance: Acceptance = {
      ...(commands.length > 0 && { commands }),
      ...(settled.length > 0 && { settled }),
      ...(audit.length > 0 && { audit }),
      ...(quotas.length > 0 && { quotas }),
    };
    if (Object.keys(acceptance).length > 0) await store.accept(acceptance);
    // Only what is written is built upon.
    this.#head = head;
    this.#quotas.written(quotas);
    return positions;
  }
}
