import {
  ArchetypeError,
  columnOf,
  randomStream,
  types,
  type AnyComponent,
  type DataFrame,
  Frame,
  type RandomStream,
  type Schema,
  type Value,
  type World,
} from '@archetype/core';
import { callback } from '../simulate/callback.ts';
import type { ForkPoint } from '../simulate/fork-point.ts';
import type { StepInput } from '../simulate/policy.ts';
import { checkSeed } from '../simulate/seeds.ts';
import { branchName, discardWorld } from './branch.ts';
import type { ResetOptions } from './env.ts';
import { Serial } from './serial.ts';
import { rowsOfValues, valuesInOrder } from './value-rows.ts';
import type { Batch, VectorEnvDefinition } from './vector-definition.ts';
import type { VectorEnv, VectorInfo } from './vector-env.ts';

type Defined<O extends Batch> = VectorEnvDefinition<readonly AnyComponent[], O> & {
  readonly maxSteps: number;
};
type Stepped<O> = readonly [O, Float64Array, Uint8Array, Uint8Array, VectorInfo<O>];

/** All sub-environments under way in one branch. */
interface Fleet<O> {
  readonly world: World;
  readonly seed: number;
  readonly entities: Int32Array;
  /** Others have the components too, so that queries must name the entities. */
  mixed: boolean;
  /** Steps and number of each one's episode. */
  readonly steps: Int32Array;
  readonly episodes: Int32Array;
  observations: O;
  failed: boolean;
}

/** What `createVectorEnv` makes. Long, because a step of all environments touches the whole of their state. */
export class WorldVectorEnv<O extends Batch> implements VectorEnv<O> {
  readonly #base: World;
  readonly #point: ForkPoint;
  readonly #definition: Defined<O>;
  readonly #seeds: RandomStream;
  readonly #serial = new Serial();
  #fleet: Fleet<O> | undefined;
  #closed = false;

  constructor(base: World, point: ForkPoint, definition: Defined<O>) {
    this.#base = base;
    this.#point = point;
    this.#definition = definition;
    this.#seeds = randomStream(base.info().seed, 'seeds of resets');
  }

  get numEnvs(): number {
    return this.#definition.numEnvs;
  }

  get maxSteps(): number {
    return this.#definition.maxSteps;
  }

