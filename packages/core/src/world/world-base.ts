import { ArchetypeError } from '../errors.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import type { Frame } from '../frame/frame.ts';
import {
  requireComponent,
  type AnyComponent,
  type Patch,
  type Value,
} from '../schema/component.ts';
import type { ComponentShape } from '../schema/signature.ts';
import { UNSTARTED } from '../state/ids.ts';
import type { Json } from '../state/json.ts';
import type { Mutation } from '../state/mutation.ts';
import { parseData, type ResourceValue } from '../state/resource.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { drive } from '../tick/drive.ts';
import type { Processor } from '../tick/processor.ts';
import { readResources, type Resources } from '../tick/resources.ts';
import type { HookDefinition } from '../tick/simulation.ts';
import { tick, type TickResult } from '../tick/tick.ts';
import type { Definitions } from './definitions.ts';
import { checkHook, type Hook } from './hooks.ts';
import { stageOver } from './stage.ts';
import { Staging, type Taken } from './staging.ts';
import { tablesOf, type WorldInfo, type WorldTable } from './world-info.ts';
import type { WorldParts } from './world-parts.ts';
import { requireValue, resourceByName } from './world-resources.ts';

/**
 * What worlds have in common, however they wait for their store: what is staged, what is known of the newest state, and
 * how a tick is computed. Long, because it is the larger part of a door, with a method for each mutation.
 */
export abstract class WorldBase {
  readonly #parts: WorldParts;
  readonly #staging: Staging;
  #ended: 'open' | 'closed' | 'destroyed' = 'open';

  constructor(parts: WorldParts, staged?: { readonly staging: Staging }) {
    this.#parts = parts;
    this.#staging = new Staging(parts.registry, parts.snapshot.counters.nextEntity, (commands) =>
      parts.due.giveBack(parts.record.world, commands),
    );
    staged?.staging.copyTo(this.#staging);
  }

  /** The state that the next tick starts from. */
  protected abstract get head(): Snapshot;
  /** The last state that is stored, which everybody sees. */
  protected abstract get durable(): Snapshot;

  protected get staging(): Staging {
    return this.#staging;
  }

  protected get ended(): 'open' | 'closed' | 'destroyed' {
    return this.#ended;
  }

  /** The world takes nothing more. */
  protected over(how: 'closed' | 'destroyed'): void {
    this.#ended = how;
  }

  /** Its name is free again, and somebody may go on with it. */
  protected release(): void {
    this.#parts.release();
  }

  protected end(how: 'closed' | 'destroyed'): void {
    this.over(how);
    this.release();
  }

  get id(): string {
    return this.#parts.record.world;
  }

  get run_id(): string {
    return this.#parts.record.run;
  }

  get name(): string {
    return this.#parts.record.name;
  }

  /** The last committed tick; 0 while unstarted. */
  get tick(): number {
    return Math.max(0, this.durable.tick);
  }

  info(): WorldInfo {
    const { record, live } = this.#parts;
    const { tick: newest, tables, resources } = this.durable;
    return {
      id: record.world,
      run: record.run,
      name: record.name,
      seed: record.seed,
      tick: this.tick,
      started: newest !== UNSTARTED,
      forkedAt: record.forkedAt,
      entities: [...tables.values()].reduce((n, table) => n + table.frame.numRows, 0),
      tables: tables.size,
      staged: this.#staging.size,
      resources: [...Object.keys(resources), ...live.keys()].toSorted(),
    };
  }

  /** A new entity with these components, born in the next tick exactly as given. @returns its id */
  spawn(...values: readonly Value[]): number {
    this.admit();
    return this.#staging.spawn(values);
  }

  /**
   * Many entities of one archetype: rows of values, or a frame with the components' columns (taken as it is, without a
   * check per cell). @returns their ids, in order
   */
  spawnMany(rows: readonly (readonly Value[])[] | DataFrame): Int32Array {
    this.admit();
    return this.#staging.spawnMany(rows);
  }

  /** Ends an entity: its last row is marked inactive in the next tick. @throws `entity_not_found` */
  despawn(entity: number): void {
    this.admit();
    this.#staging.despawn(entity, this.head);
  }

  /** Sets some fields; the next tick's processors see them. @throws `entity_not_found`, `component_missing`, `invalid_value` */
  update<C extends AnyComponent>(entity: number, component: C, fields: Patch<NoInfer<C>>): void {
    this.admit();
    this.#staging.update(entity, component, fields, this.head);
  }

  /** Moves an entity to the larger archetype; components it has already are overwritten. @throws `entity_not_found` */
  addComponents(entity: number, ...values: readonly Value[]): void {
    this.admit();
    this.#staging.addComponents(entity, values, this.head);
  }

  /** Moves an entity to the smaller archetype. @throws `entity_not_found`, `component_missing` */
  removeComponents(entity: number, ...components: readonly AnyComponent[]): void {
    this.admit();
    this.#staging.removeComponents(entity, components, this.head);
  }

  /**
   * A message to an entity: part of the state of the next tick, and given to all processors of the tick after it as
   * `ctx.messages`. `content` is anything that JSON can hold, of at most 100 levels of lists and objects.
   *
   * @throws `entity_not_found`, `invalid_value`
   */
  send(message: {
    readonly to: number;
    readonly from?: number | null;
    readonly content: unknown;
  }): void {
    this.admit();
    const { to, from, content } = message ?? {};
    this.#staging.send(to, from, content, this.head);
  }

