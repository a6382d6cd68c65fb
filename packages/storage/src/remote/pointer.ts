import { ArchetypeError } from '@archetype/core';
import type { ObjectStore } from './object-store.ts';

/** Its object, below the store's location. */
export const POINTER = 'pointer.json';
const FORMAT = 1;

/** What processes on other machines begin with: which catalog is the newest, and who wrote it. */
export interface Pointer {
  readonly format: typeof FORMAT;
  /** Hexadecimal; everything of a store is below a prefix of this name. */
  readonly store: string;
  /** The owner epoch under which it was written. */
  readonly owner: number;
  /** Counts changes of the catalog. */
  readonly revision: number;
  /** Object of the catalog. */
  readonly catalog: string;
  /** SHA-256 of that object, hexadecimal. */
  readonly sha256: string;
  /** Where the journal is: ticks that are not here yet are there. */
  readonly host: string;
  readonly directory: string;
}

export interface PublishedPointer {
  readonly pointer: Pointer;
  readonly etag: string;
}

/** Undefined where nothing was published yet. @throws `format_newer`, `storage_unavailable` */
export async function readPointer(
  objects: ObjectStore,
  uri: string,
): Promise<PublishedPointer | undefined> {
  const found = await objects.get(POINTER);
  if (found === undefined) return undefined;
  let pointer: Partial<Pointer>;
  try {
    pointer = JSON.parse(new TextDecoder().decode(found.bytes)) as Partial<Pointer>;
  } catch (cause) {
    throw unreadable(uri, cause);
  }
  if (typeof pointer.format === 'number' && pointer.format > FORMAT) {
    throw new ArchetypeError(
      'format_newer',
      `${uri}/${POINTER} has format ${pointer.format} and this version reads up to ${FORMAT}; upgrade to open the store.`,
    );
  }
  if (pointer.format !== FORMAT || typeof pointer.store !== 'string') throw unreadable(uri);
  return { pointer: pointer as Pointer, etag: found.etag };
}

const unreadable = (uri: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'storage_unavailable',
    `${uri}/${POINTER} is not a pointer of a store; check the URI, or restore that object.`,
    { cause },
  );
