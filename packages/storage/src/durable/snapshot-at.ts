import {
  livingRows,
  noMessages,
  piecesOf,
  type Counters,
  type Json,
  type Snapshot,
  type Table,
  type WorldId,
} from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { Ledger, LedgerWorld } from './ledger.ts';
import { messagesIn } from './messages-in.ts';
import { checkEnd, placesOf } from './places.ts';
import { readTicks, type ReadPlan } from './read-ticks.ts';
import { afterLoss, type View } from './view.ts';

const everyColumn: ReadPlan = { columns: (signature) => signature.stored.slice(2) };

/** The state of a world at a tick, rebuilt from memory and parts; undefined when there is no such tick. */
export async function snapshotAt(
  view: View,
  id: WorldId,
  tick: number,
): Promise<Snapshot | undefined> {
  const { ledger, catalog } = view;
  const world = ledger.get(id);
  checkEnd(world, { from: tick, to: tick });
  if (tick < 0 || tick > world.newest) return undefined;
  const counters = countersAt(ledger, catalog, world, tick);
  const resources = resourcesAt(ledger, catalog, world, tick);
  const tables = await tablesAt(view, id, tick);
  const ordered = tables.toSorted((a, b) => (a.signature.table < b.signature.table ? -1 : 1));
  return {
    tick,
    tables: new Map(ordered.map((table) => [table.signature.table, table])),
    counters,
    resources,
    messages: messagesIn(ledger, catalog, world, tick, tick)[0]?.messages ?? noMessages,
  };
}

async function tablesAt(first: View, id: WorldId, tick: number): Promise<readonly Table[]> {
  let view = first;
  for (;;) {
    const { ledger, catalog } = view;
    const [place] = placesOf(ledger, catalog, ledger.get(id), tick, tick);
    const parts = place!.tables.flatMap(({ source }) =>
      'placed' in source ? [source.placed.span.part] : [],
    );
    const release = view.cuts.pin(parts);
    try {
      const tables: Table[] = [];
      for await (const read of readTicks([place!], everyColumn, view)) {
        read.tables.forEach(({ signature, rows }, k) => {
          const table = livingRows(signature, rows, place!.tables[k]!.since);
          if (table.frame.numRows > 0) tables.push(table);
        });
      }
      return tables;
    } catch (error) {
      view = await afterLoss(view, parts, error);
    } finally {
      release();
    }
  }
}

function countersAt(ledger: Ledger, catalog: Catalog, world: LedgerWorld, tick: number): Counters {
  const [piece] = piecesOf(world.record, tick, tick);
  const held = ledger.get(piece!.world).tail.get(tick);
  return held?.counters ?? catalog.counters(piece!.run, tick)!;
}

/** Data resources as of a tick. A fork begins with what its record says, its own overrides included. */
function resourcesAt(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  tick: number,
): Readonly<Record<string, Json>> {
  const start = world.record.lineage.at(-1)?.tick ?? -1;
  if (tick === start) return world.record.resources;
  const [piece] = piecesOf(world.record, tick, tick);
  const owner = ledger.get(piece!.world);
  const resources: Record<string, Json> = {
    ...owner.record.resources,
    ...catalog.resources(piece!.run, Math.min(tick, Math.max(owner.flushed, owner.retained))),
  };
  for (const held of [...owner.tail.values()].toSorted((a, b) => a.tick - b.tick)) {
    if (held.tick <= tick) Object.assign(resources, held.resources);
  }
  return resources;
}
