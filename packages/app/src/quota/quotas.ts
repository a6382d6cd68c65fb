import { ArchetypeError, type QuotaRecord } from '@archetype/core';
import type { ActorLimits } from './limits.ts';

/** What a command would use. */
export interface Charge {
  /** Where a tick's commands are counted; none for commands that are about no world. */
  readonly at: { readonly world: string; readonly tick: number } | undefined;
  readonly tokens: number;
}

/** What was charged, until it is known what was used. */
export interface Reservation {
  /** Gives back what was reserved beyond it. */
  settle(tokens: number): void;
  /** Gives everything back: nothing of it happened. */
  release(): void;
}

const TOKENS = 'tokens';
const DAY_MS = 86_400_000;

interface Counter {
  readonly actor: string;
  readonly scope: string;
  period: string;
  used: number;
}

/** Counts what actors use: commands of a world's tick, and tokens of a UTC day. */
export class Quotas {
  readonly #clock: () => number;
  readonly #counters = new Map<string, Counter>();
  readonly #changed = new Set<Counter>();
  /** The day that was asked for last. */
  #day = { number: Number.NaN, name: '' };

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  load(records: readonly QuotaRecord[]): void {
    for (const record of records) this.#counters.set(keyOf(record), { ...record });
  }

  /**
   * Checks all charges, then charges all of them.
   *
   * @throws `quota_exceeded` when too many commands came in one tick of a world, `budget_exceeded` when the day's tokens
   * are used up; both tell the limit, what remains and when it resets
   */
  reserve(actor: string, limits: ActorLimits, charges: readonly Charge[]): Reservation {
    const commands = new Map<string, { counter: Counter; count: number }>();
    for (const { at } of charges) {
      if (at === undefined) continue;
      const known = commands.get(at.world);
      if (known !== undefined) known.count++;
      else
        commands.set(at.world, {
          counter: this.#counter(actor, at.world, String(at.tick)),
          count: 1,
        });
    }
    for (const { counter, count } of commands.values())
      if (counter.used + count > limits.commandsPerTick) throw tooMany(counter, count, limits);
    const sum = charges.reduce((total, { tokens }) => total + tokens, 0);
    const day = this.#counter(actor, TOKENS, this.#dayOf(this.#clock()));
    if (day.used + sum > limits.tokensPerDay) throw tooDear(day, sum, limits);
    for (const { counter, count } of commands.values()) this.#use(counter, count);
    this.#use(day, sum);
    const { period } = day;
    const ticks = new Map([...commands.values()].map(({ counter }) => [counter, counter.period]));
    let left = sum;
    const giveBack = (tokens: number): void => {
      left -= tokens;
      // A day that is over is not counted any more.
      if (day.period === period && tokens !== 0) this.#use(day, -tokens);
    };
    return {
      settle: (tokens) => giveBack(Math.max(0, left - tokens)),
      release: () => {
        giveBack(left);
        for (const { counter, count } of commands.values())
          if (counter.period === ticks.get(counter)) this.#use(counter, -count);
      },
    };
  }

  /** Counters that changed since they were written. */
  unwritten(): readonly QuotaRecord[] {
    return [...this.#changed].map((counter) => ({ ...counter }));
  }

  written(records: readonly QuotaRecord[]): void {
    for (const record of records) {
      const counter = this.#counters.get(keyOf(record));
      if (counter === undefined) continue;
      if (counter.used === record.used && counter.period === record.period)
        this.#changed.delete(counter);
    }
  }

  #dayOf(now: number): string {
    const number = Math.floor(now / DAY_MS);
    if (number !== this.#day.number)
      this.#day = { number, name: new Date(number * DAY_MS).toISOString().slice(0, 10) };
    return this.#day.name;
  }

  #counter(actor: string, scope: string, period: string): Counter {
    const key = keyOf({ actor, scope });
    let counter = this.#counters.get(key);
    if (counter === undefined)
      this.#counters.set(key, (counter = { actor, scope, period, used: 0 }));
    // Ticks and days do not go back; what comes late counts where the counter stands.
    if (scope === TOKENS ? period > counter.period : Number(period) > Number(counter.period)) {
      counter.period = period;
      counter.used = 0;
    }
    return counter;
  }

  #use(counter: Counter, more: number): void {
    counter.used += more;
    this.#changed.add(counter);
  }
}

const keyOf = ({ actor, scope }: { readonly actor: string; readonly scope: string }): string =>
  `${scope}\n${actor}`;

function tooMany(counter: Counter, count: number, limits: ActorLimits): ArchetypeError {
  const limit = limits.commandsPerTick;
  const remaining = Math.max(0, limit - counter.used);
  return new ArchetypeError(
    'quota_exceeded',
    `${count === 1 ? 'This command' : `These ${count} commands`} would be beyond the ${limit} that you may give a world in one tick; ${remaining} remain until it leaves tick ${counter.period}.`,
    { details: { limit, remaining, resetsAtTick: Number(counter.period) + 1 } },
  );
}

function tooDear(day: Counter, tokens: number, limits: ActorLimits): ArchetypeError {
  const limit = limits.tokensPerDay;
  const remaining = Math.max(0, limit - day.used);
  const resetsAt = Date.parse(`${day.period}T00:00:00Z`) + DAY_MS;
  return new ArchetypeError(
    'budget_exceeded',
    `This costs ${tokens} tokens, and ${remaining} of your ${limit} for ${day.period} remain; ${tokens > limit ? 'ask for less' : `wait until ${new Date(resetsAt).toISOString()}, or ask for less`}.`,
    { details: { limit, remaining, cost: tokens, resetsAt } },
  );
}
