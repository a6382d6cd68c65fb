import type { Registry } from '../schema/registry.ts';
import { directoryOf, type Directory } from '../state/directory.ts';
import type { Json } from '../state/json.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { Births } from './births.ts';
import { Change } from './change.ts';
import { noTables, type LivingTable, type LivingTables } from './living.ts';
import { applyChanges, type Applied } from './tables.ts';

/** The state that a tick's processors see, and what is set aside for its end. */
export interface Materialized {
  readonly tables: LivingTables;
  /** Who left a table before processors run. */
  readonly left: Applied['left'];
  readonly births: Births;
  readonly resources: Readonly<Record<string, Json>>;
  /** The data resources that changed. */
  readonly changed: Readonly<Record<string, Json>>;
}

/** (state at t, what was staged since) -> the input of tick t + 1: births set aside, everything else applied. */
export function materialize(
  snapshot: Snapshot,
  mutations: readonly Mutation[],
  registry: Registry,
): Materialized {
  const births = new Births(registry);
  const living = new Map<number, Change>();
  const changed: Record<string, Json> = {};
  const target = (entity: number): Change | undefined =>
    living.get(entity) ?? open(entity, directoryOf(snapshot.tables), living) ?? births.find(entity);
  for (const mutation of mutations) {
    switch (mutation.kind) {
      case 'spawn':
        births.add(Change.birth(mutation.entity, mutation.signature, mutation.values));
        break;
      case 'spawnMany':
        births.addBlock(mutation.first, mutation);
        break;
      case 'send':
        break;
      case 'setResource':
        changed[mutation.name] = mutation.value;
        break;
      default:
        // The entity may have died in a tick that was under way when this was staged; then there is nothing to do.
        apply(target(mutation.entity), mutation, registry);
    }
  }
  return {
    ...applyChanges(snapshot.tables, living, noTables),
    births,
    resources:
      Object.keys(changed).length === 0
        ? snapshot.resources
        : { ...snapshot.resources, ...changed },
    changed,
  };
}

function apply(
  change: Change | undefined,
  mutation: Extract<
    Mutation,
    { readonly kind: 'despawn' | 'update' | 'addComponents' | 'removeComponents' }
  >,
  registry: Registry,
): void {
  if (change === undefined || change.dead) return;
  switch (mutation.kind) {
    case 'despawn':
      change.dead = true;
      break;
    case 'update':
      change.update(mutation.component.type, mutation.fields);
      break;
    case 'addComponents':
      change.add(mutation.values, registry);
      break;
    case 'removeComponents':
      change.remove(mutation.components, registry);
      break;
  }
}

function open(
  entity: number,
  directory: Directory<LivingTable>,
  living: Map<number, Change>,
): Change | undefined {
  const home = directory.tableOf(entity);
  if (home === undefined) return undefined;
  const change = Change.of(entity, home, directory.row);
  living.set(entity, change);
  return change;
}
