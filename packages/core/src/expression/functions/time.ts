import { isNumber, types, type ColumnType } from '../../schema/column-type.ts';
import { typedFunction, type ExpressionFunction, type Functions } from './function.ts';

const isTime = (type: ColumnType): boolean => type.kind === 'timestamp';

/** A part of a point in time, in UTC. */
const part = (apply: (date: Date) => number, sql: string): ExpressionFunction => ({
  ...typedFunction([isTime], 'a timestamp', types.i32),
  apply: (ms: number) => apply(new Date(ms)),
  sql: ([at]) => `cast(${sql}(${at}) as integer)`,
});

const DAY = 86_400_000;
const lengths: { readonly [unit: string]: number } = {
  day: DAY,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
};

/** Units to which a point in time can be cut; weeks begin on Monday. */
export const timeUnits = ['year', 'month', 'week', ...Object.keys(lengths)];

function truncate(ms: number, unit: string): number {
  const length = lengths[unit];
  if (length !== undefined) return Math.floor(ms / length) * length;
  const date = new Date(ms);
  // Day 0 of the epoch was a Thursday, three days after a Monday.
  if (unit === 'week')
    return (Math.floor(ms / DAY) - ((((Math.floor(ms / DAY) + 3) % 7) + 7) % 7)) * DAY;
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), unit === 'year' ? 0 : date.getUTCMonth(), 1);
  return start.getTime();
}

/** Times are milliseconds since the epoch; there is no other time zone than UTC. */
export const timeFunctions: Functions = {
  year: part((date) => date.getUTCFullYear(), 'year'),
  month: part((date) => date.getUTCMonth() + 1, 'month'),
  day: part((date) => date.getUTCDate(), 'day'),
  hour: part((date) => date.getUTCHours(), 'hour'),
  minute: part((date) => date.getUTCMinutes(), 'minute'),
  second: part((date) => date.getUTCSeconds(), 'second'),
  weekday: part((date) => date.getUTCDay() || 7, 'isodow'),
  epochMs: {
    ...typedFunction([isTime], 'a timestamp', types.f64),
    js: ([at]) => at!,
    apply: (ms: number) => ms,
    sql: ([at]) => `cast(epoch_ms(${at}) as double)`,
  },
  addMs: {
    ...typedFunction([isTime, isNumber], 'a timestamp and a number', types.timestamp),
    literal: () => types.f64,
    js: ([at, ms]) => `${at}+Math.trunc(${ms})`,
    apply: (at: number, ms: number) => at + Math.trunc(ms),
    overflows: true,
    sql: ([at, ms]) => `make_timestamp_ms(epoch_ms(${at}) + cast(trunc(${ms}) as bigint))`,
  },
  msSince: {
    ...typedFunction([isTime, isTime], 'two timestamps', types.f64),
    js: ([a, b]) => `${a}-${b}`,
    apply: (a: number, b: number) => a - b,
    sql: ([a, b]) => `cast(epoch_ms(${a}) - epoch_ms(${b}) as double)`,
  },
  truncate: {
    ...typedFunction(
      [isTime, (type) => type.kind === 'utf8'],
      'a timestamp and a unit',
      types.timestamp,
    ),
    apply: truncate,
    sql: ([at, unit]) => `date_trunc(${unit}, ${at})`,
  },
};