  /** What waits for the next tick, in order. */
  staged(): readonly Mutation[] {
    return this.#staging.mutations;
  }

  /** What components and resources are called here. */
  get definitions(): Definitions {
    const { registry, resources } = this.#parts;
    return {
      components: () => registry.all(),
      component: (name) => registry.byName(name),
      resource: (name) => resourceByName(resources, name),
    };
  }

  /** Drops what is staged. Ids that were given stay used. */
  discard(): void {
    this.admit();
    this.#staging.discard();
  }

  /** Resources by definition. A data resource that is set is a mutation: recorded, and read from the next tick on. */
  get resources(): Resources & {
    set(...values: readonly ResourceValue[]): void;
    list(): readonly string[];
  } {
    const { live } = this.#parts;
    const read = readResources(this.durable.resources, live);
    return {
      ...read,
      list: () => [...Object.keys(this.durable.resources), ...live.keys()].toSorted(),
      set: (...values) => {
        this.admit();
        for (const given of values.map(requireValue)) {
          if (given.of.kind === 'live') live.set(given.resource, given.value);
          else this.#staging.setResource(given.resource, parseData(given.of, given.value));
        }
      },
    };
  }

  /** The world's processors, in the order in which they were registered. */
  get processors(): {
    add(processor: Processor): void;
    remove(processor: Processor | string): boolean;
    list(): readonly Processor[];
  } {
    const { processors, register } = this.#parts;
    return {
      add: (processor) => {
        this.admit();
        register(processor);
      },
      remove: (given) => {
        this.admit();
        const name = typeof given === 'string' ? given : given.name;
        const at = processors.findIndex((processor) => processor.name === name);
        if (at >= 0) processors.splice(at, 1);
        return at >= 0;
      },
      list: () => [...processors],
    };
  }

  /** The world's hooks, in the order in which they were registered. */
  get hooks(): {
    add(hook: HookDefinition): Hook;
    remove(hook: HookDefinition): boolean;
    list(): readonly HookDefinition[];
  } {
    return {
      add: (hook) => {
        this.admit();
        checkHook(hook);
        return this.#parts.hooks.add(hook);
      },
      remove: (hook) => {
        this.admit();
        return this.#parts.hooks.remove(hook);
      },
      list: () => this.#parts.hooks.list,
    };
  }

  /** Archetypes with living entities at `tick`, in ascending table id. */
  tables(): readonly WorldTable[] {
    return tablesOf(this.durable);
  }

  /** Stages the work of deferred commands that are due. */
  protected stageDue(before: Snapshot): void {
    const due = [...this.#parts.due.take(this.id, before.tick + 1)];
    if (due.length > 0) this.#staging.drain(due, stageOver(this.#staging, before));
  }

  /** A tick over `head`, once what is due and what is staged was taken. */
  protected compute(
    taken: Taken,
    input: Json | Frame | undefined,
    signal: AbortSignal,
    inside: <T>(work: () => T) => T,
  ): TickResult | Promise<TickResult> {
    const { record, registry, processors, live, keys, logger } = this.#parts;
    const work = tick(this.head, taken.mutations, {
      ends: taken.ends,
      held: taken.held,
      world: { id: this.id, run: this.run_id, name: this.name },
      seed: record.seed,
      registry,
      processors: [...processors],
      live,
      input,
      signal,
      keys,
      logger,
      inside,
      allocate: (count) => this.#staging.allocate(count),
    });
    return drive(work);
  }

  /** @throws `invalid_argument`, `unknown_component` */
  protected shapesOf(components: readonly AnyComponent[]): readonly ComponentShape[] {
    if (!Array.isArray(components)) {
      throw new ArchetypeError(
        'invalid_argument',
        `query takes a list of components and was given ${components === null ? 'null' : typeof components}; for example [Position].`,
      );
    }
    return components.map((component) =>
      this.shapeOf(
        typeof component === 'string' ? this.#parts.registry.byName(component) : component,
      ),
    );
  }

  protected shapeOf(component: AnyComponent): ComponentShape {
    return this.#parts.registry.shapeOf(requireComponent(component));
  }

  protected toldToStop(signal: AbortSignal): ArchetypeError {
    return new ArchetypeError(
      'aborted',
      `World "${this.name}" was told to stop after tick ${this.tick}; everything up to it is committed.`,
      { cause: signal.reason },
    );
  }

  protected noSuchTick(at: unknown): ArchetypeError {
    return new ArchetypeError(
      'tick_not_found',
      `World "${this.name}" has no tick ${String(at)} to fork from; it stands at tick ${this.tick}.`,
    );
  }

  protected admit(): void {
    if (this.#ended === 'open') return;
    throw this.#ended === 'closed'
      ? new ArchetypeError('world_closed', `World "${this.name}" is closed; resume it to go on.`)
      : new ArchetypeError(
          'world_destroyed',
          `World "${this.name}" was destroyed; its rows can still be queried.`,
        );
  }

  protected readable(): void {
    if (this.#ended === 'closed') this.admit();
  }
}
