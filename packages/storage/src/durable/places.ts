import {
  ArchetypeError,
  covers,
  piecesOf,
  type Frame,
  type RunId,
  type ScanQuery,
  type Signature,
  type TableId,
  type WorldId,
} from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { SpanRows } from '../spans/span-rows.ts';
import type { Ledger, LedgerWorld } from './ledger.ts';

/** Rows of one table at one tick: in memory, or in a part. */
type Source = { readonly rows: Frame } | { readonly placed: SpanRows };
export interface PlacedTable {
  readonly signature: Signature;
  readonly source: Source;
  /** The run that wrote these rows. */
  readonly run: RunId;
  /** The tick at which these rows were written. */
  readonly since: number;
}
export interface PlacedTick {
  readonly world: WorldId;
  readonly run: RunId;
  readonly tick: number;
  readonly tables: readonly PlacedTable[];
}

/**
 * Where every row of ticks `from` to `to` is, in ascending tick, or those of the tables that a query is `about`. Taken in
 * one synchronous step, so that it is one cut:
 * whole ticks, whatever is appended or flushed afterwards. A range passes over ticks that are no longer kept.
 *
 * @throws `tick_damaged`, `tick_not_retained` for a tick asked for by its number
 */
export function placesOf(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  from: number,
  to: number,
  about = everything,
): readonly PlacedTick[] {
  return catalog.snapshot(() => placesIn(ledger, catalog, world, from, to, about));
}

/** The same, within a snapshot of the catalog. */
export function placesIn(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  from: number,
  to: number,
  { components, without }: About,
): readonly PlacedTick[] {
  return piecesOf(world.record, from, to).flatMap((piece) => {
    const owner = ledger.get(piece.world);
    const last = Math.min(piece.tick, owner.newest);
    const inParts = Map.groupBy(
      owner.flushed < piece.from
        ? []
        : catalog.places(piece.run, piece.from, Math.min(last, owner.flushed)),
      (place) => place.tick,
    );
    const ticks: PlacedTick[] = [];
    const kept = new Set(
      owner.flushed < piece.from
        ? []
        : catalog.ticks(piece.run, piece.from, Math.min(last, owner.flushed)),
    );
    for (let tick = firstOwn(owner, piece.from); tick <= last; tick++) {
      if (owner.damaged.has(tick)) throw damaged(owner, tick);
      const held = owner.tail.get(tick);
      if (held === undefined && !kept.has(tick)) {
        if (from === to) throw notRetained(owner, tick);
        continue;
      }
      const tables = held === undefined ? (inParts.get(tick) ?? []) : held.tables.map(inMemory);
      ticks.push({
        world: piece.world,
        run: piece.run,
        tick,
        tables: tables
          .filter(({ signature }) => covers(signature, components, without))
          .map(({ signature, at }) => resolve(ledger, catalog, owner, tick, signature, at)),
      });
    }
    return ticks;
  });
}

/** What tables a query is about. */
type About = Pick<ScanQuery, 'components' | 'without'>;
const everything: About = { components: [], without: [] };

type At = { readonly rows: Frame } | { readonly sameAs: number } | SpanRows;

const inMemory = (
  table: { readonly signature: Signature } & At,
): { signature: Signature; at: At } => ({
  signature: table.signature,
  at: table,
});

/** Ticks behind the newest are asked for in vain, unless they were there once. @throws `tick_damaged` */
export function checkEnd(
  world: LedgerWorld,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  for (const tick of world.damaged)
    if (tick > world.newest && tick >= from && tick <= to) throw damaged(world, tick);
}

/** A run begins behind the tick it was forked at. */
export const firstOwn = (owner: LedgerWorld, from: number): number =>
  Math.max(from, (owner.record.lineage.at(-1)?.tick ?? -1) + 1);

function resolve(
  ledger: Ledger,
  catalog: Catalog,
  owner: LedgerWorld,
  tick: number,
  signature: Signature,
  at: At,
): PlacedTable {
  if ('sameAs' in at) return find(ledger, catalog, owner, at.sameAs, signature.table);
  const source = 'span' in at ? { placed: at } : { rows: at.rows };
  return { signature, source, run: owner.record.run, since: tick };
}

function find(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  tick: number,
  table: TableId,
): PlacedTable {
  const [piece] = piecesOf(world.record, tick, tick);
  const owner = ledger.get(piece!.world);
  if (owner.damaged.has(tick)) throw damaged(owner, tick);
  const held = owner.tail.get(tick)?.tables.find(({ signature }) => signature.table === table);
  if (held !== undefined) return resolve(ledger, catalog, owner, tick, held.signature, held);
  const place = catalog
    .places(piece!.run, tick, tick)
    .find(({ signature }) => signature.table === table);
  if (place !== undefined) return resolve(ledger, catalog, owner, tick, place.signature, place.at);
  throw damaged(owner, tick);
}

/**
 * Whether a table may be named as unchanged since a tick. A tick that is still under way was handed over by the same
 * writer, which knows what is in it.
 */
export function holdsTable(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  since: number,
  table: TableId,
): boolean {
  if (since < 0 || since > world.pending) return false;
  if (since > world.newest || world.unchanged.get(table) === since) return true;
  try {
    find(ledger, catalog, world, since, table);
  } catch {
    // Absent and damaged are the same to a writer: the rows cannot be read there.
    return false;
  }
  world.unchanged.set(table, since);
  return true;
}

const damaged = (owner: LedgerWorld, tick: number): ArchetypeError =>
  new ArchetypeError(
    'tick_damaged',
    `Tick ${tick} of world "${owner.record.name}" was lost to a damaged journal; other ticks can be read.`,
  );

const notRetained = (owner: LedgerWorld, tick: number): ArchetypeError =>
  new ArchetypeError(
    'tick_not_retained',
    `Tick ${tick} of world "${owner.record.name}" was thinned out by retention; read a newer tick, or a range of ticks, which gives those that were kept.`,
  );
