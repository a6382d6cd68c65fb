import { ArchetypeError } from '../errors.ts';
import { printType, sameType, type Schema } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

/** The frames, of which there is one at least, all with the columns of the first. @throws `invalid_argument`, `frame_mismatch` */
export function ofOneSchema(frames: readonly Frame[], taker: string): readonly Frame[] {
  const [first, ...others] = frames;
  if (first === undefined) {
    throw new ArchetypeError(
      'invalid_argument',
      `${taker} was given a list without frames; give at least one: it says the schema.`,
    );
  }
  const k = others.findIndex(({ schema }) => !sameSchema(schema, first.schema));
  if (k < 0) return frames;
  throw new ArchetypeError(
    'frame_mismatch',
    `Frame ${k + 1} given to ${taker} has ${printed(others[k]!.schema)}, and the first has ${printed(first.schema)}; all need the same columns, so cast or select before.`,
  );
}

const sameSchema = (a: Schema, b: Schema): boolean =>
  a === b ||
  (a.length === b.length &&
    a.every(({ name, type }, k) => name === b[k]!.name && sameType(type, b[k]!.type)));

const printed = (schema: Schema): string =>
  schema.map(({ name, type }) => `${name} ${printType(type)}`).join(', ');
