import type { DurableStoreOptions } from '@archetype/storage';
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Crashed, Played } from './checker.ts';
import type { Name } from './script.ts';
import { nodeArguments } from '../node-arguments.ts';

/** Every check starts a storage thread, and an engine is not asked to start hundreds of them in one process. */
const CHECKS_PER_PROCESS = 20;

/** Opens stores that crashed, in processes that are replaced after a few checks. */
export class Checks {
  #process: ChildProcess | undefined;
  #left = 0;

  /** @throws what is wrong, as `what: …` */
  async after(
    what: string,
    options: Omit<DurableStoreOptions, 'fileSystem'>,
    acknowledged: ReadonlyMap<Name, number>,
    played: Played = 'script',
  ): Promise<void> {
    const checker = this.#checker();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const answered = ({ problem }: { problem?: string }): void => resolve(problem);
    const ended = (code: number | null, signal: string | null): void =>
      resolve(`the process that checked it ended with ${code ?? signal}`);
    checker.once('message', answered).once('exit', ended);
    checker.send({ played, options, acknowledged: [...acknowledged] } satisfies Crashed);
    const problem = await promise;
    checker.off('message', answered).off('exit', ended);
    if (problem !== undefined) throw new Error(`${what}: ${problem}`);
  }

  end(): void {
    this.#process?.kill();
    this.#process = undefined;
  }

  #checker(): ChildProcess {
    if (this.#left-- === 0) {
      this.end();
      this.#left = CHECKS_PER_PROCESS - 1;
    }
    return (this.#process ??= fork(fileURLToPath(new URL('checker.ts', import.meta.url)), {
      execArgv: [...nodeArguments],
    }));
  }
}
