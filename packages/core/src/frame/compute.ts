import type { Column } from '../column/column.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError, didYouMean } from '../errors.ts';
import { aggregates, aggregateType } from '../expression/aggregates.ts';
import { columnsFor, waitingOf } from '../expression/evaluate.ts';
import { apart, joined, type Inputs } from '../expression/inputs.ts';
import type { AggregateNode, Node, OverNode } from '../expression/node.ts';
import type { Op } from '../expression/op.ts';
import type { Columns, Source } from '../expression/source.ts';
import { printType } from '../schema/column-type.ts';
import type { Groups } from '../column/factorise.ts';
import type { Frame } from './frame.ts';
import { planFor, type Asked, type Plan } from './plans.ts';

/** Columns from expressions over a frame, all from the frame as it is; computed when someone reads them. */
export function compute(
  frame: Frame,
  asked: readonly Asked[],
  depth = 0,
): ReadonlyMap<string, Column> {
  const columns = new FrameColumns(frame);
  const plan = planFor(frame.schema, frame.random, columns, asked, depth);
  return columnsFor(plan.outputs, columns.inputsOf(plan), frame.numRows);
}

/** One value per group of rows. @throws `type_mismatch` */
export function aggregate(
  frame: Frame,
  { fn: name, arg, parameter = 0 }: AggregateNode,
  groups: Groups,
  depth = 0,
): Column {
  const cells = computeOne(frame, arg, depth);
  const fn = aggregates[name];
  if (fn === undefined) {
    throw new ArchetypeError(
      'invalid_argument',
      `There is no aggregate "${name}"${didYouMean(name, Object.keys(aggregates))}`,
    );
  }
  const type = aggregateType(fn, cells.type);
  if (type === undefined) {
    throw new ArchetypeError(
      'type_mismatch',
      `${name} needs ${fn.needs}; it was given ${printType(cells.type)}.`,
    );
  }
  return fn.run(cells, groups, type, parameter);
}

export function computeOne(frame: Frame, node: Node, depth = 0): Column {
  if (node.kind === 'column') return frame.at(node.name);
  return compute(frame, [{ name: 'value', node }], depth).get('value')!;
}

/** A frame's columns, and its window aggregates: one value per group, taken once per row of it. */
class FrameColumns implements Columns {
  readonly #frame: Frame;
  #groups: Map<string, Groups> | undefined;
  /** What columns that wait are computed from. */
  #inputs: Inputs | undefined;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get names(): readonly string[] {
    return this.#frame.columnNames;
  }

  /**
   * A column as an expression reads it. One that waits for other columns in place of the inputs of one found before, since
   * one plan gave both, gets inputs of its own.
   */
  source(name: string): Source | undefined {
    const column = this.#frame.find(name);
    if (column === undefined) return undefined;
    const { type } = column;
    const waiting = waitingOf(column);
    if (waiting === undefined) return { type, by: undefined, lasting: true };
    const { op, lasting } = waiting.output;
    const both = joined(this.#inputs, waiting.inputs);
    if (both !== undefined) {
      this.#inputs = both;
      return { type, by: op, lasting };
    }
    const own = apart(op, waiting.inputs);
    this.#inputs = joined(this.#inputs, own.inputs);
    return { type, by: own.op, lasting: false };
  }

  /** The columns that a plan's inputs stand for, once it was found for these columns. */
  inputsOf({ inputs, reads, windows }: Plan): Inputs {
    const columns = new Map<Op, Column>();
    for (const op of inputs) {
      const column = this.#inputs?.get(op) ?? windows.get(op);
      if (column !== undefined) columns.set(op, column);
    }
    for (const { name, op, by } of reads)
      if (by === undefined) columns.set(op, this.#frame.at(name));
    return columns;
  }

  window({ aggregate: node, keys }: OverNode, depth: number): Column {
    const groups = this.#groupsOf(keys);
    return aggregate(this.#frame, node, groups, depth).take(groups.codes);
  }

  #groupsOf(keys: readonly string[]): Groups {
    const key = JSON.stringify(keys);
    const known = (this.#groups ??= new Map());
    let groups = known.get(key);
    if (groups === undefined) {
      const columns = keys.map((name) => this.#frame.at(name));
      known.set(key, (groups = factorise(columns, this.#frame.numRows)));
    }
    return groups;
  }
}
