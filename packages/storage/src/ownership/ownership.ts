import { ArchetypeError } from '@archetype/core';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { lockDirectory, type Lock } from './lock.ts';
import { NumberFile } from './number-file.ts';

/** File of the owner epoch; raised by each takeover. */
export const EPOCH_FILE = 'owner';
/** File of the last acknowledged sequence, for processes that only read. */
export const MARK_FILE = 'acknowledged';
/** File of the last record that was synced and acknowledged: the next owner must find it. */
export const DURABLE_FILE = 'durable';

/**
 * The right of this process to write a store. Whoever takes the store over raises the epoch, durably, before reading the
 * journal; whoever writes reads the epoch after its sync and before it acknowledges. So of two processes that believe to
 * own a store, only one acknowledges.
 */
export class Ownership {
  readonly #directory: string;
  readonly #lock: Lock;
  readonly #epochs: NumberFile;
  readonly #mark: NumberFile;
  readonly epoch: number;
  readonly #durable: NumberFile;
  /** The last record that was synced and acknowledged before, as far as is known. */
  readonly lastDurable: number;
  /** The store was taken from another process, which may still be alive. */
  readonly forced: boolean;

  private constructor(
    directory: string,
    lock: Lock,
    epochs: NumberFile,
    epoch: number,
    forced: boolean,
  ) {
    this.#directory = directory;
    this.#lock = lock;
    this.#epochs = epochs;
    this.#mark = new NumberFile(join(directory, MARK_FILE));
    this.#durable = new NumberFile(join(directory, DURABLE_FILE));
    this.lastDurable = this.#durable.read();
    this.epoch = epoch;
    this.forced = forced;
  }

  /** @throws `store_locked` */
  static take(directory: string, force: boolean): Ownership {
    const epochs = new NumberFile(join(directory, EPOCH_FILE));
    try {
      for (;;) {
        const epoch = epochs.read();
        const lock = tryLock(directory, epoch, force);
        if (lock === undefined) {
          const next = lockDirectory(directory, epoch + 1);
          epochs.write(epoch + 1);
          epochs.sync();
          syncDirectory(directory);
          return new Ownership(directory, next, epochs, epoch + 1, true);
        }
        if (epochs.read() === epoch) return new Ownership(directory, lock, epochs, epoch, false);
        // Taken over between the two reads: whoever did so is asked next.
        lock.release();
      }
    } catch (error) {
      epochs.close();
      throw error;
    }
  }

  /** Another process took the store over. */
  get lost(): boolean {
    return this.#epochs.read() !== this.epoch;
  }

  /** @throws `stale_writer` when another process took the store over */
  confirm(): void {
    if (!this.lost) return;
    throw new ArchetypeError(
      'stale_writer',
      `The store in ${this.#directory} was taken over by another process; nothing more can be written here. Close this store, and open it again if it is to be taken back.`,
    );
  }

  /** Tells readers in other processes how far they may read. */
  acknowledged(sequence: number): void {
    this.#mark.write(sequence);
  }

  /** Tells the next owner what it must find. */
  durable(sequence: number): void {
    this.#durable.write(sequence);
  }

  release(): void {
    this.#lock.release();
    this.#epochs.close();
    this.#mark.close();
    this.#durable.close();
  }
}

function tryLock(directory: string, epoch: number, force: boolean): Lock | undefined {
  try {
    return lockDirectory(directory, epoch);
  } catch (error) {
    if (force && error instanceof ArchetypeError && error.code === 'store_locked') return undefined;
    throw error;
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
