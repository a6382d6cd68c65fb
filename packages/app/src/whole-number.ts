import { ArchetypeError } from '@archetype/core';

/** @throws `invalid_argument`, with what the number is for */
export function wholeNumber(given: unknown, what: string, from: number): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= from) return given;
  throw new ArchetypeError(
    'invalid_argument',
    `${what} was ${typeof given === 'string' ? JSON.stringify(given) : String(given)}; give a whole number from ${from} on.`,
  );
}
