import type { Registry } from '../schema/registry.ts';
import type { Births } from './births.ts';
import type { Call } from './call.ts';
import { Change } from './change.ts';
import type { Emission, Targets } from './emission.ts';
import type { Executed } from './execute.ts';
import type { LivingTables } from './living.ts';
import { applyChanges, type Applied } from './tables.ts';
import { Updates } from './updates.ts';

/** The state at the end of a tick. */
export interface Settled {
  /** Births among them. */
  readonly tables: LivingTables;
  /** Who left a table after processors ran. */
  readonly left: Applied['left'];
  /** One above the ids of emitted births; 0 when there were none. */
  readonly nextEntity: number;
  /** Emissions about entities that another emission killed or moved away, each entity counted. */
  readonly ignored: number;
}

const noChanges: ReadonlyMap<number, Change> = new Map();

/** Applies what processors emitted: per entity despawn, else moves, then updates, each in emission order. */
export function settle(
  executed: Executed,
  births: Births,
  registry: Registry,
  allocate: (count: number) => number,
): Settled {
  const { calls, view, tables } = executed;
  if (calls.every(({ emissions }) => emissions.length === 0))
    return { ...applyChanges(tables, noChanges, births.rows()), nextEntity: 0, ignored: 0 };
  const nextEntity = bear(calls, births, allocate);
  const changes = new Map<number, Change>();
  const homes = [...tables.values()];
  const changeOf = (entity: number): Change => {
    const known = changes.get(entity);
    if (known !== undefined) return known;
    const home = homes[view.directory.find(entity)];
    if (home === undefined) return births.find(entity)!;
    const change = Change.of(entity, home, view.directory.row);
    changes.set(entity, change);
    return change;
  };
  const about = calls.flatMap((call) =>
    call.emissions.flatMap((emission) =>
      'entities' in emission ? [{ emission, call, ids: idsOf(emission.entities, call) }] : [],
    ),
  );
  let ignored = 0;
  for (const { emission, ids } of about) {
    if (emission.kind !== 'despawn') continue;
    for (const id of ids) {
      const change = changeOf(id);
      if (change.dead) ignored++;
      change.dead = true;
    }
  }
  for (const { emission, ids } of about) {
    if (emission.kind !== 'addComponents' && emission.kind !== 'removeComponents') continue;
    for (const id of ids) {
      const change = changeOf(id);
      if (change.dead) ignored++;
      else move(change, emission, registry);
    }
  }
  const { tables: moved, left } = applyChanges(tables, changes, births.rows());
  if (!about.some(({ emission }) => emission.kind === 'update'))
    return { tables: moved, left, nextEntity, ignored };
  const updates = new Updates(executed, moved);
  for (const { emission, call, ids } of about) {
    if (emission.kind === 'update') ignored += updates.add(emission, ids, call.processor);
  }
  return { tables: updates.apply(), left, nextEntity, ignored };
}

/** Gives births their ids, in emission order. */
function bear(calls: readonly Call[], births: Births, allocate: (count: number) => number): number {
  let nextEntity = 0;
  for (const call of calls) {
    if (call.births === 0) continue;
    nextEntity = call.first = allocate(call.births);
    for (const emission of call.emissions) {
      if (emission.kind === 'spawn') {
        for (const { signature, values } of emission.births)
          births.add(Change.birth(nextEntity++, signature, values));
      } else if (emission.kind === 'spawnMany') {
        births.addBlock(nextEntity, emission.block);
        nextEntity += emission.block.rows.numRows;
      }
    }
  }
  return nextEntity;
}

function move(
  change: Change,
  emission: Extract<Emission, { readonly kind: 'addComponents' | 'removeComponents' }>,
  registry: Registry,
): void {
  if (emission.kind === 'addComponents') change.add(emission.values, registry);
  else change.remove(emission.components, registry);
}

/** Births have ids now. */
function idsOf(targets: Targets, { first }: Call): Targets {
  return first === undefined ? targets : targets.map((code) => (code < 0 ? first + ~code : code));
}
