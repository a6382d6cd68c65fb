import { ArchetypeError } from '../errors.ts';
import { concat } from '../column/columns.ts';
import { nullable, printType, sameType, required, type Schema } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

/** The rows of all frames, one frame after the other, under the first one's column order. */
export function concatFrames(first: Frame, others: readonly Frame[]): Frame {
  others.forEach((other, k) => checkColumns(first, other, k));
  const all = [first, ...others];
  const schema: Schema = first.schema.map((field) =>
    all.every((frame) => frame.at(field.name).type.nullable === field.type.nullable)
      ? field
      : { ...field, type: nullable(field.type) },
  );
  const columns = schema.map(({ name, type }) =>
    concat(
      type,
      all.map((frame) => frame.at(name)),
    ),
  );
  const unchanged = schema.every((field, k) => field === first.schema[k]);
  return first.derive(
    unchanged ? first.schema : schema,
    columns,
    all.reduce((n, frame) => n + frame.numRows, 0),
  );
}

function checkColumns(first: Frame, other: Frame, k: number): void {
  const which = `frame ${k + 1} given to concat`;
  for (const { name, type } of first.schema) {
    if (!other.has(name)) {
      throw new ArchetypeError(
        'frame_mismatch',
        `The ${which} has no column "${name}"; concat needs the same columns in every frame, so add it or select what all have.`,
      );
    }
    const got = other.at(name).type;
    if (sameType(required(got), required(type))) continue;
    throw new ArchetypeError(
      'type_mismatch',
      `Column ${name} holds ${printType(type)} in the first frame and ${printType(got)} in ${which}; cast one of them.`,
    );
  }
  const extra = other.columnNames.find((name) => !first.has(name));
  if (extra === undefined) return;
  throw new ArchetypeError(
    'frame_mismatch',
    `The ${which} has a column "${extra}" that the first frame has not; drop it, or add it to the first.`,
  );
}
