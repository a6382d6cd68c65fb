import { f32, f64, fromRows, i32, radiusIndex, utf8 } from '@archetype/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const plane = (points: readonly (readonly number[])[]) =>
  fromRows(
    { entity_id: i32(), x: f64(), y: f64(), z: f64(0) },
    points.map(([x, y, z], k) => ({ entity_id: k + 100, x: x!, y: y!, z: z ?? 0 })),
  );
const flat = ['x', 'y'] as const;
const solid = ['x', 'y', 'z'] as const;
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as never;

/** Every row against every other. */
function search(
  points: readonly (readonly number[])[],
  from: readonly number[],
  radius: number,
  torus: readonly number[] | undefined,
): number[] {
  return [...points.keys()].filter((row) => {
    const squares = from.map((position, axis) => {
      const apart = Math.abs(position - points[row]![axis]!);
      const side = torus?.[axis] ?? Infinity;
      return (apart > side / 2 ? side - apart : apart) ** 2;
    });
    return squares.reduce((a, b) => a + b, 0) <= radius * radius;
  });
}

describe('neighbours within a radius', () => {
  test('are the rows at most so far away, ascending, the row itself left out', () => {
    const near = radiusIndex(
      plane([
        [0, 0],
        [3, 4],
        [3, 0],
        [0, 0],
        [3.01, 4],
      ]),
      {
        columns: flat,
        radius: 5,
      },
    );
    expect([...near.around(0)]).toEqual([1, 2, 3]);
    expect([...near.around(4)]).toEqual([1, 2]);
    expect([...near.aroundPoint(3, 2)]).toEqual([0, 1, 2, 3, 4]);
    expect([...near.aroundPoint(-100, 900)]).toEqual([]);
  });

  test('are found over the edges of a torus, also where it is hardly larger than the radius', () => {
    const points = [
      [0.5, 0.5],
      [9.5, 9.5],
      [5, 5],
      [0.5, 9],
    ];
    const near = radiusIndex(plane(points), { columns: flat, radius: 2, torus: 10 });
    expect([...near.around(0)]).toEqual([1, 3]);
    const all = radiusIndex(plane(points), { columns: flat, radius: 8, torus: [10, 10] });
    for (const row of points.keys()) {
      expect([...all.around(row)]).toEqual([0, 1, 2, 3].filter((other) => other !== row));
    }
  });

  test('positions outside a torus are where they wrap to', () => {
    const near = radiusIndex(
      plane([
        [-1e-17, 3],
        [9.5, 13],
        [0.25, -7],
      ]),
      {
        columns: flat,
        radius: 1,
        torus: 10,
      },
    );
    expect([...near.around(0)]).toEqual([1, 2]);
    expect([...near.aroundPoint(20, 23)]).toEqual([0, 1, 2]);
  });

  test('a space with a third axis is cut along it too', () => {
    const near = radiusIndex(
      plane([
        [0, 0, 0],
        [0, 0, 2],
        [1, 1, 1],
      ]),
      { columns: solid, radius: 2 },
    );
    expect([...near.around(0)]).toEqual([1, 2]);
    expect([...near.aroundPoint(0, 0, 3.5)]).toEqual([1]);
  });

  test('one array is used for all answers', () => {
    const near = radiusIndex(
      plane([
        [0, 0],
        [1, 0],
        [9, 9],
        [9, 8],
      ]),
      { columns: flat, radius: 2 },
    );
    const kept = near.around(0).slice();
    const used = near.around(0);
    near.around(2);
    expect([kept[0], used[0]]).toEqual([1, 3]);
  });

  test('a frame without rows, and one whose rows are all in one place', () => {
    expect([...radiusIndex(plane([]), { columns: flat, radius: 1 }).aroundPoint(0, 0)]).toEqual([]);
    const crowd = radiusIndex(plane(Array.from({ length: 100 }, () => [7, 7])), {
      columns: flat,
      radius: 1e-9,
    });
    expect([...crowd.around(50)]).toEqual([...Array(100).keys()].filter((row) => row !== 50));
  });

  test('memory stays that of the rows where the radius is tiny and the space is wide', () => {
    const wide = [
      [0, 0, 0],
      [1e300, 1e300, -1e300],
      [1, 1, 1e-3],
      [-1e308, 1e308, 0],
    ];
    const near = radiusIndex(plane(wide), { columns: solid, radius: 1e-3 });
    for (const row of wide.keys()) expect([...near.around(row)]).toEqual([]);
    const torus = radiusIndex(
      plane([
        [0, 0],
        [999_999_999.9999, 0],
      ]),
      {
        columns: flat,
        radius: 1e-3,
        torus: 1e9,
      },
    );
    expect([...torus.around(0)]).toEqual([1]);
  });

  test('rounding does not put a neighbour two cells away', () => {
    const line = Array.from({ length: 12 }, (_, k) => [2.6 + k * 0.734, 0]);
    const near = radiusIndex(plane(line), { columns: flat, radius: 0.734 });
    for (const [row, point] of line.entries()) {
      const expected = search(line, point, 0.734, undefined).filter((other) => other !== row);
      expect([...near.around(row)]).toEqual(expected);
    }
  });

  test('reads f32 and whole columns', () => {
    const df = fromRows({ x: f32(), y: i32() }, [
      { x: 0.5, y: 1 },
      { x: 1, y: 1 },
    ]);
    expect([...radiusIndex(df, { columns: flat, radius: 0.5 }).around(0)]).toEqual([1]);
  });
});

