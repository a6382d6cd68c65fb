import {
  defineComponent,
  defineProcessor,
  gridIndex,
  i32,
  MemoryStore,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';
import { sameNumbers } from './same-numbers.ts';

/** Schelling's neighbourhoods: in random order, who has too few of their own around moves to an empty cell. */
const Home = defineComponent('Home', { x: i32(), y: i32(), group: i32() });
const SIDE = 50;
const WANTED = 0.4;

const move = defineProcessor({
  name: 'move',
  components: [Home],
  process: (df) => {
    const grid = gridIndex(df, { x: 'home__x', y: 'home__y', size: SIDE });
    return df.kernel(
      ['home__x', 'home__y'],
      ({ home__x: xs, home__y: ys }, { home__group: group }, _n, k) => {
        for (const i of k.random.permutation()) {
          const neighbours = grid.around(i);
          let alike = 0;
          for (const other of neighbours) if (group[other] === group[i]) alike++;
          if (alike >= WANTED * neighbours.length) continue;
          const cell = k.random.choice(grid.emptyCells());
          grid.move(i, cell % SIDE, Math.floor(cell / SIDE));
          xs[i] = grid.x(i);
          ys[i] = grid.y(i);
        }
      },
      { inout: ['home__x', 'home__y'] },
    );
  },
});

const seed = 12;
const TICKS = 15;
interface Agent {
  readonly group: number;
  x: number;
  y: number;
}
/** 2 200 agents of two groups, mixed; every eighth cell or so is empty. */
const start = (): Agent[] =>
  Array.from({ length: SIDE * SIDE }, (_, cell) => cell)
    .filter((cell) => (cell * 7919) % 25 >= 3)
    .map((cell) => ({
      x: cell % SIDE,
      y: Math.floor(cell / SIDE),
      group: (cell * 104_729) % 7 < 3 ? 1 : 0,
    }));

/** The reference: cells hold agents, neighbours are looked up, empty cells are searched for. */
function step(agents: readonly Agent[], tick: number): number {
  const random = sameNumbers({ seed, processor: 'move', tick, table: [Home] }).sequence();
  const cells: (Agent | undefined)[][] = Array.from({ length: SIDE }, () => []);
  for (const agent of agents) cells[agent.y]![agent.x] = agent;
  let moves = 0;
  for (const i of random.permutation(agents.length)) {
    const agent = agents[i]!;
    if (isContent(cells, agent)) continue;
    const empty: [number, number][] = [];
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) if (cells[y]![x] === undefined) empty.push([x, y]);
    }
    cells[agent.y]![agent.x] = undefined;
    [agent.x, agent.y] = random.choice(empty);
    cells[agent.y]![agent.x] = agent;
    moves++;
  }
  return moves;
}

function isContent(cells: readonly (readonly (Agent | undefined)[])[], agent: Agent): boolean {
  const around = neighboursOf(cells, agent);
  return around.filter(({ group }) => group === agent.group).length >= WANTED * around.length;
}

function neighboursOf(
  cells: readonly (readonly (Agent | undefined)[])[],
  { x, y }: Agent,
): Agent[] {
  return [-1, 0, 1]
    .flatMap((dy) =>
      [-1, 0, 1].map((dx) => (dx === 0 && dy === 0 ? undefined : cells[y + dy]?.[x + dx])),
    )
    .filter((agent) => agent !== undefined);
}

/** The mean share of one's own group among the neighbours. */
function segregation(agents: readonly Agent[]): number {
  const cells: (Agent | undefined)[][] = Array.from({ length: SIDE }, () => []);
  for (const agent of agents) cells[agent.y]![agent.x] = agent;
  const shares = agents.map((agent) => {
    const around = neighboursOf(cells, agent);
    return around.filter(({ group }) => group === agent.group).length / Math.max(1, around.length);
  });
  return shares.reduce((a, b) => a + b) / shares.length;
}

test('agents who move one after the other stand where plain objects stand, one to a cell', async () => {
  const agents = start();
  const world = new Worlds(new MemoryStore()).create('town', { processors: [move] }, { seed });
  world.spawnMany(agents.map((agent) => [Home({ ...agent })]));
  await world.run({ steps: TICKS });

  const mixed = segregation(agents);
  const moves: number[] = [];
  for (let tick = 1; tick <= TICKS; tick++) {
    moves.push(step(agents, tick));
    const rows = (await world.query([Home], { ticks: tick })).toRows();
    expect(rows.map((row) => [row.home__x, row.home__y, row.home__group])).toEqual(
      agents.map(({ x, y, group }) => [x, y, group]),
    );
    expect(new Set(rows.map((row) => row.home__y * SIDE + row.home__x)).size).toBe(agents.length);
  }
  expect(moves[0]).toBeGreaterThan(300);
  expect(moves.at(-1)).toBeLessThan(moves[0]! / 10);
  expect(segregation(agents) - mixed).toBeGreaterThan(0.2);
});
