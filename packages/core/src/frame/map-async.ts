import type { Column } from '../column/column.ts';
import { ArchetypeError, requireObject } from '../errors.ts';
import { toNode } from '../expression/expression.ts';
import type { Fields } from '../schema/component.ts';
import { builtBy } from './accessor.ts';
import { callBatches, type Outcome } from './call-batches.ts';
import { checkCalls } from './check-calls.ts';
import { decoder } from './decode-result.ts';
import { rowsThat } from './filter.ts';
import type { Frame } from './frame.ts';
import { linkedSignal } from './linked-signal.ts';
import { limiterOf, type Limiter } from './limiter.ts';
import { cellsToColumn, rowOutputs, type RowOutput } from './row-outputs.ts';

/** `MapAsyncOptions` without their types. */
export interface CallOptions {
  readonly inputs: readonly string[];
  readonly outputs: Fields;
  readonly call: (given: never, context: never) => unknown;
  readonly batchSize?: number | undefined;
  readonly key?: (row: never) => unknown;
  readonly where?: (c: never) => unknown;
  readonly concurrency?: number | Limiter;
  readonly retries?: number;
  readonly backoff?: number;
  readonly timeout?: number;
  readonly onError?: 'throw' | 'null' | 'keep';
  readonly signal?: AbortSignal;
}

type Cells = readonly unknown[];

/** A call per row, awaited as a whole; nothing of it is kept unless all of it is done. */
export async function mapAsync(frame: Frame, options: CallOptions): Promise<Frame> {
  requireObject(options, 'mapAsync', '{ inputs, outputs, call }');
  const { onError = 'throw', retries = 0, backoff = 250, batchSize = 1, timeout } = options;
  const outputs = rowOutputs(frame, options.outputs);
  checkCalls(options, outputs);
  const run = frame.random?.run;
  const limiter = limiterOf(options.concurrency ?? 8, run);
  const rowAt = inputRows(frame, options.inputs);
  const groups = groupRows(frame, options, rowAt);
  const { signal, release } = linkedSignal([options.signal, run?.signal]);
  const outcomes = await callBatches({
    items: groups.first.length,
    batchSize,
    attempts: retries + 1,
    backoff,
    timeout,
    limiter,
    stopAtFailure: onError === 'throw',
    signal,
    call: caller(options, outputs, groups.first, rowAt),
  })
    .catch((error: unknown) => {
      throw signal.aborted ? aborted(signal) : error;
    })
    .finally(release);
  if (onError === 'throw') throwFirst(frame, outcomes, groups, retries + 1);
  return frame.replace(
    new Map(
      outputs.map((output, k) => [
        output.name,
        collect(frame, output, k, groups, outcomes, onError),
      ]),
    ),
  );
}

/** Rows that share one call. */
interface Groups {
  /** The group of each row, or -1 where none is called for. */
  readonly codes: Int32Array;
  /** The first row of each group, ascending. */
  readonly first: readonly number[];
}

function groupRows(
  frame: Frame,
  { where, key }: CallOptions,
  rowAt: (row: number) => object,
): Groups {
  const codes = new Int32Array(frame.numRows).fill(-1);
  const rows =
    where === undefined
      ? codes.keys()
      : rowsThat('where', frame, toNode(builtBy('where', frame.schema, where)));
  const first: number[] = [];
  const groups = new Map<unknown, number>();
  for (const row of rows) {
    const own = key === undefined ? row : checkKey(key(rowAt(row) as never), row);
    let group = groups.get(own);
    if (group === undefined) {
      groups.set(own, (group = first.length));
      first.push(row);
    }
    codes[row] = group;
  }
  return { codes, first };
}

function checkKey(key: unknown, row: number): unknown {
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof key)) return key;
  throw new ArchetypeError(
    'invalid_argument',
    `The key of row ${row} was ${key === null ? 'null' : `of type ${typeof key}`}; give a string, number, bigint or boolean.`,
  );
}

function inputRows(frame: Frame, inputs: readonly string[]): (row: number) => object {
  const columns = inputs.map((name) => frame.at(name));
  return (row) => Object.fromEntries(inputs.map((name, k) => [name, columns[k]!.get(row)]));
}

/** Calls for items, which are groups, by their first rows. */
function caller(
  { call, outputs: fields, batchSize }: CallOptions,
  outputs: readonly RowOutput[],
  first: readonly number[],
  rowAt: (row: number) => object,
) {
  const decode = decoder(fields, outputs);
  return async (
    items: readonly number[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<readonly Outcome<Cells>[]> => {
    const rows = items.map((item) => first[item]!);
    if (batchSize === undefined) {
      const [index] = rows as [number];
      const result = await call(rowAt(index) as never, { signal, attempt, index } as never);
      return [decode(result, index)];
    }
    const context = { signal, attempt, indices: rows };
    const results = await call(rows.map(rowAt) as never, context as never);
    checkResults(results, rows);
    return results.map((result, k) => decode(result, rows[k]!));
  };
}

function checkResults(
  results: unknown,
  rows: readonly number[],
): asserts results is readonly unknown[] {
  if (Array.isArray(results) && results.length === rows.length) return;
  throw new ArchetypeError(
    'length_mismatch',
    `The call for ${rows.length} rows from ${rows[0]!} on returned ${Array.isArray(results) ? `${results.length} results` : 'no array'}; it must return an array with one result per row, in their order.`,
  );
}

/** The column that results, old cells and defaults make. */
function collect(
  frame: Frame,
  { name, type, initial, before }: RowOutput,
  position: number,
  { codes }: Groups,
  outcomes: readonly (Outcome<Cells> | undefined)[],
  onError: 'throw' | 'null' | 'keep',
): Column {
  const cells = Array.from({ length: frame.numRows }, (_, row) => {
    const outcome = outcomes[codes[row]!];
    if (outcome !== undefined && 'value' in outcome) return outcome.value[position];
    if (outcome !== undefined && onError === 'null') return null;
    return before === undefined ? initial : before.get(row);
  });
  return cellsToColumn(name, type, cells);
}

/** @throws what the first row's call, in row order, failed with */
function throwFirst(
  frame: Frame,
  outcomes: readonly (Outcome<Cells> | undefined)[],
  { first }: Groups,
  attempts: number,
): void {
  const at = outcomes.findIndex((outcome) => outcome !== undefined && 'error' in outcome);
  if (at < 0) return;
  const { error } = outcomes[at] as { readonly error: unknown };
  const row = first[at]!;
  const entity = frame.has('entity_id')
    ? ` (entity ${String(frame.at('entity_id').get(row))})`
    : '';
  const code = error instanceof ArchetypeError ? error.code : 'call_failed';
  const times = attempts === 1 ? '' : `, in attempt ${attempts} of ${attempts}`;
  throw new ArchetypeError(
    code,
    `The call of mapAsync for row ${row}${entity} failed${times}: ${error instanceof Error ? error.message : String(error)} Nothing of it was kept; raise retries, or say with onError what such rows get.`,
    { cause: error },
  );
}

const aborted = ({ reason }: AbortSignal): ArchetypeError =>
  new ArchetypeError('aborted', 'mapAsync was given up by its signal; nothing of it was kept.', {
    cause: reason,
  });
