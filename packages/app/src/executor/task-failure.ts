import { ArchetypeError } from '@archetype/core';

/** What made a task fail, as one error. */
export function taskFailure(error: unknown, what: string): ArchetypeError {
  if (error instanceof ArchetypeError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new ArchetypeError('task_failed', `${what} failed: ${said}`, { cause: error });
}
