import { entityOrder, type LivingTable, type LivingTables } from './living.ts';
import { Frame } from '../frame/frame.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Presence } from '../schema/presence.ts';
import { baseColumns, covers } from '../schema/signature.ts';
import { directoryOf, type Directory } from '../state/directory.ts';
import type { WorldIdentity } from './context.ts';
import { rowFrame } from './row-frame.ts';

/** The state that a tick's processors see: that of the last tick plus what was staged since, births left out. */
export class View {
  readonly tables: LivingTables;
  readonly #world: WorldIdentity;
  readonly #tick: number;
  #frames: Map<string, Frame> | undefined;

  constructor(tables: LivingTables, world: WorldIdentity, tick: number) {
    this.tables = tables;
    this.#world = world;
    this.#tick = tick;
  }

  /** Made when somebody is first looked for. */
  get directory(): Directory<LivingTable> {
    return directoryOf(this.tables);
  }

  /** Rows of every table that has the components, ascending by entity; made once for all who ask for the same. */
  query(components: readonly AnyComponent[], without: readonly AnyComponent[]): Frame {
    const key = [components, without]
      .map((part) => part.map(({ type }) => type).join(','))
      .join('|');
    const frames = (this.#frames ??= new Map());
    let frame = frames.get(key);
    if (frame === undefined) frames.set(key, (frame = this.#query(components, without)));
    return frame;
  }

  /** Who has a component, over all tables. */
  readonly presence: Presence = (component) => {
    const { directory } = this;
    const having = directory.tables.map(({ signature }) => signature.names.includes(component));
    return { has: (entity) => having[directory.find(entity as number)] === true };
  };

  #query(components: readonly AnyComponent[], without: readonly AnyComponent[]): Frame {
    const schema = [...baseColumns, ...components.flatMap((component) => component.columns)];
    const names = schema.map((field) => field.name);
    const parts = [...this.tables.values()]
      .filter(({ signature }) => covers(signature, namesOf(components), namesOf(without)))
      .map(({ signature, frame }) =>
        rowFrame(frame, signature.row, this.#world, this.#tick).pick(names),
      );
    const all = Frame.concat(schema, parts);
    return parts.length < 2 ? all : all.take(entityOrder(all.at('entity_id')));
  }
}

export const namesOf = (components: readonly AnyComponent[]): readonly string[] =>
  components.map((component) => component.type);
