import type { Column } from '../column/column.ts';
import { ArchetypeError } from '../errors.ts';
import { CellError, computeAll } from '../expression/evaluate.ts';
import { Frame, typed } from '../frame/frame.ts';
import { orAborted } from '../frame/or-aborted.ts';
import { RandomSource, type Run } from '../random/source.ts';
import type { Key } from '../random/threefry.ts';
import { baseColumns, covers, type TableId } from '../schema/signature.ts';
import type { Json } from '../state/json.ts';
import { createContext } from './create-context.ts';
import type { WorldIdentity } from './context.ts';
import { together, type Work } from './drive.ts';
import type { Emission } from './emission.ts';
import { guard } from './guard.ts';
import type { Processor } from './processor.ts';
import type { Resources } from './resources.ts';
import { rowFrame } from './row-frame.ts';
import type { LivingTable, LivingTables } from './tables.ts';

/** What processors run with in one tick, beside the tables. */
export interface Surroundings {
  readonly world: WorldIdentity;
  readonly tick: number;
  readonly seed: number;
  readonly keys: Map<string, Key>;
  readonly resources: Resources;
  readonly input: Json | undefined;
  readonly signal: AbortSignal;
}

/** A column that a processor replaced. */
interface Write {
  readonly processor: string;
  readonly before: Column;
  readonly after: Column;
}

/** A table after all its processors; rows are those of the materialized table. */
export interface ExecutedTable extends LivingTable {
  /** By column name, in the order in which processors ran. */
  readonly writes: ReadonlyMap<string, readonly Write[]>;
}

export interface Executed {
  readonly tables: ReadonlyMap<TableId, ExecutedTable>;
  /** In settling order: priority, registration, table, call. */
  readonly emissions: readonly Emission[];
}

/** Runs every processor on every table it matches. Priorities are barriers; within one, tables run side by side. */
export function* execute(
  tables: LivingTables,
  processors: readonly Processor[],
  around: Surroundings,
): Work<Executed> {
  const shared = new Map(
    processors.map((processor): [Processor, Run] => [processor, { signal: around.signal }]),
  );
  const runs = [...tables.values()].map((table) => new TableRun(table, around, shared));
  const emitted = new Map<Processor, Emission[]>();
  const dying = new Set<number>();
  for (const group of byPriority(processors)) {
    const done = yield* together(runs.map((run) => runGroup(run, group, tables, dying, around)));
    const inOrder = group.map((processor) =>
      done.flatMap((emissions) => emissions.get(processor) ?? []),
    );
    group.forEach((processor, k) => emitted.set(processor, inOrder[k]!));
    for (const emission of inOrder.flat()) {
      if (emission.kind === 'despawn' && typeof emission.entity === 'number')
        dying.add(emission.entity);
    }
  }
  return {
    tables: new Map(runs.map((run) => [run.table.signature.table, run.result()])),
    emissions: [...emitted.values()].flat(),
  };
}

/** Ascending priority, then order of registration. */
function byPriority(processors: readonly Processor[]): readonly (readonly Processor[])[] {
  const groups = Map.groupBy(processors, (processor) => processor.priority);
  return [...groups].toSorted(([a], [b]) => a - b).map(([, group]) => group);
}

function* runGroup(
  run: TableRun,
  group: readonly Processor[],
  tables: LivingTables,
  dying: ReadonlySet<number>,
  around: Surroundings,
): Work<ReadonlyMap<Processor, readonly Emission[]>> {
  const emitted = new Map<Processor, readonly Emission[]>();
  for (const processor of group) {
    const wanted = processor.components.map((component) => component.type);
    const unwanted = processor.without.map((component) => component.type);
    if (!covers(run.table.signature, wanted, unwanted)) continue;
    emitted.set(processor, yield* runProcessor(run, processor, tables, dying, around));
  }
  return emitted;
}

