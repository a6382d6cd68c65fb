import { auditEntities, type TrustedAuditLevel, type TrustedCall } from '@archetype/app';
import { codeOf, type Json, type RunResult, type SyncWorld } from '@archetype/core';

type About = Pick<SyncWorld, 'id' | 'tick'>;

/** Tells the audit trail, which is in the store's thread, what a script's own code does. Nobody waits for its rows. */
export class ScriptAudit {
  readonly #level: TrustedAuditLevel;
  readonly #tell: (call: TrustedCall) => void;

  constructor(level: TrustedAuditLevel, tell: (call: TrustedCall) => void) {
    this.#level = level;
    this.#tell = tell;
  }

  /** Something happened in this moment. */
  note(type: string, { id, tick }: About, summary: Json): void {
    if (this.#level === 'none') return;
    const now = Date.now();
    this.#tell({ type, world: { id, tick }, span: { at: now, ended: now, ms: 0 }, summary });
  }

  /** Something that is done to a world; `summary` says what came of it. */
  around<T>(type: string, world: About, work: () => T, summary: (result: T) => Json): T {
    return this.#around(type, world, work, (result) => ({ summary: summary(result) }));
  }

  run(world: About, work: () => RunResult): RunResult {
    return this.#around('run', world, work, ({ ticksCompleted, finalTick }) => ({
      result: { ticksCompleted, finalTick },
    }));
  }

  /** What ticks do to entities has rows too, where the level says so. */
  watch(world: SyncWorld): void {
    if (this.#level !== 'mutations') return;
    auditEntities(
      (event, handler) => world.on(event, handler, { mode: 'detached' }),
      (type, about, summary) => this.note(type, about, summary),
    );
  }

  #around<T>(
    type: string,
    about: About,
    work: () => T,
    said: (result: T) => Pick<TrustedCall, 'summary' | 'result'>,
  ): T {
    if (this.#level === 'none') return work();
    const [at, began] = [Date.now(), performance.now()];
    const tell = (more: Partial<TrustedCall>): void => {
      const span = { at, ended: Date.now(), ms: performance.now() - began };
      const { id, tick } = about;
      this.#tell({ type, world: { id, tick }, span, ...more });
    };
    let result: T;
    try {
      result = work();
    } catch (error) {
      tell({ code: codeOf(error) });
      throw error;
    }
    tell(said(result));
    return result;
  }
}
