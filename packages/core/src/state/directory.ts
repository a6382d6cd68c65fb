import type { Frame } from '../frame/frame.ts';

/** Anything whose rows are living entities, in ascending `entity_id`, which is its first column. */
export interface Dwelling {
  readonly frame: Frame;
}

/** Above this many ids per row, ids are too sparse for an index by id. */
const MAX_SPARSITY = 16;
/** Searched tables for each row after which an index has paid for itself. */
const SEARCHES_PER_ROW = 1 / 8;

/**
 * Finds entities in the tables of one state. A few are searched for; once many have been, an index by id is built, so that
 * neither one entity among many tables nor many entities in one tick are slow.
 */
export class Directory<T extends Dwelling> {
  readonly tables: readonly T[];
  /** The row of the entity that was found last. */
  row = -1;
  readonly #ids: readonly Int32Array[];
  readonly #rows: number;
  #searches = 0;
  /** Where the last search ended: the next entity is often the next row. */
  #last = 0;
  #index: Index | 'sparse' | undefined;

  constructor(tables: Iterable<T>) {
    this.tables = [...tables];
    this.#ids = this.tables.map(({ frame }) => frame.columns[0]!.data as Int32Array);
    this.#rows = this.#ids.reduce((n, ids) => n + ids.length, 0);
  }

  /** The position in `tables` of the table in which an entity lives, its row in `row`; or -1. */
  find(entity: number): number {
    if (this.#index === undefined && this.#searches > 64 + this.#rows * SEARCHES_PER_ROW)
      this.#index = indexOf(this.#ids, this.#rows);
    if (typeof this.#index !== 'object') return this.#search(entity);
    const { low, places, firsts } = this.#index;
    const place = places[entity - low] ?? 0;
    if (place === 0) {
      this.row = -1;
      return -1;
    }
    let table = this.#last;
    if (place < firsts[table]! || place >= firsts[table + 1]!) {
      table = 0;
      while (place >= firsts[table + 1]!) table++;
      this.#last = table;
    }
    this.row = place - firsts[table]!;
    return table;
  }

  /** The table of an entity, or undefined. */
  tableOf(entity: number): T | undefined {
    return this.tables[this.find(entity)];
  }

  #search(entity: number): number {
    const next = this.#ids[this.#last];
    if (next !== undefined && next[this.row + 1] === entity) {
      this.row++;
      return this.#last;
    }
    for (let k = 0; k < this.#ids.length; k++) {
      const row = searchRow(this.#ids[k]!, entity);
      this.#searches++;
      if (row < 0) continue;
      this.row = row;
      this.#last = k;
      return k;
    }
    this.row = -1;
    return -1;
  }
}

/** The place of each entity, by id from `low` on: rows of all tables counted through from 1; 0 where there is none. */
interface Index {
  readonly low: number;
  readonly places: Int32Array;
  /** The place of each table's first row, and one after the last. */
  readonly firsts: Int32Array;
}

function indexOf(tables: readonly Int32Array[], rows: number): Index | 'sparse' {
  let [low, high] = [Infinity, -Infinity];
  for (const ids of tables) {
    low = Math.min(low, ids[0] ?? low);
    high = Math.max(high, ids.at(-1) ?? high);
  }
  const span = rows === 0 ? 0 : high - low + 1;
  if (span > rows * MAX_SPARSITY) return 'sparse';
  const places = new Int32Array(span);
  const firsts = new Int32Array(tables.length + 1);
  let place = 1;
  tables.forEach((ids, k) => {
    firsts[k] = place;
    for (let row = 0; row < ids.length; row++) places[ids[row]! - low] = place++;
  });
  firsts[tables.length] = place;
  return { low, places, firsts };
}

/** Ids are handed out one after the other, so most are near where an even spread would have them. */
const GUESSES = 4;

/** Row of an entity in ascending ids, or -1. */
export function searchRow(ids: Int32Array, entity: number): number {
  let low = 0;
  let high = ids.length - 1;
  for (let k = 0; low <= high; k++) {
    const [first, last] = [ids[low]!, ids[high]!];
    if (!(entity >= first && entity <= last)) return -1;
    const spread = k < GUESSES ? (entity - first) / (last - first || 1) : 0.5;
    const row = low + Math.trunc(spread * (high - low));
    const id = ids[row]!;
    if (id === entity) return row;
    if (id < entity) low = row + 1;
    else high = row - 1;
  }
  return -1;
}

const directories = new WeakMap<object, Directory<Dwelling>>();

/** The directory of a state's tables; made once for each state. */
export function directoryOf<T extends Dwelling>(tables: ReadonlyMap<unknown, T>): Directory<T> {
  let directory = directories.get(tables);
  if (directory === undefined)
    directories.set(tables, (directory = new Directory(tables.values())));
  return directory as Directory<T>;
}
