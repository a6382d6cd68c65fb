import { SyncWorld, type ForkOptions, type RunOptions, type RunResult } from '@archetype/core';
import type { ScriptAudit } from './script-audit.ts';

/** A world of a runtime that does not await: core's, with the audit trail. */
export class AuditedWorld extends SyncWorld {
  readonly #audit: ScriptAudit;

  /** Made by a runtime. */
  constructor(audit: ScriptAudit, ...given: ConstructorParameters<typeof SyncWorld>) {
    super(...given);
    this.#audit = audit;
  }

  override run(options: RunOptions): RunResult {
    return this.#audit.run(this, () => super.run(options));
  }

  override fork(options: ForkOptions = {}): this {
    return this.#audit.around(
      'fork_world',
      this,
      () => super.fork(options),
      ({ id, name, tick }) => ({ fork: id, name, tick }),
    );
  }

  override destroy(): void {
    this.#audit.around(
      'destroy_world',
      this,
      () => super.destroy(),
      () => ({}),
    );
  }
}
