import { ArchetypeError } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import { printType } from '../schema/column-type.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Registry } from '../schema/registry.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { Snapshot, Table } from '../state/snapshot.ts';
import { hasFiller, project, readableAs, wantedColumns } from '../store/project.ts';

/**
 * A stored state under the definitions of this process: new fields have their recorded default, removed ones are gone,
 * numbers are widened. @throws `schema_conflict`
 */
export function bind(snapshot: Snapshot, registry: Registry): Snapshot {
  const tables = [...snapshot.tables.values()];
  for (const { signature } of tables) {
    for (const stored of signature.components) {
      checkReadable(stored, defined(stored, registry));
      registry.record(stored);
    }
  }
  const bound = tables.map((table) => bindTable(table, registry));
  return { ...snapshot, tables: new Map(bound.map((table) => [table.signature.table, table])) };
}

function defined(stored: ComponentShape, registry: Registry): AnyComponent {
  const component = registry.find(stored.type);
  if (component !== undefined) return component;
  throw new ArchetypeError(
    'schema_conflict',
    `The stored world has entities with ${stored.type}, which the simulation does not define; list it in the simulation's components.`,
  );
}

function bindTable(table: Table, registry: Registry): Table {
  const signature = registry.signature(
    table.signature.components.map((stored) => defined(stored, registry)),
  );
  if (signature.schema === table.signature.schema) {
    const { columns, numRows } = table.frame;
    return { ...table, signature, frame: new Frame(signature.state, columns, numRows) };
  }
  const [entity, ...fields] = signature.state;
  const columns = wantedColumns(signature.components).map((wanted) => project(table.frame, wanted));
  const frame = new Frame(
    [entity!, ...fields],
    [table.frame.columns[0]!, ...columns],
    table.frame.numRows,
  );
  // Its rows are stored under another definition, so the next tick writes them anew.
  return { signature, frame, since: undefined };
}

function checkReadable(stored: ComponentShape, component: ComponentShape): void {
  const before = new Map(stored.columns.map(({ name, type }) => [name, type]));
  const short = (name: string): string => name.slice(stored.prefix.length + 2);
  const problems = wantedColumns([component]).flatMap((wanted) => {
    const { name, type } = wanted;
    const was = before.get(name);
    if (was === undefined) {
      return hasFiller(wanted)
        ? []
        : [`${short(name)} is new, and ${printType(type)} has no default for older rows`];
    }
    return readableAs(was, type)
      ? []
      : [`${short(name)} was ${printType(was)} and is ${printType(type)}`];
  });
  if (problems.length === 0) return;
  throw new ArchetypeError(
    'schema_conflict',
    `${stored.type} was stored under a definition that this one cannot read: ${problems.join('; ')}. Give a new field a default or make it nullable, widen numbers only, or give the changed component a new name.`,
  );
}
