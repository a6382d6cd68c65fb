import { ArchetypeError } from '@archetype/core';

// What callers of a journal are told.

export const isStale = (cause: unknown): cause is ArchetypeError =>
  cause instanceof ArchetypeError && cause.code === 'stale_writer';

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

export const tooLarge = (bytes: number, most: number): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `A record of ${bytes} bytes is larger than the journal takes (${most}); split the tick over several archetypes or worlds.`,
  );

export const notStored = (cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `The journal could not be written (${messageOf(cause)}); nothing of this commit is stored, so it is safe to try again.`,
    { cause },
  );

export const noRoom = (cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_failed',
    `The journal keeps 64 KB of the disk free to say what failed, and they could not be had (${messageOf(cause)}); nothing of this commit is stored; make room and try again.`,
    { cause },
  );

/** A write failed, and saying so failed too. */
export const notSaid = (cause: unknown, second: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_unknown',
    `The journal could not be written (${messageOf(cause)}) nor say so (${messageOf(second)}); whether the last commits are stored is known only after the store is opened again.`,
    { cause },
  );

export const notSynced = (cause: unknown, ms: number): ArchetypeError =>
  new ArchetypeError(
    'commit_unknown',
    `The journal could not be synced (${messageOf(cause)}); whether the ticks of the last ${ms} ms survive a power loss is known only after the store is opened again.`,
    { cause },
  );

export const closed = (): ArchetypeError =>
  new ArchetypeError('store_closed', 'The store is closed; open it again.');
