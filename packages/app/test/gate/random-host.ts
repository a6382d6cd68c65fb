import type { App, DeferredInput, Receipt, RuntimeWorld } from '@archetype/app';
import {
  ArchetypeError,
  defineHook,
  defineSimulation,
  randomStream,
  type Actor,
  type RandomStream,
} from '@archetype/core';
import { actor, admin, appOver, operator, player, Position, viewer } from './arena.ts';
import { FaultyStore, pass } from './faulty-store.ts';

/** A command of a program, which bears one entity at x = `marker`, and what those who gave it were told. */
export interface Asked {
  readonly marker: number;
  readonly actor: Actor;
  readonly deferred: boolean;
  readonly input: DeferredInput;
  readonly receipts: Receipt[];
  readonly refusals: string[];
}

/** Nothing moves, so that an entity tells by its place which command bore it. */
const still = defineSimulation({
  name: 'still',
  components: [Position],
  // A moment in which a run can be told to stop, with commands taken out of their queue for the tick.
  hooks: [defineHook('preTick', () => pass(1))],
});
const actors = [player, operator, admin, actor('paul', 'player')];
const unlimited = { commandsPerTick: Infinity, tokensPerDay: Infinity };
/** Steps after which every command of a program is due. */
const LONG = 12;

/**
 * An app that does one random program, and remembers what it was asked and what it said. It is long since every move is
 * here: they share what is under way.
 */
