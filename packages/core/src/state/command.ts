import { ArchetypeError, type ErrorCode } from '../errors.ts';
import type { RunId, WorldId } from './ids.ts';
import type { Json } from './json.ts';

/** Who asked for something. */
export interface Actor {
  readonly id: string;
  readonly roles: readonly string[];
  /** Worlds it is limited to; all of them unless told. */
  readonly worlds?: readonly WorldId[];
}

/** A command that was accepted: written down before whoever gave it is told so. Never changes. */
export interface CommandRecord {
  /** UUID, version 7. */
  readonly id: string;
  readonly type: string;
  readonly payload: Json;
  readonly world?: WorldId;
  /** Not before this tick; 0 for the next one. */
  readonly tick: number;
  /** Lower ones first. */
  readonly priority: number;
  /** Order of acceptance; decides between commands of one tick and priority. */
  readonly sequence: number;
  readonly actor: Actor;
  readonly idempotencyKey?: string;
  /** Entity ids that were promised to the caller; they are not given again, whatever becomes of the command. */
  readonly reserved?: readonly number[];
  /** Waits in the queue for its tick; a direct one is staged at once. */
  readonly deferred?: boolean;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
}

export type CommandStatus = 'queued' | 'applied' | 'rejected' | 'cancelled';

/** How a command ended. */
export interface SettledCommand {
  readonly command: string;
  readonly status: Exclude<CommandStatus, 'queued'>;
  /** Why it was rejected: an error's code and message. */
  readonly code?: string;
  readonly message?: string;
  /** What it gave, for whoever asks again with the same key. */
  readonly result?: Json;
  /** Milliseconds since the epoch; absent when a tick decided it. */
  readonly finishedAt?: number;
}

/** How a command ends that could not be done. */
export function rejectedBy(command: string, reason: unknown, finishedAt?: number): SettledCommand {
  const said = reason instanceof Error ? reason.message : String(reason);
  return {
    command,
    status: 'rejected',
    code: codeOf(reason),
    message: said.length <= MAX_MESSAGE ? said : `${said.slice(0, MAX_MESSAGE)}…`,
    ...(finishedAt !== undefined && { finishedAt }),
  };
}

/** What a program can tell an error by. */
export const codeOf = (error: unknown): ErrorCode =>
  error instanceof ArchetypeError ? error.code : 'unexpected';

const MAX_MESSAGE = 500;

/** A command and what became of it. */
export interface StoredCommand extends CommandRecord, Omit<SettledCommand, 'command' | 'status'> {
  readonly status: CommandStatus;
  /** The tick whose commit settled it. */
  readonly settledAt?: { readonly run: RunId; readonly tick: number };
}

/** Which commands to read; all that is given must hold. They come in order of acceptance. */
export interface CommandQuery {
  readonly id?: string;
  readonly type?: string;
  readonly world?: WorldId;
  readonly status?: CommandStatus;
  readonly actor?: string;
  readonly idempotencyKey?: string;
  /** Commands before this sequence only: the first one of the page that was read. */
  readonly before?: number;
  /** Only so many, the newest; all of them unless told. */
  readonly limit?: number;
}

export function matchesCommand(command: StoredCommand, query: CommandQuery): boolean {
  return (
    (query.id === undefined || query.id === command.id) &&
    (query.type === undefined || query.type === command.type) &&
    (query.world === undefined || query.world === command.world) &&
    (query.status === undefined || query.status === command.status) &&
    (query.actor === undefined || query.actor === command.actor.id) &&
    (query.idempotencyKey === undefined || query.idempotencyKey === command.idempotencyKey) &&
    (query.before === undefined || command.sequence < query.before)
  );
}
