import type { Catalog } from '../catalog/catalog.ts';
import { RecordReader } from '../codec/record-reader.ts';
import type { ReadFrame } from '../journal/frame.ts';
import type { Ledger } from './ledger.ts';

/** Applies the records that the catalog does not have yet. */
export function replayInto(
  ledger: Ledger,
  catalog: Catalog,
): (frame: ReadFrame, segment: string) => void {
  const applied = catalog.appliedSequence;
  const reader = new RecordReader((schema) => catalog.signature(schema));
  return (frame, segment) => {
    const record = reader.read(frame);
    if (frame.sequence <= applied) return;
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
        break;
      case 'commit':
        ledger.committed(record.commit, segment);
        break;
    }
  };
}
