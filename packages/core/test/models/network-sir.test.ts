import { defineComponent, defineProcessor, entity, MemoryStore, Worlds } from '@archetype/core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sameNumbers } from './same-numbers.ts';

/**
 * An epidemic on a network whose people are born and die: who is susceptible may be infected by each infected friend,
 * who is infected recovers after a while. Newborns make friends; the ties of who dies end with them.
 */
const Person = defineComponent('Person', { state: z.enum(['S', 'I', 'R']).default('S') });
const Tie = defineComponent('Tie', { a: entity(), b: entity() });

const INFECTION = 0.09;
const RECOVERY = 0.1;
const DEATH = 0.004;
const BIRTHS = 5;
const FRIENDS = 4;

const contagion = defineProcessor({
  name: 'contagion',
  components: [Person],
  priority: 0,
  process: (df, ctx) => {
    const ids = df.column('entity_id');
    const rowOf = new Map(Array.from(ids, (id, row) => [id, row]));
    const ties = ctx.query([Tie]);
    const [as, bs] = [ties.column('tie__a'), ties.column('tie__b')];
    return df.kernel(
      ['person__state'],
      ({ person__state: out }, { person__state: state }, n, k) => {
        const sick = new Int32Array(n);
        for (let tie = 0; tie < ties.numRows; tie++) {
          const [a, b] = [rowOf.get(as[tie]!)!, rowOf.get(bs[tie]!)!];
          if (state[a] === 'I') sick[b]!++;
          if (state[b] === 'I') sick[a]!++;
        }
        const living: number[] = [];
        for (let i = 0; i < n; i++) {
          const own = k.random.row(i, 'life');
          if (own.uniform() < DEATH) {
            ctx.despawn(ids[i]!);
            continue;
          }
          living.push(ids[i]!);
          if (state[i] === 'S' && own.binomial(sick[i]!, INFECTION) > 0) out[i] = 'I';
          else if (state[i] === 'I' && own.uniform() < RECOVERY) out[i] = 'R';
        }
        const births = k.random.stream('births');
        for (let left = births.poisson(BIRTHS); left > 0; left--) {
          const child = ctx.spawn(Person());
          for (let friend = 0; friend < FRIENDS; friend++) {
            ctx.spawn(Tie({ a: child, b: births.choice(living) }));
          }
        }
      },
      { inout: ['person__state'] },
    );
  },
});

const parting = defineProcessor({
  name: 'parting',
  components: [Tie],
  process: (df, ctx) => {
    for (const { entity_id: tie, tie__a: a, tie__b: b } of df) {
      if (ctx.dying(a) || ctx.dying(b)) ctx.despawn(tie);
    }
    return df;
  },
});

const seed = 21;
const TICKS = 80;
const PEOPLE = 1200;

/** The reference: people and their ties in maps by id. */
class Town {
  readonly people = new Map<number, 'S' | 'I' | 'R'>();
  readonly ties = new Map<number, readonly [number, number]>();
  births = 0;
  deaths = 0;
  #nextId = 1;

  addPerson(state: 'S' | 'I' | 'R'): number {
    this.people.set(this.#nextId, state);
    return this.#nextId++;
  }

  addTie(a: number, b: number): void {
    this.ties.set(this.#nextId++, [a, b]);
  }

  tick(tick: number): void {
    const random = sameNumbers({ seed, processor: 'contagion', tick, table: [Person] });
    const before = new Map(this.people);
    const sick = new Map<number, number>();
    for (const [a, b] of this.ties.values()) {
      if (before.get(a) === 'I') sick.set(b, (sick.get(b) ?? 0) + 1);
      if (before.get(b) === 'I') sick.set(a, (sick.get(a) ?? 0) + 1);
    }
    for (const [id, state] of before) {
      const own = random.of(id, 'life');
      if (own.uniform() < DEATH) {
        this.people.delete(id);
        this.deaths++;
      } else if (state === 'S') {
        if (own.binomial(sick.get(id) ?? 0, INFECTION) > 0) this.people.set(id, 'I');
      } else if (state === 'I' && own.uniform() < RECOVERY) this.people.set(id, 'R');
    }
    for (const [tie, [a, b]] of this.ties) {
      if (!this.people.has(a) || !this.people.has(b)) this.ties.delete(tie);
    }
    const living = [...this.people.keys()];
    const births = random.sequence('births');
    for (let left = births.poisson(BIRTHS); left > 0; left--) {
      const child = this.addPerson('S');
      this.births++;
      for (let friend = 0; friend < FRIENDS; friend++) this.addTie(child, births.choice(living));
    }
  }
}

test('states, births, deaths and ties are those of a model of plain objects, tick by tick', async () => {
  const town = new Town();
  const world = new Worlds(new MemoryStore()).create(
    'town',
    { processors: [contagion, parting], components: [Tie] },
    { seed },
  );
  for (let k = 0; k < PEOPLE; k++) {
    const state = k % 100 === 0 ? 'I' : 'S';
    town.addPerson(state);
    world.spawn(Person({ state }));
  }
  for (let k = 0; k < 3 * PEOPLE; k++) {
    const round = Math.floor(k / PEOPLE);
    const [a, b] = [(k % PEOPLE) + 1, (((k + 31 * round) * 7919 + 17 * round + 5) % PEOPLE) + 1];
    town.addTie(a, b);
    world.spawn(Tie({ a, b }));
  }
  await world.run({ steps: TICKS });

  const infected: number[] = [];
  for (let tick = 1; tick <= TICKS; tick++) {
    town.tick(tick);
    const people = await world.query([Person], { ticks: tick });
    expect(people.column('entity_id')).toEqual(Int32Array.from(town.people.keys()));
    expect(people.column('person__state')).toEqual([...town.people.values()]);
    const ties = await world.query([Tie], { ticks: tick });
    const [as, bs] = [ties.column('tie__a'), ties.column('tie__b')];
    expect(ties.column('entity_id')).toEqual(Int32Array.from(town.ties.keys()));
    expect(as).toEqual(Int32Array.from(town.ties.values(), ([a]) => a));
    expect(bs).toEqual(Int32Array.from(town.ties.values(), ([, b]) => b));
    const alive = new Set(people.column('entity_id'));
    expect([...as, ...bs].every((end) => alive.has(end))).toBe(true);
    infected.push(people.filter((c) => c.person.state.eq('I')).numRows);
  }
  expect(town.people.size).toBe(PEOPLE + town.births - town.deaths);
  expect(Math.min(town.births, town.deaths)).toBeGreaterThan(150);
  expect(Math.max(...infected)).toBeGreaterThan(300);
  expect(infected.at(-1)).toBeLessThan(Math.max(...infected) / 2);

  const graves = (await world.query([Person], { ticks: 'all', includeInactive: true })).toRows();
  expect(graves.filter((row) => !row.is_active)).toHaveLength(town.deaths);
});
