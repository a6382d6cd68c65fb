import { componentOf, type AnyComponent, type Value } from '../schema/component.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature } from '../schema/signature.ts';
import type { LivingTable } from './living.ts';

/** Fields given to an entity: a value, or part of one. */
interface Given {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** All that happens to one entity between two ticks, composed in order. */
export class Change {
  readonly entity: number;
  /** Where it lives; nowhere for a birth. */
  readonly home: LivingTable | undefined;
  readonly row: number;
  /** The archetype it will have. */
  after: Signature;
  dead = false;
  #given: readonly Given[];

  private constructor(
    entity: number,
    home: LivingTable | undefined,
    row: number,
    after: Signature,
    given: readonly Value[],
  ) {
    this.entity = entity;
    this.home = home;
    this.row = row;
    this.after = after;
    this.#given = given as readonly object[] as readonly Given[];
  }

  static of(entity: number, home: LivingTable, row: number): Change {
    return new Change(entity, home, row, home.signature, []);
  }

  static birth(entity: number, signature: Signature, values: readonly Value[]): Change {
    return new Change(entity, undefined, -1, signature, values);
  }

  add(values: readonly Value[], registry: Registry): void {
    for (const value of values) this.after = registry.plus(this.after, componentOf(value));
    this.#give(values as readonly object[] as readonly Given[]);
  }

  remove(components: readonly AnyComponent[], registry: Registry): void {
    for (const component of components) {
      this.after = registry.minus(this.after, component);
      this.#given = this.#given.filter(({ type }) => type !== component.type);
    }
  }

  /** Without effect when the entity no longer has the component. */
  update(type: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.after.names.includes(type)) this.#give([{ ...fields, type }]);
  }

  /** The cell given for a field last, or undefined when none was. */
  cell(type: string, field: string): unknown {
    for (let k = this.#given.length - 1; k >= 0; k--) {
      const given = this.#given[k]!;
      if (given.type === type && given[field] !== undefined) return given[field];
    }
    return undefined;
  }

  #give(given: readonly Given[]): void {
    this.#given = this.#given.length === 0 ? given : [...this.#given, ...given];
  }
}
