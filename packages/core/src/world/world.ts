import { requireObject } from '../errors.ts';
import type { ColumnsOf, Found, MessageColumns, VectorField } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { typed, type Frame } from '../frame/frame.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Simplify } from '../schema/types.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { Announcer } from './announcer.ts';
import { bind } from './bind.ts';
import { Committer } from './committer.ts';
import {
  defineHook,
  type Detached,
  type Hook,
  type HookEvent,
  type HookEvents,
  type HookOptions,
} from './hooks.ts';
import { inputOf } from './input.ts';
import { Inside, insideTick } from './inside.ts';
import { Pace } from './pace.ts';
import { readMessages } from './messages.ts';
import { emptyQuery, readQuery, type QueryOptions, type Ticks } from './query.ts';
import { searchNearest, type SearchOptions } from './search.ts';
import type { Staging } from './staging.ts';
import { Turns } from './turns.ts';
import { WorldBase } from './world-base.ts';
import { commandsOver, type WorldCommands } from './world-commands.ts';
import type { RunResult } from './world-info.ts';
import {
  checkSteps,
  MAX_IN_FLIGHT,
  type ForkOptions,
  type RunOptions,
  type StepOptions,
} from './world-options.ts';
import type { WorldState } from './world-state.ts';

/**
 * A timeline of ticks. Mutations stage at once and throw at the call; `step` and `run` apply them and commit. It holds one
 * snapshot; its past is in the store. Long, because it is the door: half of it says what its methods promise.
 */
export class World extends WorldBase {
  readonly #state: WorldState;
  readonly #committer: Committer;
  readonly #commands: WorldCommands;
  readonly #never = new AbortController().signal;
  readonly #turns = new Turns();
  readonly #inside: Inside;
  readonly #announcer: Announcer;
  #closing: Promise<void> | undefined;

  /** Made by `Worlds`. */
  constructor(state: WorldState, staged?: { readonly staging: Staging }) {
    super(state, staged);
    this.#state = state;
    this.#committer = new Committer(state.snapshot, this.staging, state.open);
    this.#commands = commandsOver(
      this.staging,
      () => this.head,
      () => this.admit(),
      async () => void (await state.open()),
    );
    this.#inside = new Inside(state.context);
    this.#announcer = new Announcer(this, state.hooks, state.logger, this.#inside.once);
  }

  protected override get head(): Snapshot {
    return this.#committer.head;
  }

  protected override get durable(): Snapshot {
    return this.#committer.durable;
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
    this.admit();
    return this.#state.hooks.add(defineHook(event, handler as never, options as never));
  }

  /** For those who bring commands from outside. */
  get commands(): WorldCommands {
    return this.#commands;
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
    this.admit();
    this.#refuseInside('step');
    const input = inputOf(options.input);
    checkSteps(steps);
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
    const pace = steps > 1 ? new Pace() : undefined;
    const out = { signal, error: () => this.toldToStop(signal) };
    try {
      for (let k = 0; (k < steps || k === 0) && !lost; k++) {
        await this.#turns.take(async () => {
          if (this.head.tick === UNSTARTED) await advance(undefined, this.#never);
          if (k === 0) startTick = Math.max(0, this.head.tick);
          if (k < steps) await advance(input, signal, progress);
        }, out);
        if (pending.length >= MAX_IN_FLIGHT) await pending.shift();
        // Opening takes many turns of this thread, and ticks that are computed meanwhile would hold up each of them.
        if (this.#committer.opening !== undefined) await this.#committer.opening;
        const rest = k + 1 < steps ? pace?.rest() : undefined;
        if (rest !== undefined) await rest;
      }
    } finally {
      // A commit that failed comes before whatever failed on top of it; all have come back before anybody is told.
      if (pending.length > 1) await Promise.allSettled(pending);
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
    this.admit();
    if (signal.aborted) throw this.toldToStop(signal);
    const before = this.head;
    try {
      this.stageDue(before);
      if (before.tick !== UNSTARTED && this.#announcer.listens('preTick')) {
        await this.#announcer.preTick(before.tick + 1, signal);
        if (signal.aborted) throw this.toldToStop(signal);
      }
    } catch (error) {
      this.staging.undrain();
      throw error;
    }
    const taken = this.staging.take(before);
    const base = this.head;
    const inside = this.#inside.begin();
    try {
      const computing = this.compute(taken, input, signal, inside.run);
      const { snapshot, commit, ignored, updated } =
        computing instanceof Promise ? await computing : computing;
      inside.end();
      this.#committer.checkBase(base);
      const durable = this.#committer.push(snapshot, commit, onDurable);
      this.staging.pushed();
      const applied = taken.ends.filter(({ status }) => status === 'applied').length;
      if (!this.#announcer.after) return { durable, ignored, applied };
      const told = durable.then(() => this.#announcer.ticked(before, snapshot, updated, signal));
      return { durable: told, ignored, applied };
    } catch (error) {
      inside.end();
      await this.#committer.idle();
      this.staging.restore(this.durable);
      await this.#announcer.tickError(error, before.tick + 1, signal);
      throw error;
    }
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
    this.readable();
    const wanted = this.shapesOf(components);
    const newest = this.durable.tick;
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
    this.readable();
    const shape = this.shapeOf(component);
    const newest = this.durable.tick;
    const store = newest === UNSTARTED ? undefined : (await this.#state.open()).store;
    return typed(await searchNearest(store, this.id, newest, shape, field, vector, options));
  }

  /**
   * Messages sent in these ticks, all unless told, in the order of sending. `delivered` is true once the next tick has
   * given them to its processors, and stays false for a receiver that was gone by then.
   */
  async messages(options: { readonly ticks?: Ticks } = {}): Promise<DataFrame<MessageColumns>> {
    this.readable();
    const newest = this.durable.tick;
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
    this.admit();
    this.#refuseInside('fork');
    return this.#turns.take(async () => {
      await this.#committer.idle();
      const { at } = options;
      const { store } = await this.#state.open();
      if (at === undefined) {
        const now = await this.#state.fork(this.durable, options);
        return this.#forked(this.#state.make(now, { staging: this.staging }) as this);
      }
      const past = Number.isInteger(at) ? await store.snapshot(this.id, at) : undefined;
      if (past === undefined || at > this.durable.tick) throw this.noSuchTick(at);
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
    this.admit();
    this.#refuseInside('destroy');
    await this.#turns.take(async () => {
      await this.#committer.idle();
      const { store, lease } = await this.#state.open();
      await store.destroy(lease);
      this.end('destroyed');
      await this.#announcer.destroyed(this.tick);
    });
  }

  /** Waits for the tick under way and for detached handlers, then refuses further use. The stored world is not destroyed. Idempotent. */
  async close(): Promise<void> {
    if (this.ended === 'open') {
      this.#refuseInside('close');
      this.#closing = this.#close();
    }
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.over('closed');
    this.#announcer.close();
    try {
      await this.#turns.idle();
      await this.#committer.idle();
      await this.#announcer.drain();
    } finally {
      // Nobody goes on with it before it has come to its end here.
      this.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whoever waits for a world inside its own tick would wait for ever. */
  #refuseInside(what: 'step' | 'fork' | 'destroy' | 'close'): void {
    if (this.#inside.here) throw insideTick(this.name, what);
  }
}
