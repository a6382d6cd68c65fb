import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the quickstart prints the four ticks', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const output = execFileSync(process.execPath, ['--conditions=@archetype/source', main], {
    encoding: 'utf8',
  });
  expect(output).toBe(
    [
      'entity_id  tick  position__x  position__y',
      '─────────  ────  ───────────  ───────────',
      '        1     0            0            0',
      '        1     1            1            2',
      '        1     2            2            4',
      '        1     3            3            6',
      '4 rows',
      '',
    ].join('\n'),
  );
});
