import type { Column } from '../column/column.ts';
import { computeAll } from '../expression/evaluate.ts';
import { Frame } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import { baseColumns } from '../schema/signature.ts';
import type { Surroundings } from './surroundings.ts';
import { kept, seen, type Lens } from './lens.ts';
import { idsOf, type LivingTable } from './living.ts';
import { placeOf, processorFailure } from './processor-failure.ts';
import { rowFrame } from './row-frame.ts';

/** A column that a processor replaced. */
export interface Write {
  readonly processor: string;
  readonly before: Column;
  readonly after: Column;
}

/** A table after all its processors; rows are those of the materialized table. */
export interface ExecutedTable extends LivingTable {
  /** By column name, in the order in which processors ran. */
  readonly writes: ReadonlyMap<string, readonly Write[]>;
}

/** One table on its way through the processors. */
export class TableRun {
  readonly table: LivingTable;
  readonly #around: Surroundings;
  readonly #writes = new Map<string, Write[]>();
  /** Columns `signature.row`, as processors have left them; made when the first one asks. */
  #frame: Frame | undefined;

  constructor(table: LivingTable, around: Surroundings) {
    this.table = table;
    this.#around = around;
  }

  /** The rows as they are now. */
  get frame(): Frame {
    const { world, tick } = this.#around;
    const { signature, frame } = this.table;
    return (this.#frame ??= rowFrame(frame, signature.row, world, tick));
  }

  /** What a processor is given of it. */
  given(lens: Lens, random: RandomSource): Frame {
    const { frame } = this;
    if (lens.plain) return frame.from(random);
    const columns = [
      ...frame.columns.slice(0, baseColumns.length),
      ...lens.columns.map((column) => seen(column, () => frame.at(column.name), frame.numRows)),
    ];
    return new Frame(lens.schema, columns, frame.numRows, random);
  }

  /** What a processor made of what it was given. @throws `processor_schema` */
  accept(processor: string, lens: Lens, given: Frame, returned: Frame): void {
    const changed = new Map<string, Column>();
    lens.columns.forEach((column, k) => {
      const at = k + baseColumns.length;
      const after = returned.columns[at]!;
      if (after === given.columns[at]) return;
      const own = kept(column, after, idsOf(this.table.frame), processor);
      if (own !== undefined) changed.set(column.name, own);
    });
    this.write(processor, changed);
  }

  /** Replaces columns, and remembers who did. */
  write(processor: string, changed: ReadonlyMap<string, Column>): void {
    if (changed.size === 0) return;
    const { frame } = this;
    for (const [name, after] of changed) {
      const write = { processor, before: frame.at(name), after };
      const writes = this.#writes.get(name);
      if (writes === undefined) this.#writes.set(name, [write]);
      else writes.push(write);
    }
    this.#frame = frame.replace(changed);
  }

  /** All that processors asked for and that the next tick begins with, in one pass. */
  #compute(columns: readonly Column[]): void {
    try {
      computeAll(columns);
    } catch (error) {
      const { processor } = [...this.#writes.values()].at(-1)![0]!;
      throw processorFailure(error, processor, placeOf(this.table.signature), this.#around);
    }
  }

  result(): ExecutedTable {
    const { signature, frame } = this.table;
    const writes = this.#writes;
    if (writes.size === 0) return { signature, frame, writes };
    const columns = [frame.columns[0]!, ...this.frame.columns.slice(baseColumns.length)];
    this.#compute(columns);
    return { signature, frame: new Frame(signature.state, columns, frame.numRows), writes };
  }
}
