import {
  assembleTick,
  assembleTicks,
  baseColumns,
  columnsIn,
  Frame,
  sameType,
  scanSchema,
  type ScanQuery,
  type Schema,
  type Signature,
} from '@archetype/core';
import { tickField } from '../spans/read-spans.ts';
import type { PartId } from '../table-store.ts';
import type { LedgerWorld } from './ledger.ts';
import { columnsApart, withActive } from './active.ts';
import { entityCut, type EntityPiece } from './entity-cut.ts';
import { entityRows } from './entity-rows.ts';
import { checkEnd, placesOf, type PlacedTick } from './places.ts';
import { stretches, type Stretch } from './histories.ts';
import { head, readTicks, type ReadPlan } from './read-ticks.ts';
import { afterLoss, type View } from './view.ts';

/** Rows of a query, tick by tick, as of the moment at which the first is asked for. */
export async function* scan(first: View, query: ScanQuery): AsyncGenerator<Frame> {
  let view = first;
  let world = view.ledger.get(query.world);
  const { newest } = world;
  let [from, to] =
    query.ticks === 'newest'
      ? [newest, newest]
      : [query.ticks.from, Math.min(query.ticks.to, newest)];
  if (query.ticks !== 'newest') checkEnd(world, query.ticks);
  const plan = planOf(query);
  for (;;) {
    const pieces =
      query.entities === undefined ? undefined : entityCut(view, world, query, from, to);
    const cut = pieces === undefined ? cutOf(view, world, query, from, to) : [];
    const parts = partsOf(cut, pieces);
    const release = view.cuts.pin(parts);
    try {
      const frames =
        pieces === undefined
          ? read(view, cut, plan, query)
          : readEntities(view, pieces, plan, query);
      for await (const { frame, to: done } of frames) {
        // A read that is cut again goes on behind what was given.
        from = done + 1;
        if (frame.numRows > 0) yield frame;
      }
      return;
    } catch (error) {
      view = await afterLoss(view, parts, error);
      world = view.ledger.get(query.world);
    } finally {
      release();
    }
    if (from > to) return;
  }
}

async function* read(
  view: View,
  cut: readonly PlacedTick[],
  plan: ReadPlan,
  query: ScanQuery,
): AsyncGenerator<{ readonly frame: Frame; readonly to: number }> {
  const schema = scanSchema(query);
  const selective = query.entities !== undefined || query.where !== undefined;
  const stores = selective ? await view.tables() : undefined;
  const parts: Iterable<Stretch> =
    stores?.find === undefined
      ? [{ kind: 'ticks', ticks: cut, to: cut.at(-1)?.tick ?? 0 }]
      : stretches(cut);
  for (const stretch of parts) {
    if (stretch.kind === 'ticks') {
      for await (const { place, tables } of readTicks(stretch.ticks, plan, view))
        yield { frame: assembleTick(place, tables, query, schema), to: place.tick };
      continue;
    }
    const { part, run, signature, from, to, rows } = stretch;
    const wanted = [...head, ...plan.columns(signature), tickField];
    const columns = columnsApart(wanted, view.catalog.allActive(part));
    const whole = view.catalog.rowsOf(part) === rows;
    const filter = { ...plan.filter?.(signature), ...(!whole && { of: { run, from, to } }) };
    const frames: Frame[] = [];
    for await (const frame of stores!.find!(part, columns, filter)) frames.push(frame);
    const found = byTick(withActive(Frame.concat(columns, frames), wanted));
    yield { frame: assembleTicks(stretch, found, query, schema), to };
  }
}

async function* readEntities(
  view: View,
  pieces: readonly EntityPiece[],
  plan: ReadPlan,
  query: ScanQuery,
): AsyncGenerator<{ readonly frame: Frame; readonly to: number }> {
  const schema = scanSchema(query);
  for (const piece of pieces) {
    yield { frame: await entityRows(view, piece, plan, query), to: piece.to };
    for await (const { place, tables } of readTicks(piece.ticks, plan, view))
      yield { frame: assembleTick(place, tables, query, schema), to: place.tick };
  }
}

/** Rows of a part in ascending tick; those of one tick are in ascending entity already. */
function byTick(rows: Frame): Frame {
  const tickOf = rows.at(tickField.name).data as Int32Array;
  for (let row = 1; row < rows.numRows; row++)
    if (tickOf[row]! < tickOf[row - 1]!) return rows.sort('tick');
  return rows;
}

function cutOf(
  { ledger, catalog }: View,
  world: LedgerWorld,
  query: ScanQuery,
  from: number,
  to: number,
): readonly PlacedTick[] {
  return placesOf(ledger, catalog, world, from, to, query);
}

function partsOf(
  cut: readonly PlacedTick[],
  pieces: readonly EntityPiece[] = [],
): ReadonlySet<PartId> {
  const parts = new Set(pieces.flatMap((piece) => piece.parts.map(({ part }) => part)));
  for (const { tables } of [...cut, ...pieces.flatMap(({ ticks }) => ticks)])
    for (const { source } of tables) if ('placed' in source) parts.add(source.placed.span.part);
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
    ...((query.entities !== undefined || query.where !== undefined) && {
      filter: (signature: Signature) => ({
        ...(query.entities !== undefined && { entities: query.entities }),
        // Rows of an older definition are cast first; only then does the condition say something of them.
        ...(query.where !== undefined && stored(signature) && { where: query.where }),
      }),
    }),
  };
}
