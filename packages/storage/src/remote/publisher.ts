import { ArchetypeError } from '@archetype/core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import type { ObjectStore } from './object-store.ts';
import type { RemoteLocation } from './location.ts';
import { POINTER, readPointer, type Pointer, type PublishedPointer } from './pointer.ts';
import { packCatalog, sha256 } from './published-catalog.ts';
import { openS3 } from './s3-object-store.ts';

export interface PublisherOptions {
  readonly catalog: Catalog;
  /** The owner epoch of this process. */
  readonly owner: number;
  /** Of the journal's store. */
  readonly directory: string;
}

/**
 * Shows the catalog to other machines: first the catalog as an object of its own, then the pointer to it, written only over
 * the one that was seen last. So a process whose store was taken over elsewhere cannot put its own in place.
 */
export class Publisher {
  readonly #objects: ObjectStore;
  readonly #uri: string;
  readonly #options: PublisherOptions;
  #last: PublishedPointer | undefined;

  private constructor(
    objects: ObjectStore,
    uri: string,
    options: PublisherOptions,
    last: PublishedPointer | undefined,
  ) {
    this.#objects = objects;
    this.#uri = uri;
    this.#options = options;
    this.#last = last;
  }

  /** @throws `stale_writer` when another store, or a later owner of this one, published there */
  static async open(location: RemoteLocation, options: PublisherOptions): Promise<Publisher> {
    const { uri } = location;
    const objects = await openS3(location);
    try {
      const last = await readPointer(objects, uri);
      if (last !== undefined && !isOurs(options, last.pointer)) throw taken(uri, last.pointer);
      return new Publisher(objects, uri, options, last);
    } catch (error) {
      objects.close();
      throw error;
    }
  }

  /** Does nothing when the newest catalog is published. @throws `stale_writer`, `storage_unavailable` */
  async publish(): Promise<void> {
    const { catalog, owner, directory } = this.#options;
    const before = this.#last?.pointer;
    if (before?.revision === catalog.revision && before.owner === owner) return;
    const { revision, bytes } = await packedCopy(catalog);
    const store = catalog.storeName;
    const key = `${store}/catalog/${owner}-${revision}.db.zst`;
    await this.#objects.put(key, bytes);
    const pointer: Pointer = {
      format: 1,
      store,
      owner,
      revision,
      catalog: key,
      sha256: sha256(bytes),
      host: hostname(),
      directory,
    };
    await this.#point(pointer);
    await this.#removeOlder(store, [key, before?.catalog]);
  }

  async #point(pointer: Pointer): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(pointer, undefined, 2));
    const etag = await this.#objects.put(
      POINTER,
      bytes,
      this.#last === undefined ? { ifAbsent: true } : { ifMatch: this.#last.etag },
    );
    if (etag !== undefined) {
      this.#last = { pointer, etag };
      return;
    }
    // A write whose answer was lost on the way is refused when it is tried again.
    const found = await readPointer(this.#objects, this.#uri);
    if (found === undefined || JSON.stringify(found.pointer) !== JSON.stringify(pointer))
      throw taken(this.#uri, found?.pointer);
    this.#last = found;
  }

  close(): void {
    this.#objects.close();
  }

  /** The one before the newest stays for whoever read the pointer just now. */
  async #removeOlder(store: string, kept: readonly (string | undefined)[]): Promise<void> {
    const older: string[] = [];
    for await (const { key } of this.#objects.list(`${store}/catalog/`))
      if (!kept.includes(key)) older.push(key);
    await this.#objects.remove(older);
  }
}

/** @throws `stale_writer`, `storage_unavailable` */
export async function publishOnce(
  location: RemoteLocation,
  options: PublisherOptions,
): Promise<void> {
  const publisher = await Publisher.open(location, options);
  try {
    await publisher.publish();
  } finally {
    publisher.close();
  }
}

/** Whether it was published by this store, under no later owner, and not after what the catalog has. */
const isOurs = ({ catalog, owner }: PublisherOptions, pointer: Pointer): boolean =>
  pointer.store === catalog.storeName &&
  pointer.owner <= owner &&
  pointer.revision <= catalog.revision;

const taken = (uri: string, by: Pointer | undefined): ArchetypeError =>
  new ArchetypeError(
    'stale_writer',
    `${uri} is written by ${by === undefined ? 'somebody else' : `the store in ${by.directory} on ${by.host}`} by now; nothing more can be written from here. Go on there, or take it over with an empty local directory and takeOver.`,
  );

async function packedCopy(catalog: Catalog): Promise<{ revision: number; bytes: Uint8Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'archetype-publish-'));
  try {
    const copy = join(folder, 'catalog.db');
    // In one synchronous step, since a flush may change the catalog at any await.
    const { revision } = catalog;
    catalog.copyTo(copy);
    return { revision, bytes: packCatalog(await readFile(copy)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
