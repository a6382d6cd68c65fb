import type {
  AuditQuery,
  AuditRecord,
  CommandQuery,
  Frame,
  QuotaRecord,
  ScanQuery,
  Snapshot,
  StoredCommand,
  StoredWorld,
  TickMessages,
  WorldId,
} from '@archetype/core';
import { AUDIT_PAGE, checkAuditQuery, checkCommandQuery } from '@archetype/core';
import type { TableUse } from '../catalog/part-tables.ts';
import { messagesIn } from './messages-in.ts';
import { scan } from './scan.ts';
import { snapshotAt } from './snapshot-at.ts';
import { storedWorld } from './stored-world.ts';
import type { View } from './view.ts';

/** Everything that a store answers without writing. `view` is asked at the beginning of each read. */
export class Reads {
  readonly #view: () => Promise<View>;

  constructor(view: () => Promise<View>) {
    this.#view = view;
  }

  async *scan(query: ScanQuery): AsyncGenerator<Frame> {
    const view = await this.#view();
    yield* scan(view, query);
  }

  async *messages(
    id: WorldId,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<TickMessages> {
    const { ledger, catalog } = await this.#view();
    yield* messagesIn(ledger, catalog, ledger.get(id), from, to);
  }

  async snapshot(id: WorldId, tick: number): Promise<Snapshot | undefined> {
    const view = await this.#view();
    return snapshotAt(view, id, tick);
  }

  async worlds(): Promise<readonly StoredWorld[]> {
    const { ledger, catalog } = await this.#view();
    return ledger.list().map((world) => storedWorld(ledger, catalog, world));
  }

  async commands(query: CommandQuery): Promise<readonly StoredCommand[]> {
    checkCommandQuery(query);
    const { ledger, catalog } = await this.#view();
    const books = [...ledger.books];
    const later = (id: string) => {
      for (const book of books) {
        const outcome = book.outcome(id);
        if (outcome !== undefined) return outcome;
      }
      return undefined;
    };
    const endOf = (id: string) => catalog.earlyEnd(id) ?? later(id);
    // A command that is in both is taken from the catalog, which may be newer than the books.
    const found = new Map(
      [...catalog.commands(query, later), ...books.flatMap((book) => book.commands(query, endOf))]
        .toReversed()
        .map((command) => [command.id, command]),
    );
    return [...found.values()]
      .toSorted((a, b) => a.sequence - b.sequence)
      .slice(-(query.limit ?? Infinity));
  }

  async audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    checkAuditQuery(query);
    const { ledger, catalog } = await this.#view();
    const limit = query.limit ?? AUDIT_PAGE;
    const rows = [...ledger.books]
      .toReversed()
      .flatMap((book) => book.audit(query))
      .slice(0, limit);
    if (rows.length === limit) return rows;
    const before = rows.at(-1)?.position ?? query.before;
    const older = catalog.audit({
      ...query,
      limit: limit - rows.length,
      ...(before !== undefined && { before }),
    });
    return [...rows, ...older];
  }

  async quotas(): Promise<readonly QuotaRecord[]> {
    return (await this.#view()).ledger.quotas.list();
  }

  /** Bytes that each table of each run takes in parts, in order of creation. */
  async uses(): Promise<readonly TableUse[]> {
    return (await this.#view()).catalog.tableUses();
  }
}
