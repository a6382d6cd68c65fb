import * as arrow from 'apache-arrow';
import { VectorAssembler } from 'apache-arrow/visitor/vectorassembler';
import { packBits, unpackBits } from '../column/bits.ts';
import type { Column } from '../column/column.ts';
import { columnOf, constant } from '../column/columns.ts';
import type { Data, ListData, StructData, TypedArray } from '../column/layout.ts';
import { Text } from '../column/text.ts';
import { ArchetypeError, requireObject } from '../errors.ts';
import {
  nullable,
  types,
  type ColumnType,
  type Field,
  type Kind,
  type Schema,
} from '../schema/column-type.ts';
import type { AnyFrame, DataFrame } from './data-frame.ts';
import { Frame, plain, typed } from './frame.ts';

// Long, because nothing else may know of apache-arrow: both ways of every kind are here.

/** The Arrow type of each kind; with `arrowData` and `kindOfArrow`, all that this package knows of Arrow's classes. */
const arrowTypes: {
  readonly [K in Kind]: (type: ColumnType, ids?: DictionaryIds) => arrow.DataType;
} = {
  f64: () => new arrow.Float64(),
  f32: () => new arrow.Float32(),
  i32: () => new arrow.Int32(),
  u32: () => new arrow.Uint32(),
  i64: () => new arrow.Int64(),
  bool: () => new arrow.Bool(),
  utf8: () => new arrow.Utf8(),
  json: () => new arrow.Utf8(),
  enum: (_type, ids) =>
    new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32(), ids && ids.next++),
  timestamp: () => new arrow.TimestampMillisecond('UTC'),
  vector: (type) =>
    new arrow.FixedSizeList(type.size!, new arrow.Field('item', new arrow.Float32(), false)),
  list: (type, ids) =>
    new arrow.List(new arrow.Field('item', arrowType(type.item!, ids), type.item!.nullable)),
  struct: (type, ids) =>
    new arrow.Struct(
      type.fields!.map(
        (field) => new arrow.Field(field.name, arrowType(field.type, ids), field.type.nullable),
      ),
    ),
};

/**
 * Numbers of the dictionaries in bytes. Arrow's own count on for ever: tables in memory, which may be put together, need
 * that, and as bytes the same rows would be others each time.
 */
interface DictionaryIds {
  next: number;
}
const arrowType = (type: ColumnType, ids?: DictionaryIds): arrow.DataType =>
  arrowTypes[type.kind](type, ids);

/** Marks what Arrow's own types cannot tell apart. */
const KIND = 'archetype:kind';

/** What is said of a field to whoever reads the Arrow schema. */
export type Notes = (field: Field) => Readonly<Record<string, string>>;

function arrowField(field: Field, ids?: DictionaryIds, notes?: Notes): arrow.Field {
  const { name, type } = field;
  const metadata = new Map(Object.entries(notes?.(field) ?? {}));
  if (type.kind === 'json') metadata.set(KIND, 'json');
  return new arrow.Field(name, arrowType(type, ids), type.nullable, metadata);
}

// Arrow leaves the bits out of a column of booleans that are all null, and readers in other languages refuse that: Lance
// "needs at least 1 bytes for bitmap".
const { visitBool } = VectorAssembler.prototype;
VectorAssembler.prototype.visitBool = function withBits(this: VectorAssembler, data) {
  const allNull = data.length > 0 && data.nullCount >= data.length;
  return visitBool.call(this, allNull ? Object.create(data, { nullCount: { value: 0 } }) : data);
};

/** A frame as an Arrow table. Memory is shared for numbers and vectors; booleans, text and timestamps are encoded. */
export function toArrow(df: DataFrame | Frame): arrow.Table {
  return arrowTable([plain(df)]);
}

/** Frames of one schema, each a batch. */
function arrowTable(frames: readonly Frame[], ids?: DictionaryIds, notes?: Notes): arrow.Table {
  const fields = frames[0]!.schema.map((field) => arrowField(field, ids, notes));
  const schema = new arrow.Schema(fields);
  const dictionaries: Dictionaries = new Map();
  const batches = frames.map(({ columns, numRows }) => {
    const children = columns.map((column) => arrowData(column, dictionaries));
    const type = new arrow.Struct(fields);
    const struct = arrow.makeData({ type, length: numRows, nullCount: 0, children });
    return new arrow.RecordBatch(schema, struct);
  });
  return new arrow.Table(schema, batches);
}

/** Dictionaries by their values: an Arrow file holds one for each field, which all its batches share. */
type Dictionaries = Map<string, arrow.Vector>;

function arrowData(column: Column, dictionaries: Dictionaries): arrow.Data {
  const { type, length, validity } = column;
  const nulls =
    validity === undefined
      ? { nullCount: 0 }
      : {
          nullCount: validity.reduce((n, present) => n + 1 - present, 0),
          nullBitmap: packBits(validity),
        };
  const base = { type: arrowType(type), length, ...nulls };
  return arrow.makeData({ ...base, ...arrowBuffers(column, dictionaries) } as never);
}