function* runProcessor(
  run: TableRun,
  processor: Processor,
  tables: LivingTables,
  dying: ReadonlySet<number>,
  around: Surroundings,
): Work<readonly Emission[]> {
  const { signal } = around;
  const emissions: Emission[] = [];
  try {
    signal.throwIfAborted();
    const given = run.given(processor);
    const context = createContext({ tables, dying, around, processor, emissions });
    let returned: unknown = processor.process(typed(given) as never, context);
    // A processor that never settles must not hold the world: the caller's signal ends the wait.
    if (isPromise(returned)) returned = yield orAborted(returned, signal);
    run.accept(processor, given, guard(given, returned, processor.name));
    return emissions;
  } catch (error) {
    throw failed(error, processor.name, run.table, around);
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';

function failed(
  error: unknown,
  processor: string,
  table: LivingTable,
  { tick, signal }: Surroundings,
): ArchetypeError {
  if (error instanceof ArchetypeError && error.code === 'processor_failed') return error;
  // What one processor asked for may be computed when a later one reads it.
  const name = error instanceof CellError ? (error.owner ?? processor) : processor;
  const place = `"${name}" on ${table.signature.names.join(', ') || 'entities without components'} (${table.signature.table})`;
  if (signal.aborted) {
    return new ArchetypeError(
      'aborted',
      `Tick ${tick} was given up while processor ${place} ran; nothing was written and what was staged is kept.`,
      { cause: signal.reason },
    );
  }
  if (error instanceof ArchetypeError && error.code.startsWith('processor_')) return error;
  return new ArchetypeError(
    'processor_failed',
    `Processor ${place} failed in tick ${tick}: ${error instanceof Error ? error.message : String(error)} Nothing was written; what was staged is kept, so the step can be tried again.`,
    { cause: error },
  );
}

/** One table on its way through the processors. */
class TableRun {
  readonly table: LivingTable;
  readonly #around: Surroundings;
  readonly #shared: ReadonlyMap<Processor, Run>;
  readonly #writes = new Map<string, Write[]>();
  #frame: Frame | undefined;

  constructor(table: LivingTable, around: Surroundings, shared: ReadonlyMap<Processor, Run>) {
    this.table = table;
    this.#around = around;
    this.#shared = shared;
  }

  given(processor: Processor): Frame {
    const { world, tick, seed, keys } = this.#around;
    const { signature, frame } = this.table;
    const run = this.#shared.get(processor);
    const random = new RandomSource(seed, processor.name, tick, keys, signature.table, run);
    const current = this.#frame ?? rowFrame(frame, signature.row, world, tick);
    return new Frame(current.schema, current.columns, current.numRows, random);
  }

  accept(processor: Processor, given: Frame, frame: Frame): void {
    this.#frame = frame;
    for (let k = baseColumns.length; k < frame.columns.length; k++) {
      const [before, after] = [given.columns[k]!, frame.columns[k]!];
      if (before === after) continue;
      const { name } = frame.schema[k]!;
      const write = { processor: processor.name, before, after };
      const writes = this.#writes.get(name);
      if (writes === undefined) this.#writes.set(name, [write]);
      else writes.push(write);
    }
  }

  /** All that processors asked for and that the next tick begins with, in one pass. */
  #compute(columns: readonly Column[]): void {
    try {
      computeAll(columns);
    } catch (error) {
      throw failed(
        error,
        [...this.#writes.values()].at(-1)![0]!.processor,
        this.table,
        this.#around,
      );
    }
  }

  result(): ExecutedTable {
    const { signature, frame } = this.table;
    if (this.#writes.size === 0) return { signature, frame, writes: this.#writes };
    const columns = [frame.columns[0]!, ...this.#frame!.columns.slice(baseColumns.length)];
    this.#compute(columns);
    return {
      signature,
      frame: new Frame(signature.state, columns, frame.numRows),
      writes: this.#writes,
    };
  }
}
