import type { Catalog } from '../catalog/catalog.ts';
import { RecordReader, type StoreRecord } from '../codec/record-reader.ts';
import type { ReadFrame } from '../journal/frame.ts';
import type { Ledger } from './ledger.ts';

/** Takes records of the journal in order. */
interface Replay {
  readonly apply: (frame: ReadFrame, segment: string) => void;
  /** Bytes of ticks and commands that are not in the catalog yet, by segment. */
  readonly waiting: ReadonlyMap<string, number>;
}

/** Applies the records that the catalog does not have yet. */
export function replayInto(ledger: Ledger, catalog: Catalog): Replay {
  const applied = catalog.appliedSequence;
  const reader = new RecordReader({
    knownSignature: (schema) => catalog.knownSignature(schema),
    // Not those of the catalog, which another process may have changed since the ledger was loaded.
    hasWorld: (world) => ledger.has(world),
  });
  const waiting = new Map<string, number>();
  const wait = (segment: string, { body }: ReadFrame): void => {
    waiting.set(segment, (waiting.get(segment) ?? 0) + body.byteLength);
  };
  const apply = (frame: ReadFrame, segment: string): void => {
    const records = reader.read(frame);
    if (frame.sequence <= applied) return;
    for (const record of records) applyOne(record, frame, segment);
  };
  const applyOne = (record: StoreRecord, frame: ReadFrame, segment: string): void => {
    switch (record.kind) {
      case 'schema':
        break;
      case 'world':
        ledger.created(record.record);
        break;
      case 'claimed':
        ledger.claimed(record.world, record.epoch);
        break;
      case 'destroyed':
        ledger.destroyed(record.world);
        break;
      case 'accepted':
        ledger.accepted(record.acceptance, segment);
        wait(segment, frame);
        break;
      case 'commit':
        ledger.committed(record.commit, segment);
        wait(segment, frame);
        break;
      case 'unreadable':
        ledger.lost(record.lease.world, record.tick);
        break;
    }
  };
  return { apply, waiting };
}
