import { ArchetypeError, requireObject } from '../errors.ts';
import type { ColumnsOf, Found, MessageColumns, VectorField } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { typed, type Frame } from '../frame/frame.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Simplify } from '../schema/types.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { HookDefinition } from '../tick/simulation.ts';
import type { TickResult } from '../tick/tick.ts';
import { bind } from '../world/bind.ts';
import { defineHook, type Hook, type HookEvent, type HookOptions } from '../world/hooks.ts';
import { inputOf } from '../world/input.ts';
import { Inside, insideTick } from '../world/inside.ts';
import { emptyQuery, type QueryOptions, type Ticks } from '../world/query.ts';
import type { SearchOptions } from '../world/search.ts';
import type { Staging, Taken } from '../world/staging.ts';
import { WorldBase } from '../world/world-base.ts';
import type { RunResult } from '../world/world-info.ts';
import {
  checkSteps,
  MAX_IN_FLIGHT,
  type ForkOptions,
  type RunOptions,
  type StepOptions,
} from '../world/world-options.ts';
import { checkHandler, settledNow } from './refuse-async.ts';
import { SyncAnnouncer } from './sync-announcer.ts';
import { SyncCommitter } from './sync-committer.ts';
import type { SyncDetached, SyncHookDefinition, SyncHookEvents } from './sync-hooks.ts';
import { readMessagesNow, readQueryNow, searchNearestNow } from './sync-reads.ts';
import type { SyncWorldState } from './sync-world-state.ts';

/**
 * As `World`, for scripts that do not await: every call returns when it is done, and processors are synchronous. Long as
 * `World` is; what waits differs in each method, and what does not is in `WorldBase`.
 */
export class SyncWorld extends WorldBase {
  readonly #state: SyncWorldState;
  readonly #committer: SyncCommitter;
  readonly #never = new AbortController().signal;
  readonly #inside = new Inside(undefined);
  readonly #announcer: SyncAnnouncer;
  /** A call that drives the world has not returned yet. */
  #busy = false;

