import { ArchetypeError } from '@archetype/runtime';
import { parseArgs } from 'node:util';

export interface Options {
  readonly ticks: number;
  readonly seed: number;
  /** A directory; undefined to keep everything in memory. */
  readonly storage: string | undefined;
  readonly svg: string;
  readonly help: boolean;
}

/** The tick at which the second branch leaves the first. */
export const FORK_TICK = 20;

export const usage = `An epidemic over the US air network of 2008, stored tick by tick, forked and compared.

Usage: npm start -- [options]

  --ticks N      days to simulate, more than ${FORK_TICK}  (120)
  --seed N       whole number that every random number follows from  (42)
  --storage DIR  where to keep every tick  (./archetype_data)
  --memory       keep nothing; the printed results are the same
  --svg FILE     where to draw the curves  (./air-network-epidemic.svg)
  --help         this text`;

/** @throws `invalid_argument` */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  if (values.memory === true && values.storage !== undefined) {
    throw invalid('--memory keeps nothing, so it cannot go with --storage; give one of them.');
  }
  return {
    ticks: whole('--ticks', values.ticks ?? '120', FORK_TICK + 1),
    seed: whole('--seed', values.seed ?? '42', 0),
    storage: values.memory === true ? undefined : (values.storage ?? './archetype_data'),
    svg: values.svg ?? './air-network-epidemic.svg',
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        ticks: { type: 'string' },
        seed: { type: 'string' },
        storage: { type: 'string' },
        memory: { type: 'boolean' },
        svg: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw invalid(`${cause instanceof Error ? cause.message : String(cause)} See --help.`, cause);
  }
}

function whole(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw invalid(`${flag} was ${JSON.stringify(text)}; give a whole number of at least ${least}.`);
}

const invalid = (message: string, cause?: unknown): ArchetypeError =>
  new ArchetypeError('invalid_argument', message, { cause });
