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
}

export async function verify(parts: StoreParts): Promise<Verification> {
  const checked = await parts.worker.ask('check', undefined);
  const { lostTicks } = healthOf(parts);
  return { ...checked, lostTicks, sound: checked.problems.length === 0 && lostTicks.length === 0 };
}
