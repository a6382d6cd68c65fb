/**
 * An open file of the journal. Calls overlap: a write may begin while a synced write or a sync of the same file is under way,
 * and each has a place of its own.
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

/**
 * Every call that the journal makes on files, some of them side by side: each is a point at which a process can die or a disk
 * can fail.
 */
export interface FileSystem {
  /** Its name, and those of directories made above it, survive a power loss. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in ascending order. */
  list(path: string): Promise<readonly string[]>;
  /**
   * A new file; it must not exist. With `synced`, all that is written to it is going to be synced: where much is written at
   * once, it may go past the system's cache.
   */
  create(path: string, use?: { readonly synced?: boolean }): Promise<File>;
  open(path: string): Promise<File>;
  /** Absent is success. */
  remove(path: string): Promise<void>;
  /** Returns when names created and removed in the directory survive a power loss. */
  syncDirectory(path: string): Promise<void>;
}
