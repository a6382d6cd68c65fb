import {
  assembleTick,
  baseColumns,
  columnsIn,
  covers,
  sameType,
  scanSchema,
  type Frame,
  type ScanQuery,
  type Schema,
  type Signature,
} from '@archetype/core';
import type { PartId } from '../table-store.ts';
import type { LedgerWorld } from './ledger.ts';
import { placesOf, type PlacedTick } from './places.ts';
import { readTicks, type ReadPlan } from './read-ticks.ts';
import { lostPart, type View } from './view.ts';

/** Rows of a query, tick by tick, as of the moment at which the first is asked for. */
export async function* scan(
  view: View,
  world: LedgerWorld,
  query: ScanQuery,
): AsyncGenerator<Frame> {
  const { newest } = world;
  let [from, to] =
    query.ticks === 'newest'
      ? [newest, newest]
      : [query.ticks.from, Math.min(query.ticks.to, newest)];
  const schema = scanSchema(query);
  const plan = planOf(query);
  for (;;) {
    const cut = cutOf(view, world, query, from, to);
    const parts = partsOf(cut);
    const release = view.cuts.pin(parts);
    try {
      for await (const { place, tables } of readTicks(cut, plan, view.tables)) {
        const frame = assembleTick(place, tables, query, schema);
        // A read that is cut again goes on behind what was given.
        from = place.tick + 1;
        if (frame.numRows > 0) yield frame;
      }
      return;
    } catch (error) {
      if (!lostPart(view.catalog, parts)) throw error;
    } finally {
      release();
    }
    if (from > to) return;
  }
}

function cutOf(
  { ledger, catalog }: View,
  world: LedgerWorld,
  query: ScanQuery,
  from: number,
  to: number,
): readonly PlacedTick[] {
  return placesOf(ledger, catalog, world, from, to).map((tick) => ({
    ...tick,
    tables: tick.tables.filter(({ signature }) =>
      covers(signature, query.components, query.without),
    ),
  }));
}

function partsOf(cut: readonly PlacedTick[]): ReadonlySet<PartId> {
  const parts = new Set<PartId>();
  for (const { tables } of cut)
    for (const { source } of tables) if ('slice' in source) parts.add(source.slice.part);
  return parts;
}

const components = (signature: Signature): Schema => signature.row.slice(baseColumns.length);

function planOf(query: ScanQuery): ReadPlan {
  const names = new Set(query.columns.map(({ name }) => name));
  const conditioned = query.where === undefined ? [] : [...columnsIn(query.where)];
  const stored = (signature: Signature): boolean =>
    conditioned.every((name) => {
      const wanted = query.columns.find((column) => column.name === name);
      // Of the base columns only these two are the rows' own; the rest say where they are read.
      if (wanted === undefined) return name === 'entity_id' || name === 'is_active';
      const had = components(signature).find((column) => column.name === name);
      return had !== undefined && sameType(had.type, wanted.type);
    });
  return {
    columns: (signature) => components(signature).filter(({ name }) => names.has(name)),
    ...(query.nearest !== undefined &&
      !(query.includeInactive ?? false) && { nearest: query.nearest }),
    filter: (signature) =>
      query.entities === undefined && query.where === undefined
        ? undefined
        : {
            ...(query.entities !== undefined && { entities: query.entities }),
            // Rows of an older definition are cast first; only then does the condition say something of them.
            ...(query.where !== undefined && stored(signature) && { where: query.where }),
          },
  };
}
