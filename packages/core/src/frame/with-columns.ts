import { ArchetypeError } from '../errors.ts';
import { toNode } from '../expression/expression.ts';
import { builtBy } from './accessor.ts';
import { compute } from './compute.ts';
import type { Frame } from './frame.ts';
import type { Asked } from './plans.ts';

/** All outputs are computed from the frame as it is, in one pass. */
export function withColumns(
  frame: Frame,
  build: (c: never) => Readonly<Record<string, unknown>>,
): Frame {
  const outputs = builtBy('withColumns', frame.schema, build);
  if (typeof outputs !== 'object' || outputs === null) {
    throw new ArchetypeError(
      'invalid_argument',
      `The function given to withColumns returned ${String(outputs)}; it must return an object of columns, for example (c) => ({ position__x: c.position.x.add(1) }).`,
    );
  }
  const asked: Asked[] = [];
  for (const name of Object.keys(outputs))
    asked.push({ name, node: toNode(outputs[name]), to: frame.find(name)?.type });
  return frame.replace(compute(frame, asked));
}
