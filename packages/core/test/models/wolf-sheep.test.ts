import {
  defineComponent,
  defineProcessor,
  f64,
  gridIndex,
  i32,
  MemoryStore,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';
import { sameNumbers } from './same-numbers.ts';

/**
 * Wolves eat sheep, sheep eat grass, grass grows again. All walk at random on a torus, pay for each step, and share their
 * energy with a child now and then. Wolves go first, in random order; what they eat is where it stood when the tick began.
 */
const Animal = defineComponent('Animal', { x: i32(), y: i32(), energy: f64() });
const Wolf = defineComponent('Wolf');
const Sheep = defineComponent('Sheep');
const Grass = defineComponent('Grass', { x: i32(), y: i32(), wait: i32(0) });

const SIDE = 40;
const REGROWTH = 15;
const wolfRules = { cost: 1, meal: 18, births: 0.06 };
const sheepRules = { cost: 0.8, meal: 3, births: 0.07 };

const animalColumns = ['animal__x', 'animal__y', 'animal__energy'] as const;
const step = (at: number, by: number): number => (at + by + SIDE) % SIDE;

const wolves = defineProcessor({
  name: 'wolves',
  components: [Animal, Wolf],
  priority: 0,
  process: (df, ctx) => {
    const sheep = ctx.query([Animal, Sheep]);
    const prey = sheep.column('entity_id');
    const grid = gridIndex(sheep, { x: 'animal__x', y: 'animal__y', size: SIDE, torus: true });
    return df.kernel(
      animalColumns,
      (out, { entity_id: ids }, _n, k) => {
        const { animal__x: x, animal__y: y, animal__energy: energy } = out;
        for (const i of k.random.permutation()) {
          const own = k.random.row(i);
          x[i] = step(x[i]!, own.integer(-1, 2));
          y[i] = step(y[i]!, own.integer(-1, 2));
          energy[i]! -= wolfRules.cost;
          const [eaten] = grid.cell(x[i], y[i]);
          if (eaten !== undefined) {
            grid.take(eaten);
            ctx.despawn(prey[eaten]!);
            energy[i]! += wolfRules.meal;
          }
          if (energy[i]! < 0) ctx.despawn(ids[i]!);
          else if (own.uniform() < wolfRules.births) {
            energy[i]! /= 2;
            ctx.spawn(Animal({ x: x[i], y: y[i], energy: energy[i]! }), Wolf());
          }
        }
      },
      { inout: animalColumns },
    );
  },
});

const sheep = defineProcessor({
  name: 'sheep',
  components: [Animal, Sheep],
  process: (df, ctx) => {
    const meadow = ctx.query([Grass], { where: (c) => c.grass.wait.eq(0) });
    const tufts = meadow.column('entity_id');
    const grid = gridIndex(meadow, { x: 'grass__x', y: 'grass__y', size: SIDE, torus: true });
    return df.kernel(
      animalColumns,
      (out, { entity_id: ids }, _n, k) => {
        const { animal__x: x, animal__y: y, animal__energy: energy } = out;
        for (const i of k.random.permutation()) {
          if (ctx.dying(ids[i]!)) continue;
          const own = k.random.row(i);
          x[i] = step(x[i]!, own.integer(-1, 2));
          y[i] = step(y[i]!, own.integer(-1, 2));
          energy[i]! -= sheepRules.cost;
          const [eaten] = grid.cell(x[i], y[i]);
          if (eaten !== undefined) {
            grid.take(eaten);
            ctx.update(tufts[eaten]!, Grass, { wait: REGROWTH }, { combine: 'max' });
            energy[i]! += sheepRules.meal;
          }
          if (energy[i]! < 0) ctx.despawn(ids[i]!);
          else if (own.uniform() < sheepRules.births) {
            energy[i]! /= 2;
            ctx.spawn(Animal({ x: x[i], y: y[i], energy: energy[i]! }), Sheep());
          }
        }
      },
      { inout: animalColumns },
    );
  },
});

const growth = defineProcessor({
  name: 'growth',
  components: [Grass],
  process: (df) => df.withColumns((c) => ({ grass__wait: c.grass.wait.sub(1).clamp(0, REGROWTH) })),
});

const seed = 3;
const TICKS = 120;

/** The reference: objects in maps by id, and one loop after the other. */
interface Beast {
  x: number;
  y: number;
  energy: number;
}
class Meadow {
  readonly wolves = new Map<number, Beast>();
  readonly sheep = new Map<number, Beast>();
  readonly grass: { readonly x: number; readonly y: number; wait: number }[] = [];
  readonly eaten: number[] = [];
  #nextId = 1;

  add(kind: 'wolves' | 'sheep', beast: Beast): void {
    this[kind].set(this.#nextId++, beast);
  }

  addGrass(x: number, y: number, wait: number): void {
    this.grass.push({ x, y, wait });
    this.#nextId++;
  }

  tick(tick: number): void {
    const born: ['wolves' | 'sheep', Beast][] = [];
    const stood = [...this.sheep].map(([id, { x, y }]) => ({ id, x, y }));
    this.#act('wolves', wolfRules, tick, born, (wolf) => {
      const at = stood.findIndex(({ x, y }) => x === wolf.x && y === wolf.y);
      if (at < 0) return false;
      const { id } = stood.splice(at, 1)[0]!;
      this.sheep.get(id)!.energy = Number.NaN;
      this.eaten.push(id);
      return true;
    });
    const grazed = new Set<object>();
    this.#act('sheep', sheepRules, tick, born, (sheepHere) => {
      const tuft = this.grass[sheepHere.y * SIDE + sheepHere.x]!;
      if (tuft.wait > 0 || grazed.has(tuft)) return false;
      grazed.add(tuft);
      return true;
    });
    for (const tuft of this.grass) {
      tuft.wait = grazed.has(tuft) ? REGROWTH : Math.max(0, tuft.wait - 1);
    }
    for (const [kind, beast] of born) this.add(kind, beast);
  }

  #act(
    kind: 'wolves' | 'sheep',
    rules: typeof wolfRules,
    tick: number,
    born: ['wolves' | 'sheep', Beast][],
    eats: (beast: Beast) => boolean,
  ): void {
    const table = [Animal, kind === 'wolves' ? Wolf : Sheep];
    const random = sameNumbers({ seed, processor: kind, tick, table });
    const ids = [...this[kind].keys()];
    for (const i of random.sequence().permutation(ids.length)) {
      const beast = this[kind].get(ids[i]!)!;
      if (Number.isNaN(beast.energy)) continue;
      const own = random.of(ids[i]!);
      beast.x = step(beast.x, own.integer(-1, 2));
      beast.y = step(beast.y, own.integer(-1, 2));
      beast.energy -= rules.cost;
      if (eats(beast)) beast.energy += rules.meal;
      if (beast.energy >= 0 && own.uniform() < rules.births) {
        beast.energy /= 2;
        born.push([kind, { ...beast }]);
      }
    }
    for (const [id, { energy }] of this[kind]) if (!(energy >= 0)) this[kind].delete(id);
  }
}

