import type { Json } from './json.ts';

/** Every code an `ArchetypeError` can carry. Codes are API: they never change meaning. */
export type ErrorCode =
  // definitions
  | 'invalid_name'
  | 'reserved_name'
  | 'unsupported_field'
  | 'component_conflict'
  | 'processor_conflict'
  | 'resource_conflict'
  | 'invalid_definition'
  // values given from outside
  | 'invalid_value'
  | 'invalid_argument'
  | 'unknown_component'
  | 'unknown_column'
  // frames and expressions
  | 'type_mismatch'
  | 'length_mismatch'
  | 'lossy_literal'
  | 'value_out_of_range'
  | 'expression_too_deep'
  | 'aggregate_misplaced'
  | 'no_random_source'
  | 'no_presence'
  | 'frame_mismatch'
  | 'reserved_column'
  | 'call_failed'
  // worlds and ticks
  | 'entity_not_found'
  | 'component_missing'
  | 'entity_ids_exhausted'
  | 'processor_failed'
  | 'processor_dropped_rows'
  | 'processor_schema'
  | 'processor_result'
  | 'context_closed'
  | 'write_conflict'
  | 'reentrant_step'
  | 'resource_missing'
  | 'schema_conflict'
  | 'aborted'
  | 'world_closed'
  | 'world_destroyed'
  | 'world_exists'
  | 'world_not_found'
  | 'world_ambiguous'
  | 'world_in_use'
  | 'read_only'
  // episodes, rollouts and environments
  | 'callback_failed'
  | 'no_episode'
  | 'env_closed'
  | 'base_changed'
  | 'task_failed'
  | 'task_not_found'
  | 'conformance_failed'
  // stores
  | 'tick_conflict'
  | 'tick_not_found'
  | 'tick_damaged'
  | 'tick_not_retained'
  | 'stale_writer'
  | 'commit_failed'
  | 'commit_unknown'
  | 'store_closed'
  | 'store_locked'
  | 'storage_unavailable'
  | 'journal_foreign'
  | 'journal_damaged'
  | 'format_newer'
  | 'record_unknown'
  | 'part_damaged'
  | 'part_missing'
  | 'flush_failed'
  | 'close_failed'
  // the gate
  | 'unexpected'
  | 'forbidden'
  | 'quota_exceeded'
  | 'budget_exceeded'
  | 'idempotency_conflict'
  | 'command_not_found'
  | 'command_settled'
  | 'no_handler'
  | 'invalid_command'
  | 'interrupted'
  | 'discarded'
  | 'module_failed'
  | 'app_closed'
  | 'simulation_not_found'
  | 'hook_not_found'
  | 'processor_not_found'
  | 'not_deferrable';

const NOTHING: Readonly<Record<string, Json>> = Object.freeze({});

/**
 * The one error class. `code` is for programs; the message says what was true, what was needed and what to do.
 *
 * @example
 * try { world.despawn(7) } catch (error) {
 *   if (error instanceof ArchetypeError && error.code === 'entity_not_found') return;
 *   throw error;
 * }
 */
export class ArchetypeError extends Error {
  readonly code: ErrorCode;
  /** What a program may want to read besides the code: for a quota its limit, what remains and when it resets. */
  readonly details: Readonly<Record<string, Json>>;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly details?: Readonly<Record<string, Json>> },
  ) {
    super(message, options);
    this.name = 'ArchetypeError';
    this.code = code;
    this.details = options?.details === undefined ? NOTHING : Object.freeze({ ...options.details });
  }
}

/** Refuses what is no object where JavaScript would fail with a sentence of its own. @throws `invalid_argument` */
export function requireObject(given: unknown, taker: string, example: string): void {
  if (typeof given === 'object' && given !== null) return;
  throw new ArchetypeError(
    'invalid_argument',
    `${taker} was given ${given === null ? 'null' : typeof given}; give it an object, for example ${example}.`,
  );
}

/** The end of a sentence about a name that is unknown: up to three that look like it, nearest first, or a full stop. */
export function didYouMean(given: unknown, known: Iterable<string>): string {
  const name = String(given);
  // Nobody meant a name by mistake that is longer than any.
  if (name.length > MAX_NAME) return '.';
  const near = [...known]
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 3))
    .toSorted((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => JSON.stringify(candidate));
  return near.length === 0 ? '.' : `; did you mean ${near.join(' or ')}?`;
}

const MAX_NAME = 100;

/** Levenshtein distance, two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
