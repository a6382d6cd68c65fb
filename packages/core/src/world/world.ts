import { ArchetypeError, requireObject } from '../errors.ts';
import type {
  ColumnsOf,
  DataFrame,
  Found,
  MessageColumns,
  VectorField,
} from '../frame/data-frame.ts';
import { typed, type Frame } from '../frame/frame.ts';
import {
  requireComponent,
  type AnyComponent,
  type Patch,
  type Value,
} from '../schema/component.ts';
import type { Simplify } from '../schema/types.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Mutation } from '../state/mutation.ts';
import { parseData, type ResourceValue } from '../state/resource.ts';
import { drive } from '../tick/drive.ts';
import type { Processor } from '../tick/processor.ts';
import { readResources, type Resources } from '../tick/resources.ts';
import type { HookDefinition } from '../tick/simulation.ts';
import { tick, type TickResult } from '../tick/tick.ts';
import { Announcer } from './announcer.ts';
import { bind } from './bind.ts';
import type { Definitions } from './definitions.ts';
import { Committer } from './committer.ts';
import {
  checkHook,
  defineHook,
  type Detached,
  type Hook,
  type HookEvent,
  type HookEvents,
  type HookOptions,
} from './hooks.ts';
import { inputOf } from './input.ts';
import { Inside } from './inside.ts';
import { Pace } from './pace.ts';
import { readMessages } from './messages.ts';
import { emptyQuery, readQuery, type QueryOptions, type Ticks } from './query.ts';
import { searchNearest, type SearchOptions } from './search.ts';
import { stageOver } from './stage.ts';
import { Staging, type Taken } from './staging.ts';
import { Turns } from './turns.ts';
import { commandsOver, type WorldCommands } from './world-commands.ts';
import { tablesOf, type RunResult, type WorldInfo, type WorldTable } from './world-info.ts';
import type { ForkOptions, RunOptions, StepOptions } from './world-options.ts';
import { requireValue, resourceByName } from './world-resources.ts';
import type { WorldState } from './world-state.ts';

/** Ticks of one run that are computed but not yet durable, at most; more would only hold memory. */
const MAX_IN_FLIGHT = 32;

/**
 * A timeline of ticks. Mutations stage at once and throw at the call; `step` and `run` apply them and commit. It holds one
 * snapshot; its past is in the store.
 */
export class World {
  readonly #state: WorldState;
  readonly #staging: Staging;
  readonly #committer: Committer;
  readonly #commands: WorldCommands;
  readonly #never = new AbortController().signal;
  readonly #turns = new Turns();
  readonly #inside: Inside;
  readonly #announcer: Announcer;
  #ended: 'open' | 'closed' | 'destroyed' = 'open';
  #closing: Promise<void> | undefined;

