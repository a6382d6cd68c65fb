import { ArchetypeError, didYouMean } from '../errors.ts';
import type { Json } from '../state/json.ts';
import {
  defaultOf,
  isResource,
  parseData,
  type AnyResource,
  type ResourceValue,
} from '../state/resource.ts';

/** Resources given at a world's start: data by name as JSON, live objects by name. */
export interface GivenResources {
  readonly data: Readonly<Record<string, Json>>;
  readonly live: ReadonlyMap<string, unknown>;
  /** Definitions by name. */
  readonly known: ReadonlyMap<string, AnyResource>;
}

/** @throws `resource_conflict`, `resource_missing` */
export function collectResources(given: readonly (ResourceValue | AnyResource)[]): GivenResources {
  const data: Record<string, Json> = {};
  const live = new Map<string, unknown>();
  const known = new Map<string, AnyResource>();
  for (const entry of given) {
    const value = isResource(entry) ? withDefault(entry) : requireValue(entry);
    const before = known.get(value.resource);
    if (before !== undefined && before !== value.of) {
      throw new ArchetypeError(
        'resource_conflict',
        `Two resources are called "${value.resource}"; define it once and import it, or rename one.`,
      );
    }
    known.set(value.resource, value.of);
    if (value.of.kind === 'data') data[value.resource] = parseData(value.of, value.value);
    else live.set(value.resource, value.value);
  }
  return { data, live, known };
}

function withDefault(resource: AnyResource): ResourceValue {
  const value = defaultOf(resource);
  if (value !== undefined) return value;
  throw new ArchetypeError(
    'resource_missing',
    `Resource "${resource.resource}" has no default; give it a value, for example ${resource.resource}(...).`,
  );
}

export function requireValue(given: unknown): ResourceValue {
  const value = given as ResourceValue | undefined;
  if (value !== undefined && value !== null && isResource(value.of)) return value;
  throw new ArchetypeError(
    'invalid_argument',
    'A resource value was needed; call the resource, for example Gravity(1.6).',
  );
}

/** @throws `resource_missing` */
export function resourceByName(known: ReadonlyMap<string, AnyResource>, name: string): AnyResource {
  const resource = known.get(name);
  if (resource !== undefined) return resource;
  const names = [...known.keys()].toSorted();
  throw new ArchetypeError(
    'resource_missing',
    `No resource is called "${name}" here${didYouMean(name, names)} Known: ${names.join(', ') || 'none'}.`,
  );
}
