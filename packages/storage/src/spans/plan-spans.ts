/** Engines read blocks of about 1 000 values; so many rows are enough of them to skip most, and few for one tick to read. */
const SPAN_ROWS = 16_384;
/** Fewer ticks gain too little. */
const LEAST_TICKS = 4;
/** Ticks of fewer rows gain nothing: a block has some of every entity all the same. */
const LEAST_ROWS = 16;

/**
 * Groups tables of ticks, in ascending run and tick, into spans. In order of tick, the rows of one entity are in every block
 * of a part; in order of entity, those of a span are in one.
 *
 * @example
 * planSpans(ticks); // for ticks of 1 000 rows: 16 in each span
 */
export function planSpans<T extends { readonly run: string; readonly rows: number }>(
  ticks: readonly T[],
): readonly (readonly T[])[] {
  const spans: T[][] = [];
  let rows = 0;
  for (const tick of ticks) {
    const span = spans.at(-1);
    if (span?.[0]!.run === tick.run && rows + tick.rows <= SPAN_ROWS) span.push(tick);
    else {
      spans.push([tick]);
      rows = 0;
    }
    rows += tick.rows;
  }
  return spans.flatMap((span) => (isWorthIt(span) ? [span] : span.map((tick) => [tick])));
}

function isWorthIt(span: readonly { readonly rows: number }[]): boolean {
  const rows = span.reduce((sum, tick) => sum + tick.rows, 0);
  return span.length >= LEAST_TICKS && rows >= span.length * LEAST_ROWS;
}
