import {
  ArchetypeError,
  defineProcessor,
  Frame,
  fromValues,
  MemoryStore,
  Worlds,
  type AnyComponent,
  type BirthRef,
  type ColumnsOf,
  type DataFrame,
  type Processor,
  type TickContext,
  type Value,
  type World,
} from '@archetype/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  complete,
  components,
  isBirth,
  names,
  type Cell,
  type Cells,
  type Name,
  type Parts,
} from './components.ts';
import { OracleWorld, type OracleRow } from './oracle-world.ts';
import { rowParts } from './state.ts';
import {
  bindScript,
  bindStaged,
  program,
  type Command,
  type EmissionOp,
  type Script,
  type StagedOp,
  type Target,
} from './program.ts';

const seed = Number(process.env.ARCHETYPE_TEST_SEED ?? 20261123);
const programs = Number(process.env.ARCHETYPE_TEST_PROGRAMS ?? 2000);

type Refs = readonly BirthRef[];
/** A reference that no call gave. */
const NOBODY: BirthRef = { kind: 'birth' };
const cellOf = (cell: Cell, refs: Refs): unknown =>
  isBirth(cell) ? (refs[cell.birth] ?? NOBODY) : cell;
const fieldsOf = (cells: Cells, refs: Refs = []): never =>
  Object.fromEntries(
    Object.entries(cells).map(([field, cell]) => [field, cellOf(cell, refs)]),
  ) as never;
const valuesOf = (parts: Parts, refs: Refs = []): Value[] =>
  (Object.keys(parts) as Name[]).map((name) => components[name](fieldsOf(parts[name]!, refs)));
const componentsOf = (list: readonly Name[]): readonly AnyComponent[] =>
  list.map((name) => components[name]);

const codeOf = (error: unknown): string => {
  if (error instanceof ArchetypeError) return error.code;
  throw error;
};

/** Runs what the script says, and keeps what each call answered. */
class Stage {
  script: Script = [];
  readonly #answers = new Map<string, string[]>();
  #calls = new Map<string, number>();

  begin(script: Script): void {
    this.script = script;
    this.#answers.clear();
    this.#calls = new Map();
  }

  /** By processor, in the order in which the script has them: tables of one priority run side by side. */
  get answers(): readonly string[] {
    return this.script.flatMap(({ name }) => this.#answers.get(name) ?? []);
  }

  readonly processors: readonly Processor[] = [
    this.#processor('meddle', 10, 'table', []),
    this.#processor('stir', 10, 'table', [components.Body]),
    this.#processor('survey', 10, 'world', [components.Count]),
    this.#processor('grow', 5, 'table', [components.Body]),
  ];

  #processor(
    name: string,
    priority: number,
    scope: 'table' | 'world',
    needs: readonly AnyComponent[],
  ): Processor {
    return defineProcessor({
      name,
      priority,
      scope,
      components: needs,
      process: (df, ctx) => {
        const part = this.script.find((one) => one.name === name);
        const call = this.#calls.get(name) ?? 0;
        this.#calls.set(name, call + 1);
        const refs: BirthRef[] = [];
        const answers = this.#answers.get(name) ?? [];
        this.#answers.set(name, answers);
        for (const op of part?.ops[call] ?? []) answers.push(emit(op, ctx, refs));
        return grown(df as never, part?.grows) as typeof df;
      },
    });
  }
}
function grown(
  df: DataFrame<ColumnsOf<[typeof components.Body, typeof components.Count]>>,
  field: Script[number]['grows'],
): unknown {
  if (field === 'Body.x') return df.withColumns((c) => ({ body__x: c.body.x.add(1) }));
  if (field === 'Count.n') return df.withColumns((c) => ({ count__n: c.count.n.add(1) }));
  return df;
}

function emit(op: EmissionOp, ctx: TickContext, refs: BirthRef[]): string {
  try {
    emitOrThrow(op, ctx, refs);
    return 'ok';
  } catch (error) {
    return codeOf(error);
  }
}

function emitOrThrow(op: EmissionOp, ctx: TickContext, refs: BirthRef[]): void {
  if (op.kind === 'spawn') {
    if (op.count === undefined) refs.push(ctx.spawn(...valuesOf(op.parts, refs)));
    else refs.push(...ctx.spawnMany(manyOf(op.parts, op.count, op.asFrame === true) as never));
    return;
  }
  const target = targetOf(op.target, op.form, ctx, refs);
  switch (op.kind) {
    case 'despawn':
      ctx.despawn(target as never);
      break;
    case 'add':
      ctx.addComponents(target as never, ...valuesOf(op.parts, refs));
      break;
    case 'remove':
      ctx.removeComponents(target as never, ...componentsOf(op.components));
      break;
    case 'update': {
      const single = op.target.length === 1 && op.form === 'one';
      const patch =
        op.each && !single
          ? oneForEach(op.cells, op.target.length, refs)
          : fieldsOf(op.cells, refs);
      ctx.update(target as never, components[op.component], patch as never, {
        ...(op.combine !== undefined && { combine: op.combine }),
      });
    }
  }
}

/** Numbers count up from entity to entity, as typed arrays where they can be. */
function oneForEach(cells: Cells, n: number, refs: Refs): object {
  return Object.fromEntries(
    Object.entries(cells).map(([field, cell]) => {
      if (typeof cell !== 'number' || field === 'to')
        return [field, Array.from({ length: n }, () => cellOf(cell, refs))];
      const counted = Array.from({ length: n }, (_, k) => cell + k);
      return [field, field === 'x' ? Float64Array.from(counted) : counted];
    }),
  );
}

