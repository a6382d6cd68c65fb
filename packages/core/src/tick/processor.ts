import { ArchetypeError } from '../errors.ts';
import type { ColumnsOf, DataFrame } from '../frame/data-frame.ts';
import { requireComponent, type AnyComponent } from '../schema/component.ts';
import type { TickContext } from './context.ts';

/** A transform of one archetype's rows, chosen by the components it names. Made by `defineProcessor`. */
export interface Processor {
  readonly name: string;
  readonly components: readonly AnyComponent[];
  readonly without: readonly AnyComponent[];
  /** Lower runs first. */
  readonly priority: number;
  readonly process: (df: never, ctx: TickContext) => unknown;
}

export interface ProcessorDefinition<Cs extends readonly AnyComponent[]> {
  /** Unique in a world; part of what seeds its random numbers. */
  readonly name: string;
  /** It runs on every archetype that has all of these; `[]` for every archetype. */
  readonly components: Cs;
  /** … and none of these. */
  readonly without?: readonly AnyComponent[];
  /** Lower runs first, 10 unless told; equals run in the order in which they were registered. */
  readonly priority?: number;
  /** Rows in, the same rows out with other values. Synchronous or not; it must not keep state of its own. */
  process(
    df: DataFrame<ColumnsOf<Cs>>,
    ctx: TickContext,
  ): DataFrame<ColumnsOf<NoInfer<Cs>>> | Promise<DataFrame<ColumnsOf<NoInfer<Cs>>>>;
}

/**
 * Defines behaviour: a dataframe transform over every archetype that has `components`.
 *
 * @throws `invalid_name`, `invalid_definition`
 * @example
 * const movement = defineProcessor({
 *   name: 'movement',
 *   components: [Position, Velocity],
 *   process: (df) => df.withColumns((c) => ({ position__x: c.position.x.add(c.velocity.dx) })),
 * });
 */
export function defineProcessor<const Cs extends readonly AnyComponent[]>(
  definition: ProcessorDefinition<Cs>,
): Processor {
  const { name, components, without = [], priority = 10, process } = definition;
  if (typeof name !== 'string' || name === '') {
    throw new ArchetypeError('invalid_name', 'A processor needs a name, unique in its world.');
  }
  if (typeof process !== 'function' || !Array.isArray(components)) {
    throw new ArchetypeError(
      'invalid_definition',
      `Processor "${name}" needs components (an array) and process (a function).`,
    );
  }
  if (typeof priority !== 'number' || Number.isNaN(priority)) {
    throw new ArchetypeError(
      'invalid_definition',
      `Processor "${name}" has priority ${String(priority)}; give a number, lower runs first.`,
    );
  }
  return Object.freeze({
    name,
    components: Object.freeze(components.map(requireComponent)),
    without: Object.freeze(without.map(requireComponent)),
    priority,
    process: process,
  });
}
