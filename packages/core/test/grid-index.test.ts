import { f64, fromRows, gridIndex, i32, utf8, type Neighbourhood } from '@archetype/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const at = (...positions: readonly (readonly [number, number])[]) =>
  fromRows(
    { entity_id: i32(), x: i32(), y: i32() },
    positions.map(([x, y], k) => ({ entity_id: k + 100, x, y })),
  );
const columns = { x: 'x', y: 'y' } as const;
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as never;

describe('a grid', () => {
  //   0 1 2 3
  // 0 a . . e     a = 0, b = 1 and 5 in one cell, c = 2, d = 3, e = 4
  // 1 . b . .
  // 2 d . . c
  const df = at([0, 0], [1, 1], [3, 2], [0, 2], [3, 0], [1, 1]);
  const grid = () => gridIndex(df, { ...columns, size: [4, 3] });
  const torus = () => gridIndex(df, { ...columns, size: [4, 3], torus: true });

  test('knows who stands in a cell and who around it, in ascending rows', () => {
    expect([...grid().cell(1, 1)]).toEqual([1, 5]);
    expect([...grid().cell(2, 2)]).toEqual([]);
    expect([...grid().around(0)]).toEqual([1, 5]);
    expect([...grid().around(1)]).toEqual([0, 3]);
    expect([...grid().aroundCell(2, 1)]).toEqual([1, 2, 4, 5]);
    expect([...grid().around(1, 2)]).toEqual([0, 2, 3, 4]);
    expect([...grid().aroundCell(1, 0, 1, 'vonNeumann')]).toEqual([0, 1, 5]);
    expect([...grid().around(0, 3, 'vonNeumann')]).toEqual([1, 3, 4, 5]);
  });

  test('that is a torus has no edge', () => {
    expect([...torus().around(0)]).toEqual([1, 2, 3, 4, 5]);
    expect([...torus().around(0, 1, 'vonNeumann')]).toEqual([3, 4]);
    expect([...torus().cell(-3, 4)]).toEqual([1, 5]);
    expect([...torus().aroundCell(8, -3)]).toEqual([1, 2, 3, 4, 5]);
  });

  test('counts each cell once where a torus is smaller than the neighbourhood, the own one never', () => {
    for (const size of [
      [1, 1],
      [2, 2],
      [3, 1],
      [1, 2],
    ] as const) {
      const cells = Array.from({ length: size[0] * size[1] }, (_, cell): [number, number] => [
        cell % size[0],
        Math.floor(cell / size[0]),
      ]);
      const small = gridIndex(at(...cells), { ...columns, size, torus: true });
      for (let row = 0; row < cells.length; row++) {
        const others = [...cells.keys()].filter((other) => other !== row);
        expect([...small.around(row, 5)]).toEqual(others);
      }
    }
  });

  test('gives its empty cells, and follows who moves, is taken, and comes back', () => {
    const index = grid();
    expect([...index.emptyCells()]).toEqual([1, 2, 4, 6, 7, 9, 10]);
    index.move(0, 2, 0);
    expect([...index.emptyCells()]).toEqual([0, 1, 4, 6, 7, 9, 10]);
    expect([index.x(0), index.y(0), [...index.cell(0, 0)], [...index.cell(2, 0)]]).toEqual([
      2,
      0,
      [],
      [0],
    ]);
    index.take(1);
    expect([...index.cell(1, 1)]).toEqual([5]);
    expect([...index.emptyCells()]).not.toContain(5);
    expect([index.x(1), index.y(1)]).toEqual([-1, -1]);
    index.take(5);
    expect([...index.emptyCells()]).toContain(5);
    index.move(1, 3, 2);
    expect([...index.cell(3, 2)]).toEqual([1, 2]);
    index.move(1, 3, 2);
    expect([...index.cell(3, 2)]).toEqual([1, 2]);
    expect(df.column('x')).toEqual(Int32Array.of(0, 1, 3, 0, 3, 1));
  });

  test('wraps what moves over the edge of a torus', () => {
    const index = torus();
    index.move(0, 4, -1);
    expect([index.x(0), index.y(0)]).toEqual([0, 2]);
  });

  test('uses one array for all answers of a method', () => {
    const index = grid();
    const kept = index.cell(1, 1).slice();
    const cell = index.cell(1, 1);
    const around = index.around(1);
    index.cell(0, 0);
    expect([kept[0], cell[0], around[0]]).toEqual([1, 0, 0]);
  });

  test('reads positions of any number type', () => {
    const floats = fromRows({ x: f64(), y: f64() }, [{ x: 3, y: 2 }]);
    expect([...gridIndex(floats, { ...columns, size: 4 }).cell(3, 2)]).toEqual([0]);
  });
});

