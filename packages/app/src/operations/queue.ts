import { ArchetypeError } from '@archetype/core';
import { z } from 'zod';
import { change, roles } from './operation.ts';
import { short } from '../command/printed.ts';
import { text } from './payload.ts';
import { commandNotFound, worldOfCommand } from './trail.ts';

const cancel = change({
  type: 'cancel_command',
  group: 'queue',
  about: 'Takes a command out of its queue.',
  roles: roles.play,
  world: false,
  payload: z.strictObject({ command: text }),
  concerns: worldOfCommand,
  cost: { base: 5 },
  summary: ({ command }) => ({ command: short(command) }),
  run: async (services, { payload: { command: id }, actor }, { may }) => {
    const [command] = await (await services.store()).commands({ id });
    // Others' commands are there only for those who could end the world with all that waits for it.
    const own = command?.actor.id === actor.id;
    if (command === undefined || !(own || may('destroy_world'))) throw commandNotFound(id);
    const world = command.world ?? '';
    await services.accepting(world, async () => {
      const queued = services.broker.remove(world, id);
      if (queued === undefined) throw settled(id, command.status);
      try {
        await services.trail.accept([{ settled: { command: id, status: 'cancelled' } }]);
      } catch (error) {
        services.broker.submit(world, queued);
        throw error;
      }
    });
    return { command: id };
  },
});

const settled = (id: string, status: string): ArchetypeError =>
  new ArchetypeError(
    'command_settled',
    `Command "${short(id)}" ${status === 'queued' ? 'is being applied' : `was ${status} already`} and cannot be cancelled.`,
  );

export const queue = { cancel_command: cancel };
