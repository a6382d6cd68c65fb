import { ArchetypeError } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import { printType } from '../schema/column-type.ts';
import { isBirthRef, MAX_ENTITY, type BirthRef } from '../schema/entity-ref.ts';
import { numberOf, type BirthCall } from './birth.ts';
import type { Targets } from './emission.ts';

/** One entity, rather than some. */
export const isSingle = (target: unknown): target is number | BirthRef =>
  typeof target === 'number' || isBirthRef(target);

/**
 * The entities that a call of `ctx` is about: an id, a birth, any list of these, a column of ids, or the entities of a
 * frame. Births are `~number`. The list is the engine's own. @throws `entity_not_found`, `invalid_argument`
 */
export function targetsOf(target: unknown, call: BirthCall): Targets {
  if (isSingle(target)) return [codeOf(target, call)];
  if (target instanceof Frame) return idsOfFrame(target);
  if (target instanceof Int32Array) {
    const negative = target.find((id) => id < 0);
    if (negative !== undefined) throw noSuchEntity(negative);
    return target.slice();
  }
  if (typeof target === 'object' && target !== null && Symbol.iterator in target)
    return Array.from(target as Iterable<unknown>, (entity) => codeOf(entity, call));
  throw new ArchetypeError(
    'invalid_argument',
    `Entities were needed and ${target === null ? 'null' : `a ${typeof target}`} was given; use an id, what ctx.spawn returned, a list of these, a column of ids, or a frame.`,
  );
}

function codeOf(entity: unknown, call: BirthCall): number {
  if (isBirthRef(entity)) return ~numberOf(entity, call);
  if (Number.isInteger(entity) && (entity as number) >= 0 && (entity as number) <= MAX_ENTITY)
    return entity as number;
  throw noSuchEntity(entity);
}

function idsOfFrame(frame: Frame): Int32Array {
  const { type, data } = frame.at('entity_id');
  if (type.kind === 'i32' && !type.nullable) return data as Int32Array;
  throw new ArchetypeError(
    'type_mismatch',
    `The frame's entity_id holds ${printType(type)}; entity ids are i32.`,
  );
}

export const noSuchEntity = (entity: unknown): ArchetypeError =>
  new ArchetypeError(
    'entity_not_found',
    `No living entity is entity ${String(entity)}; use an id from a frame of this tick, or what ctx.spawn returned in this call.`,
  );
