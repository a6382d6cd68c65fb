import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  utf8,
  Worlds,
  type World,
} from '@archetype/core';
import { beforeEach, describe, expect, test } from 'vitest';

const Ear = defineComponent('Ear', { heard: utf8(''), count: f64(0) });
const Stone = defineComponent('Stone');

/** Writes down what each ear hears, and answers every question once. */
const listen = defineProcessor({
  name: 'listen',
  components: [Ear],
  process: (df, ctx) => {
    for (const { to, from, content } of ctx.messages) {
      if (!df.column('entity_id').includes(to)) continue;
      ctx.update(to, Ear, { heard: JSON.stringify([from, content]) });
      if (content === 'question') ctx.send({ to: from!, from: to, content: { answer: [1, null] } });
    }
    return df;
  },
});

let worlds: Worlds;
let world: World;
const heard = async (at: World = world): Promise<string[]> => [
  ...(await at.query([Ear])).column('ear__heard'),
];
const seen = async (at: World = world, ticks?: number): Promise<unknown[]> =>
  (await at.messages(ticks === undefined ? {} : { ticks }))
    .toRows()
    .map((row) => Object.values(row));
beforeEach(() => {
  worlds = new Worlds(new MemoryStore());
  world = worlds.create('w', { components: [Stone], processors: [listen] }, { seed: 1 });
});

describe('a message', () => {
  test('sent at t is a row of t, and given to the processors of t + 1', async () => {
    const [a, b] = [world.spawn(Ear()), world.spawn(Ear())];
    world.send({ to: b, from: a, content: 'question' });
    expect(world.staged().at(-1)).toEqual({ kind: 'send', to: b, from: a, content: 'question' });
    await world.run({ steps: 0 });
    expect(await seen()).toEqual([[1, b, a, 'question', 0, false]]);
    await world.step();
    expect(await heard()).toEqual(['', `[${a},"question"]`]);
    await world.step();
    expect(await heard()).toEqual([`[${b},{"answer":[1,null]}]`, `[${a},"question"]`]);
    expect(await seen()).toEqual([
      [1, b, a, 'question', 0, true],
      [2, a, b, { answer: [1, null] }, 1, true],
    ]);
    expect(await seen(world, 1)).toEqual([[2, a, b, { answer: [1, null] }, 1, true]]);
    await world.step();
    expect((await seen()).length).toBe(2);
  });

  test('whose receiver dies first is never delivered', async () => {
    const [a, b, c] = [world.spawn(Ear()), world.spawn(Ear()), world.spawn(Ear())];
    await world.run({ steps: 0 });
    world.send({ to: a, content: 1 });
    world.send({ to: b, content: 2 });
    world.send({ to: c, content: 3 });
    world.despawn(a);
    await world.step();
    world.despawn(b);
    await world.step();
    expect(await heard()).toEqual(['[null,3]']);
    expect((await seen()).map((row) => (row as unknown[]).at(-1))).toEqual([false, false, true]);
  });

  test('can go to an entity that is about to be born, staged or in the same tick', async () => {
    const id = world.spawn(Ear());
    world.send({ to: id, content: 'hello' });
    const midwife = defineProcessor({
      name: 'midwife',
      components: [Ear],
      process: (df, ctx) => {
        if (ctx.tick === 1) ctx.send({ to: ctx.spawn(Ear()), from: id, content: 'welcome' });
        return df;
      },
    });
    world.processors.add(midwife);
    await world.run({ steps: 2 });
    expect(await heard()).toEqual(['[null,"hello"]', `[${id},"welcome"]`]);
  });

  test('to nobody, or that JSON cannot hold, is refused at the call and in a processor', async () => {
    const id = world.spawn(Ear());
    expect(() => world.send({ to: 99, content: 1 })).toThrow(/Entity 99 is not alive/);
    expect(() => world.send({ to: id, from: 99, content: 1 })).toThrow(/Entity 99 is not alive/);
    expect(() => world.send({ to: id, content: undefined })).toThrow(
      /The content of a message was undefined/,
    );
    expect(() => world.send({ to: id, content: '\uD800' })).not.toThrow();
    const bad = defineProcessor({
      name: 'bad',
      components: [],
      process: (df, ctx) => {
        ctx.send({ to: 99, content: 1 });
        return df;
      },
    });
    world.processors.add(bad);
    await world.run({ steps: 0 });
    await expect(world.step()).rejects.toThrow(/No living entity is entity 99/);
    expect(world.tick).toBe(0);
    world.processors.remove('bad');
    await world.step();
    expect((await seen()).length).toBe(1);
  });
});

describe('forks and lives', () => {
  test('a fork delivers what was under way, and its source does too', async () => {
    const id = world.spawn(Ear());
    await world.run({ steps: 0 });
    world.send({ to: id, content: 'both' });
    const staged = await world.fork({ name: 'staged' });
    await world.step();
    const sent = await world.fork({ name: 'sent' });
    for (const at of [staged, sent, world]) await at.run({ steps: 2 });
    for (const at of [staged, sent, world])
      expect(await heard(at), at.name).toEqual(['[null,"both"]']);
    const past = await world.fork({ at: 1, name: 'past' });
    expect((await seen(past)).at(-1)).toEqual([1, id, null, 'both', 1, false]);
    past.despawn(id);
    await past.step();
    expect((await seen(past)).at(-1)).toEqual([1, id, null, 'both', 1, false]);
    expect((await seen(world)).at(-1)).toEqual([1, id, null, 'both', 1, true]);
  });

  test('a resumed world delivers it, numbers go on, and a reader reads it', async () => {
    const store = new MemoryStore();
    const first = new Worlds(store).create('w', { processors: [listen] }, { seed: 1 });
    const id = first.spawn(Ear());
    first.send({ to: id, content: 'one' });
    await first.run({ steps: 0 });
    await first.close();
    const second = await new Worlds(store).resume('w', { processors: [listen] });
    second.send({ to: id, content: 'two' });
    await second.run({ steps: 2 });
    expect(await heard(second)).toEqual(['[null,"two"]']);
    const reader = await new Worlds(store).attach('w');
    expect(
      (await reader.messages())
        .toRows()
        .map(({ id: number, content, delivered }) => [number, content, delivered]),
    ).toEqual([
      [1, 'one', true],
      [2, 'two', true],
    ]);
  });

  test('processors of all tables see the same messages, in the order of sending', async () => {
    const orders: unknown[] = [];
    const note = defineProcessor({
      name: 'note',
      components: [],
      process: (df, ctx) => {
        if (ctx.messages.numRows > 0) orders.push([...ctx.messages.column('id')]);
        return df;
      },
    });
    world.processors.add(note);
    const ids = [world.spawn(Ear()), world.spawn(Stone()), world.spawn(Ear(), Stone())];
    for (const id of ids) world.send({ to: id, content: id });
    await world.run({ steps: 1 });
    expect(orders).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });
});
