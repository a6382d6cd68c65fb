import { ArchetypeError, randomStream } from '@archetype/core';

const LIMIT = Number.MAX_SAFE_INTEGER;

/** @throws `invalid_argument` */
export function checkSeed(seed: unknown): number {
  if (typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ArchetypeError(
    'invalid_argument',
    `The seed was ${String(seed)}; give a whole number from 0 to 2^53 - 1.`,
  );
}

/**
 * Seeds that follow from one, without an end and without a repetition. The first n are the same however many are taken.
 */
export function* seedsOf(seed: number): Generator<number, never> {
  const stream = randomStream(seed, 'seeds of episodes');
  const given = new Set([seed]);
  for (;;) {
    const next = stream.integer(0, LIMIT);
    if (given.has(next)) continue;
    given.add(next);
    yield next;
  }
}
