import { fromValues } from '../column/columns.ts';
import { ArchetypeError } from '../errors.ts';
import { computeAll } from '../expression/evaluate.ts';
import { Frame } from '../frame/frame.ts';
import { componentOf, type AnyComponent, type Value } from '../schema/component.ts';
import { distinct } from '../tick/create-context.ts';
import type { Registry } from '../schema/registry.ts';
import { isBaseColumn, type Signature } from '../schema/signature.ts';
import { sameType, printType } from '../schema/column-type.ts';

/** Rows of one archetype that are all born at once. */
export interface Block {
  readonly signature: Signature;
  readonly rows: Frame;
}

/**
 * What `spawnMany` was given, as columns: an array of rows of values, or a frame that has all columns of the components
 * it names. Frames are taken as they are, without a check per cell.
 */
export function blockOf(given: unknown, registry: Registry): Block {
  if (given instanceof Frame) return fromFrame(given, registry);
  if (Array.isArray(given)) return fromRows(given as readonly (readonly Value[])[], registry);
  throw new ArchetypeError(
    'invalid_argument',
    'spawnMany takes an array of arrays of values, or a DataFrame.',
  );
}

function fromRows(rows: readonly (readonly Value[])[], registry: Registry): Block {
  const [first = []] = rows;
  const components = distinct(first).map((value) => registry.add(componentOf(value)));
  const signature = registry.signature(components);
  const columns = signature.components.flatMap((component) => {
    const cells = rows.map((row, k) => valueOf(row, component.type, k, components.length));
    return component.columns.map(({ name, type }) =>
      fromValues(
        type,
        cells.map((value) => (value as never)[name.slice(component.prefix.length + 2)]),
      ),
    );
  });
  return { signature, rows: new Frame(signature.state.slice(1), columns, rows.length) };
}

function valueOf(row: readonly Value[], type: string, k: number, count: number): Value {
  const value = row.find((candidate) => componentOf(candidate).type === type);
  if (value !== undefined && row.length === count) return value;
  throw new ArchetypeError(
    'invalid_argument',
    `Row ${k} of spawnMany has other components than row 0; give rows of one archetype at a time.`,
  );
}

function fromFrame(frame: Frame, registry: Registry): Block {
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
  // What cannot be computed fails here, at the call, and not in the tick.
  computeAll(frame.columns);
  const columns = signature.state.slice(1).map(({ name, type }) => {
    const column = frame.at(name);
    if (sameType(column.type, type)) return column;
    throw new ArchetypeError(
      'type_mismatch',
      `Column ${name} of the frame holds ${printType(column.type)}; the component needs ${printType(type)}, so cast it.`,
    );
  });
  return { signature, rows: new Frame(signature.state.slice(1), columns, frame.numRows) };
}
