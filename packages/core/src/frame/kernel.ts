import type { Column } from '../column/column.ts';
import { columnOf } from '../column/columns.ts';
import type { Data } from '../column/layout.ts';
import { ArchetypeError, requireObject } from '../errors.ts';
import type { ColumnType } from '../schema/column-type.ts';
import { isBaseColumn } from '../schema/signature.ts';
import type { Frame } from './frame.ts';
import { kernelColumns } from './kernel-columns.ts';
import { kernelTools, type KernelTools } from './kernel-random.ts';
import { hasTypedArray, readColumn } from './read-column.ts';
import { cellsToColumn } from './row-outputs.ts';

export type Loop = (out: never, cols: never, n: number, k: KernelTools) => void;

/** Runs a loop of the user's over the columns' memory; what it writes is fresh, what it reads is shared. */
export function kernel(
  frame: Frame,
  writes: readonly string[],
  loop: Loop,
  inout: readonly string[],
): Frame {
  requireObject(writes, 'kernel', "['position__x'], (c, n) => { … }");
  const out: Record<string, unknown> = {};
  for (const name of writes) {
    if (isBaseColumn(name)) {
      throw new ArchetypeError(
        'reserved_column',
        `A kernel cannot write ${name}: the engine owns that column.`,
      );
    }
    out[name] = output(frame.at(name), inout.includes(name));
  }
  for (const name of inout) {
    if (writes.includes(name)) continue;
    throw new ArchetypeError(
      'invalid_argument',
      `inout names ${name}, which is not among the columns written; add it there.`,
    );
  }
  const returned: unknown = loop(
    Object.freeze(out) as never,
    kernelColumns(frame) as never,
    frame.numRows,
    kernelTools(frame),
  );
  if (typeof (returned as Partial<PromiseLike<unknown>> | undefined)?.then === 'function') {
    throw new ArchetypeError(
      'invalid_argument',
      'A kernel was given an asynchronous loop, which would write after its columns are done; use a plain function, and mapAsync for calls.',
    );
  }
  return frame.replace(
    new Map(
      writes.map((name) => [name, finish(name, frame.at(name).type, frame.numRows, out[name])]),
    ),
  );
}

function output(column: Column, copy: boolean): unknown {
  if (copy) return readColumn(column, 'copy');
  if (!hasTypedArray(column.type)) {
    return Array.from({ length: column.length }, () => null);
  }
  const data = column.data as Float64Array;
  return new (data.constructor as new (n: number) => Float64Array)(data.length);
}

function finish(name: string, type: ColumnType, length: number, cells: unknown): Column {
  return hasTypedArray(type)
    ? columnOf(type, length, cells as Data)
    : cellsToColumn(name, type, cells as readonly unknown[]);
}
