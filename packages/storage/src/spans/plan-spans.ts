/**
 * Reading a tick decodes its whole span; reading an entity decodes one block of each column in each span. Engines decode
 * about a thousand values at once; the sizes that were tried are in decision 0022.
 */
const SPAN_ROWS = 4_096;
/** With fewer ticks in each, spans bring nothing of an entity together, and the catalog says for each tick who is in it. */
const FEWEST_TICKS = 4;
/** A tick of hardly any rows is not to be looked for among many. */
const SPAN_TICKS = 64;
/** A part with a larger tick has an index on its entities instead: which entities a tick has is read for each of them. */
const TICK_ROWS = 16_384;

/** Whether the ticks of a part are small enough for spans. */
export const fitSpans = (ticks: readonly { readonly rows: number }[]): boolean =>
  ticks.every(({ rows }) => rows <= TICK_ROWS);

/**
 * Groups tables of ticks, in ascending run and tick, into spans. In order of tick, the rows of one entity are in every block
 * of a part; in order of entity, those of a span are in one.
 *
 * @example
 * planSpans(ticks); // for ticks of 1 000 rows or more: 4 in each span
 */
export function planSpans<T extends { readonly run: string; readonly rows: number }>(
  ticks: readonly T[],
): readonly (readonly T[])[] {
  const spans: T[][] = [];
  let rows = 0;
  for (const [k, tick] of ticks.entries()) {
    const span = spans.at(-1);
    const fits =
      span?.[0]!.run === tick.run &&
      span.length < SPAN_TICKS &&
      (span.length < FEWEST_TICKS || rows + tick.rows <= SPAN_ROWS) &&
      // The last tick of a run is asked for most, and is read fastest alone.
      ticks[k + 1]?.run === tick.run;
    if (fits) span.push(tick);
    else {
      spans.push([tick]);
      rows = 0;
    }
    rows += tick.rows;
  }
  return spans;
}
