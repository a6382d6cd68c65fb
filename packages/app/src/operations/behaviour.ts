import {
  ArchetypeError,
  didYouMean,
  isResource,
  resourceFromJson,
  type HookDefinition,
  type Json,
  type Processor,
  type ResourceValue,
} from '@archetype/core';
import { z } from 'zod';
import { change, mutation, roles } from './operation.ts';
import { short } from '../command/printed.ts';
import { json, text } from './payload.ts';
import type { Services } from './services.ts';

const processorGiven = z.custom<Processor>((given) => {
  const { name, process, components, without, optional } = (given ?? {}) as Partial<Processor>;
  const lists = [components, without, optional].every((list) => Array.isArray(list));
  return typeof name === 'string' && typeof process === 'function' && lists;
}, 'give what defineProcessor returned');
const hookGiven = z.custom<HookDefinition>((given) => {
  const { event, handler } = (given ?? {}) as Partial<HookDefinition>;
  return typeof event === 'string' && typeof handler === 'function';
}, 'give what defineHook returned');
const resourceGiven = z.custom<ResourceValue>((given) => {
  const { of, resource } = (given ?? {}) as Partial<ResourceValue>;
  return isResource(of) && resource === of.resource;
}, 'give a resource value, for example Gravity(1.6)');

const addProcessor = change({
  type: 'add_processor',
  group: 'behaviour',
  about: 'Adds a processor, by the name under which the host registered it.',
  roles: roles.operate,
  world: true,
  payload: z.union([z.strictObject({ name: text }), z.strictObject({ processor: processorGiven })]),
  cost: { base: 15 },
  summary: (payload) => ({ name: short(nameOf(payload)) }),
  written: (payload) => ({ name: nameOf(payload) }),
  check: (services, { payload }) => void processorOf(services, payload),
  run: async (services, { payload, world }) => {
    const processor = processorOf(services, payload);
    (await services.live(world!)).processors.add(processor);
    return { name: processor.name };
  },
});

const removeProcessor = change({
  type: 'remove_processor',
  group: 'behaviour',
  about: 'Removes a processor by its name.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ name: text }),
  cost: { base: 10 },
  summary: ({ name }) => ({ name: short(name) }),
  run: async (services, { payload: { name }, world }) => {
    const { processors } = await services.live(world!);
    if (processors.remove(name)) return { name };
    throw unknown(
      'processor_not_found',
      'processor',
      name,
      processors.list().map((p) => p.name),
    );
  },
});

const addHook = change({
  type: 'add_hook',
  group: 'behaviour',
  about: 'Adds a hook, by the name under which the host registered it.',
  roles: roles.operate,
  world: true,
  payload: z.union([z.strictObject({ name: text }), z.strictObject({ hook: hookGiven })]),
  cost: { base: 10 },
  summary: (payload) =>
    'name' in payload ? { name: short(payload.name) } : { event: short(payload.hook.event) },
  written: (payload) =>
    'name' in payload ? { name: payload.name } : { event: payload.hook.event },
  check: (services, { payload }) => void hookOf(services, payload),
  run: async (services, { payload, world }) => {
    const hook = hookOf(services, payload);
    return { hook: services.addedHooks.add(await services.live(world!), hook) };
  },
});

const removeHook = change({
  type: 'remove_hook',
  group: 'behaviour',
  about: 'Removes a hook by the id that adding it gave.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ hook: text }),
  cost: { base: 10 },
  summary: ({ hook }) => ({ hook: short(hook) }),
  run: async (services, { payload: { hook }, world }) => {
    if (services.addedHooks.remove(await services.live(world!), hook)) return { hook };
    throw new ArchetypeError(
      'hook_not_found',
      `This world has no hook "${short(hook)}" that was added through the gate; list_hooks tells their ids.`,
    );
  },
});

const setResource = mutation({
  type: 'set_resource',
  group: 'behaviour',
  about: 'Sets a resource; a data resource is recorded with the next tick, which sees it.',
  roles: roles.operate,
  world: true,
  payload: z.union([
    z.strictObject({ name: text, value: json }),
    z.strictObject({ resource: resourceGiven }),
  ]),
  cost: { base: 10 },
  deferrable: false,
  summary: (payload) => ({
    name: short('name' in payload ? payload.name : payload.resource.resource),
  }),
  written: (payload): Json =>
    'name' in payload
      ? payload
      : payload.resource.of.kind === 'data'
        ? { name: payload.resource.resource, value: payload.resource.value as Json }
        : { name: payload.resource.resource, live: true },
  plan: (_services, { payload }, world) => {
    const given =
      'resource' in payload
        ? payload.resource
        : resourceFromJson(world.definitions.resource(payload.name), payload.value);
    if (given.of.kind === 'data') return { births: 0, work: (stage) => stage.setResource(given) };
    return { births: 0, work: () => undefined, also: () => world.resources.set(given) };
  },
});

type Named<K extends string, V> = { readonly name: string } | { readonly [key in K]: V };

const nameOf = (payload: Named<'processor', Processor>): string =>
  'name' in payload ? payload.name : payload.processor.name;

function processorOf(services: Services, payload: Named<'processor', Processor>): Processor {
  if ('processor' in payload) return payload.processor;
  const processor = services.processors.get(payload.name);
  if (processor !== undefined) return processor;
  throw unknown('processor_not_found', 'processor', payload.name, services.processors.keys());
}

function hookOf(services: Services, payload: Named<'hook', HookDefinition>): HookDefinition {
  if ('hook' in payload) return payload.hook;
  const hook = services.hooks.get(payload.name);
  if (hook !== undefined) return hook;
  throw unknown('hook_not_found', 'hook', payload.name, services.hooks.keys());
}

function unknown(
  code: 'processor_not_found' | 'hook_not_found',
  what: string,
  name: string,
  known: Iterable<string>,
): ArchetypeError {
  const names = [...known].toSorted();
  return new ArchetypeError(
    code,
    `No ${what} is called "${short(name)}" here${didYouMean(name, names)} There are: ${names.join(', ') || 'none'}.`,
  );
}

export const behaviour = {
  add_processor: addProcessor,
  remove_processor: removeProcessor,
  add_hook: addHook,
  remove_hook: removeHook,
  set_resource: setResource,
};
