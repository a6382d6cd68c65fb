import type { HookEvents, Json } from '@archetype/core';

/** The operation that does by a command what an event tells of. */
const OPERATION_OF = {
  spawn: 'spawn',
  despawn: 'despawn',
  update: 'update',
  componentAdded: 'add_components',
  componentRemoved: 'remove_components',
} as const;

type EntityEvent = keyof typeof OPERATION_OF;

/**
 * Audits what ticks do to the entities of a world, and of its forks: one row for each table and tick. `listen` registers a
 * detached handler, and `note` writes a row soon.
 */
export function auditEntities(
  listen: (
    event: EntityEvent,
    handler: (
      about: Pick<HookEvents['spawn'], 'table' | 'entities' | 'tick'> & {
        readonly world: { readonly id: string };
      },
    ) => void,
  ) => unknown,
  note: (
    type: string,
    world: { readonly id: string; readonly tick: number },
    summary: Json,
  ) => void,
): void {
  for (const event of Object.keys(OPERATION_OF) as EntityEvent[]) {
    listen(event, (about) => {
      const { table, entities, tick } = about;
      const summary = {
        table,
        entities: entities.length,
        ...('component' in about && { component: String(about.component) }),
      };
      note(OPERATION_OF[event], { id: about.world.id, tick }, summary);
    });
  }
}
