import { ArchetypeError, codeOf, type ErrorCode, type Json, type World } from '@archetype/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { SYSTEM } from '../command/actor.ts';
import { digestOf } from '../command/canonical.ts';
import { printed } from '../command/printed.ts';
import { auditDraft, type AuditDraft } from './draft.ts';
import type { AuditTrail } from './trail.ts';

/**
 * Which calls of the process's own code are audited. `lifecycle` (unless told): creating, forking, resuming and destroying
 * worlds, and runs, episodes and rollouts. `mutations`: also what ticks did to entities, whoever asked for it.
 */
export type TrustedAuditLevel = 'none' | 'lifecycle' | 'mutations';

const levels: readonly TrustedAuditLevel[] = ['none', 'lifecycle', 'mutations'];

/** @throws `invalid_argument` */
export function checkLevel(level: TrustedAuditLevel): TrustedAuditLevel {
  if (levels.includes(level)) return level;
  throw new ArchetypeError(
    'invalid_argument',
    `An app was given trustedAudit: ${printed(level)}; give one of ${levels.join(', ')}.`,
  );
}

/** When a call began and ended, in milliseconds since the epoch, and how long it took. */
export interface Span {
  readonly at: number;
  readonly ended: number;
  readonly ms: number;
}

/** Runs of a world that share a row. */
interface Runs {
  readonly acceptedAt: number;
  calls: number;
  ticks: number;
  finalTick: number;
  durationMs: number;
  finishedAt: number;
}

type About = Pick<World, 'id' | 'tick'>;

/** Audits what the process's own code does, as SYSTEM. Rows are written soon, and nobody waits for them. */
export class TrustedAudit {
  readonly #trail: AuditTrail;
  readonly #level: TrustedAuditLevel;
  readonly #clock: () => number;
  readonly #silence = new AsyncLocalStorage<true>();
  /** By world; their row is not written yet. */
  readonly #runs = new Map<string, Runs>();

  constructor(trail: AuditTrail, level: TrustedAuditLevel, clock: () => number) {
    this.#trail = trail;
    this.#level = level;
    this.#clock = clock;
  }

  get level(): TrustedAuditLevel {
    return this.#level;
  }

  /** Runs what has a row as a whole, so that what it does has none of its own. */
  readonly silently = <T>(work: () => T): T => this.#silence.run(true, work);

  get #silent(): boolean {
    return this.#level === 'none' || this.#silence.getStore() === true;
  }

  /** Something happened in this moment. */
  note(type: string, world: About, summary: Json): void {
    if (this.#level === 'none') return;
    const now = this.#clock();
    this.did(type, world, summary, { at: now, ended: now, ms: 0 });
  }

  /** Something was done to a world, or failed with a code. */
  did(type: string, world: About, summary: Json, span: Span, code?: ErrorCode): void {
    this.#runs.delete(world.id);
    this.#trail.note({ row: this.#row(type, world, summary, span, code) });
  }

  /** Something that is done to a world; `summary` says what came of it. */
  async around<T>(
    type: string,
    world: About,
    work: () => Promise<T>,
    summary: (result: T) => Json,
  ): Promise<T> {
    if (this.#silent) return work();
    const span = this.#begin();
    try {
      const result = await this.silently(work);
      this.did(type, world, summary(result), span());
      return result;
    } catch (error) {
      this.did(type, world, {}, span(), codeOf(error));
      throw error;
    }
  }

  /** A run. Runs that end before the row of the one before them is written share that row: a loop of steps is one run. */
  async run<T extends { readonly ticksCompleted: number; readonly finalTick: number }>(
    world: About,
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.#silent) return work();
    const span = this.#begin();
    let result: T;
    try {
      result = await this.silently(work);
    } catch (error) {
      this.did('run', world, {}, span(), codeOf(error));
      throw error;
    }
    this.ran(world, result, span());
    return result;
  }

  /** A run ended; as `run`. */
  ran(
    world: Pick<About, 'id'>,
    result: { readonly ticksCompleted: number; readonly finalTick: number },
    { at, ended, ms }: Span,
  ): void {
    const runs = this.#runs.get(world.id) ?? this.#share(world.id, at);
    runs.calls++;
    runs.ticks += result.ticksCompleted;
    runs.finalTick = result.finalTick;
    runs.durationMs += ms;
    runs.finishedAt = ended;
  }

  #share(world: string, acceptedAt: number): Runs {
    const runs: Runs = {
      acceptedAt,
      calls: 0,
      ticks: 0,
      finalTick: 0,
      durationMs: 0,
      finishedAt: acceptedAt,
    };
    this.#runs.set(world, runs);
    this.#trail.note({
      row: () => {
        if (this.#runs.get(world) === runs) this.#runs.delete(world);
        const { calls, ticks, finalTick: tick, finishedAt: ended, durationMs: ms } = runs;
        return this.#row(
          'run',
          { id: world, tick },
          { calls, ticks },
          { at: acceptedAt, ended, ms },
        );
      },
    });
    return runs;
  }

  #begin(): () => Span {
    const [at, began] = [this.#clock(), performance.now()];
    return () => ({ at, ended: this.#clock(), ms: performance.now() - began });
  }

  #row(
    type: string,
    { id: world, tick }: About,
    summary: Json,
    { at, ended, ms }: Span,
    code?: string,
  ): AuditDraft {
    return auditDraft({
      command: undefined,
      type,
      actor: SYSTEM,
      world,
      tick,
      status: code === undefined ? 'applied' : 'failed',
      code,
      payloadDigest: digestOf(summary),
      summary,
      acceptedAt: at,
      ended: { at: ended, durationMs: ms },
    });
  }
}
