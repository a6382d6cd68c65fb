import { ArchetypeError } from '@archetype/core';

/** Tries everything, in order. @throws `close_failed` with all that went wrong */
export async function closeAll(ends: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return;
  throw new ArchetypeError(
    'close_failed',
    `The store closed with ${failures.length} failure(s): ${failures.map((error) => (error instanceof Error ? error.message : String(error))).join(' ')}`,
    { cause: new AggregateError(failures) },
  );
}
