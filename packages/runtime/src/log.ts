import { ArchetypeError, type LogFields, type Logger } from '@archetype/core';
import { inspect } from 'node:util';

/** Entries of this level and above are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * The level asked for: `given`, else `ARCHETYPE_LOG`, else `warn`.
 *
 * @throws `invalid_argument`
 */
export function logLevel(given: string | undefined): LogLevel {
  const variable = process.env['ARCHETYPE_LOG'];
  const level = given ?? (variable === '' ? undefined : variable) ?? 'warn';
  if (levels.includes(level as LogLevel)) return level as LogLevel;
  throw new ArchetypeError(
    'invalid_argument',
    `${given === undefined ? 'ARCHETYPE_LOG' : 'log'} was ${JSON.stringify(level)}; use one of ${levels.join(', ')}.`,
  );
}

/** Writes to standard error, a line for each entry: what a program prints on standard output is its own. */
export function stderrLogger(level: LogLevel): Logger {
  const from = levels.indexOf(level);
  const at =
    (own: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (levels.indexOf(own) < from) return;
      const more = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${shown(value)}`);
      process.stderr.write(`archetype ${own}: ${message}${more.join('')}\n`);
    };
  return Object.freeze({
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  });
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { breakLength: Infinity, depth: 4 });
