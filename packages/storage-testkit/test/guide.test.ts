import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
/** Blank lines between the pieces are the page's own. */
const lines = (code: string): readonly string[] => code.split('\n').filter((line) => line !== '');

test('the adapter that the guide writes step by step is the one that the kit holds to its promises', () => {
  const pieces = read('../../../docs/storage-adapter.md').matchAll(/^```ts adapter\n(.*?)^```$/gms);
  const guide = [...pieces].map(([, code]) => code).join('');
  expect(lines(guide)).toEqual(lines(read('ipc-table-store.ts')));
});
