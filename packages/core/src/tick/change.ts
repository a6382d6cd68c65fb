import type { Registry } from '../schema/registry.ts';
import { componentOf, type AnyComponent, type Value } from '../schema/component.ts';
import type { Signature } from '../schema/signature.ts';
import { cellsOf } from '../state/mutation.ts';

/** All that happens to one entity between two ticks, composed in order. */
export class Change {
  readonly before: Signature | undefined;
  dead = false;
  /** The components it will have. */
  readonly #components: Map<string, AnyComponent>;
  /** The cells given to it, by column name. */
  readonly cells: Record<string, unknown> = {};

  /** `before` is the archetype it lives in; none for a birth. */
  constructor(before: Signature | undefined, components: readonly AnyComponent[]) {
    this.before = before;
    this.#components = new Map(components.map((component) => [component.type, component]));
  }

  add(values: readonly Value[]): void {
    for (const value of values) {
      const component = componentOf(value);
      this.#components.set(component.type, component);
      Object.assign(this.cells, cellsOf(component, value as never));
    }
  }

  remove(components: readonly AnyComponent[]): void {
    for (const component of components) {
      this.#components.delete(component.type);
      for (const { name } of component.columns) delete this.cells[name];
    }
  }

  has(component: AnyComponent): boolean {
    return this.#components.has(component.type);
  }

  /** Without effect when the entity no longer has the component. */
  update(component: AnyComponent, cells: Readonly<Record<string, unknown>>): void {
    if (this.has(component)) Object.assign(this.cells, cells);
  }

  after(registry: Registry): Signature {
    return registry.signature(this.#components.values());
  }
}
