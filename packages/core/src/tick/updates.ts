import { Column } from '../column/column.ts';
import type { TableId } from '../schema/signature.ts';
import { directoryOf, type Directory } from '../state/directory.ts';
import { columnOfCells } from './birth.ts';
import { combineColumn, type FieldUpdate, type Writer } from './combine.ts';
import type { Emission, Targets } from './emission.ts';
import type { Executed } from './execute.ts';
import type { LivingTable, LivingTables } from './living.ts';
import type { ExecutedTable } from './table-run.ts';

type Update = Extract<Emission, { readonly kind: 'update' }>;

/** Some of an update's entities: where they live now. */
interface Group {
  readonly rows: number[];
  /** Their positions in the update. */
  readonly positions: number[];
}

/** The updates that processors of a tick emitted, sorted by the column they are about. */
export class Updates {
  readonly #executed: Executed;
  readonly #homes: readonly ExecutedTable[];
  readonly #tables: readonly LivingTable[];
  readonly #directory: Directory<LivingTable>;
  readonly #byColumn = new Map<LivingTable, Map<string, FieldUpdate[]>>();

  /** `tables` is the state after deaths, moves and births. */
  constructor(executed: Executed, tables: LivingTables) {
    this.#executed = executed;
    this.#homes = [...executed.tables.values()];
    this.#tables = [...tables.values()];
    // While processors run nobody moves: what was known of the rows then still holds.
    this.#directory = tables === executed.tables ? executed.view.directory : directoryOf(tables);
  }

  /** @returns how many of the entities are dead, or have lost the component */
  add(update: Update, ids: Targets, processor: string): number {
    const { component, combine } = update;
    const groups = this.#group(ids, component.type);
    let found = 0;
    const columns = update.fields.map(({ name, type, cells }) => ({
      name,
      cells: cells instanceof Column ? cells : columnOfCells(type, cells),
    }));
    for (const [table, { rows, positions }] of groups) {
      found += rows.length;
      const picked = rows.length === ids.length ? undefined : Int32Array.from(positions);
      for (const { name, cells } of columns) {
        this.#listOf(table, name).push({
          rows: Int32Array.from(rows),
          cells: picked === undefined ? cells : cells.take(picked),
          combine,
          processor,
        });
      }
    }
    return ids.length - found;
  }

  #group(ids: Targets, component: string): ReadonlyMap<LivingTable, Group> {
    const groups = new Map<LivingTable, Group>();
    const tables = this.#tables;
    const having = tables.map(({ signature }) => signature.names.includes(component));
    let last = -1;
    let group: Group | undefined;
    for (let k = 0; k < ids.length; k++) {
      const at = this.#directory.find(ids[k]!);
      if (at < 0 || !having[at]!) continue;
      if (at !== last || group === undefined) {
        last = at;
        group = groups.get(tables[at]!) ?? { rows: [], positions: [] };
        groups.set(tables[at]!, group);
      }
      group.rows.push(this.#directory.row);
      group.positions.push(k);
    }
    return groups;
  }

  #listOf(table: LivingTable, name: string): FieldUpdate[] {
    const columns = this.#byColumn.get(table) ?? new Map<string, FieldUpdate[]>();
    this.#byColumn.set(table, columns);
    const list = columns.get(name) ?? [];
    columns.set(name, list);
    return list;
  }

  /** The tables with what was asked for. @throws `write_conflict`, `type_mismatch`, `value_out_of_range` */
  apply(): LivingTables {
    const result = this.#tables.map((table): [TableId, LivingTable] => {
      const { signature, frame } = table;
      const columns = this.#byColumn.get(table);
      if (columns === undefined) return [signature.table, table];
      const changed = new Map(
        [...columns].map(([name, updates]) => [
          name,
          combineColumn(name, frame, updates, this.#writerOf(name)),
        ]),
      );
      return [signature.table, { signature, frame: frame.replace(changed) }];
    });
    return new Map(result);
  }

  /** Who changed a cell while processors ran. */
  #writerOf(name: string): Writer | undefined {
    if (!this.#homes.some(({ writes }) => writes.has(name))) return undefined;
    const { directory } = this.#executed.view;
    return (entity, except) => {
      const writes = this.#homes[directory.find(entity)]?.writes.get(name) ?? [];
      const { row } = directory;
      return writes.find(
        ({ processor, before, after }) => processor !== except && !before.sameAt(row, after),
      )?.processor;
    };
  }
}
