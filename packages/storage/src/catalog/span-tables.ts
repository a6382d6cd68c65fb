import type { StoredSpan } from '../spans/entity-order.ts';
import type { PartId } from '../table-store.ts';
import type { Database } from './database.ts';

/** What ticks of a run have of one span, or of a part without spans, of one table. */
export type RunSpan = RunTicks & (SpanTicks | NoSpan);

interface RunTicks {
  readonly schema: string;
  /** Null: as at an earlier tick. */
  readonly part: PartId | null;
  readonly offset: number;
  readonly from: number;
  readonly to: number;
  /** How many ticks; where it is fewer than from `from` to `to`, some are not kept. */
  readonly ticks: number;
}
/** Of the whole span, whichever of its ticks are asked for. */
export type SpanTicks = Pick<StoredSpan, 'firstTick' | 'lastTick' | 'entities'>;
type NoSpan = { readonly [K in keyof SpanTicks]: null };

/** From so many ticks on, it is slower to look at each than at all spans of the run. */
const MANY_TICKS = 512;

export function insertSpans(database: Database, part: PartId, spans: readonly StoredSpan[]): void {
  for (const { offset, run, firstTick, lastTick, entities } of spans) {
    database.run(
      'insert into spans (part, "offset", run, first_tick, last_tick, entities) values (?, ?, ?, ?, ?, ?)',
      part,
      offset,
      run,
      firstTick,
      lastTick,
      entities,
    );
  }
}

/** `thinned`: some of the ticks may not be kept, or be in the catalog only because others name their rows. */
export function runSpans(
  database: Database,
  run: string,
  from: number,
  to: number,
  thinned: boolean,
): readonly RunSpan[] {
  const whole = !thinned && to - from >= MANY_TICKS && !hasApart(database, run, from, to);
  return (
    whole ? wholeSpans(database, run, from, to) : tickSpans(database, run, from, to, thinned)
  ) as readonly RunSpan[];
}

/** Whether ticks have rows in no span. */
const hasApart = (database: Database, run: string, from: number, to: number): boolean =>
  database.all(
    'select 1 from places where span is null and run = ? and tick between ? and ? limit 1',
    run,
    from,
    to,
  ).length > 0;

/** Spans of which every tick is kept. */
const wholeSpans = (database: Database, run: string, from: number, to: number): unknown[] =>
  database.all(
    `select schema, part, "offset", first_tick as "from", last_tick as "to",
       last_tick - first_tick + 1 as ticks, first_tick as firstTick, last_tick as lastTick, entities
     from spans join parts using (part) where run = ? and first_tick <= ? and last_tick >= ?
     order by first_tick`,
    run,
    to,
    from,
  );

function tickSpans(
  database: Database,
  run: string,
  from: number,
  to: number,
  thinned: boolean,
): unknown[] {
  const kept = thinned
    ? 'and exists (select 1 from ticks where ticks.run = places.run and ticks.tick = places.tick)'
    : '';
  return database.all(
    `select used.*, first_tick as firstTick, last_tick as lastTick, entities from
       (select schema, part, "offset", min(tick) as "from", max(tick) as "to", count(*) as ticks
        from places where run = ? and tick between ? and ? ${kept} group by part, "offset", schema) as used
     left join spans on spans.part = used.part and spans."offset" = used."offset"
     order by "from"`,
    run,
    from,
    to,
  );
}

/** The kept ticks of a span. */
export function spanTicks(
  database: Database,
  run: string,
  part: PartId,
  offset: number,
): readonly number[] {
  const ticks = database.all(
    `select tick from places where part = ? and "offset" = ? and run = ?
     and exists (select 1 from ticks where ticks.run = places.run and ticks.tick = places.tick)`,
    part,
    offset,
    run,
  ) as { tick: number }[];
  return ticks.map(({ tick }) => tick);
}

/** The spans of a part, in its order; none where its rows are in order of tick. */
export const spansOf = (database: Database, part: PartId): readonly StoredSpan[] =>
  database.all(
    `select "offset", run, first_tick as firstTick, last_tick as lastTick, entities
     from spans where part = ? order by "offset"`,
    part,
  ) as unknown as readonly StoredSpan[];
