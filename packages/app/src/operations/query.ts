import type { AnyComponent, DataFrame, Json, QueryOptions } from '@archetype/core';
import { z } from 'zod';
import { short } from '../command/printed.ts';
import { read } from './operation.ts';
import { entityId, text, tick } from './payload.ts';

const ticks = z.union([
  z.enum(['newest', 'all']),
  tick,
  z.strictObject({ from: tick.optional(), to: tick.optional() }),
]);
const sortKey = z.union([
  text,
  z.strictObject({ by: text, order: z.enum(['ascending', 'descending']).optional() }),
]);

export const query = read({
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
