import { columnOf, fromValues } from '../column/columns.ts';
import { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import type { Change } from './change.ts';

/** Many births of one archetype, as columns. */
export interface BirthBlock {
  readonly first: number;
  readonly count: number;
  readonly signature: Signature;
  readonly rows: Frame;
}

/** Everything born in one tick: single births by entity, in id order, and blocks. */
export interface Births {
  readonly single: Map<number, Change>;
  readonly blocks: readonly BirthBlock[];
}

/** The rows of new entities, by table, exactly as given; ascending by entity. */
export function birthRows(
  births: Births,
  registry: Registry,
): ReadonlyMap<TableId, { signature: Signature; frame: Frame }> {
  const groups = new Map<
    TableId,
    { signature: Signature; entities: number[]; changes: Change[] }
  >();
  for (const [entity, change] of births.single) {
    if (change.dead) continue;
    const signature = change.after(registry);
    const group = groups.get(signature.table) ?? { signature, entities: [], changes: [] };
    groups.set(signature.table, group);
    group.entities.push(entity);
    group.changes.push(change);
  }
  const parts = new Map<TableId, { signature: Signature; frames: Frame[] }>();
  const push = (signature: Signature, frame: Frame): void => {
    const part = parts.get(signature.table);
    if (part === undefined) parts.set(signature.table, { signature, frames: [frame] });
    else part.frames.push(frame);
  };
  for (const block of births.blocks) push(block.signature, blockRows(block));
  for (const { signature, entities, changes } of groups.values()) {
    const columns = signature.state.map(({ name, type }, k) =>
      k === 0
        ? fromValues(types.i32, entities)
        : fromValues(
            type,
            changes.map(({ cells }) => cells[name]),
          ),
    );
    push(signature, new Frame(signature.state, columns, entities.length));
  }
  return new Map(
    [...parts].map(([table, { signature, frames }]) => [
      table,
      { signature, frame: byEntity(Frame.concat(signature.state, frames)) },
    ]),
  );
}

function blockRows({ first, count, signature, rows }: BirthBlock): Frame {
  const ids = Int32Array.from({ length: count }, (_, k) => first + k);
  const columns = signature.state.slice(1).map(({ name }) => rows.at(name));
  return new Frame(signature.state, [columnOf(types.i32, count, ids), ...columns], count);
}

export function byEntity(frame: Frame): Frame {
  const ids = frame.columns[0]!.data as Int32Array;
  for (let row = 1; row < ids.length; row++) {
    if (ids[row - 1]! < ids[row]!) continue;
    return frame.take(Int32Array.from(ids.keys()).toSorted((a, b) => ids[a]! - ids[b]!));
  }
  return frame;
}
