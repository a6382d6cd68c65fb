import { ArchetypeError } from '../errors.ts';
import type { AnyComponent } from '../schema/component.ts';
import { Registry } from '../schema/registry.ts';
import { forkLive, type AnyResource } from '../state/resource.ts';
import type { Processor } from '../tick/processor.ts';
import type { Simulation } from '../tick/simulation.ts';
import { Hooks } from './hooks.ts';
import type { WorldParts } from './world-parts.ts';
import type { GivenResources } from './world-resources.ts';

/** A world's code and objects; forks copy them. */
export type PlanParts = Pick<
  WorldParts,
  'registry' | 'processors' | 'live' | 'resources' | 'hooks' | 'keys' | 'register'
>;

/** @throws `processor_conflict`, `component_conflict` */
export function partsOf(plan: Simulation, { live, known }: GivenResources): PlanParts {
  const parts = withRegister({
    registry: new Registry(),
    processors: [],
    live: new Map(live),
    resources: known,
    hooks: new Hooks(plan.hooks),
  });
  const components: readonly AnyComponent[] = plan.components;
  components.forEach((component) => parts.registry.add(component));
  plan.processors.forEach(parts.register);
  return parts;
}

/** The same code, with objects of its own. */
export function forkParts(parts: PlanParts, given: GivenResources): PlanParts {
  const live = new Map(
    [...parts.live].map(([name, value]) => [name, forkOne(parts.resources.get(name), value)]),
  );
  given.live.forEach((value, name) => live.set(name, value));
  return withRegister({
    registry: parts.registry.copy(),
    processors: [...parts.processors],
    live,
    resources: new Map([...parts.resources, ...given.known]),
    hooks: new Hooks(parts.hooks.list),
  });
}

const withRegister = (parts: Omit<PlanParts, 'keys' | 'register'>): PlanParts => ({
  ...parts,
  keys: new Map(),
  register: (processor) => register(parts, processor),
});

function register(
  { registry, processors }: Pick<PlanParts, 'registry' | 'processors'>,
  processor: Processor,
): void {
  if (processors.some(({ name }) => name === processor.name)) {
    throw new ArchetypeError(
      'processor_conflict',
      `This world has a processor "${processor.name}" already; remove it first, or rename one.`,
    );
  }
  const { components, without, optional } = processor;
  [...components, ...without, ...optional].forEach((component) => registry.add(component));
  processors.push(processor);
}

const forkOne = (resource: AnyResource | undefined, value: unknown): unknown =>
  resource === undefined ? value : forkLive(resource, value);
