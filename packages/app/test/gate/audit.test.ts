import type { App } from '@archetype/app';
import { ArchetypeError, MemoryStore, type AuditQuery, type AuditRecord } from '@archetype/core';
import { hashOf } from '../../src/audit/chain.ts';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  actor,
  admin,
  appOver,
  arena,
  Clock,
  operator,
  player,
  Position,
  quiet,
  spawned,
  viewer,
} from './arena.ts';

/** A store whose trail can be tampered with, and whose writing can fail. */
class Tampered extends MemoryStore {
  failing: Error | undefined;
  change: (rows: readonly AuditRecord[]) => readonly AuditRecord[] = (rows) => rows;

  override async audit(query: AuditQuery): Promise<readonly AuditRecord[]> {
    const all = await super.audit({ limit: 1_000_000 });
    return this.change(all)
      .filter(({ position }) => query.before === undefined || position < query.before)
      .slice(0, query.limit ?? 100);
  }

  override async accept(given: Parameters<MemoryStore['accept']>[0]): Promise<void> {
    if (this.failing !== undefined) throw this.failing;
    await super.accept(given);
  }
}

let store: MemoryStore;
let clock: Clock;
let app: App;
let world: ReturnType<App['world']>;

beforeEach(async () => {
  store = new MemoryStore();
  clock = new Clock();
  app = appOver(store, { clock: clock.read });
  world = app.world('w', arena, { seed: 1 });
  await world.run({ steps: 0 });
});

const rows = async (of: App = app): Promise<readonly (readonly unknown[])[]> =>
  (await of.audit({ limit: 1000 })).rows
    .map(({ actor: who, type, status, code, outcome }) => [
      who,
      type,
      status,
      ...(code === undefined ? [] : [code]),
      ...(outcome === undefined ? [] : [outcome.status]),
    ])
    .toReversed();

describe('the trail', () => {
  test('has one row for each command, refused and failed ones too, and says how it ended', async () => {
    const as = world.as(player);
    await as.spawn(Position());
    const late = await as.submit({ type: 'spawn', payload: spawned(1), tick: 1 });
    await as.submit({ type: 'despawn', payload: { entity_id: 50 } });
    await as.query([Position]);
    await world
      .as(viewer)
      .spawn(Position())
      .catch(() => undefined);
    await as.despawn(99).catch(() => undefined);
    await app
      .as(player)
      .execute({ type: 'spwan' } as never)
      .catch(() => undefined);
    await world.as(operator).step();
    await world
      .as(operator)
      .fork({ at: 77 })
      .catch(() => undefined);
    await app
      .as(viewer)
      .world('nowhere')
      .info()
      .catch(() => undefined);
    await as.cancel(late.command).catch(() => undefined);
    expect(await rows()).toEqual([
      ['pia', 'spawn', 'accepted', 'applied'],
      ['pia', 'spawn', 'queued', 'applied'],
      ['pia', 'despawn', 'queued', 'rejected'],
      ['pia', 'query', 'applied'],
      ['vera', 'spawn', 'denied', 'forbidden'],
      ['pia', 'despawn', 'rejected', 'entity_not_found'],
      ['pia', 'unknown', 'rejected', 'invalid_command'],
      ['otto', 'step', 'accepted', 'applied'],
      ['otto', 'fork_world', 'accepted', 'rejected'],
      ['vera', 'get_world', 'failed', 'world_not_found'],
      ['pia', 'cancel_command', 'accepted', 'rejected'],
    ]);
    const page = await app.audit({ type: 'despawn', status: 'queued' });
    expect(page.rows[0]!.outcome).toMatchObject({
      status: 'rejected',
      code: 'entity_not_found',
      tick: 1,
      message: expect.stringContaining('50'),
    });
    expect(await app.verifyAudit()).toMatchObject({ sound: true, rows: 11 });
  });

  test('says who, what, where and when, and of the payload only what is listed', async () => {
    clock.now = 1_800_000_000_000;
    const secret = 'a secret '.repeat(1000);
    await world.as(player).spawn(Position());
    await world.step();
    await app.as(actor('pia', 'player', 'guest')).execute({
      type: 'message',
      world: world.id,
      payload: { to: 1, content: { secret } },
      idempotencyKey: 'key 1',
    });
    const [row] = (await app.audit({ limit: 1 })).rows;
    expect(row).toMatchObject({
      position: 1,
      actor: 'pia',
      roles: ['player', 'guest'],
      type: 'message',
      world: world.id,
      tick: 1,
      status: 'accepted',
      summary: { to: 1, from: null },
      acceptedAt: 1_800_000_000_000,
      idempotencyKey: 'key 1',
      payloadDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(row!.command).toBe((await store.commands({ type: 'message' }))[0]!.id);
    expect(JSON.stringify(row)).not.toContain('secret');
    const name = 'n'.repeat(900);
    await app.as(admin).execute({ type: 'create_world', payload: { name } });
    expect(JSON.stringify((await app.audit({ limit: 1 })).rows[0]!.summary).length).toBeLessThan(
      200,
    );
  });

  test('is read in pages, newest first, by each of its marks', async () => {
    for (let k = 0; k < 7; k++) {
      clock.now += 1000;
      await world.as(k % 2 === 0 ? player : operator).spawn(Position());
      if (k === 3) await world.step();
    }
    const as = world.as(viewer);
    const seen: number[] = [];
    let cursor: number | undefined;
    do {
      const page = await as.audit({
        type: 'spawn',
        limit: 3,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...page.rows.map(({ position }) => position));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0]);
    const by = async (query: AuditQuery): Promise<readonly number[]> =>
      (await app.audit({ type: 'spawn', ...query })).rows.map(({ position }) => position);
    expect(await by({ actor: 'otto' })).toEqual([5, 3, 1]);
    expect(await by({ ticks: { from: 1 } })).toEqual([6, 5, 4]);
    expect(await by({ time: { to: clock.now - 5000 } })).toEqual([1, 0]);
    expect(await by({ world: 'other' })).toEqual([]);
    const reads = (await app.audit({ type: 'get_audit' })).rows;
    expect(reads.length).toBe(3);
  });

  test('outlives its world, and goes on in the next process', async () => {
    await world.as(player).spawn(Position());
    await world.as(operator).destroy();
    await app.close();
    const later = appOver(store);
    await later.as(viewer).execute({ type: 'list_worlds' });
    expect(await rows(later)).toEqual([
      ['pia', 'spawn', 'accepted', 'cancelled'],
      ['otto', 'destroy_world', 'accepted', 'applied'],
      ['vera', 'list_worlds', 'applied'],
    ]);
    expect(await later.verifyAudit()).toMatchObject({ sound: true, rows: 3 });
  });

  test('keeps rows of reads and refusals within 100 ms, without being asked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await world.as(viewer).query([Position]);
    await world
      .as(viewer)
      .spawn(Position())
      .catch(() => undefined);
    expect(await store.audit({})).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(await store.audit({})).toHaveLength(2);
  });

  test('is one order, however much comes at once', async () => {
    const as = world.as(player);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async (_, k) => {
        if (k % 5 === 0) await as.query([Position]);
        else order.push(await as.spawn(Position({ x: k })));
      }),
    );
    expect(await app.verifyAudit()).toMatchObject({ sound: true, rows: 50 });
    const sequences = (await store.commands({})).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    const trail = await store.audit({ limit: 1000 });
    for (const command of await store.commands({}))
      expect(trail.find(({ position }) => position === command.sequence)!.command).toBe(command.id);
  });
});

