import { ArchetypeError, didYouMean } from '@archetype/core';
import { z } from 'zod';
import { mutation, roles } from './operation.ts';
import { json, short, text } from './payload.ts';

const custom = mutation({
  type: 'custom',
  group: 'open',
  about: 'Has the handler that the host registered for `action` stage what it will.',
  roles: roles.play,
  world: true,
  payload: z.strictObject({ action: text, payload: json.optional() }),
  cost: { base: 10 },
  deferrable: true,
  summary: ({ action }) => ({ action: short(action) }),
  plan: ({ handlers }, { id, actor, payload: { action, payload = null } }, world) => {
    const handler = handlers.get(action);
    if (handler === undefined) {
      const names = [...handlers.keys()].toSorted();
      throw new ArchetypeError(
        'no_handler',
        `No handler is registered for the action "${short(action)}"${didYouMean(action, names)} Registered: ${names.join(', ') || 'none'}.`,
      );
    }
    return {
      births: 0,
      unchecked: true,
      work: (stage) => {
        try {
          handler(stage, payload, { world, actor, command: id });
        } catch (error) {
          if (error instanceof ArchetypeError) throw error;
          throw new ArchetypeError(
            'callback_failed',
            `The handler of "${action}" threw: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          );
        }
      },
    };
  },
});

export const open = { custom };
