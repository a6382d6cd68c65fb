import {
  constant,
  Frame,
  types,
  type Commit,
  type Signature,
  type WorldRecord,
} from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogBatch } from '../catalog/catalog-batch.ts';
import type { TablePlace } from '../catalog/table-place.ts';
import { RecordReader } from '../codec/record-reader.ts';
import type { ReadFrame } from '../journal/frame.ts';
import { EntityOrder } from '../spans/entity-order.ts';
import { fitSpans, planSpans } from '../spans/plan-spans.ts';
import type { TableStore } from '../table-store.ts';
import { partId } from './part-id.ts';
import { PartWriter } from './part-writer.ts';

/** Last tick per run that a flush made readable from parts. */
export type FlushedRuns = ReadonlyMap<string, number>;

/** Rows handed to the table store at a time. */
const BATCH_ROWS = 65_536;

interface Rows {
  readonly signature: Signature;
  readonly ticks: TickOfTable[];
}
interface TickOfTable {
  readonly commit: Commit;
  readonly rows: Frame;
}

/**
 * Turns the records of a sealed segment into one part per table and one catalog transaction. A crash before the
 * transaction leaves parts that nobody lists, which the next try replaces; after it there is nothing left to do.
 */
export async function flushSegment(
  records: readonly ReadFrame[],
  catalog: Catalog,
  tables: TableStore,
  owner: number,
): Promise<FlushedRuns> {
  const applied = catalog.appliedSequence;
  const fresh = records.filter((record) => record.sequence > applied);
  const runs = new Map<string, number>();
  if (fresh.length === 0) return runs;
  const batch = collect(fresh, catalog);
  const places: ({ readonly run: string } & TablePlace)[] = [...batch.unchanged];
  const parts: CatalogBatch['parts'][number][] = [];
  const writer = new PartWriter(tables);
  for (const { signature, ticks: unordered } of batch.tables.values()) {
    const ticks = unordered.toSorted(byRunAndTick);
    const part = partId(fresh[0]!.sequence, owner, 0, signature.schema);
    const sizes = ticks.map(({ commit, rows }, k) => ({
      k,
      run: commit.lease.run,
      rows: rows.numRows,
    }));
    const inSpans = tables.take !== undefined && fitSpans(sizes);
    const spans = inSpans ? planSpans(sizes) : sizes.map((tick) => [tick]);
    let offset = 0;
    for (const span of spans) {
      const all = span.reduce((sum, { rows }) => sum + rows, 0);
      for (const { k, run, rows } of span) {
        const at = { span: { part, offset, rows: all }, rows };
        places.push({ run, tick: ticks[k]!.commit.tick, signature, at });
      }
      offset += all;
    }
    const order = new EntityOrder();
    const rows = inSpans
      ? spanRows(
          signature,
          spans.map((span) => span.map(({ k }) => ticks[k]!)),
          order,
        )
      : partRows(signature, ticks);
    const written = await writer.write(part, signature.row, rows);
    parts.push({
      part,
      schema: signature.schema,
      rows: offset,
      ...written,
      indexed: false,
      spans: order.spans,
    });
  }
  const appliedSequence = fresh.at(-1)!.sequence;
  await writer.list(() => catalog.apply({ ...batch.records, places, parts, appliedSequence }));
  for (const { run, tick } of batch.records.ticks)
    runs.set(run, Math.max(tick, runs.get(run) ?? -1));
  return runs;
}

/** What the records say, sorted by what it becomes in the catalog. */
function collect(records: readonly ReadFrame[], catalog: Catalog) {
  const reader = new RecordReader(catalog);
  const schemas: Signature[] = [];
  const worlds: WorldRecord[] = [];
  const claims: { world: string; epoch: number }[] = [];
  const destroyed: string[] = [];
  const accepted: CatalogBatch['accepted'][number][] = [];
  const ticks: CatalogBatch['ticks'][number][] = [];
  const lost: CatalogBatch['lost'][number][] = [];
  const unchanged: ({ readonly run: string } & TablePlace)[] = [];
  const tables = new Map<string, Rows>();
  const collectCommit = (commit: Commit): void => {
    const { run } = commit.lease;
    const { tick, counters, input, messages, undelivered, settled, resources = {} } = commit;
    ticks.push({ run, tick, counters, input, messages, undelivered, settled, resources });
    accepted.push({
      settled: settled.map((end) => ({ ...end, settledAt: { run, tick } })),
    });
    for (const table of commit.tables) {
      const { signature } = table;
      if ('sameAs' in table) {
        unchanged.push({ run, tick, signature, at: { sameAs: table.sameAs } });
        continue;
      }
      const rows = tables.get(signature.schema) ?? { signature, ticks: [] };
      tables.set(signature.schema, rows);
      rows.ticks.push({ commit, rows: table.rows });
    }
  };
  for (const record of records.flatMap((frame) => reader.read(frame))) {
    switch (record.kind) {
      case 'schema':
        schemas.push(record.signature);
        break;
      case 'world':
        worlds.push(record.record);
        break;
      case 'claimed':
        claims.push(record);
        break;
      case 'destroyed':
        destroyed.push(record.world);
        break;
      case 'accepted':
        accepted.push(record.acceptance);
        break;
      case 'commit':
        collectCommit(record.commit);
        break;
      case 'unreadable':
        lost.push({ run: record.lease.run, tick: record.tick });
        break;
    }
  }
  return {
    tables,
    unchanged,
    records: { schemas, worlds, claims, destroyed, accepted, ticks, lost },
  };
}

const byRunAndTick = (a: { commit: Commit }, b: { commit: Commit }): number => {
  const [x, y] = [a.commit.lease.run, b.commit.lease.run];
  return x < y ? -1 : x > y ? 1 : a.commit.tick - b.commit.tick;
};

async function* spanRows(
  signature: Signature,
  spans: readonly (readonly TickOfTable[])[],
  order: EntityOrder,
): AsyncGenerator<Frame> {
  for (const ticks of spans) {
    yield order.rowsOf(
      signature.row,
      ticks.map(({ commit, rows }) => ({
        run: commit.lease.run,
        tick: commit.tick,
        rows: fullRows(signature, commit, rows),
      })),
    );
  }
}

async function* partRows(signature: Signature, ticks: Rows['ticks']): AsyncGenerator<Frame> {
  let pending: Frame[] = [];
  let rows = 0;
  for (const tick of ticks) {
    pending.push(fullRows(signature, tick.commit, tick.rows));
    rows += tick.rows.numRows;
    if (rows < BATCH_ROWS) continue;
    yield Frame.concat(signature.row, pending);
    pending = [];
    rows = 0;
  }
  if (rows > 0) yield Frame.concat(signature.row, pending);
}

/** Stored rows with the columns that a commit says once. */
function fullRows(signature: Signature, { lease, tick }: Commit, rows: Frame): Frame {
  const n = rows.numRows;
  const [entity, active, ...components] = rows.columns;
  const columns = [
    constant(types.utf8, n, lease.world),
    constant(types.utf8, n, lease.run),
    entity!,
    constant(types.i32, n, tick),
    active!,
    ...components,
  ];
  return new Frame(signature.row, columns, n);
}