export class RandomHost {
  readonly store: FaultyStore;
  readonly asked: Asked[] = [];
  /** Commands whose cancellation was acknowledged. */
  readonly cancelled = new Set<string>();
  /** What went wrong that never may, even while the store fails. */
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  app: App;
  readonly #random: RandomStream;
  /** Worlds that run, by id. */
  readonly #worlds = new Map<string, RuntimeWorld>();
  #under: Promise<void>[] = [];
  #made = 0;
  readonly #moves: readonly (readonly [weight: number, move: () => Promise<void>])[] = [
    [22, () => this.#give(false)],
    [22, () => this.#give(true)],
    [8, () => this.#batch()],
    [5, () => this.#again()],
    [5, () => this.#cancel()],
    [20, () => this.#run()],
    [5, () => this.#close()],
    [8, () => this.#resume()],
    [2, () => this.#fork()],
    [1, () => this.#destroy()],
    [2, () => this.#reopen()],
  ];

  constructor(seed: number) {
    this.#random = randomStream(seed, 'program');
    this.store = new FaultyStore(seed);
    this.app = this.#open();
  }

  async do(moves: number): Promise<void> {
    this.store.faults = false;
    for (let k = 0; k < 2; k++) {
      const world = this.app.world(`w${k}`, still, { seed: 1 });
      await world.run({ steps: 0 });
      this.#worlds.set(world.id, world);
    }
    this.store.faults = true;
    const weights = this.#moves.map(([weight]) => weight);
    for (let k = 0; k < moves; k++) {
      const [, move] = this.#random.choice(this.#moves, weights);
      await move();
      await pass(this.#random.integer(0, 3));
    }
  }

  /** Faults stop, everything that waits comes due: first where it is, then in another app that goes on with all of it. */
  async finish(): Promise<void> {
    await this.#quiet();
    for (const world of this.#worlds.values()) await this.#step(world);
    for (const { id, world } of await this.#queued())
      if (this.#worlds.has(world ?? '')) this.#wrong(`${id} waits although its tick is over`);
    await this.app.close();
    this.app = this.#open();
    // The first command has what the app before left behind seen to.
    await this.app.as(viewer).worlds();
    for (const { world, destroyed } of await this.store.worlds())
      if (!destroyed) await this.#step(await this.app.resume(world, still));
  }

  #queued() {
    return this.store.commands({ status: 'queued' });
  }

  async #step(world: RuntimeWorld): Promise<void> {
    try {
      await world.run({ steps: LONG });
    } catch (error) {
      // Ticks that a failed append left out: the handle is no more use, and the world goes on from its store.
      if (!(await this.#lost(world, error))) throw error;
    }
  }

  #open(): App {
    return appOver(this.store, {
      simulations: [still],
      quotas: unlimited,
      // Ids of its own, so that work which is done twice is seen twice.
      handlers: { bear: (world, x) => void world.spawn(Position({ x: Number(x) })) },
    });
  }

  #wrong(what: string): void {
    this.violations.push(what);
    this.trace.push(`! ${what}`);
  }

  /** Begins something that goes on while the program does. */
  #begin(what: string, work: Promise<string>): Promise<void> {
    this.trace.push(what);
    const told = work.then(
      (said) => void this.trace.push(`  ${what}: ${said}`),
      (error: unknown) => void this.trace.push(`  ${what} failed: ${textOf(error)}`),
    );
    this.#under.push(told);
    return told;
  }

  /** A world that runs, if there is one. */
  #any(): RuntimeWorld | undefined {
    const worlds = [...this.#worlds.values()];
    return worlds.length === 0 ? undefined : this.#random.choice(worlds);
  }

  #ask(by: Actor, deferred: boolean): Asked | undefined {
    const world = this.#any();
    if (world === undefined) return undefined;
    const random = this.#random;
    const marker = this.asked.length + 1;
    const what = random.choice<Pick<DeferredInput, 'type' | 'payload'>>([
      { type: 'spawn', payload: { components: [{ type: 'Position', x: marker }] } },
      { type: 'custom', payload: { action: 'bear', payload: marker } },
    ]);
    const input = {
      ...what,
      world: world.id,
      ...(random.integer(0, 3) === 0 && { idempotencyKey: `key ${marker}` }),
      ...(deferred && {
        tick: random.integer(0, 3) === 0 ? 0 : world.tick + random.integer(0, 5),
        priority: random.integer(-1, 2),
      }),
    } as DeferredInput;
    const asked: Asked = { marker, actor: by, deferred, input, receipts: [], refusals: [] };
    this.asked.push(asked);
    return asked;
  }

  /** Gives commands of one actor, and notes what is said of each. */
  async #send(all: readonly Asked[]): Promise<string> {
    const [{ actor: by, deferred, input }] = all as readonly [Asked];
    const gate = this.app.as(by);
    try {
      const receipts = deferred
        ? await gate.submitBatch(all.map((one) => one.input))
        : [(await gate.execute(input)).result];
      for (const [k, asked] of all.entries()) asked.receipts.push(receipts[k]!);
      return receipts.map(({ command }) => command).join();
    } catch (error) {
      for (const { refusals } of all) refusals.push(textOf(error));
      throw error;
    }
  }

  async #give(deferred: boolean): Promise<void> {
    const asked = this.#ask(this.#random.choice(actors), deferred);
    if (asked !== undefined) void this.#begin(nameOf([asked]), this.#send([asked]));
  }

  async #batch(): Promise<void> {
    const by = this.#random.choice(actors);
    const length = this.#random.integer(1, 5);
    const fresh = Array.from({ length }, () => this.#ask(by, true));
    const again = this.#keyed().find((one) => one.deferred && one.actor === by);
    const all = [...fresh, again].filter((one) => one !== undefined);
    if (all.length > 0) void this.#begin(nameOf(all), this.#send(all));
  }

  /** The same command under the same key, whatever became of it. */
  async #again(): Promise<void> {
    const keyed = this.#keyed();
    if (keyed.length === 0) return;
    const asked = this.#random.choice(keyed);
    void this.#begin(`again ${nameOf([asked])}`, this.#send([asked]));
  }

  #keyed(): Asked[] {
    return this.asked.filter(({ input }) => input.idempotencyKey !== undefined);
  }

  async #cancel(): Promise<void> {
    const known = this.asked.flatMap(({ receipts }) => receipts.slice(0, 1)).slice(-20);
    if (known.length === 0) return;
    const { command } = this.#random.choice(known);
    const cancel = async (): Promise<string> => {
      await this.app.as(admin).execute({ type: 'cancel_command', payload: { command } });
      this.cancelled.add(command);
      return 'done';
    };
    void this.#begin(`cancel ${command}`, cancel());
  }

  async #run(): Promise<void> {
    const world = this.#any();
    if (world === undefined) return;
    const [steps, turns] = [this.#random.integer(1, 4), this.#random.integer(0, 40)];
    const stop = new AbortController();
    void pass(turns).then(() => stop.abort());
    const run = async (): Promise<string> => {
      try {
        await world.run({ steps, signal: stop.signal });
      } catch (error) {
        await this.#lost(world, error);
        throw error;
      }
      return `tick ${world.tick}`;
    };
    const done = this.#begin(`run ${world.name}`, run());
    if (this.#random.integer(0, 2) === 0) await done;
  }

  /** Gives up a handle whose ticks cannot be appended any more; the program may resume its world. */
  async #lost(world: RuntimeWorld, error: unknown): Promise<boolean> {
    const code = error instanceof ArchetypeError ? error.code : undefined;
    if (code !== 'tick_conflict' && code !== 'stale_writer') return false;
    if (this.#worlds.get(world.id) === world) this.#worlds.delete(world.id);
    await world.close();
    return true;
  }

  async #close(): Promise<void> {
    const world = this.#any();
    if (world === undefined || this.#worlds.size < 2) return;
    this.#worlds.delete(world.id);
    const closed = world.close().then(() => 'done');
    const done = this.#begin(`close ${world.name}`, closed);
    if (this.#random.integer(0, 2) === 0) await done;
  }

  async #resume(): Promise<void> {
    const stored = await this.store.worlds();
    const gone = stored.filter((one) => !one.destroyed && !this.#worlds.has(one.world));
    if (gone.length === 0) return;
    const { world: id, name } = this.#random.choice(gone);
    const resume = async (): Promise<string> => {
      const world = await this.app.resume(id, still);
      this.#worlds.set(id, world);
      return `tick ${world.tick}`;
    };
    await this.#begin(`resume ${name}`, resume());
  }

  async #fork(): Promise<void> {
    const world = this.#any();
    if (world === undefined || this.#made === 4) return;
    const name = `f${this.#made++}`;
    const fork = async (): Promise<string> => {
      const made = await world.fork({ name });
      this.#worlds.set(made.id, made);
      return `tick ${made.tick}`;
    };
    void this.#begin(`fork ${world.name} as ${name}`, fork());
  }

  async #destroy(): Promise<void> {
    const world = this.#any();
    if (world === undefined || this.#worlds.size < 3) return;
    this.#worlds.delete(world.id);
    void this.#begin(
      `destroy ${world.name}`,
      world.destroy().then(() => 'done'),
    );
  }

  async #reopen(): Promise<void> {
    await this.#quiet();
    this.trace.push('reopen');
    await this.app.close();
    this.#worlds.clear();
    this.app = this.#open();
    this.store.faults = true;
  }

  /** Faults stop, and everything that was begun is over. */
  async #quiet(): Promise<void> {
    this.store.faults = false;
    while (this.#under.length > 0) await Promise.all(this.#under.splice(0));
  }
}

const textOf = (error: unknown): string =>
  error instanceof ArchetypeError ? `${error.code}: ${error.message}` : String(error);

const nameOf = (all: readonly Asked[]): string =>
  all
    .map(
      ({ deferred, input: { type, world, tick = 0 }, marker }) =>
        `${deferred ? `submit for tick ${tick}` : 'execute'} ${type} ${marker} in ${world}`,
    )
    .join(' and ');
