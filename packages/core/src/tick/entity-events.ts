import type { Signature, TableId } from '../schema/signature.ts';
import type { Snapshot, Table } from '../state/snapshot.ts';

/** Entities of one table, in ascending id. */
export interface TableEntities {
  readonly signature: Signature;
  readonly entities: Int32Array;
}

/** What became of entities between two states, by table. */
export interface EntityEvents {
  readonly born: readonly TableEntities[];
  /** By the table in which they last lived. */
  readonly died: readonly TableEntities[];
  /** By the table in which they live now. */
  readonly added: readonly (TableEntities & { readonly component: string })[];
  readonly removed: readonly (TableEntities & { readonly component: string })[];
}

/** Compares the tables of two states; one whose entities are the same column costs nothing. */
export function entityEvents(before: Snapshot, after: Snapshot): EntityEvents {
  const left = new Map<number, Signature>();
  const arrived: TableEntities[] = [];
  for (const table of [...new Set([...before.tables.keys(), ...after.tables.keys()])].toSorted()) {
    const [old, now] = [before.tables.get(table), after.tables.get(table)];
    if (old?.frame.columns[0] === now?.frame.columns[0]) continue;
    const [gone, fresh] = difference(idsOf(old), idsOf(now));
    for (const entity of gone) left.set(entity, old!.signature);
    if (fresh.length > 0) {
      arrived.push({ signature: now!.signature, entities: Int32Array.from(fresh) });
    }
  }
  const events = { born: new Groups(), added: new Groups(), removed: new Groups() };
  for (const { signature, entities } of arrived) {
    for (const entity of entities) {
      const from = left.get(entity);
      left.delete(entity);
      if (from === undefined) {
        events.born.add(entity, signature, '');
        continue;
      }
      for (const component of signature.names) {
        if (!from.names.includes(component)) events.added.add(entity, signature, component);
      }
      for (const component of from.names) {
        if (!signature.names.includes(component)) events.removed.add(entity, signature, component);
      }
    }
  }
  const died = new Groups();
  for (const [entity, signature] of [...left].toSorted(([a], [b]) => a - b)) {
    died.add(entity, signature, '');
  }
  return {
    born: events.born.list(),
    died: died.list(),
    added: events.added.list(),
    removed: events.removed.list(),
  };
}

const idsOf = (table: Table | undefined): Int32Array =>
  table === undefined ? new Int32Array(0) : (table.frame.columns[0]!.data as Int32Array);

/** What only the first and what only the second has; both ascend. */
function difference(a: Int32Array, b: Int32Array): [readonly number[], readonly number[]] {
  const [gone, fresh]: [number[], number[]] = [[], []];
  let j = 0;
  for (const id of a) {
    while (j < b.length && b[j]! < id) fresh.push(b[j++]!);
    if (b[j] === id) j++;
    else gone.push(id);
  }
  while (j < b.length) fresh.push(b[j++]!);
  return [gone, fresh];
}

/** Entities by table and component, in the order in which tables are walked over. */
class Groups {
  readonly #groups = new Map<
    string,
    { readonly signature: Signature; readonly component: string; readonly entities: number[] }
  >();

  add(entity: number, signature: Signature, component: string): void {
    const key = `${signature.table satisfies TableId} ${component}`;
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { signature, component, entities: [entity] });
    else group.entities.push(entity);
  }

  list(): readonly (TableEntities & { readonly component: string })[] {
    return [...this.#groups.values()]
      .toSorted((a, b) =>
        a.signature.table < b.signature.table ? -1 : a.signature.table > b.signature.table ? 1 : 0,
      )
      .map(({ signature, component, entities }) => ({
        signature,
        component,
        entities: Int32Array.from(entities).toSorted(),
      }));
  }
}
