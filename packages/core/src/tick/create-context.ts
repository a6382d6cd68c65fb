import { ArchetypeError } from '../errors.ts';
import { Frame, typed } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import { Streams, type RandomStreams } from '../random/streams.ts';
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
  return new Context(call, view, dying, random, around);
}

/** Functions are made when they are asked for, bound, so that they can be taken out of it; most calls need few. */
class Context implements TickContext {
  readonly #call: Call;
  readonly #view: View;
  readonly #dying: ReadonlySet<number>;
  readonly #random: RandomSource;
  readonly #around: Surroundings;
  #log: Logger | undefined;
  #streams: Streams | undefined;

  constructor(
    call: Call,
    view: View,
    dying: ReadonlySet<number>,
    random: RandomSource,
    around: Surroundings,
  ) {
    this.#call = call;
    this.#view = view;
    this.#dying = dying;
    this.#random = random;
    this.#around = around;
  }

  get world(): TickContext['world'] {
    return this.#around.world;
  }

  get tick(): number {
    return this.#around.tick;
  }

  get resources(): TickContext['resources'] {
    return this.#around.resources;
  }

  get input(): TickContext['input'] {
    const { input } = this.#around;
    return input instanceof Frame ? typed(this.#own(input)) : input;
  }

  get signal(): AbortSignal {
    return this.#around.signal;
  }

  get log(): Logger {
    const { logger, world, tick } = this.#around;
    this.#log ??= withFields(logger, { world: world.name, tick, processor: this.#call.processor });
    return this.#log;
  }

  get query(): TickContext['query'] {
    return (components, options = {}) => {
      const without = (options.without ?? []).map(requireComponent);
      const frame = this.#own(this.#view.query(components.map(requireComponent), without));
      return typed(options.where === undefined ? frame : frame.filter(options.where as never));
    };
  }

  /** A frame of other entities than the processor's, as the processor's own. */
  #own(frame: Frame): Frame {
    return frame.from(this.#random.over(this.#view.presence));
  }

  get random(): RandomStreams {
    return (this.#streams ??= new Streams(this.#random, this, 0));
  }

  get messages(): TickContext['messages'] {
    return typed(this.#own(this.#around.messages));
  }

  get send(): TickContext['send'] {
    return ({ to, from, content }) => this.#call.send(to, from, content);
  }

  get dying(): TickContext['dying'] {
    return (entity) => this.#dying.has(entity);
  }

  get spawn(): TickContext['spawn'] {
    return (...values) => this.#call.spawn(values);
  }

  get spawnMany(): TickContext['spawnMany'] {
    return (rows) => this.#call.spawnMany(rows);
  }

  get despawn(): TickContext['despawn'] {
    return (entities) => this.#call.despawn(entities);
  }

  get update(): TickContext['update'] {
    return (entities, component, patch, options = {}) =>
      this.#call.update(entities, component, patch, combineOf(options));
  }

  get addComponents(): TickContext['addComponents'] {
    return (entities, ...values) => this.#call.addComponents(entities, values);
  }

  get removeComponents(): TickContext['removeComponents'] {
    return (entities, ...components) => this.#call.removeComponents(entities, components);
  }
}

function combineOf({ combine }: { readonly combine?: Combine }): Combine | undefined {
  if (combine === undefined || COMBINES.has(combine)) return combine;
  throw new ArchetypeError(
    'invalid_argument',
    `combine was ${JSON.stringify(combine)}; use one of ${[...COMBINES].join(', ')}.`,
  );
}
