import { ArchetypeError } from '../errors.ts';
import type { Processor } from '../tick/processor.ts';
import type { HookDefinition } from '../tick/simulation.ts';

const USE =
  'ArchetypeRuntime.sync() waits for nothing; make it synchronous, or use the asynchronous runtime, new ArchetypeRuntime().';

const isAsync = (work: unknown): boolean =>
  Object.prototype.toString.call(work) === '[object AsyncFunction]';

/** @throws `invalid_definition` */
export function checkProcessor({ name, process }: Processor): void {
  if (!isAsync(process)) return;
  throw new ArchetypeError(
    'invalid_definition',
    `Processor "${name}" is an async function, and ${USE}`,
  );
}

/** @throws `invalid_definition` */
export function checkHandler({ event, handler }: HookDefinition): void {
  if (!isAsync(handler)) return;
  throw new ArchetypeError(
    'invalid_definition',
    `A handler of "${event}" is an async function, and ${USE}`,
  );
}

/** What a processor or a handler returned, unless that is a promise. @throws `invalid_argument` */
export function settledNow<T>(returned: T, who: string): T {
  const { then } = (returned ?? {}) as { then?: unknown };
  if (typeof then !== 'function') return returned;
  // Whoever made the promise is told that nobody waits for it; how it ends is nobody's news.
  then.call(
    returned,
    () => undefined,
    () => undefined,
  );
  throw new ArchetypeError('invalid_argument', `${who} returned a promise, and ${USE}`);
}
