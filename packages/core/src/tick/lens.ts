import { nulls } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { ArchetypeError } from '../errors.ts';
import { nullable, type Field, type Schema } from '../schema/column-type.ts';
import type { AnyComponent } from '../schema/component.ts';
import { baseColumns, covers, type Signature } from '../schema/signature.ts';
import type { Processor } from './processor.ts';
import { namesOf } from './view.ts';

/** How a table holds a column that a processor sees: as it is, as one that may be null, or not at all. */
type Holding = 'own' | 'optional' | 'absent';

/** A column after the base columns, as a processor sees it in one table. */
interface SeenColumn {
  readonly name: string;
  readonly holding: Holding;
  /** Its type in the component. */
  readonly field: Field;
}

/** How a processor sees the rows of one table. */
export interface Lens {
  readonly schema: Schema;
  readonly columns: readonly SeenColumn[];
  /** Whether all columns are the table's own, in its order. */
  readonly plain: boolean;
}

const lenses = new WeakMap<Processor, WeakMap<Signature, Lens | 'no match'>>();

/** What a processor sees of a table; undefined when the table is none of those it runs on. Made once for each pair. */
export function lensOf(processor: Processor, signature: Signature): Lens | undefined {
  let known = lenses.get(processor);
  if (known === undefined) lenses.set(processor, (known = new WeakMap()));
  let lens = known.get(signature);
  if (lens === undefined) known.set(signature, (lens = makeLens(processor, signature)));
  return lens === 'no match' ? undefined : lens;
}

function makeLens(processor: Processor, signature: Signature): Lens | 'no match' {
  const { components, without, optional, scope } = processor;
  if (!covers(signature, namesOf(components), namesOf(without))) return 'no match';
  const plain = scope === 'table' && optional.length === 0;
  const own = scope === 'table' ? signature.components : components;
  const shapes = new Map(
    [...own, ...optional].map((component) => [component.type, component] as const),
  );
  const ordered =
    scope === 'table' && !plain
      ? [...shapes.values()].toSorted((a, b) => (a.type < b.type ? -1 : 1))
      : [...shapes.values()];
  const columns = ordered.flatMap((component) =>
    component.columns.map((field): SeenColumn => {
      const holding = holdingOf(component.type, optional, signature);
      return { name: field.name, holding, field };
    }),
  );
  const schema = plain
    ? signature.row
    : [
        ...baseColumns,
        ...columns.map(({ name, holding, field }) => ({
          name,
          type: holding === 'own' ? field.type : nullable(field.type),
        })),
      ];
  return { schema, columns, plain };
}

function holdingOf(type: string, optional: readonly AnyComponent[], signature: Signature): Holding {
  if (!optional.some((component) => component.type === type)) return 'own';
  return signature.names.includes(type) ? 'optional' : 'absent';
}

/** A table's column as a processor sees it. */
export function seen({ holding, field }: SeenColumn, own: () => Column, n: number): Column {
  if (holding === 'absent') return nulls(nullable(field.type), n);
  return holding === 'own' ? own() : own().asNullable();
}

/**
 * What a processor made of a column, as the table keeps it; undefined when the table keeps nothing of it.
 *
 * @throws `processor_schema` for a value of an entity that has not the component, or null where it needs a value
 */
export function kept(
  { name, holding, field }: SeenColumn,
  after: Column,
  ids: Int32Array,
  processor: string,
): Column | undefined {
  if (holding === 'absent') {
    const row = rowWhere(after, true);
    if (row < 0) return undefined;
    const component = name.split('__')[0]!;
    throw new ArchetypeError(
      'processor_schema',
      `Processor "${processor}" gave entity ${ids[row]} a ${name}, and the entity has no ${component} component; leave the cell null there, test with c.has, or give the component with ctx.addComponents.`,
    );
  }
  if (holding === 'own' || field.type.nullable) return after;
  const row = rowWhere(after, false);
  if (row < 0) return after.asRequired();
  throw new ArchetypeError(
    'processor_schema',
    `Processor "${processor}" left ${name} of entity ${ids[row]} null, and the field needs a value wherever the entity has the component; use when(c.has(…)) or fillNull, or take the component away with ctx.removeComponents.`,
  );
}

/** The first row that holds a value, or that holds none; -1 when there is no such row. */
function rowWhere(column: Column, present: boolean): number {
  if (column.length === 0) return -1;
  if (column.validity === undefined) return present ? 0 : -1;
  return column.validity.indexOf(present ? 1 : 0);
}
