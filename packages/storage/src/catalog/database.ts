import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type SqlValue = string | number | Uint8Array | null;

/** A SQLite file with its prepared statements. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#database = new DatabaseSync(path, { timeout: 10_000, readOnly });
  }

  /** Statements without parameters or results. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  all(sql: string, ...values: readonly SqlValue[]): unknown[] {
    return this.#statement(sql).all(...values);
  }

  /** Rows as they are asked for; nothing may be written before the last one is read or the loop is left. */
  each(sql: string, ...values: readonly SqlValue[]): Iterable<unknown> {
    return this.#statement(sql).iterate(...values);
  }

  /** All of it or nothing. */
  transaction<T>(work: () => T): T {
    this.exec('begin immediate');
    try {
      const result = work();
      this.exec('commit');
      return result;
    } catch (error) {
      // On a full disk SQLite has rolled back already, and its own complaint about that would hide the cause.
      if (this.#database.isTransaction) this.exec('rollback');
      throw error;
    }
  }

  /** What the work reads is of one moment, whatever others write. */
  snapshot<T>(work: () => T): T {
    this.exec('begin');
    try {
      return work();
    } finally {
      this.exec('rollback');
    }
  }

  close(): void {
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined)
      this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}
