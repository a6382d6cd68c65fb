import {
  bool,
  defineComponent,
  defineProcessor,
  gridIndex,
  i32,
  MemoryStore,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';

/** Conway's Life on a torus: a cell lives on with two or three neighbours, and is born with three. */
const Cell = defineComponent('Cell', { x: i32(), y: i32(), alive: bool(false) });

const life = (side: number) =>
  defineProcessor({
    name: 'life',
    components: [Cell],
    process: (df) => {
      const grid = gridIndex(df, { x: 'cell__x', y: 'cell__y', size: side, torus: true });
      return df.kernel(['cell__alive'], (out, { cell__alive: alive }, n) => {
        for (let i = 0; i < n; i++) {
          let neighbours = 0;
          for (const other of grid.around(i)) if (alive[other]!) neighbours++;
          out.cell__alive[i] = neighbours === 3 || (alive[i]! && neighbours === 2);
        }
      });
    },
  });

/** The board at every tick, row after row. */
async function play(side: number, start: readonly boolean[], ticks: number): Promise<boolean[][]> {
  const world = new Worlds(new MemoryStore()).create('life', { processors: [life(side)] });
  world.spawnMany(
    start.map((alive, cell) => [Cell({ x: cell % side, y: Math.floor(cell / side), alive })]),
  );
  await world.run({ steps: ticks });
  const history = await world.query([Cell], { ticks: 'all' });
  const alive = history.column('cell__alive');
  return Array.from({ length: ticks + 1 }, (_, tick) =>
    alive.slice(tick * start.length, (tick + 1) * start.length),
  );
}

/** The reference: a list of lines, and eight looks around. */
function next(board: readonly (readonly boolean[])[]): boolean[][] {
  const side = board.length;
  return board.map((line, y) =>
    line.map((alive, x) => {
      let neighbours = 0;
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const near = board[(y + dy + side) % side]![(x + dx + side) % side]!;
          if (near && (dx !== 0 || dy !== 0)) neighbours++;
        }
      }
      return neighbours === 3 || (alive && neighbours === 2);
    }),
  );
}

test('40 000 cells on a torus live as a plain board does, cell by cell', async () => {
  const side = 200;
  const start = Array.from({ length: side * side }, (_, cell) => (cell * 7919) % 997 < 350);
  const boards = await play(side, start, 30);
  let board = Array.from({ length: side }, (_, y) => start.slice(y * side, (y + 1) * side));
  const populations = [];
  for (const played of boards) {
    expect(played.filter(Boolean)).toHaveLength(board.flat().filter(Boolean).length);
    expect(played).toEqual(board.flat());
    populations.push(played.filter(Boolean).length);
    board = next(board);
  }
  expect(new Set(populations).size).toBeGreaterThan(10);
});

test('a glider comes back to where it was after a walk around the torus', async () => {
  const side = 6;
  const glider = [
    [1, 0],
    [2, 1],
    [0, 2],
    [1, 2],
    [2, 2],
  ];
  const start = Array.from({ length: side * side }, (_, cell) =>
    glider.some(([x, y]) => cell === y! * side + x!),
  );
  const boards = await play(side, start, 4 * side);
  expect(boards.at(-1)).toEqual(start);
  expect(boards[4]).not.toEqual(start);
  for (const board of boards) expect(board.filter(Boolean)).toHaveLength(5);
});
