import {
  defineComponent,
  defineProcessor,
  defineSimulation,
  f64,
  Worlds,
  type Store,
  type World,
} from '@archetype/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const Position = defineComponent('Position', { x: f64(0) });
/** Never changes. */
export const Home = defineComponent('Home', { at: f64(7) });

/** Every walker stands at the number of its tick. */
export const walk = defineSimulation({
  components: [Position, Home],
  processors: [
    defineProcessor({
      name: 'walk',
      components: [Position],
      process: (df) => df.withColumns((c) => ({ position__x: c.position.x.add(1) })),
    }),
  ],
});

/** A world of `n` walkers, and one entity that stays at home. */
export function walkers(store: Store, name: string, n: number): World {
  const world = new Worlds(store).create(name, walk, { seed: 1 });
  for (let k = 0; k < n; k++) world.spawn(Position());
  world.spawn(Home());
  return world;
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'archetype store é '));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** What ticks hold, as `tick: count at x`; throws when a tick is not whole. */
export async function ticksOf(
  store: Store,
  name: string,
  n: number,
  ticks: { readonly from: number; readonly to: number },
): Promise<readonly number[]> {
  const reader = await new Worlds(store).attach(name);
  const frame = await reader.query([Position], { ticks });
  const counts = new Map<number, number>();
  const at = frame.column('tick');
  const x = frame.column('position__x');
  for (let row = 0; row < frame.numRows; row++) {
    if (x[row] !== at[row]) throw new Error(`tick ${at[row]} holds ${x[row]}`);
    counts.set(at[row]!, (counts.get(at[row]!) ?? 0) + 1);
  }
  for (const [tick, count] of counts)
    if (count !== n) throw new Error(`tick ${tick} holds ${count} of ${n} rows`);
  return [...counts.keys()];
}