describe('verification', () => {
  const tampered = async (): Promise<{ store: Tampered; app: App }> => {
    const own = new Tampered();
    const host = appOver(own, { clock: clock.read });
    const place = host.world('t', arena);
    await place.run({ steps: 0 });
    for (let k = 0; k < 6; k++) await place.as(player).spawn(Position({ x: k }));
    return { store: own, app: host };
  };

  test.each([
    [
      'a row was changed',
      2,
      (row: AuditRecord) => (row.position === 2 ? [{ ...row, actor: 'eve' }] : [row]),
    ],
    [
      'a row was changed and its hash made anew',
      3,
      (row: AuditRecord) => {
        if (row.position !== 2) return [row];
        const { hash: _, ...content } = { ...row, actor: 'eve' };
        return [{ ...content, hash: hashOf(content) }];
      },
    ],
    ['a row was taken out', 4, (row: AuditRecord) => (row.position === 4 ? [] : [row])],
    ['its beginning was cut off', 0, (row: AuditRecord) => (row.position === 0 ? [] : [row])],
    [
      'a field was added',
      5,
      (row: AuditRecord) => (row.position === 5 ? [{ ...row, note: 1 } as never] : [row]),
    ],
  ])('finds that %s, and where first', async (_what, position, change) => {
    const { store: own, app: host } = await tampered();
    expect(await host.verifyAudit()).toMatchObject({ sound: true });
    own.change = (all) => all.flatMap(change);
    expect(await host.verifyAudit()).toMatchObject({ sound: false, position });
  });

  test('finds that rows were cut off the end, against a head that was kept', async () => {
    const { store: own, app: host } = await tampered();
    const verdict = await host.verifyAudit();
    const { head } = verdict as { head: { position: number; hash: string } };
    own.change = (all) => all.slice(2);
    expect(await host.verifyAudit()).toMatchObject({ sound: true, rows: 4 });
    expect(await host.verifyAudit(head)).toMatchObject({
      sound: false,
      position: 4,
      problem: expect.stringContaining('row 5'),
    });
    expect(await host.verifyAudit({ position: 1, hash: 'other' })).toMatchObject({
      sound: false,
      position: 1,
    });
    await expect(host.verifyAudit({} as never)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('of nothing is sound', async () => {
    expect(await appOver(new MemoryStore()).verifyAudit()).toEqual({
      sound: true,
      rows: 0,
      head: { position: -1, hash: '0'.repeat(64) },
    });
  });
});

describe('when the store cannot write', () => {
  test('nobody is told that it was accepted, nothing is staged, and the trail goes on without a gap', async () => {
    const own = new Tampered();
    const error = vi.fn();
    const host = appOver(own, { logger: { ...quiet, error } });
    const place = host.world('t', arena);
    await place.run({ steps: 0 });
    await place.as(player).spawn(Position());
    own.failing = new ArchetypeError('commit_failed', 'no room');
    await expect(place.as(player).spawn(Position())).rejects.toMatchObject({
      code: 'commit_failed',
    });
    await expect(
      place.as(player).submit({ type: 'spawn', payload: spawned(1) }),
    ).rejects.toMatchObject({ code: 'commit_failed' });
    await expect(place.as(operator).step()).rejects.toMatchObject({ code: 'commit_failed' });
    expect(place.tick).toBe(0);
    expect(place.info().staged).toBe(1);
    await place.as(viewer).query([Position]);
    expect(error).toHaveBeenCalledTimes(1);
    own.failing = undefined;
    await place.as(player).spawn(Position());
    await place.step();
    expect(place.info().entities).toBe(2);
    expect(await host.verifyAudit()).toMatchObject({ sound: true });
    expect(await rows(host)).toEqual([
      ['pia', 'spawn', 'accepted', 'applied'],
      ['pia', 'spawn', 'rejected', 'commit_failed'],
      ['pia', 'spawn', 'rejected', 'commit_failed'],
      ['otto', 'step', 'rejected', 'commit_failed'],
      ['vera', 'query', 'applied'],
      ['pia', 'spawn', 'accepted', 'applied'],
    ]);
  });

  test('and so many rows wait for it that they would fill the memory, the gate is shut', async () => {
    const own = new Tampered();
    const host = appOver(own, { quotas: { commandsPerTick: Infinity, tokensPerDay: Infinity } });
    const place = host.world('t', arena);
    await place.run({ steps: 0 });
    await place.as(viewer).info();
    own.failing = new ArchetypeError('commit_failed', 'no room');
    await place
      .as(player)
      .spawn(Position())
      .catch(() => undefined);
    const refusals = new Set<string>();
    for (let k = 0; k < 10_100 && refusals.size === 0; k++)
      await place
        .as(viewer)
        .info()
        .catch((error: ArchetypeError) => refusals.add(error.code));
    expect([...refusals]).toEqual(['commit_failed']);
    await expect(place.as(viewer).info()).rejects.toMatchObject({
      code: 'commit_failed',
      message: expect.stringContaining('audit rows wait'),
    });
  });
});

describe('what the host does itself', () => {
  const typesOf = async (level: 'none' | 'lifecycle' | 'mutations'): Promise<readonly string[]> => {
    const own = new MemoryStore();
    const host = appOver(own, { trustedAudit: level });
    const place = host.world('t', arena);
    place.spawn(Position());
    await place.run({ steps: 1 });
    for (let k = 0; k < 5; k++) await place.step();
    const fork = await place.fork();
    await fork.runEpisode({ maxSteps: 2 });
    await place.runRollout({ numEpisodes: 2, episode: { maxSteps: 1 } });
    await place.run({ steps: -1 }).catch(() => undefined);
    place.despawn(1);
    await place.step();
    await fork.destroy();
    await place.as(operator).step();
    await place.close();
    await host.resume('t', arena);
    const trail = (await host.audit({ limit: 1000 })).rows.toReversed();
    expect(await host.verifyAudit()).toMatchObject({ sound: true });
    return trail.map(({ actor: who, type, status }) => `${who} ${type} ${status}`);
  };

  test('is in the trail: life cycles and runs, a loop of steps as one', async () => {
    expect(await typesOf('lifecycle')).toEqual([
      'SYSTEM create_world applied',
      'SYSTEM run applied',
      'SYSTEM fork_world applied',
      'SYSTEM run_episode applied',
      'SYSTEM run_rollout applied',
      'SYSTEM run failed',
      'SYSTEM run applied',
      'SYSTEM destroy_world applied',
      'otto step accepted',
      'SYSTEM resume_world applied',
    ]);
  });

  test('is in it with what ticks did to entities, when asked for', async () => {
    const types = await typesOf('mutations');
    expect(types).toContain('SYSTEM spawn applied');
    expect(types).toContain('SYSTEM despawn applied');
  });

  test('is not in it, when told', async () => {
    expect(await typesOf('none')).toEqual(['otto step accepted']);
  });
});
