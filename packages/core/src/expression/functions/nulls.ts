import {
  isNumber,
  nullable,
  required,
  sameType,
  types,
  type ColumnType,
} from '../../schema/column-type.ts';
import { common, Impossible, is64, order, promote, type Order } from './function.ts';

/** A cell in generated code, as the variables or constants that hold its parts. */
export interface CellSource {
  readonly value: string;
  /** 1 where the cell is there, 0 where it is null; undefined where it cannot be null. */
  readonly valid: string | undefined;
  /** Truthy where no value of the cell's type exists, an error if it reaches a column; undefined where that cannot be. */
  readonly bad: string | undefined;
}

/** A function that decides over nulls itself. */
export interface NullFunction {
  /** The result's type, nullability included; undefined when the arguments do not fit. */
  result(args: readonly ColumnType[]): ColumnType | undefined;
  readonly needs: string;
  /** Only the argument that it chooses counts; the others may be impossible values. */
  readonly chooses: boolean;
  js(args: readonly CellSource[], types: readonly ColumnType[]): CellSource;
  /** Gets null for a null cell and may return it. */
  apply(...cells: readonly unknown[]): unknown;
  sql(args: readonly string[]): string;
}

const isBool = (type: ColumnType): boolean => type.kind === 'bool';

/** Truthy where a cell that is there is impossible. */
const badHere = ({ valid, bad }: CellSource): string | undefined =>
  bad === undefined ? undefined : valid === undefined ? bad : `(${valid}&&${bad})`;
const either = (...bads: readonly (string | undefined)[]): string | undefined => {
  const known = bads.filter((bad) => bad !== undefined);
  return known.length === 0 ? undefined : `(${known.join('||')})`;
};

/** Kleene logic: `decisive` is the value that settles the result whatever the other side is. */
const logic = (decisive: 0 | 1, sql: string): NullFunction => {
  const operator = decisive === 0 ? '&' : '|';
  const neutral = 1 - decisive;
  const guarded = ({ value, valid }: CellSource): string =>
    valid === undefined ? value : `(${valid}?${value}:${neutral})`;
  return {
    result: (args) =>
      args.every(isBool) ? { ...types.bool, nullable: args.some((t) => t.nullable) } : undefined,
    needs: 'two conditions',
    chooses: false,
    js([a, b]) {
      const value = `(${guarded(a!)}${operator}${guarded(b!)})`;
      const bad = either(badHere(a!), badHere(b!));
      if (a!.valid === undefined && b!.valid === undefined) return { value, valid: undefined, bad };
      const settled = decisive === 0 ? `(1-${value})` : value;
      return { value, valid: `((${a!.valid ?? 1}&${b!.valid ?? 1})|${settled})`, bad };
    },
    apply(a, b) {
      if (a === decisive || b === decisive) return decisive;
      return a === null || b === null ? null : neutral;
    },
    sql: ([a, b]) => `(${a} ${sql} ${b})`,
  };
};

/** The type in which all alternatives meet. */
const meet = (alternatives: readonly ColumnType[]): ColumnType | undefined =>
  alternatives
    .map(required)
    .reduce<ColumnType | undefined>(
      (a, b) => (a === undefined ? undefined : sameType(a, b) ? a : promote(a, b)),
      required(alternatives[0]!),
    );

/** The least or greatest of the cells that are there; null when none is. */
const extreme = (
  wins: (a: string, b: string) => string,
  apply: (a: Order, b: Order) => boolean,
  sql: string,
): NullFunction => ({
  result(args) {
    const type = args.every(isNumber) || args.every(is64) ? common(args) : undefined;
    if (type === undefined) return undefined;
    return args.every((arg) => arg.nullable) ? nullable(type) : required(type);
  },
  needs: 'numbers',
  chooses: false,
  js: (args) => ({
    ...args.reduce((a, b) => {
      const better = wins(b.value, a.value);
      const takesB =
        a.valid === undefined && b.valid === undefined
          ? better
          : `(${b.valid ?? 1}&&(!${a.valid ?? 1}||${better}))`;
      const both = a.valid !== undefined && b.valid !== undefined;
      return {
        value: `(${takesB}?${b.value}:${a.value})`,
        valid: both ? `(${a.valid}|${b.valid})` : undefined,
        bad: undefined,
      };
    }),
    bad: either(...args.map(badHere)),
  }),
  apply: (...cells) =>
    (cells as readonly (Order | null)[]).reduce((a, b) =>
      b !== null && (a === null || apply(b, a)) ? b : a,
    ),
  sql: (args) => `${sql}(${args.join(', ')})`,
});

export const nullFunctions: { readonly [name: string]: NullFunction } = {
  and: logic(0, 'and'),
  or: logic(1, 'or'),
  least: extreme((a, b) => `(${a}<${b}||(${a}===${a}&&${b}!==${b}))`, order.lt, 'least'),
  greatest: extreme(
    (a, b) => `(${b}<${a}||(${b}===${b}&&${a}!==${a}))`,
    (a, b) => order.lt(b, a),
    'greatest',
  ),
  isNull: {
    result: () => types.bool,
    needs: 'a cell',
    chooses: false,
    js: ([a]) => ({
      value: a!.valid === undefined ? '0' : `(1-${a!.valid})`,
      valid: undefined,
      bad: badHere(a!),
    }),
    apply: (a) => (a === null ? 1 : 0),
    sql: ([a]) => `(${a} is null)`,
  },
  fillNull: {
    result([a, b]) {
      const type = meet([a!, b!]);
      return type === undefined || !b!.nullable ? type : nullable(type);
    },
    needs: 'two cells of one type',
    chooses: true,
    js([a, b]) {
      const valid = a!.valid;
      if (valid === undefined) return a!;
      return {
        value: `(${valid}?${a!.value}:${b!.value})`,
        valid: b!.valid === undefined ? undefined : `(${valid}|${b!.valid})`,
        bad: chosen(valid, badHere(a!), badHere(b!)),
      };
    },
    apply: (a, b) => (a === null ? b : a),
    sql: ([a, b]) => `coalesce(${a}, ${b})`,
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
    chooses: true,
    js(args) {
      const last = args.at(-1)!;
      const maybeNull = args.some((a, i) => a.valid !== undefined && (i % 2 === 1 || a === last));
      let { value } = last;
      let valid = `${last.valid ?? 1}`;
      let bad = badHere(last);
      for (let i = args.length - 3; i >= 0; i -= 2) {
        const test = args[i]!;
        const then = args[i + 1]!;
        const holds = test.valid === undefined ? test.value : `(${test.valid}&${test.value})`;
        value = `(${holds}?${then.value}:${value})`;
        valid = `(${holds}?${then.valid ?? 1}:${valid})`;
        bad = either(badHere(test), chosen(holds, badHere(then), bad));
      }
      return { value, valid: maybeNull ? valid : undefined, bad };
    },
    apply(...cells) {
      for (let i = 0; i + 1 < cells.length; i += 2) {
        if (cells[i] === 1) return cells[i + 1];
        if (cells[i] instanceof Impossible) return cells[i];
      }
      return cells.at(-1);
    },
    sql(args) {
      const cases = args.flatMap((arg, i) =>
        i % 2 === 0 && i < args.length - 1 ? [`when ${arg} then ${args[i + 1]}`] : [],
      );
      return `(case ${cases.join(' ')} else ${args.at(-1)} end)`;
    },
  },
};

function chosen(test: string, yes: string | undefined, no: string | undefined): string | undefined {
  return yes === undefined && no === undefined
    ? undefined
    : `(${test}?${yes ?? false}:${no ?? false})`;
}
