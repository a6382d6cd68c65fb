import {
  defineComponent,
  defineProcessor,
  f64,
  fromRows,
  MemoryStore,
  random,
  randomInt,
  randomNormal,
  utf8,
  Worlds,
  type DataFrame,
  type KernelTools,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';

const Draw = defineComponent('Draw', { a: f64(0), b: f64(0), c: f64(0) });
const Other = defineComponent('Other');

type Cells = {
  readonly draw__a: Float64Array;
  readonly draw__b: Float64Array;
  readonly draw__c: Float64Array;
};
/** Runs a loop over Draw in a world of 40 entities, 15 of them in a table of their own. */
async function inWorld(
  loop: (out: Cells, n: number, k: KernelTools) => void,
  { seed = 1, ticks = 1, name = 'draw' } = {},
): Promise<DataFrame> {
  const processor = defineProcessor({
    name,
    components: [Draw],
    process: (df) =>
      df.kernel(['draw__a', 'draw__b', 'draw__c'], (out, _cols, n, k) => loop(out, n, k)),
  });
  const world = new Worlds(new MemoryStore()).create(
    'test',
    { processors: [processor], components: [Other] },
    { seed },
  );
  world.spawnMany(Array.from({ length: 25 }, () => [Draw()]));
  world.spawnMany(Array.from({ length: 15 }, () => [Draw(), Other()]));
  await world.run({ steps: ticks });
  return world.query([Draw]);
}
const column = (df: DataFrame, name: string) => [...(df.column(name) as Float64Array)];

describe('numbers of a row', () => {
  test('do not depend on the order in which rows are visited, nor on who else draws', async () => {
    const forwards = await inWorld(({ draw__a: a, draw__b: b }, n, k) => {
      for (let i = 0; i < n; i++) a[i] = k.random.row(i).uniform();
      for (let i = 0; i < n; i++) b[i] = k.random.row(i).poisson(20);
    });
    const backwards = await inWorld(({ draw__a: a, draw__b: b }, n, k) => {
      for (let i = n - 1; i >= 0; i--) {
        const own = k.random.row(i);
        a[i] = own.uniform();
        b[i] = own.poisson(20);
        k.random.uniform();
      }
    });
    const some = await inWorld(({ draw__a: a }, n, k) => {
      for (const i of k.random.permutation()) if (i % 3 === 0) a[i] = k.random.row(i).uniform();
    });
    for (const name of ['draw__a', 'draw__b']) {
      expect(column(backwards, name)).toEqual(column(forwards, name));
    }
    const ids = column(some, 'entity_id');
    const drawn = column(some, 'draw__a').flatMap((x, row) => (x > 0 ? [[ids[row], x]] : []));
    expect(drawn.length).toBeGreaterThan(10);
    const all = new Map(column(forwards, 'draw__a').map((x, row) => [ids[row], x]));
    for (const [id, x] of drawn) expect(x).toBe(all.get(id));
  });

  test('go on where the row left off, however the stream is asked for', async () => {
    const again = await inWorld(({ draw__a: a, draw__b: b, draw__c: c }, n, k) => {
      for (let i = 0; i < n; i++) {
        const kept = k.random.row(i);
        a[i] = kept.uniform();
        b[i] = k.random.row(i).uniform();
        c[i] = kept.uniform();
      }
    });
    const rows = again.toRows().map(({ draw__a, draw__b, draw__c }) => [draw__a, draw__b, draw__c]);
    expect(new Set(rows.flat()).size).toBe(120);
  });

  test('under a label are the numbers of random(label) in expressions', async () => {
    const processor = defineProcessor({
      name: 'both',
      components: [Draw],
      process: (df) =>
        df
          .withColumns(() => ({
            u: random('u'),
            n: randomNormal(3, 2, 'n'),
            w: randomInt(2, 9, 'w').cast('f64'),
          }))
          .kernel(['draw__a', 'draw__b', 'draw__c'], (out, cols, n, k) => {
            for (let i = 0; i < n; i++) {
              out.draw__a[i] = k.random.row(i, 'u').uniform() - cols.u[i]!;
              out.draw__b[i] = k.random.row(i, 'n').normal(3, 2) - cols.n[i]!;
              out.draw__c[i] = k.random.row(i, 'w').integer(2, 9) - cols.w[i]!;
            }
          })
          .drop('u', 'n', 'w'),
    });
    const world = new Worlds(new MemoryStore()).create('test', { processors: [processor] });
    world.spawnMany(Array.from({ length: 50 }, () => [Draw({ a: 9, b: 9, c: 9 })]));
    await world.run({ steps: 2 });
    const rows = await world.query([Draw]);
    expect(rows.toRows().map((row) => [row.draw__a, row.draw__b, row.draw__c])).toEqual(
      Array.from({ length: 50 }, () => [0, 0, 0]),
    );
  });

  test('differ between labels, kernels, ticks, processors and seeds, and are else the same', async () => {
    const loop = ({ draw__a: a, draw__b: b }: Cells, n: number, k: KernelTools): void => {
      for (let i = 0; i < n; i++) {
        a[i] = k.random.row(i).uniform();
        b[i] = k.random.row(i, 'label').uniform();
      }
    };
    const runs = await Promise.all([
      inWorld(loop),
      inWorld(loop, { ticks: 2 }),
      inWorld(loop, { seed: 2 }),
      inWorld(loop, { name: 'other' }),
    ]);
    const numbers = runs.flatMap((df) => [...column(df, 'draw__a'), ...column(df, 'draw__b')]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(column(await inWorld(loop), 'draw__b')).toEqual(column(runs[0], 'draw__b'));
  });
});

describe('numbers of the whole loop', () => {
  const loop = ({ draw__a: a, draw__b: b, draw__c: c }: Cells, n: number, k: KernelTools): void => {
    for (let i = 0; i < n; i++) {
      a[i] = k.random.uniform();
      b[i] = k.random.stream('one').uniform();
      c[i] = k.random.stream('two').uniform();
    }
  };

  test('are one sequence each, another one in every table, tick, processor and seed', async () => {
    const runs = await Promise.all([
      inWorld(loop),
      inWorld(loop, { ticks: 2 }),
      inWorld(loop, { seed: 2 }),
      inWorld(loop, { name: 'other' }),
    ]);
    const numbers = runs.flatMap((df) =>
      ['draw__a', 'draw__b', 'draw__c'].flatMap((name) => column(df, name)),
    );
    expect(new Set(numbers).size).toBe(480);
    expect((await inWorld(loop)).equals(runs[0], { except: ['world_id', 'run_id'] })).toBe(true);
  });

  test('are another sequence in each kernel, unless a label says it is the same', async () => {
    const processor = defineProcessor({
      name: 'twice',
      components: [Draw],
      process: (df) => {
        const draw = (given: typeof df, name: 'draw__a' | 'draw__b' | 'draw__c', label?: string) =>
          given.kernel([name], (out, _cols, n, { random: all }) => {
            const cells = out[name];
            for (let i = 0; i < n; i++)
              cells[i] = (label === undefined ? all : all.stream(label)).uniform();
          });
        return draw(draw(draw(df, 'draw__a'), 'draw__b', 'shared'), 'draw__c', 'shared');
      },
    });
    const world = new Worlds(new MemoryStore()).create('test', { processors: [processor] });
    world.spawnMany(Array.from({ length: 10 }, () => [Draw()]));
    await world.run({ steps: 1 });
    const df = await world.query([Draw]);
    expect(column(df, 'draw__b')).toEqual(column(df, 'draw__c'));
    expect(new Set([...column(df, 'draw__a'), ...column(df, 'draw__b')]).size).toBe(20);
  });

  test('a permutation is of the rows', async () => {
    const df = await inWorld(({ draw__a: a }, _n, k) => {
      k.random.permutation().forEach((row, at) => (a[row] = at));
    });
    const [one, other] = [column(df, 'draw__a').slice(0, 25), column(df, 'draw__a').slice(25)];
    expect(one.toSorted((x, y) => x - y)).toEqual([...Array(25).keys()]);
    expect(other.toSorted((x, y) => x - y)).toEqual([...Array(15).keys()]);
    expect(one).not.toEqual([...Array(25).keys()]);
  });
});

describe('what is refused', () => {
  const df = fromRows({ x: f64(0), name: utf8('') }, [{}, {}]);

  test('a frame that belongs to no processor has no random numbers, and its kernels run without', () => {
    expect(() => df.kernel(['x'], (_out, _cols, _n, k) => k.random)).toThrow(
      expect.objectContaining({
        code: 'no_random_source',
        message:
          'k.random was used in a kernel over a frame that belongs to no processor, so nothing says which seed and tick it is for; use it inside a processor.',
      }) as never,
    );
    expect(df.kernel(['x'], (out) => void out.x.fill(2)).column('x')).toEqual(
      Float64Array.of(2, 2),
    );
  });

  test('a row that is not there', async () => {
    const missing = inWorld((_out, n, k) => void k.random.row(n));
    await expect(missing).rejects.toThrow('random.row(25) was asked; it needs a row from 0 to 24.');
  });

  test('a loop that is asynchronous', () => {
    // oxlint-disable-next-line typescript/no-misused-promises -- the mistake under test
    expect(() => df.kernel(['x'], async () => {})).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining('asynchronous loop') as string,
      }) as never,
    );
  });

  test('a cell of the wrong type, with its column and row', () => {
    expect(() =>
      df.kernel(['name'], (out) => {
        out.name[0] = 'a';
        out.name[1] = 3 as never;
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        message: expect.stringMatching(/^Column name, row 1: 3 was given/) as string,
      }) as never,
    );
  });
});

test('rows without entities are told apart by their place', async () => {
  const sums = new Set<number>();
  const processor = defineProcessor({
    name: 'group',
    components: [Draw],
    process: (df) => {
      df.groupBy('draw__a')
        .agg((c) => ({ n: c.draw__b.sum() }))
        .kernel(['n'], (_out, _cols, n, k) => {
          for (let i = 0; i < n; i++) sums.add(k.random.row(i).uniform());
        });
      return df;
    },
  });
  const world = new Worlds(new MemoryStore()).create('test', { processors: [processor] });
  world.spawnMany(Array.from({ length: 10 }, (_, k) => [Draw({ a: k % 5 })]));
  await world.run({ steps: 1 });
  expect(sums.size).toBe(5);
});
