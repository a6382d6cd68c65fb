import { nullable, required, sameType, types, type ColumnType } from '../schema/column-type.ts';
import { promote } from './functions.ts';

/** A cell in generated code: the variable of its value and, where it may be null, of its validity (0 or 1). */
export interface CellSource {
  readonly value: string;
  readonly valid: string | undefined;
}

/** A function that decides over nulls itself. `apply` gets null for a null cell and may return it. */
export interface NullFunction {
  /** The result's type, nullability included; undefined when the arguments do not fit. */
  result(args: readonly ColumnType[]): ColumnType | undefined;
  readonly needs: string;
  js(args: readonly CellSource[]): CellSource;
  apply(cells: readonly unknown[]): unknown;
}

const isBool = (type: ColumnType): boolean => type.kind === 'bool';
const or = (a: string | undefined, b: string | undefined): string => `${a ?? 1}|${b ?? 1}`;

/** Kleene logic: `decisive` is the value that settles the result whatever the other side is. */
const logic = (decisive: 0 | 1): NullFunction => {
  const operator = decisive === 0 ? '&' : '|';
  const neutral = 1 - decisive;
  const guarded = ({ value, valid }: CellSource): string =>
    valid === undefined ? value : `(${valid}?${value}:${neutral})`;
  return {
    result: (args) =>
      args.every(isBool) ? { ...types.bool, nullable: args.some((t) => t.nullable) } : undefined,
    needs: 'conditions',
    js([a, b]) {
      const value = `(${guarded(a!)}${operator}${guarded(b!)})`;
      if (a!.valid === undefined && b!.valid === undefined) return { value, valid: undefined };
      const settled = decisive === 0 ? `(1-${value})` : value;
      return { value, valid: `((${a!.valid ?? 1}&${b!.valid ?? 1})|${settled})` };
    },
    apply([a, b]) {
      if (a === decisive || b === decisive) return decisive;
      return a === null || b === null ? null : neutral;
    },
  };
};

/** The type in which all alternatives meet. */
function meet(alternatives: readonly ColumnType[]): ColumnType | undefined {
  const plain = alternatives.map(required);
  const type = plain.reduce<ColumnType | undefined>(
    (a, b) => (a === undefined ? undefined : sameType(a, b) ? a : promote(a, b)),
    plain[0],
  );
  return type;
}

export const nullFunctions: { readonly [name: string]: NullFunction } = {
  and: logic(0),
  or: logic(1),
  isNull: {
    result: () => types.bool,
    needs: 'a cell',
    js: ([a]) => ({ value: a!.valid === undefined ? '0' : `(1-${a!.valid})`, valid: undefined }),
    apply: ([a]) => (a === null ? 1 : 0),
  },
  fillNull: {
    result([a, b]) {
      const type = meet([a!, b!]);
      return type === undefined || !b!.nullable ? type : nullable(type);
    },
    needs: 'two cells of one type',
    js([a, b]) {
      if (a!.valid === undefined) return a!;
      return {
        value: `(${a!.valid}?${a!.value}:${b!.value})`,
        valid: b!.valid === undefined ? undefined : `(${or(a!.valid, b!.valid)})`,
      };
    },
    apply: ([a, b]) => (a === null ? b : a),
  },
  /** Arguments: condition, value, condition, value, …, value otherwise. A null condition does not hold. */
  when: {
    result(args) {
      const conditions = args.filter((_, i) => i % 2 === 0 && i < args.length - 1);
      const values = args.filter((_, i) => i % 2 === 1 || i === args.length - 1);
      const type = conditions.every(isBool) ? meet(values) : undefined;
      return type !== undefined && values.some((t) => t.nullable) ? nullable(type) : type;
    },
    needs: 'conditions, and values of one type',
    js(args) {
      const last = args.at(-1)!;
      const maybeNull = args.some((a, i) => a.valid !== undefined && (i % 2 === 1 || a === last));
      let value = last.value;
      let valid = `${last.valid ?? 1}`;
      for (let i = args.length - 3; i >= 0; i -= 2) {
        const test = args[i]!;
        const holds = test.valid === undefined ? test.value : `(${test.valid}&${test.value})`;
        value = `(${holds}?${args[i + 1]!.value}:${value})`;
        valid = `(${holds}?${args[i + 1]!.valid ?? 1}:${valid})`;
      }
      return { value, valid: maybeNull ? valid : undefined };
    },
    apply(cells) {
      for (let i = 0; i + 1 < cells.length; i += 2) if (cells[i] === 1) return cells[i + 1];
      return cells.at(-1);
    },
  },
};
