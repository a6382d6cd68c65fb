import { Worlds } from '@archetype/core';
import {
  openDurableStore,
  openPublishedStore,
  openTableStore,
  StorePool,
  type DurableStore,
  type StoreSettings,
} from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { testStore, testTableStore } from '@archetype/storage-testkit';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory, ticksOf, walk, walkers } from '../walkers.ts';
import { BUCKET, startS3, type S3Server } from './server.ts';
import { nodeArguments } from '../node-arguments.ts';

let s3: S3Server;
beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.stop());

let count = 0;
/** A prefix of its own for each test. */
const remotely = (server = s3) => ({
  uri: `s3://${BUCKET}/runs/${count++}`,
  storageOptions: server.storageOptions,
});
type Remote = ReturnType<typeof remotely>;

const open = (
  directory: string,
  remote: Remote,
  settings: StoreSettings & { readonly takeOver?: boolean } = {},
): Promise<DurableStore> => openDurableStore({ directory, tables: lancedb, remote, ...settings });
const read = (remote: Remote) => openPublishedStore({ remote, tables: lancedb });

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);
const all = { from: 0, to: 1000 };

/** A store with a world of ten walkers whose ticks 0 to 3 are in parts. */
async function written(settings: StoreSettings = {}) {
  const directory = await temporaryDirectory();
  const remote = remotely();
  const store = await open(directory, remote, settings);
  onTestFinished(() => store.close().catch(() => undefined));
  const world = walkers(store, 'w', 10);
  await world.run({ steps: 3 });
  await store.flush();
  return { directory, remote, store, world };
}

testTableStore({
  name: 'LanceTableStore on S3',
  place: async () => {
    const location = remotely();
    return {
      open: () => openTableStore(lancedb, location),
      remove: () => Promise.resolve(),
    };
  },
});

testStore({
  name: 'DurableStore on S3',
  reopens: true,
  place: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'archetype s3 é '));
    const remote = remotely();
    return {
      open: () => openDurableStore({ directory, tables: lancedb, remote }),
      remove: () => rm(directory, { recursive: true, force: true }),
    };
  },
});

describe('parts in an object store', () => {
  test('are there and not in the directory, and are read after opening again', async () => {
    const { directory, remote, store, world } = await written();
    await world.step();
    await store.close();
    expect(existsSync(join(directory, 'lance'))).toBe(false);
    const again = await open(directory, remote);
    expect(await ticksOf(again, 'w', 10, all)).toEqual(range(0, 4));
    expect(await again.verify()).toMatchObject({ sound: true, problems: [] });
    await again.close();
  });

  test('an object that is gone is named', async () => {
    const { remote, store } = await written();
    expect(await store.verify()).toMatchObject({ sound: true });
    const objects = s3.keys(remote.uri);
    s3.remove(objects.find((key) => key.includes('/data/'))!);
    const { sound, problems } = await store.verify();
    expect(sound).toBe(false);
    expect(problems.map(({ problem }) => problem).join()).toMatch(/\/data\/.*\.lance is gone\./);
  });

  test('a store goes on where its parts are, and nowhere else', async () => {
    const { directory, remote, store } = await written();
    await store.close();
    await expect(openDurableStore({ directory, tables: lancedb })).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining(`begun with its parts at ${remote.uri}`),
    });
    await expect(open(directory, remotely())).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
  });

  test('ticks are acknowledged while the server is down, and flushed when it is back', async () => {
    const { directory, remote, store, world } = await written();
    s3.down = true;
    try {
      await world.run({ steps: 3 });
      await expect(store.flush()).rejects.toMatchObject({ code: 'flush_failed' });
      expect(store.health().waitingBytes).toBeGreaterThan(0);
    } finally {
      s3.down = false;
    }
    expect(await ticksOf(store, 'w', 10, all)).toEqual(range(0, 6));
    await store.flush();
    expect(store.health().waitingBytes).toBe(0);
    const reader = await read(remote);
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 6));
    await reader.close();
    await store.close();
    const again = await open(directory, remote);
    expect(await ticksOf(again, 'w', 10, all)).toEqual(range(0, 6));
    await again.close();
  });
});

