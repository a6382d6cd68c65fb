import type { Logger } from '../state/logger.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Updated } from '../tick/tick.ts';
import type { HookEvent, Hooks } from '../world/hooks.ts';
import { tickEvents } from '../world/tick-events.ts';
import { settledNow } from './refuse-async.ts';
import { faceFor } from './sync-hooks.ts';
import type { SyncWorld } from './sync-world.ts';

type About = Readonly<Record<string, unknown>> & { readonly tick: number };

/** As `Announcer`, for handlers that are done when they return. Detached ones are called in their turn too. */
export class SyncAnnouncer {
  readonly #world: SyncWorld;
  readonly #hooks: Hooks;
  readonly #logger: Logger;
  /** Runs handlers so that the world knows when it is called from one. */
  readonly #inside: (work: () => unknown) => unknown;
  readonly #closing = new AbortController();

  constructor(
    world: SyncWorld,
    hooks: Hooks,
    logger: Logger,
    inside: (work: () => unknown) => unknown,
  ) {
    this.#world = world;
    this.#hooks = hooks;
    this.#logger = logger;
    this.#inside = inside;
  }

  /** Somebody wants to be told of ticks that have become durable. */
  get after(): boolean {
    return this.#hooks.after;
  }

  /** … and the next tick has to wait for it. */
  get blocksAfter(): boolean {
    return this.#hooks.blocksAfter;
  }

  preTick(tick: number): void {
    this.#emit('preTick', { tick });
  }

  ticked(before: Snapshot, after: Snapshot, updated: () => readonly Updated[]): void {
    const listens = (event: HookEvent): boolean => this.#hooks.has(event);
    for (const [event, about] of tickEvents(this.#world, listens, before, after, updated))
      this.#emit(event, about);
  }

  tickError(error: unknown, tick: number): void {
    this.#emit('tickError', { tick, error });
  }

  forked(fork: SyncWorld, tick: number): void {
    this.#emit('fork', { tick, fork });
  }

  destroyed(tick: number): void {
    this.#emit('destroy', { tick });
  }

  close(): void {
    this.#closing.abort();
  }

  #emit(event: HookEvent, about: About): void {
    for (const hook of this.#hooks.list) {
      if (hook.event !== event) continue;
      const world = faceFor(hook, this.#world);
      const given = Object.freeze({ ...about, signal: this.#closing.signal, world });
      try {
        const returned = this.#inside(() => hook.handler(given as never));
        settledNow(returned, `A handler of "${event}"`);
      } catch (error) {
        this.#logger.error(`A handler of "${event}" of world "${this.#world.name}" failed.`, {
          error,
        });
        if (event !== 'tickError')
          this.#emit('tickError', { tick: about.tick, error, handler: event });
      }
    }
  }
}