test('wolves, sheep and grass are as many, and where, as in a model of plain objects', async () => {
  const meadow = new Meadow();
  const world = new Worlds(new MemoryStore()).create(
    'meadow',
    { processors: [wolves, sheep, growth], components: [Wolf, Sheep, Grass] },
    { seed },
  );
  for (let k = 0; k < 50; k++) {
    const wolf = { x: (k * 7) % SIDE, y: (k * 13) % SIDE, energy: 10 };
    meadow.add('wolves', wolf);
    world.spawn(Animal(wolf), Wolf());
  }
  for (let k = 0; k < 400; k++) {
    const one = { x: (k * 11) % SIDE, y: (k * 3) % SIDE, energy: 4 };
    meadow.add('sheep', one);
    world.spawn(Animal(one), Sheep());
  }
  for (let cell = 0; cell < SIDE * SIDE; cell++) {
    const tuft = [cell % SIDE, Math.floor(cell / SIDE), (cell * 31) % REGROWTH] as const;
    meadow.addGrass(...tuft);
    world.spawn(Grass({ x: tuft[0], y: tuft[1], wait: tuft[2] }));
  }
  await world.run({ steps: TICKS });

  const herdSizes: number[] = [];
  for (let tick = 1; tick <= TICKS; tick++) {
    meadow.tick(tick);
    for (const [kind, component] of [
      ['wolves', Wolf],
      ['sheep', Sheep],
    ] as const) {
      const rows = (await world.query([Animal, component], { ticks: tick })).toRows();
      expect(
        rows.map((row) => [row.entity_id, row.animal__x, row.animal__y, row.animal__energy]),
      ).toEqual([...meadow[kind]].map(([id, { x, y, energy }]) => [id, x, y, energy]));
    }
    const grass = (await world.query([Grass], { ticks: tick })).column('grass__wait');
    expect(grass).toEqual(Int32Array.from(meadow.grass, ({ wait }) => wait));
    herdSizes.push(meadow.sheep.size);
  }
  expect(meadow.wolves.size).toBeGreaterThan(0);
  expect(meadow.sheep.size).toBeGreaterThan(0);
  expect(Math.max(...herdSizes)).toBeGreaterThan(2 * Math.min(...herdSizes));

  // Nobody is eaten twice, and who is dead stays dead.
  expect(new Set(meadow.eaten).size).toBe(meadow.eaten.length);
  const history = await world.query([Animal], { ticks: 'all', includeInactive: true });
  const died = new Map<number, number>();
  for (const { entity_id: id, tick, is_active: active } of history) {
    expect(died.has(id)).toBe(false);
    if (!active) died.set(id, tick);
  }
  expect(meadow.eaten.every((id) => died.has(id))).toBe(true);
  expect(meadow.eaten.length).toBeGreaterThan(100);
});
