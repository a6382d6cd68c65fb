import { mintId, type AuditRecord, type CommandRecord, type SettledCommand } from '@archetype/core';

let accepted = 0;
export const command = (more: Partial<CommandRecord> = {}): CommandRecord => ({
  id: mintId(),
  type: 'spawn',
  payload: { text: 'ä 🙂', n: [1, null] },
  tick: 0,
  priority: 0,
  sequence: accepted++,
  actor: { id: 'ann', roles: ['player'] },
  acceptedAt: 1_700_000_000_000,
  ...more,
});

export const row = (position: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  position,
  id: `row ${position}`,
  command: `command ${position}`,
  type: position % 2 === 0 ? 'spawn' : 'step',
  actor: position % 3 === 0 ? 'ann' : 'bob',
  roles: ['player'],
  tick: position,
  status: position % 4 === 0 ? 'denied' : 'accepted',
  payloadDigest: 'd',
  summary: { position },
  acceptedAt: 1000 * position,
  previous: `hash ${position - 1}`,
  hash: `hash ${position}`,
  ...more,
});

export const cancelled = (id: string): SettledCommand => ({ command: id, status: 'cancelled' });
export const applied = (id: string): SettledCommand => ({ command: id, status: 'applied' });
export const rejected = (id: string): SettledCommand => ({
  command: id,
  status: 'rejected',
  code: 'entity_not_found',
  message: 'Entity 9 is not here.',
});
