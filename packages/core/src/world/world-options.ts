import { ArchetypeError } from '../errors.ts';
import type { DataFrame } from '../frame/data-frame.ts';
import type { Json } from '../state/json.ts';
import type { ResourceValue } from '../state/resource.ts';
import type { RunProgress } from './world-info.ts';

export interface StepOptions {
  /**
   * Recorded with the tick and given to its processors as `ctx.input`: JSON, or a frame with a column `entity_id` and at
   * most one row for an entity.
   */
  readonly input?: Json | DataFrame;
  /** Gives the step up: at once where a processor waits or where it waits for its turn, and between ticks. */
  readonly signal?: AbortSignal;
}

export interface RunOptions extends StepOptions {
  /** How many ticks to compute; tick 0 of an unstarted world is committed first and not counted. */
  readonly steps: number;
  readonly onProgress?: (progress: RunProgress) => void;
}

export interface ForkOptions {
  /**
   * A committed tick to branch off from, with the state, counters and data resources of that tick; what is staged stays
   * behind. Now, unless told, with what is staged.
   */
  readonly at?: number;
  /** The source's name and `-fork`, unless told. */
  readonly name?: string;
  /** The source's, unless told, so that branches share their random numbers. */
  readonly seed?: number;
  /** Resources that differ in the branch. */
  readonly resources?: readonly ResourceValue[];
}

/** Ticks of one run that are computed but not yet durable, at most; more would only hold memory. */
export const MAX_IN_FLIGHT = 32;

/** @throws `invalid_argument` */
export function checkSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 0) return;
  throw new ArchetypeError(
    'invalid_argument',
    `run was told steps: ${String(steps)}; give a whole number from 0 on.`,
  );
}
