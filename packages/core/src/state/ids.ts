import { v7 } from 'uuid';

/** Names a world; a UUIDv7 unless given. */
export type WorldId = string;
/** Names a world's one continuous execution; minted at create and at fork. */
export type RunId = string;

export const mintId = (): string => v7();

/** The tick before tick 0: nothing has been committed. */
export const UNSTARTED = -1;
