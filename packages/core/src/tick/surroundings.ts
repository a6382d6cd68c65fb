import type { Frame } from '../frame/frame.ts';
import type { Key } from '../random/threefry.ts';
import type { Registry } from '../schema/registry.ts';
import type { Json } from '../state/json.ts';
import type { Logger } from '../state/logger.ts';
import type { WorldIdentity } from './context.ts';
import type { Resources } from './resources.ts';

/** What processors run with in one tick, beside the tables. */
export interface Surroundings {
  readonly world: WorldIdentity;
  readonly tick: number;
  readonly seed: number;
  readonly registry: Registry;
  readonly keys: Map<string, Key>;
  readonly resources: Resources;
  readonly input: Json | Frame | undefined;
  /** What is delivered in this tick. */
  readonly messages: Frame;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** Runs code of the user's, so that the world knows when it is called from there. */
  readonly inside: <T>(work: () => T) => T;
}
