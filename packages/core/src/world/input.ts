import { ArchetypeError } from '../errors.ts';
import { computeAll } from '../expression/evaluate.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { Frame } from '../frame/frame.ts';
import { printType } from '../schema/column-type.ts';
import { toJson, type Json } from '../state/json.ts';

/**
 * What a caller gives to a step, as it is recorded: a frame with one row for an entity, or a frozen copy of JSON.
 *
 * @throws `invalid_argument`
 */
export function inputOf(given: Json | DataFrame | undefined): Json | Frame | undefined {
  if (given === undefined) return undefined;
  if (!(given instanceof Frame)) return toJson(given as Json, 'The input of a step');
  const problem = problemOf(given);
  if (problem === undefined) {
    computeAll(given.columns);
    return given;
  }
  throw new ArchetypeError(
    'invalid_argument',
    `The input frame ${problem}; give a frame with a column entity_id (i32) and at most one row for an entity, or JSON.`,
  );
}

function problemOf(frame: Frame): string | undefined {
  if (!frame.has('entity_id'))
    return `has no column entity_id, only ${frame.columnNames.join(', ')}`;
  const { type, data } = frame.at('entity_id');
  if (type.kind !== 'i32' || type.nullable) return `has entity_id of type ${printType(type)}`;
  const seen = new Set<number>();
  for (const id of data as Int32Array) {
    if (seen.has(id)) return `has more than one row for entity ${id}`;
    seen.add(id);
  }
  return undefined;
}
