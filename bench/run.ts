import {
  defineComponent,
  defineProcessor,
  f64,
  Frame,
  fromValues,
  MemoryStore,
  types,
  Worlds,
  type DataFrame,
  type World,
} from '@archetype/core';
import { ArchetypeRuntime } from '@archetype/runtime';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { line, median, type Figure } from './measure.ts';

const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});

/** `n` entities that move, as one frame. */
function movers(n: number): DataFrame {
  const column = (step: number) =>
    fromValues(
      types.f64,
      Array.from({ length: n }, (_, k) => (k % 1000) * step),
    );
  const names = ['position__x', 'position__y', 'velocity__dx', 'velocity__dy'];
  const frame = new Frame(
    names.map((name) => ({ name, type: types.f64 })),
    names.map((_, k) => column(k + 1)),
    n,
  );
  return frame as unknown as DataFrame;
}

/** The same step by hand: a loop over typed arrays that allocates its outputs. */
function byHand(n: number): () => void {
  const arrays = Array.from({ length: 4 }, () =>
    Float64Array.from({ length: n }, (_, k) => k % 1000),
  );
  let [x, y] = [arrays[0]!, arrays[1]!];
  const [dx, dy] = [arrays[2]!, arrays[3]!];
  return () => {
    const [nx, ny] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0; i < n; i++) {
      nx[i] = x[i]! + dx[i]!;
      ny[i] = y[i]! + dy[i]!;
    }
    [x, y] = [nx, ny];
  };
}

async function movementStep(n: number, bar: Figure['bar']): Promise<Figure> {
  const world = new Worlds(new MemoryStore({ keep: 1 })).create('bench', {
    processors: [movement],
    components: [Velocity],
  });
  world.spawnMany(movers(n));
  await world.run({ steps: 3 });
  await check(world, n, 3);
  // Small steps are over before the compiler has seen them.
  await world.run({ steps: n > 10_000 ? 10 : 2000 });
  const rounds = n > 500_000 ? 15 : 51;
  const [ms, yardstickMs] = [
    await median(rounds, () => world.step()),
    await median(rounds, byHand(n)),
  ];
  return {
    name: `movement step, ${n.toLocaleString('en')} entities, in memory`,
    ms,
    yardstick: 'loop by hand',
    yardstickMs,
    bar,
  };
}

/** A figure counts only if its result is right. */
async function check(world: World, n: number, steps: number): Promise<void> {
  const rows = await world.query([Position]);
  const x = rows.column('position__x');
  for (let k = 0; k < n; k += 997) {
    const expected = (k % 1000) + steps * (k % 1000) * 3;
    if (x[k] !== expected)
      throw new Error(`the movement is wrong: entity ${k + 1} is at ${x[k]}, not ${expected}`);
  }
}

/** One 4 kB write and a sync, in the same directory. */
async function oneSync(directory: string): Promise<number> {
  const file = await open(join(directory, 'yardstick'), 'w');
  const page = new Uint8Array(4096).fill(1);
  let at = 0;
  const ms = await median(101, async () => {
    await file.write(page, 0, page.length, at);
    at += page.length;
    await file.datasync();
  });
  await file.close();
  return ms;
}

async function durableRun(directory: string): Promise<Figure> {
  await using runtime = new ArchetypeRuntime({ storage: join(directory, 'run') });
  const world = runtime.world('bench', { processors: [movement] });
  world.spawn(Position(), Velocity({ dx: 1, dy: 2 }));
  await world.run({ steps: 100 });
  const ms = (await median(5, () => world.run({ steps: 1000 }))) / 1000;
  const [x] = (await world.query([Position])).column('position__x');
  if (x !== world.tick) throw new Error(`the run is wrong: ${x} after ${world.tick} ticks`);
  return {
    name: 'one entity, run(1000), durable, per tick',
    ms,
    yardstick: 'write + fdatasync',
    yardstickMs: await oneSync(directory),
    bar: { ms: 1 },
  };
}

async function fork(directory: string, n: number): Promise<Figure> {
  await using runtime = new ArchetypeRuntime({ storage: join(directory, 'fork') });
  const world = runtime.world('bench', { processors: [movement], components: [Velocity] });
  world.spawnMany(movers(n));
  await world.run({ steps: 1 });
  let branch: World | undefined;
  const ms = await median(9, async () => {
    branch = await world.fork();
  });
  if (branch?.info().entities !== n) throw new Error('the fork is wrong');
  return {
    name: `fork of ${n.toLocaleString('en')} entities, durable`,
    ms,
    yardstick: 'write + fdatasync',
    yardstickMs: await oneSync(directory),
    bar: { ms: 20 },
  };
}

const directory = mkdtempSync(join(tmpdir(), 'archetype-bench-'));
try {
  const figures: Figure[] = [];
  const measures = [
    () => movementStep(1, { ms: 0.06 }),
    () => movementStep(1_000, { ms: 0.1 }),
    () => movementStep(100_000, { ratio: 3 }),
    () => movementStep(1_000_000, { ratio: 2.5 }),
    () => durableRun(directory),
    () => fork(directory, 1_000_000),
  ];
  for (const measure of measures) {
    const figure = await measure();
    figures.push(figure);
    console.log(line(figure));
  }
  const results = new URL('results/', import.meta.url);
  mkdirSync(results, { recursive: true });
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  const file = new URL(`${new Date().toISOString().slice(0, 10)}.json`, results);
  writeFileSync(file, `${JSON.stringify({ machine, figures }, undefined, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
