import type { Column } from '../column/column.ts';
import type { Schema } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';

type RowView = new (columns: readonly Column[], row: number) => object;
const views = new WeakMap<Schema, RowView>();

/** Rows as objects whose cells are read when asked for. One class per schema, so that code over rows stays fast. */
export function rowViews(frame: Frame): (row: number) => object {
  let View = views.get(frame.schema);
  if (View === undefined) views.set(frame.schema, (View = viewOf(frame.schema)));
  const { columns } = frame;
  return (row) => new View(columns, row);
}

function viewOf(schema: Schema): RowView {
  class View {
    readonly #columns: readonly Column[];
    readonly #row: number;

    constructor(columns: readonly Column[], row: number) {
      this.#columns = columns;
      this.#row = row;
    }

    static {
      if (!schema.some(({ name }) => name === 'toJSON')) {
        Object.defineProperty(this.prototype, 'toJSON', {
          value(this: Readonly<Record<string, unknown>>) {
            return Object.fromEntries(schema.map(({ name }) => [name, this[name]]));
          },
        });
      }
      schema.forEach(({ name }, k) => {
        Object.defineProperty(this.prototype, name, {
          enumerable: true,
          get(this: View) {
            return this.#columns[k]!.get(this.#row);
          },
        });
      });
    }
  }
  return View;
}
