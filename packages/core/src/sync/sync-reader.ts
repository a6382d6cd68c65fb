import type { ColumnsOf, Found, MessageColumns, VectorField } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { typed } from '../frame/frame.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Simplify } from '../schema/types.ts';
import type { StoredWorld } from '../store/store.ts';
import type { QueryOptions, Ticks } from '../world/query.ts';
import type { SearchOptions } from '../world/search.ts';
import { readableShape } from '../world/world-reader.ts';
import { readMessagesNow, readQueryNow, searchNearestNow } from './sync-reads.ts';
import type { SyncStore } from './sync-store.ts';

/** As `WorldReader`, for scripts that do not await. */
export class SyncWorldReader {
  readonly #store: SyncStore;
  /** What the store knew of it when it was attached. */
  readonly record: StoredWorld;

  /** Made by `SyncWorlds.attach`. */
  constructor(store: SyncStore, record: StoredWorld) {
    this.#store = store;
    this.record = record;
  }

  /** As `WorldReader.query`. */
  query<
    const Cs extends readonly AnyComponent[],
    const S extends keyof ColumnsOf<Cs> & string = keyof ColumnsOf<Cs> & string,
  >(
    components: Cs,
    options?: QueryOptions<ColumnsOf<Cs>, S>,
  ): DataFrame<Simplify<Pick<ColumnsOf<Cs>, S>>>;
  query(components: readonly string[], options?: QueryOptions): DataFrame;
  query(components: readonly (AnyComponent | string)[], options: QueryOptions = {}): DataFrame {
    const wanted = components.map((component) => readableShape(this.record, component));
    return typed(readQueryNow(this.#store, this.record.world, undefined, wanted, options));
  }

  /** As `WorldReader.search`. */
  search<const C extends AnyComponent>(
    component: C,
    field: VectorField<C>,
    vector: ArrayLike<number>,
    options?: SearchOptions<ColumnsOf<[C]>>,
  ): DataFrame<Found<C>>;
  search(
    component: string,
    field: string,
    vector: ArrayLike<number>,
    options?: SearchOptions,
  ): DataFrame;
  search(
    component: AnyComponent | string,
    field: string,
    vector: ArrayLike<number>,
    options: SearchOptions = {},
  ): DataFrame {
    const shape = readableShape(this.record, component);
    const { world } = this.record;
    return typed(searchNearestNow(this.#store, world, undefined, shape, field, vector, options));
  }

  /** As `WorldReader.messages`. */
  messages(options: { readonly ticks?: Ticks } = {}): DataFrame<MessageColumns> {
    const { world } = this.record;
    return typed(readMessagesNow(this.#store, world, undefined, options.ticks ?? 'all'));
  }
}
