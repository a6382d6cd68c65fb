import { DuckDBInstance } from '@duckdb/node-api';
import { names } from './bodies.ts';
import { expect } from './oracle.ts';

/** A column of a chunk as the binding holds it, in a private field; its version is pinned for that. */
interface NumberVector {
  readonly items: Int32Array | Float64Array;
}

/**
 * A plain DuckDB table of bodies, asked the questions that a world is asked. Its rows came tick by tick, as those of a world
 * do, and are read the fastest way there is: as numbers in chunks of columns.
 */
export async function duckBodies(path: string, n: number) {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(
    `create table bodies (tick integer, entity_id integer, ${names.map((name) => `${name} double`).join(', ')})`,
  );
  const read = async (where: string): Promise<number> => {
    const result = await connection.run(
      `select * from bodies where ${where} order by tick, entity_id`,
    );
    let rows = 0;
    const columns = Array.from({ length: result.columnCount }, (): NumberVector['items'][] => []);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return rows;
      rows += chunk.rowCount;
      for (const [c, column] of columns.entries()) {
        const { items } = chunk.getColumnVector(c) as unknown as NumberVector;
        expect(items.length === chunk.rowCount, 'the binding has its numbers elsewhere');
        column.push(items);
      }
    }
  };
  let ticks = 0;
  return {
    /** The rows that the world has at its ticks up to `to`. */
    async fill(to: number): Promise<void> {
      const numbers = names.map((_, c) => `((e - 1) * 8 + ${c} + t * (${c} + 1))::double`);
      await connection.run(
        `insert into bodies select t::integer, e::integer, ${numbers.join(', ')}
         from range(${ticks}, ${to + 1}) ticks(t), range(1, ${n + 1}) entities(e) order by t, e`,
      );
      ticks = to + 1;
      await connection.run('checkpoint');
    },
    newest: () => read(`tick = ${ticks - 1}`),
    tick: (tick: number) => read(`tick = ${tick}`),
    entity: (entity: number) => read(`entity_id = ${entity}`),
    range: (from: number, to: number) => read(`tick between ${from} and ${to}`),
    close(): void {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
