import { piecesOf, type TickMessages } from '@archetype/core';
import type { Catalog } from '../catalog/catalog.ts';
import type { Ledger, LedgerWorld } from './ledger.ts';

/** What ticks `from` to `to` say of messages, in ascending tick, from memory and the catalog, as one cut. */
export function messagesIn(
  ledger: Ledger,
  catalog: Catalog,
  world: LedgerWorld,
  from: number,
  to: number,
): readonly TickMessages[] {
  return piecesOf(world.record, from, Math.min(to, world.newest)).flatMap((piece) => {
    const owner = ledger.get(piece.world);
    const flushed = catalog.messages(piece.run, piece.from, Math.min(piece.tick, owner.flushed));
    const held: TickMessages[] = [];
    for (const [tick, commit] of owner.tail) {
      const { messages, undelivered = [] } = commit;
      if (tick <= owner.flushed || tick < piece.from || tick > piece.tick) continue;
      if (messages !== undefined || undelivered.length > 0)
        held.push({ tick, messages, undelivered });
    }
    return [...flushed, ...held.toSorted((a, b) => a.tick - b.tick)];
  });
}
