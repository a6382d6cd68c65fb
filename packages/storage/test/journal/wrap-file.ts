import type { File } from '@archetype/storage';

/** A file that does some calls in another way; a synced write is a write and a sync. */
export function wrapFile(file: File, own: Partial<File>): File {
  const wrapped: File = {
    size: file.size,
    write: (buffers, position) => file.write(buffers, position),
    writeSynced: async (buffers, position) => {
      await wrapped.write(buffers, position);
      await wrapped.sync();
    },
    read: (into, position) => file.read(into, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
    ...own,
  };
  return wrapped;
}
