import { piecesOf, type Commit, type TableCommit } from '@archetype/core';
import type { LedgerWorld } from './ledger.ts';
import { readTicks } from './read-ticks.ts';
import type { View } from './view.ts';

/** The tick that a repeated append is held against, as it was committed; undefined when it is not the world's own. */
export async function storedCommit(
  view: View,
  world: LedgerWorld,
  { lease, tick }: Commit,
): Promise<Commit | undefined> {
  const { ledger, catalog } = view;
  const [piece] = piecesOf(world.record, tick, tick);
  if (piece?.world !== world.record.world) return undefined;
  const held = ledger.get(piece.world).tail.get(tick);
  if (held !== undefined) return held;
  const stored = catalog.tick(piece.run, tick);
  if (stored === undefined) return undefined;
  const commits: TableCommit[] = [];
  for (const { signature, at } of catalog.places(piece.run, tick, tick)) {
    if ('sameAs' in at) commits.push({ signature, sameAs: at.sameAs });
    else {
      const table = { signature, source: { placed: at }, run: piece.run, since: tick };
      const place = { world: piece.world, run: piece.run, tick, tables: [table] };
      for await (const read of readTicks(
        [place],
        { columns: () => signature.stored.slice(2) },
        view,
      )) {
        commits.push({ signature, rows: read.tables[0]!.rows });
      }
    }
  }
  return { lease, tick, tables: commits, ...stored };
}