  /** Made by `Worlds`. */
  constructor(state: WorldState, staged?: { readonly staging: Staging }) {
    this.#state = state;
    this.#staging = new Staging(state.registry, state.snapshot.counters.nextEntity, (commands) =>
      state.due.giveBack(state.record.world, commands),
    );
    staged?.staging.copyTo(this.#staging);
    this.#committer = new Committer(state.snapshot, this.#staging, state.open);
    this.#commands = commandsOver(
      this.#staging,
      () => this.#committer.head,
      () => this.#admit(),
      async () => void (await state.open()),
    );
    this.#inside = new Inside(state.context);
    this.#announcer = new Announcer(this, state.hooks, state.logger, (work) => {
      const inside = this.#inside.begin();
      try {
        const result = inside.run(work);
        if (!(result instanceof Promise)) inside.end();
        else void result.then(inside.end, inside.end);
        return result;
      } catch (error) {
        inside.end();
        throw error;
      }
    });
  }

  /**
   * Listens to an event of this world and of its later forks. Blocking handlers (the default) are awaited in order of
   * registration; detached ones run on, get a world that takes no mutations, and are awaited by `close`. A handler that
   * throws is told of by `tickError` and the log, and never fails a tick. A blocking handler that is told of durable ticks
   * makes every tick wait for it.
   *
   * @returns a handle whose `remove` ends it, and which `using` ends with its scope
   * @throws `invalid_argument`
   * @example world.on('despawn', ({ entities, tick }) => console.log(`${entities.length} died in tick ${tick}`))
   */
  on<E extends HookEvent>(
    event: E,
    handler: (event: HookEvents[E]) => unknown,
    options?: { readonly mode?: 'blocking' },
  ): Hook;
  on<E extends HookEvent>(
    event: E,
    handler: (event: Detached<HookEvents[E]>) => unknown,
    options: { readonly mode: 'detached' },
  ): Hook;
  on(event: HookEvent, handler: (event: never) => unknown, options: HookOptions = {}): Hook {
    this.#admit();
    return this.#state.hooks.add(defineHook(event, handler as never, options as never));
  }

  get id(): string {
    return this.#state.record.world;
  }

  get run_id(): string {
    return this.#state.record.run;
  }

  get name(): string {
    return this.#state.record.name;
  }

  /** The last committed tick; 0 while unstarted. */
  get tick(): number {
    return Math.max(0, this.#committer.durable.tick);
  }

  info(): WorldInfo {
    const { record, live } = this.#state;
    const { tick: newest, tables, resources } = this.#committer.durable;
    return {
      id: record.world,
      run: record.run,
      name: record.name,
      seed: record.seed,
      tick: this.tick,
      started: newest !== UNSTARTED,
      forkedAt: record.forkedAt,
      entities: [...tables.values()].reduce((n, table) => n + table.frame.numRows, 0),
      tables: tables.size,
      staged: this.#staging.size,
      resources: [...Object.keys(resources), ...live.keys()].toSorted(),
    };
  }

  /** A new entity with these components, born in the next tick exactly as given. @returns its id */
  spawn(...values: readonly Value[]): number {
    this.#admit();
    return this.#staging.spawn(values);
  }

  /**
   * Many entities of one archetype: rows of values, or a frame with the components' columns (taken as it is, without a
   * check per cell). @returns their ids, in order
   */
  spawnMany(rows: readonly (readonly Value[])[] | DataFrame): Int32Array {
    this.#admit();
    return this.#staging.spawnMany(rows);
  }

  /** Ends an entity: its last row is marked inactive in the next tick. @throws `entity_not_found` */
  despawn(entity: number): void {
    this.#admit();
    this.#staging.despawn(entity, this.#committer.head);
  }

  /** Sets some fields; the next tick's processors see them. @throws `entity_not_found`, `component_missing`, `invalid_value` */
  update<C extends AnyComponent>(entity: number, component: C, fields: Patch<NoInfer<C>>): void {
    this.#admit();
    this.#staging.update(entity, component, fields, this.#committer.head);
  }

  /** Moves an entity to the larger archetype; components it has already are overwritten. @throws `entity_not_found` */
  addComponents(entity: number, ...values: readonly Value[]): void {
    this.#admit();
    this.#staging.addComponents(entity, values, this.#committer.head);
  }

  /** Moves an entity to the smaller archetype. @throws `entity_not_found`, `component_missing` */
  removeComponents(entity: number, ...components: readonly AnyComponent[]): void {
    this.#admit();
    this.#staging.removeComponents(entity, components, this.#committer.head);
  }

  /**
   * A message to an entity: part of the state of the next tick, and given to all processors of the tick after it as
   * `ctx.messages`. `content` is anything that JSON can hold.
   *
   * @throws `entity_not_found`, `invalid_value`
   */
  send(message: {
    readonly to: number;
    readonly from?: number | null;
    readonly content: unknown;
  }): void {
    this.#admit();
    const { to, from, content } = message ?? {};
    this.#staging.send(to, from, content, this.#committer.head);
  }

  /** What waits for the next tick, in order. */
  staged(): readonly Mutation[] {
    return this.#staging.mutations;
  }

  /** For those who bring commands from outside. */
  get commands(): WorldCommands {
    return this.#commands;
  }

  /** What components and resources are called here. */
  get definitions(): Definitions {
    const { registry, resources } = this.#state;
    return {
      components: () => registry.all(),
      component: (name) => registry.byName(name),
      resource: (name) => resourceByName(resources, name),
    };
  }

  /** Drops what is staged. Ids that were given stay used. */
  discard(): void {
    this.#admit();
    this.#staging.discard();
  }

  /** Resources by definition. A data resource that is set is a mutation: recorded, and read from the next tick on. */
  get resources(): Resources & {
    set(...values: readonly ResourceValue[]): void;
    list(): readonly string[];
  } {
    const { live } = this.#state;
    const read = readResources(this.#committer.durable.resources, live);
    return {
      ...read,
      list: () => [...Object.keys(this.#committer.durable.resources), ...live.keys()].toSorted(),
      set: (...values) => {
        this.#admit();
        for (const given of values.map(requireValue)) {
          if (given.of.kind === 'live') live.set(given.resource, given.value);
          else this.#staging.setResource(given.resource, parseData(given.of, given.value));
        }
      },
    };
  }

  /** The world's processors, in the order in which they were registered. */
  get processors(): {
    add(processor: Processor): void;
    remove(processor: Processor | string): boolean;
    list(): readonly Processor[];
  } {
    const { processors, register } = this.#state;
    return {
      add: (processor) => {
        this.#admit();
        register(processor);
      },
      remove: (given) => {
        this.#admit();
        const name = typeof given === 'string' ? given : given.name;
        const at = processors.findIndex((processor) => processor.name === name);
        if (at >= 0) processors.splice(at, 1);
        return at >= 0;
      },
      list: () => [...processors],
    };
  }

  /** The world's hooks, in the order in which they were registered. */
  get hooks(): {
    add(hook: HookDefinition): Hook;
    remove(hook: HookDefinition): boolean;
    list(): readonly HookDefinition[];
  } {
    return {
      add: (hook) => {
        this.#admit();
        checkHook(hook);
        return this.#state.hooks.add(hook);
      },
      remove: (hook) => {
        this.#admit();
        return this.#state.hooks.remove(hook);
      },
      list: () => this.#state.hooks.list,
    };
  }

  /** Archetypes with living entities at `tick`, in ascending table id. */
  tables(): readonly WorldTable[] {
    return tablesOf(this.#committer.durable);
  }

  /** Takes the state at t, and what was staged since, to t + 1, and makes it durable. An unstarted world commits tick 0 first. */
  async step(options: StepOptions = {}): Promise<RunResult> {
    return this.run({ ...options, steps: 1 });
  }

  /**
   * Computes `steps` ticks; resolves when the last is durable. A failing tick writes nothing, keeps what was staged and
   * leaves the world at the last committed tick.
   *
   * A processor cannot step its own world: the tick would wait for itself. With an `AsyncContext`, which the runtime gives,
   * that is always noticed; without one, only up to the processor's first await, and then the signal of either step ends it.
   *
   * @throws `processor_failed`, `write_conflict`, `reentrant_step`, `aborted`, `commit_failed`, `stale_writer`, …
   */
  async run(options: RunOptions): Promise<RunResult> {
    requireObject(options, 'run', '{ steps: 10 }');
    const { steps, signal = this.#never, onProgress } = options;
    this.#admit();
    this.#refuseInside('step');
    const input = inputOf(options.input);
    if (!Number.isInteger(steps) || steps < 0) {
      throw new ArchetypeError(
        'invalid_argument',
        `run was told steps: ${String(steps)}; give a whole number from 0 on.`,
      );
    }
    const started = performance.now();
    let startTick = this.tick;
    let completed = 0;
    const progress = (): void => {
      completed++;
      onProgress?.({ tick: this.tick, ticksCompleted: completed, steps });
    };
    let ignored = 0;
    let commandsApplied = 0;
    const pending: Promise<void>[] = [];
    // What is lost to a failed commit ends the run: it must not begin again from the tick before.
    let lost = false;
    const advance = async (
      given: typeof input,
      until: AbortSignal,
      onDurable?: () => void,
    ): Promise<void> => {
      if (this.#committer.failing) await this.#committer.idle();
      if (lost) return;
      const ticked = await this.#advance(given, until, onDurable);
      ignored += ticked.ignored;
      commandsApplied += ticked.applied;
      ticked.durable.catch(() => {
        lost = true;
      });
      pending.push(ticked.durable);
      if (this.#announcer.blocksAfter) await ticked.durable;
    };
    const pace = new Pace();
    const out = { signal, error: () => this.#toldToStop(signal) };
    try {
      for (let k = 0; (k < steps || k === 0) && !lost; k++) {
        await this.#turns.take(async () => {
          if (this.#committer.head.tick === UNSTARTED) await advance(undefined, this.#never);
          if (k === 0) startTick = Math.max(0, this.#committer.head.tick);
          if (k < steps) await advance(input, signal, progress);
        }, out);
        if (pending.length >= MAX_IN_FLIGHT) await pending.shift();
        const rest = k + 1 < steps ? pace.rest() : undefined;
        if (rest !== undefined) await rest;
      }
    } finally {
      // A commit that failed comes before whatever failed on top of it; all have come back before anybody is told.
      await Promise.allSettled(pending);
      for (const done of pending) await done;
    }
    return {
      worldId: this.id,
      runId: this.run_id,
      startTick,
      finalTick: this.tick,
      ticksCompleted: completed,
      commandsApplied,
      ignored,
      durationMs: performance.now() - started,
    };
  }

  /** One tick: computed here, handed to the committer; what it gives settles when the tick is durable. */
  async #advance(
    input: Json | Frame | undefined,
    signal: AbortSignal,
    onDurable?: () => void,
  ): Promise<{
    readonly durable: Promise<void>;
    readonly ignored: number;
    readonly applied: number;
  }> {
    if (this.#committer.failing) await this.#committer.idle();
    this.#admit();
    if (signal.aborted) throw this.#toldToStop(signal);
    const before = this.#committer.head;
    try {
      const due = [...this.#state.due.take(this.id, before.tick + 1)];
      this.#staging.drain(due, stageOver(this.#staging, before));
      if (before.tick !== UNSTARTED && this.#announcer.listens('preTick')) {
        await this.#announcer.preTick(before.tick + 1, signal);
        if (signal.aborted) throw this.#toldToStop(signal);
      }
    } catch (error) {
      this.#staging.undrain();
      throw error;
    }
    const taken = this.#staging.take(before);
    const base = this.#committer.head;
    const inside = this.#inside.begin();
    try {
      const computing = this.#compute(taken, input, signal, inside.run);
      const { snapshot, commit, ignored, updated } =
        computing instanceof Promise ? await computing : computing;
      inside.end();
      this.#committer.checkBase(base);
      const durable = this.#committer.push(snapshot, commit, onDurable);
      this.#staging.pushed();
      const applied = taken.ends.filter(({ status }) => status === 'applied').length;
      if (!this.#announcer.after) return { durable, ignored, applied };
      const told = durable.then(() => this.#announcer.ticked(before, snapshot, updated, signal));
      return { durable: told, ignored, applied };
    } catch (error) {
      inside.end();
      await this.#committer.idle();
      this.#staging.restore(this.#committer.durable);
      await this.#announcer.tickError(error, before.tick + 1, signal);
      throw error;
    }
  }

  #compute(
    taken: Taken,
    input: Json | Frame | undefined,
    signal: AbortSignal,
    inside: <T>(work: () => T) => T,
  ): TickResult | Promise<TickResult> {
    const { record, registry, processors, live, keys, logger } = this.#state;
    const work = tick(this.#committer.head, taken.mutations, {
      ends: taken.ends,
      held: taken.held,
      world: { id: this.id, run: this.run_id, name: this.name },
      seed: record.seed,
      registry,
      processors: [...processors],
      live,
      input,
      signal,
      keys,
      logger,
      inside,
      allocate: (count) => this.#staging.allocate(count),
    });
    return drive(work);
  }

  /**
   * Rows of every archetype that has the components, as one frame: the base columns and those components' columns, in
   * ascending tick and entity. The newest committed tick and living rows, unless told.
   *
   * @example (await world.query([Position], { ticks: 'all' })).show()
   */
  async query<
    const Cs extends readonly AnyComponent[],
    const S extends keyof ColumnsOf<Cs> & string = keyof ColumnsOf<Cs> & string,
  >(
    components: Cs,
    options: QueryOptions<ColumnsOf<Cs>, S> = {},
  ): Promise<DataFrame<Simplify<Pick<ColumnsOf<Cs>, S>>>> {
    this.#readable();
    if (!Array.isArray(components)) {
      throw new ArchetypeError(
        'invalid_argument',
        `query takes a list of components and was given ${components === null ? 'null' : typeof components}; for example [Position].`,
      );
    }
    const wanted = components
      .map((component) =>
        typeof component === 'string'
          ? this.#state.registry.byName(component)
          : requireComponent(component),
      )
      .map((component) => this.#state.registry.shapeOf(component));
    const newest = this.#committer.durable.tick;
    if (newest === UNSTARTED) return typed(emptyQuery(wanted, options));
    const { store } = await this.#state.open();
    return typed(await readQuery(store, this.id, newest, wanted, options));
  }

  /**
   * Rows of a component nearest to a vector, nearest first, with their `distance`: ten of the newest tick unless told.
   * Exact: every row counts. Equal ones are in ascending tick and entity.
   *
   * @throws `unknown_column` when the field is no vector, `invalid_value` for a vector of another length
   * @example (await world.search(Memory, 'embedding', query, { k: 5, ticks: 'all' })).show()
   */
  async search<const C extends AnyComponent>(
    component: C,
    field: VectorField<C>,
    vector: ArrayLike<number>,
    options: SearchOptions<ColumnsOf<[C]>> = {},
  ): Promise<DataFrame<Found<C>>> {
    this.#readable();
    const shape = this.#state.registry.shapeOf(requireComponent(component));
    const newest = this.#committer.durable.tick;
    const store = newest === UNSTARTED ? undefined : (await this.#state.open()).store;
    return typed(await searchNearest(store, this.id, newest, shape, field, vector, options));
  }

  /**
   * Messages sent in these ticks, all unless told, in the order of sending. `delivered` is true once the next tick has
   * given them to its processors, and stays false for a receiver that was gone by then.
   */
  async messages(options: { readonly ticks?: Ticks } = {}): Promise<DataFrame<MessageColumns>> {
    this.#readable();
    const newest = this.#committer.durable.tick;
    const { store } = await this.#state.open();
    return typed(await readMessages(store, this.id, newest, options.ticks ?? 'all'));
  }

  /**
   * A new world that shares this one's past: up to now, with what is staged here staged there too, or up to the tick `at`.
   * No rows are copied.
   *
   * @throws `tick_not_found`, `tick_not_retained`
   */
  async fork(options: ForkOptions = {}): Promise<this> {
    requireObject(options, 'fork', "{ name: 'what-if' }");
    this.#admit();
    this.#refuseInside('fork');
    return this.#turns.take(async () => {
      await this.#committer.idle();
      const { at } = options;
      const { store } = await this.#state.open();
      if (at === undefined) {
        const now = await this.#state.fork(this.#committer.durable, options);
        return this.#forked(this.#state.make(now, { staging: this.#staging }) as this);
      }
      const past = Number.isInteger(at) ? await store.snapshot(this.id, at) : undefined;
      if (past === undefined || at > this.#committer.durable.tick) {
        throw new ArchetypeError(
          'tick_not_found',
          `World "${this.name}" has no tick ${String(at)} to fork from; it stands at tick ${this.tick}.`,
        );
      }
      return this.#forked(
        this.#state.make(await this.#state.fork(bind(past, this.#state.registry), options)) as this,
      );
    });
  }

  async #forked(fork: this): Promise<this> {
    await this.#announcer.forked(fork, fork.tick);
    return fork;
  }

  /** Ends the world: no more ticks. Its rows stay readable, and it can be forked from the store. */
  async destroy(): Promise<void> {
    this.#admit();
    this.#refuseInside('destroy');
    await this.#turns.take(async () => {
      await this.#committer.idle();
      const { store, lease } = await this.#state.open();
      await store.destroy(lease);
      this.#ended = 'destroyed';
      this.#state.release();
      await this.#announcer.destroyed(this.tick);
    });
  }

  /** Waits for the tick under way and for detached handlers, then refuses further use. The stored world is not destroyed. Idempotent. */
  async close(): Promise<void> {
    if (this.#ended === 'open') {
      this.#refuseInside('close');
      this.#closing = this.#close();
    }
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#ended = 'closed';
    this.#announcer.close();
    try {
      await this.#turns.idle();
      await this.#committer.idle();
      await this.#announcer.drain();
    } finally {
      // Nobody goes on with it before it has come to its end here.
      this.#state.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whoever waits for a world inside its own tick would wait for ever. */
  #refuseInside(what: 'step' | 'fork' | 'destroy' | 'close'): void {
    if (!this.#inside.here) return;
    throw new ArchetypeError(
      'reentrant_step',
      `World "${this.name}" is in the middle of a tick, and one of its processors asked to ${what} it; a processor acts through ctx, so return first, and ${what} the world between ticks.`,
    );
  }

  #toldToStop(signal: AbortSignal): ArchetypeError {
    return new ArchetypeError(
      'aborted',
      `World "${this.name}" was told to stop after tick ${this.tick}; everything up to it is committed.`,
      { cause: signal.reason },
    );
  }

  #admit(): void {
    if (this.#ended === 'open') return;
    throw this.#ended === 'closed'
      ? new ArchetypeError('world_closed', `World "${this.name}" is closed; resume it to go on.`)
      : new ArchetypeError(
          'world_destroyed',
          `World "${this.name}" was destroyed; its rows can still be queried.`,
        );
  }

  #readable(): void {
    if (this.#ended === 'closed') this.#admit();
  }
}
