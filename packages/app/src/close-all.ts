import { ArchetypeError } from '@archetype/core';

/** Ends everything, in order, whatever fails on the way. @throws `close_failed` with every failure */
export async function closeAll(
  what: string,
  steps: readonly (() => Promise<void>)[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length === 0) return;
  const said = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  throw new ArchetypeError(
    'close_failed',
    `${what} is closed, and ${failures.length === 1 ? 'something' : `${failures.length} things`} went wrong: ${said.join(' ')}`,
    { cause: new AggregateError(failures) },
  );
}
