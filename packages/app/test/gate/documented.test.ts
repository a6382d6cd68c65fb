import { operations, type Cost } from '@archetype/app';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const page = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'gate.md');

const tokens = ({ base, perTick, cap }: Cost): string =>
  [
    perTick === undefined ? `${base}` : `${base} + ${perTick} per tick`,
    ...(cap === undefined ? [] : [`at most ${cap}`]),
  ].join(', ');

/** Cells of the first table below a heading, without its head. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const [, below = ''] = readFileSync(page, 'utf8').split(`\n## ${heading}\n`);
  const [table = ''] = /^\|.*?(?=\n\n)/ms.exec(below) ?? [];
  const rows = table.split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('docs/gate.md lists every operation: what it does, for whom, what it costs, whether it may wait', () => {
  expect(tableBelow('Operations')).toEqual(
    Object.values(operations).map(({ type, about, roles, cost, deferrable }) => [
      `\`${type}\``,
      about,
      roles.join(', '),
      tokens(cost),
      deferrable ? 'yes' : '',
    ]),
  );
});