describe('reading on another machine', () => {
  test('another process, which knows the URI only, reads whole ticks up to the last flush', async () => {
    const { remote, world } = await written();
    await world.run({ steps: 2 });
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...nodeArguments,
      fileURLToPath(new URL('../child/published-reader.ts', import.meta.url)),
      remote.uri,
      JSON.stringify(remote.storageOptions),
      '10',
      '1000',
    ]);
    expect(JSON.parse(stdout)).toEqual(range(0, 3));
  });

  test('an open reader sees the next flush, retention and a fork', async () => {
    const { remote, store, world } = await written();
    const reader = await read(remote);
    onTestFinished(() => reader.close());
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 3));
    await world.run({ steps: 4 });
    const fork = await world.fork({ name: 'what if' });
    await fork.step();
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 3));
    await store.flush();
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 7));
    expect(await ticksOf(reader, 'what if', 10, all)).toEqual(range(0, 8));
    await store.retain(world.info().id, { olderThan: 2, every: 4 });
    expect(await ticksOf(reader, 'w', 10, all)).toEqual([0, 4, 5, 6, 7]);
  });

  test('a read whose parts are replaced and removed goes on behind its last row', async () => {
    const { remote, store, world } = await written({ graceSec: 0 });
    for (let k = 0; k < 4; k++) {
      await world.step();
      await store.flush();
    }
    const reader = await read(remote);
    onTestFinished(() => reader.close());
    const query = { world: world.info().id, ticks: all, components: ['Position'], columns: [] };
    const seen: number[] = [];
    for await (const frame of reader.scan(query)) {
      if (seen.length === 0) await store.compact();
      expect(frame.numRows).toBe(10);
      seen.push((frame.column('tick') as Int32Array)[0]!);
    }
    expect(seen).toEqual(range(0, 7));
  });

  test('writes nothing', async () => {
    const { remote } = await written();
    const reader = await read(remote);
    await expect(new Worlds(reader).resume('w', walk)).rejects.toMatchObject({ code: 'read_only' });
    await reader.close();
  });

  test('where nothing was published, there is no store', async () => {
    await expect(read(remotely())).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('There is no store at s3://worlds/runs/'),
    });
  });
});

describe('who may write', () => {
  test('an empty directory where another one is published is refused, naming that one', async () => {
    const { directory, remote, store } = await written();
    await store.close();
    await expect(open(await temporaryDirectory(), remote)).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringMatching(new RegExp(`${directory}.* on ${hostname()}`)),
    });
  });

  test('a store whose disk is lost is taken over as it was published; the former owner is shut out', async () => {
    const { remote, store, world } = await written();
    await world.run({ steps: 2 });
    const second = await open(await temporaryDirectory(), remote, { takeOver: true });
    expect(await ticksOf(second, 'w', 10, all)).toEqual(range(0, 3));
    const resumed = await new Worlds(second).resume('w', walk);
    await resumed.run({ steps: 4 });
    await second.flush();
    await expect(store.flush()).rejects.toMatchObject({
      code: 'stale_writer',
      message: expect.stringContaining('nothing more can be written from here'),
    });
    await expect(store.close()).rejects.toMatchObject({ code: 'close_failed' });
    const reader = await read(remote);
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 7));
    await reader.close();
    expect(await second.verify()).toMatchObject({ sound: true });
    await second.close();
  });

  test('what the former owner finds out in the background, its next steps are told, again and again', async () => {
    const directory = await temporaryDirectory();
    const remote = remotely();
    const store = await openDurableStore({
      directory,
      tables: lancedb,
      remote,
      cache: { flushRows: 20 },
    });
    const world = walkers(store, 'w', 10);
    await world.step();
    await store.flush();
    const second = await open(await temporaryDirectory(), remote, { takeOver: true });
    const failures: unknown[] = [];
    while (failures.length < 3) {
      try {
        await world.step();
      } catch (error) {
        failures.push((error as { code?: string }).code);
      }
    }
    expect(failures).toEqual(['stale_writer', 'stale_writer', 'stale_writer']);
    await store.close().catch(() => undefined);
    await second.close();
  });

  test('of a directory and its copy, only one publishes', async () => {
    const { directory, remote, store } = await written();
    await store.close();
    const copy = await temporaryDirectory();
    await cp(directory, copy, { recursive: true });
    const a = await open(directory, remote);
    await (await new Worlds(a).resume('w', walk)).step();
    await a.close();
    await expect(open(copy, remote)).rejects.toMatchObject({ code: 'stale_writer' });
    const reader = await read(remote);
    expect(await ticksOf(reader, 'w', 10, all)).toEqual(range(0, 4));
    await reader.close();
  });

  test('two stores under one prefix with namespaces of their own do not see each other', async () => {
    const pool = new StorePool();
    const localDirectory = await temporaryDirectory();
    const { uri, storageOptions } = remotely();
    const config = { uri, storageOptions, localDirectory, tables: lancedb };
    for (const namespace of ['a', 'b']) {
      const store = (await pool.open({ ...config, namespace })) as DurableStore;
      const world = walkers(store, 'w', namespace === 'a' ? 3 : 4);
      await world.step();
    }
    await pool.close();
    expect(await readdir(localDirectory)).toEqual(['a', 'b']);
    for (const [namespace, rows] of [
      ['a', 3],
      ['b', 4],
    ] as const) {
      const reader = await pool.open({ ...config, namespace, readOnly: true });
      expect(await ticksOf(reader, 'w', rows, all)).toEqual([0, 1]);
    }
    await pool.close();
  });
});

