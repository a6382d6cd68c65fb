import type { AnyComponent } from '../schema/component.ts';
import type { Registry } from '../schema/registry.ts';
import type { Json } from '../state/json.ts';
import { cellsOf, type Mutation } from '../state/mutation.ts';
import { locate, type Snapshot } from '../state/snapshot.ts';
import type { Births, BirthBlock } from './births.ts';
import { Change } from './change.ts';
import { applyChanges, type LivingTables } from './tables.ts';

/** The state that a tick's processors see, and what is set aside for its end. */
export interface Materialized {
  readonly tables: LivingTables;
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
  const living = new Map<number, Change>();
  const single = new Map<number, Change>();
  const blocks: BirthBlock[] = [];
  const changed: Record<string, Json> = {};
  const target = (entity: number): Change | undefined =>
    single.get(entity) ??
    living.get(entity) ??
    open(entity, snapshot, living, registry) ??
    fromBlock(entity, blocks, single, registry);
  for (const mutation of mutations) {
    switch (mutation.kind) {
      case 'spawn': {
        const birth = new Change(undefined, []);
        birth.add(mutation.values);
        single.set(mutation.entity, birth);
        break;
      }
      case 'spawnMany':
        blocks.push(mutation);
        break;
      case 'setResource':
        changed[mutation.name] = mutation.value;
        break;
      default:
        // The entity may have died in a tick that was under way when this was staged; then there is nothing to do.
        apply(target(mutation.entity), mutation);
    }
  }
  return {
    tables: applyChanges(snapshot.tables, living, registry),
    births: { single, blocks: withoutTaken(blocks, single) },
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
): void {
  if (change === undefined || change.dead) return;
  switch (mutation.kind) {
    case 'despawn':
      change.dead = true;
      break;
    case 'update':
      change.update(mutation.component, mutation.cells);
      break;
    case 'addComponents':
      change.add(mutation.values);
      break;
    case 'removeComponents':
      change.remove(mutation.components);
      break;
  }
}

function open(
  entity: number,
  snapshot: Snapshot,
  living: Map<number, Change>,
  registry: Registry,
): Change | undefined {
  const found = locate(snapshot.tables.values(), entity);
  if (found === undefined) return undefined;
  const { signature } = found.table;
  const change = new Change(signature, componentsOf(signature.names, registry));
  living.set(entity, change);
  return change;
}

const componentsOf = (names: readonly string[], registry: Registry): readonly AnyComponent[] =>
  names.map((name) => registry.byName(name));

/** A birth of a block that something else happens to leaves the block and becomes a single birth. */
function fromBlock(
  entity: number,
  blocks: readonly BirthBlock[],
  single: Map<number, Change>,
  registry: Registry,
): Change | undefined {
  const block = blocks.find(({ first, count }) => entity >= first && entity < first + count);
  if (block === undefined) return undefined;
  const birth = new Change(undefined, componentsOf(block.signature.names, registry));
  for (const component of componentsOf(block.signature.names, registry)) {
    const fields = Object.fromEntries(
      Object.keys(component.fields).map((field) => [
        field,
        block.rows.at(`${component.prefix}__${field}`).get(entity - block.first),
      ]),
    );
    birth.update(component, cellsOf(component, fields));
  }
  single.set(entity, birth);
  return birth;
}

function withoutTaken(
  blocks: readonly BirthBlock[],
  single: ReadonlyMap<number, Change>,
): readonly BirthBlock[] {
  return blocks.flatMap((block) => {
    const parts: BirthBlock[] = [];
    let start = 0;
    const cut = (end: number): void => {
      if (end > start) {
        parts.push({
          ...block,
          first: block.first + start,
          count: end - start,
          rows: block.rows.slice(start, end),
        });
      }
    };
    for (const entity of [...single.keys()].toSorted((a, b) => a - b)) {
      const k = entity - block.first;
      if (k < 0 || k >= block.count) continue;
      cut(k);
      start = k + 1;
    }
    cut(block.count);
    return parts;
  });
}
