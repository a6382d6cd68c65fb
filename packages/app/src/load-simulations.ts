import { ArchetypeError, type Simulation } from '@archetype/core';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Loads simulations from modules by their paths, JavaScript or TypeScript (types are stripped; nothing is built): whatever
 * a module exports that `defineSimulation` made.
 *
 * @throws `module_failed`, naming the module, when it cannot be loaded or exports none, or two have one name
 * @example createApp({ store, simulations: await loadSimulations(['./predators.ts']) })
 */
export async function loadSimulations(paths: readonly string[]): Promise<readonly Simulation[]> {
  const found = new Map<string, { readonly simulation: Simulation; readonly path: string }>();
  for (const path of paths) {
    for (const simulation of await simulationsIn(path)) {
      const other = found.get(simulation.name);
      if (other !== undefined && other.simulation !== simulation) {
        throw failed(
          path,
          `exports a simulation called "${simulation.name}", as "${other.path}" does; give them different names`,
        );
      }
      found.set(simulation.name, { simulation, path });
    }
  }
  return [...found.values()].map(({ simulation }) => simulation);
}

async function simulationsIn(path: string): Promise<readonly Simulation[]> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw failed(path, `could not be loaded: ${said}`, error);
  }
  const simulations = [...new Set(Object.values(module))].filter(isSimulation);
  if (simulations.length > 0) return simulations;
  throw failed(
    path,
    `exports no simulation (it exports ${Object.keys(module).join(', ') || 'nothing'}); export what defineSimulation returned`,
  );
}

function isSimulation(given: unknown): given is Simulation {
  if (typeof given !== 'object' || given === null) return false;
  const { name, components, processors, resources, hooks } = given as Partial<Simulation>;
  return (
    typeof name === 'string' &&
    [components, processors, resources, hooks].every((list) => Array.isArray(list)) &&
    Object.isFrozen(given)
  );
}

const failed = (path: string, problem: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError(
    'module_failed',
    `The module "${path}" ${problem}.`,
    cause === undefined ? {} : { cause },
  );
