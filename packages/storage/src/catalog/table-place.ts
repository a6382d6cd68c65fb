import type { Signature } from '@archetype/core';
import type { SpanRows } from '../spans/span-rows.ts';
import type { Database } from './database.ts';

/** Where the rows of one table at one tick are. */
export interface TablePlace {
  readonly tick: number;
  readonly signature: Signature;
  readonly at: SpanRows | { readonly sameAs: number };
}

/** The tables of a run's ticks, in ascending tick. */
export function placesOf(
  database: Database,
  run: string,
  from: number,
  to: number,
  signatureOf: (schema: string) => Signature,
): readonly TablePlace[] {
  const rows = database.all(
    'select tick, schema, part, "offset", rows, coalesce(span, rows) as span, same_as from places where run = ? and tick between ? and ? order by tick, table_id',
    run,
    from,
    Math.min(to, Number.MAX_SAFE_INTEGER),
  ) as {
    tick: number;
    schema: string;
    part: string | null;
    offset: number;
    rows: number;
    span: number;
    same_as: number | null;
  }[];
  return rows.map(({ tick, schema, part, offset, rows: count, span, same_as: sameAs }) => ({
    tick,
    signature: signatureOf(schema),
    at: part === null ? { sameAs: sameAs! } : { span: { part, offset, rows: span }, rows: count },
  }));
}
