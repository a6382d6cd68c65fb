import { columnOf, constant, Frame, toArrow, types, Worlds } from '@archetype/core';
import { connect } from '@lancedb/lancedb';
import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { Body, bytesOf, names, spawnBodies, turn } from '../bodies.ts';
import { floorIn } from '../floor.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 100_000;
const ticks = 50;

export const benchmark: Benchmark = {
  title: '100 k rows of 8 columns, 50 ticks, durable: until acknowledged, and until in parts',
  async *run() {
    await using directory = await temporary();
    const burst: number[] = [];
    let round = 0;
    const sustained = async (): Promise<void> => {
      const store = await openDurableStore({
        directory: join(directory.path, `run ${round++}`),
        tables: lancedb,
      });
      const world = new Worlds(store).create('bench', { processors: [turn] }, { seed: 1 });
      spawnBodies(world, n);
      const began = performance.now();
      await world.run({ steps: ticks - 1 });
      burst.push(performance.now() - began);
      await store.close();
      if (round === 1) await check(join(directory.path, 'run 0'));
    };
    const floor = await floorIn(directory.path);
    const bytes = bytesOf(n);
    const written = async (): Promise<void> => {
      for (let tick = 0; tick < ticks; tick++) await floor.write(bytes);
    };
    let raw = 0;
    const table = toArrow(rowsOf(10));
    const lance = async (): Promise<void> => {
      const database = await connect(join(directory.path, `raw ${raw++}`));
      // The same rows in as many appends as a flush makes of them: one for each 64 MB.
      for (let at = 0; at < ticks; at += 10) {
        if (at === 0) await database.createTable('rows', table);
        else await (await database.openTable('rows')).add(table);
      }
      database.close();
    };
    const times = await medians(
      { sustained, written, lance },
      { rounds: 5, warmUp: 1, between: flushDisk },
    );
    await floor.close();
    const acknowledged = burst.slice(1).toSorted((a, b) => a - b)[2]!;
    yield {
      work: 'until acknowledged',
      value: acknowledged,
      yardstick: 'its buffers, write + fdatasync',
      yardstickValue: times.written,
      unit: 'ms',
      bar: { ratio: 1 / 0.7 },
    };
    yield {
      work: 'until in parts and closed',
      value: times.sustained,
      yardstick: 'Lance alone, not synced',
      yardstickValue: times.lance,
      unit: 'ms',
      bar: { ratio: 1 / 0.7 },
    };
  },
};

/** Otherwise the next way would wait for what Lance left unwritten. */
const flushDisk = (): Promise<unknown> => promisify(execFile)('sync');

async function check(directory: string): Promise<void> {
  const store = await openDurableStore({ directory, tables: lancedb });
  const reader = await new Worlds(store).attach('bench');
  const rows = await reader.query([Body], { ticks: 31 });
  expect(rows.numRows === n && rows.column('body__a')[5] === 5 * 8 + 31, 'tick 31 is another');
  await store.close();
}

/** The rows of some ticks as they are in a part. */
function rowsOf(some: number): Frame {
  const rows = n * some;
  const schema = [
    { name: 'world_id', type: types.utf8 },
    { name: 'run_id', type: types.utf8 },
    { name: 'entity_id', type: types.i32 },
    { name: 'tick', type: types.i32 },
    { name: 'is_active', type: types.bool },
    ...names.map((name) => ({ name: `body__${name}`, type: types.f64 })),
  ];
  const columns = [
    constant(types.utf8, rows, '01890a5d-ac96-774b-bcce-b302099a8057'),
    constant(types.utf8, rows, '01890a5d-ac96-774b-bcce-b302099a8058'),
    columnOf(
      types.i32,
      rows,
      Int32Array.from({ length: rows }, (_, k) => k % n),
    ),
    columnOf(
      types.i32,
      rows,
      Int32Array.from({ length: rows }, (_, k) => Math.floor(k / n)),
    ),
    constant(types.bool, rows, true),
    ...names.map((_, c) =>
      columnOf(
        types.f64,
        rows,
        Float64Array.from({ length: rows }, (__, k) => k * 8 + c),
      ),
    ),
  ];
  return new Frame(schema, columns, rows);
}
