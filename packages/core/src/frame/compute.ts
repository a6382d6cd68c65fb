import type { Column } from '../column/column.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError, didYouMean } from '../errors.ts';
import { aggregates, aggregateType } from '../expression/aggregates.ts';
import { columnsFor, joined, waitingOf, type Inputs } from '../expression/evaluate.ts';
import type { AggregateNode, Node, OverNode } from '../expression/node.ts';
import type { Columns, Source } from '../expression/plan.ts';
import { printType } from '../schema/column-type.ts';
import type { Groups } from '../column/factorise.ts';
import type { Frame } from './frame.ts';
import { planFor, type Output, type Plan } from './plans.ts';

/** Columns from expressions over a frame, all from the frame as it is; computed when someone reads them. */
export function compute(
  frame: Frame,
  outputs: readonly Output[],
  depth = 0,
): ReadonlyMap<string, Column> {
  const columns = new FrameColumns(frame);
  const plan = planFor(frame.schema, frame.random, columns, outputs, depth);
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

  find(name: string): Source | undefined {
    const column = this.#frame.find(name);
    if (column === undefined) return undefined;
    const waiting = waitingOf(column);
    if (waiting === undefined) return { type: column.type, pending: undefined };
    const both = this.#inputs === undefined ? waiting.inputs : joined(this.#inputs, waiting.inputs);
    if (both === undefined) {
      column.pending!.compute();
      return { type: column.type, pending: undefined };
    }
    this.#inputs = both;
    return { type: column.type, pending: waiting.output.op };
  }

  /** The columns that a plan's inputs stand for, once it was found for these columns. */
  inputsOf({ reads, windows }: Plan): Inputs {
    const inputs = new Map(this.#inputs);
    for (const { name, op, pending } of reads)
      if (pending === undefined) inputs.set(op, this.#frame.at(name));
    for (const [op, column] of windows) inputs.set(op, column);
    return inputs;
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
