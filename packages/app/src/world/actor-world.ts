import {
  patchToJson,
  valueToJson,
  type AnyComponent,
  type ColumnsOf,
  type DataFrame,
  type HookDefinition,
  type Json,
  type Patch,
  type Processor,
  type QueryOptions,
  type ResourceValue,
  type RunOptions,
  type RunResult,
  type StoredCommand,
  type Value,
  type WorldInfo,
  type WorldTable,
} from '@archetype/core';
import type { AuditPage, AuditPageQuery } from '../audit/page.ts';
import type { Receipt } from '../command/command.ts';
import type { CommandInputOf } from '../gate/decode.ts';
import type { ExecuteOptions } from '../gate/gate.ts';
import type {
  DeferrableType,
  PayloadOf,
  ResultOf,
  WorldCommandType,
} from '../operations/operations.ts';
import type { EpisodeOptions, EpisodeResult } from '../simulate/episode.ts';
import type { RolloutOptions, RolloutResult } from '../simulate/rollout-options.ts';
import type { ActorGate } from './actor-gate.ts';

/** A command that may wait for a tick, about a world whose handle names it. */
export type WorldCommand<T extends DeferrableType = DeferrableType> = T extends DeferrableType
  ? Omit<CommandInputOf<T>, 'world'>
  : never;

/**
 * A world as one actor sees it. Every call is a command through the gate, with its role, quota and audit row; what a call
 * throws is what it was refused with. A mutation is durable when its promise resolves, and applied by the next tick.
 */
export class ActorWorld {
  readonly id: string;
  readonly #gate: ActorGate;

  /** Made by `world.as(actor)`. */
  constructor(gate: ActorGate, id: string) {
    this.#gate = gate;
    this.id = id;
  }

