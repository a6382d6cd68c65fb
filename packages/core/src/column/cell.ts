import { ArchetypeError } from '../errors.ts';
import { jsonText } from '../schema/json-copy.ts';
import { printType, types, type ColumnType } from '../schema/column-type.ts';

/** How one cell of each kind is written to and read from its memory; a value of another type is refused. */
const wrongCell = (value: unknown, type: ColumnType): ArchetypeError =>
  new ArchetypeError(
    'invalid_value',
    `${shorten(value)} was given for a column of type ${printType(type)}; give a value of that type.`,
  );

function shorten(value: unknown): string {
  const printed = typeof value === 'bigint' ? `${value}n` : textOf(value);
  return printed.length > 60 ? `${printed.slice(0, 57)}...` : printed;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // Something inside cannot be printed; that it is an object is what can be said.
    return 'an object';
  }
}

export const float = {
  write(out: Float64Array | Float32Array, row: number, value: unknown, type: ColumnType) {
    if (typeof value !== 'number') throw wrongCell(value, type);
    out[row] = value;
  },
  read: (data: Float64Array | Float32Array, row: number) => data[row]!,
};
export const integer = {
  write(out: Int32Array | Uint32Array, row: number, value: unknown, type: ColumnType) {
    if (typeof value !== 'number') throw wrongCell(value, type);
    out[row] = value;
    if (out[row] !== value) {
      throw new ArchetypeError(
        'value_out_of_range',
        `${value} does not fit a column of type ${printType(type)}; use a whole number in its range or another type.`,
      );
    }
  },
  read: (data: Int32Array | Uint32Array, row: number) => data[row]!,
};
export const long = {
  write(out: BigInt64Array, row: number, value: unknown, type: ColumnType) {
    if (typeof value !== 'bigint') throw wrongCell(value, type);
    out[row] = value;
    if (out[row] !== value) {
      throw new ArchetypeError(
        'value_out_of_range',
        `${value}n does not fit 64 bits; use a smaller number.`,
      );
    }
  },
  read: (data: BigInt64Array, row: number) => data[row]!,
};
export const boolean = {
  write(out: Uint8Array, row: number, value: unknown, type: ColumnType) {
    if (typeof value !== 'boolean') throw wrongCell(value, type);
    out[row] = value ? 1 : 0;
  },
  read: (data: Uint8Array, row: number) => data[row] === 1,
};
export const date = {
  write(out: Float64Array, row: number, value: unknown, type: ColumnType) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrongCell(value, type);
    out[row] = value.getTime();
  },
  read: (data: Float64Array, row: number) => new Date(data[row]!),
};
export const member = {
  write(out: Int32Array, row: number, value: unknown, type: ColumnType) {
    const code = type.values!.indexOf(value as string);
    if (code < 0) throw wrongCell(value, type);
    out[row] = code;
  },
  read: (data: Int32Array, row: number, type: ColumnType) => type.values![data[row]!]!,
};
export const vector = {
  write(out: Float32Array, row: number, value: unknown, type: ColumnType) {
    const given = value as ArrayLike<number>;
    if (given?.length !== type.size) throw wrongCell(value, type);
    for (let k = 0; k < given.length; k++) out[row * given.length + k] = given[k]!;
  },
  read: (data: Float32Array, row: number, type: ColumnType) =>
    data.slice(row * type.size!, (row + 1) * type.size!),
};

export const text = {
  print(cell: unknown): string {
    if (typeof cell !== 'string') throw wrongCell(cell, types.utf8);
    if (cell.isWellFormed()) return cell;
    throw new ArchetypeError(
      'invalid_value',
      `A text holds half a surrogate pair at position ${cell
        .toWellFormed()
        .split('')
        .findIndex(
          (unit, k) => unit !== cell[k],
        )}, which UTF-8 cannot keep; use toWellFormed() on it first.`,
    );
  },
  parse: (stored: string): unknown => stored,
};
export const json = {
  print: (cell: unknown): string => jsonText(cell, 'A cell'),
  parse: (stored: string): unknown => JSON.parse(stored),
};
