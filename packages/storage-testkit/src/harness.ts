import type { Store } from '@archetype/core';

/** One place where a store can be: nobody else uses it. */
export interface StorePlace {
  /** Opens the store that is there; called again only after the last one was closed. */
  open(): Promise<Store>;
  /** Removes what the store left. */
  remove(): Promise<void>;
}

/** How the kit gets at a store. */
export interface StoreHarness {
  /** What the suite is called. */
  readonly name: string;
  place(): Promise<StorePlace>;
  /** True when a store opened again at its place has everything; otherwise why it has not, in words. */
  readonly reopens: true | string;
}

/** What a promise is checked with: a fresh store, and a way to open it again. */
export interface StoreSubject {
  readonly store: Store;
  /** Closes the store and opens it again. */
  reopen(): Promise<Store>;
}

/** Something every store must do, as a sentence and a check that throws when it is not kept. */
export interface StorePromise {
  readonly title: string;
  /** It opens the store a second time. */
  readonly reopens?: boolean;
  readonly check: (subject: StoreSubject) => Promise<void>;
}
