import { ArchetypeError } from '../errors.ts';
import { Frame, typed } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import { requireComponent } from '../schema/component.ts';
import { withFields, type Logger } from '../state/logger.ts';
import type { Call } from './call.ts';
import type { TickContext } from './context.ts';
import type { Combine } from './emission.ts';
import type { Surroundings } from './surroundings.ts';
import type { View } from './view.ts';

const COMBINES: ReadonlySet<string> = new Set<Combine>(['last', 'sum', 'min', 'max']);

/** The context of one call of a processor; what it asks for goes into `call`. */
export function createContext(
  call: Call,
  view: View,
  dying: ReadonlySet<number>,
  random: RandomSource,
  around: Surroundings,
): TickContext {
  const { world, tick, resources, input, signal } = around;
  let log: Logger | undefined;
  const context: TickContext = {
    world,
    tick,
    resources,
    input: (input instanceof Frame
      ? input.from(random.over(view.presence))
      : input) as TickContext['input'],
    signal,
    get log() {
      return (log ??= withFields(around.logger, {
        world: world.name,
        tick,
        processor: call.processor,
      }));
    },
    query: (components, options = {}) => {
      const wanted = components.map(requireComponent);
      const without = (options.without ?? []).map(requireComponent);
      const frame = view.query(wanted, without).from(random.over(view.presence));
      return typed(options.where === undefined ? frame : frame.filter(options.where as never));
    },
    dying: (entity) => dying.has(entity),
    spawn: (...values) => call.spawn(values),
    spawnMany: (rows) => call.spawnMany(rows),
    despawn: (entities) => call.despawn(entities),
    update: (
      entities: unknown,
      component: never,
      patch: unknown,
      options: { readonly combine?: Combine } = {},
    ) => call.update(entities, component, patch, combineOf(options)),
    addComponents: (entities, ...values) => call.addComponents(entities, values),
    removeComponents: (entities, ...components) => call.removeComponents(entities, components),
  };
  return Object.freeze(context);
}

function combineOf({ combine }: { readonly combine?: Combine }): Combine | undefined {
  if (combine === undefined || COMBINES.has(combine)) return combine;
  throw new ArchetypeError(
    'invalid_argument',
    `combine was ${JSON.stringify(combine)}; use one of ${[...COMBINES].join(', ')}.`,
  );
}
