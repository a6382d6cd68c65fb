import type { Key } from '../random/threefry.ts';
import type { Registry } from '../schema/registry.ts';
import type { Logger } from '../state/logger.ts';
import type { AnyResource } from '../state/resource.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { WorldRecord } from '../state/world-record.ts';
import type { Processor } from '../tick/processor.ts';
import type { Hooks } from './hooks.ts';
import type { Due } from './world-commands.ts';

/** What a world is given to live with, however it waits for its store. */
export interface WorldParts {
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
  readonly due: Due;
  /** Adds a processor and the components it names. @throws `processor_conflict` */
  readonly register: (processor: Processor) => void;
  /** The world is gone, and its name is free again. */
  readonly release: () => void;
}
