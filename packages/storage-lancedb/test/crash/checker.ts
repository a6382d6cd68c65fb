import type { DurableStoreOptions } from '@archetype/storage';
import { checkCrowd } from './crowd.ts';
import { checkAfter, type Name } from './script.ts';

const checks = { script: checkAfter, crowd: checkCrowd };
export type Played = keyof typeof checks;

/** A store whose process died, and what it had acknowledged. */
export interface Crashed {
  readonly played: Played;
  readonly options: DurableStoreOptions;
  readonly acknowledged: readonly (readonly [Name, number])[];
}

/** The other end of `Checks`: opens one store after another, and answers what is wrong with each. */
process.on('message', ({ played, options, acknowledged }: Crashed) => {
  void checks[played](options, new Map(acknowledged)).then(
    () => process.send!({}),
    (error: unknown) => process.send!({ problem: String(error) }),
  );
});
