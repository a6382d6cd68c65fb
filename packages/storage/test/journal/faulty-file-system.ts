import { nodeFileSystem, type File, type FileSystem, type FileUse } from '@archetype/storage';

/** What happens at the k-th call: the call fails, or the process is as good as dead from there on. */
export type Fault = { readonly at: ReadonlySet<number>; readonly kind: 'fail' | 'die' };

/** The real file system with every call counted, and faults where a test wants them. */
export class FaultyFileSystem implements FileSystem {
  calls = 0;
  syncs = 0;
  readonly #fault: Fault;
  #dead = false;

  constructor(fault: Fault = { at: new Set(), kind: 'fail' }) {
    this.#fault = fault;
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    const call = this.calls++;
    if (this.#dead) return new Promise(() => undefined);
    if (this.#fault.at.has(call)) {
      if (this.#fault.kind === 'fail')
        throw Object.assign(new Error(`EIO: injected at call ${call}`), { code: 'EIO' });
      this.#dead = true;
      this.died();
      return new Promise(() => undefined);
    }
    return work();
  }

  died: () => void = () => undefined;

  makeDirectory(path: string): Promise<void> {
    return this.#call(() => nodeFileSystem.makeDirectory(path));
  }
  list(path: string): Promise<readonly string[]> {
    return this.#call(() => nodeFileSystem.list(path));
  }
  async create(path: string, use?: FileUse): Promise<File> {
    return this.#wrap(await this.#call(() => nodeFileSystem.create(path, use)));
  }
  async open(path: string): Promise<File> {
    return this.#wrap(await this.#call(() => nodeFileSystem.open(path)));
  }
  remove(path: string): Promise<void> {
    return this.#call(() => nodeFileSystem.remove(path));
  }
  syncDirectory(path: string): Promise<void> {
    return this.#call(() => nodeFileSystem.syncDirectory(path));
  }

  readonly #files = new Set<File>();

  /** Closes what a process that died, or a call that failed, left open. */
  async closeAll(): Promise<void> {
    for (const file of this.#files) await file.close();
    this.#files.clear();
  }

  /** A synced write is two calls: the disk may hold all of it before it is answered. */
  #wrap(file: File): File {
    this.#files.add(file);
    const sync = (): Promise<void> => {
      this.syncs++;
      return this.#call(() => file.sync());
    };
    return {
      size: file.size,
      write: (buffers, position) => this.#call(() => file.write(buffers, position)),
      writeSynced: async (buffers, position) => {
        await this.#call(() => file.write(buffers, position));
        await sync();
      },
      read: (into, position) => this.#call(() => file.read(into, position)),
      sync,
      truncate: (size) => this.#call(() => file.truncate(size)),
      close: () =>
        this.#call(async () => {
          this.#files.delete(file);
          await file.close();
        }),
    };
  }
}
