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
  const spans = new Map(ticks.map(({ span }) => [keyOf(span), span]));
  const mixed = !ticks.every(isAlone);
  const schema =
    mixed && !columns.some(({ name }) => name === tickField.name)
      ? [...columns, tickField]
      : columns;
  const frames: Frame[] = [];
  for await (const frame of tables.scan(neighbours([...spans.values()]), schema))
    frames.push(frame);
  const all = Frame.concat(schema, frames);
  const rows = mixed ? inTickOrder(all, ticks, [...spans.values()]) : all;
  const wanted = schema === columns ? rows : rows.pick(columns.map(({ name }) => name));
  let row = 0;
  return ticks.map((tick) => wanted.slice(row, (row += tick.rows)));
}

/** The rows of ticks one after the other, taken from spans that have those of several among each other. */
function inTickOrder(all: Frame, ticks: readonly TickRows[], spans: readonly Slice[]): Frame {
  const next = new Map<string, Map<number, number>>();
  let rows = 0;
  for (const { span, tick, rows: count } of ticks) {
    const places = next.get(keyOf(span)) ?? new Map<number, number>();
    next.set(keyOf(span), places.set(tick, rows));
    rows += count;
  }
  const order = new Int32Array(rows);
  const tickOf = all.at(tickField.name).data as Int32Array;
  let row = 0;
  for (const span of spans) {
    const places = next.get(keyOf(span))!;
    for (const end = row + span.rows; row < end; row++) {
      const place = places.get(tickOf[row]!);
      if (place === undefined) continue;
      order[place] = row;
      places.set(tickOf[row]!, place + 1);
    }
  }
  let end = 0;
  for (const { span, tick, rows: count } of ticks) {
    end += count;
    const found = next.get(keyOf(span))!.get(tick)! - end + count;
    if (found === count) continue;
    throw new ArchetypeError(
      'part_damaged',
      `Part ${span.part} gave ${found} rows of tick ${tick} where ${count} were written; restore it from a backup.`,
    );
  }
  return all.take(order);
}

const keyOf = ({ part, offset, rows }: Slice): string => `${part} ${offset} ${rows}`;

/** Slices that follow each other in one part become one. */
function neighbours(slices: readonly Slice[]): readonly Slice[] {
  const merged: Slice[] = [];
  for (const slice of slices) {
    const last = merged.at(-1);
    if (last?.part === slice.part && last.offset + last.rows === slice.offset) {
      merged[merged.length - 1] = { ...last, rows: last.rows + slice.rows };
    } else merged.push(slice);
  }
  return merged;
}
