import { factorise } from '../column/factorise.ts';
import type { Frame } from './frame.ts';

/** The first row of each combination of cells in these columns; of all columns when none is named. */
export function distinct(frame: Frame, names: readonly string[]): Frame {
  const keys = names.length === 0 ? frame.columns : names.map((name) => frame.at(name));
  const { first } = factorise(keys, frame.numRows);
  return first.length === frame.numRows ? frame : frame.take(first);
}
