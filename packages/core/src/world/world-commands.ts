import { rejectedBy } from '../state/command.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { stageOver, type Stage } from './stage.ts';
import type { Staging } from './staging.ts';

/** A deferred command that is due, and how it is done. */
export interface DueCommand {
  readonly command: string;
  readonly work: (stage: Stage) => void;
}

/** Deferred commands, by world. */
export interface Due {
  /** Those of a world that are due at a tick, in the order in which they apply; they belong to the world then. */
  take(world: string, tick: number): readonly DueCommand[];
  /** Their tick failed: they are due again. */
  giveBack(world: string, commands: readonly DueCommand[]): void;
}

/** For worlds without a gate. */
export const NOTHING_DUE: Due = { take: () => [], giveBack: () => undefined };

/** The work of accepted commands, for those who bring them from outside; scripts stage directly. */
export interface WorldCommands {
  /**
   * Does the work of a command, whole or not at all: the tick that takes it settles the command.
   *
   * @throws what staging throws; then nothing of it is staged
   */
  enact(command: string, work: (stage: Stage) => void): void;
  /** A command that cannot be done: the next tick rejects it, for the reason given. */
  refuse(command: string, reason: unknown): void;
  /** Holds `work` against what the world will be, and stages nothing. @throws what staging throws */
  check(work: (stage: Stage) => void): void;
  /** Ids for entities to be born by `enact`; they are given to nobody else. @returns the first of `count` */
  reserve(count: number): number;
  /** Resolves when the world itself is written down, so that what is accepted for it can be found again. */
  written(): Promise<void>;
  /** Entity ids below `next` were given before, and are not given again. */
  hold(next: number): void;
}

/** `head` is the state that the next tick starts from; `admit` refuses when the world is over. */
export function commandsOver(
  staging: Staging,
  head: () => Snapshot,
  admit: () => void,
  written: () => Promise<void>,
): WorldCommands {
  const stage = (): Stage => stageOver(staging, head());
  return Object.freeze<WorldCommands>({
    enact: (command, work) => {
      admit();
      staging.enact(command, () => work(stage()));
    },
    refuse: (command, reason) => {
      admit();
      staging.refuse(rejectedBy(command, reason));
    },
    check: (work) => {
      admit();
      staging.check(() => work(stage()));
    },
    reserve: (count) => {
      admit();
      return staging.reserve(count);
    },
    written: async () => {
      admit();
      await written();
    },
    hold: (next) => {
      admit();
      staging.hold(next);
    },
  });
}
