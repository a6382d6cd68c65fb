import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the rollout tells how each episode ended, the same at every run', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const output = execFileSync(process.execPath, ['--conditions=@archetype/source', main], {
    encoding: 'utf8',
  });
  expect(output).toBe(
    [
      'walk:ep:0 cut off after 25',
      'walk:ep:1 home after 18',
      'walk:ep:2 home after 18',
      'walk:ep:3 home after 6',
      '',
    ].join('\n'),
  );
});
