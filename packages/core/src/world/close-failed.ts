import { ArchetypeError } from '../errors.ts';

/** What whoever closes many worlds is told of those that failed. */
export const closeFailed = (failures: readonly unknown[]): ArchetypeError =>
  new ArchetypeError(
    'close_failed',
    `${failures.length} worlds could not be closed as they should: ${failures.map((error) => (error instanceof Error ? error.message : String(error))).join(' ')}`,
    { cause: new AggregateError(failures) },
  );
