import type { DataFrame, Frame } from '@archetype/core';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

const typeNames: Readonly<Record<string, string>> = {
  f64: 'double',
  i32: 'integer',
  i64: 'bigint',
  bool: 'boolean',
  utf8: 'varchar',
  timestamp: 'timestamp_ms',
};

/** Runs SQL over frames, as an oracle for what expressions and verbs should give. */
export class Duck {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<Duck> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    return new Duck(await instance.connect());
  }

  /** The rows of a query over frames, each visible under its name with its row numbers as `row`. */
  async rows(frames: Readonly<Record<string, DataFrame>>, select: string): Promise<unknown[][]> {
    const tables = Object.entries(frames).map(([name, df]) => `${name} as (${tableOf(df)})`);
    const result = await this.#connection.runAndReadAll(`with ${tables.join(', ')} ${select}`);
    return result.getRowsJS().map((row) => row.map(plainCell));
  }

  close(): void {
    this.#connection.closeSync();
  }
}

function tableOf(df: DataFrame): string {
  const frame = df as unknown as Frame;
  const columns = frame.schema.map(
    ({ name, type }, k) => `c${k + 1}::${typeNames[type.kind]} as "${name}"`,
  );
  const rows = df
    .toRows()
    .map(
      (row, k) => `(${[k, ...frame.columnNames.map((name) => printCell(row[name]))].join(', ')})`,
    );
  const empty = `(${[0, ...frame.columnNames.map(() => 'null')].join(', ')})`;
  const names = ['c0', ...columns.map((_, k) => `c${k + 1}`)].join(', ');
  return `select c0::integer as row, ${columns.join(', ')} from (values ${rows.length === 0 ? empty : rows.join(', ')}) t(${names})${rows.length === 0 ? ' where false' : ''}`;
}

function printCell(cell: unknown): string {
  if (cell === null) return 'null';
  if (typeof cell === 'string') return `'${cell.replaceAll("'", "''")}'`;
  if (cell instanceof Date) return `make_timestamp_ms(${cell.getTime()})`;
  if (typeof cell === 'number') return `'${Object.is(cell, -0) ? '-0' : cell}'::double`;
  return String(cell);
}

function plainCell(cell: unknown): unknown {
  if (typeof cell === 'bigint') return Number(cell);
  return Array.isArray(cell) ? cell.map(plainCell) : cell;
}

/** Cells that count as equal: NaN is NaN, 0 is -0, floats agree to 12 digits. */
export function sameCells(ours: unknown, theirs: unknown): boolean {
  const [a, b] = [plainCell(ours), plainCell(theirs)];
  if (typeof a === 'number' && typeof b === 'number') {
    return (
      a === b ||
      (Number.isNaN(a) && Number.isNaN(b)) ||
      Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b))
    );
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((cell, k) => sameCells(cell, b[k]));
  }
  return a === b;
}

export const seed = Number(process.env.ARCHETYPE_TEST_SEED ?? 20_261_123);
/** How many random programs a test tries. */
export const programs = (usual: number): number =>
  Number(process.env.ARCHETYPE_TEST_PROGRAMS ?? usual);
