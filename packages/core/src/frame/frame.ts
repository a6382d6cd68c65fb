import type { Column } from '../column/column.ts';
import { concat } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { unknownColumn } from '../expression/plan.ts';
import type { RandomSource } from '../random/source.ts';
import type { Field, Schema } from '../schema/column-type.ts';
import type { Fields } from '../schema/component.ts';
import type { DataFrame } from './data-frame.ts';
import type { SortKey } from './verb-types.ts';
import { concatFrames } from './concat-frames.ts';
import { describeColumns } from './describe.ts';
import { distinct } from './distinct.ts';
import { filter } from './filter.ts';
import { groupBy, type Grouping } from './group-by.ts';
import { join, type JoinOptions } from './join.ts';
import { kernel, type Loop } from './kernel.ts';
import { lookup } from './lookup.ts';
import { mapAsync, type CallOptions } from './map-async.ts';
import { mapRows, type RowFunction } from './map-rows.ts';
import { readColumn } from './read-column.ts';
import { rename } from './rename.ts';
import { sample, type SampleOptions } from './sample.ts';
import { printFrame } from './show.ts';
import { sort } from './sort.ts';
import { withColumns } from './with-columns.ts';

/** What runs behind every `DataFrame`: the engine sees columns, users see types. */
export class Frame {
  readonly schema: Schema;
  readonly columns: readonly Column[];
  readonly numRows: number;
  /** Present on frames that a processor was given, and on what it makes of them. */
  readonly random: RandomSource | undefined;
  #known: ReadonlyMap<string, number> | undefined;

  constructor(schema: Schema, columns: readonly Column[], numRows: number, random?: RandomSource) {
    this.schema = schema;
    this.columns = columns;
    this.numRows = numRows;
    this.random = random;
  }

  /** Found when a column is first asked for by name: many frames only pass through. */
  get #positions(): ReadonlyMap<string, number> {
    return (this.#known ??= positionsOf(this.schema));
  }

  get columnNames(): readonly string[] {
    return this.schema.map((field) => field.name);
  }

  has(name: string): boolean {
    return this.#positions.has(name);
  }

  /** The column, or undefined when there is none. */
  find(name: string): Column | undefined {
    const position = this.#positions.get(name);
    return position === undefined ? undefined : this.columns[position];
  }

  /** @throws `unknown_column` */
  at(name: string): Column {
    const position = this.#positions.get(name);
    if (position === undefined) throw unknownColumn(name, this.columnNames);
    return this.columns[position]!;
  }

  /** The same rows with columns replaced, or added at the end where their name is new. */
  replace(changed: ReadonlyMap<string, Column>): Frame {
    const columns = [...this.columns];
    const added: Field[] = [];
    for (const [name, column] of changed) {
      const position = this.#positions.get(name);
      if (position !== undefined) columns[position] = column;
      else {
        added.push({ name, type: column.type });
        columns.push(column);
      }
    }
    const schema = added.length === 0 ? this.schema : [...this.schema, ...added];
    return this.derive(schema, columns, this.numRows);
  }

  /** Other columns that come from this frame, and so draw from the same random source. */
  derive(schema: Schema, columns: readonly Column[], numRows: number): Frame {
    return new Frame(schema, columns, numRows, this.random);
  }

  /** The same rows for a run of a processor: its random numbers, and what it knows of the entities. */
  from(random: RandomSource): Frame {
    return new Frame(this.schema, this.columns, this.numRows, random);
  }

  /** The rows at these positions, in this order. */
  take(rows: Int32Array): Frame {
    const columns = this.columns.map((column) => column.take(rows));
    return this.derive(this.schema, columns, rows.length);
  }

  pick(names: readonly string[]): Frame {
    const fields = names.map((name) => {
      const position = this.#positions.get(name);
      if (position === undefined) throw unknownColumn(name, this.columnNames);
      return position;
    });
    return new Frame(
      fields.map((k) => this.schema[k]!),
      fields.map((k) => this.columns[k]!),
      this.numRows,
      this.random,
    );
  }

  static concat(schema: Schema, frames: readonly Frame[]): Frame {
    if (frames.length === 1 && frames[0]!.schema === schema) return frames[0]!;
    const columns = schema.map((field) =>
      concat(
        field.type,
        frames.map((frame) => frame.at(field.name)),
      ),
    );
    return new Frame(
      schema,
      columns,
      frames.reduce((n, frame) => n + frame.numRows, 0),
    );
  }

  // What follows is the door that `DataFrame` types.

  withColumns(build: (c: never) => Readonly<Record<string, unknown>>): Frame {
    return withColumns(this, build);
  }

