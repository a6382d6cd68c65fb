import { ArchetypeError, valueFromJson, type Json, type Value, type World } from '@archetype/core';
import { z } from 'zod';
import { short } from '../command/printed.ts';

/** Entities that one command may bear. */
export const MAX_BIRTHS = 10_000;

export const entityId = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
export const text = z.string().min(1).max(1000);
export const tick = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
export const seed = z.int().min(0);
export const json = z.custom<Json>((given) => given !== undefined, 'a JSON value is missing');
/** Values in their serialised form, for example `{ "type": "Position", "x": 1 }`. */
export const components = z
  .array(z.looseObject({ type: z.string().max(200) }))
  .min(1)
  .max(100);
/** Data resources by name. */
export const resources = z.record(text, json);

export type SerialisedValue = z.output<typeof components>[number];

/** @throws `unknown_component`, `invalid_value` */
export function valuesOf(world: World, given: readonly SerialisedValue[]): readonly Value[] {
  const values = given.map(({ type, ...fields }) =>
    valueFromJson(world.definitions.component(type), fields as never),
  );
  requireDistinct(given);
  return values;
}

/** @throws `invalid_value` */
export function requireDistinct(given: readonly SerialisedValue[]): void {
  const types = new Set(given.map(({ type }) => type));
  if (types.size === given.length) return;
  throw new ArchetypeError(
    'invalid_value',
    `A component is given twice among ${given.map(({ type }) => type).join(', ')}; give each once.`,
  );
}

/** Names of component types, bounded. */
export const typesIn = (given: readonly SerialisedValue[]): Json =>
  given.slice(0, 20).map(({ type }) => short(type));
