import { DuckDBInstance } from '@duckdb/node-api';

/** A plain DuckDB table of bodies, asked the questions that a world is asked; cells are read as columns. */
export async function duckBodies(path: string, n: number) {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(
    `create table bodies (tick integer, entity_id integer, ${'abcdefgh'
      .split('')
      .map((name) => `${name} double`)
      .join(', ')})`,
  );
  const read = async (where: string): Promise<number> => {
    const result = await connection.runAndReadAll(
      `select * from bodies where ${where} order by tick, entity_id`,
    );
    return result.getColumns()[0]!.length;
  };
  let ticks = 0;
  return {
    /** The rows that the world has at its ticks up to `to`. */
    async fill(to: number): Promise<void> {
      await connection.run(
        `insert into bodies select t::integer, e::integer, ${'01234567'
          .split('')
          .map((c) => `((e - 1) * 8 + ${c} + t * (${c} + 1))::double`)
          .join(', ')} from range(${ticks}, ${to + 1}) ticks(t), range(1, ${n + 1}) entities(e)`,
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
