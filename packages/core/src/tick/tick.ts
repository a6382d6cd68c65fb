import { ArchetypeError } from '../errors.ts';
import { MAX_ENTITY } from '../schema/entity-ref.ts';
import type { SettledCommand } from '../state/command.ts';
import type { Commit } from '../state/commit.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { deliver, messagesOf } from './delivery.ts';
import type { Work } from './drive.ts';
import { execute, type Executed } from './execute.ts';
import { materialize } from './materialize.ts';
import type { Processor } from './processor.ts';
import { readResources } from './resources.ts';
import { settle } from './settle.ts';
import { stamp } from './stamp.ts';
import type { Surroundings } from './surroundings.ts';

/** Everything that a tick is a function of, beside the snapshot and the mutations. */
export interface TickInput extends Omit<Surroundings, 'tick' | 'resources' | 'messages'> {
  readonly processors: readonly Processor[];
  readonly live: ReadonlyMap<string, unknown>;
  /** How commands end with this tick. */
  readonly ends: readonly SettledCommand[];
  /** One above the entity ids that callers hold, used or not. */
  readonly held: number;
  /** Reserves entity ids for births that processors emit, and gives the first. */
  readonly allocate: (count: number) => number;
}

export interface TickResult {
  readonly snapshot: Snapshot;
  readonly commit: Omit<Commit, 'lease'>;
  /** Emissions about entities that another emission killed or moved away, each entity counted. */
  readonly ignored: number;
  /** Whom updates were about, staged or emitted; births of this tick may be among them. */
  readonly updated: () => readonly Updated[];
}
export interface Updated {
  readonly component: string;
  readonly entities: Iterable<number>;
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
  const { tables, left, births, resources, changed } = materialize(snapshot, mutations, registry);
  const delivery = deliver(snapshot, tables);
  const executed = yield* execute(tables, number === UNSTARTED + 1 ? [] : given.processors, {
    ...given,
    tick: number,
    messages: delivery.messages,
    resources: readResources(resources, given.live),
  });
  const settled = settle(executed, births, registry, given.allocate);
  const stamped = stamp(
    number,
    snapshot.tables,
    executed.tables,
    settled.tables,
    left,
    settled.left,
  );
  const { nextMessage } = snapshot.counters;
  const messages = messagesOf(mutations, executed.calls, nextMessage);
  const { undelivered } = delivery;
  const nextEntity = Math.max(snapshot.counters.nextEntity, settled.nextEntity, given.held);
  // The same object while nothing changed: ticks that are kept share it.
  const counters =
    nextEntity === snapshot.counters.nextEntity && messages.numRows === 0
      ? snapshot.counters
      : { nextEntity, nextMessage: nextMessage + messages.numRows };
  return {
    snapshot: { tick: number, tables: stamped.tables, counters, resources, messages },
    commit: {
      tick: number,
      tables: stamped.commits,
      counters,
      ...(Object.keys(changed).length > 0 && { resources: changed }),
      ...(messages.numRows > 0 && { messages }),
      ...(undelivered.length > 0 && { undelivered }),
      ...(given.input !== undefined && { input: given.input }),
      settled: given.ends,
    },
    ignored: settled.ignored,
    updated: () => updatedBy(mutations, executed),
  };
}

function updatedBy(mutations: readonly Mutation[], { calls }: Executed): readonly Updated[] {
  const staged = mutations.flatMap((mutation) =>
    mutation.kind === 'update'
      ? [{ component: mutation.component.type, entities: [mutation.entity] }]
      : [],
  );
  const emitted = calls.flatMap(({ emissions }) =>
    emissions.flatMap((emission) =>
      emission.kind === 'update'
        ? [{ component: emission.component.type, entities: emission.entities }]
        : [],
    ),
  );
  return [...staged, ...emitted];
}

export const exhausted = (): ArchetypeError =>
  new ArchetypeError(
    'entity_ids_exhausted',
    `All ${MAX_ENTITY} entity ids of this world are used; start a new world; ids are never reused, and a fork counts on.`,
  );
