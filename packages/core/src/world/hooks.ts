import { ArchetypeError, didYouMean, requireObject } from '../errors.ts';
import type { AnyFrame } from '../frame/data-frame.ts';
import type { TableId } from '../schema/signature.ts';
import type { HookDefinition } from '../tick/simulation.ts';
import type { HookWorld, QuietWorld } from './hook-world.ts';
import type { World } from './world.ts';

interface TickEvent {
  /** The world, as far as a handler may use it; step, run and close belong to whoever drives it. */
  readonly world: HookWorld;
  readonly tick: number;
  /** Aborted when the world is closed. */
  readonly signal: AbortSignal;
}
interface EntitiesEvent extends TickEvent {
  readonly table: TableId;
  /** Names of the table's components. */
  readonly components: readonly string[];
  /** All to whom it happened in this table and tick, in ascending id. */
  readonly entities: Int32Array;
}
interface ComponentEvent extends EntitiesEvent {
  /** The component's name. */
  readonly component: string;
}

/** Every event, and what its handlers are given. */
export interface HookEvents {
  /** Before a tick is computed; what is staged here belongs to it. `tick` is the one to come. */
  readonly preTick: TickEvent;
  /** After a tick is durable, tick 0 too. */
  readonly postTick: TickEvent & {
    /** The living rows of each table, by table id, as `query` gives them; made when first read. */
    readonly frames: ReadonlyMap<TableId, AnyFrame>;
  };
  /** Entities that begin to live in a table, once per table and tick. */
  readonly spawn: EntitiesEvent;
  /** Entities that died, by the table in which they last lived. */
  readonly despawn: EntitiesEvent;
  /** Entities of which fields of a component were set by `update`, staged or asked for by a processor. */
  readonly update: ComponentEvent;
  /** Entities that moved to this table and got the component. */
  readonly componentAdded: ComponentEvent;
  /** Entities that moved to this table and lost the component. */
  readonly componentRemoved: ComponentEvent;
  /** The world was forked at `tick`. */
  readonly fork: TickEvent & { readonly fork: World };
  /** A tick failed, or a handler of the event `handler` did; `tick` is the one that was to come, or that was told of. */
  readonly tickError: TickEvent & { readonly error: unknown; readonly handler?: HookEvent };
  readonly destroy: TickEvent;
}
export type HookEvent = keyof HookEvents;

const events: readonly HookEvent[] = [
  'preTick',
  'postTick',
  'spawn',
  'despawn',
  'update',
  'componentAdded',
  'componentRemoved',
  'fork',
  'tickError',
  'destroy',
];

/** What a detached handler is given: the same, with a world that takes no mutations. */
export type Detached<E> = Omit<E, 'world'> & { readonly world: QuietWorld };

export interface HookOptions {
  /**
   * `blocking` (unless told): awaited in order of registration; the next tick waits. `detached`: left to run, awaited when
   * the world is closed; it may not stage.
   */
  readonly mode?: 'blocking' | 'detached';
}

/** A registration; `using` ends it with its scope. */
export interface Hook extends Disposable {
  remove(): void;
}

/**
 * A hook for `defineSimulation({ hooks })`, so that every world of the simulation has it.
 *
 * @throws `invalid_argument`
 * @example const alarm = defineHook('despawn', ({ entities }) => console.log(`${entities.length} died`));
 */
export function defineHook<E extends HookEvent>(
  event: E,
  handler: (event: HookEvents[E]) => unknown,
  options?: { readonly mode?: 'blocking' },
): HookDefinition;
export function defineHook<E extends HookEvent>(
  event: E,
  handler: (event: Detached<HookEvents[E]>) => unknown,
  options: { readonly mode: 'detached' },
): HookDefinition;
export function defineHook(
  event: HookEvent,
  handler: (event: never) => unknown,
  { mode = 'blocking' }: HookOptions = {},
): HookDefinition {
  return checkHook({ event, handler, mode });
}

/** @throws `invalid_argument` */
export function checkHook(given: HookDefinition): HookDefinition {
  requireObject(given, 'A hook', 'what defineHook returned');
  const { handler, mode } = given;
  const event = given.event as HookEvent;
  if (!events.includes(event)) {
    throw new ArchetypeError(
      'invalid_argument',
      `There is no event ${JSON.stringify(event)}${didYouMean(event, events)} Events: ${events.join(', ')}.`,
    );
  }
  if (typeof handler !== 'function') {
    throw new ArchetypeError('invalid_argument', `A handler of "${event}" must be a function.`);
  }
  if (mode !== 'blocking' && mode !== 'detached') {
    throw new ArchetypeError(
      'invalid_argument',
      `The mode of a hook was ${JSON.stringify(mode)}; use "blocking" or "detached".`,
    );
  }
  return Object.freeze({ event, handler, mode });
}

/** Told after a tick is durable. */
const AFTER: ReadonlySet<HookEvent> = new Set<HookEvent>([
  'postTick',
  'spawn',
  'despawn',
  'update',
  'componentAdded',
  'componentRemoved',
]);

/** A world's hooks, in order of registration. */
export class Hooks {
  #hooks: readonly HookDefinition[];
  /** Detached handlers that have not ended. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(hooks: Iterable<HookDefinition>) {
    this.#hooks = [...hooks];
  }

  /** The registrations, for a fork. */
  get list(): readonly HookDefinition[] {
    return this.#hooks;
  }

  add(hook: HookDefinition): Hook {
    this.#hooks = [...this.#hooks, hook];
    const remove = (): void => void this.remove(hook);
    return Object.freeze({ remove, [Symbol.dispose]: remove });
  }

  /** False when it is not among them. */
  remove(hook: HookDefinition): boolean {
    const before = this.#hooks.length;
    this.#hooks = this.#hooks.filter((other) => other !== hook);
    return this.#hooks.length < before;
  }

  has(event: HookEvent): boolean {
    return this.#hooks.some((hook) => hook.event === event);
  }

  /** Somebody wants to be told of ticks that have become durable. */
  get after(): boolean {
    return this.#hooks.some(({ event }) => AFTER.has(event as HookEvent));
  }

  /** … and the next tick has to wait for it. */
  get blocksAfter(): boolean {
    return this.#hooks.some(
      ({ event, mode }) => mode === 'blocking' && AFTER.has(event as HookEvent),
    );
  }

  /**
   * Tells all who listen; waits for blocking handlers, one after the other. A handler that throws is reported to `failed`
   * and stops nobody.
   */
  async emit<E extends HookEvent>(
    event: E,
    given: (mode: HookDefinition['mode']) => HookEvents[E],
    call: (work: () => unknown) => unknown,
    failed: (error: unknown, event: HookEvent) => Promise<void>,
  ): Promise<void> {
    for (const { handler, mode } of this.#hooks.filter((hook) => hook.event === event)) {
      const run = async (): Promise<void> => {
        try {
          await call(() => (handler as (event: HookEvents[E]) => unknown)(given(mode)));
        } catch (error) {
          await failed(error, event);
        }
      };
      if (mode === 'blocking') await run();
      else this.#track(run());
    }
  }

  #track(running: Promise<void>): void {
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  /** Resolves when no detached handler runs any more. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
