import {
  ArchetypeError,
  defineSimulation,
  type HookDefinition,
  type Processor,
  type Simulation,
  type SimulationDefinition,
} from '@archetype/core';
import type { CustomHandler } from './operations/services.ts';

/** What can be asked for from outside, by name. */
export interface RegisteredOptions {
  /** What worlds can be made of. */
  readonly simulations?: readonly (Simulation | SimulationDefinition)[];
  /** What can be added to worlds; processors of the simulations can be too. */
  readonly processors?: readonly Processor[];
  readonly hooks?: Readonly<Record<string, HookDefinition>>;
  /** What `custom` commands do, by their action. */
  readonly handlers?: Readonly<Record<string, CustomHandler>>;
}

export interface Registered {
  readonly simulations: ReadonlyMap<string, Simulation>;
  readonly processors: ReadonlyMap<string, Processor>;
  readonly hooks: ReadonlyMap<string, HookDefinition>;
  readonly handlers: ReadonlyMap<string, CustomHandler>;
}

/** @throws `invalid_argument` for two simulations of one name */
export function register(options: RegisteredOptions): Registered {
  const { processors = [], hooks = {}, handlers = {} } = options;
  const simulations = new Map<string, Simulation>();
  for (const given of options.simulations ?? []) {
    const simulation = defineSimulation(given);
    if (simulations.has(simulation.name)) {
      throw new ArchetypeError(
        'invalid_argument',
        `Two simulations are called "${simulation.name}"; worlds are made of them by name, so rename one.`,
      );
    }
    simulations.set(simulation.name, simulation);
  }
  const known = [...simulations.values()].flatMap((simulation) => simulation.processors);
  return {
    simulations,
    processors: new Map([...known, ...processors].map((one) => [one.name, one])),
    hooks: new Map(Object.entries(hooks)),
    handlers: new Map(Object.entries(handlers)),
  };
}