  reset(options: ResetOptions = {}): Promise<readonly [O, VectorInfo<O>]> {
    return this.#admit(async () => {
      const seed = checkSeed(options?.seed ?? this.#seeds.integer(0, Number.MAX_SAFE_INTEGER));
      const world = await this.#point.fork({
        name: branchName(this.#base),
        seed,
        ...(options.params !== undefined && { resources: options.params }),
      });
      try {
        const fleet = await this.#begin(world, seed);
        await this.#leave();
        this.#fleet = fleet;
        return [fleet.observations, infoOf(fleet, new Int32Array())];
      } catch (error) {
        await discardWorld(world);
        throw error;
      }
    });
  }

  step(actions: ArrayLike<number>): Promise<Stepped<O>> {
    return this.#admit(() => this.#step(this.#underWay(), actions));
  }

  close(): Promise<void> {
    return this.#serial.run(async () => {
      this.#closed = true;
      await this.#leave();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(world: World, seed: number): Promise<Fleet<O>> {
    const { components, numEnvs } = this.#definition;
    const starts = Array.from({ length: numEnvs }, (_, index) => this.#start(seed, index, 0));
    const entities = world.spawnMany(starts);
    if (world.info().started) await world.step();
    else await world.run({ steps: 0 });
    const fleet = {
      world,
      seed,
      entities,
      mixed: false,
      steps: new Int32Array(numEnvs),
      episodes: new Int32Array(numEnvs),
      failed: false,
    };
    const observations = this.#observe(world, await rowsOf(fleet, components));
    return Object.assign(fleet, { observations });
  }

  /** What a sub-environment's episode begins with: a function of the seed, its index and the episode's number. */
  #start(seed: number, index: number, episode: number): readonly Value[] {
    const { begin, components } = this.#definition;
    const random = randomStream(seed, `begin, sub-environment ${index}, episode ${episode}`);
    return valuesInOrder(
      callback(`begin of sub-environment ${index}`, () => begin({ index, random })),
      components,
      index,
    );
  }

  async #step(fleet: Fleet<O>, actions: ArrayLike<number>): Promise<Stepped<O>> {
    const { world, observations: before } = fleet;
    const { components, numEnvs, maxSteps } = this.#definition;
    if (actions?.length !== numEnvs) {
      throw new ArchetypeError(
        'length_mismatch',
        `step was given ${actions?.length ?? 'no'} actions for ${numEnvs} sub-environments; give one for each.`,
      );
    }
    await this.#act(fleet, actions);
    // Until the new state is judged, nobody knows what it is.
    fleet.failed = true;
    const rows = await rowsOf(fleet, components);
    const after = this.#observe(world, rows);
    const rewards = Float64Array.from(
      this.#column(world, 'reward', rows, () => this.#definition.reward(rows, { actions, before })),
    );
    const ends = this.#column(world, 'terminated', rows, () => this.#definition.terminated(rows));
    const terminated = Uint8Array.from(ends, (end) => (end ? 1 : 0));
    const truncated = new Uint8Array(numEnvs);
    const done: number[] = [];
    for (let k = 0; k < numEnvs; k++) {
      if (++fleet.steps[k]! >= maxSteps && terminated[k] === 0) truncated[k] = 1;
      if (terminated[k] === 1 || truncated[k] === 1) done.push(k);
    }
    fleet.observations = done.length === 0 ? after : this.#beginAnew(fleet, after, done);
    fleet.failed = false;
    const info = infoOf<O>(fleet, Int32Array.from(done));
    return [
      fleet.observations,
      rewards,
      terminated,
      truncated,
      done.length === 0 ? info : { ...info, final_observation: after },
    ];
  }

  async #act({ world, entities }: Fleet<O>, actions: ArrayLike<number>): Promise<void> {
    const { act } = this.#definition;
    const staged = world.staged().length;
    try {
      const what = `act of world "${world.name}", at tick ${world.tick},`;
      const input =
        act === undefined
          ? asInput(actions, entities)
          : await callback(what, () => act(world, actions, entities));
      await world.step(input === undefined || input === null ? {} : { input });
    } catch (error) {
      // What begins anew is staged too and must not be lost, so nothing can be taken back when act staged something.
      if (this.#fleet !== undefined) this.#fleet.failed = world.staged().length !== staged;
      throw error;
    }
  }

  /** The observations with those replaced whose episode ended: their new state is staged and part of the next tick. */
  #beginAnew(fleet: Fleet<O>, after: O, done: readonly number[]): O {
    const { world, seed, entities, steps, episodes } = fleet;
    const { components, numEnvs } = this.#definition;
    const starts = done.map((index) => {
      steps[index] = 0;
      return this.#start(seed, index, ++episodes[index]!);
    });
    const ids = Int32Array.from(done, (index) => entities[index]!);
    starts.forEach((values, k) => {
      components.forEach((component, c) => {
        const { type: _type, ...fields } = values[c]! as Value & Record<string, unknown>;
        world.update(ids[k]!, component, fields);
      });
    });
    const rows = rowsOfValues(world, components, ids, starts) as unknown as DataFrame;
    const first = this.#observe(world, rows);
    const size = after.length / numEnvs;
    const observations = after.slice() as O;
    done.forEach((index, k) =>
      observations.set(first.subarray(k * size, (k + 1) * size), index * size),
    );
    return observations;
  }

  #observe(world: World, rows: DataFrame): O {
    const what = `observe of world "${world.name}", at tick ${world.tick},`;
    const given = callback(what, () => this.#definition.observe(rows));
    if (ArrayBuffer.isView(given) && given.length % rows.numRows === 0) return given;
    throw new ArchetypeError(
      'length_mismatch',
      `${what} gave ${ArrayBuffer.isView(given) ? `${given.length} numbers` : typeof given} for ${rows.numRows} rows; give a typed array with the same number of numbers for each row.`,
    );
  }

  #column<T>(world: World, name: string, rows: DataFrame, work: () => ArrayLike<T>): ArrayLike<T> {
    const what = `${name} of world "${world.name}", at tick ${world.tick},`;
    const given = callback(what, work) as ArrayLike<T> | undefined;
    if (given?.length === rows.numRows) return given;
    throw new ArchetypeError(
      'length_mismatch',
      `${what} gave ${given?.length ?? 'no'} values for ${rows.numRows} rows; give one for each.`,
    );
  }

  async #leave(): Promise<void> {
    const fleet = this.#fleet;
    this.#fleet = undefined;
    if (fleet !== undefined) await discardWorld(fleet.world);
  }

  #admit<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      if (!this.#closed) return work();
      throw new ArchetypeError(
        'env_closed',
        `The environment of world "${this.#base.name}" is closed; make another one with createVectorEnv.`,
      );
    });
  }

  #underWay(): Fleet<O> {
    const fleet = this.#fleet;
    if (fleet !== undefined && !fleet.failed) return fleet;
    throw new ArchetypeError(
      'no_episode',
      fleet === undefined
        ? `The environment of world "${this.#base.name}" has no episode yet; call reset() first.`
        : `The last step of world "${this.#base.name}" failed half-way; call reset() to begin anew.`,
    );
  }
}

/** @throws `invalid_argument` for what is no number */
function asInput(actions: ArrayLike<number>, entities: Int32Array): StepInput {
  const n = entities.length;
  const cells = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const action: unknown = actions[k];
    if (typeof action !== 'number' || Number.isNaN(action)) throw noAction(action, k);
    cells[k] = action;
  }
  const columns = [columnOf(types.i32, n, entities), columnOf(types.f64, n, cells)];
  return new Frame(actionSchema, columns, n) as unknown as StepInput;
}

const noAction = (action: unknown, k: number): ArchetypeError =>
  new ArchetypeError(
    'invalid_argument',
    `The action for sub-environment ${k} was ${typeof action === 'number' ? 'NaN' : typeof action}; give numbers, or an act that says what other actions do.`,
  );

const actionSchema: Schema = [
  { name: 'entity_id', type: types.i32 },
  { name: 'action', type: types.f64 },
];

const infoOf = <O>(
  { world, seed }: Pick<Fleet<O>, 'world' | 'seed'>,
  done: Int32Array,
): VectorInfo<O> => ({
  worldId: world.id,
  seed,
  tick: world.tick,
  done,
});

async function rowsOf(
  fleet: Pick<Fleet<unknown>, 'world' | 'entities' | 'mixed'>,
  components: readonly AnyComponent[],
): Promise<DataFrame> {
  const { world, entities } = fleet;
  const read = async (): Promise<Frame> => {
    const rows = await world.query(components, fleet.mixed ? { entities: [...entities] } : {});
    return rows as unknown as Frame;
  };
  let rows = await read();
  if (rows.numRows !== entities.length && !fleet.mixed) {
    fleet.mixed = true;
    rows = await read();
  }
  if (rows.numRows === entities.length) return rows as unknown as DataFrame;
  const there = new Set(rows.at('entity_id').data as Int32Array);
  throw new ArchetypeError(
    'entity_not_found',
    `Sub-environment ${entities.findIndex((id) => !there.has(id))} has lost its entity or a component at tick ${world.tick}; a processor must leave both, and mark an end in a field that terminated reads.`,
  );
}
