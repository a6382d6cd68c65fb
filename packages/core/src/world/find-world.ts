import { ArchetypeError, didYouMean } from '../errors.ts';
import type { StoredWorld } from '../store/store.ts';
import type { GivenResources } from './world-resources.ts';

/** The stored world with an id, or the only one with a name. @throws `world_not_found`, `world_ambiguous` */
export function findWorld(worlds: readonly StoredWorld[], idOrName: string): StoredWorld {
  const byId = worlds.find((world) => world.world === idOrName);
  if (byId !== undefined) return byId;
  const named = worlds.filter((world) => world.name === idOrName);
  if (named.length === 1) return named[0]!;
  if (named.length > 1) {
    throw new ArchetypeError(
      'world_ambiguous',
      `${named.length} stored worlds are called "${idOrName}": ${named.map((world) => world.world).join(', ')}; name one by its id.`,
    );
  }
  throw new ArchetypeError(
    'world_not_found',
    `No stored world has the id or name "${idOrName}"${didYouMean(
      idOrName,
      worlds.map((world) => world.name),
    )} The store holds ${worlds.length}.`,
  );
}

/** Live resources are not recorded, so whoever goes on with a world gives them again. @throws `resource_missing` */
export function checkLive(stored: StoredWorld, given: GivenResources): void {
  const missing = stored.live.filter((name) => !given.live.has(name));
  if (missing.length === 0) return;
  throw new ArchetypeError(
    'resource_missing',
    `World "${stored.name}" was made with live resources that are not recorded: ${missing.join(', ')}. Give them again, in the simulation's resources or in resume's.`,
  );
}
