import {
  ArchetypeError,
  baseColumns,
  constant,
  Frame,
  fromValues,
  type AnyComponent,
  type Value,
  type World,
} from '@archetype/core';

/** One value of each component, in the components' order. @throws `invalid_argument` */
export function valuesInOrder(
  given: unknown,
  components: readonly AnyComponent[],
  index: number,
): readonly Value[] {
  const values = Array.isArray(given) ? (given as readonly (Value | undefined)[]) : [];
  const ordered = components.map(({ type }) => values.find((value) => value?.type === type));
  if (values.length === components.length && ordered.every((value) => value !== undefined))
    return ordered;
  throw new ArchetypeError(
    'invalid_argument',
    `begin gave ${values.map((value) => value?.type ?? typeof value).join(', ') || 'no values'} for sub-environment ${index}; give one value of each of ${components.map(({ type }) => type).join(', ')}.`,
  );
}

/** Values as the rows that a query would give, once they are in the world. */
export function rowsOfValues(
  world: World,
  components: readonly AnyComponent[],
  entities: Int32Array,
  rows: readonly (readonly Value[])[],
): Frame {
  const n = rows.length;
  const base = [world.id, world.run_id, entities, world.tick, true];
  const fields = components.flatMap(({ columns, prefix }, k) =>
    columns.map(({ name, type }) => {
      const field = name.slice(prefix.length + 2);
      return fromValues(
        type,
        rows.map((row) => row[k]![field as never]),
      );
    }),
  );
  return new Frame(
    [...baseColumns, ...components.flatMap(({ columns }) => columns)],
    [
      ...baseColumns.map(({ type }, k) => {
        const cell = base[k];
        return cell instanceof Int32Array ? fromValues(type, [...cell]) : constant(type, n, cell);
      }),
      ...fields,
    ],
    n,
  );
}
