import type { World } from '@archetype/core';
import type { TrustedAudit } from './trusted.ts';

/** The operation that does by a command what an event tells of. */
const OPERATION_OF = {
  spawn: 'spawn',
  despawn: 'despawn',
  update: 'update',
  componentAdded: 'add_components',
  componentRemoved: 'remove_components',
} as const;

/** Audits what ticks do to the entities of a world, and of its forks: one row for each table and tick. */
export function auditEntities(world: World, trusted: TrustedAudit): void {
  for (const event of Object.keys(OPERATION_OF) as (keyof typeof OPERATION_OF)[]) {
    world.on(
      event,
      (about) => {
        const { table, entities, tick } = about;
        const summary = {
          table,
          entities: entities.length,
          ...('component' in about && { component: String(about.component) }),
        };
        trusted.note(OPERATION_OF[event], { id: about.world.id, tick }, summary);
      },
      { mode: 'detached' },
    );
  }
}
