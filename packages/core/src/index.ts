export { ArchetypeError, didYouMean, type ErrorCode } from './errors.ts';

export { defineComponent } from './schema/component.ts';
export { patchFromJson, patchToJson, valueFromJson, valueToJson } from './schema/value-json.ts';
export type { AnyComponent, Component, Fields, Patch, Patches, Value } from './schema/component.ts';
export {
  bool,
  entity,
  f32,
  f64,
  i32,
  i64,
  json,
  timestamp,
  u32,
  utf8,
  vector,
} from './schema/field.ts';
export type { BirthRef, BirthRefs, EntityRef } from './schema/entity-ref.ts';
export type * from './schema/types.ts';

export {
  col,
  greatest,
  least,
  lit,
  random,
  randomInt,
  randomNormal,
  when,
} from './expression/expression.ts';
export { toSql } from './expression/to-sql.ts';
export type {
  Aggregate,
  BigIntExpr,
  BoolExpr,
  Condition,
  Expr,
  ExprOf,
  JsonExpr,
  ListExpr,
  NullableExpr,
  NumberExpr,
  Promote,
  StructExpr,
  TextExpr,
  Then,
  ThenText,
  TimeExpr,
  TypeOfAggregate,
  TypeOfExpr,
  VectorExpr,
  When,
} from './expression/expr.ts';

export { fromArrow, toArrow } from './frame/arrow.ts';
export { fromIPC, toIPC, type IpcOptions } from './frame/ipc.ts';
export { fromColumns, fromRows } from './frame/create-frame.ts';
export type { BatchContext, CallContext, MapAsyncOptions } from './frame/call-options.ts';
export type { Accessor } from './frame/column-accessor.ts';
export type { BaseColumns, ColumnsOf, MessageColumns } from './frame/columns-of.ts';
export type { AnyFrame, DataFrame, Grouped } from './frame/data-frame.ts';
export type {
  Assignable,
  Description,
  JoinOn,
  NumericNames,
  Readable,
  SortKey,
  Writable,
} from './frame/verb-types.ts';
export { gridIndex } from './frame/grid-index.ts';
export type { GridIndex, GridOptions } from './frame/grid-index.ts';
export type { Neighbourhood } from './frame/neighbourhood.ts';
export { radiusIndex } from './frame/radius-index.ts';
export type { RadiusIndex, RadiusOptions } from './frame/radius-index.ts';
export type { KernelRandom, KernelTools } from './frame/kernel-random.ts';
export { createLimiter, type Limiter } from './frame/limiter.ts';
export { randomStream } from './random/random-stream.ts';
export type { RandomStream } from './random/stream.ts';
export type { RandomStreams } from './random/streams.ts';

export { defineResource, isResource, resourceFromJson } from './state/resource.ts';
export type { AnyResource, Resource, ResourceOf, ResourceValue } from './state/resource.ts';
export { defineProcessor } from './tick/processor.ts';
export type { Processor, ProcessorDefinition } from './tick/processor.ts';
export { defineSimulation } from './tick/simulation.ts';
export type { HookDefinition, Setup, Simulation, SimulationDefinition } from './tick/simulation.ts';
export type { Entities, PatchFor, TickContext, WorldIdentity } from './tick/context.ts';
export type { Combine } from './tick/emission.ts';
export type { Resources } from './tick/resources.ts';

export { defineHook } from './world/hooks.ts';
export type { Detached, Hook, HookEvent, HookEvents, HookOptions } from './world/hooks.ts';
export type { HookWorld, QuietWorld } from './world/hook-world.ts';
export { Worlds } from './world/worlds.ts';
export type { CreateOptions, ResumeOptions, WorldsOptions } from './world/worlds.ts';
export { World } from './world/world.ts';
export type { Stage } from './world/stage.ts';
export type { Definitions } from './world/definitions.ts';
export type { Due, DueCommand, WorldCommands } from './world/world-commands.ts';
export type { ForkOptions, RunOptions, StepOptions } from './world/world-options.ts';
export type { WorldReader } from './world/world-reader.ts';
export {
  tablesOf,
  type RunProgress,
  type RunResult,
  type WorldInfo,
  type WorldTable,
} from './world/world-info.ts';
export type { QueryOptions, Ticks } from './world/query.ts';
export type { SearchOptions } from './world/search.ts';

// Worlds for scripts that do not await.
export { SyncWorlds, type SyncWorldsOptions } from './sync/sync-worlds.ts';
export { SyncWorld } from './sync/sync-world.ts';
export type { SyncWorldReader } from './sync/sync-reader.ts';
export type { Appending, SyncStore } from './sync/sync-store.ts';
export type {
  SyncDetached,
  SyncHookEvents,
  SyncHookWorld,
  SyncQuietWorld,
} from './sync/sync-hooks.ts';

// For stores and storage adapters: frames and columns without their types.
export { checkAcceptance, checkSettled } from './store/check-acceptance.ts';
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.ts';
export type {
  Acceptance,
  Metric,
  NearestRows,
  ScanQuery,
  Store,
  StoredWorld,
  TickMessages,
} from './store/store.ts';
export {
  checkAuditQuery,
  checkCommandQuery,
  CommandBook,
  storedCommand,
} from './store/command-book.ts';
export { QuotaBook } from './store/quota-book.ts';
export { assembleTick, assembleTicks, scanSchema, type TickRows } from './store/assemble.ts';
export { takeNearest } from './world/search.ts';
export { wantedColumns, type WantedColumn } from './store/project.ts';
export { livingRows } from './store/living-rows.ts';
export { sameCommit } from './store/same-commit.ts';
export { Frame, isDataFrame } from './frame/frame.ts';
export { bytesOf } from './column/bytes-of.ts';
export { Column } from './column/column.ts';
export { columnOf, concat, constant, fromBuffers, fromValues } from './column/columns.ts';
export type { BufferSource, TypedArray } from './column/layout.ts';
export { printType, sameType, types } from './schema/column-type.ts';
export { makeMemoryReady } from './expression/unwritten.ts';
export { columnsIn } from './expression/columns-in.ts';
export type { Node } from './expression/node.ts';
export type { ColumnType, Field, Kind, Schema } from './schema/column-type.ts';
export { baseColumns, covers, shapesOf, signatureOf } from './schema/signature.ts';
export type {
  ComponentShape,
  DefaultCell,
  SchemaId,
  Signature,
  TableId,
} from './schema/signature.ts';
export type { Commit, TableCommit } from './state/commit.ts';
export {
  codeOf,
  matchesCommand,
  rejectedBy,
  type Actor,
  type CommandQuery,
  type CommandRecord,
  type CommandStatus,
  type SettledCommand,
  type StoredCommand,
} from './state/command.ts';
export {
  AUDIT_PAGE,
  matchesAudit,
  type AuditQuery,
  type AuditRecord,
  type AuditStatus,
} from './state/audit.ts';
export type { QuotaRecord } from './state/quota.ts';
export { mintId, UNSTARTED, type RunId, type WorldId } from './state/ids.ts';
export { toJson } from './state/json.ts';
export type { Json } from './json.ts';
export type { LogFields, Logger } from './state/logger.ts';
export type { AsyncContext } from './world/inside.ts';
export { messageColumns, noMessages } from './state/message.ts';
export type { Mutation } from './state/mutation.ts';
export type { Counters, Snapshot, Table } from './state/snapshot.ts';
export { lineageAt, piecesOf } from './state/world-record.ts';
export type { Lease, LineagePiece, WorldRecord } from './state/world-record.ts';
