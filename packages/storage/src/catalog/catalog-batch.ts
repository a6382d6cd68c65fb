import type { Acceptance, Signature, WorldRecord } from '@archetype/core';
import { storeSignature } from '../codec/signature-codec.ts';
import type { StoredSpan } from '../spans/entity-order.ts';
import type { PartFiles, PartId } from '../table-store.ts';
import { insertAudit, insertCommand, settleCommand, type Outcome } from './command-tables.ts';
import type { Database } from './database.ts';
import { writeQuota } from './quota-table.ts';
import { forgetDamaged, insertDamaged } from './retention-tables.ts';
import { insertSpans } from './span-tables.ts';
import type { TablePlace } from './table-place.ts';
import { insertTick, type CatalogTick } from './tick-tables.ts';

/** A part to list. */
export interface ListedPart {
  readonly part: PartId;
  readonly schema: string;
  readonly rows: number;
  readonly files: PartFiles;
  /** Rows whose entity did not live any more. */
  readonly inactive: number;
  /** Its entities can be looked up fast in the table store. */
  readonly indexed: boolean;
  /** All of its spans; none where rows are in order of tick. */
  readonly spans: readonly StoredSpan[];
}

/** What one flush makes true, in one transaction. */
export interface CatalogBatch {
  readonly appliedSequence: number;
  readonly schemas: readonly Signature[];
  readonly worlds: readonly WorldRecord[];
  readonly claims: readonly { readonly world: string; readonly epoch: number }[];
  readonly destroyed: readonly string[];
  /** Acceptances, and the ends that ticks decided, in the order of the journal: the first end of a command stands. */
  readonly accepted: readonly (Omit<Acceptance, 'settled'> & {
    readonly settled?: readonly Outcome[];
  })[];
  readonly ticks: readonly CatalogTick[];
  /** Ticks that cannot be read. */
  readonly lost: readonly { readonly run: string; readonly tick: number }[];
  readonly places: readonly ({ readonly run: string } & TablePlace)[];
  readonly parts: readonly ListedPart[];
}

/** Writes a batch down; the caller's transaction makes it true. */
export function applyBatch(database: Database, batch: CatalogBatch): void {
  for (const signature of batch.schemas) {
    database.run(
      'insert into schemas values (?, ?) on conflict do nothing',
      signature.schema,
      JSON.stringify(storeSignature(signature)),
    );
  }
  for (const record of batch.worlds) {
    database.run(
      'insert into worlds (world, run, name, record, epoch, destroyed) values (?, ?, ?, ?, 1, 0) on conflict do nothing',
      record.world,
      record.run,
      record.name,
      JSON.stringify(record),
    );
  }
  for (const { world, epoch } of batch.claims)
    database.run('update worlds set epoch = ? where world = ?', epoch, world);
  for (const world of batch.destroyed)
    database.run('update worlds set destroyed = 1 where world = ?', world);
  for (const { commands = [], settled = [], audit = [], quotas = [] } of batch.accepted) {
    for (const command of commands) insertCommand(database, command);
    for (const outcome of settled) settleCommand(database, outcome);
    for (const row of audit) insertAudit(database, row);
    for (const record of quotas) writeQuota(database, record);
  }
  for (const { run, tick } of batch.lost) insertDamaged(database, run, tick);
  for (const tick of batch.ticks) insertTick(database, tick);
  forgetDamaged(database);
  const inSpans = new Set(
    batch.parts.filter(({ spans }) => spans.length > 0).map(({ part }) => part),
  );
  for (const { run, tick, signature, at } of batch.places) {
    const values =
      'span' in at
        ? [
            at.span.part,
            at.span.offset,
            at.rows,
            null,
            inSpans.has(at.span.part) ? at.span.rows : null,
          ]
        : [null, 0, 0, at.sameAs, null];
    database.run(
      'insert into places (run, tick, table_id, schema, part, "offset", rows, same_as, span) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      run,
      tick,
      signature.table,
      signature.schema,
      ...values,
    );
  }
  for (const part of batch.parts) listPart(database, part);
  database.run(
    "update meta set value = ? where key = 'applied_sequence'",
    String(batch.appliedSequence),
  );
}

export function listPart(
  database: Database,
  { part, schema, rows, files, inactive, indexed, spans }: ListedPart,
): void {
  database.run(
    'insert into parts (part, schema, rows, bytes, files, indexed, inactive) values (?, ?, ?, ?, ?, ?, ?)',
    part,
    schema,
    rows,
    files.bytes,
    JSON.stringify(files.files),
    indexed ? 1 : 0,
    inactive,
  );
  insertSpans(database, part, spans);
}
