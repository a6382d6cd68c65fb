/** What an actor has used of one quota in its present period. */
export interface QuotaRecord {
  readonly actor: string;
  /** `tokens`, or the world whose ticks are counted. */
  readonly scope: string;
  /** A UTC day as `2026-11-26`, or the world's tick. Only the newest period of a scope is kept. */
  readonly period: string;
  readonly used: number;
}
