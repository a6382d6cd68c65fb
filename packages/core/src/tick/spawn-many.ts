import { fromValues } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { computeAll } from '../expression/evaluate.ts';
import { Frame } from '../frame/frame.ts';
import { printType, sameType } from '../schema/column-type.ts';
import { componentOf, type AnyComponent, type Value } from '../schema/component.ts';
import type { Registry } from '../schema/registry.ts';
import { isBaseColumn, type Signature } from '../schema/signature.ts';
import type { Block } from './births.ts';
import { fieldsOf } from './living.ts';

/**
 * What `spawnMany` was given, as columns: an array of rows of values, or a frame that has all columns of the components
 * it names. Frames are taken as they are, without a check per cell.
 */
export function blockOf(given: unknown, registry: Registry): Block {
  if (given instanceof Frame) return blockOfFrame(given, registry);
  const rows = rowsOf(given);
  const signature = signatureOfRows(rows, registry);
  const columns = fieldsOf(signature).map(({ component, field, type }) =>
    fromValues(
      type,
      rows.map((row) => row.find((value) => value.type === component)![field as never]),
    ),
  );
  return { signature, rows: new Frame(signature.state.slice(1), columns, rows.length) };
}

/** @throws `invalid_argument` */
export function rowsOf(given: unknown): readonly (readonly Value[])[] {
  if (Array.isArray(given) && given.every((row) => Array.isArray(row))) return given;
  throw new ArchetypeError(
    'invalid_argument',
    'spawnMany takes an array of arrays of values, or a DataFrame.',
  );
}

/** The archetype that all rows are of. @throws `invalid_argument` */
export function signatureOfRows(
  rows: readonly (readonly Value[])[],
  registry: Registry,
): Signature {
  const signature = signatureOfValues(rows[0] ?? [], registry);
  rows.forEach((row, k) => {
    if (signatureOfValues(row, registry) === signature) return;
    throw new ArchetypeError(
      'invalid_argument',
      `Row ${k} of spawnMany has other components than row 0; give rows of one archetype at a time.`,
    );
  });
  return signature;
}

/** The archetype with exactly these values. @throws `invalid_argument` when two are of one component */
export function signatureOfValues(values: readonly Value[], registry: Registry): Signature {
  let signature = registry.empty;
  for (const value of values) {
    const component = componentOf(value);
    const larger = registry.plus(signature, registry.add(component));
    if (larger === signature) throw twice(component);
    signature = larger;
  }
  return signature;
}

/** The components of values that are added. @throws `invalid_argument` when two are of one component */
export function componentsOfValues(
  values: readonly Value[],
  registry: Registry,
): readonly AnyComponent[] {
  const components = values.map((value) => registry.add(componentOf(value)));
  components.forEach((component, k) => {
    if (components.indexOf(component) !== k) throw twice(component);
  });
  return components;
}

const twice = (component: AnyComponent): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `An entity was given two values of ${component.type}; it can hold one.`,
  );

function blockOfFrame(frame: Frame, registry: Registry): Block {
  const prefixes = new Set(
    frame.columnNames.filter((name) => !isBaseColumn(name)).map((name) => name.split('__')[0]!),
  );
  const components = [...prefixes].map((prefix): AnyComponent => {
    const name = registry.names().find((known) => known.toLowerCase() === prefix);
    if (name !== undefined) return registry.byName(name);
    throw new ArchetypeError(
      'unknown_component',
      `The frame has columns ${prefix}__…, and no component of this world has that prefix; list it in the simulation's components.`,
    );
  });
  const signature = registry.signature(components);
  const columns = signature.state.slice(1).map(({ name, type }) => {
    const column = frame.at(name);
    if (sameType(column.type, type)) return column;
    throw new ArchetypeError(
      'type_mismatch',
      `Column ${name} of the frame holds ${printType(column.type)}; the component needs ${printType(type)}, so cast it.`,
    );
  });
  // What cannot be computed fails here, at the call, and not in the tick.
  computeAll(columns);
  return { signature, rows: new Frame(signature.state.slice(1), columns, frame.numRows) };
}
