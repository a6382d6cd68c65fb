import { ArchetypeError, didYouMean } from '../errors.ts';
import type { Json } from '../state/json.ts';
import { isResource, type ResourceOf } from '../state/resource.ts';

/** Resources as a processor reads them. Data is frozen. */
export interface Resources {
  /** @throws `resource_missing` */
  get<T>(resource: ResourceOf<T>): T;
  find<T>(resource: ResourceOf<T>): T | undefined;
}

export function readResources(
  data: Readonly<Record<string, Json>>,
  live: ReadonlyMap<string, unknown>,
): Resources {
  const find = <T>(resource: ResourceOf<T>): T | undefined => {
    if (!isResource(resource)) {
      throw new ArchetypeError(
        'invalid_argument',
        'resources.get takes what defineResource returned.',
      );
    }
    return (resource.kind === 'data' ? data[resource.resource] : live.get(resource.resource)) as
      | T
      | undefined;
  };
  return Object.freeze({
    find,
    get<T>(resource: ResourceOf<T>): T {
      const value = find(resource);
      if (value !== undefined) return value;
      const known = [...Object.keys(data), ...live.keys()];
      throw new ArchetypeError(
        'resource_missing',
        `This world has no resource "${resource.resource}"${didYouMean(resource.resource, known)} Give it in the simulation's resources, or set it with world.resources.set.`,
      );
    },
  });
}