  /** Made by `SyncWorlds`. */
  constructor(state: SyncWorldState, staged?: { readonly staging: Staging }) {
    super(state, staged);
    this.#state = state;
    this.staging.hold(state.held);
    this.#committer = new SyncCommitter(state.snapshot, this.staging, (commit) => {
      const { store, lease } = state.open();
      return store.append({ ...commit, lease });
    });
    this.#announcer = new SyncAnnouncer(this, state.hooks, state.logger, this.#inside.once);
  }

  protected override get head(): Snapshot {
    return this.#committer.head;
  }

  protected override get durable(): Snapshot {
    return this.#committer.durable;
  }

  /**
   * As `World.on`; the event's world answers at once. Handlers are synchronous: detached ones are called in their turn
   * too, and only get a world that takes no mutations.
   *
   * @throws `invalid_argument`, `invalid_definition` for an async function
   */
  on<E extends HookEvent>(
    event: E,
    handler: (event: SyncHookEvents[E]) => unknown,
    options?: { readonly mode?: 'blocking' },
  ): Hook;
  on<E extends HookEvent>(
    event: E,
    handler: (event: SyncDetached<SyncHookEvents[E]>) => unknown,
    options: { readonly mode: 'detached' },
  ): Hook;
  on(event: HookEvent, handler: (event: never) => unknown, options: HookOptions = {}): Hook {
    this.admit();
    const hook = defineHook(event, handler as never, options as never);
    checkHandler(hook);
    const mine: SyncHookDefinition = Object.freeze({ ...hook, answers: 'at once' });
    return this.#state.hooks.add(mine);
  }

  /** As `World.hooks`. */
  override get hooks(): WorldBase['hooks'] {
    const hooks = super.hooks;
    const add = (hook: HookDefinition): Hook => {
      checkHandler(hook);
      return hooks.add(hook);
    };
    return { ...hooks, add };
  }

  /** As `World.step`. */
  step(options: StepOptions = {}): RunResult {
    return this.run({ ...options, steps: 1 });
  }

  /**
   * As `World.run`; returns when the last tick is durable. Ticks are computed while those before them are written. A
   * signal is looked at between ticks; nothing but processors, hooks and `onProgress` can abort it, as all else stands still.
   *
   * @throws as `World.run`; `processor_failed` for a processor that returns a promise
   */
  run(options: RunOptions): RunResult {
    requireObject(options, 'run', '{ steps: 10 }');
    const { steps, signal = this.#never, onProgress } = options;
    this.admit();
    return this.#drive('step', () => {
      const input = inputOf(options.input);
      checkSteps(steps);
      const started = performance.now();
      let startTick = this.tick;
      const done = { completed: 0, ignored: 0, applied: 0 };
      const progress = (): void => {
        done.completed++;
        onProgress?.({ tick: this.tick, ticksCompleted: done.completed, steps });
      };
      const advance = (given: typeof input, until: AbortSignal, onDurable?: () => void): void => {
        const { ignored, applied } = this.#advance(given, until, onDurable);
        done.ignored += ignored;
        done.applied += applied;
        this.#committer.settle(this.#announcer.blocksAfter ? 0 : MAX_IN_FLIGHT - 1);
      };
      try {
        if (this.head.tick === UNSTARTED) advance(undefined, this.#never);
        startTick = Math.max(0, this.head.tick);
        for (let k = 0; k < steps; k++) advance(input, signal, progress);
      } catch (error) {
        this.#settleAll([error]);
      }
      this.#settleAll();
      return {
        worldId: this.id,
        runId: this.run_id,
        startTick,
        finalTick: this.tick,
        ticksCompleted: done.completed,
        commandsApplied: done.applied,
        ignored: done.ignored,
        durationMs: performance.now() - started,
      };
    });
  }

  /** One tick: computed here, and handed to the store. */
  #advance(
    input: Json | Frame | undefined,
    signal: AbortSignal,
    onDurable?: () => void,
  ): { readonly ignored: number; readonly applied: number } {
    this.admit();
    if (signal.aborted) throw this.toldToStop(signal);
    const before = this.head;
    try {
      this.stageDue(before);
      if (before.tick !== UNSTARTED) {
        this.#announcer.preTick(before.tick + 1);
        if (signal.aborted) throw this.toldToStop(signal);
      }
    } catch (error) {
      this.staging.undrain();
      throw error;
    }
    const taken = this.staging.take(before);
    const { snapshot, commit, ignored, updated } = this.#computed(taken, input, signal);
    try {
      this.#committer.push(snapshot, commit, () => {
        onDurable?.();
        if (this.#announcer.after) this.#announcer.ticked(before, snapshot, updated);
      });
      this.staging.pushed();
    } catch (error) {
      this.#giveBack([error]);
    }
    return { ignored, applied: taken.ends.filter(({ status }) => status === 'applied').length };
  }

  #computed(taken: Taken, input: Json | Frame | undefined, signal: AbortSignal): TickResult {
    const inside = <T>(work: () => T): T => settledNow(this.#inside.once(work) as T, 'It');
    const { tick } = this.head;
    try {
      // Nothing that it waits for gets past `inside`.
      return this.compute(taken, input, signal, inside) as TickResult;
    } catch (error) {
      try {
        this.#giveBack([]);
      } finally {
        this.#announcer.tickError(error, tick + 1);
      }
      throw error;
    }
  }

  /** A tick that is not handed over leaves what it took to the next, once those before it have come back. */
  #giveBack(failures: readonly unknown[]): void {
    try {
      this.#settleAll();
    } finally {
      this.staging.restore(this.durable);
    }
    this.#settleAll(failures);
  }

  /** Waits for everything that was handed over, whatever fails on the way. @throws the first failure */
  #settleAll(failed: readonly unknown[] = []): void {
    const failures = [...failed];
    while (!this.#committer.idle) {
      try {
        this.#committer.settle(0);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** As `World.query`. @example world.query([Position], { ticks: 'all' }).show() */
  query<
    const Cs extends readonly AnyComponent[],
    const S extends keyof ColumnsOf<Cs> & string = keyof ColumnsOf<Cs> & string,
  >(
    components: Cs,
    options: QueryOptions<ColumnsOf<Cs>, S> = {},
  ): DataFrame<Simplify<Pick<ColumnsOf<Cs>, S>>> {
    this.readable();
    const wanted = this.shapesOf(components);
    const newest = this.durable.tick;
    if (newest === UNSTARTED) return typed(emptyQuery(wanted, options));
    return typed(readQueryNow(this.#state.open().store, this.id, newest, wanted, options));
  }

  /** As `World.search`. */
  search<const C extends AnyComponent>(
    component: C,
    field: VectorField<C>,
    vector: ArrayLike<number>,
    options: SearchOptions<ColumnsOf<[C]>> = {},
  ): DataFrame<Found<C>> {
    this.readable();
    const shape = this.shapeOf(component);
    const newest = this.durable.tick;
    const store = newest === UNSTARTED ? undefined : this.#state.open().store;
    return typed(searchNearestNow(store, this.id, newest, shape, field, vector, options));
  }

  /** As `World.messages`. */
  messages(options: { readonly ticks?: Ticks } = {}): DataFrame<MessageColumns> {
    this.readable();
    const newest = this.durable.tick;
    const { store } = this.#state.open();
    return typed(readMessagesNow(store, this.id, newest, options.ticks ?? 'all'));
  }

  /** As `World.fork`. @throws `tick_not_found`, `tick_not_retained` */
  fork(options: ForkOptions = {}): this {
    requireObject(options, 'fork', "{ name: 'what-if' }");
    this.admit();
    return this.#drive('fork', () => {
      const { at } = options;
      const { store } = this.#state.open();
      const fork = this.#forkAt(store.snapshot.bind(store), at, options);
      this.#announcer.forked(fork, fork.tick);
      return fork;
    });
  }

  #forkAt(
    snapshot: (world: string, tick: number) => Snapshot | undefined,
    at: number | undefined,
    options: ForkOptions,
  ): this {
    const { fork, make, registry } = this.#state;
    if (at === undefined)
      return make(fork(this.durable, options), { staging: this.staging }) as this;
    const past = Number.isInteger(at) ? snapshot(this.id, at) : undefined;
    if (past === undefined || at > this.durable.tick) throw this.noSuchTick(at);
    return make(fork(bind(past, registry), options)) as this;
  }

  /** As `World.destroy`. */
  destroy(): void {
    this.admit();
    this.#drive('destroy', () => {
      const { store, lease } = this.#state.open();
      store.destroy(lease);
      this.end('destroyed');
      this.#announcer.destroyed(this.tick);
    });
  }

  /** Refuses further use from here on. The stored world is not destroyed. Idempotent. */
  close(): void {
    if (this.ended !== 'open') return;
    this.#drive('close', () => {
      this.end('closed');
      this.#announcer.close();
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** One call at a time: what would have to wait for this one would wait for ever. @throws `reentrant_step` */
  #drive<T>(what: 'step' | 'fork' | 'destroy' | 'close', work: () => T): T {
    if (this.#inside.here) throw insideTick(this.name, what);
    if (this.#busy) {
      throw new ArchetypeError(
        'reentrant_step',
        `World "${this.name}" is in the middle of a run, and its onProgress asked to ${what} it; return first, and ${what} the world after the run.`,
      );
    }
    this.#busy = true;
    try {
      return work();
    } finally {
      this.#busy = false;
    }
  }
}
