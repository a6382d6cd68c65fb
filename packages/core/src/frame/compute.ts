import type { Column } from '../column/column.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError, didYouMean } from '../errors.ts';
import { aggregates, aggregateType } from '../expression/aggregates.ts';
import { columnsFor, pendingOp } from '../expression/evaluate.ts';
import type { AggregateNode, Node, OverNode } from '../expression/node.ts';
import { Planner, type Columns } from '../expression/plan.ts';
import { printType, type ColumnType } from '../schema/column-type.ts';
import type { Groups } from '../column/factorise.ts';
import type { Frame } from './frame.ts';

/** A column to compute, and the type it must fit, if it replaces one. */
export interface Output {
  readonly name: string;
  readonly node: Node;
  readonly to?: ColumnType | undefined;
}

/** Columns from expressions over a frame, all from the frame as it is; computed when someone reads them. */
export function compute(
  frame: Frame,
  outputs: readonly Output[],
  depth = 0,
): ReadonlyMap<string, Column> {
  const planner = new Planner(new FrameColumns(frame), frame.random, depth);
  const planned = outputs.map(
    ({ name, node, to }) => [name, planner.output(name, node, to)] as const,
  );
  return columnsFor(new Map(planned), frame.numRows);
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
  readonly #groups = new Map<string, Groups>();
  readonly pending = pendingOp;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get names(): readonly string[] {
    return this.#frame.columnNames;
  }

  find(name: string): Column | undefined {
    return this.#frame.has(name) ? this.#frame.at(name) : undefined;
  }

  window({ aggregate: node, keys }: OverNode, depth: number): Column {
    const groups = this.#groupsOf(keys);
    return aggregate(this.#frame, node, groups, depth).take(groups.codes);
  }

  #groupsOf(keys: readonly string[]): Groups {
    const key = JSON.stringify(keys);
    let groups = this.#groups.get(key);
    if (groups === undefined) {
      const columns = keys.map((name) => this.#frame.at(name));
      this.#groups.set(key, (groups = factorise(columns, this.#frame.numRows)));
    }
    return groups;
  }
}
