import type { z } from 'zod';
import { ArchetypeError } from '../errors.ts';

/** What a schema makes of a value. @throws `invalid_value`, said of `what`, for what is nested too deeply to be checked */
export function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ArchetypeError(
      'invalid_value',
      `${what} is nested too deeply to be checked (${cause.message}); keep it flatter.`,
      { cause },
    );
  }
}
