import { ArchetypeError } from '@archetype/core';
import type { Durability } from '../journal/journal-options.ts';

/** How a store acknowledges, and how long it keeps what. */
export interface StoreSettings {
  /** `durable` unless told: what is acknowledged survives a power loss; `relaxed`: it survives the process. */
  readonly durability?: 'durable' | 'relaxed';
  /**
   * `durable`: milliseconds to wait for commits of other worlds to share a sync with, 0 unless told. `relaxed`:
   * milliseconds that a power loss may take back, 50 unless told.
   */
  readonly syncDelayMs?: number;
  /** Seconds for which replaced parts stay for readers in other processes; 60 unless told. */
  readonly graceSec?: number;
  /** Thins every world after each flush; nothing is thinned unless told. */
  readonly retention?: RetentionPolicy;
}

/** Old ticks are thinned: the newest one, those at which forks begin and every k-th stay. */
export interface RetentionPolicy {
  /** Ticks further back than this from a world's newest are thinned. */
  readonly olderThan: number;
  /** Of those, ticks that are multiples of it stay. */
  readonly every: number;
}

const RELAXED_SYNC_MS = 50;
const GRACE_SEC = 60;

export const graceMs = ({ graceSec = GRACE_SEC }: StoreSettings): number => graceSec * 1000;

export const durabilityOf = ({
  durability = 'durable',
  syncDelayMs,
}: StoreSettings): Durability => ({
  mode: durability,
  syncDelayMs: syncDelayMs ?? (durability === 'relaxed' ? RELAXED_SYNC_MS : 0),
});

/** @throws `invalid_argument` */
export function checkSettings(settings: StoreSettings): void {
  const { durability = 'durable', syncDelayMs = 0, graceSec = 0, retention } = settings;
  if (durability !== 'durable' && durability !== 'relaxed')
    throw invalid('durability', durability, 'use "durable" or "relaxed"');
  for (const [name, value] of Object.entries({ syncDelayMs, graceSec })) {
    if (!(typeof value === 'number' && value >= 0 && value < 2 ** 31 / 1000))
      throw invalid(name, value, 'give a number from 0 on');
  }
  if (retention !== undefined) checkRetention(retention);
}

/** @throws `invalid_argument` */
export function checkRetention({ olderThan, every }: RetentionPolicy): void {
  for (const [name, value, least] of [
    ['olderThan', olderThan, 0],
    ['every', every, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least)
      throw invalid(`retention.${name}`, value, `give a whole number from ${least} on`);
  }
}

const invalid = (name: string, value: unknown, need: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `${name} was ${String(value)}; ${need}.`);
