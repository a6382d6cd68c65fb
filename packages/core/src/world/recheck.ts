import type { ArchetypeError } from '../errors.ts';
import type { Mutation } from '../state/mutation.ts';
import type { Foresight } from './foresight.ts';

/**
 * Holds what was staged against a state that has gone on since. A command happens whole or not at all; of mutations that
 * belong to none, those that cannot happen are left out alone.
 */
export function recheck(
  mutations: readonly Mutation[],
  commandOf: (mutation: Mutation) => string | undefined,
  foresightOf: () => Foresight,
): { readonly kept: readonly Mutation[]; readonly refused: ReadonlyMap<string, ArchetypeError> } {
  const refused = new Map<string, ArchetypeError>();
  for (;;) {
    const kept: Mutation[] = [];
    const foresight = foresightOf();
    const before = refused.size;
    for (const mutation of mutations) {
      const command = commandOf(mutation);
      if (command !== undefined && refused.has(command)) continue;
      const refusal = foresight.refusal(mutation);
      if (refusal !== undefined) {
        if (command !== undefined) refused.set(command, refusal);
        continue;
      }
      foresight.add(mutation);
      kept.push(mutation);
    }
    // Once more without the commands that were refused: some of their mutations were counted on.
    if (refused.size === before) return { kept, refused };
  }
}
