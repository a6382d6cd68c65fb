import type { File } from '@archetype/storage';

/** A file that does some calls in another way. */
export const wrapFile = (file: File, own: Partial<File>): File => ({
  size: file.size,
  write: (buffers, position) => file.write(buffers, position),
  read: (into, position) => file.read(into, position),
  sync: () => file.sync(),
  truncate: (size) => file.truncate(size),
  close: () => file.close(),
  ...own,
});