function arrowBuffers({ type, data, length }: Column, dictionaries: Dictionaries): object {
  switch (type.kind) {
    case 'bool':
      return { data: packBits(data as Uint8Array) };
    case 'timestamp':
      return { data: BigInt64Array.from(data as Float64Array, (ms) => BigInt(Math.trunc(ms))) };
    case 'enum':
      return { data: data as Int32Array, dictionary: dictionary(type.values!, dictionaries) };
    case 'vector':
      return {
        child: arrow.makeData({
          type: new arrow.Float32(),
          length: length * type.size!,
          nullCount: 0,
          data: data as Float32Array,
        }),
      };
    case 'utf8':
    case 'json': {
      const { offsets, bytes } = (data as Text).encoded;
      return { valueOffsets: offsets, data: bytes };
    }
    case 'list': {
      const { offsets, child } = data as ListData;
      return { valueOffsets: offsets, child: arrowData(child, dictionaries) };
    }
    case 'struct':
      return {
        children: (data as StructData).children.map((child) => arrowData(child, dictionaries)),
      };
    default:
      return { data: data as TypedArray };
  }
}

function dictionary(values: readonly string[], dictionaries: Dictionaries): arrow.Vector {
  const key = JSON.stringify(values);
  const known = dictionaries.get(key);
  if (known !== undefined) return known;
  const { offsets, bytes } = Text.fromStrings(values).encoded;
  const vector = new arrow.Vector([
    arrow.makeData({
      type: new arrow.Utf8(),
      length: values.length,
      nullCount: 0,
      valueOffsets: offsets,
      data: bytes,
    }),
  ]);
  dictionaries.set(key, vector);
  return vector;
}

/**
 * A frame of an Arrow table, of this or any other copy of apache-arrow. Several batches become one column each; 64-bit
 * offsets and other time units are brought to this package's types. With `schema`, columns take those types and order.
 *
 * @throws `unsupported_field`, `unknown_column`
 */
export function fromArrow(table: arrow.Table, schema?: Schema): AnyFrame {
  requireObject(table, 'fromArrow', 'an Arrow table');
  const frames = table.batches.map((batch) => batchFrame(table.schema, batch, schema));
  const wanted =
    schema ??
    frames[0]?.schema ??
    table.schema.fields.map((field) => ({ name: field.name, type: kindOfArrow(field) }));
  return typed(Frame.concat(wanted, frames));
}

function batchFrame(
  schema: arrow.Schema,
  batch: arrow.RecordBatch,
  wanted: Schema | undefined,
): Frame {
  const fields =
    wanted ?? schema.fields.map((field) => ({ name: field.name, type: kindOfArrow(field) }));
  const columns = fields.map(({ name, type }) => {
    const k = schema.fields.findIndex((field) => field.name === name);
    if (k < 0) {
      throw new ArchetypeError(
        'unknown_column',
        `The Arrow table has no column "${name}"; it has ${schema.fields.map((field) => field.name).join(', ')}.`,
      );
    }
    return columnOfArrow(batch.data.children[k]!, type);
  });
  return new Frame(fields, columns, batch.numRows);
}

/** Arrow's type by number, since classes of another copy of apache-arrow fail `instanceof`. */
function kindOfArrow(field: arrow.Field): ColumnType {
  const type = plainKind(field);
  return field.nullable ? nullable(type) : type;
}

function plainKind(field: arrow.Field): ColumnType {
  const type = field.type as arrow.DataType & {
    readonly bitWidth?: number;
    readonly isSigned?: boolean;
    readonly precision?: number;
    readonly listSize?: number;
    readonly children?: readonly arrow.Field[];
  };
  switch (type.typeId) {
    case arrow.Type.Float:
      return type.precision === 2 ? types.f64 : types.f32;
    case arrow.Type.Int:
      if (type.bitWidth === 64) return types.i64;
      return type.isSigned === false && type.bitWidth === 32 ? types.u32 : types.i32;
    case arrow.Type.Bool:
      return types.bool;
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8:
    case arrow.Type.Dictionary:
      return field.metadata?.get(KIND) === 'json' ? types.json : types.utf8;
    case arrow.Type.Timestamp:
      return types.timestamp;
    case arrow.Type.FixedSizeList:
      return { kind: 'vector', nullable: false, size: type.listSize! };
    case arrow.Type.List:
      return { kind: 'list', nullable: false, item: kindOfArrow(type.children[0]!) };
    case arrow.Type.Struct:
      return {
        kind: 'struct',
        nullable: false,
        fields: type.children.map((child) => ({ name: child.name, type: kindOfArrow(child) })),
      };
    default:
      throw new ArchetypeError(
        'unsupported_field',
        `The Arrow column "${field.name}" is of type ${String(field.type)}, which no column here can hold; cast it before.`,
      );
  }
}

