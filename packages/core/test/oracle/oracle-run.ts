import { isBirth, tableOf, type Cell, type Name, type Parts } from './components.ts';
import type { EmissionOp, Script, Target } from './program.ts';
import { entityOf, rowParts, type Entity, type State } from './state.ts';

/** A tick that the rules forbid. */
export class Failure extends Error {}

interface Update {
  readonly id: number;
  readonly name: Name;
  readonly field: string;
  readonly cell: Cell;
  readonly combine: string | undefined;
  readonly processor: string;
}
type Done =
  | { readonly kind: 'despawn'; readonly ids: readonly number[] }
  | {
      readonly kind: 'add';
      readonly ids: readonly number[];
      readonly parts: Parts;
      readonly call: OracleCall;
    }
  | {
      readonly kind: 'remove';
      readonly ids: readonly number[];
      readonly components: readonly Name[];
    }
  | {
      readonly kind: 'update';
      readonly ids: readonly number[];
      readonly updates: readonly (readonly Update[])[];
      readonly name: Name;
      readonly call: OracleCall;
    };

/** One call of a processor: its births are counted from 0, ids of births are `-1 - number` until they have one. */
interface OracleCall {
  readonly processor: string;
  readonly births: Parts[];
  first: number;
}

/** Processors and settling of one tick. */
export class OracleRun {
  readonly born: State = new Map();
  /** Of births that died at once, too. */
  readonly answers: string[] = [];
  ignored = 0;
  readonly #materialized: State;
  readonly #executed: State;
  readonly #calls: { readonly call: OracleCall; readonly done: Done[] }[] = [];
  readonly #writers = new Map<string, Set<string>>();

  constructor(materialized: State, executed: State) {
    this.#materialized = materialized;
    this.#executed = executed;
  }

  execute(script: Script): void {
    for (const { name, scope, needs, ops, grows } of script) {
      const matching = [...this.#materialized].filter(([, entity]) =>
        needs.every((n) => entity.has(n)),
      );
      if (matching.length === 0) continue;
      if (grows !== undefined) {
        const [component, field] = grows.split('.') as [Name, string];
        for (const [id] of matching) {
          const cells = this.#executed.get(id)!.get(component)!;
          cells[field] = (cells[field] as number) + 1;
          const key = `${id} ${grows}`;
          this.#writers.set(key, (this.#writers.get(key) ?? new Set()).add(name));
        }
      }
      const tables = [...new Set(matching.map(([, entity]) => tableOf(entity.keys())))].toSorted();
      const calls = scope === 'world' ? 1 : tables.length;
      for (let k = 0; k < calls; k++) this.#call(name, ops[k] ?? []);
    }
  }

