import type { Accessor, ColumnsOf, DataFrame } from '../frame/data-frame.ts';
import type { Condition } from '../expression/expr.ts';
import type { AnyComponent, Patch, Value } from '../schema/component.ts';
import type { BirthRef, EntityRef } from '../schema/entity-ref.ts';
import type { RunId, WorldId } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Combine } from './emission.ts';
import type { Resources } from './resources.ts';

/** Which world a processor runs in. */
export interface WorldIdentity {
  readonly id: WorldId;
  readonly run: RunId;
  readonly name: string;
}

/** What a processor is given beside its rows. What it asks for here happens when all processors of the tick are done. */
export interface TickContext {
  readonly world: WorldIdentity;
  /** The tick being computed. */
  readonly tick: number;
  readonly resources: Resources;
  /** What the caller of the step gave, or undefined. */
  readonly input: Json | undefined;
  /** Aborted when the caller of the step gives up. */
  readonly signal: AbortSignal;
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
  /** Whether a processor of an earlier priority despawned the entity in this tick. */
  dying(entity: number): boolean;
  /** An entity that begins to live at the end of this tick, exactly as given; it evolves from the next tick on. */
  spawn(...values: readonly Value[]): BirthRef;
  /** Its last row, with the values that processors compute in this tick, is marked inactive. @throws `entity_not_found` */
  despawn(entity: EntityRef | Iterable<EntityRef>): void;
  /**
   * Sets fields of any entity. A field that another processor changes, or that two updates set, is `write_conflict`
   * unless all of them say how they combine. @throws `entity_not_found`, `component_missing`
   */
  update<C extends AnyComponent>(
    entity: EntityRef,
    component: C,
    fields: Patch<NoInfer<C>>,
    options?: { readonly combine?: Combine },
  ): void;
  /** @throws `entity_not_found` */
  addComponents(entity: EntityRef, ...values: readonly Value[]): void;
  /** @throws `entity_not_found` */
  removeComponents(entity: EntityRef, ...components: readonly AnyComponent[]): void;
}
