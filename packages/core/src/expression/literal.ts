import { ArchetypeError, didYouMean } from '../errors.ts';
import { isNumber, printType, required, types, type ColumnType } from '../schema/column-type.ts';

/** A literal as a physical cell of the type it takes beside a column of type `hint`. */
export function literalCell(
  value: unknown,
  hint: ColumnType | undefined,
): { type: ColumnType; cell: unknown } {
  const plain = hint === undefined ? undefined : required(hint);
  switch (typeof value) {
    case 'number': {
      const type = numberType(value, plain);
      return { type, cell: type.kind === 'f32' ? Math.fround(value) : value };
    }
    case 'bigint':
      return { type: types.i64, cell: value };
    case 'boolean':
      return { type: types.bool, cell: value ? 1 : 0 };
    case 'string': {
      if (!value.isWellFormed()) {
        throw new ArchetypeError(
          'invalid_value',
          'A text in an expression holds half a surrogate pair, which UTF-8 cannot keep; use toWellFormed() on it first.',
        );
      }
      if (plain?.kind !== 'enum') return { type: types.utf8, cell: value };
      const code = plain.values!.indexOf(value);
      if (code >= 0) return { type: plain, cell: code };
      throw new ArchetypeError(
        'type_mismatch',
        `${JSON.stringify(value)} is not one of ${plain.values!.map((v) => JSON.stringify(v)).join(', ')}${didYouMean(value, plain.values!)}`,
      );
    }
    default:
      if (value instanceof Date) return { type: types.timestamp, cell: timeOf(value) };
      if (isArrayLike(value)) return arrayCell(value, plain);
      throw new ArchetypeError(
        'invalid_argument',
        `${String(value)} cannot be part of an expression; use a number, text, boolean, bigint, Date or an expression.`,
      );
  }
}

function numberType(value: number, hint: ColumnType | undefined): ColumnType {
  if (hint === undefined || !isNumber(hint)) return types.f64;
  if (hint.kind === 'f64' || hint.kind === 'f32') return hint;
  const fits = hint.kind === 'i32' ? (value | 0) === value : value >>> 0 === value;
  if (fits) return hint;
  throw new ArchetypeError(
    'lossy_literal',
    `${value} stands beside a column of type ${printType(hint)}, which cannot hold it; cast the column to f64 first, or use a whole number in range.`,
  );
}

function timeOf(date: Date): number {
  if (!Number.isNaN(date.getTime())) return date.getTime();
  throw new ArchetypeError(
    'invalid_argument',
    'An invalid Date was used in an expression; give one whose getTime() is a number.',
  );
}

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** A vector beside a vector; a list of physical items beside a list. */
function arrayCell(
  value: ArrayLike<unknown>,
  hint: ColumnType | undefined,
): { type: ColumnType; cell: unknown } {
  if (hint?.kind === 'vector') {
    if (value.length !== hint.size) {
      throw new ArchetypeError(
        'length_mismatch',
        `A vector of ${value.length} numbers stands beside a column of type ${printType(hint)}; give ${hint.size!} numbers.`,
      );
    }
    if (Array.prototype.every.call(value, (number) => typeof number === 'number')) {
      return { type: hint, cell: Float32Array.from(value as ArrayLike<number>) };
    }
  }
  if (hint?.kind === 'list') {
    const item = hint.item!;
    const cell = Array.from(value, (one) => (one === null ? null : literalCell(one, item).cell));
    return { type: hint, cell };
  }
  throw new ArchetypeError(
    'invalid_argument',
    'An array in an expression needs a list or a vector of numbers beside it, which says what it holds.',
  );
}
