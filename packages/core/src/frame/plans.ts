import type { Column } from '../column/column.ts';
import { sameNode, type Node } from '../expression/node.ts';
import { Planner, type Columns, type Op, type Read } from '../expression/plan.ts';
import type { PlannedOutput } from '../expression/program.ts';
import type { RandomSource } from '../random/source.ts';
import type { ColumnType, Schema } from '../schema/column-type.ts';

/** A column to compute, and the type it must fit, if it replaces one. */
export interface Output {
  readonly name: string;
  readonly node: Node;
  readonly to?: ColumnType | undefined;
}

/** How some outputs are computed over frames of one schema. Holds no cells but those of window aggregates. */
export interface Plan {
  readonly outputs: readonly PlannedOutput[];
  readonly reads: readonly Read[];
  readonly windows: ReadonlyMap<Op, Column>;
}
interface Kept extends Plan {
  readonly asked: readonly Output[];
}

/** So many plans are kept for one processor and one schema, those used last. */
const MAX_KEPT = 16;
/** Beyond so many operations, comparing costs what planning does. */
const MAX_WEIGHT = 256;

/** By schema and processor. Processors run in every tick, and mostly ask for the same. */
const kept = new WeakMap<Schema, Map<string | undefined, Kept[]>>();

/** The plan for what is asked: that of the last time, where the same was asked of the same kind of columns. */
export function planFor(
  schema: Schema,
  random: RandomSource | undefined,
  columns: Columns,
  asked: readonly Output[],
  depth: number,
): Plan {
  const plans = depth === 0 ? keptFor(schema, random?.scope) : [];
  const at = plans.findIndex((plan) => sameAsked(plan.asked, asked) && serves(plan, columns));
  if (at === 0) return plans[0]!;
  if (at > 0) {
    const [found] = plans.splice(at, 1);
    plans.unshift(found!);
    return found!;
  }
  const planner = new Planner(columns, random, depth);
  const outputs = asked.map(({ name, node, to }) => ({
    name,
    ...planner.output(name, node, to),
    program: undefined,
  }));
  const { reads, windows, lasting } = planner;
  if (lasting && outputs.every(({ op }) => op.weight <= MAX_WEIGHT)) {
    plans.unshift({ asked, outputs, reads, windows });
    if (plans.length > MAX_KEPT) plans.pop();
  }
  return { outputs, reads, windows };
}

function keptFor(schema: Schema, scope: string | undefined): Kept[] {
  let scopes = kept.get(schema);
  if (scopes === undefined) kept.set(schema, (scopes = new Map()));
  let plans = scopes.get(scope);
  if (plans === undefined) scopes.set(scope, (plans = []));
  return plans;
}

const sameAsked = (a: readonly Output[], b: readonly Output[]): boolean =>
  a.length === b.length &&
  a.every(({ name, node, to }, k) => {
    const other = b[k]!;
    return name === other.name && to === other.to && sameNode(node, other.node);
  });

/** Whether the columns are what the plan was made for. */
function serves({ reads }: Plan, columns: Columns): boolean {
  for (const { name, type, pending } of reads) {
    const source = columns.find(name);
    if (source?.type !== type || source.pending !== pending) return false;
  }
  return true;
}
