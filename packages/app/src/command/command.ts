import type { Actor, Json } from '@archetype/core';

/** What was asked, by whom: decoded, complete, never changed. */
export interface Command<P = unknown> {
  /** UUID, version 7. */
  readonly id: string;
  /** Its id was given with it, so that it can come again. */
  readonly given: boolean;
  readonly type: string;
  readonly payload: P;
  readonly world: string | undefined;
  /** Not before this tick; 0 for the next one. */
  readonly tick: number;
  /** Lower ones first. */
  readonly priority: number;
  readonly actor: Actor;
  readonly idempotencyKey: string | undefined;
  /** The payload as it is written down: live objects by their names. */
  readonly written: Json;
  /** Some of the payload, bounded. */
  readonly summary: Json;
  /** SHA-256 of the payload as it is written down, hexadecimal. */
  readonly payloadDigest: string;
}

/** What is told to whoever gave a command that is to be applied by a tick. */
export interface Receipt {
  readonly command: string;
  /** Ids of the entities that it will bear. */
  readonly entities: readonly number[];
}
