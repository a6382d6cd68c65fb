import { ArchetypeError, didYouMean } from '../errors.ts';
import type { ColumnsOf, Found, MessageColumns, VectorField } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { typed } from '../frame/frame.ts';
import { requireComponent, type AnyComponent } from '../schema/component.ts';
import type { Simplify } from '../schema/types.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { Store, StoredWorld } from '../store/store.ts';
import { readMessages } from './messages.ts';
import { readQuery, type QueryOptions, type Ticks } from './query.ts';
import { searchNearest, type SearchOptions } from './search.ts';

/** A stored world that is only read; another process may write it meanwhile. */
export class WorldReader {
  readonly #store: Store;
  /** What the store knew of it when it was attached. */
  readonly record: StoredWorld;

  /** Made by `Worlds.attach`. */
  constructor(store: Store, record: StoredWorld) {
    this.#store = store;
    this.record = record;
  }

  /** As `World.query`; components may also be given by name, as they were stored. */
  async query<
    const Cs extends readonly AnyComponent[],
    const S extends keyof ColumnsOf<Cs> & string = keyof ColumnsOf<Cs> & string,
  >(
    components: Cs,
    options?: QueryOptions<ColumnsOf<Cs>, S>,
  ): Promise<DataFrame<Simplify<Pick<ColumnsOf<Cs>, S>>>>;
  async query(components: readonly string[], options?: QueryOptions): Promise<DataFrame>;
  async query(
    components: readonly (AnyComponent | string)[],
    options: QueryOptions = {},
  ): Promise<DataFrame> {
    const wanted = components.map((component) => readableShape(this.record, component));
    return typed(await readQuery(this.#store, this.record.world, undefined, wanted, options));
  }

  /** As `World.search`; a component may also be given by name, as it was stored. */
  async search<const C extends AnyComponent>(
    component: C,
    field: VectorField<C>,
    vector: ArrayLike<number>,
    options?: SearchOptions<ColumnsOf<[C]>>,
  ): Promise<DataFrame<Found<C>>>;
  async search(
    component: string,
    field: string,
    vector: ArrayLike<number>,
    options?: SearchOptions,
  ): Promise<DataFrame>;
  async search(
    component: AnyComponent | string,
    field: string,
    vector: ArrayLike<number>,
    options: SearchOptions = {},
  ): Promise<DataFrame> {
    const shape = readableShape(this.record, component);
    const { world } = this.record;
    return typed(await searchNearest(this.#store, world, undefined, shape, field, vector, options));
  }

  /** As `World.messages`. */
  async messages(options: { readonly ticks?: Ticks } = {}): Promise<DataFrame<MessageColumns>> {
    const { world } = this.record;
    return typed(await readMessages(this.#store, world, undefined, options.ticks ?? 'all'));
  }
}

/**
 * A stored world's component: with the defaults that were recorded, which count for older rows; by name, as it was stored.
 *
 * @throws `unknown_component`
 */
export function readableShape(
  { name: world, components }: StoredWorld,
  component: AnyComponent | string,
): ComponentShape {
  const name = typeof component === 'string' ? component : requireComponent(component).type;
  const stored = components.find((shape) => shape.type === name);
  if (typeof component !== 'string') {
    const { type, prefix, columns, defaults } = component;
    return { type, prefix, columns, defaults: { ...defaults, ...stored?.defaults } };
  }
  if (stored !== undefined) return stored;
  const names = [...new Set(components.map((shape) => shape.type))].toSorted();
  throw new ArchetypeError(
    'unknown_component',
    `World "${world}" has no component "${name}" at its newest tick${didYouMean(name, names)} It has: ${names.join(', ') || 'none'}.`,
  );
}