  filter(build: (c: never) => unknown): Frame {
    return filter(this, build);
  }

  select(...names: readonly string[]): Frame {
    return this.pick(names);
  }

  drop(...names: readonly string[]): Frame {
    for (const name of names) this.at(name);
    return this.pick(this.columnNames.filter((name) => !names.includes(name)));
  }

  slice(from: number, to: number = this.numRows): Frame {
    const [first, last] = [clampRow(from, this.numRows), clampRow(to, this.numRows)];
    const end = Math.max(first, last);
    if (first === 0 && end === this.numRows) return this;
    const columns = this.columns.map((column) => column.slice(first, end));
    return this.derive(this.schema, columns, end - first);
  }

  rename(names: Readonly<Record<string, string>>): Frame {
    return rename(this, names);
  }

  sort(...keys: readonly SortKey[]): Frame {
    return sort(this, keys);
  }

  limit(rows: number): Frame {
    return this.slice(0, checkCount('limit', rows));
  }

  distinct(...names: readonly string[]): Frame {
    return distinct(this, names);
  }

  groupBy(...keys: readonly string[]): Grouping {
    return groupBy(this, keys);
  }

  join(other: unknown, options: JoinOptions): Frame {
    return join(this, plain(other), options);
  }

  lookup(
    name: string,
    other: unknown,
    columns: Readonly<Record<string, string>>,
    key = 'entity_id',
  ): Frame {
    return lookup(this, name, plain(other), columns, key);
  }

  sample(rows: number, options: SampleOptions = {}): Frame {
    return sample(this, checkCount('sample', rows), options);
  }

  describe(): Frame {
    return describeColumns(this);
  }

  concat(...others: readonly unknown[]): Frame {
    return others.length === 0 ? this : concatFrames(this, others.map(plain));
  }

  kernel(
    writes: readonly string[],
    loop: Loop,
    options: { readonly inout?: readonly string[] } = {},
  ): Frame {
    return kernel(this, writes, loop, options.inout ?? []);
  }

  mapRows(outputs: readonly string[] | Fields, fn: RowFunction): Frame {
    return mapRows(this, outputs, fn);
  }

  mapAsync(options: CallOptions): Promise<Frame> {
    return mapAsync(this, options);
  }

  column(name: string): unknown {
    return readColumn(this.at(name), 'copy');
  }

  toRows(): Record<string, unknown>[] {
    return [...this];
  }

  *[Symbol.iterator](): Generator<Record<string, unknown>> {
    for (let row = 0; row < this.numRows; row++) {
      yield Object.fromEntries(this.schema.map(({ name }, k) => [name, this.columns[k]!.get(row)]));
    }
  }

  equals(other: unknown, options: { readonly except?: readonly string[] } = {}): boolean {
    const [a, b] = [this, plain(other)].map((frame) => {
      const except = options.except ?? [];
      return frame.pick(frame.columnNames.filter((name) => !except.includes(name)));
    }) as [Frame, Frame];
    return (
      a.numRows === b.numRows &&
      a.columns.length === b.columns.length &&
      a.columns.every(
        (column, k) => a.schema[k]!.name === b.schema[k]!.name && column.equals(b.columns[k]!),
      )
    );
  }

  show(rows = 20): void {
    console.log(printFrame(this, rows));
  }

  toString(): string {
    return printFrame(this, 20);
  }
}

const clampRow = (row: number, n: number): number =>
  Math.min(n, Math.max(0, row < 0 ? n + row : row));

function checkCount(verb: string, count: number): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new ArchetypeError(
    'invalid_argument',
    `${verb} was told ${String(count)} rows; give a whole number from 0 on.`,
  );
}

const positions = new WeakMap<Schema, ReadonlyMap<string, number>>();
function positionsOf(schema: Schema): ReadonlyMap<string, number> {
  let map = positions.get(schema);
  if (map === undefined) {
    map = new Map(schema.map((field, k) => [field.name, k]));
    positions.set(schema, map);
  }
  return map;
}

/** The typed face of a frame. */
export const typed = <C>(frame: Frame): DataFrame<C> => frame as unknown as DataFrame<C>;

/** Whether something is a frame, and not, for example, JSON. */
export const isDataFrame = (given: unknown): given is DataFrame => given instanceof Frame;

/** What is behind a `DataFrame`. @throws `invalid_argument` for anything else */
export function plain(given: unknown): Frame {
  if (given instanceof Frame) return given;
  throw new ArchetypeError(
    'invalid_argument',
    `A DataFrame was needed and ${given === null ? 'null' : typeof given} was given.`,
  );
}
