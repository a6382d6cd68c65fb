import { typed } from '../frame/frame.ts';
import { orAborted } from '../frame/or-aborted.ts';
import { RandomSource, type Run } from '../random/source.ts';
import type { TableId } from '../schema/signature.ts';
import { Call } from './call.ts';
import { createContext } from './create-context.ts';
import { together, type Work } from './drive.ts';
import { guard } from './guard.ts';
import { lensOf } from './lens.ts';
import type { LivingTables } from './living.ts';
import type { Processor } from './processor.ts';
import { processorFailure } from './processor-failure.ts';
import type { Surroundings } from './surroundings.ts';
import type { Piece } from './piece.ts';
import { TablePiece } from './table-piece.ts';
import { TableRun, type ExecutedTable } from './table-run.ts';
import { View } from './view.ts';
import { WorldRun } from './world-run.ts';

export interface Executed {
  readonly view: View;
  readonly tables: ReadonlyMap<TableId, ExecutedTable>;
  /** In settling order: priority, registration, table. */
  readonly calls: readonly Call[];
}

/**
 * Runs every processor on what it matches. Priorities are barriers, and so are processors of scope "world"; between them
 * tables run side by side.
 */
export function* execute(
  tables: LivingTables,
  processors: readonly Processor[],
  around: Surroundings,
): Work<Executed> {
  const view = new View(tables, around.world, around.tick);
  const runs = [...tables.values()].map((table) => new TableRun(table, around));
  const dying = new Set<number>();
  const calls: Call[] = [];
  const shared = new Map<Processor, Run>();
  for (const processor of processors) shared.set(processor, { signal: around.signal });
  const runner: Runner = { view, dying, around, shared };
  for (const group of byPriority(processors)) {
    const made: Call[] = [];
    for (const stretch of stretches(group)) {
      if (stretch[0]!.scope === 'world')
        made.push(...(yield* runOnWorld(stretch[0]!, runs, runner)));
      else made.push(...(yield* runOnTables(stretch, runs, runner)));
    }
    calls.push(...made);
    for (const { emissions } of made) {
      for (const emission of emissions) {
        if (emission.kind !== 'despawn') continue;
        for (const code of emission.entities) if (code >= 0) dying.add(code);
      }
    }
  }
  const executed = new Map<TableId, ExecutedTable>();
  for (const run of runs) executed.set(run.table.signature.table, run.result());
  return { view, tables: executed, calls };
}

/** What all calls of a tick share. */
interface Runner {
  readonly view: View;
  /** Killed by processors of earlier priorities. */
  readonly dying: ReadonlySet<number>;
  readonly around: Surroundings;
  /** What the calls of one processor share. */
  readonly shared: ReadonlyMap<Processor, Run>;
}

/** Ascending priority, then order of registration. */
function byPriority(processors: readonly Processor[]): readonly (readonly Processor[])[] {
  const [first] = processors;
  if (processors.every(({ priority }) => priority === first!.priority))
    return first === undefined ? [] : [processors];
  const groups = Map.groupBy(processors, (processor) => processor.priority);
  return [...groups].toSorted(([a], [b]) => a - b).map(([, group]) => group);
}

/** Neighbours of scope "table" together, each of scope "world" alone. */
function stretches(group: readonly Processor[]): readonly (readonly Processor[])[] {
  const result: Processor[][] = [];
  for (const processor of group) {
    const last = result.at(-1);
    if (last === undefined || last[0]!.scope === 'world' || processor.scope === 'world')
      result.push([processor]);
    else last.push(processor);
  }
  return result;
}

function* runOnTables(
  processors: readonly Processor[],
  runs: readonly TableRun[],
  runner: Runner,
): Work<readonly Call[]> {
  const done = yield* together(runs.map((run) => runOnTable(processors, run, runner)));
  const inOrder: Call[] = [];
  for (let k = 0; k < processors.length; k++) {
    for (const calls of done) {
      const call = calls[k];
      if (call !== undefined) inOrder.push(call);
    }
  }
  return inOrder;
}

/** The calls of each processor, by its position; none where it does not match. */
function* runOnTable(
  processors: readonly Processor[],
  run: TableRun,
  runner: Runner,
): Work<readonly (Call | undefined)[]> {
  const calls: (Call | undefined)[] = [];
  const { signature } = run.table;
  for (const processor of processors) {
    const lens = lensOf(processor, signature);
    if (lens === undefined) {
      calls.push(undefined);
      continue;
    }
    calls.push(yield* runProcessor(processor, new TablePiece(run, lens), runner));
  }
  return calls;
}

function* runOnWorld(
  processor: Processor,
  runs: readonly TableRun[],
  runner: Runner,
): Work<readonly Call[]> {
  const world = new WorldRun(processor, runs);
  if (world.empty) return [];
  return [yield* runProcessor(processor, world, runner)];
}

function* runProcessor(
  processor: Processor,
  piece: Piece,
  { view, dying, around, shared }: Runner,
): Work<Call> {
  const { signal, seed, tick, keys, registry, inside } = around;
  const call = new Call(processor.name, view, registry);
  try {
    signal.throwIfAborted();
    const random = new RandomSource(
      seed,
      processor.name,
      tick,
      keys,
      piece.place,
      shared.get(processor),
      piece.presence(view),
    );
    const given = piece.given(random);
    const context = createContext(call, view, dying, random, around);
    let returned = inside(() => processor.process(typed(given) as never, context));
    // A processor that never settles must not hold the world: the caller's signal ends the wait.
    if (isPromise(returned)) returned = yield orAborted(returned, signal);
    piece.accept(processor.name, given, guard(given, returned, processor.name));
    return call;
  } catch (error) {
    throw processorFailure(error, processor.name, piece.where, around);
  } finally {
    call.end();
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
