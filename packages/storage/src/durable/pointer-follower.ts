import { ArchetypeError } from '@archetype/core';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import type { ObjectStore } from '../remote/object-store.ts';
import { POINTER, readPointer, type Pointer } from '../remote/pointer.ts';
import { fetchCatalog } from '../remote/published-catalog.ts';
import { Ledger } from './ledger.ts';

/** How often a catalog is asked for that is replaced while it is fetched. */
const TRIES = 5;

/** What was published, as it was at one moment. */
export interface Published {
  readonly ledger: Ledger;
  readonly catalog: Catalog;
  readonly pointer: Pointer;
}

/** What a store in an object store shows to other machines, as of the last refresh. */
export class PointerFollower {
  readonly #objects: ObjectStore;
  readonly #uri: string;
  readonly #folder: string;
  #etag: string | undefined;
  #published: Published | undefined;
  #refreshing: Promise<Published> | undefined;

  /** Copies of catalogs are put in `folder`. */
  constructor(objects: ObjectStore, uri: string, folder: string) {
    this.#objects = objects;
    this.#uri = uri;
    this.#folder = folder;
  }

  /** One refresh serves everybody who asks while it is under way. @throws `storage_unavailable`, `format_newer` */
  refresh(): Promise<Published> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  close(): void {
    this.#published?.catalog.close();
  }

  async #refresh(): Promise<Published> {
    if (this.#published !== undefined && (await this.#objects.etag(POINTER)) === this.#etag)
      return this.#published;
    for (let k = 0; k < TRIES; k++) {
      const found = await readPointer(this.#objects, this.#uri);
      if (found === undefined) throw nothing(this.#uri);
      const database = await fetchCatalog(this.#objects, found.pointer);
      if (database === undefined) continue;
      this.#published = this.#load(found.pointer, database);
      this.#etag = found.etag;
      return this.#published;
    }
    throw new ArchetypeError(
      'storage_unavailable',
      `The catalog that ${this.#uri}/${POINTER} names is not there; restore it, or publish again from the machine that writes the store.`,
    );
  }

  /** Reads under way keep the copy that they began with, which goes with the last of them. */
  #load(pointer: Pointer, database: Uint8Array): Published {
    const path = join(this.#folder, `${pointer.owner}-${pointer.revision}.db`);
    writeFileSync(path, database);
    const catalog = new Catalog(path);
    if (process.platform !== 'win32') rmSync(path);
    const ledger = new Ledger();
    ledger.load(catalog);
    return { ledger, catalog, pointer };
  }
}

const nothing = (uri: string): ArchetypeError =>
  new ArchetypeError(
    'storage_unavailable',
    `There is no store at ${uri}; check the URI, or open it for writing to make one.`,
  );
