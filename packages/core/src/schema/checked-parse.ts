import type { z } from 'zod';
import { overflowed, tooDeep } from './json-copy.ts';

/** What a schema makes of a value. @throws `invalid_value`, said of `what`, for what is nested too deeply to be checked */
export function checkedParse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!overflowed(cause)) throw cause;
    throw tooDeep(what, cause);
  }
}
