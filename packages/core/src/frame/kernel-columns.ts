import type { Schema } from '../schema/column-type.ts';
import type { Frame } from './frame.ts';
import { readColumn } from './read-column.ts';

type KernelColumns = new (frame: Frame) => object;
const views = new WeakMap<Schema, KernelColumns>();

/**
 * A frame's columns by name, decoded when they are first read. One class per schema: a shape of its own for each call
 * would slow down every loop that reads it, and keep its columns in memory until a full collection.
 */
export function kernelColumns(frame: Frame): object {
  let View = views.get(frame.schema);
  if (View === undefined) views.set(frame.schema, (View = viewOf(frame.schema)));
  return Object.freeze(new View(frame));
}

function viewOf(schema: Schema): KernelColumns {
  class View {
    readonly #frame: Frame;
    readonly #cells: unknown[] = [];

    constructor(frame: Frame) {
      this.#frame = frame;
    }

    static {
      schema.forEach(({ name }, k) => {
        Object.defineProperty(this.prototype, name, {
          enumerable: true,
          get(this: View) {
            return (this.#cells[k] ??= readColumn(this.#frame.columns[k]!, 'share'));
          },
        });
      });
    }
  }
  return View;
}
