import { ArchetypeError, Frame, types, type Field, type Schema } from '@archetype/core';
import type { Slice, TableStore } from '../table-store.ts';
import { isAlone, type SpanRows } from './span-rows.ts';

export const tickField: Field = { name: 'tick', type: types.i32 };

/** Rows of a tick, and which tick it is. */
type TickRows = SpanRows & { readonly tick: number };

/** The rows of each tick, in order of entity. What several ticks share is read once. @throws `part_missing`, `part_damaged` */
export async function readSpans(
  tables: TableStore,
  ticks: readonly TickRows[],
  columns: Schema,
): Promise<readonly Frame[]> {
  const spans = [...new Map(ticks.map(({ span }) => [keyOf(span), span])).values()];
  const mixed = !ticks.every(isAlone);
  const schema =
    mixed && !columns.some(({ name }) => name === tickField.name)
      ? [...columns, tickField]
      : columns;
  const places = mixed ? new TickPlaces(ticks, spans) : undefined;
  const frames: Frame[] = [];
  for await (const frame of tables.scan(neighbours(spans), schema))
    frames.push(places?.pick(frame) ?? frame);
  const all = Frame.concat(schema, frames);
  const rows = places === undefined ? all : all.take(places.order());
  const wanted = schema === columns ? rows : rows.pick(columns.map(({ name }) => name));
  let row = 0;
  return ticks.map((tick) => wanted.slice(row, (row += tick.rows)));
}

/** Where the next row of each tick of a span belongs. */
interface SpanPlaces {
  readonly span: Slice;
  readonly first: number;
  /** By tick, from the first on; -1 for ticks that are not wanted. */
  readonly next: Int32Array;
}

/** Takes the rows of ticks out of spans that have those of several among each other. */
class TickPlaces {
  readonly #ticks: readonly TickRows[];
  readonly #spans: readonly SpanPlaces[];
  /** Where each row that was picked belongs. */
  readonly #places: Int32Array;
  #picked = 0;
  #span = 0;
  #row = 0;

  constructor(ticks: readonly TickRows[], spans: readonly Slice[]) {
    const of = Map.groupBy(ticks, ({ span }) => keyOf(span));
    this.#ticks = ticks;
    this.#spans = spans.map((span) => {
      const [first, last] = boundsOf(of.get(keyOf(span))!);
      return { span, first, next: new Int32Array(last - first + 1).fill(-1) };
    });
    const bySpan = new Map(this.#spans.map((places) => [keyOf(places.span), places]));
    let rows = 0;
    for (const { span, tick, rows: count } of ticks) {
      const { first, next } = bySpan.get(keyOf(span))!;
      next[tick - first] = rows;
      rows += count;
    }
    this.#places = new Int32Array(rows);
  }

  /** The wanted ones of the next rows of the spans. */
  pick(frame: Frame): Frame {
    const tickOf = frame.at(tickField.name).data as Int32Array;
    const rows = new Int32Array(frame.numRows);
    let picked = 0;
    for (let row = 0; row < frame.numRows;) {
      const { span, first, next } = this.#spans[this.#span]!;
      const end = Math.min(frame.numRows, row + span.rows - this.#row);
      this.#row += end - row;
      for (; row < end; row++) {
        const k = tickOf[row]! - first;
        const place = next[k] ?? -1;
        if (place < 0) continue;
        next[k] = place + 1;
        // Rows beyond what was written are told of below.
        if (this.#picked < this.#places.length) this.#places[this.#picked] = place;
        this.#picked++;
        rows[picked++] = row;
      }
      if (this.#row === span.rows) [this.#span, this.#row] = [this.#span + 1, 0];
    }
    return picked === frame.numRows ? frame : frame.take(rows.subarray(0, picked));
  }

  /** Which picked row comes where. @throws `part_damaged` */
  order(): Int32Array {
    const bySpan = new Map(this.#spans.map((places) => [keyOf(places.span), places]));
    let end = 0;
    for (const { span, tick, rows } of this.#ticks) {
      end += rows;
      const { first, next } = bySpan.get(keyOf(span))!;
      const found = next[tick - first]! - end + rows;
      if (found === rows) continue;
      throw new ArchetypeError(
        'part_damaged',
        `Part ${span.part} gave ${found} rows of tick ${tick} where ${rows} were written; restore it from a backup.`,
      );
    }
    const order = new Int32Array(end);
    for (let row = 0; row < end; row++) order[this.#places[row]!] = row;
    return order;
  }
}

function boundsOf(ticks: readonly TickRows[]): readonly [number, number] {
  let [first, last] = [Infinity, -Infinity];
  for (const { tick } of ticks) {
    first = Math.min(first, tick);
    last = Math.max(last, tick);
  }
  return [first, last];
}

const keyOf = ({ part, offset, rows }: Slice): string => `${part} ${offset} ${rows}`;

/** Slices that follow each other in one part become one. */
export function neighbours(slices: readonly Slice[]): readonly Slice[] {
  const merged: Slice[] = [];
  for (const slice of slices) {
    const last = merged.at(-1);
    if (last?.part === slice.part && last.offset + last.rows === slice.offset) {
      merged[merged.length - 1] = { ...last, rows: last.rows + slice.rows };
    } else merged.push(slice);
  }
  return merged;
}
