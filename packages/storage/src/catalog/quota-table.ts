import type { QuotaRecord } from '@archetype/core';
import type { Database } from './database.ts';

/** The last record of an actor and scope stands. */
export function writeQuota(database: Database, record: QuotaRecord): void {
  database.run(
    'insert or replace into quotas (actor, scope, period, used) values (?, ?, ?, ?)',
    record.actor,
    record.scope,
    record.period,
    record.used,
  );
}

export function readQuotas(database: Database): readonly QuotaRecord[] {
  const rows = database.all('select actor, scope, period, used from quotas') as QuotaRecord[];
  return rows.map(({ actor, scope, period, used }) => ({ actor, scope, period, used }));
}
