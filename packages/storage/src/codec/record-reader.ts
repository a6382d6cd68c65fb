import {
  ArchetypeError,
  type Acceptance,
  type Commit,
  type Signature,
  type WorldRecord,
} from '@archetype/core';
import type { ReadFrame } from '../journal/frame.ts';
import { decodeCommit } from './commit-codec.ts';
import { decodeJson } from './json-record.ts';
import { recordKinds } from './record-kind.ts';
import { loadSignature, type StoredSignature } from './signature-codec.ts';

/** A record of the journal, decoded. */
export type StoreRecord =
  | { readonly kind: 'schema'; readonly signature: Signature }
  | { readonly kind: 'world'; readonly record: WorldRecord }
  | { readonly kind: 'claimed'; readonly world: string; readonly epoch: number }
  | { readonly kind: 'destroyed'; readonly world: string }
  | { readonly kind: 'accepted'; readonly acceptance: Acceptance }
  | { readonly kind: 'commit'; readonly commit: Commit };

/** Decodes records in their order; commits find the columns of their tables in the schema records before them. */
export class RecordReader {
  readonly #signatures = new Map<string, Signature>();
  readonly #older: (schema: string) => Signature;

  /** `older` knows the schemas of records that are not in the journal any more. */
  constructor(older: (schema: string) => Signature) {
    this.#older = older;
  }

  /** @throws `record_unknown`, `format_newer` */
  read({ kind, body }: Pick<ReadFrame, 'kind' | 'body'>): StoreRecord {
    switch (kind) {
      case recordKinds.schema: {
        const signature = loadSignature(decodeJson(body) as StoredSignature);
        this.#signatures.set(signature.schema, signature);
        return { kind: 'schema', signature };
      }
      case recordKinds.created:
      case recordKinds.forked:
        return { kind: 'world', record: decodeJson(body) as WorldRecord };
      case recordKinds.claimed:
        return { kind: 'claimed', ...(decodeJson(body) as { world: string; epoch: number }) };
      case recordKinds.destroyed:
        return { kind: 'destroyed', ...(decodeJson(body) as { world: string }) };
      case recordKinds.accepted:
        return { kind: 'accepted', acceptance: decodeJson(body) as Acceptance };
      case recordKinds.commit: {
        const commit = decodeCommit(
          body,
          (schema) => this.#signatures.get(schema) ?? this.#older(schema),
        );
        return { kind: 'commit', commit };
      }
      default:
        throw new ArchetypeError(
          'record_unknown',
          `The journal holds a record of kind ${kind}, which this version does not know; upgrade to open the store.`,
        );
    }
  }
}
