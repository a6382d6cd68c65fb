import { ArchetypeError, didYouMean } from '../errors.ts';
import { requireComponent, type AnyComponent } from './component.ts';
import { signatureOf, type Signature } from './signature.ts';

/** The components of one world by name, and the signatures made of them. */
export class Registry {
  readonly #byPrefix = new Map<string, AnyComponent>();
  readonly #signatures = new Map<string, Signature>();

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

  names(): string[] {
    return [...this.#byPrefix.values()].map((component) => component.type).toSorted();
  }

  signature(components: Iterable<AnyComponent>): Signature {
    const set = new Set(components);
    const key = [...set]
      .map((component) => component.type)
      .toSorted()
      .join(',');
    let signature = this.#signatures.get(key);
    if (signature === undefined) this.#signatures.set(key, (signature = signatureOf(set)));
    return signature;
  }

  /** A copy that can grow on its own, for a fork. */
  copy(): Registry {
    const copy = new Registry();
    for (const component of this.#byPrefix.values()) copy.add(component);
    return copy;
  }
}
