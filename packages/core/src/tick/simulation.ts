import { ArchetypeError, requireObject } from '../errors.ts';
import type { AnyComponent, Value } from '../schema/component.ts';
import type { AnyResource, ResourceValue } from '../state/resource.ts';
import type { Processor } from './processor.ts';

/** A world's code as frozen data: the same one starts a world, resumes it and runs its forks. */
export interface Simulation {
  readonly name: string;
  readonly components: readonly AnyComponent[];
  readonly processors: readonly Processor[];
  /** Values, or resources that stand for their default. */
  readonly resources: readonly (ResourceValue | AnyResource)[];
  readonly hooks: readonly HookDefinition[];
  /** Called once, before tick 0, to stage what the world begins with. */
  readonly setup: ((world: Setup) => void) | undefined;
}

/** A handler of an event. Made by `defineHook`, and by `world.on`. */
export interface HookDefinition {
  readonly event: string;
  readonly handler: (event: never) => unknown;
  readonly mode: 'blocking' | 'detached';
}

/** What `setup` may do. */
export interface Setup {
  spawn(...values: readonly Value[]): number;
}

export interface SimulationDefinition {
  readonly name?: string;
  /** Components that no processor names, so that queries by name and stored rows know them. */
  readonly components?: readonly AnyComponent[];
  readonly processors?: readonly Processor[];
  readonly resources?: readonly (ResourceValue | AnyResource)[];
  /** Handlers that every world of it has, its forks too. */
  readonly hooks?: readonly HookDefinition[];
  readonly setup?: (world: Setup) => void;
}

/**
 * Defines a simulation.
 *
 * @throws `processor_conflict`, `invalid_definition`
 * @example const simulation = defineSimulation({ name: 'demo', processors: [movement] });
 */
export function defineSimulation(definition: Simulation | SimulationDefinition): Simulation {
  requireObject(definition, 'A simulation', '{ processors: [walk] }');
  const {
    name = 'simulation',
    components = [],
    processors = [],
    resources = [],
    hooks = [],
    setup,
  } = definition;
  const names = new Set<string>();
  for (const processor of processors) {
    if (typeof processor?.process !== 'function') {
      throw new ArchetypeError(
        'invalid_definition',
        `Simulation "${name}" lists something that is not a processor; give what defineProcessor returned.`,
      );
    }
    if (names.has(processor.name)) {
      throw new ArchetypeError(
        'processor_conflict',
        `Simulation "${name}" has two processors called "${processor.name}"; names are unique in a world, rename one.`,
      );
    }
    names.add(processor.name);
  }
  for (const hook of hooks) {
    if (typeof hook?.handler === 'function' && typeof hook.event === 'string') continue;
    throw new ArchetypeError(
      'invalid_definition',
      `Simulation "${name}" lists something that is not a hook; give what defineHook returned.`,
    );
  }
  return Object.freeze({
    name,
    components: Object.freeze([...components]),
    processors: Object.freeze([...processors]),
    resources: Object.freeze([...resources]),
    hooks: Object.freeze([...hooks]),
    setup,
  });
}
