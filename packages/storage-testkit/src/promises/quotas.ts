import type { Acceptance, QuotaRecord } from '@archetype/core';
import { expect } from 'vitest';
import { command, row } from '../given-commands.ts';
import type { StorePromise } from '../harness.ts';

const quota = (used: number, more: Partial<QuotaRecord> = {}): QuotaRecord => ({
  actor: 'ann',
  scope: 'tokens',
  period: '2026-11-26',
  used,
  ...more,
});

export const quotas: readonly StorePromise[] = [
  {
    title: 'of each actor and scope the quota that was written last stands, whatever it says',
    async check({ store }) {
      expect(await store.quotas()).toEqual([]);
      await store.accept({ quotas: [quota(5), quota(7), quota(1, { scope: 'w', period: '9' })] });
      await store.accept({ quotas: [quota(2.5), quota(3, { actor: 'bob' })] });
      await store.accept({ quotas: [quota(0, { actor: 'bob' })] });
      await store.accept({ quotas: [] });
      expect(await store.quotas()).toEqual([
        quota(2.5),
        quota(1, { scope: 'w', period: '9' }),
        quota(0, { actor: 'bob' }),
      ]);
    },
  },
  {
    title: 'of a scope only the period that was written last is kept',
    async check({ store }) {
      const ticks = (period: string, used: number) => quota(used, { scope: 'w', period });
      await store.accept({ quotas: [quota(900), ticks('9', 4)] });
      await store.accept({ quotas: [quota(1, { period: '2026-11-27' }), ticks('10', 1)] });
      expect(await store.quotas()).toEqual([quota(1, { period: '2026-11-27' }), ticks('10', 1)]);
    },
  },
  {
    title: 'quotas come by actor, then scope, in the order of code units',
    async check({ store }) {
      // In UTF-8 the last two of these are the other way round; a separator could be part of a name.
      const actors = ['', 'Ann', 'ann', 'ann b', 'ä', '🙂', '\uFFFD'];
      const scopes = ['', 'b tokens', 'tokens', '🙂', '\uFFFD'];
      const all = actors.flatMap((actor) =>
        scopes.map((scope, k) => quota(k, { actor, scope, period: `${actor} ${scope}` })),
      );
      await store.accept({ quotas: all.toReversed() });
      expect(await store.quotas()).toEqual(all);
    },
  },
  {
    title: 'quotas are written together with the commands that use them',
    async check({ store }) {
      const one = command();
      await store.accept({ commands: [one], quotas: [quota(1)] });
      expect(await store.quotas()).toEqual([quota(1)]);
      expect(await store.commands({})).toEqual([{ ...one, status: 'queued' }]);
    },
  },
  {
    title: 'what could not be looked up again is refused, with all that came with it',
    async check({ store }) {
      const bad: readonly Acceptance[] = [
        { quotas: [quota(Number.NaN)] },
        { quotas: [quota(Infinity)] },
        { quotas: [quota(1, { actor: undefined as never })] },
        { commands: [command({ type: undefined as never })] },
        { commands: [command({ sequence: Number.NaN })] },
        { audit: [row(0.5)] },
        { audit: [row(1, { acceptedAt: Number.NaN })] },
        { settled: [{ command: undefined as never, status: 'cancelled' }] },
      ];
      for (const acceptance of bad) {
        const together = {
          ...acceptance,
          commands: [command(), ...(acceptance.commands ?? [])],
          quotas: [quota(3), ...(acceptance.quotas ?? [])],
        };
        await expect(store.accept(together)).rejects.toMatchObject({ code: 'invalid_argument' });
      }
      expect(await store.commands({})).toEqual([]);
      expect(await store.audit({})).toEqual([]);
      expect(await store.quotas()).toEqual([]);
    },
  },
  {
    title: 'quotas are there when the store is opened again, and newer ones take their place',
    reopens: true,
    async check({ store, reopen }) {
      const bob = quota(4, { actor: 'bob' });
      await store.accept({ quotas: [quota(1), bob] });
      let again = await reopen();
      expect(await again.quotas()).toEqual([quota(1), bob]);
      await again.accept({ quotas: [quota(2, { period: '2026-11-27' })] });
      await again.accept({ quotas: [quota(3, { period: '2026-11-27' })] });
      const now = [quota(3, { period: '2026-11-27' }), bob];
      expect(await again.quotas()).toEqual(now);
      again = await reopen();
      expect(await again.quotas()).toEqual(now);
    },
  },
];
