import {
  defineComponent,
  defineProcessor,
  f64,
  i32,
  MemoryStore,
  random,
  Worlds,
  type DataFrame,
} from '@archetype/core';
import { expect, test } from 'vitest';

/** Predators and prey that share one pool of energy: what one loses another gains, and births split it. */
const Animal = defineComponent('Animal', { energy: f64(0), cell: i32(0) });
const Wolf = defineComponent('Wolf');
const Sheep = defineComponent('Sheep');
const CELLS = 12;

/** Animals live in 16 tables, so that 16 calls of a processor wait at once. */
const herds = Array.from({ length: 8 }, (_, k) => defineComponent(`Herd${k}`));

type Wait = 'none' | 'first table first' | 'last table first';
/** Turns of the event loop that a table's call waits. */
async function pause(wait: Wait, df: DataFrame): Promise<void> {
  const [first = 0] = df.column('entity_id') as Int32Array;
  const turns = { none: 0, 'first table first': first % 17, 'last table first': 17 - (first % 17) }[
    wait
  ];
  for (let k = 0; k < turns; k++) await new Promise((resolve) => setImmediate(resolve));
}

const processors = (wait: Wait) => {
  const roam = defineProcessor({
    name: 'roam',
    components: [Animal],
    priority: 0,
    process: (df) =>
      df.withColumns(() => ({ animal__cell: random('cell').mul(CELLS).floor().cast('i32') })),
  });
  // Two hunters in one priority may kill the same sheep; only `dying` of the next priority says who is dead.
  const hunt = (name: string, parity: number) =>
    defineProcessor({
      name,
      components: [Animal, Wolf],
      process: async (df, ctx) => {
        await pause(wait, df);
        const prey = ctx.query([Animal, Sheep]);
        const [ids, cells] = [prey.column('entity_id'), prey.column('animal__cell')];
        for (const { animal__cell: cell } of df) {
          const k = cells.findIndex(
            (c, row) => c % CELLS === cell % CELLS && ids[row]! % 2 === parity,
          );
          if (k >= 0) ctx.despawn(ids[k]!);
        }
        return df;
      },
    });
  const feed = defineProcessor({
    name: 'feed',
    components: [Animal, Sheep],
    priority: 20,
    process: async (df, ctx) => {
      await pause(wait, df);
      const wolves = ctx.query([Animal, Wolf]).column('entity_id');
      if (wolves.length === 0) return df;
      for (const { entity_id: sheep, animal__energy: energy } of df) {
        if (!ctx.dying(sheep)) continue;
        ctx.update(wolves[sheep % wolves.length]!, Animal, { energy }, { combine: 'sum' });
      }
      return df;
    },
  });
  const breed = defineProcessor({
    name: 'breed',
    components: [Animal],
    priority: 20,
    process: async (df, ctx) => {
      await pause(wait, df);
      const wolves = new Set(ctx.query([Wolf]).column('entity_id'));
      for (const { entity_id: id, animal__energy: energy } of df) {
        if (ctx.dying(id) || energy < 2) continue;
        ctx.update(id, Animal, { energy: -energy / 2 }, { combine: 'sum' });
        ctx.spawn(Animal({ energy: energy / 2 }), wolves.has(id) ? Wolf() : Sheep());
      }
      return df;
    },
  });
  return [roam, hunt('hunt-even', 0), hunt('hunt-odd', 1), feed, breed];
};

async function simulate(wait: Wait): Promise<DataFrame> {
  const world = new Worlds(new MemoryStore()).create(
    'ecosystem',
    { processors: processors(wait), components: [Sheep] },
    { seed: 5 },
  );
  for (let k = 0; k < 8; k++) world.spawn(Animal({ energy: 1.5 }), Wolf(), herds[k % 8]!());
  for (let k = 0; k < 60; k++) world.spawn(Animal({ energy: 8 }), Sheep(), herds[k % 8]!());
  for (let t = 0; t < 12; t++) await world.step();
  return world.query([Animal], { ticks: 'all', includeInactive: true });
}

test('nobody dies twice, nothing is born of the dead, and energy is conserved', async () => {
  const rows = await simulate('none');
  const total = new Map<number, number>();
  const dead = new Set<number>();
  const seen = new Set<string>();
  let deaths = 0;
  for (const { entity_id: id, tick, is_active: active, animal__energy: energy } of rows) {
    expect(dead.has(id as number)).toBe(false);
    expect(seen.has(`${id} ${tick}`)).toBe(false);
    seen.add(`${id} ${tick}`);
    if (active) total.set(tick as number, (total.get(tick as number) ?? 0) + (energy as number));
    else {
      dead.add(id as number);
      deaths++;
    }
  }
  expect(deaths).toBeGreaterThan(20);
  const energies = [...total.values()];
  for (const energy of energies) expect(energy).toBeCloseTo(energies[0]!, 6);
});

test('16 tables that wait at once, whichever is done first, give the same bytes as one after the other', async () => {
  const expected = await simulate('none');
  for (const wait of ['first table first', 'last table first'] as const) {
    const waiting = await simulate(wait);
    expect(waiting.equals(expected, { except: ['world_id', 'run_id'] })).toBe(true);
  }
});
