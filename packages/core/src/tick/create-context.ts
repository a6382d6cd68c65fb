import { ArchetypeError } from '../errors.ts';
import { Frame, typed } from '../frame/frame.ts';
import {
  componentOf,
  parsePatch,
  requireComponent,
  type AnyComponent,
  type Value,
} from '../schema/component.ts';
import { isBirthRef, type BirthRef, type EntityRef } from '../schema/entity-ref.ts';
import { baseColumns, covers } from '../schema/signature.ts';
import { cellsOf } from '../state/mutation.ts';
import { locate } from '../state/snapshot.ts';
import type { TickContext } from './context.ts';
import type { Combine, Emission } from './emission.ts';
import type { Surroundings } from './execute.ts';
import type { Processor } from './processor.ts';
import { rowFrame } from './row-frame.ts';
import type { LivingTable, LivingTables } from './tables.ts';

const COMBINES: ReadonlySet<string> = new Set<Combine>(['last', 'sum', 'min', 'max']);

/** The context of one processor on one table; what it emits goes into `emissions`. */
export function createContext(run: {
  readonly tables: LivingTables;
  readonly dying: ReadonlySet<number>;
  readonly around: Surroundings;
  readonly processor: Processor;
  readonly emissions: Emission[];
}): TickContext {
  const { tables, dying, around, processor, emissions } = run;
  /** Components that this call gives to entities, births included. */
  const given = new Map<EntityRef, ReadonlySet<AnyComponent>>();
  const known = (entity: EntityRef): EntityRef => {
    if (isBirthRef(entity) ? given.has(entity) : locate(tables.values() as Iterable<never>, entity))
      return entity;
    throw notFound(entity, around.tick);
  };
  const has = (entity: EntityRef, component: AnyComponent): boolean =>
    given.get(entity)?.has(component) === true ||
    (!isBirthRef(entity) && tableOf(tables, entity).signature.names.includes(component.type));
  const give = (entity: EntityRef, values: readonly Value[]): void => {
    const components = distinct(values).map(componentOf);
    given.set(entity, new Set([...(given.get(entity) ?? []), ...components]));
  };
  return Object.freeze<TickContext>({
    world: around.world,
    tick: around.tick,
    resources: around.resources,
    input: around.input,
    signal: around.signal,
    query: (components, options = {}) => {
      const wanted = components.map(requireComponent);
      const frame = queryTables(tables, wanted, options.without ?? [], around);
      const rows = options.where === undefined ? frame : frame.filter(options.where);
      return typed(rows);
    },
    dying: (entity) => dying.has(entity),
    spawn(...values) {
      const ref: BirthRef = Object.freeze({ kind: 'birth' });
      give(ref, values);
      emissions.push({ kind: 'spawn', ref, values });
      return ref;
    },
    despawn(target) {
      for (const entity of entities(target))
        emissions.push({ kind: 'despawn', entity: known(entity) });
    },
    update(entity, component, fields, options = {}) {
      const { combine } = options;
      if (combine !== undefined && !COMBINES.has(combine)) {
        throw new ArchetypeError(
          'invalid_argument',
          `combine was ${JSON.stringify(combine)}; use one of ${[...COMBINES].join(', ')}.`,
        );
      }
      const cells = cellsOf(requireComponent(component), parsePatch(component, fields));
      if (!has(known(entity), component)) throw missing(entity, component);
      emissions.push({
        kind: 'update',
        entity,
        component,
        cells,
        combine,
        processor: processor.name,
      });
    },
    addComponents(entity, ...values) {
      emissions.push({ kind: 'addComponents', entity: known(entity), values });
      give(entity, values);
    },
    removeComponents(entity, ...components) {
      emissions.push({
        kind: 'removeComponents',
        entity: known(entity),
        components: components.map(requireComponent),
      });
    },
  });
}

function entities(given: EntityRef | Iterable<EntityRef>): Iterable<EntityRef> {
  return typeof given === 'object' && Symbol.iterator in given ? given : [given];
}

/** @throws `invalid_argument` when two values are of one component */
export function distinct(values: readonly Value[]): readonly Value[] {
  const seen = new Set<AnyComponent>();
  for (const value of values) {
    const component = componentOf(value);
    if (seen.has(component)) {
      throw new ArchetypeError(
        'invalid_argument',
        `An entity was given two values of ${component.type}; it can hold one.`,
      );
    }
    seen.add(component);
  }
  return values;
}

function tableOf(tables: LivingTables, entity: number): LivingTable {
  return locate(tables.values() as Iterable<never>, entity)!.table;
}

function queryTables(
  tables: LivingTables,
  components: readonly AnyComponent[],
  without: readonly AnyComponent[],
  { world, tick }: Surroundings,
): Frame {
  const names = components.map((component) => component.type);
  const schema = [...baseColumns, ...components.flatMap((component) => component.columns)];
  const parts = [...tables.values()]
    .filter(({ signature }) =>
      covers(
        signature,
        names,
        without.map((component) => component.type),
      ),
    )
    .map(({ signature, frame }) =>
      rowFrame(frame, signature.row, world, tick).pick(schema.map((field) => field.name)),
    );
  const all = Frame.concat(schema, parts);
  if (parts.length < 2) return all;
  const ids = all.at('entity_id').data as Int32Array;
  return all.take(Int32Array.from(ids.keys()).toSorted((a, b) => ids[a]! - ids[b]!));
}

const print = (entity: EntityRef): string =>
  isBirthRef(entity) ? 'a BirthRef of another processor call' : `entity ${String(entity)}`;

const notFound = (entity: EntityRef, tick: number): ArchetypeError =>
  new ArchetypeError(
    'entity_not_found',
    `No living entity is ${print(entity)} in tick ${tick}; use an id from a frame of this tick, or what ctx.spawn returned in this call.`,
  );

const missing = (entity: EntityRef, component: AnyComponent): ArchetypeError =>
  new ArchetypeError(
    'component_missing',
    `Entity ${print(entity)} has no ${component.type}; add it with addComponents, or update a component that it has.`,
  );
