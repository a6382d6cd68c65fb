import {
  covers,
  piecesOf,
  type RunId,
  type ScanQuery,
  type Signature,
  type WorldId,
} from '@archetype/core';
import type { RunSpan, SpanTicks } from '../catalog/span-tables.ts';
import { rangesOf, type EntityRows } from '../spans/span-entities.ts';
import type { PartId } from '../table-store.ts';
import type { LedgerWorld } from './ledger.ts';
import { firstOwn, placesIn, type PlacedTick } from './places.ts';
import type { View } from './view.ts';

/** More rows than this are read tick by tick, a few ticks at a time. */
const MOST_ROWS = 131_072;

/** Rows that entities have in some neighbouring ticks, next to each other in a span of a part. */
interface EntityRange extends EntityRows {
  /** The tick of the first row, where each next row is one tick later; undefined where only the column `tick` tells. */
  readonly firstTick: number | undefined;
  /** Whether rows of a tick are wanted: a span also has those of ticks that were not asked for, or are not kept. */
  readonly wants: (tick: number) => boolean;
}

/** What entities have in one part, of one run and table; the ranges ascend. */
export interface EntityPart {
  readonly part: PartId;
  readonly signature: Signature;
  readonly ranges: EntityRange[];
}

/** What entities have in one run: up to a tick in spans of parts, then in memory. */
export interface EntityPiece {
  readonly world: WorldId;
  readonly run: RunId;
  /** The last tick of which the rows are in parts. */
  readonly to: number;
  readonly parts: readonly EntityPart[];
  readonly ticks: readonly PlacedTick[];
}

/**
 * Where the rows of some entities are, without a look at each tick. Undefined where that cannot be told, or is not worth it:
 * ticks that are in no span, as at an earlier one, lost, or perhaps thinned and asked for by number.
 */
export function entityCut(
  view: View,
  world: LedgerWorld,
  query: ScanQuery,
  from: number,
  to: number,
): readonly EntityPiece[] | undefined {
  return view.catalog.snapshot(() => piecesIn(view, world, query, from, to));
}

function piecesIn(
  { ledger, catalog }: View,
  world: LedgerWorld,
  query: ScanQuery,
  from: number,
  to: number,
): readonly EntityPiece[] | undefined {
  const entities = idsOf(query.entities ?? []);
  const pieces: EntityPiece[] = [];
  let rows = 0;
  for (const piece of piecesOf(world.record, from, to)) {
    const owner = ledger.get(piece.world);
    const first = firstOwn(owner, piece.from);
    const last = Math.min(piece.tick, owner.newest);
    const thinned = first <= owner.retained;
    if (thinned && from === to) return undefined;
    for (const tick of owner.damaged) if (tick >= first && tick <= last) return undefined;
    const flushed = Math.min(last, owner.flushed);
    const parts = new Map<PartId, EntityPart>();
    const spans = flushed < first ? [] : catalog.runSpans(piece.run, first, flushed, thinned);
    for (const span of spans) {
      const signature = catalog.signature(span.schema);
      if (!covers(signature, query.components, query.without)) continue;
      const { part, offset } = span;
      if (part === null || span.entities === null) return undefined;
      const found = rangesOf(span.entities, entities, offset);
      if (found.length === 0) continue;
      const wants = wantsOf(span, first, flushed, () => catalog.spanTicks(piece.run, part, offset));
      const ranges = parts.get(part)?.ranges ?? [];
      parts.set(part, { part, signature, ranges });
      for (const range of found) {
        ranges.push({ ...range, firstTick: firstTickOf(span, range.rows), wants });
        rows += range.rows;
      }
      if (rows > MOST_ROWS) return undefined;
    }
    for (const { ranges } of parts.values()) ranges.sort((a, b) => a.offset - b.offset);
    const ticks =
      flushed < last
        ? placesIn(ledger, catalog, world, Math.max(first, flushed + 1), last, query)
        : [];
    pieces.push({
      world: piece.world,
      run: piece.run,
      to: Math.max(flushed, first - 1),
      parts: [...parts.values()],
      ticks,
    });
  }
  return pieces;
}

/** Ascending, each once. */
const idsOf = (entities: readonly number[]): readonly number[] =>
  [...new Set(entities)].filter((id) => Number.isInteger(id) && id >= 0).toSorted((a, b) => a - b);

/** An entity has at most one row of a tick: with as many rows as the span has ticks, one of each. */
const firstTickOf = ({ firstTick, lastTick }: SpanTicks, rows: number): number | undefined =>
  rows === lastTick - firstTick + 1 ? firstTick : undefined;

function wantsOf(
  { from, to, ticks }: RunSpan,
  first: number,
  last: number,
  list: () => readonly number[],
): (tick: number) => boolean {
  if (ticks === to - from + 1)
    return (tick) => tick >= Math.max(from, first) && tick <= Math.min(to, last);
  const kept = new Set(list());
  return (tick) => tick >= first && tick <= last && kept.has(tick);
}
