import { ArchetypeError } from '@archetype/core';
import type { Env } from '../env.ts';
import { hold } from './options.ts';
import { numbersIn, same, shapeOf } from './shape.ts';

/** What a step gave, info left out. */
export interface Seen {
  readonly observation: unknown;
  readonly reward: unknown;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** What the actions lead to, up to an end. @throws `conformance_failed` where a step is refused */
export async function play<A>(
  env: Env<unknown, A, unknown>,
  actions: Iterable<A>,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const action of actions) {
    const [observation, reward, terminated, truncated] = await env.step(action).catch(refused);
    // Copies, since whoever gave them may change them.
    seen.push({ ...structuredClone({ observation, reward }), terminated, truncated });
    if (terminated || truncated) break;
  }
  return seen;
}

function refused(error: unknown): never {
  if (!(error instanceof ArchetypeError && error.code === 'no_episode')) throw error;
  throw new ArchetypeError(
    'conformance_failed',
    `A step of an episode that had not ended was refused: ${error.message}`,
    { cause: error },
  );
}

/** @throws `conformance_failed` at the first step that differs */
export function holdSame(a: readonly Seen[], b: readonly Seen[], when: string): void {
  const n = Math.max(a.length, b.length);
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k], b[k]];
    hold(
      x !== undefined && y !== undefined,
      () =>
        `${when}, one episode took ${a.length} steps and the other ${b.length}; they must end alike.`,
    );
    for (const key of ['observation', 'reward'] as const)
      hold(
        same(x![key], y![key]),
        () =>
          `${when}, the ${key} of step ${k + 1} was ${printed(x![key])} and ${printed(y![key])}; both must be the same.`,
      );
    for (const key of ['terminated', 'truncated'] as const)
      hold(
        x![key] === y![key],
        () => `${when}, step ${k + 1} was ${key} once and not the other time; both must end alike.`,
      );
  }
}

const printed = (given: unknown): string => {
  const numbers = numbersIn(given);
  return `${shapeOf(given)} ${numbers === undefined ? '' : `(${numbers.slice(0, 6).join(', ')}${numbers.length > 6 ? ', …' : ''})`}`.trim();
};
