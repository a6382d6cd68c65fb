import { ArchetypeError, type StoredCommand } from '@archetype/core';
import { z } from 'zod';
import { auditPage, type AuditPage, type AuditPageQuery } from '../audit/page.ts';
import { short } from '../command/printed.ts';
import { read } from './operation.ts';
import { text, tick } from './payload.ts';
import type { Services } from './services.ts';

const MAX_PAGE = 1000;

const getAudit = read({
  type: 'get_audit',
  about: 'A page of the audit trail, newest first, with what became of the commands.',
  world: false,
  payload: z.strictObject({
    world: text.optional(),
    actor: text.optional(),
    type: text.optional(),
    command: text.optional(),
    status: z.enum(['accepted', 'queued', 'applied', 'rejected', 'denied', 'failed']).optional(),
    idempotencyKey: text.optional(),
    ticks: z.strictObject({ from: tick.optional(), to: tick.optional() }).optional(),
    time: z.strictObject({ from: z.number().optional(), to: z.number().optional() }).optional(),
    cursor: z.int().min(0).optional(),
    limit: z.int().min(1).max(MAX_PAGE).optional(),
  }),
  concerns: (_services, { world }) => world,
  cost: { base: 2 },
  summary: ({ world, actor, type }) => ({
    ...(world !== undefined && { world: short(world) }),
    ...(actor !== undefined && { actor: short(actor) }),
    ...(type !== undefined && { type: short(type) }),
  }),
  run: async (services, { payload }): Promise<AuditPage> =>
    auditPage(services.trail, await services.store(), payload as AuditPageQuery),
});

const getCommand = read({
  type: 'get_command',
  about: 'A command that was accepted, and what became of it.',
  world: false,
  payload: z.strictObject({ command: text }),
  concerns: worldOfCommand,
  cost: { base: 2 },
  summary: ({ command }) => ({ command: short(command) }),
  run: async (services, { payload: { command: id } }): Promise<StoredCommand> => {
    await services.trail.flush();
    const [command] = await (await services.store()).commands({ id });
    if (command !== undefined) return command;
    throw commandNotFound(id);
  },
});

/** The world that a command is about. */
export async function worldOfCommand(
  { store }: Services,
  { command: id }: { readonly command: string },
): Promise<string | undefined> {
  return (await (await store()).commands({ id }))[0]?.world;
}

export const commandNotFound = (id: string): ArchetypeError =>
  new ArchetypeError(
    'command_not_found',
    `No command "${short(id)}" was accepted; use the id that submitting it gave. Reads and refused commands are in the audit trail only.`,
  );

export const trail = { get_audit: getAudit, get_command: getCommand };
