import {
  ArchetypeError,
  type AuditQuery,
  type AuditRecord,
  type CommandQuery,
  type Frame,
  type Lease,
  type QuotaRecord,
  type ScanQuery,
  type Snapshot,
  type Store,
  type StoredCommand,
  type StoredWorld,
  type TickMessages,
  type WorldId,
} from '@archetype/core';
import type { TableUse } from '../catalog/part-tables.ts';
import { Reads } from './reads.ts';
import type { View } from './view.ts';

/**
 * A store that is only read, also while another process writes it: each read sees everything acknowledged before it began,
 * in whole ticks. Made by `openReadOnlyStore`.
 */
export class ReadOnlyStore implements Store {
  readonly #reads: Reads;
  readonly #end: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(view: () => Promise<View>, end: () => Promise<void>) {
    this.#end = end;
    this.#reads = new Reads(async () => {
      if (this.#closing !== undefined)
        throw new ArchetypeError('store_closed', 'The store is closed; open it again.');
      return view();
    });
  }

  create(): Promise<Lease> {
    return refused();
  }

  fork(): Promise<Lease> {
    return refused();
  }

  claim(): Promise<never> {
    return refused();
  }

  append(): Promise<void> {
    return refused();
  }

  accept(): Promise<void> {
    return refused();
  }

  destroy(): Promise<void> {
    return refused();
  }

  commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    return this.#reads.commands(query);
  }

  audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    return this.#reads.audit(query);
  }

  quotas(): Promise<readonly QuotaRecord[]> {
    return this.#reads.quotas();
  }

  scan(query: ScanQuery): AsyncGenerator<Frame> {
    return this.#reads.scan(query);
  }

  messages(
    id: WorldId,
    ticks: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    return this.#reads.messages(id, ticks);
  }

  snapshot(id: WorldId, tick: number): Promise<Snapshot | undefined> {
    return this.#reads.snapshot(id, tick);
  }

  worlds(): Promise<readonly StoredWorld[]> {
    return this.#reads.worlds();
  }

  /** Bytes per world, run and table that are in parts. */
  du(): Promise<readonly TableUse[]> {
    return this.#reads.uses();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const refused = (): Promise<never> =>
  Promise.reject(
    new ArchetypeError(
      'read_only',
      'The store was opened to be read only; open it for writing to change it.',
    ),
  );
