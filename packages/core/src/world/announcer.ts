import { typed } from '../frame/frame.ts';
import { orAborted } from '../frame/or-aborted.ts';
import type { TableId } from '../schema/signature.ts';
import { directoryOf } from '../state/directory.ts';
import type { Logger } from '../state/logger.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { entityEvents, type TableEntities } from '../tick/entity-events.ts';
import { rowFrame } from '../tick/row-frame.ts';
import type { Updated } from '../tick/tick.ts';
import { quiet } from './hook-world.ts';
import type { HookEvent, HookEvents, Hooks } from './hooks.ts';
import type { World } from './world.ts';

const ABOUT_ENTITIES = [
  'despawn',
  'componentRemoved',
  'componentAdded',
  'update',
  'spawn',
] as const;

/** Tells a world's hooks what happens. What an event carries is made only when somebody listens to it. */
export class Announcer {
  readonly #world: World;
  readonly #hooks: Hooks;
  readonly #logger: Logger;
  /** Runs handlers so that the world knows when it is called from one. */
  readonly #inside: (work: () => unknown) => unknown;
  readonly #closing = new AbortController();

  constructor(
    world: World,
    hooks: Hooks,
    logger: Logger,
    inside: (work: () => unknown) => unknown,
  ) {
    this.#world = world;
    this.#hooks = hooks;
    this.#logger = logger;
    this.#inside = inside;
  }

  listens(event: HookEvent): boolean {
    return this.#hooks.has(event);
  }

  /** Somebody wants to be told of ticks that have become durable. */
  get after(): boolean {
    return this.#hooks.after;
  }

  /** … and the next tick has to wait for it. */
  get blocksAfter(): boolean {
    return this.#hooks.blocksAfter;
  }

  async preTick(tick: number, signal: AbortSignal): Promise<void> {
    await this.#emit('preTick', { tick }, signal);
  }

  /** In the order: entities that went, changed and came, then the tick as a whole. */
  async ticked(
    before: Snapshot,
    after: Snapshot,
    updated: () => readonly Updated[],
    signal: AbortSignal,
  ): Promise<void> {
    const { tick } = after;
    const changes = ABOUT_ENTITIES.some((event) => this.listens(event))
      ? entityEvents(before, after)
      : { born: [], died: [], added: [], removed: [] };
    const tell = async (
      event: (typeof ABOUT_ENTITIES)[number],
      groups: readonly (TableEntities & { readonly component?: string })[],
    ): Promise<void> => {
      for (const { signature, entities, component } of groups) {
        const about = { tick, table: signature.table, components: signature.names, entities };
        await this.#emit(event, { ...about, component } as never, signal);
      }
    };
    await tell('despawn', changes.died);
    await tell('componentRemoved', changes.removed);
    await tell('componentAdded', changes.added);
    if (this.listens('update'))
      await tell('update', updatesByTable(after, updated(), changes.born));
    await tell('spawn', changes.born);
    const { id, run_id: run, name } = this.#world;
    const frames = lazily(after, (table) => {
      const { signature, frame } = after.tables.get(table)!;
      return typed(rowFrame(frame, signature.row, { id, run, name }, tick));
    });
    await this.#emit('postTick', { tick, frames } as never, signal);
  }

  async tickError(error: unknown, tick: number, signal: AbortSignal): Promise<void> {
    await this.#emit('tickError', { tick, error }, signal);
  }

  async forked(fork: World, tick: number): Promise<void> {
    await this.#emit('fork', { tick, fork }, this.#closing.signal);
  }

  async destroyed(tick: number): Promise<void> {
    await this.#emit('destroy', { tick }, this.#closing.signal);
  }

  /** Handlers are told to end; those that block a tick are not waited for any longer. */
  close(): void {
    this.#closing.abort();
  }

  /** Resolves when no handler runs any more. */
  async drain(): Promise<void> {
    await this.#hooks.drain();
  }

  async #emit<E extends HookEvent>(
    event: E,
    about: Omit<HookEvents[E], 'world' | 'signal'>,
    until: AbortSignal,
  ): Promise<void> {
    if (!this.#hooks.has(event)) return;
    const world = this.#world;
    const { signal } = this.#closing;
    const given = (mode: 'blocking' | 'detached'): HookEvents[E] =>
      Object.freeze({
        ...about,
        signal,
        world: mode === 'blocking' ? world : quiet(world),
      }) as unknown as HookEvents[E];
    const stop = AbortSignal.any([until, signal]);
    const call = (work: () => unknown): unknown =>
      orAborted(Promise.resolve(this.#inside(work)), stop);
    await this.#hooks.emit(event, given, call, async (error) => {
      this.#logger.error(`A handler of "${event}" of world "${world.name}" failed.`, { error });
      const tick = (about as { readonly tick: number }).tick;
      if (event !== 'tickError')
        await this.#emit('tickError', { tick, error, handler: event }, until);
    });
  }
}

/** Frames that are made when they are first read. */
function lazily<F>({ tables }: Snapshot, make: (table: TableId) => F): ReadonlyMap<TableId, F> {
  const made = new Map<TableId, F>();
  const get = (table: TableId): F | undefined => {
    if (!tables.has(table)) return undefined;
    let frame = made.get(table);
    if (frame === undefined) made.set(table, (frame = make(table)));
    return frame;
  };
  function* entries(): MapIterator<[TableId, F]> {
    for (const table of tables.keys()) yield [table, get(table)!];
    return undefined;
  }
  function* values(): MapIterator<F> {
    for (const [, frame] of entries()) yield frame;
    return undefined;
  }
  const map: ReadonlyMap<TableId, F> = {
    size: tables.size,
    get,
    has: (table) => tables.has(table),
    keys: () => tables.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach: (each) => {
      for (const [table, frame] of entries()) each(frame, table, map);
    },
  };
  return map;
}

/** Updated entities that live, by the table in which they do; births are told of as such. */
function updatesByTable(
  after: Snapshot,
  updates: readonly Updated[],
  born: readonly TableEntities[],
): readonly (TableEntities & { readonly component: string })[] {
  const fresh = new Set(born.flatMap(({ entities }) => [...entities]));
  const directory = directoryOf(after.tables);
  const groups = new Map<string, { table: TableId; component: string; entities: Set<number> }>();
  for (const { component, entities } of updates) {
    for (const entity of entities) {
      const signature = fresh.has(entity) ? undefined : directory.tableOf(entity)?.signature;
      if (signature?.names.includes(component) !== true) continue;
      const key = `${signature.table} ${component}`;
      const group = groups.get(key) ?? { table: signature.table, component, entities: new Set() };
      groups.set(key, group);
      group.entities.add(entity);
    }
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { table, component, entities }]) => ({
      signature: after.tables.get(table)!.signature,
      component,
      entities: Int32Array.from(entities).toSorted(),
    }));
}
