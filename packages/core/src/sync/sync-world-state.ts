import type { Snapshot } from '../state/snapshot.ts';
import type { Lease } from '../state/world-record.ts';
import type { Staging } from '../world/staging.ts';
import type { ForkOptions } from '../world/world-options.ts';
import type { WorldParts } from '../world/world-parts.ts';
import type { SyncStore } from './sync-store.ts';
import type { SyncWorld } from './sync-world.ts';

/** What a `SyncWorld` is given to live with. */
export interface SyncWorldState extends WorldParts {
  /** One above the entity ids that were given before, used or not. */
  readonly held: number;
  /** Makes a fork, of the class that its source is of. */
  readonly make: (state: SyncWorldState, staged?: { readonly staging: Staging }) => SyncWorld;
  /** The store, with this world written down in it; the first call does that. */
  readonly open: () => { readonly store: SyncStore; readonly lease: Lease };
  readonly fork: (snapshot: Snapshot, options: ForkOptions) => SyncWorldState;
}
