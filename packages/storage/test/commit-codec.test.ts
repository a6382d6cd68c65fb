import {
  bytesOf,
  defineComponent,
  defineResource,
  f64,
  fromColumns,
  i32,
  MemoryStore,
  sameCommit,
  Worlds,
  type Commit,
  type RunId,
  type Store,
} from '@archetype/core';
import { describe, expect, test } from 'vitest';
import { decodeCommit, encodeCommit, type DecodedCommit } from '../src/codec/commit-codec.ts';

const Body = defineComponent('Body', { x: f64(0), hat: f64(0).nullable() });
const Tag = defineComponent('Tag', {});
const Weather = defineResource('Weather', { schema: f64(0) });

/** All commits of a world in which everything happens that a commit can tell of. */
async function commits(): Promise<readonly Commit[]> {
  const given: Commit[] = [];
  const memory = new MemoryStore();
  const store = new Proxy<Store>(memory, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name !== 'append') return value.bind(target) as unknown;
      return (some: readonly Commit[]) => {
        given.push(...some);
        return memory.append(some);
      };
    },
  });
  const world = new Worlds(store).create('w', {
    resources: [Weather(1)],
  });
  const [first, second] = [world.spawn(Body({ hat: 1 })), world.spawn(Body(), Tag())];
  await world.run({ steps: 0 });
  world.update(first, Body, { x: 2, hat: null });
  world.send({ to: second, from: first, content: { text: 'grüße', deep: [1, [2]] } });
  await world.step({ input: { hello: ['wörld', null, 1.5] } });
  world.despawn(second);
  world.resources.set(Weather(2));
  await world.step({
    input: fromColumns({ entity_id: i32(), push: f64() }, { entity_id: [first], push: [1] }),
  });
  world.spawnMany([[Body()], [Body()], [Body()]]);
  await world.step();
  await world.step();
  return given;
}

const bodyOf = (commit: Commit): Uint8Array => bytesOfRecord(encodeCommit(commit));

/** The body of a record as the journal has it: each buffer padded to a multiple of 8. */
function bytesOfRecord({ body }: ReturnType<typeof encodeCommit>): Uint8Array {
  const parts = body.map((buffer) => {
    const bytes = new Uint8Array(Math.ceil(buffer.byteLength / 8) * 8);
    bytes.set(bytesOf(buffer));
    return bytes;
  });
  return new Uint8Array(Buffer.concat(parts));
}
const headOf = (body: Uint8Array): string =>
  new TextDecoder().decode(body.subarray(8, 8 + new DataView(body.buffer).getUint32(0, true)));

describe('a commit as a record of the journal', () => {
  test('is read as it was written, whatever it tells of', async () => {
    const all = await commits();
    const signatures = new Map(
      all.flatMap(({ tables }) => tables.map(({ signature }) => [signature.schema, signature])),
    );
    for (const commit of all) {
      const decoded = decodeCommit(bodyOf(commit), (schema) => signatures.get(schema));
      const read = (decoded as DecodedCommit).commit;
      expect(read.lease).toEqual(commit.lease);
      expect(sameCommit(read, commit)).toBe(true);
    }
    const kinds = new Set(all.flatMap((commit) => Object.keys(commit)));
    expect([...kinds].toSorted()).toEqual([
      'counters',
      'input',
      'lease',
      'messages',
      'resources',
      'settled',
      'tables',
      'tick',
      'undelivered',
    ]);
  });

  test('says what it is in JSON as any other writer would, padded to a multiple of 8 bytes', async () => {
    for (const commit of await commits()) {
      const head = headOf(bodyOf(commit));
      expect(Buffer.byteLength(head) % 8).toBe(0);
      const text = head.replace(/ {0,7}$/, '');
      expect(text).toBe(JSON.stringify(JSON.parse(text)));
    }
  });

  test('says what its rows take now, though it said something else of the table before', async () => {
    const heads = (await commits()).map((commit) => JSON.parse(headOf(bodyOf(commit))));
    const rows = heads.map(({ tables }) => tables.map((table: { rows?: number }) => table.rows));
    expect(rows).toEqual([[1, 1], [1, undefined], [undefined, 1], [4], [undefined]]);
    const validity = heads.slice(0, 2).map(({ tables }) => tables[0].buffers.at(-2));
    expect(validity).toEqual([0, 1]);
    const active = heads.map(({ tables }) => tables[1]?.active);
    expect(active[0]).toBe(true);
    expect(active[2]).toBe(false);
  });

  test('says the same whatever its world said before', async () => {
    const all = await commits();
    // One with rows, and one whose tables did not change.
    const [first, other] = all.filter(({ input, resources }) => !(input ?? resources));
    const { messages } = all.find((commit) => commit.messages !== undefined)!;
    // More bytes than characters come before the tick.
    const lease = { ...first!.lease, run: 'grün' as RunId };
    const { tables, counters } = first!;
    const more = { ...counters, nextEntity: counters.nextEntity + 1 };
    const plain: Commit = { lease, tick: 8, tables, counters, settled: [] };
    const told: readonly Commit[] = [
      ...[8, 9, 10, 11, 99, 100, 101].map((tick) => ({ ...plain, tick })),
      { ...plain, tick: 102, tables: [...tables, ...tables] },
      { ...plain, tick: 103 },
      { ...plain, tick: 104, counters: more },
      { ...plain, tick: 105, counters: more, tables: other!.tables },
      { ...plain, tick: 106, counters: { ...counters, nextMessage: counters.nextMessage + 1 } },
      { ...plain, tick: 107, input: ['wörld'] },
      { ...plain, tick: 108, undelivered: [3] },
      { ...plain, tick: 109, resources: { Weather: 2 } },
      { ...plain, tick: 110, settled: [{ command: 'c', status: 'applied' }] },
      { ...plain, tick: 111 },
      { ...plain, tick: 112, messages: messages! },
      { ...plain, tick: 113 },
      { ...plain, tick: 114 },
    ];
    // All of them before one is read: they wait in the journal's queue together.
    const records = told.map(encodeCommit);
    told.forEach((commit, k) => {
      const head = headOf(bytesOfRecord(records[k]!));
      expect(head).toBe(headOf(bodyOf({ ...commit, lease: { ...lease } })));
      expect(JSON.parse(head).tick).toBe(commit.tick);
    });
  });
});