test('a grid answers as a search of all rows does, whatever moved before', () => {
  const shape = fc.constantFrom<Neighbourhood>('moore', 'vonNeumann');
  const program = fc.record({
    width: fc.integer({ min: 1, max: 6 }),
    height: fc.integer({ min: 1, max: 6 }),
    torus: fc.boolean(),
    places: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 25 }),
    moves: fc.array(fc.tuple(fc.nat(), fc.option(fc.tuple(fc.nat(), fc.nat()))), { maxLength: 25 }),
    radius: fc.integer({ min: 1, max: 8 }),
    shape,
  });
  fc.assert(
    fc.property(program, ({ width, height, torus, places, moves, radius, shape: form }) => {
      const now: ([number, number] | undefined)[] = places.map(([x, y]) => [x % width, y % height]);
      const grid = gridIndex(at(...(now as [number, number][])), {
        ...columns,
        size: [width, height],
        torus,
      });
      const check = (): void => {
        const far = (a: number, b: number, size: number): number =>
          torus ? Math.min(Math.abs(a - b), size - Math.abs(a - b)) : Math.abs(a - b);
        const rows = (holds: (x: number, y: number) => boolean): number[] =>
          [...now.keys()].filter((row) => now[row] !== undefined && holds(...now[row]));
        const empty: number[] = [];
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const inside = rows((a, b) => a === x && b === y);
            expect([...grid.cell(x, y)]).toEqual(inside);
            if (inside.length === 0) empty.push(y * width + x);
            const near = rows((a, b) => {
              const [dx, dy] = [far(a, x, width), far(b, y, height)];
              const distance = form === 'moore' ? Math.max(dx, dy) : dx + dy;
              return distance > 0 && distance <= radius;
            });
            expect([...grid.aroundCell(x, y, radius, form)]).toEqual(near);
            for (const row of inside) expect([...grid.around(row, radius, form)]).toEqual(near);
          }
        }
        expect([...grid.emptyCells()]).toEqual(empty);
      };
      check();
      for (const [who, to] of moves) {
        const row = who % now.length;
        if (to !== null) {
          now[row] = [to[0] % width, to[1] % height];
          grid.move(row, ...now[row]);
        } else if (now[row] !== undefined) {
          now[row] = undefined;
          grid.take(row);
        }
      }
      check();
    }),
    { seed: 7, numRuns: 300 },
  );
});

describe('a grid refuses', () => {
  test.each<[number, number]>([
    [4, 0],
    [0, 3],
    [-1, 0],
  ])('a row at (%d, %d), outside', (x, y) => {
    for (const torus of [false, true]) {
      expect(() => gridIndex(at([0, 0], [x, y]), { ...columns, size: [4, 3], torus })).toThrow(
        refused(
          'invalid_value',
          `Row 1 (entity 101) is at (${x}, ${y}), which is no cell of a grid of 4 x 3; positions are whole numbers from (0, 0) to (3, 2).`,
        ),
      );
    }
  });

  test.each([0.5, Number.NaN, Infinity])('a position of %d', (x) => {
    const odd = fromRows({ x: f64(), y: f64() }, [{ x, y: 0 }]);
    expect(() => gridIndex(odd, { ...columns, size: 4 })).toThrow(
      refused('invalid_value', `Row 0 is at (${x}, 0), which is no cell`),
    );
  });

  test('a row without a position, and a column that holds no numbers', () => {
    const missing = fromRows({ x: i32().nullable(), y: i32() }, [{ x: 1, y: 0 }, { y: 0 }]);
    expect(() => gridIndex(missing, { ...columns, size: 4 } as never)).toThrow(
      refused('invalid_value', 'Row 1 has no x; filter the rows that have no position.'),
    );
    const named = fromRows({ x: utf8(), y: i32() }, [{ x: 'a', y: 0 }]);
    expect(() => gridIndex(named, { ...columns, size: 4 } as never)).toThrow(
      refused('type_mismatch', 'Column x is utf8; positions are numbers.'),
    );
    expect(() => gridIndex(named, { x: 'z', y: 'y', size: 4 } as never)).toThrow(
      refused('unknown_column', 'There is no column "z"'),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, [3, 0], [2, 2.5], [70_000, 70_000]])('the size %j', (size) => {
    expect(() => gridIndex(at([0, 0]), { ...columns, size: size as number })).toThrow(
      refused('invalid_argument', 'give [width, height] or one number, whole and from 1 on'),
    );
  });

  test.each([0, -1, 1.5, Number.NaN])('the radius %d', (radius) => {
    expect(() => gridIndex(at([0, 0]), { ...columns, size: 4 }).around(0, radius)).toThrow(
      refused('invalid_argument', 'give a whole radius from 1 on and moore or vonNeumann'),
    );
  });

  test('a shape that is none, a row that is not there, and one that was taken', () => {
    const grid = gridIndex(at([0, 0], [1, 1]), { ...columns, size: 4 });
    expect(() => grid.around(0, 1, 'round' as never)).toThrow(
      refused('invalid_argument', 'shape "round"'),
    );
    for (const ask of [() => grid.around(2), () => grid.take(-1), () => grid.move(0.5, 1, 1)]) {
      expect(ask).toThrow(refused('invalid_argument', 'it has the rows 0 to 1.'));
    }
    grid.take(1);
    for (const ask of [() => grid.around(1), () => grid.take(1)]) {
      expect(ask).toThrow(
        refused(
          'invalid_argument',
          'Row 1 (entity 101) was taken off the grid; put it back with move first.',
        ),
      );
    }
  });

  test.each<[number, number, boolean]>([
    [4, 0, false],
    [0, -1, false],
    [0.5, 0, false],
    [0.5, 0, true],
    [Number.NaN, 0, true],
    [0, Infinity, true],
  ])('a move to (%d, %d), torus: %s', (x, y, torus) => {
    const grid = gridIndex(at([0, 0]), { ...columns, size: 4, torus });
    for (const ask of [
      () => grid.move(0, x, y),
      () => grid.cell(x, y),
      () => grid.aroundCell(x, y),
    ]) {
      expect(ask).toThrow(refused('invalid_value', `A cell was asked for at (${x}, ${y})`));
    }
    expect([...grid.cell(0, 0)]).toEqual([0]);
  });
});
