import type { Snapshot } from '../state/snapshot.ts';
import type { Lease } from '../state/world-record.ts';
import type { Store } from '../store/store.ts';
import type { AsyncContext } from './inside.ts';
import type { Staging } from './staging.ts';
import type { ForkOptions } from './world-options.ts';
import type { WorldParts } from './world-parts.ts';
import type { World } from './world.ts';

/** What a `World` is given to live with. */
export interface WorldState extends WorldParts {
  readonly context: AsyncContext | undefined;
  /** Makes a fork, of the class that its source is of. */
  readonly make: (state: WorldState, staged?: { readonly staging: Staging }) => World;
  /** The store, with this world written down in it; the first call does that. */
  readonly open: () => Promise<{ readonly store: Store; readonly lease: Lease }>;
  readonly fork: (snapshot: Snapshot, options: ForkOptions) => Promise<WorldState>;
}
