import type { Key } from '../random/threefry.ts';
import type { AnyComponent } from '../schema/component.ts';
import type { Registry } from '../schema/registry.ts';
import type { AnyResource, ResourceValue } from '../state/resource.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Logger } from '../state/logger.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { Store } from '../store/store.ts';
import type { Processor } from '../tick/processor.ts';
import type { Hooks } from './hooks.ts';
import type { WorldId } from '../state/ids.ts';
import type { AsyncContext } from './inside.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

/** A deferred command that is due, and how it is done. */
export interface DueCommand {
  readonly command: string;
  readonly work: (stage: Stage) => void;
}

/**
 * Hands over the commands of a world that are due at a tick, in the order in which they apply. It is asked once for each
 * tick; what it gave stays with the world, also when the tick fails.
 */
export type Due = (world: WorldId, tick: number) => Iterable<DueCommand>;

/** What components and resources are called in a world. */
export interface Definitions {
  components(): readonly AnyComponent[];
  /** @throws `unknown_component` */
  component(name: string): AnyComponent;
  /** @throws `resource_missing` */
  resource(name: string): AnyResource;
}

/** What a `World` is given to live with. */
export interface WorldState {
  readonly record: WorldRecord;
  /** What it starts from. */
  readonly snapshot: Snapshot;
  readonly registry: Registry;
  readonly processors: Processor[];
  readonly live: Map<string, unknown>;
  readonly resources: ReadonlyMap<string, AnyResource>;
  readonly keys: Map<string, Key>;
  readonly hooks: Hooks;
  readonly logger: Logger;
  readonly context: AsyncContext | undefined;
  readonly due: Due;
  /** For worlds of a caller's class. */
  readonly host: unknown;
  /** Adds a processor and the components it names. @throws `processor_conflict` */
  readonly register: (processor: Processor) => void;
  /** The store, with this world written down in it; the first call does that. */
  readonly open: () => Promise<{ readonly store: Store; readonly lease: Lease }>;
  readonly fork: (
    snapshot: Snapshot,
    options: {
      readonly name?: string;
      readonly seed?: number;
      readonly resources?: readonly ResourceValue[];
    },
  ) => Promise<WorldState>;
  /** The world is there. */
  readonly admit: (world: World) => void;
  /** It is gone, and its name is free again. */
  readonly release: () => void;
}
