import { Frame, type Schema } from '@archetype/core';
import { spanEntities } from './span-entities.ts';

/** A span as the catalog has it. */
export interface StoredSpan {
  /** Where it begins in its part. */
  readonly offset: number;
  readonly run: string;
  readonly firstTick: number;
  readonly lastTick: number;
  /** Which entities have how many of its rows: `spanEntities`. */
  readonly entities: Uint8Array;
}

/** Puts the rows of spans in order as they are written to a part, and notes which entities each has. */
export class EntityOrder {
  readonly spans: StoredSpan[] = [];
  #offset = 0;

  /** The next span's rows, from those of its ticks, in order of entity, then tick. */
  rowsOf(
    schema: Schema,
    ticks: readonly { readonly run: string; readonly tick: number; readonly rows: Frame }[],
  ): Frame {
    const [{ run, tick: firstTick }] = ticks as [(typeof ticks)[number]];
    const lastTick = ticks.at(-1)!.tick;
    const rows = Frame.concat(
      schema,
      ticks.map((tick) => tick.rows),
    );
    const ordered = ticks.length === 1 ? rows : rows.sort('entity_id');
    const entities = spanEntities(ordered.at('entity_id').data as Int32Array);
    this.spans.push({ offset: this.#offset, run, firstTick, lastTick, entities });
    this.#offset += ordered.numRows;
    return ordered;
  }
}
