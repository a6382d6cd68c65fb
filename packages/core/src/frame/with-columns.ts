import { ArchetypeError } from '../errors.ts';
import { evaluate } from '../expression/evaluate.ts';
import { toNode } from '../expression/expression.ts';
import { Planner } from '../expression/plan.ts';
import { accessorOf } from './accessor.ts';
import type { Frame } from './frame.ts';

/** All outputs are computed from the frame as it is, in one pass. */
export function withColumns(
  frame: Frame,
  build: (c: never) => Readonly<Record<string, unknown>>,
): Frame {
  const outputs = build(accessorOf(frame.schema) as never);
  if (typeof outputs !== 'object' || outputs === null) {
    throw new ArchetypeError(
      'invalid_argument',
      `The function given to withColumns returned ${String(outputs)}; it must return an object of columns, for example (c) => ({ position__x: c.position.x.add(1) }).`,
    );
  }
  const planner = new Planner(frame.schema, frame.random);
  for (const [name, value] of Object.entries(outputs)) {
    const to = frame.has(name) ? frame.at(name).type : undefined;
    planner.output(name, toNode(value), to);
  }
  return frame.replace(evaluate(planner.program, frame.numRows, (name) => frame.at(name)));
}
