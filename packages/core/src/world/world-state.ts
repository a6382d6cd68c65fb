import type { Key } from '../random/threefry.ts';
import type { Registry } from '../schema/registry.ts';
import type { AnyResource, ResourceValue } from '../state/resource.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Logger } from '../state/logger.ts';
import type { Lease, WorldRecord } from '../state/world-record.ts';
import type { Store } from '../store/store.ts';
import type { Processor } from '../tick/processor.ts';
import type { Hooks } from './hooks.ts';
import type { AsyncContext } from './inside.ts';
import type { Staging } from './staging.ts';
import type { World } from './world.ts';
import type { Due } from './world-commands.ts';

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
  /** Makes a fork, of the class that its source is of. */
  readonly make: (state: WorldState, staged?: { readonly staging: Staging }) => World;
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
  /** The world is gone, and its name is free again. */
  readonly release: () => void;
}
