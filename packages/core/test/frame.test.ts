import {
  ArchetypeError,
  concat,
  constant,
  fromArrow,
  fromIPC,
  Frame,
  fromValues,
  toArrow,
  toIPC,
  types,
  type ColumnType,
  type DataFrame,
} from '@archetype/core';
import { Dictionary, Int32, makeData, Table, tableFromIPC, Utf8, Vector } from 'apache-arrow';
import { describe, expect, test } from 'vitest';

const maybe = (type: ColumnType): ColumnType => ({ ...type, nullable: true });
const columns: Readonly<Record<string, readonly [ColumnType, readonly unknown[]]>> = {
  entity_id: [types.i32, [1, 2, 3]],
  f64: [types.f64, [Number.NaN, -0, Infinity]],
  f32: [maybe(types.f32), [0.5, null, -1]],
  u32: [types.u32, [0, 1, 2 ** 32 - 1]],
  i64: [types.i64, [2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n]],
  bool: [maybe(types.bool), [true, null, false]],
  utf8: [types.utf8, ['', 'a'.repeat(70_000), '日本 🙂']],
  note: [maybe(types.utf8), [null, 'x', null]],
  mood: [{ kind: 'enum', nullable: false, values: ['calm', 'angry'] }, ['angry', 'calm', 'angry']],
  at: [types.timestamp, [new Date(0), new Date(-1), new Date(1e12)]],
  vec: [
    { kind: 'vector', nullable: false, size: 2 },
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  list: [{ kind: 'list', nullable: false, item: types.utf8 }, [['a', 'b'], [], ['ç']]],
  struct: [
    {
      kind: 'struct',
      nullable: false,
      fields: [
        { name: 'p', type: types.f64 },
        { name: 'q', type: maybe(types.utf8) },
      ],
    },
    [
      { p: 1, q: null },
      { p: 2, q: 'x' },
      { p: 3, q: null },
    ],
  ],
  json: [types.json, [{ a: [1, null] }, 'text', null]],
};
const all = new Frame(
  Object.entries(columns).map(([name, [type]]) => ({ name, type })),
  Object.values(columns).map(([type, cells]) => fromValues(type, cells)),
  3,
);
const df = all as unknown as DataFrame;
const names = Object.keys(columns);
const cells = (frame: unknown) =>
  (frame as Frame)
    .toRows()
    .map((row) =>
      names.map((name) => (row[name] instanceof Float32Array ? [...row[name]] : row[name])),
    );

describe('columns of every kind', () => {
  test('give back what they were made of', () => {
    expect(cells(all)).toEqual([0, 1, 2].map((row) => names.map((name) => columns[name]![1][row])));
  });

  test('survive Arrow, its IPC bytes, slicing, taking and concatenation', () => {
    for (const copy of [
      fromArrow(toArrow(df), all.schema),
      fromIPC(toIPC(df), all.schema),
      fromIPC(toIPC(df, 'file'), all.schema),
      Frame.concat(all.schema, [all.slice(0, 1), all.slice(1, 3)]),
      Frame.concat(all.schema, [all.slice(2, 3), all.slice(0, 2)]).take(Int32Array.of(1, 2, 0)),
    ]) {
      expect(cells(copy)).toEqual(cells(all));
      expect((copy as DataFrame).equals(df)).toBe(true);
    }
  });

  test('numbers share memory with their Arrow table', () => {
    const vector = toArrow(df).getChild('u32')!;
    expect(vector.data[0]!.values.buffer).toBe((all.at('u32').data as Uint32Array).buffer);
  });

  test('several batches of an Arrow table become one frame', () => {
    const table = toArrow(df).concat(toArrow(df));
    expect(fromArrow(table, all.schema).numRows).toBe(6);
  });

  test('Arrow tables with enums can be put together', () => {
    const [one, two] = [toArrow(df), toArrow(df.rename({ mood: 'other' } as never))];
    const both = one.select(['mood']).assign(two.select(['other']));
    expect(both.schema.names).toEqual(['mood', 'other']);
    expect(String(both.getChild('other')!.get(0))).toBe(String(one.getChild('mood')!.get(0)));
  });

  test.each(['file', 'stream'] as const)('several frames become batches of one %s', (format) => {
    const bytes = toIPC([all.slice(0, 1), all.slice(1, 3), all] as readonly Frame[], format);
    const table = tableFromIPC(bytes);
    expect(table.batches.map(({ numRows }) => numRows)).toEqual([1, 2, 3]);
    expect(cells(fromArrow(table, all.schema))).toEqual([...cells(all), ...cells(all)]);
  });

  test('batches of one file may have dictionaries of their own, as long as they hold the same', () => {
    const frame = (words: readonly string[]) => {
      const type = { kind: 'enum', nullable: false, values: ['x', 'y'] } as const;
      return new Frame([{ name: 'id', type }], [fromValues(type, words)], words.length);
    };
    const read = fromIPC(toIPC([frame(['x']), frame(['y', 'x'])], 'file'));
    expect([...read.column('id' as never)]).toEqual(['x', 'y', 'x']);
  });

  test.each(['stream', 'file'] as const)(
    'toIPC gives the same bytes each time, also in memory that it is given: %s',
    (format) => {
      const asked: number[] = [];
      const lent = new Uint8Array(1_000_000).fill(255);
      const memory = (bytes: number): Uint8Array => {
        asked.push(bytes);
        return lent.subarray(0, bytes);
      };
      const bytes = toIPC([df, df], format, { memory });
      const notes = (): Record<string, string> => ({ from: 'a note' });
      expect(asked).toEqual([bytes.byteLength]);
      expect(bytes.buffer).toBe(lent.buffer);
      expect(bytes).toEqual(toIPC([df, df], format));
      expect(toIPC(df, format, { notes, memory })).toEqual(toIPC(df, format, { notes }));
      expect(() => toIPC(df, format, { memory: () => lent.subarray(0, 9) })).toThrow(
        /^toIPC was given memory of 9 bytes where it asked for \d+; give as many as it asks for\.$/,
      );
    },
  );

  test('toIPC needs frames of one schema, and one at least', () => {
    expect(() => toIPC([], 'file')).toThrow(/toIPC was given a list without frames/);
    expect(() => toIPC(null as never)).toThrow(/A DataFrame was needed/);
    const [a, b] = [df.select('u32'), df.select('f64')];
    expect(() => toIPC([a, a, b] as never)).toThrow(
      /Frame 2 given to toIPC has f64 f64, and the first has u32 u32/,
    );
  });

  test('a text that a dictionary gives to all rows is kept once, whatever else the dictionary has', () => {
    const enumOf = { kind: 'enum', nullable: false, values: ['x', 'run'] } as const;
    const frame = (words: readonly string[]) =>
      new Frame([{ name: 'id', type: enumOf }], [fromValues(enumOf, words)], words.length);
    const read = (given: Frame) =>
      (fromArrow(toArrow(given), [{ name: 'id', type: types.utf8 }]) as unknown as Frame).at('id');
    expect(read(frame(['run', 'run', 'run'])).constant).toBe('run');
    const mixed = read(frame(['run', 'x', 'run']));
    expect(mixed.constant).toBeUndefined();
    expect([0, 1, 2].map((row) => mixed.get(row))).toEqual(['run', 'x', 'run']);
    expect(read(frame([])).length).toBe(0);
  });

  test('a dictionary with nulls gives null where a row has none', () => {
    const type = maybe(types.utf8);
    // By hand: Arrow's builders write code, which is forbidden in some places.
    const words = makeData({
      type: new Utf8(),
      length: 2,
      nullCount: 0,
      valueOffsets: Int32Array.of(0, 1, 4),
      data: new TextEncoder().encode('xrun'),
    });
    const rows = makeData({
      type: new Dictionary(new Utf8(), new Int32()),
      length: 3,
      nullCount: 1,
      nullBitmap: Uint8Array.of(0b101),
      data: Int32Array.of(1, 0, 1),
      dictionary: new Vector([words]),
    });
    const table = new Table({ id: new Vector([rows]) });
    const column = (fromArrow(table, [{ name: 'id', type }]) as unknown as Frame).at('id');
    expect([0, 1, 2].map((row) => column.get(row))).toEqual(['run', null, 'run']);
  });
});

describe('verbs', () => {
  test('return new frames and leave the old one alone', () => {
    const before = cells(all);
    const changed = df
      .withColumns(() => ({ f64: 1 }) as never)
      .filter((c) => (c as never as { u32: { gt(x: number): never } }).u32.gt(0));
    expect(changed.numRows).toBe(2);
    expect(cells(all)).toEqual(before);
    expect((changed as unknown as Frame).at('utf8').length).toBe(2);
  });

  test('untouched columns are shared', () => {
    const changed = df.withColumns(() => ({ f64: 1 }) as never) as unknown as Frame;
    expect(changed.at('utf8')).toBe(all.at('utf8'));
  });

  test('select, drop and slice', () => {
    expect(df.select('u32', 'entity_id').columnNames).toEqual(['u32', 'entity_id']);
    expect(df.drop('u32').columnNames).not.toContain('u32');
    expect([...(df.slice(-1).column('u32') as Uint32Array)]).toEqual([2 ** 32 - 1]);
    expect(() => df.select('u33')).toThrow(/did you mean "u32"/);
  });

  test('column gives a copy that its owner may change', () => {
    (df.column('u32') as Uint32Array).fill(9);
    expect([...(df.column('u32') as Uint32Array)]).toEqual([0, 1, 2 ** 32 - 1]);
  });

  test('kernel writes fresh columns, or copies where inout names them', () => {
    const out = (df as never as Frame).kernel(
      ['u32', 'f64', 'utf8'],
      (o: Record<string, unknown[]>, c: Record<string, ArrayLike<unknown>>, n: number) => {
        for (let i = 0; i < n; i++) {
          o.utf8![i] = `${String(c.mood![i])}!`;
          (o.u32![i] as number) += 1;
          o.f64![i] = i;
        }
      },
      { inout: ['f64'] },
    );
    expect(out.toRows().map((row) => [row.u32, row.f64, row.utf8])).toEqual([
      [1, 0, 'angry!'],
      [1, 1, 'calm!'],
      [1, 2, 'angry!'],
    ]);
    expect(() => all.kernel(['entity_id'], () => {})).toThrow(ArchetypeError);
    expect(() => all.kernel(['u32'], () => {}, { inout: ['f64'] })).toThrow(/inout names f64/);
  });

  test('show prints a table, its size, and what it leaves out', () => {
    expect(df.select('entity_id', 'mood', 'note', 'list').slice(0, 2).toString()).toBe(
      [
        'entity_id  mood   note  list',
        '─────────  ─────  ────  ─────────',
        '        1  angry  null  ["a","b"]',
        '        2  calm   x     []',
        '2 rows',
      ].join('\n'),
    );
    expect(df.select('entity_id').toString()).toContain('3 rows');
  });

  test('equals sees cells, NaN, the sign of zero, types and names', () => {
    expect(df.equals(df.withColumns(() => ({ u32: 0 }) as never))).toBe(false);
    expect(
      df.equals(
        df.withColumns(() => ({ u32: 0 }) as never),
        { except: ['u32'] },
      ),
    ).toBe(true);
    expect(df.equals(df.select(...(names.slice(1) as never[])))).toBe(false);
    expect(df.equals(df.slice(0, 2))).toBe(false);
  });
});

describe('cells of the wrong type are refused', () => {
  test.each<[ColumnType, unknown, string]>([
    [types.f64, '1', 'invalid_value'],
    [types.f64, null, 'invalid_value'],
    [types.i32, 1.5, 'value_out_of_range'],
    [types.u32, -1, 'value_out_of_range'],
    [types.i64, 1, 'invalid_value'],
    [types.i64, 2n ** 63n, 'value_out_of_range'],
    [types.bool, 1, 'invalid_value'],
    [types.timestamp, new Date(Number.NaN), 'invalid_value'],
    [{ kind: 'enum', nullable: false, values: ['a'] }, 'b', 'invalid_value'],
    [{ kind: 'vector', nullable: false, size: 2 }, [1], 'invalid_value'],
  ])('%o does not hold %s', (type, cell, code) => {
    expect(() => fromValues(type, [cell])).toThrow(expect.objectContaining({ code }) as never);
  });
});

describe('corners of columns', () => {
  test('constants that differ only in the sign of zero stay apart, and NaN constants stay together', () => {
    const both = concat(types.f64, [constant(types.f64, 1, 0), constant(types.f64, 1, -0)]);
    expect([both.get(0), both.get(1)]).toEqual([0, -0]);
    expect(
      concat(types.f64, [constant(types.f64, 1, Number.NaN), constant(types.f64, 2, Number.NaN)])
        .constant,
    ).toBeNaN();
  });

  test('a nullable struct is null though its fields are required', () => {
    const type: ColumnType = {
      kind: 'struct',
      nullable: true,
      fields: [
        { name: 'a', type: types.f64 },
        { name: 'b', type: types.utf8 },
      ],
    };
    const column = fromValues(type, [null, { a: 1, b: 'x' }]);
    expect([column.get(0), column.get(1)]).toEqual([null, { a: 1, b: 'x' }]);
  });

  test('half a surrogate pair is refused', () => {
    expect(() => fromValues(types.utf8, ['a\ud800'])).toThrow(
      expect.objectContaining({ code: 'invalid_value' }) as never,
    );
  });
});

test('a constant column of any type is what the same cells one by one are', () => {
  for (const [name, [type, given]] of Object.entries(columns)) {
    const cell = given.find((one) => one !== null);
    for (const length of [0, 1, 2, 7]) {
      const same = constant(type, length, cell);
      const written = fromValues(type, Array(length).fill(cell));
      expect(same.take(Int32Array.from(written.length > 0 ? [0] : [])).length, name).toBe(
        Math.min(length, 1),
      );
      expect(same.buffers(), name).toEqual(written.buffers());
    }
  }
});
