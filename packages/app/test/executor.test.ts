import { InProcessExecutor, type Task, type TaskStatus } from '@archetype/app';
import { describe, expect, test } from 'vitest';

/** A task that ends when it is told to. */
function held(about: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let report: ((progress: string) => void) | undefined;
  const begun = Promise.withResolvers<void>();
  const task: Task<string> = {
    id: about,
    about,
    run: ({ signal, report: tell }) => {
      report = tell;
      begun.resolve();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      return promise;
    },
  };
  return {
    task,
    begun: begun.promise,
    end: resolve,
    fail: reject,
    report: (p: string) => report!(p),
  };
}
async function last(executor: InProcessExecutor, id: string): Promise<TaskStatus> {
  let status: TaskStatus | undefined;
  for await (status of executor.progress(id));
  return status!;
}

describe('an in-process executor', () => {
  test('runs tasks in order of submission, at most so many at a time', async () => {
    const executor = new InProcessExecutor({ parallel: 2 });
    const tasks = ['a', 'b', 'c', 'd'].map(held);
    for (const { task } of tasks) await executor.submit(task);
    const states = async () =>
      Promise.all(['a', 'b', 'c', 'd'].map(async (id) => (await executor.status(id)).state));
    expect(await states()).toEqual(['running', 'running', 'waiting', 'waiting']);
    tasks[1]!.end('B');
    await tasks[2]!.begun;
    expect(await states()).toEqual(['running', 'done', 'running', 'waiting']);
    for (const { end } of tasks) end('end');
    await last(executor, 'd');
    expect(await states()).toEqual(['done', 'done', 'done', 'done']);
    expect(await executor.status('b')).toEqual({
      id: 'b',
      about: 'b',
      progress: undefined,
      state: 'done',
      result: 'B',
    });
  });

  test('tells how a task goes, and ends with how it ended', async () => {
    const executor = new InProcessExecutor();
    const { task, begun, report, end } = held('a');
    const told: unknown[] = [];
    await executor.submit(task);
    const watching = (async () => {
      for await (const { state, progress } of executor.progress('a')) {
        told.push([state, progress]);
        if (progress === undefined) report('half');
        else end('A');
      }
    })();
    await begun;
    await watching;
    expect(told).toEqual([
      ['running', undefined],
      ['running', 'half'],
      ['done', 'half'],
    ]);
    expect(await last(executor, 'a')).toMatchObject({ state: 'done', result: 'A' });
  });

  test('cancels a task that waits at once, and one that runs through its signal', async () => {
    const executor = new InProcessExecutor();
    const [a, b] = [held('a'), held('b')];
    await executor.submit(a.task);
    await executor.submit(b.task);
    await executor.cancel('b');
    expect(await executor.status('b')).toMatchObject({
      state: 'cancelled',
      error: { code: 'aborted' },
    });
    await executor.cancel('a');
    expect(await last(executor, 'a')).toMatchObject({
      state: 'cancelled',
      error: { code: 'aborted', message: 'Task a was cancelled.' },
    });
    await executor.cancel('a');
    expect((await executor.status('a')).state).toBe('cancelled');
  });

  test('a task that ends well although it was cancelled is done', async () => {
    const executor = new InProcessExecutor();
    const { promise, resolve } = Promise.withResolvers<number>();
    const id = await executor.submit({ about: null, run: () => promise });
    await executor.cancel(id);
    resolve(7);
    expect(await last(executor, id)).toMatchObject({ state: 'done', result: 7 });
  });

  test('a task that fails is a status, and stops nobody', async () => {
    const executor = new InProcessExecutor();
    const cause = new Error('no');
    const bad = await executor.submit({
      about: null,
      run: () => {
        throw cause;
      },
    });
    const good = await executor.submit({ about: null, run: async () => 1 });
    expect(await last(executor, bad)).toMatchObject({
      state: 'failed',
      error: { code: 'task_failed', message: `Task ${bad} failed: no`, cause },
    });
    expect(await last(executor, good)).toMatchObject({ state: 'done', result: 1 });
  });

  test('takes a task once, by its id', async () => {
    const executor = new InProcessExecutor();
    let runs = 0;
    const task = { id: 'once', about: null, run: async () => ++runs };
    await executor.submit(task);
    await executor.submit(task);
    await last(executor, 'once');
    expect(runs).toBe(1);
  });

  test('knows the tasks that ended last, and says so when it is asked for another', async () => {
    const executor = new InProcessExecutor({ keep: 2 });
    const ids: string[] = [];
    for (let k = 0; k < 3; k++) {
      ids.push(await executor.submit({ about: k, run: async () => k }));
      await last(executor, ids[k]!);
    }
    for (const ask of [
      () => executor.status(ids[0]!),
      () => executor.cancel(ids[0]!),
      async () => executor.progress(ids[0]!),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'task_not_found',
        message: `This executor knows no task "${ids[0]}"; it keeps the 2 that ended last.`,
      });
    }
    expect(await executor.status(ids[2]!)).toMatchObject({ about: 2, result: 2 });
  });

  test.each([0, -1, 1.5, Number.NaN, '2'])('parallel: %s is refused', (parallel) => {
    expect(() => new InProcessExecutor({ parallel: parallel as number })).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(/^parallel was .*; give a whole number from 1 on\.$/),
      }),
    );
  });

  test('something that cannot be run is refused', async () => {
    await expect(new InProcessExecutor().submit({ about: null } as never)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/without run/),
    });
  });
});
