import { ArchetypeError } from '../errors.ts';
import type { CallOptions } from './map-async.ts';
import type { RowOutput } from './row-outputs.ts';

const wholeFrom = (least: number) => (given: unknown) =>
  Number.isInteger(given) && (given as number) >= least;
/** The longest wait that a timer knows. */
const MAX_TIMER = 0x7fffffff;
const isTime = (given: unknown): boolean =>
  typeof given === 'number' && given >= 0 && given <= MAX_TIMER;

const checks: {
  readonly [K in keyof CallOptions]?: { holds(given: unknown): boolean; readonly needs: string };
} = {
  call: { holds: (given) => typeof given === 'function', needs: 'a function' },
  batchSize: { holds: wholeFrom(1), needs: 'a whole number from 1 on' },
  retries: { holds: wholeFrom(0), needs: 'a whole number from 0 on' },
  backoff: { holds: isTime, needs: `milliseconds from 0 to ${MAX_TIMER}` },
  timeout: {
    holds: (given) => isTime(given) && given !== 0,
    needs: `milliseconds above 0, up to ${MAX_TIMER}`,
  },
  onError: {
    holds: (given) => ['throw', 'null', 'keep'].includes(given as string),
    needs: '"throw", "null" or "keep"',
  },
};

const print = (given: unknown): string =>
  typeof given === 'number' ? String(given) : (JSON.stringify(given) ?? typeof given);

/** What can be known to be wrong before the first call. @throws `invalid_argument` */
export function checkCalls(options: CallOptions, outputs: readonly RowOutput[]): void {
  for (const [name, { holds, needs }] of Object.entries(checks)) {
    const given = options[name as keyof CallOptions];
    if ((given === undefined && name !== 'call') || holds(given)) continue;
    throw new ArchetypeError(
      'invalid_argument',
      `mapAsync was given ${name}: ${print(given)}; it needs ${needs}.`,
    );
  }
  for (const output of outputs) {
    const problem = problemOf(options, output);
    if (problem !== undefined) throw new ArchetypeError('invalid_argument', problem);
  }
}

/** Rows that no result fills need another cell. */
function problemOf({ onError, where }: CallOptions, output: RowOutput): string | undefined {
  const { name, type, initial, before } = output;
  if (onError === 'null' && !type.nullable)
    return `onError: "null" needs columns that may be null, and ${name} may not; make its field nullable, or use "throw" or "keep".`;
  if (onError === 'keep' && before === undefined)
    return `onError: "keep" needs columns that are there, and ${name} is new; use "throw" or "null".`;
  if (where !== undefined && before === undefined && !type.nullable && initial === undefined)
    return `where leaves rows without a call, and ${name} is a new column that may not be null; make its field nullable or give it a default.`;
  return undefined;
}
