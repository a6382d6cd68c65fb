import { ArchetypeError } from '../errors.ts';
import type { Json } from '../json.ts';
import { MAX_JSON_DEPTH } from '../schema/json-copy.ts';

// Errors carry JSON too, and come before everything else: the type is theirs to import.
export type { Json } from '../json.ts';

/** Equal as data: the order of keys does not count, and an absent value equals nothing but an absent one. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return (
    keys.length === Object.keys(y).length &&
    keys.every((key) => Object.hasOwn(y, key) && sameJson(x[key], y[key]))
  );
}

/** A deeply frozen copy. @throws `invalid_argument` for what JSON cannot hold, said of `what` */
export function toJson(given: unknown, what: string, path = '', depth = 0): Json {
  const refuse = (problem: string): ArchetypeError =>
    new ArchetypeError(
      'invalid_argument',
      `${what} holds ${problem}${path === '' ? '' : ` at ${path}`}, which JSON cannot keep; use null, booleans, finite numbers, text, arrays and plain objects.`,
    );
  if (given === null || typeof given === 'boolean' || typeof given === 'string') return given;
  if (typeof given === 'number') {
    if (Number.isFinite(given)) return given;
    throw refuse(String(given));
  }
  if (depth > MAX_JSON_DEPTH) throw refuse('something nested too deep, or inside itself,');
  if (Array.isArray(given)) {
    return Object.freeze(
      given.map((item: unknown, k) => toJson(item, what, `${path}[${k}]`, depth + 1)),
    );
  }
  if (typeof given !== 'object')
    throw refuse(given === undefined ? 'undefined' : `a ${typeof given}`);
  const prototype: unknown = Object.getPrototypeOf(given);
  if (prototype !== null && prototype !== Object.prototype)
    throw refuse(
      `a ${(given.constructor as { name?: string } | undefined)?.name ?? 'class instance'}`,
    );
  const copy: Record<string, Json> = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === '__proto__') throw refuse('a key "__proto__"');
    if (value !== undefined) copy[key] = toJson(value, what, `${path}.${key}`, depth + 1);
  }
  return Object.freeze(copy);
}
