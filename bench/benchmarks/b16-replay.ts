import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import { medians } from '../medians.ts';
import { expect } from '../oracle.ts';
import { temporary } from '../temporary.ts';

const GB = 1e9;

export const benchmark: Benchmark = {
  title: 'opening a store whose process died with 1 GB in its journal',
  async *run() {
    // A tick of few rows costs a record, whatever it holds.
    for (const [rows, ratio] of [
      [10_000, 2],
      [100, 5],
    ] as const) {
      await using directory = await temporary();
      const store = join(directory.path, 'run');
      const { tick } = (await child('write', store, rows, GB)) as { tick: number };
      let spent = 0;
      const { ours, yardstick } = await medians(
        {
          ours: async () => {
            const opened = (await child('open', store)) as Record<'ms' | 'tick' | 'cell', number>;
            expect(opened.tick === tick && opened.cell === tick, 'the last tick is another');
            spent += opened.ms;
          },
          yardstick: async () => {
            const { ms } = (await child('read', store)) as { ms: number };
            spent += ms;
          },
        },
        { rounds: 5, warmUp: 1, clock: () => spent },
      );
      yield {
        work: `opening, ticks of ${rows.toLocaleString('en')} × 8`,
        value: ours,
        yardstick: 'its journal, read + checksummed',
        yardstickValue: yardstick,
        unit: 'ms',
        bar: { ratio },
      };
    }
  },
};

/** What `journal-child.ts` prints; it dies without closing anything, so that nothing is moved into parts. */
async function child(...given: readonly (string | number)[]): Promise<unknown> {
  const script = join(import.meta.dirname, '..', 'journal-child.ts');
  const { stdout } = spawn(process.execPath, [...process.execArgv, script, ...given.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(stdout));
}
