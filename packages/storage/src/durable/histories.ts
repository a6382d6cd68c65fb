import type { RunId, Signature, WorldId } from '@archetype/core';
import type { PartId } from '../table-store.ts';
import type { PlacedTick } from './places.ts';
import { LOOK_UP_ROWS } from './read-ticks.ts';

/** Ticks of one run of which one part has all rows, of one table. */
interface History {
  readonly world: WorldId;
  readonly run: RunId;
  readonly part: PartId;
  readonly signature: Signature;
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** A stretch of a cut: ticks one by one, or many that can be asked for as one. */
export type Stretch =
  | { readonly kind: 'ticks'; readonly ticks: readonly PlacedTick[]; readonly to: number }
  | ({ readonly kind: 'history' } & History);

interface Open {
  readonly history: History | undefined;
  readonly ticks: PlacedTick[];
  rows: number;
}

/** Splits a cut where looking some rows up in one go is worth it: a tick at a time costs more than its few rows. */
export function* stretches(cut: readonly PlacedTick[]): Generator<Stretch> {
  let open: Open | undefined;
  let waiting: PlacedTick[] = [];
  const close = function* (): Generator<Stretch> {
    if (open === undefined) return;
    if (open.history !== undefined && open.rows >= LOOK_UP_ROWS) {
      if (waiting.length > 0) yield { kind: 'ticks', ticks: waiting, to: waiting.at(-1)!.tick };
      waiting = [];
      yield { kind: 'history', ...open.history, to: open.ticks.at(-1)!.tick, rows: open.rows };
    } else waiting.push(...open.ticks);
    open = undefined;
  };
  for (const tick of cut) {
    const alone = historyOf(tick);
    const same =
      alone !== undefined &&
      open?.history?.part === alone.part &&
      open.history.run === alone.run &&
      // Between ticks that are not neighbours the part may hold rows of ticks that are no longer kept.
      open.ticks.at(-1)?.tick === tick.tick - 1;
    if (!same) {
      yield* close();
      open = { history: alone, ticks: [], rows: 0 };
    }
    open!.ticks.push(tick);
    for (const { source } of tick.tables) if ('placed' in source) open!.rows += source.placed.rows;
  }
  yield* close();
  if (waiting.length > 0) yield { kind: 'ticks', ticks: waiting, to: waiting.at(-1)!.tick };
}

/** The tick as a history of its own, if one part has all its rows and they were written in it. */
function historyOf({ world, run, tick, tables }: PlacedTick): History | undefined {
  const [table] = tables;
  if (tables.length !== 1 || table!.since !== tick) return undefined;
  const { signature, source } = table!;
  if (!('placed' in source)) return undefined;
  return {
    world,
    run,
    part: source.placed.span.part,
    signature,
    from: tick,
    to: tick,
    rows: source.placed.rows,
  };
}
