import type { ArchetypeError, Json } from '@archetype/core';

/** Work for an executor. */
export interface Task<T> {
  /** Minted unless given. An id that the executor knows is not submitted again: it stands for what was submitted first. */
  readonly id?: string;
  /** What is to be done, as data: for lists, and for executors that have it done elsewhere. */
  readonly about: Json;
  /** Does it, in this process. `signal` is aborted when it is cancelled; `report` tells how far it is. */
  run(given: { readonly signal: AbortSignal; report(progress: Json): void }): Promise<T>;
}

/** How a task stands. */
export type TaskStatus<T = unknown> = {
  readonly id: string;
  readonly about: Json;
  /** What it reported last. */
  readonly progress: Json | undefined;
} & (
  | { readonly state: 'waiting' | 'running' }
  | { readonly state: 'done'; readonly result: T }
  | { readonly state: 'failed' | 'cancelled'; readonly error: ArchetypeError }
);

/**
 * Where long work runs: in this process, or behind a queue on other machines. Every method fails when the executor itself
 * cannot be reached; that a task failed is part of its status.
 */
export interface Executor {
  /** Takes work on; it begins when there is room. @returns its id */
  submit<T>(task: Task<T>): Promise<string>;
  /** @throws `task_not_found` */
  status(id: string): Promise<TaskStatus>;
  /**
   * Asks a task to end. One that waits is cancelled at once, one that runs when it notices; one that has ended stays as it
   * is. @throws `task_not_found`
   */
  cancel(id: string): Promise<void>;
  /**
   * How a task stands now and whenever that changes; ends with its last status. Whoever reads slowly sees the newest
   * status, not every one. @throws `task_not_found`
   */
  progress(id: string): AsyncIterable<TaskStatus>;
}