function targetOf(target: Target, form: string, ctx: TickContext, refs: Refs): unknown {
  const entities = target.map((one) =>
    'id' in one ? one.id : 'birth' in one ? (refs[one.birth] ?? NOBODY) : 0,
  );
  const ids = entities.filter((entity) => typeof entity === 'number');
  if (form === 'one' && entities.length === 1) return entities[0];
  if (ids.length < entities.length || form === 'one' || form === 'array') return entities;
  if (form === 'column') return Int32Array.from(ids);
  const frame = ctx.query([], { where: (c) => c.entity_id.isIn(ids) });
  return String(frame.column('entity_id')) === String(ids) ? frame : ids;
}

/** Rows of values, or a frame where one can say it: a tag has no column. */
function manyOf(parts: Parts, count: number, asFrame: boolean): unknown {
  const rows = Array.from({ length: count }, (_, k) => rowParts(parts, k));
  if (!asFrame || 'Mark' in parts) return rows.map((row) => valuesOf(row));
  const fields = (Object.keys(parts) as Name[]).flatMap((name) =>
    components[name].columns.map(({ name: column, type }) => ({ name: column, type, of: name })),
  );
  const columns = fields.map(({ name, type, of }) =>
    fromValues(
      type,
      rows.map((row) => complete(of, row[of]!)[name.split('__')[1]!]),
    ),
  );
  return new Frame(fields, columns, count);
}

function stage(world: World, op: StagedOp): string | readonly number[] {
  try {
    switch (op.kind) {
      case 'spawn':
        return [world.spawn(...valuesOf(op.parts))];
      case 'spawnMany':
        return [...world.spawnMany(manyOf(op.parts, op.count, op.asFrame) as never)];
      case 'despawn':
        world.despawn(op.entity);
        return [];
      case 'update':
        world.update(op.entity, components[op.component], fieldsOf(op.cells));
        return [];
      case 'add':
        world.addComponents(op.entity, ...valuesOf(op.parts));
        return [];
      case 'remove':
        world.removeComponents(op.entity, ...componentsOf(op.components));
        return [];
    }
  } catch (error) {
    return codeOf(error);
  }
}

/** Every row that was ever committed, of every table, as text in one order. */
async function rowsOf(world: World): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let bits = 0; bits < 2 ** names.length; bits++) {
    const own = names.filter((_, k) => (bits & (1 << k)) !== 0);
    const rows = await world.query(componentsOf(own), {
      without: componentsOf(names.filter((name) => !own.includes(name))),
      ticks: 'all',
      includeInactive: true,
    });
    for (const row of rows as Iterable<Record<string, unknown>>) {
      const parts = own.map((name) => [
        name,
        components[name].columns.map((column) => row[column.name]),
      ]);
      lines.push(JSON.stringify([row.tick, row.entity_id, row.is_active, parts]));
    }
  }
  return lines.toSorted();
}

const oracleLine = ({ tick, entity, active, parts }: OracleRow): string =>
  JSON.stringify([
    tick,
    entity,
    active,
    names
      .filter((name) => parts[name] !== undefined)
      .map((name) => [name, Object.keys(complete(name, {})).map((field) => parts[name]![field])]),
  ]);

const CONFLICTS = new Set(['write_conflict', 'type_mismatch']);

async function run(commands: readonly Command[]): Promise<void> {
  const stageOf = new Stage();
  const worlds = new Worlds(new MemoryStore());
  const simulation = { processors: stageOf.processors, components: Object.values(components) };
  const pairs = [{ real: worlds.create('0', simulation, { seed: 1 }), oracle: new OracleWorld() }];
  for (const command of commands) {
    const { real, oracle } = pairs[command.world % pairs.length]!;
    switch (command.kind) {
      case 'stage': {
        const op = bindStaged(command.op, oracle.given);
        expect(stage(real, op)).toEqual(oracle.stage(op));
        break;
      }
      case 'discard':
        real.discard();
        oracle.discard();
        break;
      case 'step': {
        const script = bindScript(command.script, oracle.seen);
        stageOf.begin(script);
        const expected = oracle.step(script);
        const got = await real.step().then(
          ({ ignored }) => ({ ignored, answers: stageOf.answers }),
          (error: unknown) => ({ failed: codeOf(error) }),
        );
        if ('failed' in expected && 'failed' in got && CONFLICTS.has(expected.failed))
          expect(CONFLICTS).toContain(got.failed);
        else expect(got).toEqual(expected);
        break;
      }
      case 'fork': {
        const fork = command.at === 'now' ? oracle.forkNow() : oracle.forkAt(command.at);
        const options = command.at === 'now' ? {} : { at: command.at };
        const name = String(pairs.length);
        if (fork === undefined) {
          await expect(real.fork({ ...options, name })).rejects.toMatchObject({
            code: 'tick_not_found',
          });
        } else pairs.push({ real: await real.fork({ ...options, name }), oracle: fork });
      }
    }
    expect(real.staged()).toHaveLength(oracle.staged.length);
  }
  for (const { real, oracle } of pairs) {
    expect(real.tick).toBe(Math.max(0, oracle.tick));
    expect(await rowsOf(real)).toEqual(oracle.rows.map(oracleLine).toSorted());
  }
}

test('worlds do with random programs what the rules say, in plain objects', async () => {
  console.log(`seed ${seed}; ARCHETYPE_TEST_SEED sets another, ARCHETYPE_TEST_PROGRAMS tries more`);
  await fc.assert(fc.asyncProperty(program, run), { seed, numRuns: programs });
});
