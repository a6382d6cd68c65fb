import { tableOf, type Parts } from './components.ts';
import { Failure, OracleRun } from './oracle-run.ts';
import type { Script, StagedOp } from './program.ts';
import { copyState, entityOf, partsOf, rowParts, type Entity, type State } from './state.ts';

/** A row as the store keeps it. */
export interface OracleRow {
  readonly tick: number;
  readonly entity: number;
  readonly active: boolean;
  readonly parts: Parts;
}

/** What a call answered: nothing, ids, or the code of an error. */
export type Answer = string | readonly number[];

/** What the rules of the tick say, in plain objects, one entity after the other. */
export class OracleWorld {
  tick = -1;
  /** Entities as of each committed tick. */
  readonly #states: State[] = [];
  readonly #nextEntities: number[] = [];
  readonly rows: OracleRow[] = [];
  staged: { readonly op: StagedOp; readonly ids: readonly number[] }[] = [];
  #next = 1;

  get #state(): State {
    return this.#states[this.tick] ?? new Map();
  }

  /** How many ids were ever given. */
  get given(): number {
    return this.#next - 1;
  }

  /** Who will be seen by the processors of the next tick. */
  get seen(): readonly number[] {
    const [state, births]: [State, State] = [copyState(this.#state), new Map()];
    for (const { op, ids } of this.staged) applyStaged(op, ids, state, births);
    const born = this.tick < 0 ? births.keys() : [];
    return [...state.keys(), ...born].toSorted((a, b) => a - b);
  }

  forkNow(): OracleWorld {
    const fork = this.#past(this.tick);
    fork.staged = [...this.staged];
    fork.#next = this.#next;
    return fork;
  }

  /** Undefined when there is no such tick. */
  forkAt(tick: number): OracleWorld | undefined {
    return tick < 0 || tick > this.tick ? undefined : this.#past(tick);
  }

  #past(tick: number): OracleWorld {
    const fork = new OracleWorld();
    fork.tick = tick;
    for (let t = 0; t <= tick; t++) {
      fork.#states.push(this.#states[t]!);
      fork.#nextEntities.push(this.#nextEntities[t]!);
    }
    fork.rows.push(...this.rows.filter((row) => row.tick <= tick));
    fork.#next = this.#nextEntities[tick] ?? 1;
    return fork;
  }

  stage(op: StagedOp): Answer {
    if (op.kind === 'spawn' || op.kind === 'spawnMany') {
      const count = op.kind === 'spawn' ? 1 : op.count;
      const ids = Array.from({ length: count }, (_, k) => this.#next + k);
      this.#next += count;
      if (count > 0) this.staged.push({ op, ids });
      return ids;
    }
    const entity = this.#foresee(op.entity);
    if (entity === undefined) return 'entity_not_found';
    if (op.kind === 'update' && !entity.has(op.component)) return 'component_missing';
    if (op.kind === 'remove' && op.components.some((name) => !entity.has(name)))
      return 'component_missing';
    this.staged.push({ op, ids: [op.entity] });
    return [];
  }

  discard(): void {
    this.staged = [];
  }

  #foresee(id: number): Entity | undefined {
    const state = copyState(this.#state);
    const births: State = new Map();
    for (const { op, ids } of this.staged) applyStaged(op, ids, state, births);
    return state.get(id) ?? births.get(id);
  }

  /** The outcome of a step: the code of its failure, or how many emissions had no effect. */
  step(
    script: Script,
  ):
    | { readonly failed: string }
    | { readonly ignored: number; readonly answers: readonly string[] } {
    if (this.tick < 0) this.#advance(undefined);
    try {
      return this.#advance(script);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { failed: error.message };
    }
  }

  #advance(script: Script | undefined): { ignored: number; answers: readonly string[] } {
    const number = this.tick + 1;
    const last = this.#state;
    const materialized = copyState(last);
    const births: State = new Map();
    for (const { op, ids } of this.staged) applyStaged(op, ids, materialized, births);
    const executed = copyState(materialized);
    const run = new OracleRun(materialized, executed);
    if (script !== undefined) run.execute(script);
    const final = copyState(executed);
    const next = run.settle(final, this.#next);
    for (const { entity, active, parts } of tombstones(last, executed, final))
      this.rows.push({ tick: number, entity, active, parts });
    for (const [id, entity] of [...births, ...run.born]) final.set(id, entity);
    for (const [entity, cells] of final)
      this.rows.push({ tick: number, entity, active: true, parts: partsOf(cells) });
    this.tick = number;
    this.#states[number] = final;
    this.staged = [];
    this.#next = next;
    // Ids that were given stay used, whatever became of them.
    this.#nextEntities[number] = next;
    return { ignored: run.ignored, answers: run.answers };
  }
}

function applyStaged(op: StagedOp, ids: readonly number[], state: State, births: State): void {
  if (op.kind === 'spawn' || op.kind === 'spawnMany') {
    ids.forEach((id, k) =>
      births.set(id, entityOf(op.kind === 'spawn' ? op.parts : rowParts(op.parts, k))),
    );
    return;
  }
  const home = state.has(op.entity) ? state : births;
  const entity = home.get(op.entity);
  if (entity === undefined) return;
  switch (op.kind) {
    case 'despawn':
      home.delete(op.entity);
      break;
    case 'update':
      if (entity.has(op.component)) Object.assign(entity.get(op.component)!, op.cells);
      break;
    case 'add':
      for (const [name, cells] of entityOf(op.parts)) entity.set(name, cells);
      break;
    case 'remove':
      for (const name of op.components) entity.delete(name);
      break;
  }
}

/** Who lived in a table at the last tick and does not any more. */
function tombstones(
  last: State,
  executed: State,
  final: State,
): readonly Omit<OracleRow, 'tick'>[] {
  return [...last].flatMap(([entity, before]) => {
    const now = final.get(entity);
    const table = tableOf(before.keys());
    if (now !== undefined && tableOf(now.keys()) === table) return [];
    const computed = executed.get(entity);
    const there = computed !== undefined && tableOf(computed.keys()) === table;
    return [{ entity, active: false, parts: partsOf(there ? computed : before) }];
  });
}
