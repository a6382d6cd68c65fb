import type { Column } from '../column/column.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError, didYouMean } from '../errors.ts';
import { aggregates, aggregateType } from '../expression/aggregates.ts';
import { evaluate } from '../expression/evaluate.ts';
import type { AggregateNode, Node, OverNode } from '../expression/node.ts';
import { Planner, type WindowSource } from '../expression/plan.ts';
import { printType, type ColumnType, type Field } from '../schema/column-type.ts';
import type { Groups } from '../column/factorise.ts';
import type { Frame } from './frame.ts';

/** A column to compute, and the type it must fit, if it replaces one. */
export interface Output {
  readonly name: string;
  readonly node: Node;
  readonly to?: ColumnType | undefined;
}

/** Columns from expressions over a frame, all from the frame as it is, in one pass after its window aggregates. */
export function compute(
  frame: Frame,
  outputs: readonly Output[],
  depth = 0,
): ReadonlyMap<string, Column> {
  const windows = new Windows(frame);
  const planner = new Planner(frame.schema, frame.random, windows, depth);
  for (const { name, node, to } of outputs) planner.output(name, node, to);
  return evaluate(planner.program, frame.numRows, (name) => windows.find(name) ?? frame.at(name));
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

/** Window aggregates as columns: one value per group, taken once per row of it. */
class Windows implements WindowSource {
  readonly #frame: Frame;
  readonly #columns = new Map<string, Column>();
  readonly #groups = new Map<string, Groups>();

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  find(name: string): Column | undefined {
    return this.#columns.get(name);
  }

  window({ aggregate: node, keys }: OverNode, depth: number): Field {
    const groups = this.#groupsOf(keys);
    const column = aggregate(this.#frame, node, groups, depth).take(groups.codes);
    const name = this.#freeName();
    this.#columns.set(name, column);
    return { name, type: column.type };
  }

  #groupsOf(keys: readonly string[]): Groups {
    const key = JSON.stringify(keys);
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      groups = factorise(
        keys.map((name) => this.#frame.at(name)),
        this.#frame.numRows,
      );
      this.#groups.set(key, groups);
    }
    return groups;
  }

  #freeName(): string {
    for (let k = this.#columns.size; ; k++) if (!this.#frame.has(`over ${k}`)) return `over ${k}`;
  }
}
