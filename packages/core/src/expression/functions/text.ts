import { isNumber, isText, types } from '../../schema/column-type.ts';
import { typedFunction, type ExpressionFunction, type Functions } from './function.ts';

/** Position of the code point number `k` in UTF-16 units. */
function unitOf(text: string, k: number): number {
  let unit = 0;
  for (let i = 0; i < k && unit < text.length; i++) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}

export function codePoints(text: string): number {
  let n = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Strings are well formed, so a low surrogate is always the second half of a code point.
    if (unit >= 0xdc00 && unit < 0xe000) n--;
  }
  return n;
}

/** Code points `from` to before `to`; negative counts from the end. */
function sliceText(text: string, from: number, to: number): string {
  const n = codePoints(text);
  const place = (at: number): number => Math.min(n, Math.max(0, at < 0 ? n + at : at));
  const [first, last] = [place(from), Math.max(place(from), place(to))];
  if (n === text.length) return text.slice(first, last);
  return text.slice(unitOf(text, first), unitOf(text, last));
}

/** Without a separator into code points, of which no text has at least one, empty. */
function splitText(text: string, by: string): readonly string[] {
  if (by !== '') return text.split(by);
  return text === '' ? [''] : Array.from(text);
}

const test = (apply: (text: string, part: string) => boolean, sql: string): ExpressionFunction => ({
  ...typedFunction([isText, isText], 'two texts', types.bool),
  apply: (text: string, part: string) => (apply(text, part) ? 1 : 0),
  sql: ([text, part]) => `${sql}(${text}, ${part})`,
});

const change = (apply: (text: string) => string, sql: string): ExpressionFunction => ({
  ...typedFunction([isText], 'a text', types.utf8),
  apply,
  sql: ([text]) => `${sql}(${text})`,
});

/** Text is counted and cut in code points, as in SQL. */
const ofText: Functions = {
  // The full mappings of Unicode: the upper case of "ß" is "SS", where DuckDB maps code point to code point.
  lower: change((text) => text.toLowerCase(), 'lower'),
  upper: change((text) => text.toUpperCase(), 'upper'),
  // Spaces of Unicode's category Zs, as in DuckDB; tabs and line ends stay.
  trim: change((text) => text.replace(/^\p{Zs}+|\p{Zs}+$/gu, ''), 'trim'),
  startsWith: test((text, part) => text.startsWith(part), 'starts_with'),
  endsWith: test((text, part) => text.endsWith(part), 'suffix'),
  replace: {
    ...typedFunction([isText, isText, isText], 'three texts', types.utf8),
    apply: (text: string, from: string, to: string) =>
      from === '' ? text : text.replaceAll(from, () => to),
    sql: ([text, from, to]) => `replace(${text}, ${from}, ${to})`,
  },
  concat: {
    result: (args) => (args.every(isText) ? types.utf8 : undefined),
    needs: 'texts',
    js: (args) => args.join('+'),
    apply: (...texts: readonly string[]) => texts.join(''),
    sql: (args) => `(${args.join(' || ')})`,
  },
  split: {
    ...typedFunction([isText, isText], 'two texts', {
      kind: 'list',
      nullable: false,
      item: types.utf8,
    }),
    apply: splitText,
    sql: ([text, by]) => `string_split(${text}, ${by})`,
  },
  slice: {
    ...typedFunction([isText, isNumber, isNumber], 'a text and two numbers', types.utf8),
    literal: () => types.f64,
    apply: sliceText,
    sql: ([text, from, to]) => {
      const place = (at: string): string =>
        `least(length(${text}), greatest(0, case when ${at} < 0 then length(${text}) + ${at} else ${at} end))::bigint`;
      return `substr(${text}, ${place(from!)} + 1, greatest(0, ${place(to!)} - ${place(from!)}))`;
    },
  },
};

export const textFunctions: Functions = Object.fromEntries(
  Object.entries(ofText).map(([name, fn]) => [name, { ...fn, names: true }]),
);
