import { ArchetypeError } from '@archetype/core';
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * One process writes a store. The lock is an exclusive SQLite transaction, which the system ends with the process; who
 * holds it stands beside it for the message.
 *
 * @throws `store_locked`
 */
export function lockDirectory(directory: string): { release(): void } {
  const owner = join(directory, 'owner.json');
  const database = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    throw new ArchetypeError(
      'store_locked',
      `The store in ${directory} is being written by ${describeOwner(owner)}; wait until it ends, or use another directory.`,
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

function describeOwner(path: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; host: string };
    return pid === process.pid ? `this process (${pid})` : `process ${pid} on ${host}`;
  } catch {
    // The note is for people only; the lock itself has spoken.
    return 'another process';
  }
}