describe('what cannot be used', () => {
  test('a bucket whose server does not keep conditions of writes is refused', async () => {
    const server = await startS3({ conditional: false });
    onTestFinished(() => server.stop());
    const remote = remotely(server);
    await expect(open(await temporaryDirectory(), remote)).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringContaining('does not keep conditions of writes'),
    });
    expect(server.keys(remote.uri)).toEqual([]);
  });

  test('a bucket that does not exist', async () => {
    const remote = { uri: 's3://nowhere/x', storageOptions: s3.storageOptions };
    await expect(open(await temporaryDirectory(), remote)).rejects.toMatchObject({
      code: 'storage_unavailable',
      message:
        's3://nowhere/x/ could not be used: there is no such bucket. Make it, or check the URI.',
    });
  });

  test('a server that does not answer', async () => {
    const remote = {
      ...remotely(),
      storageOptions: { ...s3.storageOptions, endpoint: 'http://127.0.0.1:1' },
    };
    await expect(open(await temporaryDirectory(), remote)).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/did not answer .*ECONNREFUSED.*endpoint and the network/),
    });
  });

  test('no credentials anywhere', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...nodeArguments,
        fileURLToPath(new URL('../child/without-credentials.ts', import.meta.url)),
        s3.storageOptions['endpoint']!,
        await temporaryDirectory(),
      ],
      {
        env: {
          PATH: process.env['PATH'],
          AWS_EC2_METADATA_DISABLED: 'true',
          HOME: await temporaryDirectory(),
        },
      },
    );
    expect(stdout).toBe(
      'storage_unavailable s3://worlds/x/ could not be used: no credentials were found. Give storageOptions aws_access_key_id and aws_secret_access_key, or set them in the environment or a profile.',
    );
  });

  test.each([
    's3:/worlds/x',
    's3//worlds/x',
    's3://',
    's3:///x',
    's3://UPPER/x',
    's4://worlds/x',
    'gs://worlds/x',
    'http://127.0.0.1/x',
  ])('a URI that is none: %s', (uri) => {
    const pool = new StorePool();
    expect(() => pool.open({ uri, tables: lancedb })).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining(`The storage URI was ${JSON.stringify(uri)}`),
      }),
    );
  });

  test('options of object storage for a directory', async () => {
    const pool = new StorePool();
    expect(() =>
      pool.open({ uri: '/tmp/x', storageOptions: { region: 'x' }, tables: lancedb }),
    ).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
