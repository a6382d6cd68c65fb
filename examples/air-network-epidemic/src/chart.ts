import type { Curve } from './curves.ts';

const WIDTH = 72;
const HEIGHT = 14;

/** Two curves over days as text: `#` the first, `o` the second, `8` both. */
export function chart(a: Curve, b: Curve): string {
  const top = Math.max(...a.infected, ...b.infected);
  const days = a.infected.length;
  const grid = Array.from({ length: HEIGHT }, () => Array.from({ length: WIDTH }, () => ' '));
  for (const [curve, mark] of [
    [a, '#'],
    [b, 'o'],
  ] as const) {
    for (let x = 0; x < WIDTH; x++) {
      const day = Math.round((x / (WIDTH - 1)) * (days - 1));
      const y = HEIGHT - 1 - Math.round((curve.infected[day]! / top) * (HEIGHT - 1));
      const row = grid[y]!;
      row[x] = row[x] === ' ' || row[x] === mark ? mark : '8';
    }
  }
  const label = (y: number): string =>
    (y % 4 === 0 ? people((top * (HEIGHT - 1 - y)) / (HEIGHT - 1)) : '').padStart(7);
  return [
    'infected',
    ...grid.map((row, y) => `${label(y)} │${row.join('').trimEnd()}`),
    `${' '.repeat(8)}└${'─'.repeat(WIDTH)}`,
    `${' '.repeat(9)}day 0${String(days - 1).padStart(WIDTH - 5)}`,
    `${' '.repeat(9)}# ${a.name}   o ${b.name}   8 both`,
  ].join('\n');
}

/** A number of people, short: 12.3 M, 45 k. */
export function people(count: number): string {
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(0)} k` : count.toFixed(0);
}
