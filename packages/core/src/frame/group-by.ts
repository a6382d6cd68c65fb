import type { Column } from '../column/column.ts';
import { factorise } from '../column/factorise.ts';
import { ArchetypeError } from '../errors.ts';
import { Aggregation } from '../expression/expression.ts';
import { builtBy } from './accessor.ts';
import { aggregate } from './compute.ts';
import type { Frame } from './frame.ts';

/** Rows in groups, waiting to be told what to make of each. */
export interface Grouping {
  agg(build: (c: never) => Readonly<Record<string, unknown>>): Frame;
}

export function groupBy(frame: Frame, keys: readonly string[]): Grouping {
  if (keys.length === 0) {
    throw new ArchetypeError(
      'invalid_argument',
      "groupBy needs a column to group by, for example groupBy('tick'); for one value of all rows, spread it with .over().",
    );
  }
  keys.forEach((key) => frame.at(key));
  return { agg: (build) => agg(frame, [...new Set(keys)], build) };
}

/** One row per group, in the order of the groups' first rows: the keys, then the aggregates. */
function agg(
  frame: Frame,
  keys: readonly string[],
  build: (c: never) => Readonly<Record<string, unknown>>,
): Frame {
  const outputs = builtBy('agg', frame.schema, build);
  const groups = factorise(
    keys.map((key) => frame.at(key)),
    frame.numRows,
  );
  const columns = new Map<string, Column>(
    keys.map((key) => [key, frame.at(key).take(groups.first)]),
  );
  for (const [name, value] of Object.entries(outputs ?? {})) {
    if (!(value instanceof Aggregation)) {
      throw new ArchetypeError(
        'aggregate_misplaced',
        `agg was given a value per row for ${name}, and a group has one; use an aggregate, for example c.position.x.mean().`,
      );
    }
    if (columns.has(name)) {
      throw new ArchetypeError(
        'invalid_argument',
        `agg would make a second column "${name}" beside the key; use another name.`,
      );
    }
    columns.set(name, aggregate(frame, value.node, groups));
  }
  const schema = [...columns].map(([name, { type }]) => ({ name, type }));
  return frame.derive(schema, [...columns.values()], groups.first.length);
}
