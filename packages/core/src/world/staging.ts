import { ArchetypeError } from '../errors.ts';
import { componentOf, parsePatch, type AnyComponent, type Value } from '../schema/component.ts';
import { MAX_ENTITY } from '../schema/entity-ref.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature } from '../schema/signature.ts';
import type { Json } from '../state/json.ts';
import { contentOf } from '../state/message.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { checkBirths } from '../tick/birth.ts';
import { blockOf, componentsOfValues, signatureOfValues } from '../tick/spawn-many.ts';
import { exhausted } from '../tick/tick.ts';
import { rejectedBy, type SettledCommand } from '../state/command.ts';
import { Foresight } from './foresight.ts';
import type { Stage } from './stage.ts';
import type { DueCommand } from './world-commands.ts';

/** What one tick takes. */
export interface Taken {
  readonly mutations: readonly Mutation[];
  /** How the commands end that are behind them, and those that were refused. */
  readonly ends: readonly SettledCommand[];
  /** Deferred commands that were due, and where in both lists their work and ends are. */
  readonly drained: Drained | undefined;
  /** One above the ids that callers hold. */
  readonly held: number;
}

interface Drained {
  readonly commands: readonly DueCommand[];
  readonly mutations: Range;
  readonly ends: Range;
}
type Range = readonly [from: number, to: number];

const without = <T>(list: readonly T[], range: Range | undefined): readonly T[] =>
  range === undefined ? list : [...list.slice(0, range[0]), ...list.slice(range[1])];

/** What waits for the next tick, checked when it is staged. */
export class Staging {
  readonly #registry: Registry;
  readonly #giveBack: (commands: readonly DueCommand[]) => void;
  #mutations: Mutation[] = [];
  #ends: SettledCommand[] = [];
  #drained: Drained | undefined;
  /** Taken by ticks that are not committed yet, in their order. */
  #taken: readonly Taken[] = [];
  /** Mutations are held against what will be, and not staged. */
  #checking = false;
  /** Made when it is first asked for, and again when the state below what is staged has changed. */
  #foresight: Foresight | undefined;
  #nextEntity: number;
  /** One above the ids that callers hold; only ids above it are free again when a tick fails. */
  #held: number;

  /** `giveBack` takes deferred commands whose tick failed: they are due again. */
  constructor(
    registry: Registry,
    nextEntity: number,
    giveBack: (commands: readonly DueCommand[]) => void = () => undefined,
  ) {
    this.#registry = registry;
    this.#giveBack = giveBack;
    this.#nextEntity = nextEntity;
    this.#held = nextEntity;
  }

