export { runEpisode } from './simulate/episode.ts';
export type {
  EpisodeDefinition,
  EpisodeOptions,
  EpisodeProgress,
  EpisodeResult,
} from './simulate/episode.ts';
export type { Policy, PolicyMoment, StepInput } from './simulate/policy.ts';
export type {
  BooleanField,
  ComponentCondition,
  EpisodeMoment,
  Predicate,
  Terminal,
} from './simulate/terminal.ts';
export { runRollout } from './simulate/rollout.ts';
export type {
  EpisodeEnd,
  EpisodeOutcome,
  EpisodeParams,
  LeftBehind,
  RolloutOptions,
  RolloutProgress,
  RolloutResult,
} from './simulate/rollout-options.ts';

export type { Executor, Task, TaskStatus } from './executor/executor.ts';
export { InProcessExecutor } from './executor/in-process-executor.ts';

export { createEnv } from './environments/create-env.ts';
export type { EnvDefinition, Transition } from './environments/env-definition.ts';
export type { Env, EnvInfo, EnvSnapshot, Observation, ResetOptions } from './environments/env.ts';
export { createVectorEnv } from './environments/create-vector-env.ts';
export type { Batch, VectorEnvDefinition } from './environments/vector-definition.ts';
export type { VectorEnv, VectorInfo } from './environments/vector-env.ts';
export { apiTest } from './environments/conformance/api-test.ts';
export { forkTest } from './environments/conformance/fork-test.ts';
export { seedTest } from './environments/conformance/seed-test.ts';
export type { ConformanceOptions } from './environments/conformance/options.ts';
