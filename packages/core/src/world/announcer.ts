import { orAborted } from '../frame/or-aborted.ts';
import type { Logger } from '../state/logger.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Updated } from '../tick/tick.ts';
import { quiet } from './hook-world.ts';
import type { HookEvent, HookEvents, Hooks } from './hooks.ts';
import { tickEvents } from './tick-events.ts';
import type { World } from './world.ts';

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
    const listens = (event: HookEvent): boolean => this.listens(event);
    for (const [event, about] of tickEvents(this.#world, listens, before, after, updated))
      await this.#emit(event, about, signal);
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