  #call(processor: string, ops: readonly EmissionOp[]): void {
    const call: OracleCall = { processor, births: [], first: 0 };
    const done: Done[] = [];
    const has = new Map<number, Set<Name>>();
    const namesAt = (id: number): Set<Name> | undefined => {
      const known = has.get(id);
      if (known !== undefined) return known;
      const own = id < 0 ? call.births[-1 - id] : undefined;
      const components =
        own === undefined ? this.#materialized.get(id)?.keys() : (Object.keys(own) as Name[]);
      return components === undefined ? undefined : new Set(components);
    };
    const resolve = (target: Target): number[] | undefined => {
      const ids = target.map((one) =>
        'birth' in one && one.birth < call.births.length
          ? -1 - one.birth
          : 'id' in one
            ? one.id
            : Number.NaN,
      );
      return ids.every((id) => namesAt(id) !== undefined) ? ids : undefined;
    };
    const badCells = (cells: Iterable<Cell>): boolean =>
      [...cells].some((cell) => isBirth(cell) && cell.birth >= call.births.length);
    for (const op of ops) {
      if (op.kind === 'spawn') {
        if (badCells(Object.values(op.parts).flatMap((cells) => Object.values(cells)))) {
          this.answers.push('entity_not_found');
          continue;
        }
        const count = op.count ?? 1;
        for (let k = 0; k < count; k++)
          call.births.push(op.count === undefined ? op.parts : rowParts(op.parts, k));
        this.answers.push('ok');
        continue;
      }
      const ids = resolve(op.target);
      if (ids === undefined) {
        this.answers.push('entity_not_found');
        continue;
      }
      if (op.kind === 'update' && ids.some((id) => !namesAt(id)!.has(op.component))) {
        this.answers.push('component_missing');
        continue;
      }
      const cells =
        op.kind === 'update'
          ? Object.values(op.each && ids.length === 0 ? {} : op.cells)
          : op.kind === 'add'
            ? Object.values(op.parts).flatMap((c) => Object.values(c))
            : [];
      if (badCells(cells)) {
        this.answers.push('entity_not_found');
        continue;
      }
      this.answers.push('ok');
      if (ids.length === 0 || (op.kind === 'update' && cells.length === 0)) continue;
      switch (op.kind) {
        case 'despawn':
          done.push({ kind: 'despawn', ids });
          break;
        case 'add':
          for (const id of ids)
            has.set(id, new Set([...namesAt(id)!, ...(Object.keys(op.parts) as Name[])]));
          done.push({ kind: 'add', ids, parts: op.parts, call });
          break;
        case 'remove':
          done.push({ kind: 'remove', ids, components: op.components });
          break;
        case 'update':
          done.push({
            kind: 'update',
            ids,
            name: op.component,
            call,
            updates: ids.map((id, k) =>
              Object.entries(op.cells).map(([field, cell]) => ({
                id,
                name: op.component,
                field,
                cell: op.each && typeof cell === 'number' && field !== 'to' ? cell + k : cell,
                combine: op.combine,
                processor,
              })),
            ),
          });
          break;
      }
    }
    this.#calls.push({ call, done });
  }

  /** @returns the next id. */
  settle(final: State, nextEntity: number): number {
    let next = nextEntity;
    for (const { call } of this.#calls) {
      call.first = next;
      next += call.births.length;
    }
    const idOf = (id: number, call: OracleCall): number => (id < 0 ? call.first + (-1 - id) : id);
    const cellOf = (cell: Cell, call: OracleCall): Cell =>
      isBirth(cell) ? call.first + cell.birth : cell;
    const all = new Map(final);
    for (const { call } of this.#calls) {
      call.births.forEach((parts, k) => {
        const entity = entityOf(parts);
        for (const cells of entity.values())
          for (const field of Object.keys(cells)) cells[field] = cellOf(cells[field]!, call);
        this.born.set(call.first + k, entity);
        all.set(call.first + k, entity);
      });
    }
    const dead = new Set<number>();
    const each = this.#calls.flatMap(({ call, done }) => done.map((what) => ({ call, what })));
    for (const { call, what } of each) {
      if (what.kind !== 'despawn') continue;
      for (const code of what.ids) {
        const id = idOf(code, call);
        if (dead.has(id)) this.ignored++;
        dead.add(id);
      }
    }
    for (const { call, what } of each) {
      if (what.kind !== 'add' && what.kind !== 'remove') continue;
      for (const code of what.ids) {
        const id = idOf(code, call);
        const entity = all.get(id)!;
        if (dead.has(id)) this.ignored++;
        else if (what.kind === 'remove') for (const name of what.components) entity.delete(name);
        else
          for (const [name, cells] of entityOf(what.parts)) {
            for (const field of Object.keys(cells)) cells[field] = cellOf(cells[field]!, call);
            entity.set(name, cells);
          }
      }
    }
    const updates = new Map<string, Update[]>();
    for (const { call, what } of each) {
      if (what.kind !== 'update') continue;
      what.ids.forEach((code, k) => {
        const id = idOf(code, call);
        if (dead.has(id) || !all.get(id)!.has(what.name)) {
          this.ignored++;
          return;
        }
        for (const update of what.updates[k]!) {
          const key = `${id} ${update.name} ${update.field}`;
          const list = updates.get(key) ?? [];
          updates.set(key, list);
          list.push({ ...update, id, cell: cellOf(update.cell, call) });
        }
      });
    }
    for (const list of updates.values()) this.#update(list, all.get(list[0]!.id)!);
    for (const id of dead) {
      final.delete(id);
      this.born.delete(id);
    }
    return next;
  }

  #update(list: readonly Update[], entity: Entity): void {
    const { id, name, field, combine } = list[0]!;
    const cells = entity.get(name)!;
    if (list.some((update) => update.combine !== combine)) throw new Failure('write_conflict');
    if (combine === undefined) {
      const writers = this.#writers.get(`${id} ${name}.${field}`) ?? new Set();
      const others = [...writers].filter((writer) => writer !== list[0]!.processor);
      if (list.length > 1 || others.length > 0) throw new Failure('write_conflict');
    }
    for (const { cell } of list) {
      const now = cells[field]!;
      if (combine === undefined || combine === 'last') cells[field] = cell;
      else if (typeof now !== 'number' || typeof cell !== 'number')
        throw new Failure('type_mismatch');
      else if (combine === 'sum') cells[field] = now + cell;
      else if (combine === 'min') cells[field] = Math.min(now, cell);
      else cells[field] = Math.max(now, cell);
    }
  }
}
