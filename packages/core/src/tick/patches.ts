import { columnOf, constant, nulls } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { ArchetypeError } from '../errors.ts';
import { computeAll } from '../expression/evaluate.ts';
import { accessorOf } from '../frame/accessor.ts';
import { compute } from '../frame/compute.ts';
import { Frame } from '../frame/frame.ts';
import { toNode } from '../expression/expression.ts';
import { printType, required, sameType, type ColumnType } from '../schema/column-type.ts';
import { checkOf, parsePatch, type AnyComponent } from '../schema/component.ts';
import { birthsIn, mayHoldBirths, numberOf, type BirthCall } from './birth.ts';
import type { FieldCells } from './emission.ts';

const fieldCells = (
  component: AnyComponent,
  field: string,
  cells: FieldCells['cells'],
): FieldCells => ({
  name: `${component.prefix}__${field}`,
  type: typeOf(component, field),
  cells,
});

const typeOf = (component: AnyComponent, field: string): ColumnType =>
  (component.fields as Readonly<Record<string, ColumnType>>)[field]!;

/** What an update gives to one entity. @throws `invalid_value`, `entity_not_found` */
export function patchOfOne(
  component: AnyComponent,
  given: unknown,
  call: BirthCall,
): readonly FieldCells[] {
  return Object.entries(parsePatch(component, given)).map(([field, cell]) =>
    fieldCells(component, field, checkedBirths([cell], typeOf(component, field), call)),
  );
}

/**
 * What an update gives to `n` entities: fields with a value for all or an array with one for each, a frame with the
 * component's columns, or expressions over the frame that names the entities.
 */
export function patchOfMany(
  component: AnyComponent,
  given: unknown,
  target: unknown,
  n: number,
  call: BirthCall,
): readonly FieldCells[] {
  if (given instanceof Frame) return computed(fromFrame(component, given, target, n));
  if (typeof given === 'function')
    return computed(fromExpressions(component, given as never, target));
  const [columns, values] = split(component, given);
  return [
    ...Object.entries(parsePatch(component, values)).map(([field, cell]) =>
      fieldCells(component, field, sameForAll(typeOf(component, field), cell, n, call)),
    ),
    ...columns.map(([field, cells]) =>
      fieldCells(component, field, oneForEach(component, field, cells, n, call)),
    ),
  ];
}

/** What cannot be computed fails here, at the call, and not when the tick settles. */
function computed(fields: readonly FieldCells[]): readonly FieldCells[] {
  computeAll(fields.map(({ cells }) => cells as Column));
  return fields;
}

function split(
  component: AnyComponent,
  given: unknown,
): [columns: readonly [string, ArrayLike<unknown>][], values: unknown] {
  if (typeof given !== 'object' || given === null) return [[], given];
  const columns = Object.entries(given).filter(([field, value]) => {
    const type = typeOf(component, field) as ColumnType | undefined;
    return type !== undefined && isOneForEach(type, value);
  });
  const values = { ...given };
  for (const [field] of columns) delete values[field as never];
  return [columns, values];
}

/** Arrays are cells of many entities, where one cell is not an array itself. */
function isOneForEach(type: ColumnType, value: unknown): boolean {
  if (type.kind === 'list' || type.kind === 'json') return false;
  const isArray = Array.isArray(value) || ArrayBuffer.isView(value);
  if (type.kind !== 'vector') return isArray || isBirths(value);
  return isArray && ((value as ArrayLike<unknown>).length !== type.size || isNested(value));
}
const isBirths = (value: unknown): boolean =>
  (value as { kind?: unknown } | null)?.kind === 'births';
const isNested = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null;

function sameForAll(
  type: ColumnType,
  cell: unknown,
  n: number,
  call: BirthCall,
): FieldCells['cells'] {
  if (cell === null && type.nullable) return nulls(type, n);
  if (mayHoldBirths(type) || cell === null || typeof cell === 'object') {
    checkedBirths([cell], type, call);
    return Array.from({ length: n }, () => cell);
  }
  return constant(type, n, type.kind === 'f32' ? Math.fround(cell as number) : cell);
}

