import type { ErrorCode, Json, Logger, RunResult, Store } from '@archetype/core';
import type { AuditHead } from './chain.ts';
import { auditPage, type AuditPage, type AuditPageQuery } from './page.ts';
import { AuditTrail } from './trail.ts';
import { TrustedAudit, type Span } from './trusted.ts';
import { verifyTrail, type AuditVerdict } from './verify.ts';

/** A call of a process's own code, for its row. */
export interface TrustedCall {
  readonly type: string;
  readonly world: { readonly id: string; readonly tick: number };
  readonly span: Span;
  readonly summary?: Json;
  /** Of a run; runs that end soon after one another share a row. */
  readonly result?: Pick<RunResult, 'ticksCompleted' | 'finalTick'>;
  /** What it failed with. */
  readonly code?: ErrorCode;
}

/** The audit trail of a process without a gate: its own calls, which are told when they are over. */
export class TrustedTrail {
  readonly #store: () => Promise<Store>;
  readonly #trail: AuditTrail;
  readonly #trusted: TrustedAudit;

  constructor(store: () => Promise<Store>, logger: Logger) {
    this.#store = store;
    // Without a gate no quotas are used.
    const quotas = { unwritten: () => [], written: () => undefined };
    this.#trail = new AuditTrail(store, quotas, logger);
    this.#trusted = new TrustedAudit(this.#trail, 'lifecycle', Date.now);
  }

  /** Its row is written soon, and nobody waits for it. */
  note({ type, world, span, summary = {}, result, code }: TrustedCall): void {
    if (result === undefined) this.#trusted.did(type, world, summary, span, code);
    else this.#trusted.ran(world, result, span);
  }

  /** A page of the trail, newest first, with everything that was noted before. @throws `invalid_argument` */
  async page(query: AuditPageQuery): Promise<AuditPage> {
    return auditPage(this.#trail, await this.#store(), query);
  }

  /** Holds the trail against its hashes, and against a head that was kept. @throws `invalid_argument` */
  async verify(kept?: AuditHead): Promise<AuditVerdict> {
    await this.#trail.flush();
    return verifyTrail(await this.#store(), kept);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    return this.#trail.flush();
  }
}
