import type { AnyComponent, Value } from '../schema/component.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { parseData, type ResourceValue } from '../state/resource.ts';
import type { Staging } from './staging.ts';

/** The mutations of one command, staged for the next tick. Each throws as the world's own does. */
export interface Stage {
  /** A birth under an id that was reserved. */
  spawn(entity: number, values: readonly Value[]): void;
  despawn(entity: number): void;
  update(entity: number, component: AnyComponent, fields: object): void;
  addComponents(entity: number, values: readonly Value[]): void;
  removeComponents(entity: number, components: readonly AnyComponent[]): void;
  send(message: {
    readonly to: number;
    readonly from?: number | null;
    readonly content: unknown;
  }): void;
  /** A data resource. */
  setResource(value: ResourceValue): void;
}

/** The stage of a world that stands at `head`. */
export function stageOver(staging: Staging, head: Snapshot): Stage {
  return {
    spawn: (entity, values) => staging.bear(entity, values, head),
    despawn: (entity) => staging.despawn(entity, head),
    update: (entity, component, fields) => staging.update(entity, component, fields, head),
    addComponents: (entity, values) => staging.addComponents(entity, values, head),
    removeComponents: (entity, components) => staging.removeComponents(entity, components, head),
    send: ({ to, from, content }) => staging.send(to, from, content, head),
    setResource: ({ resource, of, value }) => staging.setResource(resource, parseData(of, value)),
  };
}
