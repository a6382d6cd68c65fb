import type { Catalog } from '../catalog/catalog.ts';
import type { ReadFrame } from '../journal/frame.ts';
import { JournalTail, type ReadLimit } from '../journal/journal-tail.ts';
import { Ledger } from './ledger.ts';
import { replayInto } from './replay.ts';

/** Everything acknowledged by the process that writes the store, as of the last refresh. */
export class Follower {
  readonly #catalog: Catalog;
  readonly #tail: JournalTail;
  readonly #limit: () => ReadLimit;
  #ledger = new Ledger();
  #apply: (frame: ReadFrame, segment: string) => void = () => undefined;
  /** Up to where the ledger has what the catalog had. */
  #applied = -1;
  #refreshing: Promise<Ledger> | undefined;

  constructor(catalog: Catalog, journal: string, limit: () => ReadLimit) {
    this.#catalog = catalog;
    this.#limit = limit;
    this.#tail = new JournalTail(journal, catalog.storeId, catalog.appliedSequence);
  }

  /** The ledger as of now. One refresh serves everybody who asks while it is under way. */
  refresh(): Promise<Ledger> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /**
   * The journal first: a segment goes only when all of it is in the catalog, so what is not found in the one is found in
   * the other afterwards, however fast records move.
   */
  async #refresh(): Promise<Ledger> {
    const fresh = await this.#tail.read(this.#limit());
    if (this.#catalog.appliedSequence === this.#applied) {
      for (const { frame, segment } of fresh) this.#apply(frame, segment);
    } else this.#reload();
    return this.#ledger;
  }

  /** More of the journal is in parts now: the ledger begins anew, with one snapshot of the catalog. */
  #reload(): void {
    this.#catalog.snapshot(() => {
      this.#applied = this.#catalog.appliedSequence;
      this.#ledger = new Ledger();
      this.#ledger.load(this.#catalog);
      this.#apply = replayInto(this.#ledger, this.#catalog).apply;
    });
    for (const { frame, segment } of this.#tail.after(this.#applied)) this.#apply(frame, segment);
  }
}
