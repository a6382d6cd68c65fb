import type { Column } from '../column/column.ts';
import { constant } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import { types, type Schema } from '../schema/column-type.ts';
import type { WorldIdentity } from './context.ts';

/** A living table's rows as processors see them: base columns first. */
export function rowFrame(
  state: Frame,
  schema: Schema,
  world: WorldIdentity,
  tick: number,
  random?: RandomSource,
): Frame {
  const n = state.numRows;
  const columns: Column[] = [
    constant(types.utf8, n, world.id),
    constant(types.utf8, n, world.run),
    state.columns[0]!,
    constant(types.i32, n, tick),
    constant(types.bool, n, true),
    ...state.columns.slice(1),
  ];
  return new Frame(schema, columns, n, random);
}