test('an index answers as a search of all rows does, on a lattice as anywhere', () => {
  const coordinate = fc.oneof(
    fc.double({ min: 0, max: 9.999, noNaN: true }),
    fc.integer({ min: 0, max: 99 }).map((k) => k * 0.1),
    fc.integer({ min: 0, max: 9 }),
  );
  const program = fc.record({
    dimensions: fc.constantFrom(2, 3),
    points: fc.array(fc.tuple(coordinate, coordinate, coordinate), { maxLength: 60 }),
    radius: fc.oneof(
      fc.integer({ min: 1, max: 120 }).map((k) => k * 0.1),
      fc.double({ min: 1e-3, max: 12, noNaN: true }),
    ),
    torus: fc.option(fc.tuple(...[1, 2, 3].map(() => fc.constantFrom(10, 10.5, 25)))),
  });
  fc.assert(
    fc.property(program, ({ dimensions, points, radius, torus }) => {
      const cut = points.map((point) => point.slice(0, dimensions));
      const sides = torus?.slice(0, dimensions);
      const near = radiusIndex(plane(cut), {
        columns: (dimensions === 2 ? flat : solid) as typeof solid,
        radius,
        ...(sides !== undefined && { torus: sides }),
      });
      for (const [row, point] of cut.entries()) {
        const expected = search(cut, point, radius, sides);
        expect([...near.aroundPoint(...(point as [number, number]))]).toEqual(expected);
        expect([...near.around(row)]).toEqual(expected.filter((other) => other !== row));
      }
    }),
    { seed: 11, numRuns: 500 },
  );
});

describe('an index refuses', () => {
  const df = plane([
    [0, 0],
    [1, 1],
  ]);
  test.each<[object, string]>([
    [{ radius: 0 }, 'radius: 0; give a finite number above 0'],
    [{ radius: -1 }, 'radius: -1'],
    [{ radius: Number.NaN }, 'radius: NaN'],
    [{ radius: Infinity }, 'radius: Infinity'],
    [{ columns: ['x'] }, 'columns: ["x"]; give two or three'],
    [{ torus: 0 }, 'torus: 0; give one finite side above 0, or one for each column'],
    [{ torus: [10] }, 'torus: [10]'],
    [{ torus: [10, Number.NaN] }, 'torus: [10,null]'],
  ])('%j', (wrong, message) => {
    expect(() => radiusIndex(df, { columns: flat, radius: 1, ...wrong })).toThrow(
      refused('invalid_argument', `radiusIndex was given ${message}`),
    );
  });

  test('positions that are not finite, missing, or no numbers', () => {
    for (const x of [Number.NaN, Infinity]) {
      expect(() =>
        radiusIndex(
          plane([
            [0, 0],
            [x, 1],
          ]),
          { columns: flat, radius: 1 },
        ),
      ).toThrow(
        refused(
          'invalid_value',
          `Row 1 (entity 101) has x ${x}; neighbours need finite positions.`,
        ),
      );
    }
    const missing = fromRows({ x: f64().nullable(), y: f64() }, [{ y: 1 }]);
    expect(() => radiusIndex(missing, { columns: flat, radius: 1 } as never)).toThrow(
      refused('invalid_value', 'Row 0 has no x'),
    );
    const named = fromRows({ x: utf8(), y: f64() }, [{ x: '', y: 1 }]);
    expect(() => radiusIndex(named, { columns: flat, radius: 1 } as never)).toThrow(
      refused('type_mismatch', 'Column x is utf8; positions are numbers.'),
    );
  });

  test('rows that are not there, and points of another space', () => {
    const near = radiusIndex(df, { columns: flat, radius: 1 });
    for (const row of [2, -1, 0.5]) {
      expect(() => near.around(row)).toThrow(
        refused('invalid_argument', `The index was asked for row ${row}; it has the rows 0 to 1.`),
      );
    }
    for (const point of [[1, 2, 3], [1], [Number.NaN, 0]]) {
      expect(() => near.aroundPoint(...(point as [number, number]))).toThrow(
        refused('invalid_argument', 'give 2 finite numbers'),
      );
    }
  });
});
