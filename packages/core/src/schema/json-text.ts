import { ArchetypeError } from '../errors.ts';

/** A value as JSON. @throws `invalid_value`, said of `what`, for what JSON cannot hold */
export function jsonText(given: unknown, what: string): string {
  const refused = (problem: string, cause?: unknown): ArchetypeError =>
    new ArchetypeError(
      'invalid_value',
      `${what} ${problem}, which JSON cannot hold; give null, booleans, numbers, text, lists and plain objects of those.`,
      { cause },
    );
  let text: string | undefined;
  try {
    text = JSON.stringify(given);
  } catch (cause) {
    // A bigint, something inside itself, nested deeper than the stack, or a toJSON of its own that fails.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw refused(`was refused (${why!})`, cause);
  }
  if (text === undefined)
    throw refused(`was ${given === undefined ? 'undefined' : `a ${typeof given}`}`);
  return text;
}
