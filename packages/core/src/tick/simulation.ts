import { ArchetypeError } from '../errors.ts';
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
  /** Called once, before tick 0, to stage what the world begins with. */
  readonly setup: ((world: Setup) => void) | undefined;
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
  readonly setup?: (world: Setup) => void;
}

/**
 * Defines a simulation.
 *
 * @throws `processor_conflict`, `invalid_definition`
 * @example const simulation = defineSimulation({ name: 'demo', processors: [movement] });
 */
export function defineSimulation(definition: SimulationDefinition): Simulation {
  const {
    name = 'simulation',
    components = [],
    processors = [],
    resources = [],
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
  return Object.freeze({
    name,
    components: Object.freeze([...components]),
    processors: Object.freeze([...processors]),
    resources: Object.freeze([...resources]),
    setup,
  });
}
