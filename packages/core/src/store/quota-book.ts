import type { QuotaRecord } from '../state/quota.ts';

/** The quota records that stand: of each actor and scope the one that was written last. */
export class QuotaBook {
  readonly #actors = new Map<string, Map<string, QuotaRecord>>();

  write(records: readonly QuotaRecord[]): void {
    for (const record of records) {
      let scopes = this.#actors.get(record.actor);
      if (scopes === undefined) this.#actors.set(record.actor, (scopes = new Map()));
      scopes.set(record.scope, record);
    }
  }

  /** Ascending by actor, then scope, by code unit. */
  list(): readonly QuotaRecord[] {
    return [...this.#actors.values()]
      .flatMap((scopes) => [...scopes.values()])
      .toSorted((a, b) => compare(a.actor, b.actor) || compare(a.scope, b.scope));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
