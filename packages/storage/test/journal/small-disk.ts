import { nodeFileSystem, type File, type FileSystem, type FileUse } from '@archetype/storage';
import { wrapFile } from './wrap-file.ts';

const PAGE = 4096;

/** A file system on a disk of so many pages, which files take as they grow and give back when they are cut or removed. */
export class SmallDisk implements FileSystem {
  pages: number;
  readonly #taken = new Map<string, number>();

  constructor(pages: number) {
    this.pages = pages;
  }

  get free(): number {
    return this.pages - [...this.#taken.values()].reduce((n, taken) => n + taken, 0);
  }

  makeDirectory = nodeFileSystem.makeDirectory;
  list = nodeFileSystem.list;
  syncDirectory = nodeFileSystem.syncDirectory;

  async create(path: string, use?: FileUse): Promise<File> {
    return this.#wrap(path, await nodeFileSystem.create(path, use));
  }
  async open(path: string): Promise<File> {
    return this.#wrap(path, await nodeFileSystem.open(path));
  }
  async remove(path: string): Promise<void> {
    await nodeFileSystem.remove(path);
    this.#taken.delete(path);
  }

  /** Like a real one, it writes what has room and then says that there was too little. */
  #wrap(path: string, file: File): File {
    const taken = (): number => this.#taken.get(path) ?? 0;
    return wrapFile(file, {
      write: async (buffers, position) => {
        const bytes = Buffer.concat(buffers);
        const room = (taken() + this.free) * PAGE - position;
        await file.write([bytes.subarray(0, Math.max(room, 0))], position);
        const end = Math.min(position + bytes.byteLength, position + Math.max(room, 0));
        this.#taken.set(path, Math.max(taken(), Math.ceil(end / PAGE)));
        if (bytes.byteLength > room)
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
      truncate: async (size) => {
        await file.truncate(size);
        this.#taken.set(path, Math.min(taken(), Math.ceil(size / PAGE)));
      },
    });
  }
}
