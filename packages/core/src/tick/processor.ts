import { ArchetypeError, requireObject } from '../errors.ts';
import type { ColumnsOf } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import { requireComponent, type AnyComponent } from '../schema/component.ts';
import type { TickContext } from './context.ts';

/** A transform of one archetype's rows, chosen by the components it names. Made by `defineProcessor`. */
export interface Processor {
  readonly name: string;
  readonly components: readonly AnyComponent[];
  readonly without: readonly AnyComponent[];
  readonly optional: readonly AnyComponent[];
  readonly scope: 'table' | 'world';
  /** Lower runs first. */
  readonly priority: number;
  readonly process: (df: never, ctx: TickContext) => unknown;
}

export interface ProcessorDefinition<
  Cs extends readonly AnyComponent[],
  Os extends readonly AnyComponent[] = [],
> {
  /** Unique in a world; part of what seeds its random numbers. */
  readonly name: string;
  /** It runs on every archetype that has all of these; `[]` for every archetype. */
  readonly components: Cs;
  /** … and none of these. */
  readonly without?: readonly AnyComponent[];
  /**
   * Components that an entity may have: their columns are there for all, and null where the entity has not the component.
   * `c.has(Component)` tells who has it. What is written into them goes back to those who have it.
   */
  readonly optional?: Os;
  /**
   * `table`, unless told: one call for each archetype, with all its columns. `world`: one call with the rows of all those
   * archetypes, in ascending `entity_id`, and the columns of `components` and `optional`; it sees what processors before
   * it made in this tick, and those after it see what it makes.
   */
  readonly scope?: 'table' | 'world';
  /** Lower runs first, 10 unless told; equals run in the order in which they were registered. */
  readonly priority?: number;
  /** Rows in, the same rows out with other values. Synchronous or not; it must not keep state of its own. */
  process(
    df: DataFrame<ColumnsOf<Cs, Os>>,
    ctx: TickContext,
  ):
    | DataFrame<ColumnsOf<NoInfer<Cs>, NoInfer<Os>>>
    | Promise<DataFrame<ColumnsOf<NoInfer<Cs>, NoInfer<Os>>>>;
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
export function defineProcessor<
  const Cs extends readonly AnyComponent[],
  const Os extends readonly AnyComponent[] = [],
>(definition: ProcessorDefinition<Cs, Os>): Processor {
  requireObject(
    definition,
    'defineProcessor',
    "{ name: 'walk', components: [Position], process: (df) => df }",
  );
  const {
    name,
    components,
    without = [],
    optional = [] as readonly AnyComponent[],
    scope = 'table',
    priority = 10,
    process,
  } = definition;
  if (typeof name !== 'string' || name === '') {
    throw new ArchetypeError('invalid_name', 'A processor needs a name, unique in its world.');
  }
  const wrong = (what: string): ArchetypeError =>
    new ArchetypeError('invalid_definition', `Processor "${name}" ${what}`);
  if (typeof process !== 'function' || !Array.isArray(components))
    throw wrong('needs components (an array) and process (a function).');
  if (typeof priority !== 'number' || Number.isNaN(priority))
    throw wrong(`has priority ${String(priority)}; give a number, lower runs first.`);
  if (scope !== 'table' && scope !== 'world')
    throw wrong(`has scope ${JSON.stringify(scope)}; use "table" or "world".`);
  const roles = { components, without, optional };
  for (const [role, listed] of Object.entries(roles)) {
    for (const component of listed.map(requireComponent)) {
      const other = Object.entries(roles).find(
        ([key, list]) => key !== role && list.includes(component),
      );
      if (other === undefined) continue;
      throw wrong(
        `names ${component.type} in ${role} and in ${other[0]}; an entity of its frame has it always, never or sometimes, so name it once.`,
      );
    }
  }
  return Object.freeze({
    name,
    components: Object.freeze([...components]),
    without: Object.freeze([...without]),
    optional: Object.freeze([...optional]),
    scope,
    priority,
    process,
  });
}
