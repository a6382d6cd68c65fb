import type { Accessor } from '../frame/column-accessor.ts';
import type { ColumnsOf } from '../frame/columns-of.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import type { Assignable } from '../frame/verb-types.ts';
import type { Condition } from '../expression/expr.ts';
import type { AnyComponent, Patch, Patches, Value } from '../schema/component.ts';
import type { BirthRef, BirthRefs, EntityRef } from '../schema/entity-ref.ts';
import type { I32 } from '../schema/types.ts';
import type { RunId, WorldId } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { MessageColumns } from '../frame/columns-of.ts';
import type { RandomStreams } from '../random/streams.ts';
import type { Logger } from '../state/logger.ts';
import type { Combine } from './emission.ts';
import type { Resources } from './resources.ts';

/** Which world a processor runs in. */
export interface WorldIdentity {
  readonly id: WorldId;
  readonly run: RunId;
  readonly name: string;
}

/** Entities that a call is about: one, some, a column of ids, or those of a frame. */
export type Entities<C = any> = EntityRef | Iterable<EntityRef> | BirthRefs | DataFrame<C>;
interface Identified {
  readonly entity_id: I32;
}
/** What expressions may give to fields of a component. */
type Assignments<K> = K extends { readonly fields: infer F }
  ? { readonly [N in keyof F]?: Assignable<F[N]> }
  : never;
/** What an update may give: to one entity its fields, to many also columns, and expressions over the frame that names them. */
export type PatchFor<T, K extends AnyComponent> = T extends EntityRef
  ? Patch<K>
  : T extends DataFrame<infer C>
    ? ((c: Accessor<C>) => Assignments<K>) | Patches<K> | DataFrame
    : Patches<K> | DataFrame;

/**
 * What a processor is given beside its rows. What it asks for here happens when all processors of the tick are done, in
 * the order priority, registration, table, call; per entity deaths come first, then components, then updates. What is
 * asked about an entity that dies or moves away in the same tick has no effect, and is counted in `RunResult.ignored`.
 */
export interface TickContext {
  readonly world: WorldIdentity;
  /** The tick being computed. */
  readonly tick: number;
  readonly resources: Resources;
  /** What the caller of the step gave: JSON, frozen, or a frame keyed by `entity_id` (`isDataFrame`); or undefined. */
  readonly input: Json | DataFrame | undefined;
  /** Aborted when the caller of the step gives up. */
  readonly signal: AbortSignal;
  /** The world's logger; entries carry world, tick and processor. They are no part of the state. */
  readonly log: Logger;
  /**
   * Rows of every archetype that has the components, as they were before any processor of this tick ran: the state of
   * the last tick plus what was staged since, births left out.
   */
  query<const Cs extends readonly AnyComponent[]>(
    components: Cs,
    options?: {
      readonly without?: readonly AnyComponent[];
      readonly where?: (c: Accessor<ColumnsOf<Cs>>) => Condition;
    },
  ): DataFrame<ColumnsOf<Cs>>;
  /**
   * Random numbers one after another, for decisions that belong to no entity: a function of (world seed, tick, processor,
   * table, label, draw). Rows have theirs in `random()` of expressions and in kernels.
   */
  readonly random: RandomStreams;
  /**
   * Messages sent in the last tick whose receivers live, in the order in which they were sent: `id`, `to`, `from`,
   * `content`, `sent_tick`, `delivered`.
   */
  readonly messages: DataFrame<MessageColumns>;
  /**
   * A message, part of this tick's state, given to all processors of the next tick. @throws `entity_not_found`,
   * `invalid_value` for content that JSON cannot hold
   */
  send(message: {
    readonly to: EntityRef;
    readonly from?: EntityRef | null;
    readonly content: unknown;
  }): void;
  /** Whether a processor of an earlier priority despawned the entity in this tick. */
  dying(entity: number): boolean;
  /**
   * An entity that begins to live at the end of this tick, exactly as given; it evolves from the next tick on. The
   * reference can be used in later calls of this `ctx`, and as a value of `entity()` fields.
   */
  spawn(...values: readonly Value[]): BirthRef;
  /**
   * Many entities of one archetype: rows of values, or a frame with the components' columns, which is taken as it is.
   *
   * @throws `invalid_argument`, `unknown_component`, `type_mismatch`
   */
  spawnMany(rows: readonly (readonly Value[])[] | DataFrame): BirthRefs;
  /** Their last rows, with the values that processors compute in this tick, are marked inactive. @throws `entity_not_found` */
  despawn<C extends Identified>(entities: Entities<C>): void;
  /**
   * Sets fields of any entities. A field that another processor changes, or that two updates set, is `write_conflict`
   * unless all of them say how they combine. For many entities each field is a value for all or an array with one for
   * each; or the patch is a frame with the component's columns, or expressions over the frame that names the entities.
   *
   * @throws `entity_not_found`, `component_missing`, `invalid_value`, `length_mismatch`
   * @example
   * ctx.update(prey, Health, (c) => ({ points: c.health.points.sub(3) }));
   * ctx.update(wolf, Energy, { value: 5 }, { combine: 'sum' });
   */
  update<const T extends Entities, K extends AnyComponent>(
    entities: T,
    component: K,
    patch: PatchFor<T, NoInfer<K>>,
    options?: { readonly combine?: Combine },
  ): void;
  /** Gives all of them the same values; components already there are overwritten. @throws `entity_not_found` */
  addComponents<C extends Identified>(entities: Entities<C>, ...values: readonly Value[]): void;
  /** Without effect for those that have none of them. @throws `entity_not_found` */
  removeComponents<C extends Identified>(
    entities: Entities<C>,
    ...components: readonly AnyComponent[]
  ): void;
}
