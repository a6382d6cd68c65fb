import { tablesOf } from '@archetype/core';
import { z } from 'zod';
import type { Command } from '../command/command.ts';
import { read, type DirectOperation } from './operation.ts';
import type { Services } from './services.ts';

const NOTHING = z.strictObject({});
const COST = { base: 2 };

/** Looks at one world, and takes nothing but its id. */
const look = <const T extends string, R>(
  type: T,
  about: string,
  run: (services: Services, command: Command) => Promise<R>,
): DirectOperation<T, typeof NOTHING, R, true> =>
  read({ type, about, world: true, payload: NOTHING, cost: COST, summary: () => ({}), run });

const getWorld = look(
  'get_world',
  'What can be said of a world: tick, seed, entities, where it was forked from.',
  async (services, { world: id }) => {
    const live = services.liveNow(id!);
    if (live !== undefined) return { ...live.info(), live: true, destroyed: false };
    const stored = await services.stored(id!);
    const snapshot = await (await services.store()).snapshot(stored.world, stored.newestTick);
    const tables = snapshot === undefined ? [] : tablesOf(snapshot);
    return {
      id: stored.world,
      run: stored.run,
      name: stored.name,
      seed: stored.seed,
      tick: Math.max(0, stored.newestTick),
      started: stored.newestTick >= 0,
      forkedAt: stored.forkedAt,
      entities: tables.reduce((n, table) => n + table.entities, 0),
      tables: tables.length,
      staged: 0,
      resources: [
        ...Object.keys(snapshot?.resources ?? stored.resources),
        ...stored.live,
      ].toSorted(),
      live: false,
      destroyed: stored.destroyed,
    };
  },
);

const listProcessors = look(
  'list_processors',
  "A running world's processors, in the order in which they were registered.",
  async (services, { world }) =>
    (await services.live(world!)).processors.list().map((processor) => ({
      name: processor.name,
      priority: processor.priority,
      scope: processor.scope,
      components: processor.components.map(({ type }) => type),
      without: processor.without.map(({ type }) => type),
      optional: processor.optional.map(({ type }) => type),
    })),
);

const listHooks = look(
  'list_hooks',
  "A running world's hooks; those that were added through the gate have an id.",
  async (services, { world }) =>
    (await services.live(world!)).hooks.list().map((hook) => ({
      event: hook.event,
      mode: hook.mode,
      hook: services.addedHooks.idOf(hook) ?? null,
    })),
);

const listResources = look(
  'list_resources',
  "A running world's resources: data with their values, live objects by name.",
  async (services, { world: id }) => {
    const world = await services.live(id!);
    return world.resources.list().map((name) => {
      const resource = world.definitions.resource(name);
      return resource.kind === 'data'
        ? { name, kind: resource.kind, value: world.resources.get(resource as never) }
        : { name, kind: resource.kind };
    });
  },
);

const listSignatures = look(
  'list_signatures',
  'Archetypes with living entities: table id, components, how many.',
  async (services, { world: id }) => {
    const live = services.liveNow(id!);
    if (live !== undefined) return live.tables();
    const { world, newestTick } = await services.stored(id!);
    const snapshot = await (await services.store()).snapshot(world, newestTick);
    return snapshot === undefined ? [] : tablesOf(snapshot);
  },
);

const listComponents = look(
  'list_components',
  'The components of a world, with the types of their fields and their defaults.',
  async (services, { world: id }) => {
    const live = services.liveNow(id!);
    const shapes = live?.definitions.components() ?? (await services.stored(id!)).components;
    return shapes
      .map(({ type, columns, defaults }) => ({ type, columns, defaults }))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1));
  },
);

const listWorlds = read({
  type: 'list_worlds',
  about: 'Every world, those that run and those that are only stored.',
  world: false,
  payload: NOTHING,
  cost: COST,
  summary: () => ({}),
  run: (services) => services.summaries(),
  narrow: async (worlds, reaches) => {
    const reached = await Promise.all(worlds.map(({ id }) => reaches(id)));
    return worlds.filter((_, k) => reached[k]);
  },
});

export const inspect = {
  get_world: getWorld,
  list_worlds: listWorlds,
  list_processors: listProcessors,
  list_hooks: listHooks,
  list_resources: listResources,
  list_signatures: listSignatures,
  list_components: listComponents,
};
