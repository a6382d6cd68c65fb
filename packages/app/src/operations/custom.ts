import { ArchetypeError, didYouMean, type Logger } from '@archetype/core';
import { z } from 'zod';
import { mutation, roles } from './operation.ts';
import { short } from '../command/printed.ts';
import { json, text } from './payload.ts';

export const custom = mutation({
  type: 'custom',
  group: 'open',
  about: 'Has the handler that the host registered for `action` stage what it will.',
  roles: roles.play,
  world: true,
  payload: z.strictObject({ action: text, payload: json.optional() }),
  cost: { base: 10 },
  deferrable: true,
  summary: ({ action }) => ({ action: short(action) }),
  plan: ({ handlers, logger }, { id, actor, payload: { action, payload = null } }, world) => {
    const handler = handlers.get(action);
    if (handler === undefined) {
      const names = [...handlers.keys()].toSorted();
      throw new ArchetypeError(
        'no_handler',
        `No handler is registered for the action "${short(action)}"${didYouMean(action, names)} Registered: ${names.join(', ') || 'none'}; createApp({ handlers }) registers more.`,
      );
    }
    return {
      births: 0,
      unchecked: true,
      work: () => {
        let given: unknown;
        let later = false;
        try {
          given = handler(world, payload, { actor, command: id });
          later = isPromise(given);
        } catch (error) {
          if (error instanceof ArchetypeError) throw error;
          throw failed(action, 'failed', error, logger);
        }
        if (!later) return;
        Promise.resolve(given).catch((error: unknown) => {
          failed(action, 'failed later', error, logger);
        });
        throw failed(action, 'returned a promise, and has to stage at once', undefined, logger);
      },
    };
  },
});

const isPromise = (given: unknown): boolean =>
  typeof (given as PromiseLike<unknown> | undefined | null)?.then === 'function';

/** What a handler said is for the host's log, and for nobody outside. */
function failed(action: string, how: string, cause: unknown, logger: Logger): ArchetypeError {
  logger.error(`The handler of "${action}" ${how}.`, { error: cause });
  return new ArchetypeError(
    'callback_failed',
    `The handler of "${short(action)}" ${how}; the host's log says more.`,
    { cause },
  );
}
