import { ArchetypeError, didYouMean } from '../errors.ts';
import { requireComponent, type AnyComponent } from './component.ts';
import { signatureOf, type ComponentShape, type DefaultCell, type Signature } from './signature.ts';

type Steps = Map<AnyComponent, Signature>;

/** The components of one world by name, and the signatures made of them. */
export class Registry {
  readonly #byPrefix = new Map<string, AnyComponent>();
  readonly #signatures = new Map<string, Signature>();
  /** Defaults that are recorded already, by column: later definitions do not change what older rows have. */
  readonly #recorded = new Map<string, DefaultCell>();
  #empty: Signature | undefined;
  #steps = new WeakMap<Signature, { plus: Steps; minus: Steps }>();

  /** Makes a definition known; the same one again changes nothing. @throws `component_conflict` */
  add(given: AnyComponent): AnyComponent {
    const component = requireComponent(given);
    const known = this.#byPrefix.get(component.prefix);
    if (known !== undefined && known !== component) {
      throw new ArchetypeError(
        'component_conflict',
        `Two components, ${known.type} and ${component.type}, would both own the columns ${component.prefix}__…; define it once and import it, or rename one.`,
      );
    }
    this.#byPrefix.set(component.prefix, component);
    return component;
  }

  find(name: string): AnyComponent | undefined {
    const component = this.#byPrefix.get(name.toLowerCase());
    return component?.type === name ? component : undefined;
  }

  /** @throws `unknown_component` */
  byName(name: string): AnyComponent {
    const component = this.find(name);
    if (component !== undefined) return component;
    const names = this.names();
    throw new ArchetypeError(
      'unknown_component',
      `No component is called "${name}" here${didYouMean(name, names)} Known: ${names.join(', ') || 'none'}.`,
    );
  }

  all(): readonly AnyComponent[] {
    return [...this.#byPrefix.values()];
  }

  names(): string[] {
    return [...this.#byPrefix.values()].map((component) => component.type).toSorted();
  }

  /** The archetype of entities without components. */
  get empty(): Signature {
    return (this.#empty ??= this.signature([]));
  }

  signature(components: Iterable<AnyComponent>): Signature {
    const set = new Set(components);
    const key = [...set]
      .map((component) => component.type)
      .toSorted()
      .join(',');
    let signature = this.#signatures.get(key);
    if (signature === undefined) {
      signature = signatureOf([...set].map((component) => this.shapeOf(component)));
      this.#signatures.set(key, signature);
    }
    return signature;
  }

  /** The archetype with one component more; itself when it has it. */
  plus(signature: Signature, component: AnyComponent): Signature {
    const { plus } = this.#stepsOf(signature);
    let next = plus.get(component);
    if (next === undefined) {
      next = signature.names.includes(component.type)
        ? signature
        : this.signature([...this.#componentsOf(signature), component]);
      plus.set(component, next);
    }
    return next;
  }

  /** The archetype with one component less; itself when it has it not. */
  minus(signature: Signature, component: AnyComponent): Signature {
    const { minus } = this.#stepsOf(signature);
    let next = minus.get(component);
    if (next === undefined) {
      next = signature.names.includes(component.type)
        ? this.signature(
            this.#componentsOf(signature).filter(({ type }) => type !== component.type),
          )
        : signature;
      minus.set(component, next);
    }
    return next;
  }

  #componentsOf({ names }: Signature): readonly AnyComponent[] {
    return names.map((name) => this.byName(name));
  }

  #stepsOf(signature: Signature): { plus: Steps; minus: Steps } {
    let steps = this.#steps.get(signature);
    if (steps === undefined) {
      steps = { plus: new Map(), minus: new Map() };
      this.#steps.set(signature, steps);
    }
    return steps;
  }

  /** A component as this world's rows have it: with the defaults that were recorded first. */
  shapeOf({ type, prefix, columns, defaults }: AnyComponent): ComponentShape {
    const recorded = columns.flatMap(({ name }) =>
      this.#recorded.has(name) ? [[name, this.#recorded.get(name)!] as const] : [],
    );
    return { type, prefix, columns, defaults: { ...defaults, ...Object.fromEntries(recorded) } };
  }

  /** Keeps the defaults with which a component's columns were stored. */
  record({ defaults }: ComponentShape): void {
    for (const [name, cell] of Object.entries(defaults)) {
      if (!this.#recorded.has(name)) this.#recorded.set(name, cell);
    }
    this.#signatures.clear();
    this.#steps = new WeakMap();
    this.#empty = undefined;
  }

  /** A copy that can grow on its own, for a fork. */
  copy(): Registry {
    const copy = new Registry();
    for (const component of this.#byPrefix.values()) copy.add(component);
    for (const [name, cell] of this.#recorded) copy.#recorded.set(name, cell);
    return copy;
  }
}
