import { ArchetypeError } from '../errors.ts';
import { mintId, UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { lineageAt, type WorldRecord } from '../state/world-record.ts';
import type { ForkOptions } from './world-options.ts';
import type { GivenResources } from './world-resources.ts';
import type { CreateOptions } from './worlds.ts';

/** What is written down of a new world. @throws `invalid_name`, `invalid_argument` */
export const newRecord = (
  name: string,
  given: GivenResources,
  options: CreateOptions,
): WorldRecord => ({
  world: options.id ?? mintId(),
  run: options.run ?? mintId(),
  name: checkName(name),
  seed: checkSeed(options.seed ?? randomSeed()),
  createdAt: Date.now(),
  lineage: [],
  resources: given.data,
  live: [...given.live.keys()].toSorted(),
});

/** What is written down of a fork at a state of its source. @throws `invalid_name`, `invalid_argument` */
export const forkRecord = (
  source: WorldRecord,
  snapshot: Snapshot,
  live: ReadonlyMap<string, unknown>,
  resources: Readonly<Record<string, Json>>,
  { name, seed }: ForkOptions & { readonly name: string },
): WorldRecord => ({
  world: mintId(),
  run: mintId(),
  name: checkName(name),
  seed: checkSeed(seed ?? source.seed),
  createdAt: Date.now(),
  lineage: snapshot.tick === UNSTARTED ? [] : lineageAt(source, snapshot.tick),
  forkedAt: {
    world: source.world,
    run: source.run,
    tick: snapshot.tick,
    nextEntityId: snapshot.counters.nextEntity,
  },
  resources,
  live: [...live.keys()].toSorted(),
});

function checkName(name: string): string {
  if (typeof name === 'string' && name.trim() !== '') return name;
  throw new ArchetypeError(
    'invalid_name',
    `A world needs a name and was given ${JSON.stringify(name)}.`,
  );
}

function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new ArchetypeError(
    'invalid_argument',
    `The seed was ${String(seed)}; give a whole number from 0 to 2^53 - 1.`,
  );
}

/** Drawn once and recorded, so that what follows from it can be repeated. */
function randomSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high! >>> 11) * 4294967296 + low!;
}
