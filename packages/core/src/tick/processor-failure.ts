import { ArchetypeError } from '../errors.ts';
import { CellError } from '../expression/evaluate.ts';
import type { Signature } from '../schema/signature.ts';
import type { Surroundings } from './surroundings.ts';

/** A table as messages name it. */
export const placeOf = ({ names, table }: Signature): string =>
  `${names.join(', ') || 'entities without components'} (${table})`;

/** What went wrong while a processor ran, as the failure of the tick. */
export function processorFailure(
  error: unknown,
  processor: string,
  where: string,
  { tick, signal }: Surroundings,
): ArchetypeError {
  if (error instanceof ArchetypeError && error.code === 'processor_failed') return error;
  // What one processor asked for may be computed when a later one reads it.
  const name = error instanceof CellError ? (error.owner ?? processor) : processor;
  const place = `"${name}" on ${where}`;
  if (signal.aborted) {
    return new ArchetypeError(
      'aborted',
      `Tick ${tick} was given up while processor ${place} ran; nothing was written and what was staged is kept.`,
      { cause: signal.reason },
    );
  }
  if (error instanceof ArchetypeError && error.code.startsWith('processor_')) return error;
  return new ArchetypeError(
    'processor_failed',
    `Processor ${place} failed in tick ${tick}: ${error instanceof Error ? error.message : String(error)} Nothing was written; what was staged is kept, so the step can be tried again.`,
    { cause: error },
  );
}
