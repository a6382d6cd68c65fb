import { ArchetypeError } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import { componentOf, type AnyComponent, type Value } from '../schema/component.ts';
import type { BirthRef, BirthRefs } from '../schema/entity-ref.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature } from '../schema/signature.ts';
import { Birth, BirthRange, checkBirths, type BirthCall } from './birth.ts';
import { contentOf } from '../state/message.ts';
import type { Combine, Emission, FieldCells, Targets } from './emission.ts';
import { patchOfMany, patchOfOne } from './patches.ts';
import {
  blockOf,
  componentsOfValues,
  rowsOf,
  signatureOfRows,
  signatureOfValues,
} from './spawn-many.ts';
import { isSingle, noSuchEntity, targetsOf } from './targets.ts';
import type { View } from './view.ts';

/**
 * One run of a processor over one frame: what it asks for is checked here, and kept until the tick settles. Entities asked
 * about one after the other go into one emission where they can, so that a loop costs about what a column costs.
 */
export class Call implements BirthCall {
  readonly processor: string;
  readonly emissions: Emission[] = [];
  /** The id of its first birth, once the tick has settled. */
  first: number | undefined;
  readonly #view: View;
  readonly #registry: Registry;
  #ended = false;
  /** The archetype of each birth, as this call has left it. */
  readonly #births: Signature[] = [];
  /** What this call adds to living entities; looked at only when a table lacks a component. */
  readonly #added: { readonly entities: Targets; readonly components: readonly AnyComponent[] }[] =
    [];
  #addedTo: Map<AnyComponent, Set<number>> | undefined;

  constructor(processor: string, view: View, registry: Registry) {
    this.processor = processor;
    this.#view = view;
    this.#registry = registry;
  }

  /** The processor has returned, or failed: what it asks for from now on would be lost. */
  end(): void {
    this.#ended = true;
  }

  #open(): void {
    if (!this.#ended) return;
    throw new ArchetypeError(
      'context_closed',
      `Processor "${this.processor}" used its ctx after it had returned; await what it starts, so that everything is asked for before it returns.`,
    );
  }

  /** How many births it asked for. */
  get births(): number {
    return this.#births.length;
  }