function oneForEach(
  component: AnyComponent,
  field: string,
  cells: ArrayLike<unknown>,
  n: number,
  call: BirthCall,
): FieldCells['cells'] {
  const type = typeOf(component, field);
  const name = `${component.type}.${field}`;
  const own = ownMemory(type, cells);
  const width = type.kind === 'vector' && own !== undefined ? type.size! : 1;
  if (cells.length !== n * width) {
    throw new ArchetypeError(
      'length_mismatch',
      `${name} was given ${cells.length} cells for ${n} entities; give one for each, in their order, or one value for all.`,
    );
  }
  if (own !== undefined) return columnOf(type, n, own);
  const check = checkOf(component, field);
  return checkedBirths(
    Array.from(cells as ArrayLike<unknown> & Iterable<unknown>, (cell, k) => {
      if (cell !== undefined) return check(cell);
      throw new ArchetypeError(
        'invalid_value',
        `${name} has no value for entity ${k} of those given; give one for each.`,
      );
    }),
    type,
    call,
  );
}

/** A typed array is taken as it is where it is what the column keeps; a copy, since it is the caller's. */
function ownMemory(type: ColumnType, cells: unknown): Float64Array | undefined {
  const kinds = memory[type.kind];
  return kinds !== undefined && cells instanceof kinds
    ? (cells as Float64Array).slice()
    : undefined;
}
const memory: Partial<Record<ColumnType['kind'], abstract new () => unknown>> = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  timestamp: Float64Array,
  vector: Float32Array,
};

function checkedBirths(
  cells: readonly unknown[],
  type: ColumnType,
  call: BirthCall,
): readonly unknown[] {
  if (mayHoldBirths(type))
    for (const cell of cells) for (const ref of birthsIn(cell)) numberOf(ref, call);
  return cells;
}

/** The component's columns of a frame whose rows stand beside the entities. */
function fromFrame(
  component: AnyComponent,
  frame: Frame,
  target: unknown,
  n: number,
): readonly FieldCells[] {
  if (frame.numRows !== n) {
    throw new ArchetypeError(
      'length_mismatch',
      `An update of ${component.type} was given a frame of ${frame.numRows} rows for ${n} entities; give one row for each, in their order.`,
    );
  }
  if (target instanceof Frame && frame.has('entity_id')) {
    const [ids, own] = [target.at('entity_id'), frame.at('entity_id')];
    if (ids !== own && !ids.equals(own)) {
      throw new ArchetypeError(
        'frame_mismatch',
        `An update of ${component.type} was given a frame whose entities are others, or in another order, than those to update; sort both alike, or update the frame's own entities.`,
      );
    }
  }
  const fields = Object.keys(component.fields).filter((field) =>
    frame.has(`${component.prefix}__${field}`),
  );
  if (fields.length === 0) {
    throw new ArchetypeError(
      'unknown_column',
      `An update of ${component.type} was given a frame without a column ${component.prefix}__…; it has ${frame.columnNames.join(', ')}.`,
    );
  }
  return fields.map((field) => {
    const cells = fieldCells(component, field, frame.at(`${component.prefix}__${field}`));
    return { ...cells, cells: fitting(cells.name, cells.type, cells.cells as Column) };
  });
}

function fitting(name: string, type: ColumnType, column: Column): Column {
  const fits = sameType(required(column.type), required(type));
  if (fits && (type.nullable || !column.type.nullable)) return column;
  throw new ArchetypeError(
    'type_mismatch',
    `Column ${name} of the frame holds ${printType(column.type)}; the component needs ${printType(type)}, so cast it${fits ? ' or fill its nulls' : ''}.`,
  );
}

function fromExpressions(
  component: AnyComponent,
  build: (c: object) => Readonly<Record<string, unknown>>,
  target: unknown,
): readonly FieldCells[] {
  if (!(target instanceof Frame)) {
    throw new ArchetypeError(
      'invalid_argument',
      `An update of ${component.type} was given expressions and no frame to compute them from; give the frame whose entities are meant.`,
    );
  }
  const outputs = Object.entries(build(accessorOf(target.schema))).map(([field, value]) => {
    checkOf(component, field);
    return { ...fieldCells(component, field, []), node: toNode(value) };
  });
  const columns = compute(
    target,
    outputs.map(({ name, node, type: to }) => ({ name, node, to })),
  );
  return outputs.map(({ name, type }) => ({ name, type, cells: columns.get(name)! }));
}
