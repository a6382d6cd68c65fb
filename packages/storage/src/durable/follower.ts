import type { Catalog } from '../catalog/catalog.ts';
import { JournalTail } from '../journal/journal-tail.ts';
import { Ledger } from './ledger.ts';
import { replayInto } from './replay.ts';
import type { ReadFrame } from '../journal/frame.ts';

/** How often a look at a store that changes under it is taken again. */
const TRIES = 5;

/** Everything acknowledged by the process that writes the store, as of the last refresh. */
export class Follower {
  readonly #catalog: Catalog;
  readonly #journal: string;
  /** The last sequence that may be read. */
  readonly #acknowledged: () => number;
  #ledger = new Ledger();
  #tail: JournalTail | undefined;
  #apply: (frame: ReadFrame, segment: string) => void = () => undefined;
  #applied = -1;
  #refreshing: Promise<Ledger> | undefined;

  constructor(catalog: Catalog, journal: string, acknowledged: () => number) {
    this.#catalog = catalog;
    this.#journal = journal;
    this.#acknowledged = acknowledged;
  }

  /** The ledger as of now. One refresh serves everybody who asks while it is under way. */
  refresh(): Promise<Ledger> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(): Promise<Ledger> {
    for (let k = 0; ; k++) {
      // The catalog first: records that go into parts after this look are still in the journal, or the look is taken again.
      const applied = this.#catalog.appliedSequence;
      if (this.#tail === undefined || applied !== this.#applied) this.#reload();
      const to = Math.max(this.#acknowledged(), this.#applied);
      // Records that no look finds are damaged: their ticks are named by the gap that they leave.
      const records = await this.#tail!.read(to, k === TRIES - 1);
      if (records !== undefined) {
        for (const { frame, segment } of records) this.#apply(frame, segment);
        return this.#ledger;
      }
      this.#tail = undefined;
    }
  }

  /** What was in the journal is in parts now, in one snapshot of the catalog. */
  #reload(): void {
    this.#catalog.snapshot(() => {
      this.#applied = this.#catalog.appliedSequence;
      this.#ledger = new Ledger();
      this.#ledger.load(this.#catalog);
      this.#tail = new JournalTail(this.#journal, this.#catalog.storeId, this.#applied);
      this.#apply = replayInto(this.#ledger, this.#catalog);
    });
  }
}
