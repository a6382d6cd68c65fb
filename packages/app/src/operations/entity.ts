import { patchFromJson } from '@archetype/core';
import { z } from 'zod';
import { mutation, roles } from './operation.ts';
import { short } from '../command/printed.ts';
import {
  components,
  entityId,
  json,
  MAX_BIRTHS,
  requireDistinct,
  text,
  typesIn,
  valuesOf,
} from './payload.ts';

const spawn = mutation({
  type: 'spawn',
  group: 'entity',
  about: 'Bears an entity, or many; they are in the next tick as they were given.',
  roles: roles.play,
  world: true,
  payload: z
    .strictObject({
      components: components.optional(),
      entities: z.array(z.strictObject({ components })).min(1).max(MAX_BIRTHS).optional(),
    })
    .refine(
      (given) => (given.components === undefined) !== (given.entities === undefined),
      'give components of one entity, or entities, each with its components',
    ),
  cost: { base: 10 },
  parts: ({ entities }) => (entities ?? [0]).map(() => 0),
  deferrable: true,
  summary: ({ components: one, entities }) =>
    one === undefined ? { entities: entities!.length } : { components: typesIn(one) },
  plan: (_services, { payload }, world) => {
    const births = (payload.entities ?? [{ components: payload.components! }]).map((entity) =>
      valuesOf(world, entity.components),
    );
    return {
      births: births.length,
      work: (stage, first) => births.forEach((values, k) => stage.spawn(first + k, values)),
    };
  },
});

const despawn = mutation({
  type: 'despawn',
  group: 'entity',
  about: 'Ends an entity in the next tick; its last row stays as a tombstone.',
  roles: roles.play,
  world: true,
  payload: z.strictObject({ entity_id: entityId }),
  cost: { base: 5 },
  deferrable: true,
  summary: ({ entity_id }) => ({ entity_id }),
  plan: (_services, { payload }) => ({
    births: 0,
    work: (stage) => stage.despawn(payload.entity_id),
  }),
});

const update = mutation({
  type: 'update',
  group: 'entity',
  about: 'Sets some fields of components that an entity has.',
  roles: roles.play,
  world: true,
  payload: z.strictObject({ entity_id: entityId, components }),
  cost: { base: 8 },
  deferrable: true,
  summary: ({ entity_id, components: given }) => ({ entity_id, components: typesIn(given) }),
  plan: (_services, { payload }, world) => {
    requireDistinct(payload.components);
    const patches = payload.components.map(({ type, ...fields }) => {
      const component = world.definitions.component(type);
      return { component, fields: patchFromJson(component, fields as never) };
    });
    return {
      births: 0,
      work: (stage) => {
        for (const { component, fields } of patches)
          stage.update(payload.entity_id, component, fields);
      },
    };
  },
});

const addComponents = mutation({
  type: 'add_components',
  group: 'entity',
  about: 'Moves an entity to the archetype that has these components too.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ entity_id: entityId, components }),
  cost: { base: 8 },
  deferrable: true,
  summary: ({ entity_id, components: given }) => ({ entity_id, components: typesIn(given) }),
  plan: (_services, { payload }, world) => {
    const values = valuesOf(world, payload.components);
    return { births: 0, work: (stage) => stage.addComponents(payload.entity_id, values) };
  },
});

const removeComponents = mutation({
  type: 'remove_components',
  group: 'entity',
  about: 'Moves an entity to the archetype without these components.',
  roles: roles.operate,
  world: true,
  payload: z.strictObject({ entity_id: entityId, types: z.array(text).min(1).max(100) }),
  cost: { base: 5 },
  deferrable: true,
  summary: ({ entity_id, types }) => ({ entity_id, types: types.slice(0, 20).map(short) }),
  plan: (_services, { payload }, world) => {
    const given = payload.types.map((type) => world.definitions.component(type));
    return { births: 0, work: (stage) => stage.removeComponents(payload.entity_id, given) };
  },
});

const message = mutation({
  type: 'message',
  group: 'entity',
  about: 'Sends a message to an entity; processors of the tick after next read it.',
  roles: roles.play,
  world: true,
  payload: z.strictObject({ to: entityId, from: entityId.nullable().optional(), content: json }),
  cost: { base: 3 },
  deferrable: true,
  summary: ({ to, from = null }) => ({ to, from }),
  plan: (_services, { payload: { to, from = null, content } }) => ({
    births: 0,
    work: (stage) => stage.send({ to, from, content }),
  }),
});

export const entity = {
  spawn,
  despawn,
  update,
  add_components: addComponents,
  remove_components: removeComponents,
  message,
};
