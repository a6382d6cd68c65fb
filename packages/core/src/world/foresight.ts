import type { Registry } from '../schema/registry.ts';
import type { Signature } from '../schema/signature.ts';
import { directoryOf } from '../state/directory.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { ArchetypeError } from '../errors.ts';
import { componentOf, type AnyComponent } from '../schema/component.ts';

type Block = Extract<Mutation, { readonly kind: 'spawnMany' }>;

/** What entities will be once what is staged over a state has happened. */
export class Foresight {
  readonly snapshot: Snapshot;
  readonly #registry: Registry;
  /** Archetypes that differ from the state's; null for those who will be dead. */
  readonly #changed = new Map<number, Signature | null>();
  readonly #blocks: Block[] = [];

  constructor(snapshot: Snapshot, registry: Registry) {
    this.snapshot = snapshot;
    this.#registry = registry;
  }

  /** The archetype of an entity; null when it will be dead, undefined when it is unknown. */
  find(entity: number): Signature | null | undefined {
    const changed = this.#changed.get(entity);
    if (changed !== undefined) return changed;
    const living = directoryOf(this.snapshot.tables).tableOf(entity);
    if (living !== undefined) return living.signature;
    return this.#blocks.find(({ first, count }) => entity >= first && entity < first + count)
      ?.signature;
  }

  /** Why a mutation cannot happen any more; undefined when it can. */
  refusal(mutation: Mutation): ArchetypeError | undefined {
    switch (mutation.kind) {
      case 'despawn':
      case 'update':
      case 'addComponents':
      case 'removeComponents': {
        const found = this.find(mutation.entity);
        if (found === null || found === undefined) return absent(mutation.entity, found);
        const needed =
          mutation.kind === 'update'
            ? [mutation.component]
            : mutation.kind === 'removeComponents'
              ? mutation.components
              : [];
        const lacking = needed.find(({ type }) => !found.names.includes(type));
        return lacking && missing(mutation.entity, lacking);
      }
      default:
        return undefined;
    }
  }

  /** Composes one mutation more. */
  add(mutation: Mutation): void {
    switch (mutation.kind) {
      case 'spawn':
        this.#changed.set(mutation.entity, mutation.signature);
        break;
      case 'spawnMany':
        this.#blocks.push(mutation);
        break;
      case 'despawn':
        this.#changed.set(mutation.entity, null);
        break;
      case 'addComponents': {
        const components = mutation.values.map(componentOf);
        this.#move(mutation.entity, components, 'plus');
        break;
      }
      case 'removeComponents':
        this.#move(mutation.entity, mutation.components, 'minus');
        break;
      default:
    }
  }

  #move(
    entity: number,
    components: readonly ReturnType<typeof componentOf>[],
    step: 'plus' | 'minus',
  ): void {
    let signature = this.find(entity);
    if (signature === null || signature === undefined) return;
    for (const component of components) signature = this.#registry[step](signature, component);
    this.#changed.set(entity, signature);
  }
}

/** `found` is null for an entity that will be dead. */
export const absent = (entity: unknown, found: null | undefined): ArchetypeError =>
  new ArchetypeError(
    'entity_not_found',
    `Entity ${String(entity)} ${found === null ? 'is despawned by what is already staged' : 'is not alive in this world'}; use an id that spawn returned and that has not been despawned.`,
  );

export const missing = (entity: number, component: AnyComponent): ArchetypeError =>
  new ArchetypeError(
    'component_missing',
    `Entity ${entity} has no ${component.type}; add it with addComponents first, or name a component that it has.`,
  );
