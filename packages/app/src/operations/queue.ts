import { ArchetypeError } from '@archetype/core';
import { z } from 'zod';
import { change, roles } from './operation.ts';
import { short, text } from './payload.ts';
import { commandNotFound, worldOfCommand } from './read.ts';

const cancel = change({
  type: 'cancel_command',
  group: 'open',
  about: 'Takes a command out of its queue.',
  roles: roles.play,
  world: false,
  payload: z.strictObject({ command: text }),
  concerns: worldOfCommand,
  cost: { base: 5 },
  summary: ({ command }) => ({ command: short(command) }),
  run: async (services, { payload: { command: id }, actor }) => {
    const [command] = await (await services.store()).commands({ id });
    // Others' commands are not there for who may only cancel own ones.
    const may = command?.actor.id === actor.id || actor.roles.some(operates);
    if (command === undefined || !may) throw commandNotFound(id);
    const queued = services.broker.take(command.world ?? '', id);
    if (queued === undefined) throw settled(id, command.status);
    try {
      await services.trail.accept([{ settled: { command: id, status: 'cancelled' } }]);
    } catch (error) {
      services.broker.submit(command.world!, queued);
      throw error;
    }
    return { command: id };
  },
});

const operates = (role: string): boolean => (roles.operate as readonly string[]).includes(role);

const settled = (id: string, status: string): ArchetypeError =>
  new ArchetypeError(
    'command_settled',
    `Command "${short(id)}" ${status === 'queued' ? 'is being applied' : `was ${status} already`} and cannot be cancelled.`,
  );

export const queue = { cancel_command: cancel };
