import { ArchetypeError } from '@archetype/core';

/** When committed ticks move from the journal into parts; large amounts give a burst a second before they do. */
export interface CacheConfig {
  /** Rows waiting; 1 000 000 unless told. */
  readonly flushRows: number;
  /** Megabytes waiting; 64 unless told. */
  readonly flushMb: number;
  /** Megabytes in memory at which appends wait for the flusher; 512 unless told. */
  readonly globalMb: number;
  /** Seconds without an append; 10 unless told. */
  readonly idleSec: number;
}

const defaults: CacheConfig = { flushRows: 1_000_000, flushMb: 64, globalMb: 512, idleSec: 10 };

/** @throws `invalid_argument` */
export function cacheConfig(given: Partial<CacheConfig> = {}): CacheConfig {
  const config = { ...defaults, ...given };
  for (const [name, value] of Object.entries(config)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new ArchetypeError(
        'invalid_argument',
        `cache.${name} is no setting; there are ${Object.keys(defaults).join(', ')}.`,
      );
    }
    if (typeof value === 'number' && value > 0) continue;
    throw new ArchetypeError(
      'invalid_argument',
      `cache.${name} was ${String(value)}; give a positive number.`,
    );
  }
  return config;
}
