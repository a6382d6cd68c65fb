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
import { absent, Foresight, missing } from './foresight.ts';
import { recheck } from './recheck.ts';
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

/** Most ticks take nothing; those that are kept share it. */
const NONE: readonly never[] = [];

const without = <T>(list: readonly T[], range: Range | undefined): readonly T[] =>
  range === undefined ? list : [...list.slice(0, range[0]), ...list.slice(range[1])];

/**
 * What waits for the next tick, checked when it is staged. Long, because every kind of mutation is staged here, and a tick that
 * takes them may give them back: one list has to know of all.
 */
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
  /** Taken by the tick that is being computed. */
  #computing: Taken | undefined;
  /** The state that what is staged was held against; `stale` for what was staged again. */
  #basis: Snapshot | 'stale' | undefined;
  readonly #commandOf = new WeakMap<Mutation, string>();
  /** The command whose work is being done. */
  #enacting: string | undefined;
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
    this.#enacting = command;
    try {
      work();
    } catch (error) {
      this.#mutations.length = before;
      this.#foresight = undefined;
      throw error;
    } finally {
      this.#enacting = undefined;
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

  /** The tick that they were due at is not computed: they wait again. */
  undrain(): void {
    const drained = this.#drained;
    if (drained === undefined) return;
    this.#drained = undefined;
    this.#mutations = [...without(this.#mutations, drained.mutations)];
    this.#ends = [...without(this.#ends, drained.ends)];
    this.#foresight = undefined;
    this.#giveBack(drained.commands);
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

  /** A birth under an id that was reserved. @throws `invalid_argument` when somebody has it */
  bear(entity: number, given: readonly Value[], snapshot: Snapshot): void {
    const signature = signatureOfValues(given, this.#registry);
    const values = this.#values(given);
    if (!this.#checking && this.#foresee(snapshot).find(entity) !== undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        `Entity ${entity} is there already, or was; a birth needs an id of its own, which reserve gives.`,
      );
    }
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
    const lacking = components.find((component) => !before.names.includes(component.type));
    if (lacking !== undefined) throw missing(entity, lacking);
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
  take(head?: Snapshot): Taken {
    if (head !== undefined && this.#basis !== undefined && this.#basis !== head)
      this.#recheck(head);
    this.#basis = undefined;
    const taken = {
      mutations: this.#mutations.length === 0 ? NONE : this.#mutations,
      ends: this.#ends.length === 0 ? NONE : this.#ends,
      drained: this.#drained,
      held: this.#held,
    };
    this.#taken = [...this.#taken, taken];
    this.#computing = taken;
    if (taken.mutations.length > 0) this.#mutations = [];
    if (taken.ends.length > 0) this.#ends = [];
    this.#drained = undefined;
    return taken;
  }

  /** The state went on since this was staged: what cannot happen any more is left out, and its command rejected. */
  #recheck(head: Snapshot): void {
    const count = this.#drained?.mutations[0] ?? this.#mutations.length;
    const direct = this.#mutations.slice(0, count);
    const foresight = () => new Foresight(head, this.#registry);
    const { kept, refused } = recheck(direct, (one) => this.#commandOf.get(one), foresight);
    if (kept.length === direct.length) return;
    this.#mutations = [...kept, ...this.#mutations.slice(count)];
    this.#ends = this.#ends.map((end) => {
      const error = refused.get(end.command);
      return error === undefined ? end : rejectedBy(end.command, error);
    });
    const shift = direct.length - kept.length;
    if (this.#drained !== undefined) {
      const [from, to] = this.#drained.mutations;
      this.#drained = { ...this.#drained, mutations: [from - shift, to - shift] };
    }
    this.#foresight = undefined;
  }

  /** The tick that was being computed is the head now. */
  pushed(): void {
    this.#computing = undefined;
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
    this.#computing = undefined;
    this.#basis = 'stale';
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
    if (this.#enacting !== undefined) {
      throw new ArchetypeError(
        'invalid_argument',
        'A command may drop nothing but what it staged itself; throw to refuse it, and let the host discard.',
      );
    }
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
    if (this.#enacting !== undefined) this.#commandOf.set(mutation, this.#enacting);
    this.#mutations.push(Object.freeze(mutation));
    this.#foresight?.add(mutation);
  }

  #require(entity: number, snapshot: Snapshot): Signature {
    const found = this.#foresee(snapshot).find(entity);
    if (found !== null && found !== undefined) return found;
    throw absent(entity, found);
  }

  #foresee(snapshot: Snapshot): Foresight {
    this.#basis ??= snapshot;
    if (this.#foresight?.snapshot !== snapshot) {
      this.#foresight = new Foresight(snapshot, this.#registry);
      // What earlier ticks took is in the state already, but for the tick that is being computed.
      for (const mutation of this.#computing?.mutations ?? []) this.#foresight.add(mutation);
      for (const mutation of this.#mutations) this.#foresight.add(mutation);
    }
    return this.#foresight;
  }
}

const dropped = ({ command }: SettledCommand): SettledCommand => ({
  command,
  status: 'rejected',
  code: 'discarded',
  message: 'What it staged was dropped before a tick took it.',
});
