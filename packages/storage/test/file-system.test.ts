import { nodeFileSystem } from '@archetype/storage';
import { constants } from 'node:fs';
import { mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { AlignedBlocks } from '../src/file-system/aligned-blocks.ts';
import { FileWriter } from '../src/file-system/file-writer.ts';
import { temporaryDirectory } from './journal/journal-in.ts';

const onLinux = process.platform === 'linux';

/** How the system has a file open, once for each descriptor. */
async function flagsOf(path: string): Promise<readonly number[]> {
  const flags: number[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${descriptor}`).catch(() => undefined);
    if (target !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    flags.push(Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)![1]!, 8));
  }
  return flags;
}
const synced = (flags: number): boolean => (flags & constants.O_DSYNC) !== 0;
const direct = (flags: number): boolean => (flags & constants.O_DIRECT) !== 0;

/** Whether the file system of these tests takes writes past the cache. */
const takesDirect = onLinux && (await opensDirect());
async function opensDirect(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'archetype direct '));
  try {
    const flags = constants.O_CREAT | constants.O_WRONLY | constants.O_DIRECT;
    await (await open(join(directory, 'file'), flags)).close();
    return true;
  } catch {
    return false;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const MB = 1_048_576;
/** Some buffers of odd sizes, so many bytes in all, each of which tells its place. */
function buffersOf(bytes: number, first: number): readonly Uint8Array[] {
  const all = new Uint8Array(bytes);
  for (let k = 0; k < bytes; k++) all[k] = first + k * 7 + (k >> 12);
  const cuts = bytes < 100 ? [0, bytes] : [0, 1, 31, 31, Math.floor(bytes / 3), bytes - 5, bytes];
  return cuts.slice(1).map((cut, k) => all.subarray(cuts[k], cut));
}

// Elsewhere each write is followed by a sync, which cannot be looked at from outside.
test.runIf(onLinux)(
  'synced writes return when the system has synced them, others do not wait for it',
  async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'file');
    const file = await nodeFileSystem.create(path);
    await file.write([new Uint8Array([1, 2]), new Uint8Array([3])], 0);
    expect((await flagsOf(path)).map(synced)).toEqual([false]);
    await file.writeSynced([new Uint8Array([4]), new Uint8Array([5])], 3);
    await file.writeSynced([new Uint8Array([6])], 5);
    expect(new Set((await flagsOf(path)).map(synced))).toEqual(new Set([false, true]));
    await file.close();
    expect(await flagsOf(path)).toEqual([]);
    expect([...(await readFile(path))]).toEqual([1, 2, 3, 4, 5, 6]);
  },
);

test.each(['write', 'writeSynced'] as const)(
  'large amounts come to the file as they are, wherever they begin and end: %s',
  async (how) => {
    const path = join(await temporaryDirectory(), 'file');
    const file = await nodeFileSystem.create(path, { durable: true });
    const expected: Uint8Array[] = [];
    let position = 0;
    // More than there is memory for at a time, and few bytes, in turns.
    const sizes = [64, MB, 5 * MB + 808, 12, MB + 1, 24 * MB + 4095, 3, 2 * MB - 82];
    for (const [k, size] of sizes.entries()) {
      const buffers = buffersOf(size, k);
      await file[how](buffers, position);
      expected.push(...buffers);
      position += size;
    }
    if (onLinux)
      expect((await flagsOf(path)).filter(direct).map(synced)).toEqual([how !== 'write']);
    await file.sync();
    await file.close();
    if (onLinux) expect(await flagsOf(path)).toEqual([]);
    expect(Buffer.concat(expected).equals(await readFile(path))).toBe(true);
  },
);

test('large writes side by side keep all bytes, also for a reader that had read the file before', async () => {
  const path = join(await temporaryDirectory(), 'file');
  const file = await nodeFileSystem.create(path, { durable: true });
  const buffers = Array.from({ length: 6 }, (_, k) => buffersOf(5 * MB + k, k));
  const all = Buffer.concat(buffers.flat());
  // As a process does that follows the journal.
  const reader = await open(path);
  const read = async (): Promise<Buffer> => {
    const into = Buffer.alloc(all.length);
    const { bytesRead } = await reader.read(into, 0, into.length, 0);
    return into.subarray(0, bytesRead);
  };
  let position = 0;
  const writes: Promise<void>[] = [];
  for (const [k, some] of buffers.entries()) {
    writes.push(file[k % 2 === 0 ? 'writeSynced' : 'write'](some, position));
    position += some.reduce((n, { byteLength }) => n + byteLength, 0);
    await read();
  }
  await Promise.all(writes);
  expect((await read()).equals(all)).toBe(true);
  await reader.close();
  await file.close();
});

test('a file that is not going to be synced is written through the cache alone', async () => {
  const path = join(await temporaryDirectory(), 'file');
  const file = await nodeFileSystem.create(path);
  const buffers = buffersOf(2 * MB, 1);
  await file.write(buffers, 0);
  if (onLinux) expect((await flagsOf(path)).filter(direct)).toEqual([]);
  await file.close();
  expect(Buffer.concat(buffers).equals(await readFile(path))).toBe(true);
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A file, and writes to it that have the memory they are given. */
async function fileWriter(blocks: AlignedBlocks) {
  const path = join(await temporaryDirectory(), 'file');
  const handle = await open(path, 'w');
  const writer = new FileWriter(handle, path, constants.O_WRONLY, { direct: true, blocks });
  onTestFinished(async () => {
    await writer.close().catch(() => undefined);
  });
  const put = (buffers: readonly Uint8Array[], position: number): Promise<void> =>
    writer.write(buffers, position);
  return { path, handle, put };
}

test.runIf(takesDirect)(
  'where the file system refuses writes past the cache, all goes through it',
  async () => {
    // A length that is no multiple of what disks write is refused as such.
    const { path, put } = await fileWriter(new AlignedBlocks(2, 1_000_001));
    const buffers = [buffersOf(3 * MB, 1), buffersOf(2 * MB + 7, 2)];
    await put(buffers[0]!, 0);
    await put(buffers[1]!, 3 * MB);
    expect(Buffer.concat(buffers.flat()).equals(await readFile(path))).toBe(true);
  },
);

type WriteBuffer = (
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

/** Descriptors whose direct writes do as they are told, given what really writes; and how many bytes each call was given. */
async function directWrites(how: (real: WriteBuffer) => WriteBuffer) {
  const { path, handle, put } = await fileWriter(new AlignedBlocks(2, MB));
  const bytes = { direct: 0, cached: 0 };
  const prototype = Object.getPrototypeOf(handle) as {
    write: WriteBuffer;
    writev: typeof handle.writev;
  };
  const { write, writev } = prototype;
  const spies = [
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...call) {
      bytes.direct += call[2];
      return how((...real) => write.call(this, ...real))(...call);
    }),
    vi.spyOn(prototype, 'writev').mockImplementation(function (this: never, buffers, position) {
      bytes.cached += buffers.reduce((n, { byteLength }) => n + byteLength, 0);
      return writev.call(this, buffers, position);
    }),
  ];
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  return { path, put, bytes };
}
const refusing = (code: string) => (): WriteBuffer => () =>
  Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));

test.runIf(takesDirect)(
  'what lies between multiples of 4 096 bytes goes past the cache',
  async () => {
    const { path, put, bytes } = await directWrites((real) => real);
    const buffers = [buffersOf(100, 0), buffersOf(3 * MB, 1)];
    await put(buffers[0]!, 0);
    await put(buffers[1]!, 100);
    expect(bytes).toEqual({ direct: 3 * MB - 4096, cached: 100 + 4096 });
    // Some kernels sync the size of a file with a cached write only.
    await put(buffersOf(2 * MB - 100, 2), 3 * MB + 100);
    expect(bytes).toEqual({ direct: 5 * MB - 3 * 4096, cached: 3 * 4096 });
    const all = await readFile(path);
    expect(all.subarray(0, 3 * MB + 100).equals(Buffer.concat(buffers.flat()))).toBe(true);
  },
);

test.runIf(takesDirect)('what a direct write leaves out is written through the cache', async () => {
  const { path, put } = await directWrites(
    (real) => (buffer, offset, length, position) =>
      real(buffer, offset, Math.max(4096, length - 3 * 4096), position),
  );
  const buffers = buffersOf(3 * MB + 11, 1);
  await put(buffers, 0);
  expect(Buffer.concat(buffers).equals(await readFile(path))).toBe(true);
});

test.runIf(takesDirect)(
  'a disk that does not support direct writes is not asked again',
  async () => {
    const { path, put, bytes } = await directWrites(refusing('ENOTSUP'));
    const buffers = [buffersOf(3 * MB, 1), buffersOf(2 * MB, 2)];
    await put(buffers[0]!, 0);
    const asked = bytes.direct;
    await put(buffers[1]!, 3 * MB);
    expect(bytes.direct).toBe(asked);
    expect(Buffer.concat(buffers.flat()).equals(await readFile(path))).toBe(true);
  },
);

test.runIf(takesDirect)(
  'a disk that fails is told of, and not written through the cache',
  async () => {
    const { put, bytes } = await directWrites(refusing('EIO'));
    await expect(put(buffersOf(3 * MB, 1), 0)).rejects.toMatchObject({ code: 'EIO' });
    expect(bytes.cached).toBe(4096);
  },
);

test('a file that cannot be opened for direct writes, or for which there is no memory, is written through the cache', async () => {
  const buffers = buffersOf(2 * MB, 1);
  for (const [blocks, name] of [
    [new AlignedBlocks(1, MB), 'another'],
    [new AlignedBlocks(1, 2 ** 60), 'file'],
  ] as const) {
    const path = join(await temporaryDirectory(), 'file');
    const handle = await open(path, 'w');
    const other = path.replace(/file$/, name);
    const writer = new FileWriter(handle, other, constants.O_WRONLY, { direct: true, blocks });
    await writer.write(buffers, 0);
    await writer.close();
    expect(Buffer.concat(buffers).equals(await readFile(path))).toBe(true);
  }
});

/** Why a write fails whose memory is transferred some time after it began. */
async function transferred(put: Put, blocks: AlignedBlocks, begun: () => unknown): Promise<string> {
  const lent = await blocks.lend();
  const taken = new Uint8Array(2 * MB).fill(1);
  const failure = put([taken], 0).then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
  await begun();
  structuredClone(taken.buffer, { transfer: [taken.buffer] });
  blocks.giveBack(lent);
  return failure;
}
type Put = Awaited<ReturnType<typeof fileWriter>>['put'];

test.runIf(onLinux)(
  'a synced write fails when its memory is transferred while its descriptor is opened',
  async () => {
    const file = await nodeFileSystem.create(join(await temporaryDirectory(), 'file'));
    const taken = new Uint8Array(200_000);
    const failure = file.writeSynced([taken], 0).catch((error: Error) => error.message);
    structuredClone(taken.buffer, { transfer: [taken.buffer] });
    expect(await failure).toBe(
      '200000 bytes were handed over, and 0 were left when their turn came',
    );
    await file.close();
  },
);

test.runIf(takesDirect)(
  'a large write fails when its memory is transferred while the file is opened',
  async () => {
    const blocks = new AlignedBlocks(1, MB);
    const { put } = await fileWriter(blocks);
    const why = await transferred(put, blocks, () => undefined);
    expect(why).toBe('2097152 bytes were handed over, and 0 were left when their turn came');
  },
);

test.runIf(takesDirect)(
  'a large write fails when its memory is transferred while it waits for a block, and gives the block back',
  async () => {
    const blocks = new AlignedBlocks(1, MB);
    const { path, put } = await fileWriter(blocks);
    await put(buffersOf(2 * MB, 1), 0);
    expect(await transferred(put, blocks, turn)).toMatch(/detached/);
    const buffers = buffersOf(3 * MB, 3);
    await put(buffers, 0);
    expect(Buffer.concat(buffers).equals(await readFile(path))).toBe(true);
  },
);

test.runIf(takesDirect)(
  'a write ends when all of its pieces have, also when one failed',
  async () => {
    const blocks = new AlignedBlocks(1, MB);
    const { handle, put } = await fileWriter(blocks);
    await put(buffersOf(2 * MB, 0), 0);
    const lent = await blocks.lend();
    await handle.close();
    let over = false;
    const failure = put(buffersOf(2 * MB, 1), 100)
      .finally(() => (over = true))
      .catch((error: NodeJS.ErrnoException) => error.code);
    await turn();
    expect(over).toBe(false);
    blocks.giveBack(lent);
    expect(await failure).toBe('EBADF');
  },
);