function columnOfArrow(data: arrow.Data, type: ColumnType): Column {
  const { length, offset } = data;
  const same = type.kind === 'utf8' ? textOfAll(data) : undefined;
  if (same !== undefined) return constant(type, length, same);
  const validity =
    data.nullCount > 0 && data.nullBitmap !== undefined && data.nullBitmap !== null
      ? unpackBits(data.nullBitmap, length, offset)
      : undefined;
  return columnOf(type, length, dataOfArrow(data, type), validity);
}

const milliseconds = [1000, 1, 1 / 1000, 1 / 1_000_000];

function dataOfArrow(data: arrow.Data, type: ColumnType): Data {
  const { length, offset } = data;
  switch (type.kind) {
    case 'bool':
      return unpackBits(data.values as Uint8Array, length, offset);
    case 'timestamp': {
      const unit = milliseconds[(data.type as { readonly unit?: number }).unit ?? 1]!;
      return Float64Array.from(
        (data.values as BigInt64Array).subarray(0, length),
        (value) => Number(value) * unit,
      );
    }
    case 'enum':
    case 'utf8':
    case 'json': {
      const strings = textOfArrow(data);
      if (type.kind !== 'enum') return strings;
      return Int32Array.from(strings.strings, (text) => type.values!.indexOf(text));
    }
    case 'vector': {
      const child = data.children[0]!;
      const size = type.size!;
      return (child.values as Float32Array).subarray(0, length * size);
    }
    case 'list': {
      const first = data.valueOffsets[0]!;
      const offsets = Int32Array.from(
        data.valueOffsets.subarray(0, length + 1) as Int32Array,
        (at) => at - first,
      );
      const child = columnOfArrow(data.children[0]!, type.item!);
      return { offsets, child: child.slice(first, first + offsets[length]!) };
    }
    case 'struct':
      return {
        children: type.fields!.map((field, k) => columnOfArrow(data.children[k]!, field.type)),
      };
    default:
      return (data.values as TypedArray).subarray(0, length);
  }
}

/** The values that rows give by number, if the column is written so. */
const dictionaryOf = (data: arrow.Data): arrow.Vector | undefined =>
  (data as { readonly dictionary?: arrow.Vector | null }).dictionary ?? undefined;

/** The one text that a dictionary gives to all rows, if it is so: ids of worlds and runs come this way. */
function textOfAll(data: arrow.Data): string | undefined {
  const values = dictionaryOf(data);
  if (values === undefined || data.nullCount > 0 || data.length === 0) return undefined;
  const codes = data.values as Int32Array;
  for (let row = 1; row < data.length; row++) if (codes[row] !== codes[0]) return undefined;
  return (values.get(Number(codes[0])) as string | null) ?? undefined;
}

function textOfArrow(data: arrow.Data): Text {
  const { length } = data;
  const values = dictionaryOf(data);
  if (values !== undefined) {
    // A batch of few rows may come with a dictionary of many.
    const all =
      values.length > length ? undefined : (values.toArray() as readonly (string | null)[]);
    const codes = data.values as Int32Array | BigInt64Array;
    const strings: string[] = Array.from({ length });
    for (let row = 0; row < length; row++) {
      const code = Number(codes[row]);
      strings[row] = (all === undefined ? (values.get(code) as string | null) : all[code]) ?? '';
    }
    return Text.fromStrings(strings);
  }
  // 64-bit offsets come from engines that write LargeUtf8.
  const offsets = Int32Array.from(
    data.valueOffsets as unknown as ArrayLike<number | bigint> as never,
    Number,
  );
  return Text.fromBytes({
    offsets: offsets.subarray(0, length + 1),
    bytes: data.values as Uint8Array,
  });
}

/** Frames of one schema, each a batch, in Arrow's IPC format: its bytes one piece after the other, columns uncopied. */
export function ipcPieces(
  frames: readonly Frame[],
  format: 'stream' | 'file',
  notes?: Notes,
): readonly Uint8Array[] {
  const pieces = new Pieces();
  const writer =
    format === 'stream' ? new arrow.RecordBatchStreamWriter() : new arrow.RecordBatchFileWriter();
  writer.reset(pieces).writeAll(arrowTable(frames, { next: 0 }, notes));
  writer.finish();
  return pieces.all;
}

/** What a writer of Arrow writes. */
class Pieces extends arrow.AsyncByteQueue {
  readonly all: Uint8Array[] = [];

  override write(piece: Uint8Array): void {
    this.all.push(piece);
  }
}

/** The table in bytes of either format. */
export const tableOfIpc = (bytes: Uint8Array): arrow.Table => arrow.tableFromIPC(bytes);
