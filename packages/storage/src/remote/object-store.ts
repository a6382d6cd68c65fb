/** An object, as a listing tells of it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Other content, other tag. */
  readonly etag: string;
}

/** When a write takes effect: only where there is no such object yet, or only over the content that was last seen. */
export type WriteCondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

/**
 * A prefix of an object store; keys are relative to it. What cannot be reached, or is not allowed, is
 * `storage_unavailable`, with what to do about it.
 */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  get(key: string): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | undefined>;
  /** The tag of an object, without its content. */
  etag(key: string): Promise<string | undefined>;
  /** Answers the tag of what was written; undefined when the condition did not hold, and nothing was written. */
  put(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string | undefined>;
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Absent is success. */
  remove(keys: readonly string[]): Promise<void>;
  close(): void;
}
