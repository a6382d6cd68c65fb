import { typed } from '../frame/frame.ts';
import type { TableId } from '../schema/signature.ts';
import { directoryOf } from '../state/directory.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { entityEvents, type TableEntities } from '../tick/entity-events.ts';
import { rowFrame } from '../tick/row-frame.ts';
import type { Updated } from '../tick/tick.ts';
import type { HookEvent } from './hooks.ts';

const ABOUT_ENTITIES = [
  'despawn',
  'componentRemoved',
  'componentAdded',
  'update',
  'spawn',
] as const;

/**
 * What is told of a tick that has become durable, in the order: entities that went, changed and came, then the tick as a
 * whole. Each is made when it is its turn, and only what somebody listens to.
 */
export function* tickEvents(
  world: { readonly id: string; readonly run_id: string; readonly name: string },
  listens: (event: HookEvent) => boolean,
  before: Snapshot,
  after: Snapshot,
  updated: () => readonly Updated[],
): Generator<readonly [event: HookEvent, about: { readonly tick: number }]> {
  const { tick } = after;
  const changes = ABOUT_ENTITIES.some(listens)
    ? entityEvents(before, after)
    : { born: [], died: [], added: [], removed: [] };
  const tell = function* (
    event: (typeof ABOUT_ENTITIES)[number],
    groups: readonly (TableEntities & { readonly component?: string })[],
  ): Generator<readonly [event: HookEvent, about: { readonly tick: number }]> {
    for (const { signature, entities, component } of groups) {
      const about = { tick, table: signature.table, components: signature.names, entities };
      yield [event, { ...about, component } as { readonly tick: number }];
    }
  };
  yield* tell('despawn', changes.died);
  yield* tell('componentRemoved', changes.removed);
  yield* tell('componentAdded', changes.added);
  if (listens('update')) yield* tell('update', updatesByTable(after, updated(), changes.born));
  yield* tell('spawn', changes.born);
  const { id, run_id: run, name } = world;
  const frames = lazily(after, (table) => {
    const { signature, frame } = after.tables.get(table)!;
    return typed(rowFrame(frame, signature.row, { id, run, name }, tick));
  });
  yield ['postTick', { tick, frames } as { readonly tick: number }];
}

/** Frames that are made when they are first read. */
function lazily<F>({ tables }: Snapshot, make: (table: TableId) => F): ReadonlyMap<TableId, F> {
  const made = new Map<TableId, F>();
  const get = (table: TableId): F | undefined => {
    if (!tables.has(table)) return undefined;
    let frame = made.get(table);
    if (frame === undefined) made.set(table, (frame = make(table)));
    return frame;
  };
  function* entries(): MapIterator<[TableId, F]> {
    for (const table of tables.keys()) yield [table, get(table)!];
    return undefined;
  }
  function* values(): MapIterator<F> {
    for (const [, frame] of entries()) yield frame;
    return undefined;
  }
  const map: ReadonlyMap<TableId, F> = {
    size: tables.size,
    get,
    has: (table) => tables.has(table),
    keys: () => tables.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach: (each) => {
      for (const [table, frame] of entries()) each(frame, table, map);
    },
  };
  return map;
}

/** Updated entities that live, by the table in which they do; births are told of as such. */
function updatesByTable(
  after: Snapshot,
  updates: readonly Updated[],
  born: readonly TableEntities[],
): readonly (TableEntities & { readonly component: string })[] {
  const fresh = new Set(born.flatMap(({ entities }) => [...entities]));
  const directory = directoryOf(after.tables);
  const groups = new Map<string, { table: TableId; component: string; entities: Set<number> }>();
  for (const { component, entities } of updates) {
    for (const entity of entities) {
      const signature = fresh.has(entity) ? undefined : directory.tableOf(entity)?.signature;
      if (signature?.names.includes(component) !== true) continue;
      const key = `${signature.table} ${component}`;
      const group = groups.get(key) ?? { table: signature.table, component, entities: new Set() };
      groups.set(key, group);
      group.entities.add(entity);
    }
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { table, component, entities }]) => ({
      signature: after.tables.get(table)!.signature,
      component,
      entities: Int32Array.from(entities).toSorted(),
    }));
}
