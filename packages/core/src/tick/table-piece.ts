import type { Frame } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import type { Presence } from '../schema/presence.ts';
import type { Lens } from './lens.ts';
import type { Piece } from './piece.ts';
import { placeOf } from './processor-failure.ts';
import type { TableRun } from './table-run.ts';

/** A table as one processor of scope "table" sees it. Its run lasts for all processors, so it cannot be the piece itself. */
export class TablePiece implements Piece {
  readonly #run: TableRun;
  readonly #lens: Lens;

  constructor(run: TableRun, lens: Lens) {
    this.#run = run;
    this.#lens = lens;
  }

  get place(): string {
    return this.#run.table.signature.table;
  }

  get where(): string {
    return placeOf(this.#run.table.signature);
  }

  presence(): Presence {
    const { names } = this.#run.table.signature;
    return (component) => names.includes(component);
  }

  given(random: RandomSource): Frame {
    return this.#run.given(this.#lens, random);
  }

  accept(processor: string, given: Frame, returned: Frame): void {
    this.#run.accept(processor, this.#lens, given, returned);
  }
}
