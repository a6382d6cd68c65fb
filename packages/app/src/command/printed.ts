const MAX = 100;

/** Something that was given, for a sentence about it: bounded, whatever it is. */
export function printed(given: unknown): string {
  if (given === undefined) return 'missing';
  if (typeof given === 'function') return 'a function';
  if (typeof given === 'bigint' || typeof given === 'symbol') return short(given.toString());
  try {
    return short(JSON.stringify(given));
  } catch {
    // Something inside cannot be printed; that it is an object is what can be said.
    return 'an object';
  }
}

export const short = (text: string): string =>
  text.length <= MAX ? text : `${text.slice(0, MAX)}…`;
