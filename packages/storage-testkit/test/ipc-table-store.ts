import { ArchetypeError, Frame, fromIPC, toIPC, type Schema } from '@archetype/core';
import {
  checkFiles,
  digestFile,
  type OpenTableStore,
  type PartFiles,
  type PartId,
  type Slice,
  type TableStore,
} from '@archetype/storage';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The smallest table store that keeps every promise: one Arrow IPC file per part. */
class IpcTableStore implements TableStore {
  readonly #location: string;

  constructor(location: string) {
    this.#location = location;
  }

  async write(part: PartId, schema: Schema, rows: AsyncIterable<Frame>): Promise<PartFiles> {
    const frames: Frame[] = [];
    for await (const frame of rows) frames.push(frame);
    const bytes = toIPC(Frame.concat(schema, frames), 'file');
    const file = await open(this.#path(part), 'w');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    const directory = await open(this.#location, 'r');
    await directory.sync();
    await directory.close();
    const size = bytes.byteLength;
    const sha256 = await digestFile(this.#path(part));
    return { files: [{ path: `${part}.arrow`, bytes: size, sha256 }], bytes: size };
  }

  async *scan(slices: readonly Slice[], columns: Schema): AsyncGenerator<Frame> {
    for (const { part, offset, rows } of slices) {
      const frame = fromIPC(await this.#read(part), columns) as unknown as Frame;
      yield frame.slice(offset, offset + rows);
    }
  }

  check(_part: PartId, files: PartFiles): Promise<readonly string[]> {
    return checkFiles(this.#location, files);
  }

  async *list(): AsyncGenerator<PartId> {
    for (const name of await readdir(this.#location)) yield name.replace(/\.arrow$/, '');
  }

  async remove(parts: readonly PartId[]): Promise<void> {
    for (const part of parts) await rm(this.#path(part), { force: true });
  }

  async close(): Promise<void> {}

  #path(part: PartId): string {
    return join(this.#location, `${part}.arrow`);
  }

  async #read(part: PartId): Promise<Buffer> {
    try {
      return await readFile(this.#path(part));
    } catch (cause) {
      throw new ArchetypeError(
        'part_missing',
        `Part ${part} could not be read; restore it from a backup.`,
        { cause },
      );
    }
  }
}

export const openTableStore: OpenTableStore = async (location) => {
  await mkdir(location, { recursive: true });
  return new IpcTableStore(location);
};
