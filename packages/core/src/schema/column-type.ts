/** What a column holds, at run time. Frozen data: two types are the same when they print the same. */
export interface ColumnType {
  readonly kind: Kind;
  readonly nullable: boolean;
  /** `vector`: floats per row. */
  readonly size?: number;
  /** `enum`: its members; a cell is stored as the position in this list. */
  readonly values?: readonly string[];
  /** `list`: the type of an item. */
  readonly item?: ColumnType;
  /** `struct`: its fields, in definition order. */
  readonly fields?: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly type: ColumnType;
}

export type Kind =
  | 'f64'
  | 'f32'
  | 'i32'
  | 'u32'
  | 'i64'
  | 'bool'
  | 'utf8'
  | 'enum'
  | 'timestamp'
  | 'vector'
  | 'list'
  | 'struct'
  | 'json';

/** The columns of a frame or table, in order. */
export type Schema = readonly Field[];

const simple = (kind: Kind): ColumnType => Object.freeze({ kind, nullable: false });

/** Types without parameters, shared so that most comparisons are by identity. */
export const types = {
  f64: simple('f64'),
  f32: simple('f32'),
  i32: simple('i32'),
  u32: simple('u32'),
  i64: simple('i64'),
  bool: simple('bool'),
  utf8: simple('utf8'),
  timestamp: simple('timestamp'),
  json: simple('json'),
} as const;

export const nullable = (type: ColumnType): ColumnType =>
  type.nullable ? type : Object.freeze({ ...type, nullable: true });

export const required = (type: ColumnType): ColumnType =>
  type.nullable ? (sharedType(type.kind) ?? Object.freeze({ ...type, nullable: false })) : type;

const sharedType = (kind: Kind): ColumnType | undefined =>
  (types as Partial<Record<Kind, ColumnType>>)[kind];

/** A type as text, for messages and as a key: `f64`, `vector(3)`, `list<utf8>?`. */
export function printType(type: ColumnType): string {
  return printPlain(type) + (type.nullable ? '?' : '');
}

function printPlain(type: ColumnType): string {
  if (type.size !== undefined) return `${type.kind}(${type.size})`;
  if (type.values !== undefined)
    return `enum(${type.values.map((v) => JSON.stringify(v)).join('|')})`;
  if (type.item !== undefined) return `list<${printType(type.item)}>`;
  if (type.fields !== undefined) {
    return `struct<${type.fields.map((f) => `${f.name}:${printType(f.type)}`).join(',')}>`;
  }
  return type.kind;
}

export const sameType = (a: ColumnType, b: ColumnType): boolean =>
  a === b || (a.kind === b.kind && printType(a) === printType(b));

/** Numbers that JavaScript holds in a `number`. */
export const isNumber = (type: ColumnType): boolean =>
  type.kind === 'f64' || type.kind === 'f32' || type.kind === 'i32' || type.kind === 'u32';

/** Columns whose cells are strings to the user. */
export const isText = (type: ColumnType): boolean => type.kind === 'utf8' || type.kind === 'enum';