  get mutations(): readonly Mutation[] {
    return [...this.#mutations];
  }

  get size(): number {
    return this.#mutations.length;
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

  /** Ids for a caller, who births entities with them later. @returns the first */
  reserve(count: number): number {
    const first = this.allocate(count);
    this.#held = this.#nextEntity;
    return first;
  }

  /** Ids below `next` were given before. */
  hold(next: number): void {
    this.#nextEntity = Math.max(this.#nextEntity, next);
    this.#held = Math.max(this.#held, next);
  }

  /** Does the work of an accepted command, whole or not at all; the tick that takes it settles the command. */
  enact(command: string, work: () => void): void {
    const before = this.#mutations.length;
    try {
      work();
    } catch (error) {
      this.#mutations.length = before;
      this.#foresight = undefined;
      throw error;
    }
    this.#ends.push({ command, status: 'applied' });
  }

  /** Does the work of deferred commands that are due; one that cannot be done is rejected alone. */
  drain(commands: readonly DueCommand[], stage: Stage): void {
    if (commands.length === 0) return;
    const [mutation, end] = [this.#mutations.length, this.#ends.length];
    for (const { command, work } of commands) {
      try {
        this.enact(command, () => work(stage));
      } catch (error) {
        this.refuse(rejectedBy(command, error));
      }
    }
    this.#drained = {
      commands,
      mutations: [mutation, this.#mutations.length],
      ends: [end, this.#ends.length],
    };
  }

  /** An accepted command that cannot be done; the next tick says so. */
  refuse(end: SettledCommand): void {
    this.#ends.push(end);
  }

  /** Refuses what `work` would stage as staging it would, and stages nothing. */
  check(work: () => void): void {
    this.#checking = true;
    try {
      work();
    } finally {
      this.#checking = false;
    }
  }

  /** A birth under an id that was reserved. */
  bear(entity: number, given: readonly Value[]): void {
    const signature = signatureOfValues(given, this.#registry);
    const values = this.#values(given);
    this.#push({ kind: 'spawn', entity, signature, values });
  }

  spawn(given: readonly Value[]): number {
    const signature = signatureOfValues(given, this.#registry);
    const values = this.#values(given);
    const entity = this.reserve(1);
    this.#push({ kind: 'spawn', entity, signature, values });
    return entity;
  }

  spawnMany(given: unknown): Int32Array {
    const { signature, rows } = blockOf(given, this.#registry);
    const count = rows.numRows;
    const first = this.reserve(count);
    if (count > 0) this.#push({ kind: 'spawnMany', first, count, signature, rows });
    return Int32Array.from({ length: count }, (_, k) => first + k);
  }

  despawn(entity: number, snapshot: Snapshot): void {
    this.#require(entity, snapshot);
    this.#push({ kind: 'despawn', entity });
  }

  update(entity: number, given: AnyComponent, patch: unknown, snapshot: Snapshot): void {
    const component = this.#registry.add(given);
    const fields = Object.freeze(parsePatch(component, patch));
    checkBirths(component, fields, undefined);
    if (!this.#require(entity, snapshot).names.includes(component.type))
      throw missing(entity, component);
    this.#push({ kind: 'update', entity, component, fields });
  }

  addComponents(entity: number, given: readonly Value[], snapshot: Snapshot): void {
    componentsOfValues(given, this.#registry);
    const values = this.#values(given);
    this.#require(entity, snapshot);
    this.#push({ kind: 'addComponents', entity, values });
  }

  removeComponents(entity: number, given: readonly AnyComponent[], snapshot: Snapshot): void {
    const components = given.map((component) => this.#registry.add(component));
    const before = this.#require(entity, snapshot);
    const absent = components.find((component) => !before.names.includes(component.type));
    if (absent !== undefined) throw missing(entity, absent);
    this.#push({ kind: 'removeComponents', entity, components: Object.freeze(components) });
  }

  /** @throws `entity_not_found`, `invalid_value` */
  send(to: number, from: unknown, content: unknown, snapshot: Snapshot): void {
    this.#require(to, snapshot);
    if (from !== undefined && from !== null) this.#require(from as number, snapshot);
    const sender = (from ?? null) as number | null;
    this.#push({ kind: 'send', to, from: sender, content: contentOf(content) });
  }

  setResource(name: string, value: Json): void {
    this.#push({ kind: 'setResource', name, value });
  }

  /** What the next tick applies; more can be staged while it runs. */
  take(): Taken {
    const taken = {
      mutations: this.#mutations,
      ends: this.#ends,
      drained: this.#drained,
      held: this.#held,
    };
    this.#taken = [...this.#taken, taken];
    this.#mutations = [];
    this.#ends = [];
    this.#drained = undefined;
    return taken;
  }

  /** The tick that took the oldest of what is taken is the world's state now. */
  committed(snapshot: Snapshot): void {
    this.#taken = this.#taken.slice(1);
    this.#nextEntity = Math.max(this.#nextEntity, snapshot.counters.nextEntity);
    this.#foresight = undefined;
  }

  /**
   * Ticks failed: what they took is staged again, first; deferred commands wait again; ids that nobody holds are free.
   */
  restore(snapshot: Snapshot): void {
    const failed = [...this.#taken, this.take()];
    this.#taken = [];
    this.#mutations = failed.flatMap(({ mutations, drained }) =>
      without(mutations, drained?.mutations),
    );
    this.#ends = failed.flatMap(({ ends, drained }) => without(ends, drained?.ends));
    this.#foresight = undefined;
    this.#nextEntity = Math.max(snapshot.counters.nextEntity, this.#held);
    const due = failed.flatMap(({ drained }) => drained?.commands ?? []);
    if (due.length > 0) this.#giveBack(due);
  }

  /** Commands whose work is dropped with it end with the next tick. */
  discard(): void {
    this.#mutations = [];
    this.#drained = undefined;
    this.#ends = this.#ends.map((end) => (end.status === 'applied' ? dropped(end) : end));
    this.#foresight = undefined;
  }

  /** A copy for a fork. Commands end where they were accepted. */
  copyTo(other: Staging): void {
    other.#mutations = [...this.#mutations];
    other.#nextEntity = this.#nextEntity;
    other.#held = this.#held;
  }

  /** A list of its own, since what is staged is kept. @throws `entity_not_found` for births of a processor */
  #values(given: readonly Value[]): readonly Value[] {
    for (const value of given) checkBirths(componentOf(value), value, undefined);
    return Object.freeze([...given]);
  }

  #push(mutation: Mutation): void {
    if (this.#checking) return;
    this.#mutations.push(Object.freeze(mutation));
    this.#foresight?.add(mutation);
  }

  #require(entity: number, snapshot: Snapshot): Signature {
    const found = this.#foresee(snapshot).find(entity);
    if (found !== null && found !== undefined) return found;
    const why =
      found === null ? 'is despawned by what is already staged' : 'is not alive in this world';
    throw new ArchetypeError(
      'entity_not_found',
      `Entity ${String(entity)} ${why}; use an id that spawn returned and that has not been despawned.`,
    );
  }

  #foresee(snapshot: Snapshot): Foresight {
    if (this.#foresight?.snapshot !== snapshot) {
      this.#foresight = new Foresight(snapshot, this.#registry);
      for (const { mutations } of this.#taken)
        for (const mutation of mutations) this.#foresight.add(mutation);
      for (const mutation of this.#mutations) this.#foresight.add(mutation);
    }
    return this.#foresight;
  }
}

const missing = (entity: number, component: AnyComponent): ArchetypeError =>
  new ArchetypeError(
    'component_missing',
    `Entity ${entity} has no ${component.type}; add it with addComponents first, or name a component that it has.`,
  );

const dropped = ({ command }: SettledCommand): SettledCommand => ({
  command,
  status: 'rejected',
  code: 'discarded',
  message: 'What it staged was dropped before a tick took it.',
});