  async #do<T extends WorldCommandType>(
    type: T,
    payload: PayloadOf<T>,
    options?: ExecuteOptions,
  ): Promise<ResultOf<T>> {
    const command = { type, world: this.id, payload } as unknown as CommandInputOf<T>;
    return (await this.#gate.execute(command, options)).result;
  }

  /** @returns the id of the entity that the next tick bears */
  async spawn(...values: readonly Value[]): Promise<number> {
    const payload = { components: values.map(valueToJson) };
    return (await this.#do('spawn', payload)).entities[0]!;
  }

  /** Many entities, with one command. @returns their ids, in order */
  async spawnMany(rows: readonly (readonly Value[])[]): Promise<readonly number[]> {
    const entities = rows.map((values) => ({ components: values.map(valueToJson) }));
    return (await this.#do('spawn', { entities })).entities;
  }

  async despawn(entity: number): Promise<void> {
    await this.#do('despawn', { entity_id: entity });
  }

  async update<C extends AnyComponent>(
    entity: number,
    component: C,
    fields: Patch<NoInfer<C>>,
  ): Promise<void> {
    const patch = { ...patchToJson(component, fields), type: component.type };
    await this.#do('update', { entity_id: entity, components: [patch] });
  }

  async addComponents(entity: number, ...values: readonly Value[]): Promise<void> {
    const components = values.map(valueToJson);
    await this.#do('add_components', { entity_id: entity, components });
  }

  async removeComponents(entity: number, ...components: readonly AnyComponent[]): Promise<void> {
    const types = components.map(({ type }) => type);
    await this.#do('remove_components', { entity_id: entity, types });
  }

  async send(message: {
    readonly to: number;
    readonly from?: number | null;
    readonly content: Json;
  }): Promise<void> {
    await this.#do('message', message);
  }

  /** Has the host's handler of `action` stage what it will. */
  async custom(action: string, payload?: Json): Promise<void> {
    await this.#do('custom', { action, ...(payload !== undefined && { payload }) });
  }

  /** One tick. */
  async step({
    input,
    ...options
  }: ExecuteOptions & { readonly input?: Json } = {}): Promise<RunResult> {
    return this.#do('step', input === undefined ? {} : { input }, options);
  }

  async run({
    steps,
    input,
    signal,
    onProgress,
  }: Omit<RunOptions, 'input'> & { readonly input?: Json }): Promise<RunResult> {
    const payload = { steps, ...(input !== undefined && { input }) };
    return this.#do('run', payload, going({ signal, onProgress }));
  }

  async runEpisode<C extends AnyComponent = AnyComponent>(
    options: EpisodeOptions<C> = {},
  ): Promise<EpisodeResult> {
    const { signal, onProgress, ...payload } = options;
    return this.#do('run_episode', byName(payload), going({ signal, onProgress }));
  }

  /** Without `collect` and `executor`, which are the host's. */
  async runRollout<C extends AnyComponent = AnyComponent>(
    options: Omit<RolloutOptions<undefined, C>, 'collect' | 'executor'>,
  ): Promise<RolloutResult> {
    const { signal, onProgress, episode, params, ...rest } = options;
    const payload = {
      ...rest,
      episode: byName(episode),
      ...(params !== undefined && {
        params: typeof params === 'function' ? params : params.map(resourcesByName),
      }),
    };
    return this.#do('run_rollout', payload, going({ signal, onProgress }));
  }

  /** @returns the branch, as the same actor sees it */
  async fork(
    options: {
      readonly name?: string;
      readonly at?: number;
      readonly seed?: number;
      readonly resources?: readonly ResourceValue[];
    } = {},
  ): Promise<ActorWorld> {
    const { resources, ...rest } = options;
    const payload = {
      ...rest,
      ...(resources !== undefined && { resources: resourcesByName(resources) }),
    };
    const { world } = await this.#do('fork_world', payload);
    return new ActorWorld(this.#gate, world);
  }

  async destroy(): Promise<void> {
    await this.#do('destroy_world', {});
  }

  /** A processor, or the name under which the host registered one. */
  async addProcessor(given: Processor | string): Promise<void> {
    const payload = typeof given === 'string' ? { name: given } : { processor: given };
    await this.#do('add_processor', payload);
  }

  async removeProcessor(given: Processor | string): Promise<void> {
    const name = typeof given === 'string' ? given : given.name;
    await this.#do('remove_processor', { name });
  }

  /** A hook, or the name under which the host registered one. @returns its id */
  async addHook(given: HookDefinition | string): Promise<string> {
    const payload = typeof given === 'string' ? { name: given } : { hook: given };
    return (await this.#do('add_hook', payload)).hook;
  }

  async removeHook(hook: string): Promise<void> {
    await this.#do('remove_hook', { hook });
  }

  async setResource(resource: ResourceValue): Promise<void> {
    await this.#do('set_resource', { resource });
  }

  /** As `World.query`. */
  async query<
    const Cs extends readonly AnyComponent[],
    const S extends keyof ColumnsOf<Cs> & string = keyof ColumnsOf<Cs> & string,
  >(
    components: Cs,
    options: QueryOptions<ColumnsOf<Cs>, S> = {},
  ): Promise<DataFrame<Pick<ColumnsOf<Cs>, S>>> {
    const { without, ...rest } = options;
    return this.#do('query', {
      ...(rest as Omit<QueryOptions, 'without'>),
      components: components.map(({ type }) => type),
      ...(without !== undefined && { without: without.map(({ type }) => type) }),
    });
  }

  async info(): Promise<WorldInfo & { readonly live: boolean; readonly destroyed: boolean }> {
    return this.#do('get_world', {});
  }

  async processors(): Promise<readonly { readonly name: string; readonly priority: number }[]> {
    return this.#do('list_processors', {});
  }

  async hooks(): Promise<readonly { readonly event: string; readonly hook: string | null }[]> {
    return this.#do('list_hooks', {});
  }

  async resources(): Promise<readonly { readonly name: string; readonly kind: string }[]> {
    return this.#do('list_resources', {});
  }

  async signatures(): Promise<readonly WorldTable[]> {
    return this.#do('list_signatures', {});
  }

  async components(): Promise<readonly { readonly type: string }[]> {
    return this.#do('list_components', {});
  }

  /** A page of the audit rows about this world, newest first; `cursor` of one page begins the next. */
  async audit(query: Omit<AuditPageQuery, 'world'> = {}): Promise<AuditPage> {
    const payload = { ...query, world: this.id };
    return (await this.#gate.execute({ type: 'get_audit', payload })).result;
  }

  /** A command that was accepted, and what became of it. @throws `command_not_found` */
  async command(id: string): Promise<StoredCommand> {
    return (await this.#gate.execute({ type: 'get_command', payload: { command: id } })).result;
  }

  /** Takes a command out of its queue. @throws `command_settled` when a tick has taken it, `command_not_found` */
  async cancel(id: string): Promise<void> {
    await this.#gate.execute({ type: 'cancel_command', payload: { command: id } });
  }

  /** Puts a command into this world's queue. */
  async submit(command: WorldCommand): Promise<Receipt> {
    return this.#gate.submit({ ...command, world: this.id });
  }

  /** Puts commands into this world's queue, all of them or none. */
  async submitBatch(commands: readonly WorldCommand[]): Promise<readonly Receipt[]> {
    return this.#gate.submitBatch(commands.map((command) => ({ ...command, world: this.id })));
  }
}

const going = ({
  signal,
  onProgress,
}: {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: never) => void) | undefined;
}): ExecuteOptions => ({
  ...(signal !== undefined && { signal }),
  ...(onProgress !== undefined && { onProgress: onProgress as (progress: Json) => void }),
});

/** An episode whose condition names its component. */
function byName(episode: { readonly terminal?: unknown }): object {
  const { terminal } = episode;
  if (typeof terminal !== 'object' || terminal === null) return episode;
  const { component } = terminal as { readonly component?: AnyComponent };
  return { ...episode, terminal: { ...terminal, component: component?.type } };
}

/** Data resources are JSON; a live one is refused behind the gate. */
const resourcesByName = (given: readonly ResourceValue[]): Record<string, Json> =>
  Object.fromEntries(given.map(({ resource, value }) => [resource, value as Json]));
