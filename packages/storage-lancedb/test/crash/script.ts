import {
  defineComponent,
  defineProcessor,
  defineSimulation,
  i32,
  MemoryStore,
  Worlds,
  type Store,
  type World,
} from '@archetype/core';
import { openDurableStore, type DurableStore, type DurableStoreOptions } from '@archetype/storage';

const Walker = defineComponent('Walker', { x: i32(0) });
const Badge = defineComponent('Badge', { at: i32(0) });
/** Never changes. */
const Rock = defineComponent('Rock', { weight: i32(9) });

/** Walkers are born, get a badge, which moves them to another table, and die. All of it follows from tick and entity. */
const simulation = defineSimulation({
  components: [Walker, Badge, Rock],
  processors: [
    defineProcessor({
      name: 'walk',
      components: [Walker],
      process: (df, ctx) => {
        const next = df.withColumns((c) => ({ walker__x: c.walker.x.add(1) }));
        ctx.despawn(next.filter((c) => c.walker.x.gt(11)));
        return next;
      },
    }),
    defineProcessor({
      name: 'badge',
      components: [Walker],
      without: [Badge],
      priority: 20,
      process: (df, ctx) => {
        ctx.addComponents(
          df.filter((c) => c.walker.x.add(c.entity_id).mod(4).eq(0).and(c.walker.x.lt(9))),
          Badge({ at: ctx.tick }),
        );
        if (ctx.tick % 2 === 0) ctx.spawn(Walker({ x: ctx.tick % 5 }));
        return df;
      },
    }),
  ],
});

const LAST = 24;
const FORKED_AT = 10;
const UNTIL = { one: LAST, two: LAST / 2, fork: LAST };
export type Name = keyof typeof UNTIL;
export const names = Object.keys(UNTIL) as readonly Name[];

type Acknowledge = (name: Name, tick: number) => void;

/** From wherever the store stands to the end of the script; the same from every point. */
export async function play(
  store: Store,
  acknowledge: Acknowledge = () => undefined,
): Promise<void> {
  const worlds = new Worlds(store);
  const stored = await store.worlds();
  const people = (world: World): World => {
    for (let k = 0; k < 6; k++) world.spawn(Walker({ x: k }));
    world.spawn(Rock());
    return world;
  };
  const open = async (name: Name, begin: () => Promise<World>): Promise<World> => {
    if (!stored.some((world) => world.name === name)) return begin();
    const world = await worlds.resume(name, simulation);
    // The power may fail between the world and its first tick.
    return world.info().started ? world : people(world);
  };
  const fresh = async (name: Name): Promise<World> =>
    people(worlds.create(name, simulation, { seed: 3 }));
  const run = async (name: Name, world: World, to: number): Promise<void> => {
    while (world.tick < to || !world.info().started) {
      await world.step();
      acknowledge(name, world.tick);
    }
  };
  const durable = store as Partial<DurableStore>;
  const one = await open('one', () => fresh('one'));
  await run('one', one, FORKED_AT);
  await durable.flush?.();
  const fork = await open('fork', () => one.fork({ name: 'fork', at: FORKED_AT }));
  const two = await open('two', () => fresh('two'));
  await Promise.all([run('two', two, UNTIL.two / 2), run('fork', fork, FORKED_AT + 4)]);
  await durable.flush?.();
  await run('one', one, LAST - 6);
  await durable.compact?.();
  await durable.retain?.(one.id, { olderThan: 8, every: 3 });
  await Promise.all([run('one', one, LAST), run('two', two, UNTIL.two), run('fork', fork, LAST)]);
  await durable.flush?.();
  await durable.compact?.();
}

/** Every row of every kept tick of a world, by tick; entity and components, not the ids that differ from run to run. */
async function ticksOf(store: Store, name: Name): Promise<ReadonlyMap<number, string>> {
  const reader = await new Worlds(store).attach(name);
  const ticks = new Map<number, string[]>();
  for (const components of [[Walker], [Walker, Badge], [Rock]] as const) {
    const rows = await reader.query(components, { ticks: 'all', includeInactive: true });
    for (const {
      world_id: _world,
      run_id: _run,
      tick,
      ...row
    } of rows.toRows() as unknown as Record<string, unknown>[]) {
      const lines = ticks.get(tick as number) ?? [];
      ticks.set(tick as number, lines);
      lines.push(`${components.map(({ type }) => type).join('+')} ${JSON.stringify(row)}`);
    }
  }
  return new Map([...ticks].map(([tick, lines]) => [tick, lines.join('\n')]));
}

let played: Promise<ReadonlyMap<Name, ReadonlyMap<number, string>>> | undefined;

/** What the script gives in memory, where nothing is thinned. */
const expected = (): Promise<ReadonlyMap<Name, ReadonlyMap<number, string>>> =>
  (played ??= (async () => {
    const store = new MemoryStore();
    await play(store);
    return new Map(
      await Promise.all(names.map(async (name) => [name, await ticksOf(store, name)] as const)),
    );
  })());

/** What every crash must leave: a store that opens, has all that was acknowledged, whole, and goes on to the same end. */
export async function checkAfter(
  options: DurableStoreOptions,
  acknowledged: ReadonlyMap<Name, number>,
): Promise<void> {
  const reference = await expected();
  const store = await openDurableStore(options);
  const problems: string[] = [];
  try {
    const stored = new Map((await store.worlds()).map((world) => [world.name, world.newestTick]));
    for (const [name, tick] of acknowledged) {
      if ((stored.get(name) ?? -1) < tick)
        problems.push(`${name} stands at ${stored.get(name)}, and ${tick} was acknowledged`);
    }
    const { lostTicks, damaged, missingRecords } = store.health();
    if (lostTicks.length > 0) problems.push('ticks were lost');
    if (damaged.length > 0) problems.push('the journal is called damaged');
    if (missingRecords > 0) problems.push('acknowledged records are not there');
    await compare(store, stored.keys() as Iterable<Name>, reference, problems);
    await play(store);
    await compare(store, names, reference, problems);
    const { sound } = await store.verify();
    if (!sound) problems.push('verify found something');
  } finally {
    await store.close();
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
}

async function compare(
  store: Store,
  among: Iterable<Name>,
  reference: ReadonlyMap<Name, ReadonlyMap<number, string>>,
  problems: string[],
): Promise<void> {
  for (const name of among) {
    const ticks = await ticksOf(store, name);
    for (const [tick, rows] of ticks)
      if (rows !== reference.get(name)!.get(tick)) problems.push(`${name} differs at tick ${tick}`);
    const newest = (await store.worlds()).find((world) => world.name === name)!.newestTick;
    // Only retention may take ticks away, and only from `one`.
    for (let tick = 0; tick <= newest; tick++) {
      const thinned = name !== 'two' && tick < LAST - 8 && tick % 3 !== 0 && tick !== FORKED_AT;
      if (!ticks.has(tick) && !thinned) problems.push(`${name} has no tick ${tick}`);
    }
  }
}
