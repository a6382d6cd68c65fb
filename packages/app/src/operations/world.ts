import {
  ArchetypeError,
  didYouMean,
  resourceFromJson,
  type ForkOptions,
  type Simulation,
} from '@archetype/core';
import { z } from 'zod';
import { change, roles } from './operation.ts';
import { short } from '../command/printed.ts';
import { resources, seed, text, tick } from './payload.ts';
import type { Services } from './services.ts';

const create = change({
  type: 'create_world',
  group: 'world',
  about: 'Makes a world of a simulation that the host knows.',
  roles: roles.administer,
  world: false,
  payload: z.strictObject({
    name: text,
    simulation: text.optional(),
    seed: seed.optional(),
    resources: resources.optional(),
  }),
  cost: { base: 50 },
  summary: ({ name, simulation }) => ({
    name: short(name),
    ...(simulation !== undefined && { simulation: short(simulation) }),
  }),
  check: (services, { payload }) => void simulationOf(services, payload.simulation),
  run: async (services, { payload }) => {
    const { name, simulation, seed: given, resources: values } = payload;
    const world = await services.create(name, simulationOf(services, simulation), {
      ...(given !== undefined && { seed: given }),
      ...(values !== undefined && { resources: values }),
    });
    return { world: world.id, run: world.run_id, name: world.name, seed: world.info().seed };
  },
});

const fork = change({
  type: 'fork_world',
  group: 'world',
  about: "Makes a world that shares this one's past, up to now or to the tick `at`.",
  roles: roles.operate,
  world: true,
  payload: z.strictObject({
    name: text.optional(),
    at: tick.optional(),
    seed: seed.optional(),
    resources: resources.optional(),
  }),
  cost: { base: 100 },
  summary: ({ name, at }) => ({
    ...(name !== undefined && { name: short(name) }),
    ...(at !== undefined && { at }),
  }),
  check: (services, { world }) => services.live(world!),
  run: async (services, { payload, world: id }) => {
    const source = await services.live(id!);
    const { resources: given, ...options } = payload;
    const world = await source.fork({
      ...(options as ForkOptions),
      ...(given !== undefined && {
        resources: Object.entries(given).map(([name, value]) =>
          resourceFromJson(source.definitions.resource(name), value),
        ),
      }),
    });
    return { world: world.id, run: world.run_id, name: world.name, tick: world.tick };
  },
});

const resume = change({
  type: 'resume_world',
  group: 'world',
  about:
    'Goes on with a stored world, with a simulation that the host knows; takes over writing it.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ simulation: text.optional() }),
  cost: { base: 50 },
  summary: ({ simulation }) => (simulation === undefined ? {} : { simulation: short(simulation) }),
  check: async (services, { payload, world }) => {
    simulationOf(services, payload.simulation);
    await services.stored(world!);
  },
  run: async (services, { payload, world: id }) => {
    const world = await services.resume(id!, simulationOf(services, payload.simulation));
    return { world: world.id, run: world.run_id, name: world.name, tick: world.tick };
  },
});

const destroy = change({
  type: 'destroy_world',
  group: 'world',
  about: 'Ends a world: no more ticks, queued commands are cancelled; its rows stay readable.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({}),
  cost: { base: 10 },
  summary: () => ({}),
  run: async (services, { world }) => {
    await services.destroy(world!);
    return { world: world! };
  },
});

/** The simulation of that name; without one, the only one there is. @throws `simulation_not_found` */
function simulationOf({ simulations }: Services, name: string | undefined): Simulation {
  const names = [...simulations.keys()].toSorted();
  const found = name === undefined && names.length === 1 ? names[0]! : name;
  const simulation = found === undefined ? undefined : simulations.get(found);
  if (simulation !== undefined) return simulation;
  throw new ArchetypeError(
    'simulation_not_found',
    `${name === undefined ? 'No simulation was named.' : `No simulation is called "${short(name)}"${didYouMean(name, names)}`} The host knows: ${names.join(', ') || 'none'}.`,
  );
}

export const world = {
  create_world: create,
  fork_world: fork,
  resume_world: resume,
  destroy_world: destroy,
};
