import { ArchetypeError } from '@archetype/core';

/** An error of the system as one that says which store could not be opened. */
export function unavailable(directory: string, error: unknown): ArchetypeError {
  if (error instanceof ArchetypeError) return error;
  return new ArchetypeError(
    'storage_unavailable',
    `The store in ${directory} could not be opened: ${error instanceof Error ? error.message : String(error)} Check that it is a directory that this user may write, or use another one.`,
    { cause: error },
  );
}
