import { defineComponent, f64, fromColumns, Worlds } from '@archetype/core';
import { DuckDBInstance } from '@duckdb/node-api';
import { connect } from '@lancedb/lancedb';
import { openDurableStore, type DurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { spawnBodies, turn } from '../bodies.ts';
import { duckBodies } from '../duck-bodies.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const n = 1_000;
const ticks = 500;
const Still = defineComponent('Still', { at: f64(0) });

export const benchmark: Benchmark = {
  title: 'bytes on disk per row, and what rows cost that do not change',
  async *run() {
    await using directory = await temporary();
    const at = (name: string): string => join(directory.path, name);
    const moving = await openDurableStore({
      directory: at('moving'),
      tables: lancedb,
      graceSec: 0,
    });
    const world = new Worlds(moving).create('bench', { processors: [turn] }, { seed: 1 });
    spawnBodies(world, n);
    await world.run({ steps: ticks - 1 });
    await moving.compact();
    const rows = n * ticks;
    const ours = (await partBytes(moving)) / rows;
    await moving.close();

    const duck = await duckBodies(at('bodies.duckdb'), n);
    await duck.fill(ticks - 1);
    duck.close();
    const instance = await DuckDBInstance.create(at('bodies.duckdb'));
    const connection = await instance.connect();
    await connection.run(`copy bodies to '${at('bodies.parquet')}' (format parquet, codec zstd)`);
    const table = await connection.runAndReadAll('select * from bodies');
    const columns = table.getColumnsObject();
    connection.closeSync();
    instance.closeSync();
    const parquet = statSync(at('bodies.parquet')).size / rows;
    const database = await connect(at('raw'));
    const lance = await database.createTable(
      'bodies',
      Array.from({ length: rows }, (_, row) =>
        Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, cells[row]])),
      ) as Record<string, unknown>[],
    );
    lance.close();
    database.close();
    const raw = bytesIn(at('raw')) / rows;
    for (const [yardstick, value] of [
      ['raw Lance', raw],
      ['Parquet, zstd', parquet],
    ] as const) {
      yield {
        work: 'a row of 8 columns in parts',
        value: ours,
        yardstick,
        yardstickValue: value,
        unit: 'B',
        bar: { ratio: yardstick === 'raw Lance' ? 1.2 : 2 },
      };
    }

    const mixed = await openDurableStore({ directory: at('mixed'), tables: lancedb, graceSec: 0 });
    const many = new Worlds(mixed).create(
      'bench',
      { processors: [turn], components: [Still] },
      { seed: 1 },
    );
    spawnBodies(many, n);
    const still = 500_000;
    many.spawnMany(
      fromColumns(
        { still__at: f64() },
        { still__at: Float64Array.from({ length: still }, (_, k) => k) },
      ),
    );
    await many.step();
    await mixed.flush();
    const before = await partBytes(mixed);
    await many.run({ steps: 100 });
    await mixed.compact();
    const grown = ((await partBytes(mixed)) - before) / 100;
    expect((await many.query([Still])).numRows === still, 'somebody who stood still is gone');
    await mixed.close();
    yield {
      work: 'a tick of 500 k at rest and 1 k that move',
      value: grown,
      yardstick: 'a tick of the 1 k alone',
      yardstickValue: ours * n,
      unit: 'B',
      bar: { ratio: 1.5 },
    };
  },
};

const partBytes = async (store: DurableStore): Promise<number> =>
  (await store.du()).reduce((sum, { bytes }) => sum + bytes, 0);

const bytesIn = (directory: string): number =>
  globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
