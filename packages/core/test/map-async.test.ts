import {
  ArchetypeError,
  createLimiter,
  defineComponent,
  defineProcessor,
  f64,
  fromRows,
  i32,
  MemoryStore,
  utf8,
  Worlds,
  type CallContext,
} from '@archetype/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

const df = fromRows(
  { entity_id: i32(), name: utf8(), age: i32(0), note: utf8().nullable() },
  ['Ada', 'Bo', 'Cy', 'Ada', 'Di', 'Bo'].map((name, k) => ({ entity_id: k + 10, name, age: k })),
);

/** A service whose calls end when, and in the order in which, the test says so. */
function service<T>() {
  const calls: {
    readonly row: T;
    readonly context: CallContext;
    readonly end: (answer: object) => void;
    readonly fail: (error: unknown) => void;
  }[] = [];
  const call = (row: T, context: CallContext): Promise<never> =>
    new Promise((resolve, reject) => {
      calls.push({ row, context, end: resolve as never, fail: reject });
    });
  return { calls, call };
}
/** Lets everything run that waits for nothing but promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
const code = (name: string) => expect.objectContaining({ code: name }) as unknown;
async function failureOf(promise: Promise<unknown>): Promise<ArchetypeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ArchetypeError);
  return error as ArchetypeError;
}

describe('a call per row', () => {
  test('is given the inputs alone, and what it returns is in the row', async () => {
    const rows: unknown[] = [];
    const out = await df.mapAsync({
      inputs: ['name', 'age'],
      outputs: { note: utf8(), score: f64() },
      call: async (row, { attempt, index }) => {
        rows.push({ ...row, attempt, index });
        return { note: `${row.name}!`, score: index / 2 };
      },
    });
    expect(rows[4]).toEqual({ name: 'Di', age: 4, attempt: 1, index: 4 });
    expect(out.column('note')).toEqual(['Ada!', 'Bo!', 'Cy!', 'Ada!', 'Di!', 'Bo!']);
    expect(out.column('score')).toEqual(Float64Array.of(0, 0.5, 1, 1.5, 2, 2.5));
    expect(df.column('note')).toEqual([null, null, null, null, null, null]);
  });

  test('is made once for all rows with one key, with the first of them', async () => {
    const asked: [string, number][] = [];
    const out = await df.mapAsync({
      inputs: ['name'],
      outputs: { note: utf8() },
      key: (row) => row.name,
      call: ({ name }, { index }) => {
        asked.push([name, index]);
        return { note: `${name}${asked.length}` };
      },
    });
    expect(asked).toEqual([
      ['Ada', 0],
      ['Bo', 1],
      ['Cy', 2],
      ['Di', 4],
    ]);
    expect(out.column('note')).toEqual(['Ada1', 'Bo2', 'Cy3', 'Ada1', 'Di4', 'Bo2']);
  });

  test('is made where the condition holds; other rows keep their cells, or get the default, or null', async () => {
    const out = await df.mapAsync({
      inputs: ['age'],
      outputs: { age: i32(), level: utf8('none'), extra: f64().nullable() },
      where: (c) => c.age.ge(4),
      call: async ({ age }) => ({ age: age * 10, level: 'some', extra: 1 }),
    });
    expect(out.select('age', 'level', 'extra').toRows().slice(3)).toEqual([
      { age: 3, level: 'none', extra: null },
      { age: 40, level: 'some', extra: 1 },
      { age: 50, level: 'some', extra: 1 },
    ]);
  });

  test('gives the same frame in whatever order calls end', async () => {
    const frames = [];
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [2, 5, 0, 3, 1, 4],
    ]) {
      const { calls, call } = service<{ readonly age: number }>();
      const done = df.mapAsync({ inputs: ['age'], outputs: { note: utf8() }, call });
      await settle();
      for (const k of order) {
        calls[k]!.end({ note: `n${calls[k]!.row.age}` });
        await settle();
      }
      frames.push(await done);
    }
    expect(frames[0]!.column('note')).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5']);
    for (const frame of frames) expect(frame.equals(frames[0]!)).toBe(true);
  });

  test('of no rows is none', async () => {
    const call = vi.fn<() => { note: string }>();
    const out = await df.limit(0).mapAsync({ inputs: [], outputs: { note: utf8() }, call });
    expect([out.numRows, call.mock.calls.length]).toEqual([0, 0]);
  });
});

describe('concurrency', () => {
  test('is bounded, used in full, and begins calls in row order', async () => {
    const { calls, call } = service<{ readonly age: number }>();
    const done = df.mapAsync({ inputs: ['age'], outputs: { note: utf8() }, concurrency: 2, call });
    for (let ended = 0; ended < 6; ended++) {
      await settle();
      expect(calls.map(({ row }) => row.age)).toEqual([...Array(Math.min(6, ended + 2)).keys()]);
      calls[ended]!.end({ note: '' });
    }
    await done;
  });

  test('is shared by all that are given one limiter', async () => {
    const limiter = createLimiter(3);
    const { calls, call } = service<{ readonly age: number }>();
    const options = {
      inputs: ['age'],
      outputs: { note: utf8() },
      concurrency: limiter,
      call,
    } as const;
    const both = Promise.all([df.mapAsync(options), df.mapAsync(options)]);
    const other = limiter.run(async () => 'other');
    let ended = 0;
    for (; ended < 12; ended++) {
      await settle();
      expect(calls.length - ended).toBeLessThanOrEqual(3);
      expect(calls.length - ended).toBeGreaterThan(0);
      calls[ended]!.end({ note: '' });
    }
    await both;
    expect(await other).toBe('other');
  });

  test('who waits for a place may give up, and the place goes to the next', async () => {
    const limiter = createLimiter(1);
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = limiter.run(() => promise);
    const controller = new AbortController();
    const second = limiter.run(async () => 'second', controller.signal);
    const third = limiter.run(async () => 'third');
    controller.abort('enough');
    await expect(second).rejects.toBe('enough');
    resolve('first');
    expect(await Promise.all([first, third])).toEqual(['first', 'third']);
    await expect(limiter.run(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await limiter.run(async () => 'last')).toBe('last');
  });

  test.each([0, 1.5, -1, Number.NaN, '4'])('%s is no limit', (given) => {
    expect(() => createLimiter(given as number)).toThrow(
      `concurrency was ${given}; give a whole number from 1 on, or a limiter that createLimiter made.`,
    );
  });
});

describe('batches', () => {
  test('hold so many rows, in order, and answer with one result for each', async () => {
    const asked: unknown[] = [];
    const out = await df.mapAsync({
      inputs: ['name'],
      outputs: { note: utf8() },
      key: (row) => row.name,
      batchSize: 3,
      call: async (rows, { indices, attempt }) => {
        asked.push({ names: rows.map((row) => row.name), indices, attempt });
        return rows.map((row) => ({ note: row.name.toLowerCase() }));
      },
    });
    expect(asked).toEqual([
      { names: ['Ada', 'Bo', 'Cy'], indices: [0, 1, 2], attempt: 1 },
      { names: ['Di'], indices: [4], attempt: 1 },
    ]);
    expect(out.column('note')).toEqual(['ada', 'bo', 'cy', 'ada', 'di', 'bo']);
  });

  test.each([
    ['2 results', [{ note: '' }, { note: '' }]],
    ['no array', { note: '' }],
  ])('that are answered with %s are refused', async (what, results) => {
    const error = await failureOf(
      df.mapAsync({
        inputs: [],
        outputs: { note: utf8() },
        batchSize: 4,
        call: async () => results as never,
      }),
    );
    expect(error.code).toBe('length_mismatch');
    expect(error.message).toContain(
      `The call for 4 rows from 0 on returned ${what}; it must return an array with one result per row, in their order.`,
    );
  });

  test('are asked again for the rows that failed alone', async () => {
    const asked: (readonly number[])[] = [];
    const out = await df.mapAsync({
      inputs: ['age'],
      outputs: { note: utf8() },
      batchSize: 6,
      retries: 2,
      backoff: 0,
      call: async (rows, { indices, attempt }) => {
        asked.push(indices);
        if (attempt === 2) throw new Error('busy');
        return rows.map(({ age }) =>
          age % 2 === 1 && attempt === 1 ? ({ not: age } as never) : { note: `${age}` },
        );
      },
    });
    expect(asked).toEqual([
      [0, 1, 2, 3, 4, 5],
      [1, 3, 5],
      [1, 3, 5],
    ]);
    expect(out.column('note')).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});

describe('retries', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
  afterEach(() => void vi.useRealTimers());

  test('wait twice as long each time, up to 30 seconds', async () => {
    const times: number[] = [];
    const done = df.limit(1).mapAsync({
      inputs: [],
      outputs: { note: utf8() },
      retries: 9,
      call: (_row, { attempt }) => {
        times.push(Date.now());
        if (attempt < 10) throw new Error(`busy ${attempt}`);
        return { note: `${attempt}` };
      },
    });
    await vi.advanceTimersByTimeAsync(120_000);
    expect((await done).column('note')).toEqual(['10']);
    expect(times.slice(1).map((time, k) => time - times[k]!)).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
  });

  test('end at once when the signal is aborted while they wait', async () => {
    const controller = new AbortController();
    const call = vi.fn<() => never>(() => {
      throw new Error('busy');
    });
    const done = df.limit(1).mapAsync({
      inputs: [],
      outputs: { note: utf8() },
      retries: 3,
      backoff: 1_000_000,
      signal: controller.signal,
      call,
    });
    const failure = failureOf(done);
    await vi.advanceTimersByTimeAsync(20_000);
    controller.abort(new Error('enough'));
    expect((await failure).code).toBe('aborted');
    expect(call).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are made after a timeout, and a call that ended leaves no timer', async () => {
    const signals: AbortSignal[] = [];
    const done = df.limit(1).mapAsync({
      inputs: [],
      outputs: { note: utf8() },
      retries: 1,
      timeout: 1000,
      // It never looks at its signal.
      call: (_row, { attempt, signal }) => {
        signals.push(signal);
        return attempt === 1 ? new Promise<never>(() => {}) : { note: 'late' };
      },
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(signals[0]!.reason).toMatchObject({ name: 'TimeoutError' });
    await vi.advanceTimersByTimeAsync(250);
    expect((await done).column('note')).toEqual(['late']);
    expect(vi.getTimerCount()).toBe(0);
    expect(signals[1]!.aborted).toBe(false);
  });

  test('that are used up fail with what the last attempt failed with', async () => {
    const done = df.mapAsync({
      inputs: ['age'],
      outputs: { note: utf8() },
      retries: 1,
      timeout: 1000,
      call: ({ age }) => (age === 2 ? new Promise<never>(() => {}) : { note: '' }),
    });
    const failure = failureOf(done);
    await vi.advanceTimersByTimeAsync(5000);
    const error = await failure;
    expect(error.code).toBe('call_failed');
    expect(error.message).toBe(
      'The call of mapAsync for row 2 (entity 12) failed, in attempt 2 of 2: There was no answer within 1000 ms. Nothing of it was kept; raise retries, or say with onError what such rows get.',
    );
    expect(error.cause).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a call that fails for good', () => {
  test('fails the whole with the first row by order, not by time, and ends what nobody needs', async () => {
    const { calls, call } = service<{ readonly age: number }>();
    const done = df.mapAsync({ inputs: ['age'], outputs: { note: utf8() }, concurrency: 4, call });
    const failure = failureOf(done);
    await settle();
    calls[2]!.fail(new Error('third'));
    await settle();
    expect(calls).toHaveLength(4);
    expect(calls.map(({ context }) => context.signal.aborted)).toEqual([false, false, false, true]);
    calls[0]!.end({ note: '' });
    calls[1]!.fail(new Error('second'));
    const error = await failure;
    expect(error.code).toBe('call_failed');
    expect(error.message).toMatch(/^The call of mapAsync for row 1 \(entity 11\) failed: second /);
    expect(error.cause).toEqual(new Error('second'));
    await settle();
    expect(calls).toHaveLength(4);
  });

  test('a call that was ended and fails later is no unhandled rejection', async () => {
    const { calls, call } = service<{ readonly age: number }>();
    const failure = failureOf(df.mapAsync({ inputs: ['age'], outputs: { note: utf8() }, call }));
    await settle();
    calls[0]!.fail(new Error('first'));
    expect((await failure).message).toContain('first');
    for (const { fail } of calls) fail(new Error('too late'));
    await settle();
  });

  test('fails it at once, also while others hold the places that it waits for', async () => {
    const limiter = createLimiter(2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = limiter.run(() => promise);
    const failure = failureOf(
      df.mapAsync({
        inputs: ['age'],
        outputs: { note: utf8() },
        concurrency: limiter,
        call: async ({ age }) => {
          if (age === 1) throw new Error('refused');
          return { note: '' };
        },
      }),
    );
    const after = limiter.run(() => promise);
    expect((await failure).code).toBe('call_failed');
    resolve();
    await Promise.all([before, after]);
  });

  test.each(['null', 'keep'] as const)(
    'leaves its rows %s where onError says so',
    async (onError) => {
      const given = df.mapRows(['note'], (row) => ({ note: row.name }));
      const out = await given.mapAsync({
        inputs: ['name'],
        outputs: { note: utf8().nullable() },
        key: (row) => row.name,
        onError,
        call: async ({ name }) => {
          if (name === 'Ada') throw new Error('refused');
          if (name === 'Cy') return { note: 7 } as never;
          return { note: name.toUpperCase() };
        },
      });
      const [ada, cy] = onError === 'null' ? [null, null] : ['Ada', 'Cy'];
      expect(out.column('note')).toEqual([ada, 'BO', cy, ada, 'DI', 'BO']);
    },
  );

  test.each<[string, unknown, string]>([
    [
      'of another type',
      { note: 3, age: 1 },
      'note: Invalid input: expected string, received number',
    ],
    ['that is missing', { note: '' }, 'age: Invalid input: expected number, received undefined'],
    ['that nobody asked for', { note: '', age: 1, agee: 2 }, 'Unrecognized key: "agee"'],
    ['that the field refuses', { note: 'long', age: 1 }, 'note: Too big'],
    ['that is no object', 'text', 'expected object, received string'],
  ])('a result %s is such a failure', async (_what, result, problem) => {
    const error = await failureOf(
      df.mapAsync({
        inputs: [],
        outputs: { note: z.string().max(3), age: i32() },
        call: async () => result as never,
      }),
    );
    expect(error.code).toBe('invalid_value');
    expect(error.message).toContain('What the call returned for row 0 is not what outputs say: ');
    expect(error.message).toContain(problem);
  });

  test('a result that zod takes and a column cannot hold is such a failure too', async () => {
    const out = await df.limit(2).mapAsync({
      inputs: ['age'],
      outputs: { note: utf8().nullable() },
      onError: 'null',
      call: async ({ age }) => ({ note: age === 0 ? 'half \ud83d' : 'whole' }),
    });
    expect(out.column('note')).toEqual([null, 'whole']);
  });
});

describe('giving up', () => {
  test('tells the calls under way, begins no other and keeps nothing', async () => {
    const controller = new AbortController();
    const { calls, call } = service<{ readonly age: number }>();
    const failure = failureOf(
      df.mapAsync({
        inputs: ['age'],
        outputs: { note: utf8() },
        concurrency: 2,
        signal: controller.signal,
        call,
      }),
    );
    await settle();
    calls[0]!.end({ note: '' });
    await settle();
    controller.abort(new Error('enough'));
    const error = await failure;
    expect(error.code).toBe('aborted');
    expect(error.message).toBe('mapAsync was given up by its signal; nothing of it was kept.');
    expect(error.cause).toEqual(new Error('enough'));
    expect(calls.map(({ context }) => context.signal.aborted)).toEqual([false, true, true]);
    calls[1]!.fail(new Error('too late'));
    await settle();
    expect(calls).toHaveLength(3);
    expect(df.column('note')).toEqual([null, null, null, null, null, null]);
  });

  test('before the start makes no call', async () => {
    const call = vi.fn<() => { note: string }>();
    const error = await failureOf(
      df.mapAsync({ inputs: [], outputs: { note: utf8() }, signal: AbortSignal.abort(), call }),
    );
    expect([error.code, call.mock.calls.length]).toEqual(['aborted', 0]);
  });

  test('while another holds every place does not wait for one', async () => {
    const limiter = createLimiter(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const other = limiter.run(() => promise);
    const controller = new AbortController();
    const call = vi.fn<() => { note: string }>();
    const options = { inputs: [], outputs: { note: utf8() }, concurrency: limiter, call } as const;
    const failure = failureOf(df.mapAsync({ ...options, signal: controller.signal }));
    await settle();
    controller.abort();
    expect((await failure).code).toBe('aborted');
    resolve();
    await other;
    await settle();
    expect(call).not.toHaveBeenCalled();
  });
});

describe('what can be known before is refused before the first call', () => {
  const call = vi.fn<() => never>();
  const good = { inputs: ['name'], outputs: { note: utf8() }, call };
  test.each<[object, string, string]>([
    [{ inputs: ['nam'] }, 'unknown_column', 'There is no column "nam"; did you mean "name"'],
    [{ outputs: { entity_id: i32() } }, 'reserved_column', 'entity_id cannot be written'],
    [{ outputs: { age: utf8() } }, 'type_mismatch', 'Column age is i32'],
    [
      { call: 'model' },
      'invalid_argument',
      'mapAsync was given call: "model"; it needs a function.',
    ],
    [{ batchSize: 0 }, 'invalid_argument', 'batchSize: 0; it needs a whole number from 1 on.'],
    [{ retries: -1 }, 'invalid_argument', 'retries: -1; it needs a whole number from 0 on.'],
    [{ backoff: Number.NaN }, 'invalid_argument', 'backoff: NaN; it needs milliseconds from 0'],
    [{ timeout: 0 }, 'invalid_argument', 'timeout: 0; it needs milliseconds above 0'],
    [{ timeout: 2 ** 31 }, 'invalid_argument', 'up to 2147483647.'],
    [{ concurrency: 0 }, 'invalid_argument', 'concurrency was 0'],
    [
      { onError: 'skip' },
      'invalid_argument',
      'onError: "skip"; it needs "throw", "null" or "keep".',
    ],
    [{ onError: 'null', outputs: { name: utf8() } }, 'invalid_argument', 'and name may not'],
    [{ onError: 'keep', outputs: { x: utf8() } }, 'invalid_argument', 'and x is new'],
    [
      { where: () => false, outputs: { x: utf8() } },
      'invalid_argument',
      'x is a new column that may not be null',
    ],
    [{ where: () => 1 }, 'type_mismatch', 'where needs a condition and was given f64'],
    [{ key: () => ({}) }, 'invalid_argument', 'The key of row 0 was of type object; give a string'],
  ])('%j', async (wrong, expected, message) => {
    const error = await failureOf(df.mapAsync({ ...good, ...wrong } as never));
    expect(error).toEqual(code(expected));
    expect(error.message).toContain(message);
    expect(call).not.toHaveBeenCalled();
  });
});

describe('in a processor', () => {
  const Agent = defineComponent('Agent', { name: utf8(), plan: utf8('') });
  const herds = Array.from({ length: 6 }, (_, k) => defineComponent(`Herd${k}`));
  type Call = (
    row: { readonly agent__name: string },
    context: CallContext,
  ) => Promise<{ agent__plan: string }>;
  function worldOf(call: Call, concurrency: number) {
    const plan = defineProcessor({
      name: 'plan',
      components: [Agent],
      process: async (frame) =>
        await frame.mapAsync({
          inputs: ['agent__name'],
          outputs: { agent__plan: utf8() },
          concurrency,
          // A function of this very call, as one that closes over a client is.
          call: async (row, context) => call(row, context),
        }),
    });
    const world = new Worlds(new MemoryStore()).create('test', {
      processors: [plan],
      components: herds,
    });
    for (let k = 0; k < 30; k++) world.spawn(Agent({ name: `a${k}` }), herds[k % 6]!());
    return world;
  }

  test('the tables of a tick share the limit', async () => {
    let [running, most] = [0, 0];
    const world = worldOf(async ({ agent__name: name }) => {
      most = Math.max(most, ++running);
      await settle();
      running--;
      return { agent__plan: `${name}?` };
    }, 4);
    await world.run({ steps: 2 });
    expect(most).toBe(4);
    const rows = (await world.query([Agent])).toRows();
    expect(rows.every((row) => row.agent__plan === `${row.agent__name}?`)).toBe(true);
  });

  test('one at a time or sixteen, slow or fast, the bytes are the same', async () => {
    const histories = [];
    for (const [concurrency, slow] of [
      [1, 0],
      [16, 1],
      [16, 2],
    ] as const) {
      const world = worldOf(async ({ agent__name: name }) => {
        const turns = slow === 0 ? 0 : (Number(name.slice(1)) * (slow === 1 ? 7 : 3)) % 5;
        for (let k = 0; k < turns; k++) await settle();
        return { agent__plan: name.repeat(2) };
      }, concurrency);
      await world.run({ steps: 2 });
      histories.push(await world.query([Agent], { ticks: 'all' }));
    }
    for (const history of histories) {
      expect(history.equals(histories[0]!, { except: ['world_id', 'run_id'] })).toBe(true);
    }
  });

  test('a step that is given up ends the calls under way, and can be tried again', async () => {
    const signals: AbortSignal[] = [];
    let hang = true;
    const world = worldOf((_row, { signal }) => {
      signals.push(signal);
      return hang ? new Promise(() => {}) : Promise.resolve({ agent__plan: 'done' });
    }, 5);
    await world.run({ steps: 0 });
    const controller = new AbortController();
    const failure = failureOf(world.step({ signal: controller.signal }));
    await settle();
    controller.abort();
    expect((await failure).code).toBe('aborted');
    await settle();
    expect(signals).toHaveLength(5);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
    expect([world.tick, (await world.query([Agent])).column('agent__plan')[0]]).toEqual([0, '']);
    hang = false;
    await world.step();
    expect(new Set((await world.query([Agent])).column('agent__plan'))).toEqual(new Set(['done']));
  });

  test('a call that fails fails the tick with the first row of the first table, and nothing is written', async () => {
    const world = worldOf(async ({ agent__name: name }) => {
      for (let k = 0; k < 30 - Number(name.slice(1)); k++) await settle();
      if (Number(name.slice(1)) > 3) throw new Error(`no plan for ${name}`);
      return { agent__plan: 'done' };
    }, 30);
    await world.run({ steps: 0 });
    const messages = [];
    for (let k = 0; k < 2; k++) {
      const error = await failureOf(world.step());
      expect(error.code).toBe('processor_failed');
      expect(error.cause).toEqual(code('call_failed'));
      messages.push(error.message);
    }
    expect(messages[1]).toBe(messages[0]);
    expect(messages[0]).toContain('Nothing of it was kept');
    expect(new Set((await world.query([Agent])).column('agent__plan'))).toEqual(new Set(['']));
  });
});
