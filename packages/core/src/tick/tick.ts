import { ArchetypeError } from '../errors.ts';
import type { Key } from '../random/threefry.ts';
import { MAX_ENTITY } from '../schema/entity-ref.ts';
import type { Registry } from '../schema/registry.ts';
import type { Commit } from '../state/commit.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { componentOf } from '../schema/component.ts';
import type { WorldIdentity } from './context.ts';
import type { Work } from './drive.ts';
import { execute } from './execute.ts';
import { materialize } from './materialize.ts';
import type { Processor } from './processor.ts';
import { readResources } from './resources.ts';
import { settle } from './settle.ts';
import { stamp } from './stamp.ts';

/** Everything that a tick is a function of, beside the snapshot and the mutations. */
export interface TickInput {
  readonly world: WorldIdentity;
  readonly seed: number;
  readonly registry: Registry;
  readonly processors: readonly Processor[];
  readonly live: ReadonlyMap<string, unknown>;
  readonly input: Json | undefined;
  readonly signal: AbortSignal;
  /** Hashed random keys, kept between ticks. */
  readonly keys: Map<string, Key>;
  /** Gives the next entity id, for births that processors emit. */
  readonly allocate: () => number;
}

export interface TickResult {
  readonly snapshot: Snapshot;
  readonly commit: Omit<Commit, 'lease'>;
}

/**
 * (state at t, what was staged since) -> (state at t + 1, what to append). No I/O; it waits only for promises that a
 * processor returned. Tick 0 is what was given: no processors run.
 */
export function* tick(
  snapshot: Snapshot,
  mutations: readonly Mutation[],
  given: TickInput,
): Work<TickResult> {
  const number = snapshot.tick + 1;
  const { registry } = given;
  const materialized = materialize(snapshot, mutations, registry);
  const executed = yield* execute(
    materialized.tables,
    number === UNSTARTED + 1 ? [] : given.processors,
    {
      world: given.world,
      tick: number,
      seed: given.seed,
      keys: given.keys,
      resources: readResources(materialized.resources, given.live),
      input: given.input,
      signal: given.signal,
    },
  );
  for (const emission of executed.emissions) {
    if (emission.kind === 'spawn' || emission.kind === 'addComponents') {
      for (const value of emission.values) registry.add(componentOf(value));
    }
  }
  const settled = settle(executed, registry, given.allocate);
  const births = {
    ...materialized.births,
    single: new Map([...materialized.births.single, ...settled.born]),
  };
  const { commits, tables } = stamp(
    number,
    snapshot.tables,
    executed.tables,
    settled.tables,
    births,
    registry,
  );
  const counters = {
    nextEntity: nextEntity(snapshot.counters.nextEntity, mutations, settled.born.keys()),
    nextMessage: snapshot.counters.nextMessage,
  };
  return {
    snapshot: { tick: number, tables, counters, resources: materialized.resources },
    commit: {
      tick: number,
      tables: commits,
      counters,
      ...(Object.keys(materialized.changed).length > 0 && { resources: materialized.changed }),
      ...(given.input !== undefined && { input: given.input }),
      settled: [],
    },
  };
}

/** One above every id that this tick or an earlier one used. */
function nextEntity(
  before: number,
  mutations: readonly Mutation[],
  born: Iterable<number>,
): number {
  let next = before;
  for (const mutation of mutations) {
    if (mutation.kind === 'spawn') next = Math.max(next, mutation.entity + 1);
    else if (mutation.kind === 'spawnMany') next = Math.max(next, mutation.first + mutation.count);
  }
  for (const id of born) next = Math.max(next, id + 1);
  return next;
}

export const exhausted = (): ArchetypeError =>
  new ArchetypeError(
    'entity_ids_exhausted',
    `All ${MAX_ENTITY} entity ids of this world are used; start a new world; ids are never reused, and a fork counts on.`,
  );
