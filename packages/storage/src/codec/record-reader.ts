import {
  ArchetypeError,
  type Acceptance,
  type Lease,
  type Signature,
  type WorldRecord,
} from '@archetype/core';
import type { ReadFrame } from '../journal/frame.ts';
import { decodeCommit, type DecodedCommit, type UnreadableCommit } from './commit-codec.ts';
import { decodeJson } from './json-record.ts';
import { recordKinds } from './record-kind.ts';
import { recoveredWorld } from './recovered-world.ts';
import { loadSignature, type StoredSignature } from './signature-codec.ts';

/** A record of the journal, decoded. */
export type StoreRecord =
  | { readonly kind: 'schema'; readonly signature: Signature }
  | { readonly kind: 'world'; readonly record: WorldRecord }
  | { readonly kind: 'claimed'; readonly world: string; readonly epoch: number }
  | { readonly kind: 'destroyed'; readonly world: string }
  | { readonly kind: 'accepted'; readonly acceptance: Acceptance }
  | DecodedCommit
  | UnreadableCommit;

/** What is known from records that are not in the journal any more. */
export interface KnownBefore {
  knownSignature(schema: string): Signature | undefined;
  hasWorld(world: string): boolean;
}

/** Decodes records in their order; commits find their world and the columns of their tables in records before them. */
export class RecordReader {
  readonly #signatures = new Map<string, Signature>();
  readonly #worlds = new Set<string>();
  readonly #before: KnownBefore;

  constructor(before: KnownBefore) {
    this.#before = before;
  }

  /**
   * What a frame says. What tells of a world whose record is damaged for the first time, a commit or a fork, also gives what
   * is known of that world, which ends with it; claims and ends of such a world are left out.
   *
   * @throws `record_unknown`, `format_newer`
   */
  read({ kind, body }: Pick<ReadFrame, 'kind' | 'body'>): readonly StoreRecord[] {
    switch (kind) {
      case recordKinds.schema: {
        const signature = loadSignature(decodeJson(body) as StoredSignature);
        this.#signatures.set(signature.schema, signature);
        return [{ kind: 'schema', signature }];
      }
      case recordKinds.created:
      case recordKinds.forked: {
        const record = decodeJson(body) as WorldRecord;
        const past = record.lineage.flatMap((piece) => this.#recovered(piece));
        this.#worlds.add(record.world);
        return [...past, { kind: 'world', record }];
      }
      case recordKinds.claimed: {
        const claim = decodeJson(body) as { world: string; epoch: number };
        return this.#knows(claim.world) ? [{ kind: 'claimed', ...claim }] : [];
      }
      case recordKinds.destroyed: {
        const { world } = decodeJson(body) as { world: string };
        return this.#knows(world) ? [{ kind: 'destroyed', world }] : [];
      }
      case recordKinds.accepted:
        return [{ kind: 'accepted', acceptance: decodeJson(body) as Acceptance }];
      case recordKinds.commit: {
        const record = decodeCommit(
          body,
          (schema) => this.#signatures.get(schema) ?? this.#before.knownSignature(schema),
        );
        const { lease } = record.kind === 'commit' ? record.commit : record;
        return [...this.#recovered(lease), record];
      }
      default:
        throw new ArchetypeError(
          'record_unknown',
          `The journal holds a record of kind ${kind}, which this version does not know; upgrade to open the store.`,
        );
    }
  }

  #recovered(of: Pick<Lease, 'world' | 'run'>): readonly StoreRecord[] {
    const { world } = of;
    if (this.#knows(world)) return [];
    this.#worlds.add(world);
    return [
      { kind: 'world', record: recoveredWorld(of) },
      { kind: 'destroyed', world },
    ];
  }

  #knows(world: string): boolean {
    if (this.#worlds.has(world)) return true;
    if (!this.#before.hasWorld(world)) return false;
    this.#worlds.add(world);
    return true;
  }
}
