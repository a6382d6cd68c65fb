import { createEnv, type Env } from '@archetype/app';
import {
  bool,
  defineComponent,
  defineProcessor,
  defineSimulation,
  i32,
  utf8,
  when,
  type World,
} from '@archetype/runtime';

/** A fox hunts a hare on a square field with a fence. Both move at once, one cell to a side or none. */
const Animal = defineComponent('Animal', {
  kind: utf8(),
  x: i32(0),
  y: i32(0),
  caught: bool(false),
});
const SIZE = 7;

/** Stay, north, east, south, west. */
const MOVES: readonly (readonly [dx: number, dy: number])[] = [
  [0, 0],
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
];

/** For each agent the number of a move, 0 to 4. */
export type Moves = { readonly fox: number; readonly hare: number };
/** For each agent four whole numbers: its own x and y, and those of the other. */
export type Views = { readonly fox: Int32Array; readonly hare: Int32Array };
/** For each agent: the fox gets 10 for the hare and pays 0.1 a step; the hare gets the opposite. */
export type Rewards = { readonly fox: number; readonly hare: number };

const move = defineProcessor({
  name: 'move',
  components: [Animal],
  process: (df, { input }) => {
    const moves = input as Moves;
    const [fox, hare] = [MOVES[moves.fox]!, MOVES[moves.hare]!];
    return df
      .withColumns((c) => {
        const isFox = c.animal.kind.eq('fox');
        const dx = when(isFox).then(fox[0]).otherwise(hare[0]);
        const dy = when(isFox).then(fox[1]).otherwise(hare[1]);
        return {
          animal__x: c.animal.x
            .add(dx)
            .clamp(0, SIZE - 1)
            .cast('i32'),
          animal__y: c.animal.y
            .add(dy)
            .clamp(0, SIZE - 1)
            .cast('i32'),
        };
      })
      .withColumns((c) => ({
        animal__caught: c.animal.x
          .min()
          .over('tick')
          .eq(c.animal.x.max().over('tick'))
          .and(c.animal.y.min().over('tick').eq(c.animal.y.max().over('tick'))),
      }));
  },
});

export const gridWorld = defineSimulation({ name: 'grid-world', processors: [move] });

async function observe(world: Pick<World, 'query'>): Promise<Views> {
  const rows = await world.query([Animal]);
  const [x, y] = [rows.column('animal__x'), rows.column('animal__y')];
  const fox = rows.column('animal__kind').indexOf('fox');
  const hare = 1 - fox;
  const view = (own: number, other: number): Int32Array =>
    Int32Array.of(x[own]!, y[own]!, x[other]!, y[other]!);
  return { fox: view(fox, hare), hare: view(hare, fox) };
}

/** The hunt in a world of its own; over when the hare is caught, truncated after 100 steps. */
export const createGridWorld = (world: World): Env<Views, Moves, Rewards> =>
  createEnv(world, {
    begin: (start, { random }) => {
      // Two different cells.
      const [fox, hare] = random.permutation(SIZE * SIZE);
      const at = (cell: number) => ({ x: cell % SIZE, y: Math.floor(cell / SIZE) });
      start.spawn(Animal({ kind: 'fox', ...at(fox!) }));
      start.spawn(Animal({ kind: 'hare', ...at(hare!) }));
    },
    act: (_world, moves: Moves) => moves,
    observe,
    reward: (_world, { after: { fox } }): Rewards => {
      const caught = fox[0] === fox[2] && fox[1] === fox[3];
      const won = (caught ? 10 : 0) - 0.1;
      return { fox: won, hare: -won };
    },
    terminated: { component: Animal, field: 'caught' },
    maxSteps: 100,
  });
