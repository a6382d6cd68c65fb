import type { PartProblem } from '../worker/check-parts.ts';
import type { StoreParts } from './durable-store.ts';
import { healthOf, type StoreHealth } from './health.ts';

/** What holding a store against its own records gave. */
export interface Verification {
  /** Nothing is wrong. */
  readonly sound: boolean;
  /** Parts that were read. */
  readonly parts: number;
  readonly problems: readonly PartProblem[];
  readonly lostTicks: StoreHealth['lostTicks'];
  /** What opening found damaged in the journal. */
  readonly damaged: StoreHealth['damaged'];
  readonly missingRecords: StoreHealth['missingRecords'];
}

export async function verify(parts: StoreParts): Promise<Verification> {
  const checked = await parts.worker.ask('check', undefined);
  const { lostTicks, damaged, missingRecords } = healthOf(parts);
  const wrong = checked.problems.length + lostTicks.length + damaged.length + missingRecords;
  return { ...checked, lostTicks, damaged, missingRecords, sound: wrong === 0 };
}
