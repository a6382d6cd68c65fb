import { ArchetypeError } from '@archetype/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Readers that ask whether the lock is held hold it themselves for a moment. */
const LOOK_MS = 250;

export interface Lock {
  release(): void;
}

/** Each owner epoch has a lock of its own, so that a takeover need not wait for one that a paused process holds. */
const lockPath = (directory: string, epoch: number): string =>
  join(directory, epoch === 0 ? 'lock.db' : `lock.${epoch}.db`);

/**
 * One process writes a store. The lock is an exclusive SQLite transaction, which the system ends with the process; who
 * holds it stands beside it for the message.
 *
 * @throws `store_locked`
 */
export function lockDirectory(directory: string, epoch: number): Lock {
  const owner = join(directory, 'owner.json');
  const database = new DatabaseSync(lockPath(directory, epoch), { timeout: LOOK_MS });
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    throw new ArchetypeError(
      'store_locked',
      `The store in ${directory} is being written by ${describeOwner(owner)}; wait until it ends, open it read-only, take it over, or use another directory.`,
      { cause },
    );
  }
  const release = (): void => {
    database.exec('rollback');
    database.close();
  };
  try {
    writeFileSync(owner, JSON.stringify({ pid: process.pid, host: hostname() }));
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** Whether a process that writes the store is alive. */
export function isLocked(directory: string, epoch: number): boolean {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(lockPath(directory, epoch), { timeout: 0, readOnly: true });
  } catch {
    // No such file, or none that may be read: nobody was ever here with this epoch.
    return false;
  }
  try {
    database.prepare('select count(*) from sqlite_schema').all();
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

function describeOwner(path: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; host: string };
    return pid === process.pid ? `this process (${pid})` : `process ${pid} on ${host}`;
  } catch {
    // The note is for people only; the lock itself has spoken.
    return 'another process';
  }
}
