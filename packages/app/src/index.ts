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
