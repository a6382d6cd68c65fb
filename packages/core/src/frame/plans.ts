import type { Column } from '../column/column.ts';
import { sameNode, type Node } from '../expression/node.ts';
import type { Op } from '../expression/op.ts';
import { Planner } from '../expression/plan.ts';
import type { Columns, Read } from '../expression/source.ts';
import { inputsIn, type PlannedOutput } from '../expression/program.ts';
import type { RandomSource } from '../random/source.ts';
import type { ColumnType, Schema } from '../schema/column-type.ts';

/** A column to compute, and the type it must fit, if it replaces one. */
export interface Asked {
  readonly name: string;
  readonly node: Node;
  readonly to?: ColumnType | undefined;
}

/** How some columns are computed over frames of one schema. Holds no cells but those of window aggregates. */
export interface Plan {
  readonly asked: readonly Asked[];
  readonly outputs: readonly PlannedOutput[];
  /** Those that the outputs need, and no others: what columns that wait hold is held as long as they wait. */
  readonly inputs: readonly Op[];
  readonly reads: readonly Read[];
  readonly windows: ReadonlyMap<Op, Column>;
}

/** So many plans are kept for one processor and one schema, those used last. */
const MAX_KEPT = 16;
/** Comparing goes into what is shared each time, and so does weight: beyond this it costs more than planning. */
const MAX_COMPARED = 256;

/** By schema and processor. Processors run in every tick, and mostly ask for the same. */
const kept = new WeakMap<Schema, Map<string | undefined, Plan[]>>();

/** The plan for what is asked: one that was kept, where the same was asked of the same kind of columns. */
export function planFor(
  schema: Schema,
  random: RandomSource | undefined,
  columns: Columns,
  asked: readonly Asked[],
  depth: number,
): Plan {
  // A window's argument: windows are not kept, so neither is what they are made from.
  if (depth > 0) return plan(random, columns, asked, depth);
  const plans = keptFor(schema, random?.scope);
  const at = plans.findIndex((known) => sameAsked(known.asked, asked) && serves(known, columns));
  if (at === 0) return plans[0]!;
  const found = at > 0 ? plans.splice(at, 1)[0]! : plan(random, columns, asked, depth);
  if (!found.outputs.every(({ lasting }) => lasting)) return found;
  plans.unshift(found);
  if (plans.length > MAX_KEPT) plans.pop();
  return found;
}

function plan(
  random: RandomSource | undefined,
  columns: Columns,
  asked: readonly Asked[],
  depth: number,
): Plan {
  const planner = new Planner(columns, random, depth);
  const planned = asked.map(({ name, node, to }) => ({ name, ...planner.output(name, node, to) }));
  const { reads, windows } = planner;
  const lasting =
    planner.lasting && depth === 0 && planned.every(({ op }) => op.weight <= MAX_COMPARED);
  const outputs = planned.map((output) => ({ ...output, lasting }));
  return { asked, outputs, inputs: inputsIn(outputs), reads, windows };
}

function keptFor(schema: Schema, scope: string | undefined): Plan[] {
  let scopes = kept.get(schema);
  if (scopes === undefined) kept.set(schema, (scopes = new Map()));
  let plans = scopes.get(scope);
  if (plans === undefined) scopes.set(scope, (plans = []));
  return plans;
}

const sameAsked = (a: readonly Asked[], b: readonly Asked[]): boolean =>
  a.length === b.length &&
  a.every(({ name, node, to }, k) => {
    const other = b[k]!;
    return name === other.name && to === other.to && sameNode(node, other.node);
  });

/** Whether the columns are what the plan was made for. */
function serves({ reads }: Plan, columns: Columns): boolean {
  for (const { name, type, by } of reads) {
    const source = columns.source(name);
    if (source?.type !== type || source.by !== by) return false;
  }
  return true;
}
