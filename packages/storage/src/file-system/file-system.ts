/**
 * An open file of the journal. Calls overlap: several writes may be under way, also beside a synced write or a sync of the same
 * file, each to a range of its own; two may meet inside a page.
 */
export interface File {
  /** Bytes when it was opened. */
  readonly size: number;
  /** Writes all bytes of all buffers from `position` on; returns when they survive the death of the process. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** The same, but returns when they survive a power loss. Says nothing of what other writes left. */
  writeSynced(buffers: readonly Uint8Array[], position: number): Promise<void>;
  /** Fills a buffer from `position` on; the file must be long enough. */
  read(into: Uint8Array, position: number): Promise<void>;
  /** Returns when the bytes of writes that ended before it survive a power loss. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What a new file is for. */
export interface FileUse {
  /**
   * Nothing written to it counts until a sync covers it, so that large writes need not go through the system's cache. A hint: the
   * promises of `File` are the same with it and without, and who ignores it is right too.
   */
  readonly durable?: boolean;
}

/**
 * Every call that the journal makes on files, some of them side by side: each is a point at which a process can die or a disk
 * can fail.
 */
export interface FileSystem {
  /** Its name, and those of directories made above it, survive a power loss. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in ascending order. */
  list(path: string): Promise<readonly string[]>;
  /** A new file; it must not exist. Who wraps a file system hands `use` on. */
  create(path: string, use?: FileUse): Promise<File>;
  open(path: string): Promise<File>;
  /** Absent is success. */
  remove(path: string): Promise<void>;
  /** Returns when names created and removed in the directory survive a power loss. */
  syncDirectory(path: string): Promise<void>;
}
