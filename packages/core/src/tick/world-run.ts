import { concat } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Frame } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import type { Presence } from '../schema/presence.ts';
import { baseColumns } from '../schema/signature.ts';
import { kept, lensOf, seen, type Lens } from './lens.ts';
import { entityOrder, idsOf } from './living.ts';
import type { Piece } from './piece.ts';
import type { Processor } from './processor.ts';
import type { TableRun } from './table-run.ts';
import type { View } from './view.ts';

interface Part {
  readonly run: TableRun;
  readonly lens: Lens;
}

/** All tables that a processor of scope "world" runs on, as one frame in ascending `entity_id`, and back. */
export class WorldRun implements Piece {
  readonly place = 'world';
  readonly where = 'all tables it matches';
  readonly #parts: readonly Part[];
  /** Rows of the parts one after the other, in ascending entity; undefined where that is how they are. */
  readonly #order: Int32Array | undefined;

  constructor(processor: Processor, runs: readonly TableRun[]) {
    this.#parts = runs.flatMap((run) => {
      const lens = lensOf(processor, run.table.signature);
      return lens === undefined ? [] : [{ run, lens }];
    });
    if (this.#parts.length < 2) return;
    this.#order = entityOrder(
      concat(
        baseColumns[2]!.type,
        this.#parts.map(({ run }) => run.table.frame.columns[0]!),
      ),
    );
  }

  /** Whether no table is such a one. */
  get empty(): boolean {
    return this.#parts.length === 0;
  }

  presence(view: View): Presence {
    return (component) => {
      const having = this.#parts.filter(({ run }) =>
        run.table.signature.names.includes(component),
      ).length;
      if (having === 0) return false;
      return having === this.#parts.length || view.presence(component);
    };
  }

  given(random: RandomSource): Frame {
    const { schema, columns } = this.#parts[0]!.lens;
    const base = baseColumns.map(({ name, type }) =>
      this.#gather(
        type,
        this.#parts.map(({ run }) => run.frame.at(name)),
      ),
    );
    const own = columns.map(({ name }, k) =>
      this.#gather(
        schema[k + baseColumns.length]!.type,
        this.#parts.map(({ run, lens }) =>
          seen(lens.columns[k]!, () => run.frame.at(name), run.frame.numRows),
        ),
      ),
    );
    return new Frame(schema, [...base, ...own], base[0]!.length, random);
  }

  #gather(type: Column['type'], parts: readonly Column[]): Column {
    if (this.#order === undefined) return parts[0]!;
    return concat(type, parts).take(this.#order);
  }

  /** Gives each table its part of what the processor made; columns whose cells did not change stay what they are. */
  accept(processor: string, given: Frame, returned: Frame): void {
    const changed = given.columns.flatMap((column, k) =>
      k < baseColumns.length || column === returned.columns[k] ? [] : [k],
    );
    if (changed.length === 0) return;
    const positions = this.#positions(given.numRows);
    let first = 0;
    for (const { run, lens } of this.#parts) {
      const end = first + run.table.frame.numRows;
      const rows = positions?.subarray(first, end);
      const columns = new Map<string, Column>();
      for (const k of changed) {
        const column = lens.columns[k - baseColumns.length]!;
        const all = returned.columns[k]!;
        const after = rows === undefined ? all : all.take(rows);
        const own = kept(column, after, idsOf(run.table.frame), processor);
        if (own !== undefined && !own.equals(run.frame.at(column.name)))
          columns.set(column.name, own);
      }
      run.write(processor, columns);
      first = end;
    }
  }

  /** The position in the world's frame of each row of the parts, one part after the other. */
  #positions(n: number): Int32Array | undefined {
    const order = this.#order;
    if (order === undefined) return undefined;
    const positions = new Int32Array(n);
    for (let at = 0; at < n; at++) positions[order[at]!] = at;
    return positions;
  }
}
