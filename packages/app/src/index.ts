export { createApp } from './app.ts';
export type { App, AppOptions } from './app.ts';
export { loadSimulations } from './load-simulations.ts';
export type { RuntimeWorld } from './world/runtime-world.ts';
export type { ActorGate } from './world/actor-gate.ts';
export type { ActorWorld, WorldCommand } from './world/actor-world.ts';

export { operations, commandTypes } from './operations/operations.ts';
export type { CommandType, PayloadOf, ResultOf } from './operations/operations.ts';
export type { Operation, Role } from './operations/operation.ts';
export type { RegisteredOptions } from './registered.ts';
export type { CustomHandler, WorldSummary } from './operations/services.ts';
export type { AuditPage, AuditPageQuery } from './audit/page.ts';
export type { Command, Receipt } from './command/command.ts';
export type { CommandInput, CommandInputOf, DeferredInput } from './gate/decode.ts';
export type { ExecuteOptions, Outcome } from './gate/gate.ts';
export { createPolicy } from './gate/policy.ts';
export type { AccessPolicy, Authorise, PolicyOptions } from './gate/policy.ts';
export type { Cost } from './quota/cost.ts';
export type { Limits, QuotaOptions } from './quota/limits.ts';
export { verifyTrail } from './audit/verify.ts';
export type { AuditHead } from './audit/chain.ts';
export type { AuditEntry, AuditOutcome } from './audit/entry.ts';
export { checkLevel as checkTrustedLevel } from './audit/trusted.ts';
export type { TrustedAuditLevel } from './audit/trusted.ts';
export { auditEntities } from './audit/entity-audit.ts';
export { TrustedTrail, type TrustedCall } from './audit/trusted-trail.ts';
export type { AuditVerdict } from './audit/verify.ts';

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
