import {
  ArchetypeError,
  tablesOf,
  type AnyComponent,
  type DataFrame,
  type Json,
  type QueryOptions,
  type StoredCommand,
} from '@archetype/core';
import { z } from 'zod';
import { auditPage, type AuditPage, type AuditPageQuery } from '../audit/page.ts';
import { read } from './operation.ts';
import { short } from '../command/printed.ts';
import { entityId, text } from './payload.ts';
import type { Services } from './services.ts';

const MAX_PAGE = 1000;

const tick = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const ticks = z.union([
  z.enum(['newest', 'all']),
  tick,
  z.strictObject({ from: tick.optional(), to: tick.optional() }),
]);
const sortKey = z.union([
  text,
  z.strictObject({ by: text, order: z.enum(['ascending', 'descending']).optional() }),
]);

const query = read({
  type: 'query',
  about: 'Rows of every archetype that has the components.',
  world: true,
  payload: z.strictObject({
    components: z.array(text).max(100).default([]),
    ticks: ticks.optional(),
    entities: z.array(entityId).max(100_000).optional(),
    without: z.array(text).max(100).optional(),
    includeInactive: z.boolean().optional(),
    where: z
      .custom<NonNullable<QueryOptions['where']>>(
        (given) => typeof given === 'function',
        'a condition is a function of the columns',
      )
      .optional(),
    select: z.array(text).min(1).max(1000).optional(),
    sort: z.union([sortKey, z.array(sortKey).max(100)]).optional(),
    limit: z.int().min(0).optional(),
  }),
  cost: { base: 5 },
  summary: ({ components, ticks: wanted = 'newest' }) => ({
    components: components.slice(0, 20).map(short),
    ticks: wanted as Json,
  }),
  written: ({ where, ...rest }) => ({
    ...(rest as Record<string, Json>),
    ...(where !== undefined && { where: 'function' }),
  }),
  run: async (services, { payload, world: id }): Promise<DataFrame> => {
    const { components, without = [], ...wanted } = payload;
    const options = wanted as QueryOptions;
    const live = services.liveNow(id!);
    if (live !== undefined) {
      const known = (name: string) => live.definitions.component(name);
      return live.query(components.map(known), {
        ...(options as object),
        without: without.map(known),
      });
    }
    // Worlds that nobody runs are read from the store.
    await services.stored(id!);
    const reader = await services.attach(id!);
    return reader.query(components, {
      ...options,
      without: without.map((type) => ({ type }) as AnyComponent),
    });
  },
});

const getWorld = read({
  type: 'get_world',
  about: 'What can be said of a world: tick, seed, entities, where it was forked from.',
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world: id }) => {
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
});

const listWorlds = read({
  type: 'list_worlds',
  about: 'Every world, those that run and those that are only stored.',
  world: false,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: (services) => services.summaries(),
  narrow: async (worlds, reaches) => {
    const reached = await Promise.all(worlds.map(({ id }) => reaches(id)));
    return worlds.filter((_, k) => reached[k]);
  },
});

const listProcessors = read({
  type: 'list_processors',
  about: "A running world's processors, in the order in which they were registered.",
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world }) =>
    (await services.live(world!)).processors.list().map((processor) => ({
      name: processor.name,
      priority: processor.priority,
      scope: processor.scope,
      components: processor.components.map(({ type }) => type),
      without: processor.without.map(({ type }) => type),
      optional: processor.optional.map(({ type }) => type),
    })),
});

const listHooks = read({
  type: 'list_hooks',
  about: "A running world's hooks; those that were added through the gate have an id.",
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world }) =>
    (await services.live(world!)).hooks.list().map((hook) => ({
      event: hook.event,
      mode: hook.mode,
      hook: services.addedHooks.idOf(hook) ?? null,
    })),
});

const listResources = read({
  type: 'list_resources',
  about: "A running world's resources: data with their values, live objects by name.",
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world: id }) => {
    const world = await services.live(id!);
    return world.resources.list().map((name) => {
      const resource = world.definitions.resource(name);
      return resource.kind === 'data'
        ? { name, kind: resource.kind, value: world.resources.get(resource as never) }
        : { name, kind: resource.kind };
    });
  },
});

const listSignatures = read({
  type: 'list_signatures',
  about: 'Archetypes with living entities: table id, components, how many.',
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world: id }) => {
    const live = services.liveNow(id!);
    if (live !== undefined) return live.tables();
    const { world, newestTick } = await services.stored(id!);
    const snapshot = await (await services.store()).snapshot(world, newestTick);
    return snapshot === undefined ? [] : tablesOf(snapshot);
  },
});

const listComponents = read({
  type: 'list_components',
  about: 'The components of a world, with the types of their fields and their defaults.',
  world: true,
  payload: z.strictObject({}),
  cost: { base: 2 },
  summary: () => ({}),
  run: async (services, { world: id }) => {
    const live = services.liveNow(id!);
    const shapes = live?.definitions.components() ?? (await services.stored(id!)).components;
    return shapes
      .map(({ type, columns, defaults }) => ({ type, columns, defaults }))
      .toSorted((a, b) => (a.type < b.type ? -1 : 1));
  },
});

const getAudit = read({
  type: 'get_audit',
  about: 'A page of the audit trail, newest first, with what became of the commands.',
  world: false,
  payload: z.strictObject({
    world: text.optional(),
    actor: text.optional(),
    type: text.optional(),
    command: text.optional(),
    status: z.enum(['accepted', 'queued', 'applied', 'rejected', 'denied', 'failed']).optional(),
    idempotencyKey: text.optional(),
    ticks: z.strictObject({ from: tick.optional(), to: tick.optional() }).optional(),
    time: z.strictObject({ from: z.number().optional(), to: z.number().optional() }).optional(),
    cursor: z.int().min(0).optional(),
    limit: z.int().min(1).max(MAX_PAGE).optional(),
  }),
  concerns: (_services, { world }) => world,
  cost: { base: 2 },
  summary: ({ world, actor, type }) => ({
    ...(world !== undefined && { world: short(world) }),
    ...(actor !== undefined && { actor: short(actor) }),
    ...(type !== undefined && { type: short(type) }),
  }),
  run: async (services, { payload }): Promise<AuditPage> =>
    auditPage(services.trail, await services.store(), payload as AuditPageQuery),
});

const getCommand = read({
  type: 'get_command',
  about: 'A command that was accepted, and what became of it.',
  world: false,
  payload: z.strictObject({ command: text }),
  concerns: worldOfCommand,
  cost: { base: 2 },
  summary: ({ command }) => ({ command: short(command) }),
  run: async (services, { payload: { command: id } }): Promise<StoredCommand> => {
    await services.trail.flush();
    const [command] = await (await services.store()).commands({ id });
    if (command !== undefined) return command;
    throw commandNotFound(id);
  },
});

/** The world that a command is about. */
export async function worldOfCommand(
  { store }: Services,
  { command: id }: { readonly command: string },
): Promise<string | undefined> {
  return (await (await store()).commands({ id }))[0]?.world;
}

export const commandNotFound = (id: string): ArchetypeError =>
  new ArchetypeError(
    'command_not_found',
    `No command "${short(id)}" was accepted; use the id that submitting it gave. Reads and refused commands are in the audit trail only.`,
  );

export const reads = {
  query,
  get_world: getWorld,
  list_worlds: listWorlds,
  list_processors: listProcessors,
  list_hooks: listHooks,
  list_resources: listResources,
  list_signatures: listSignatures,
  list_components: listComponents,
  get_audit: getAudit,
  get_command: getCommand,
};
