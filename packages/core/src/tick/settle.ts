import { ArchetypeError } from '../errors.ts';
import type { AnyComponent } from '../schema/component.ts';
import { isBirthRef, type BirthRef, type EntityRef } from '../schema/entity-ref.ts';
import type { Registry } from '../schema/registry.ts';
import { locate, rowOf } from '../state/snapshot.ts';
import { Change } from './change.ts';
import { combineUpdates, type FieldUpdate } from './combine.ts';
import type { Emission } from './emission.ts';
import type { Executed, ExecutedTable } from './execute.ts';
import { applyChanges, type LivingTables } from './tables.ts';

/** The state at the end of a tick, births still apart. */
export interface Settled {
  readonly tables: LivingTables;
  /** Born to processors, by id; each as its emissions left it. */
  readonly born: ReadonlyMap<number, Change>;
  /** Emissions about entities that another emission killed or moved away. */
  readonly ignored: number;
}

/** Applies what processors emitted: per entity despawn, else moves, then updates, each in emission order. */
export function settle(executed: Executed, registry: Registry, allocate: () => number): Settled {
  const ids = new Map<BirthRef, number>();
  const born = new Map<number, Change>();
  for (const emission of executed.emissions) {
    if (emission.kind !== 'spawn') continue;
    const id = allocate();
    ids.set(emission.ref, id);
    born.set(id, new Change(undefined, []));
  }
  const changes = new Map<number, Change>();
  const updates = new Map<number, Map<string, FieldUpdate[]>>();
  const idOf = (entity: EntityRef): number => (isBirthRef(entity) ? ids.get(entity)! : entity);
  const changeOf = (entity: EntityRef): Change => {
    const id = idOf(entity);
    return born.get(id) ?? changes.get(id) ?? open(id, executed, changes, registry);
  };
  let ignored = 0;
  const {
    spawn = [],
    despawn = [],
    addComponents = [],
    removeComponents = [],
    update = [],
  } = Object.groupBy(executed.emissions, (emission) => emission.kind) as {
    readonly [K in Emission['kind']]?: readonly Extract<Emission, { readonly kind: K }>[];
  };
  for (const { ref, values } of spawn) born.get(ids.get(ref)!)!.add(values);
  for (const { entity } of despawn) {
    const change = changeOf(entity);
    if (change.dead) ignored++;
    change.dead = true;
  }
  const moves = new Set<Emission>([...addComponents, ...removeComponents]);
  for (const emission of executed.emissions) {
    if (!moves.has(emission)) continue;
    const move = emission as (typeof addComponents)[number] | (typeof removeComponents)[number];
    const change = changeOf(move.entity);
    if (change.dead) ignored++;
    else if (move.kind === 'addComponents') change.add(move.values);
    else change.remove(move.components);
  }
  for (const { entity, component, cells, combine, processor } of update) {
    const change = changeOf(entity);
    if (change.dead || !change.has(component)) {
      ignored++;
      continue;
    }
    const fields = updates.get(idOf(entity)) ?? new Map<string, FieldUpdate[]>();
    updates.set(idOf(entity), fields);
    for (const [name, cell] of Object.entries(cells)) {
      const given = { cell, combine, processor };
      const list = fields.get(name);
      if (list === undefined) fields.set(name, [given]);
      else list.push(given);
    }
  }
  for (const [id, fields] of updates) {
    const change = changeOf(id);
    const place = born.has(id) ? undefined : placeOf(executed, id);
    for (const [name, list] of fields)
      change.cells[name] = combineUpdates(id, name, list, change, place);
  }
  for (const change of [...born.values(), ...changes.values()]) resolveRefs(change, ids);
  return { tables: applyChanges(executed.tables, changes, registry), born, ignored };
}

function open(
  id: number,
  executed: Executed,
  changes: Map<number, Change>,
  registry: Registry,
): Change {
  const { table } = placeOf(executed, id);
  const change = new Change(
    table.signature,
    table.signature.names.map((name): AnyComponent => registry.byName(name)),
  );
  changes.set(id, change);
  return change;
}

function placeOf(executed: Executed, id: number): { table: ExecutedTable; row: number } {
  const found = locate(executed.tables.values() as Iterable<never>, id);
  if (found === undefined) {
    throw new ArchetypeError('entity_not_found', `No living entity is entity ${id}.`);
  }
  const table = executed.tables.get(found.table.signature.table)!;
  return { table, row: rowOf(table.frame, id) };
}

/** References to births become ids, now that they have one. */
function resolveRefs(change: Change, ids: ReadonlyMap<BirthRef, number>): void {
  for (const [name, cell] of Object.entries(change.cells)) {
    if (isBirthRef(cell)) change.cells[name] = ids.get(cell) ?? 0;
  }
}
