import { ArchetypeError, type AnyComponent, type World } from '@archetype/core';
import { forkPoint } from '../simulate/fork-point.ts';
import { requireOptions, requireWorld } from '../simulate/given.ts';
import { wholeNumber } from '../whole-number.ts';
import type { Batch, VectorEnvDefinition } from './vector-definition.ts';
import type { VectorEnv } from './vector-env.ts';
import { WorldVectorEnv } from './world-vector-env.ts';

/**
 * Many sub-environments in one world: each is an entity of it, and one tick steps them all. The world given takes no tick;
 * every `reset` is a fork of it as it stands now, with the entities added.
 *
 * @throws `invalid_argument`
 * @example
 * const env = createVectorEnv(world, {
 *   components: [Pole],
 *   numEnvs: 1024,
 *   begin: ({ random }) => [Pole({ angle: random.uniform(-0.05, 0.05) })],
 *   observe: (rows) => rows.column('pole__angle'),
 *   reward: (rows) => new Float64Array(rows.numRows).fill(1),
 *   terminated: (rows) => rows.column('pole__fallen'),
 * });
 */
export function createVectorEnv<const Cs extends readonly AnyComponent[], O extends Batch>(
  world: World,
  definition: VectorEnvDefinition<Cs, O>,
): VectorEnv<O> {
  requireWorld(world, 'createVectorEnv');
  requireOptions(definition, 'createVectorEnv');
  const { components, begin, observe, act, reward, terminated } = definition;
  if (!Array.isArray(components) || components.length === 0)
    throw refused('components', 'a list with at least one component');
  for (const [name, given] of Object.entries({ begin, observe, reward, terminated }))
    if (typeof given !== 'function') throw refused(name, 'a function');
  if (act !== undefined && typeof act !== 'function') throw refused('act', 'a function');
  const numEnvs = wholeNumber(definition.numEnvs, 'numEnvs', 1);
  const maxSteps = wholeNumber(definition.maxSteps ?? 1000, 'maxSteps', 1);
  const plain = definition as unknown as VectorEnvDefinition<readonly AnyComponent[], O>;
  return new WorldVectorEnv(world, forkPoint(world), { ...plain, numEnvs, maxSteps });
}

const refused = (name: string, wanted: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `createVectorEnv was given no ${name}; give ${wanted}.`);
