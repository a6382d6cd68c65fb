import {
  ArchetypeError,
  type AnyComponent,
  type Bool,
  type Frame,
  type Nullable,
  type QuietWorld,
} from '@archetype/core';
import { callback } from './callback.ts';

/** The fields of a component that hold booleans; any name where the component is not known to the compiler. */
export type BooleanField<C extends AnyComponent> = AnyComponent extends C
  ? string
  : C extends { readonly fields: infer F }
    ? {
        readonly [K in keyof F & string]: F[K] extends Bool | Nullable<Bool> ? K : never;
      }[keyof F & string]
    : never;

/**
 * An end by what entities are. Without `field` it asks who has the component; with it, of those who have the component,
 * for whom the field is true.
 */
export interface ComponentCondition<C extends AnyComponent = AnyComponent> {
  /** The component itself, not its name. */
  readonly component: C;
  readonly field?: BooleanField<C>;
  /**
   * `any` (unless told): one is enough. `all`: there is one, and none for whom it does not hold: without `field`, every
   * living entity of the world has the component. `none`: there is nobody for whom it holds, also in an empty world.
   */
  readonly mode?: 'any' | 'all' | 'none';
}

/** Where an episode stands. */
export interface EpisodeMoment {
  readonly episodeId: string;
  /** The world's last committed tick. */
  readonly tick: number;
  /** Steps that the episode has taken. */
  readonly step: number;
  /** Aborted when the caller of the episode gives up. */
  readonly signal: AbortSignal;
}

/** Decides over the committed state of a world. */
export type Predicate = (world: QuietWorld, moment: EpisodeMoment) => boolean | Promise<boolean>;

/** When an episode is over. */
export type Terminal<C extends AnyComponent = AnyComponent> = ComponentCondition<C> | Predicate;

type Check = (world: QuietWorld, moment: EpisodeMoment) => boolean | Promise<boolean>;
type Mode = 'any' | 'all' | 'none';

/** The question that a condition asks. @throws `invalid_argument` */
export function checkOf(terminal: unknown): Check | undefined {
  if (terminal === undefined) return undefined;
  if (typeof terminal === 'function' && !('columns' in terminal))
    return predicate(terminal as Predicate);
  if (typeof terminal !== 'object' || terminal === null) throw notATerminal(terminal);
  const { component, field, mode = 'any' } = terminal as ComponentCondition;
  if (!Object.hasOwn(modes, mode)) {
    throw new ArchetypeError(
      'invalid_argument',
      `terminal.mode was ${JSON.stringify(mode)}; use "any", "all" or "none".`,
    );
  }
  if (typeof component !== 'function' || !Array.isArray((component as AnyComponent).columns))
    throw notAComponent(component);
  return field === undefined ? having(component, mode) : holding(component, field, mode);
}

function predicate(given: Predicate): Check {
  return (world, moment) => {
    const what = `The terminal predicate of world "${world.name}", at tick ${moment.tick},`;
    const answer = callback(what, () => given(world, moment), moment.signal);
    const read = (said: unknown): boolean => truth(said, 'The terminal predicate', moment.tick);
    return answer instanceof Promise ? answer.then(read) : read(answer);
  };
}

/** @throws `callback_failed` for an answer that is no boolean */
export function truth(answer: unknown, whose: string, tick: number): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new ArchetypeError(
    'callback_failed',
    `${whose} gave ${String(answer)} at tick ${tick}; return true when the episode is over, false otherwise.`,
  );
}

function having(component: AnyComponent, mode: Mode): Check {
  const asks: Record<Mode, Check> = {
    any: (world) => found(world, [component], []),
    none: async (world) => !(await found(world, [component], [])),
    all: async (world) =>
      (await found(world, [component], [])) && !(await found(world, [], [component])),
  };
  return asks[mode];
}

async function found(
  world: QuietWorld,
  components: readonly AnyComponent[],
  without: readonly AnyComponent[],
): Promise<boolean> {
  const rows = await world.query(components, { without, select: ['entity_id'], limit: 1 });
  return rows.numRows > 0;
}

/** Over a column of booleans as it lies in memory: a byte a row, null counts as false. */
const modes: Readonly<
  Record<Mode, (cells: Uint8Array, validity: Uint8Array | undefined) => boolean>
> = {
  any: (cells, validity) => has(cells, validity, 1),
  all: (cells, validity) => cells.length > 0 && !has(cells, validity, 0),
  none: (cells, validity) => !has(cells, validity, 1),
};

function has(cells: Uint8Array, validity: Uint8Array | undefined, wanted: 0 | 1): boolean {
  if (validity === undefined) return cells.includes(wanted);
  return cells.some((cell, row) => (validity[row] === 0 ? 0 : cell) === wanted);
}

function holding(component: AnyComponent, field: string, mode: Mode): Check {
  const column = `${component.prefix}__${field}`;
  const known = component.columns.find(({ name }) => name === column);
  if (known?.type.kind !== 'bool') throw notABoolean(component, field, known !== undefined);
  return async (world) => {
    const rows = await world.query([component], { select: [column] as never[] });
    const { data, validity } = (rows as unknown as Frame).at(column);
    return modes[mode](data as Uint8Array, validity);
  };
}

const notATerminal = (given: unknown): ArchetypeError =>
  typeof given === 'function'
    ? new ArchetypeError(
        'invalid_argument',
        `terminal was the component ${(given as unknown as AnyComponent).type} itself; give { component: ${(given as unknown as AnyComponent).type}, mode: "any" }.`,
      )
    : new ArchetypeError(
        'invalid_argument',
        `terminal was ${JSON.stringify(given) ?? String(given)}; give { component, field, mode } or a function of the world.`,
      );

const notAComponent = (given: unknown): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `terminal.component was ${typeof given === 'string' ? `the text ${JSON.stringify(given)}` : (JSON.stringify(given) ?? String(given))}; give the component itself, what defineComponent returned.`,
  );

function notABoolean(
  { type, prefix, columns }: AnyComponent,
  field: string,
  known: boolean,
): ArchetypeError {
  const booleans = columns
    .filter((column) => column.type.kind === 'bool')
    .map(({ name }) => name.slice(prefix.length + 2));
  return new ArchetypeError(
    'invalid_argument',
    `terminal.field was "${field}", which is ${known ? 'no boolean' : 'no field'} of ${type}; its boolean fields are: ${booleans.join(', ') || 'none'}.`,
  );
}
