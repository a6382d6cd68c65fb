import { MemoryStore, randomStream, type RandomStream } from '@archetype/core';
import { setImmediate as turn } from 'node:timers/promises';

/** A store whose writes take a moment, and fail at times before they write anything. */
export class FaultyStore extends MemoryStore {
  faults = true;
  readonly #random: RandomStream;
  /** Writes of a kind take effect in the order of their calls, as a store promises. */
  readonly #last = { accept: Promise.resolve(), append: Promise.resolve() };

  constructor(seed: number) {
    super();
    this.#random = randomStream(seed, 'store');
  }

  override async accept(given: Parameters<MemoryStore['accept']>[0]): Promise<void> {
    // Nothing to write is how an app asks whether a store can be written.
    if (Object.keys(given).length === 0) return super.accept(given);
    return this.#write('accept', () => super.accept(given));
  }

  override async append(commits: Parameters<MemoryStore['append']>[0]): Promise<void> {
    return this.#write('append', () => super.append(commits));
  }

  #write(kind: 'accept' | 'append', write: () => Promise<void>): Promise<void> {
    const [turns, fails] = [this.#random.integer(0, 4), this.#random.uniform() < 0.1];
    const attempt = async (before: Promise<void>): Promise<void> => {
      await before;
      await pass(turns);
      if (fails && this.faults) throw new Error('The disk is full.');
      await write();
    };
    const done = attempt(this.#last[kind]);
    // Whoever asked for a write is told that it failed; the next one is tried all the same.
    this.#last[kind] = done.catch(() => undefined);
    return done;
  }
}

/** Lets others go on, without a clock, so that a seed gives the same program again. */
export async function pass(turns: number): Promise<void> {
  for (let k = 0; k < turns; k++) await turn();
}
