import { ArchetypeError } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import { printType, sameType } from '../schema/column-type.ts';
import type { Registry } from '../schema/registry.ts';
import type { ComponentShape } from '../schema/signature.ts';
import type { Snapshot, Table } from '../state/snapshot.ts';

/** A stored state under the definitions of this process. @throws `schema_conflict` */
export function bind(snapshot: Snapshot, registry: Registry): Snapshot {
  const tables = [...snapshot.tables.values()].map((table): Table => {
    const components = table.signature.components.map((shape) => {
      const component = registry.find(shape.type);
      if (component === undefined) {
        throw new ArchetypeError(
          'schema_conflict',
          `The stored world has entities with ${shape.type}, which the simulation does not define; list it in the simulation's components.`,
        );
      }
      checkShape(shape, component);
      return component;
    });
    const signature = registry.signature(components);
    return {
      ...table,
      signature,
      frame: new Frame(signature.state, table.frame.columns, table.frame.numRows),
    };
  });
  return { ...snapshot, tables: new Map(tables.map((table) => [table.signature.table, table])) };
}

function checkShape(stored: ComponentShape, defined: ComponentShape): void {
  const print = ({ columns }: ComponentShape): string =>
    columns
      .map(({ name, type }) => `${name.slice(stored.prefix.length + 2)}: ${printType(type)}`)
      .join(', ');
  const same =
    stored.columns.length === defined.columns.length &&
    stored.columns.every(({ name, type }, k) => {
      const field = defined.columns[k]!;
      return field.name === name && sameType(field.type, type);
    });
  if (same) return;
  throw new ArchetypeError(
    'schema_conflict',
    `${stored.type} was stored as { ${print(stored)} } and is defined as { ${print(defined)} }; define it as it was stored, or give the changed one a new name.`,
  );
}
