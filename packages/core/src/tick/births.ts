import { Frame } from '../frame/frame.ts';
import type { Registry } from '../schema/registry.ts';
import type { Signature, TableId } from '../schema/signature.ts';
import { columnOfCells } from './birth.ts';
import { Change } from './change.ts';
import {
  byEntity,
  fieldsOf,
  noTables,
  stateFrame,
  type LivingTable,
  type LivingTables,
} from './living.ts';

/** Rows of one archetype that are all born at once. */
export interface Block {
  readonly signature: Signature;
  /** The components' columns. */
  readonly rows: Frame;
}

/** A block with its ids, and which of them have become births of their own. */
interface BornBlock extends Block {
  readonly first: number;
  readonly taken: Set<number>;
}

/** Everything born in one tick. */
export class Births {
  readonly #registry: Registry;
  readonly #single = new Map<number, Change>();
  readonly #blocks: BornBlock[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  add(birth: Change): void {
    this.#single.set(birth.entity, birth);
  }

  addBlock(first: number, { signature, rows }: Block): void {
    this.#blocks.push({ first, signature, rows, taken: new Set() });
  }

  /** A birth that something else happens to; one of a block leaves the block. */
  find(entity: number): Change | undefined {
    const single = this.#single.get(entity);
    if (single !== undefined) return single;
    const block = this.#blocks.find(
      ({ first, rows }) => entity >= first && entity < first + rows.numRows,
    );
    if (block === undefined) return undefined;
    const birth = Change.birth(entity, block.signature, []);
    for (const component of block.signature.components) {
      birth.update(component.type, this.#fields(block, component.type, entity - block.first));
    }
    block.taken.add(entity - block.first);
    this.add(birth);
    return birth;
  }

  #fields({ rows }: Block, type: string, row: number): Readonly<Record<string, unknown>> {
    const { prefix, fields } = this.#registry.byName(type);
    return Object.fromEntries(
      Object.keys(fields).map((field) => [field, rows.at(`${prefix}__${field}`).get(row)]),
    );
  }

  /** The rows of new entities, by table, exactly as given; ascending by entity. */
  rows(): LivingTables {
    if (this.#blocks.length + this.#single.size === 0) return noTables;
    const parts = new Map<TableId, { signature: Signature; frames: Frame[] }>();
    const push = (signature: Signature, frame: Frame): void => {
      const part = parts.get(signature.table);
      if (part === undefined) parts.set(signature.table, { signature, frames: [frame] });
      else part.frames.push(frame);
    };
    for (const block of this.#blocks) {
      const frame = blockRows(block);
      if (frame.numRows > 0) push(block.signature, frame);
    }
    const living = [...this.#single.values()].filter(({ dead }) => !dead);
    for (const births of Map.groupBy(living, ({ after }) => after.table).values()) {
      const { after } = births[0]!;
      push(after, singleRows(after, births));
    }
    return new Map(
      [...parts].map(([table, { signature, frames }]): [TableId, LivingTable] => [
        table,
        { signature, frame: byEntity(Frame.concat(signature.state, frames)) },
      ]),
    );
  }
}

function singleRows(signature: Signature, births: readonly Change[]): Frame {
  const ids = Int32Array.from(births, ({ entity }) => entity);
  const columns = fieldsOf(signature).map(({ component, field, type }) =>
    columnOfCells(
      type,
      births.map((birth) => birth.cell(component, field)),
    ),
  );
  return stateFrame(signature, ids, columns);
}

function blockRows({ first, signature, rows, taken }: BornBlock): Frame {
  const kept = new Int32Array(rows.numRows - taken.size);
  for (let row = 0, at = 0; row < rows.numRows; row++) if (!taken.has(row)) kept[at++] = row;
  const ids = kept.map((row) => first + row);
  const columns = fieldsOf(signature).map(({ name }) =>
    taken.size === 0 ? rows.at(name) : rows.at(name).take(kept),
  );
  return stateFrame(signature, ids, columns);
}