  spawn(values: readonly Value[]): BirthRef {
    this.#open();
    this.#spawn(signatureOfValues(values, this.#registry), [values]);
    return new Birth(this, this.#births.length - 1);
  }

  spawnMany(given: unknown): BirthRefs {
    this.#open();
    const first = this.#births.length;
    if (given instanceof Frame) {
      const block = blockOf(given, this.#registry);
      this.emissions.push({ kind: 'spawnMany', block });
      for (let row = 0; row < block.rows.numRows; row++) this.#births.push(block.signature);
    } else {
      const rows = rowsOf(given);
      this.#spawn(signatureOfRows(rows, this.#registry), rows);
    }
    return new BirthRange(this, first, this.#births.length - first);
  }

  #spawn(signature: Signature, rows: readonly (readonly Value[])[]): void {
    for (const values of rows) this.#checkBirths(values);
    const births = rows.map((values) => ({ signature, values }));
    const last = this.emissions.at(-1);
    if (last?.kind === 'spawn') (last.births as unknown[]).push(...births);
    else this.emissions.push({ kind: 'spawn', births });
    for (let k = 0; k < births.length; k++) this.#births.push(signature);
  }

  send(to: unknown, from: unknown, content: unknown): void {
    const one = (entity: unknown): number => {
      const targets = isSingle(entity) ? this.#targets(entity) : undefined;
      if (targets?.length === 1) return targets[0]!;
      throw noSuchEntity(entity);
    };
    const sender = from === undefined || from === null ? null : one(from);
    this.emissions.push({ kind: 'send', to: one(to), from: sender, content: contentOf(content) });
  }

  despawn(target: unknown): void {
    const entities = this.#targets(target);
    const last = this.emissions.at(-1);
    if (last?.kind === 'despawn' && isSingle(target) && Array.isArray(last.entities))
      last.entities.push(entities[0]!);
    else if (entities.length > 0) this.emissions.push({ kind: 'despawn', entities });
  }

  update(target: unknown, given: AnyComponent, patch: unknown, combine: Combine | undefined): void {
    const component = this.#registry.add(given);
    const entities = this.#targets(target);
    this.#requireComponent(entities, component);
    if (!isSingle(target)) {
      const fields = patchOfMany(component, patch, target, entities.length, this);
      if (entities.length > 0 && fields.length > 0)
        this.emissions.push({ kind: 'update', entities, component, fields, combine });
      return;
    }
    const fields = patchOfOne(component, patch, this);
    const last = this.emissions.at(-1);
    if (
      last?.kind === 'update' &&
      last.component === component &&
      last.combine === combine &&
      Array.isArray(last.entities) &&
      sameFields(last.fields, fields)
    ) {
      last.entities.push(entities[0]!);
      fields.forEach(({ cells }, k) =>
        (last.fields[k]!.cells as unknown[]).push(cells[0 as never]),
      );
    } else if (fields.length > 0) {
      this.emissions.push({ kind: 'update', entities, component, fields, combine });
    }
  }

  addComponents(target: unknown, values: readonly Value[]): void {
    const components = componentsOfValues(values, this.#registry);
    this.#checkBirths(values);
    const entities = this.#targets(target);
    if (entities.length === 0 || values.length === 0) return;
    this.emissions.push({ kind: 'addComponents', entities, values });
    this.#added.push({ entities, components });
    for (const code of entities) {
      if (code >= 0) continue;
      for (const component of components)
        this.#births[~code] = this.#registry.plus(this.#births[~code]!, component);
    }
  }

  removeComponents(target: unknown, given: readonly AnyComponent[]): void {
    const components = given.map((component) => this.#registry.add(component));
    const entities = this.#targets(target);
    if (entities.length > 0)
      this.emissions.push({ kind: 'removeComponents', entities, components });
  }

  /** @throws `entity_not_found` */
  #targets(target: unknown): Targets {
    this.#open();
    const entities = targetsOf(target, this);
    const { directory } = this.#view;
    for (let k = 0; k < entities.length; k++) {
      const code = entities[k]!;
      if (code >= 0 && directory.find(code) < 0) throw noSuchEntity(code);
    }
    return entities;
  }

  /** @throws `component_missing` */
  #requireComponent(entities: Targets, component: AnyComponent): void {
    const { directory } = this.#view;
    const having = directory.tables.map(({ signature }) =>
      signature.names.includes(component.type),
    );
    for (let k = 0; k < entities.length; k++) {
      const code = entities[k]!;
      const has =
        code < 0
          ? this.#births[~code]!.names.includes(component.type)
          : having[directory.find(code)]! || this.#hasAdded(code, component);
      if (has) continue;
      throw new ArchetypeError(
        'component_missing',
        `${code < 0 ? 'A birth of this call' : `Entity ${code}`} has no ${component.type}; add it with addComponents, or update a component that it has.`,
      );
    }
  }

  #hasAdded(entity: number, component: AnyComponent): boolean {
    const addedTo = (this.#addedTo ??= new Map<AnyComponent, Set<number>>());
    for (const { entities, components } of this.#added.splice(0)) {
      for (const added of components) {
        const set = addedTo.get(added) ?? new Set();
        addedTo.set(added, set);
        for (const id of entities) set.add(id);
      }
    }
    return addedTo.get(component)?.has(entity) === true;
  }

  #checkBirths(values: readonly Value[]): void {
    for (const value of values) checkBirths(componentOf(value), value, this);
  }
}

const sameFields = (a: readonly FieldCells[], b: readonly FieldCells[]): boolean =>
  a.length === b.length &&
  a.every(({ name, cells }, k) => Array.isArray(cells) && name === b[k]!.name);
