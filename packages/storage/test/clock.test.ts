import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Catalog } from '../src/catalog/catalog.ts';
import { temporaryDirectory } from './journal/journal-in.ts';

test('a clock that is set back keeps replaced parts for their grace, counted from then, and not for ever', async () => {
  const catalog = new Catalog(join(await temporaryDirectory(), 'catalog.db'), { owner: 0 });
  catalog.own();
  const [year, grace] = [31_536_000_000, 60_000];
  const now = 2 * year;
  catalog.replaceParts(['old'], undefined, [], now);
  const back = now - year;
  expect(catalog.retired(back, grace)).toEqual([]);
  expect(catalog.retired(back + grace - 1, grace)).toEqual([]);
  expect(catalog.retired(back + grace, grace)).toEqual(['old']);
  catalog.close();
});
