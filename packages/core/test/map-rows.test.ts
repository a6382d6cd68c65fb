import {
  bool,
  defineComponent,
  defineProcessor,
  f64,
  fromRows,
  i32,
  json,
  MemoryStore,
  utf8,
  vector,
  Worlds,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const mood = z.enum(['calm', 'angry']);
const df = fromRows(
  {
    name: utf8(),
    age: i32(),
    mood,
    note: utf8().nullable(),
    at: vector(2),
    tags: json<string[]>(),
  },
  [
    { name: 'Ada', age: 36, mood: 'calm', note: null, at: [1, 2], tags: ['x'] },
    { name: 'Bo', age: 7, mood: 'angry', note: 'n', at: [3, 4], tags: [] },
  ],
);

describe('mapRows', () => {
  test('sets columns that are there, and leaves the others as they are', () => {
    const out = df.mapRows(['age', 'mood', 'note'], (row, i) => ({
      age: row.age + i,
      mood: row.mood === 'calm' ? 'angry' : 'calm',
      note: row.note ?? row.name,
    }));
    expect(out.select('name', 'age', 'mood', 'note').toRows()).toEqual([
      { name: 'Ada', age: 36, mood: 'angry', note: 'Ada' },
      { name: 'Bo', age: 8, mood: 'calm', note: 'n' },
    ]);
    expect(df.column('age')).toEqual(Int32Array.of(36, 7));
  });

  test('adds columns with fields of their own, whose defaults and nulls fill what is left out', () => {
    const out = df.mapRows(
      {
        label: utf8(),
        adult: bool(false),
        length: f64().nullable(),
        centre: vector(2),
        kind: z.enum(['a', 'b']).default('b'),
      },
      (row) => ({
        label: `${row.name} ${row.tags.length}`,
        centre: row.at.map((x) => x / 2),
        ...(row.age > 18 && { adult: true, length: row.name.length }),
      }),
    );
    const rows = out.select('label', 'adult', 'length', 'centre', 'kind').toRows();
    expect(rows).toEqual([
      { label: 'Ada 1', adult: true, length: 3, centre: Float32Array.of(0.5, 1), kind: 'b' },
      { label: 'Bo 0', adult: false, length: null, centre: Float32Array.of(1.5, 2), kind: 'b' },
    ]);
  });

  test('a field for a column that is there must fit it, and the column keeps its type', () => {
    const out = df.mapRows({ mood: z.enum(['calm']), note: utf8() }, () => ({
      mood: 'calm',
      note: 'all',
    }));
    expect(out.toRows().map((row) => [row.mood, row.note])).toEqual([
      ['calm', 'all'],
      ['calm', 'all'],
    ]);
    expect(df.concat(out as typeof df).numRows).toBe(4);
    expect(() => df.mapRows({ age: f64() } as never, () => ({}) as never)).toThrow(
      expect.objectContaining({
        code: 'type_mismatch',
        message:
          "Column age is i32 and was given a field of type f64; use a field of the column's type, or another name.",
      }) as never,
    );
    expect(() => df.mapRows({ name: utf8().nullable() } as never, () => ({}) as never)).toThrow(
      /Column name is utf8 and was given a field of type utf8\?/,
    );
  });

  test('a row is an object of its own: kept, destructured and written as JSON it is what it was', () => {
    const kept: { readonly name: string }[] = [];
    const printed: string[] = [];
    df.mapRows(['age'], (row) => {
      kept.push(row);
      printed.push(JSON.stringify(row));
      const { age } = row;
      return { age };
    });
    expect(kept.map((row) => row.name)).toEqual(['Ada', 'Bo']);
    expect(JSON.parse(printed[0]!)).toEqual({
      name: 'Ada',
      age: 36,
      mood: 'calm',
      note: null,
      at: { 0: 1, 1: 2 },
      tags: ['x'],
    });
  });

  test('a frame without rows calls nothing and has the columns', () => {
    const out = df.limit(0).mapRows({ label: utf8() }, () => {
      throw new Error('called');
    });
    expect([out.numRows, out.columnNames.includes('label')]).toEqual([0, true]);
  });

  test('what the function throws is thrown', () => {
    expect(() =>
      df.mapRows(['age'], () => {
        throw new RangeError('mine');
      }),
    ).toThrow(new RangeError('mine'));
  });

  test('transforms a table in a processor', async () => {
    const Agent = defineComponent('Agent', { name: utf8(), age: i32(0) });
    const processor = defineProcessor({
      name: 'age',
      components: [Agent],
      process: (rows) =>
        rows.mapRows(['agent__age'], ({ agent__age: age }) => ({ agent__age: age + 1 })),
    });
    const world = new Worlds(new MemoryStore()).create('test', { processors: [processor] });
    world.spawn(Agent({ name: 'Ada' }));
    await world.run({ steps: 3 });
    expect((await world.query([Agent])).column('agent__age')).toEqual(Int32Array.of(3));
  });
});

describe('mapRows refuses, naming column and row,', () => {
  test.each<[string, unknown, string, string | RegExp]>([
    [
      'a value of another type',
      { age: 'old' },
      'invalid_value',
      'Column age, row 1: "old" was given for a column of type i32; give a value of that type.',
    ],
    [
      'a number out of range',
      { age: 0.5 },
      'value_out_of_range',
      /^Column age, row 1: 0.5 does not fit a column of type i32/,
    ],
    [
      'a missing value',
      {},
      'invalid_value',
      'Column age, row 1 has no value, and a column of type i32 needs one in every row; give one, or make the column nullable.',
    ],
    [
      'a name that is no output',
      { age: 1, aeg: 2 },
      'unknown_column',
      'The function given to mapRows returned "aeg" for row 1, which is not among its outputs (age); did you mean "age"?',
    ],
    [
      'no object',
      7,
      'invalid_value',
      'The function given to mapRows returned a number for row 1; it must return an object with age.',
    ],
    [
      'a promise',
      Promise.resolve({ age: 1 }),
      'invalid_value',
      'The function given to mapRows returned a promise (await calls with mapAsync) for row 1; it must return an object with age.',
    ],
  ])('%s', (_what, result, code, message) => {
    const map = () => df.mapRows(['age'], (_row, i) => (i === 0 ? { age: 1 } : result) as never);
    expect(map).toThrow(expect.objectContaining({ code }) as never);
    expect(map).toThrow(message);
  });

  test('and a column that is not there or that the engine owns', () => {
    expect(() => df.mapRows(['agee' as never], () => ({}))).toThrow(
      /There is no column "agee"; did you mean "age"/,
    );
    const owned = fromRows({ entity_id: i32() }, [{ entity_id: 1 }]);
    expect(() => owned.mapRows(['entity_id' as never], () => ({}))).toThrow(
      expect.objectContaining({
        code: 'reserved_column',
        message: 'entity_id cannot be written: the engine owns that column.',
      }) as never,
    );
  });
});
