import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Database } from '../src/catalog/database.ts';
import { temporaryDirectory } from './journal/journal-in.ts';

test('a transaction that a full disk breaks off says so, changes nothing, and the next one works', async () => {
  const database = new Database(join(await temporaryDirectory(), 'small.db'));
  database.exec('pragma max_page_count = 8; create table things (thing blob)');
  const fill = (bytes: number): void =>
    database.transaction(() => {
      database.run('insert into things values (?)', new Uint8Array(bytes));
    });
  expect(() => fill(1_000_000)).toThrow('database or disk is full');
  fill(10);
  expect(database.all('select length(thing) as bytes from things')).toEqual([{ bytes: 10 }]);
  database.close();
});
