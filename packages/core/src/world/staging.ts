import { ArchetypeError } from '../errors.ts';
import {
  componentOf,
  parsePatch,
  requireComponent,
  type AnyComponent,
  type Value,
} from '../schema/component.ts';
import { MAX_ENTITY } from '../schema/entity-ref.ts';
import type { Registry } from '../schema/registry.ts';
import type { Json } from '../state/json.ts';
import { cellsOf, type Mutation } from '../state/mutation.ts';
import { locate, type Snapshot } from '../state/snapshot.ts';
import { distinct } from '../tick/create-context.ts';
import { exhausted } from '../tick/tick.ts';
import { blockOf } from './spawn-many.ts';

/** Component names of an entity once what is staged has happened; null when it will be dead. */
type Foreseen = ReadonlySet<string> | null;

/** What waits for the next tick, checked when it is staged. */
export class Staging {
  readonly #registry: Registry;
  #mutations: Mutation[] = [];
  /** Taken by a tick that is not committed yet. */
  #taken: readonly Mutation[] = [];
  #foreseen = new Map<number, Foreseen>();
  #nextEntity: number;

  constructor(registry: Registry, nextEntity: number) {
    this.#registry = registry;
    this.#nextEntity = nextEntity;
  }

  get mutations(): readonly Mutation[] {
    return [...this.#mutations];
  }

  get nextEntity(): number {
    return this.#nextEntity;
  }

  /** Reserves `count` ids; used for births that processors emit too. @throws `entity_ids_exhausted` */
  allocate(count = 1): number {
    const first = this.#nextEntity;
    if (first + count - 1 > MAX_ENTITY) throw exhausted();
    this.#nextEntity += count;
    return first;
  }

  spawn(values: readonly Value[]): number {
    const components = distinct(values).map((value) => this.#registry.add(componentOf(value)));
    const entity = this.allocate();
    this.#push({ kind: 'spawn', entity, values: Object.freeze([...values]) });
    this.#foreseen.set(entity, namesOf(components));
    return entity;
  }

  spawnMany(given: unknown): Int32Array {
    const { signature, rows } = blockOf(given, this.#registry);
    const count = rows.numRows;
    const first = this.allocate(count);
    if (count > 0) this.#push({ kind: 'spawnMany', first, count, signature, rows });
    return Int32Array.from({ length: count }, (_, k) => first + k);
  }

  despawn(entity: number, snapshot: Snapshot): void {
    this.#require(entity, snapshot);
    this.#push({ kind: 'despawn', entity });
    this.#foreseen.set(entity, null);
  }

  update(entity: number, given: AnyComponent, fields: unknown, snapshot: Snapshot): void {
    const component = this.#registry.add(given);
    const cells = cellsOf(component, parsePatch(component, fields));
    if (!this.#require(entity, snapshot).has(component.type)) throw missing(entity, component);
    this.#push({ kind: 'update', entity, component, cells });
  }

  addComponents(entity: number, values: readonly Value[], snapshot: Snapshot): void {
    const components = distinct(values).map((value) => this.#registry.add(componentOf(value)));
    const before = this.#require(entity, snapshot);
    this.#push({ kind: 'addComponents', entity, values: Object.freeze([...values]) });
    this.#foreseen.set(entity, before.union(namesOf(components)));
  }

  removeComponents(entity: number, given: readonly AnyComponent[], snapshot: Snapshot): void {
    const components = given.map((component) => this.#registry.add(requireComponent(component)));
    const before = this.#require(entity, snapshot);
    const absent = components.find((component) => !before.has(component.type));
    if (absent !== undefined) throw missing(entity, absent);
    this.#push({ kind: 'removeComponents', entity, components });
    this.#foreseen.set(entity, before.difference(namesOf(components)));
  }

  setResource(name: string, value: Json): void {
    this.#push({ kind: 'setResource', name, value });
  }

  /** What the next tick applies; more can be staged while it runs. */
  take(): readonly Mutation[] {
    const taken = this.#mutations;
    this.#taken = [...this.#taken, ...taken];
    this.#mutations = [];
    return taken;
  }

  /** The tick that took these is the world's state now. */
  committed(taken: readonly Mutation[], snapshot: Snapshot): void {
    this.#taken = this.#taken.slice(taken.length);
    this.#nextEntity = Math.max(this.#nextEntity, snapshot.counters.nextEntity);
    this.#foresee(snapshot);
  }

  /** Ticks failed: what they took is staged again, first, and ids that nobody holds are free again. */
  restore(snapshot: Snapshot): void {
    this.#mutations = [...this.#taken, ...this.#mutations];
    this.#taken = [];
    this.#foresee(snapshot);
    this.#nextEntity = Math.max(snapshot.counters.nextEntity, ...this.#mutations.map(idAfter));
  }

  discard(snapshot: Snapshot): void {
    this.#mutations = [];
    this.#foresee(snapshot);
  }

  /** A copy for a fork. */
  copyTo(other: Staging, snapshot: Snapshot): void {
    other.#mutations = [...this.#mutations];
    other.#nextEntity = this.#nextEntity;
    other.#foresee(snapshot);
  }

  #push(mutation: Mutation): void {
    this.#mutations.push(Object.freeze(mutation));
  }

  /** Composes again what is staged, over the state as it is now. */
  #foresee(snapshot: Snapshot): void {
    this.#foreseen = new Map();
    for (const mutation of [...this.#taken, ...this.#mutations]) {
      switch (mutation.kind) {
        case 'spawn':
          this.#foreseen.set(mutation.entity, namesOf(mutation.values.map(componentOf)));
          break;
        case 'despawn':
          this.#foreseen.set(mutation.entity, null);
          break;
        case 'addComponents':
        case 'removeComponents': {
          const before = this.#lookUp(mutation.entity, snapshot);
          if (before === null || before === undefined) break;
          this.#foreseen.set(
            mutation.entity,
            mutation.kind === 'addComponents'
              ? before.union(namesOf(mutation.values.map(componentOf)))
              : before.difference(namesOf(mutation.components)),
          );
          break;
        }
        default:
      }
    }
  }

  #lookUp(entity: number, snapshot: Snapshot): Foreseen | undefined {
    const foreseen = this.#foreseen.get(entity);
    if (foreseen !== undefined) return foreseen;
    const found = locate(snapshot.tables.values(), entity);
    if (found !== undefined) return new Set(found.table.signature.names);
    for (const mutation of [...this.#taken, ...this.#mutations]) {
      if (mutation.kind !== 'spawnMany') continue;
      const { first, count, signature } = mutation;
      if (entity >= first && entity < first + count) return new Set(signature.names);
    }
    return undefined;
  }

  #require(entity: number, snapshot: Snapshot): ReadonlySet<string> {
    const names = this.#lookUp(entity, snapshot);
    if (names !== null && names !== undefined) return names;
    const why =
      names === null ? 'is despawned by what is already staged' : 'is not alive in this world';
    throw new ArchetypeError(
      'entity_not_found',
      `Entity ${String(entity)} ${why}; use an id that spawn returned and that has not been despawned.`,
    );
  }
}

const namesOf = (components: readonly AnyComponent[]): ReadonlySet<string> =>
  new Set(components.map((component) => component.type));

function idAfter(mutation: Mutation): number {
  if (mutation.kind === 'spawn') return mutation.entity + 1;
  return mutation.kind === 'spawnMany' ? mutation.first + mutation.count : 0;
}

const missing = (entity: number, component: AnyComponent): ArchetypeError =>
  new ArchetypeError(
    'component_missing',
    `Entity ${entity} has no ${component.type}; add it with addComponents first, or name a component that it has.`,
  );
