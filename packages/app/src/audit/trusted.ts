import { mintId, type Json, type World } from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { SYSTEM } from '../command/actor.ts';
import { digestOf } from '../command/canonical.ts';
import { codeOf } from '../gate/passage.ts';
import type { AuditDraft } from './chain.ts';
import type { AuditTrail } from './trail.ts';

/**
 * Which calls of the host's own code are audited. `lifecycle` (unless told): creating, forking, resuming and destroying
 * worlds, and runs, episodes and rollouts. `mutations`: also what ticks did to entities.
 */
export type TrustedAuditLevel = 'none' | 'lifecycle' | 'mutations';

export const levels: readonly TrustedAuditLevel[] = ['none', 'lifecycle', 'mutations'];

interface Runs {
  readonly world: string;
  readonly acceptedAt: number;
  calls: number;
  ticks: number;
  finalTick: number;
  durationMs: number;
  finishedAt: number;
}

const HOOKS = ['spawn', 'despawn', 'update', 'componentAdded', 'componentRemoved'] as const;

/** Audits what the host's own code does, as SYSTEM. Rows are written soon, and nobody waits for them. */
export class TrustedAudit {
  readonly #trail: AuditTrail;
  readonly #level: TrustedAuditLevel;
  readonly #clock: () => number;
  readonly #inside = new AsyncLocalStorage<true>();
  /** Runs of a world whose row is not written yet; they share it. */
  readonly #runs = new Map<string, Runs>();

  constructor(trail: AuditTrail, level: TrustedAuditLevel, clock: () => number) {
    this.#trail = trail;
    this.#level = level;
    this.#clock = clock;
  }

  /** Runs what is audited as a whole, so that what it does has no rows of its own. */
  readonly inside = <T>(work: () => T): T => this.#inside.run(true, work);

  get #silent(): boolean {
    return this.#level === 'none' || this.#inside.getStore() === true;
  }

  /** A world was made, or gone on with. */
  begun(type: 'create_world' | 'resume_world', world: World): void {
    if (this.#silent) return;
    const now = this.#clock();
    this.#note(type, world, { name: world.name }, now, now, 0);
  }

  /** Something that is done to a world; `summary` says what came of it. */
  async around<T>(
    type: string,
    world: World,
    work: () => Promise<T>,
    summary: (result: T) => Json,
  ): Promise<T> {
    if (this.#silent) return work();
    const [acceptedAt, began] = [this.#clock(), performance.now()];
    const spent = (): number => performance.now() - began;
    try {
      const result = await this.inside(work);
      this.#note(type, world, summary(result), acceptedAt, this.#clock(), spent());
      return result;
    } catch (error) {
      this.#note(type, world, {}, acceptedAt, this.#clock(), spent(), codeOf(error));
      throw error;
    }
  }

  /** A run. Runs that end before the row of the one before them is written share that row: a loop of steps is one run. */
  async run<T extends { readonly ticksCompleted: number; readonly finalTick: number }>(
    world: World,
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.#silent) return work();
    const [acceptedAt, began] = [this.#clock(), performance.now()];
    let result: T;
    try {
      result = await this.inside(work);
    } catch (error) {
      this.#runs.delete(world.id);
      const spent = performance.now() - began;
      this.#note('run', world, {}, acceptedAt, this.#clock(), spent, codeOf(error));
      throw error;
    }
    let runs = this.#runs.get(world.id);
    if (runs === undefined) {
      const begun: Runs = {
        world: world.id,
        acceptedAt,
        calls: 0,
        ticks: 0,
        finalTick: 0,
        durationMs: 0,
        finishedAt: acceptedAt,
      };
      runs = begun;
      this.#runs.set(world.id, begun);
      this.#trail.note({ row: () => this.#runsRow(begun) });
    }
    runs.calls++;
    runs.ticks += result.ticksCompleted;
    runs.finalTick = result.finalTick;
    runs.durationMs += performance.now() - began;
    runs.finishedAt = this.#clock();
    return result;
  }

  #runsRow(runs: Runs): AuditDraft {
    if (this.#runs.get(runs.world) === runs) this.#runs.delete(runs.world);
    const { world, finalTick: tick, calls, ticks, acceptedAt, finishedAt, durationMs } = runs;
    const about = { id: world, tick };
    return draft('run', about, { calls, ticks }, acceptedAt, finishedAt, durationMs);
  }

  /** Audits what ticks do to the entities of a world, and of its forks. */
  listen(world: World): void {
    if (this.#level !== 'mutations') return;
    for (const event of HOOKS) {
      world.on(
        event,
        (about) => {
          const summary = {
            table: about.table,
            entities: about.entities.length,
            ...('component' in about && { component: String(about.component) }),
          };
          const now = this.#clock();
          const { id } = about.world;
          this.#trail.note({
            row: draft(OPERATION_OF[event], { id, tick: about.tick }, summary, now, now, 0),
          });
        },
        { mode: 'detached' },
      );
    }
  }

  #note(
    type: string,
    world: World,
    summary: Json,
    acceptedAt: number,
    finishedAt: number,
    durationMs: number,
    code?: string,
  ): void {
    const row = draft(type, world, summary, acceptedAt, finishedAt, durationMs, code);
    this.#runs.delete(world.id);
    this.#trail.note({ row });
  }
}

/** The operation that does by a command what an event tells of. */
const OPERATION_OF: Readonly<Record<(typeof HOOKS)[number], string>> = {
  spawn: 'spawn',
  despawn: 'despawn',
  update: 'update',
  componentAdded: 'add_components',
  componentRemoved: 'remove_components',
};

const draft = (
  type: string,
  world: { readonly id: string; readonly tick: number },
  summary: Json,
  acceptedAt: number,
  finishedAt: number,
  durationMs: number,
  code?: string,
): AuditDraft => ({
  id: randomUUID(),
  command: mintId(),
  type,
  actor: SYSTEM.id,
  roles: SYSTEM.roles,
  world: world.id,
  tick: world.tick,
  status: code === undefined ? 'applied' : 'failed',
  ...(code !== undefined && { code }),
  payloadDigest: digestOf(summary),
  summary,
  acceptedAt,
  finishedAt,
  durationMs: Math.round(durationMs * 1000) / 1000,
});
