import { ArchetypeError, randomStream, type RandomStream } from '@archetype/core';
import { checkSeed } from '../../simulate/seeds.ts';
import { wholeNumber } from '../../whole-number.ts';

/** How an environment is tried. */
export interface ConformanceOptions<A> {
  /** An action, any that the environment allows. */
  readonly actions: (random: RandomStream) => A;
  /** Seeds what is tried; 0 unless told. */
  readonly seed?: number;
  /** How many steps to try; 200 unless told. */
  readonly steps?: number;
}

/** The options with their defaults, and actions that the seed decides. @throws `invalid_argument` */
export function triedWith<A>(options: ConformanceOptions<A>): {
  readonly seed: number;
  readonly steps: number;
  readonly actions: (label: string) => () => A;
} {
  if (typeof options?.actions !== 'function') {
    throw new ArchetypeError(
      'invalid_argument',
      'A conformance test needs actions: a function that gives an allowed action, for example (random) => random.integer(0, 2).',
    );
  }
  const seed = checkSeed(options.seed ?? 0);
  return {
    seed,
    steps: wholeNumber(options.steps ?? 200, 'steps', 1),
    actions: (label) => {
      const random = randomStream(seed, label);
      return () => options.actions(random);
    },
  };
}

/** @throws `conformance_failed` with what is wrong, unless it is right */
export function hold(right: boolean, wrong: () => string): void {
  if (!right) throw new ArchetypeError('conformance_failed', wrong());
}
