import { ArchetypeError, randomStream } from '@archetype/core';
import {
  apiTest,
  forkTest,
  seedTest,
  type Env,
  type EnvInfo,
  type EnvSnapshot,
} from '@archetype/app';
import { describe, expect, test } from 'vitest';

interface State {
  x: number;
  seed: number;
  step: number;
  over: boolean;
  episodeId: string;
}

/** A point that walks, without any world: what a correct environment is, and the places where it can be wrong. */
class Walk implements Env<Float64Array, number> {
  readonly maxSteps: number = 30;
  protected state: State | undefined;
  protected ids = 0;

  protected observe({ x, seed }: State): Float64Array {
    return Float64Array.of(x, seed % 10);
  }
  protected begin(seed: number): State {
    return {
      x: randomStream(seed, 'x').uniform(),
      seed,
      step: 0,
      over: false,
      episodeId: this.id(),
    };
  }
  protected id(): string {
    return `episode ${++this.ids}`;
  }
  protected move(state: State, action: number): void {
    state.x += action;
  }
  protected reward({ x }: State): unknown {
    return -Math.abs(x);
  }
  protected ends({ x }: State): unknown {
    return Math.abs(x) > 6;
  }
  protected truncates({ step }: State): boolean {
    return step >= this.maxSteps;
  }
  protected info({ seed, step, episodeId }: State): EnvInfo {
    return { episodeId, worldId: 'none', seed, tick: step, step };
  }
  protected keep(state: State): State {
    return { ...state };
  }
  protected refuse(): void {
    throw new ArchetypeError('no_episode', 'Reset first.');
  }

  async reset({ seed = 0 }: { seed?: number } = {}): Promise<readonly [Float64Array, EnvInfo]> {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new ArchetypeError('invalid_argument', 'A seed.');
    this.state = this.begin(seed);
    return [this.observe(this.state), this.info(this.state)];
  }
  async step(action: number): Promise<readonly [Float64Array, number, boolean, boolean, EnvInfo]> {
    const { state } = this;
    if (state === undefined || state.over) this.refuse();
    this.move(state!, action);
    state!.step++;
    const terminated = this.ends(state!) as boolean;
    const truncated = !terminated && this.truncates(state!);
    state!.over = terminated || truncated;
    return [
      this.observe(state!),
      this.reward(state!) as number,
      terminated,
      truncated,
      this.info(state!),
    ];
  }
  async snapshot(): Promise<EnvSnapshot> {
    const kept = this.keep(this.state!);
    const release = async () => undefined;
    return { ...kept, kept, release, [Symbol.asyncDispose]: release } as EnvSnapshot;
  }
  async restore(snapshot: EnvSnapshot): Promise<readonly [Float64Array, EnvInfo]> {
    this.state = this.keep((snapshot as EnvSnapshot & { readonly kept: State }).kept);
    return [this.observe(this.state), this.info(this.state)];
  }
  async fork(): Promise<Env<Float64Array, number>> {
    const fork = new (this.constructor as new () => this)();
    fork.state = this.state && this.keep(this.state);
    return fork;
  }
  async close(): Promise<void> {
    await Promise.resolve();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const actions = (random: { integer(low: number, high: number): number }) => random.integer(-1, 2);
const tests = { apiTest, seedTest, forkTest };

test.each(Object.entries(tests))('%s accepts a correct environment', async (_name, conformance) => {
  await expect(conformance(new Walk(), { actions })).resolves.toBeUndefined();
  await expect(conformance(new Walk(), { actions, seed: 5, steps: 7 })).resolves.toBeUndefined();
});

let calls = 0;
const shared = new Float64Array(2);
const broken: readonly (readonly [keyof typeof tests, string, new () => Walk, RegExp])[] = [
  [
    'apiTest',
    'gives the same array each time',
    class extends Walk {
      protected override observe({ x }: State) {
        shared[0] = x;
        return shared;
      }
    },
    /is the same object as an earlier one; each must be a new one/,
  ],
  [
    'apiTest',
    'changes an array it gave before',
    class extends Walk {
      readonly #memory = new Float64Array(1000);
      protected override observe({ x, step }: State) {
        this.#memory.fill(x);
        return this.#memory.subarray(step, step + 2);
      }
    },
    /was changed by a later step/,
  ],
  [
    'apiTest',
    'gives another shape',
    class extends Walk {
      protected override observe(state: State) {
        return new Float64Array(state.step > 3 ? 3 : 2);
      }
    },
    /was Float64Array\[3\], and the first was Float64Array\[2\]; the shape must stay/,
  ],
  [
    'apiTest',
    'gives NaN',
    class extends Walk {
      protected override observe() {
        return Float64Array.of(Number.NaN, 0);
      }
    },
    /The observation after reset 0 holds NaN/,
  ],
  [
    'apiTest',
    'gives text',
    class extends Walk {
      protected override observe() {
        return 'here' as never;
      }
    },
    /was string; it must be a number, a typed array, or a record of them/,
  ],
  [
    'apiTest',
    'has no reward',
    class extends Walk {
      protected override reward() {
        return undefined;
      }
    },
    /The reward after step 1 of episode 0 was undefined/,
  ],
  [
    'apiTest',
    'has an endless reward',
    class extends Walk {
      protected override reward() {
        return Infinity;
      }
    },
    /it must be a finite number/,
  ],
  [
    'apiTest',
    'has another shape of reward',
    class extends Walk {
      protected override reward({ step }: State) {
        return step > 2 ? { a: 1 } : 1;
      }
    },
    /was \{ a: number \}, and the first was number/,
  ],
  [
    'apiTest',
    'ends with 1',
    class extends Walk {
      protected override ends() {
        return 1;
      }
    },
    /terminated was 1 after step 1 of episode 0; it must be a boolean/,
  ],
  [
    'apiTest',
    'is never truncated',
    class extends Walk {
      protected override truncates() {
        return false;
      }
      protected override ends() {
        return false;
      }
    },
    /went on after step 30 of episode 0, and maxSteps is 30/,
  ],
  [
    'apiTest',
    'has no maxSteps',
    class extends Walk {
      override readonly maxSteps = Infinity;
    },
    /maxSteps was Infinity/,
  ],
  [
    'apiTest',
    'goes on after the end',
    class extends Walk {
      protected override refuse() {
        return undefined;
      }
    },
    /A step after the end of episode 0 was taken; it must be refused with no_episode/,
  ],
  [
    'apiTest',
    'refuses in another way',
    class extends Walk {
      protected override refuse() {
        throw new Error('no');
      }
    },
    /was refused with another error; it must be refused with no_episode/,
  ],
  [
    'apiTest',
    'does not count',
    class extends Walk {
      protected override info(state: State) {
        return { ...super.info(state), step: 0 };
      }
    },
    /info.step was 0 after step 1/,
  ],
  [
    'apiTest',
    'changes the episode id',
    class extends Walk {
      protected override info(state: State) {
        return { ...super.info(state), episodeId: this.id() };
      }
    },
    /info.episodeId changed/,
  ],
  [
    'apiTest',
    'forgets its seed',
    class extends Walk {
      protected override info(state: State) {
        return { ...super.info(state), seed: 1 };
      }
    },
    /info.seed was 1 after reset\(\{ seed: 0 \}\)/,
  ],
  [
    'apiTest',
    'takes any seed',
    class extends Walk {
      override async reset({ seed = 0 } = {}) {
        this.state = this.begin(Number.isSafeInteger(seed) && seed >= 0 ? seed : 0);
        return [this.observe(this.state), this.info({ ...this.state, seed })] as const;
      }
    },
    /reset took the seed -1/,
  ],
  [
    'seedTest',
    'begins anywhere',
    class extends Walk {
      protected override begin(seed: number) {
        return { ...super.begin(seed), x: ++calls };
      }
    },
    /With seed 0 twice in a row, the first observations differ/,
  ],
  [
    'seedTest',
    'moves anyhow',
    class extends Walk {
      protected override move(state: State, action: number) {
        state.x += action + ++calls * 1e-9;
      }
    },
    /With seed 0 twice in a row, the observation of step 1 was Float64Array\[2\] \(.*\) and .*; both must be the same/,
  ],
  [
    'seedTest',
    'carries something over from the episode before',
    class extends Walk {
      #seen = 0;
      protected override begin(seed: number) {
        if (seed !== 0) this.#seen = 1;
        return super.begin(seed);
      }
      protected override reward(state: State) {
        return this.#seen + state.x;
      }
    },
    /With seed 0 before and after another episode, the reward of step 1/,
  ],
  [
    'forkTest',
    'keeps no state',
    class extends Walk {
      protected override keep(state: State) {
        return state;
      }
    },
    /A step of an episode that had not ended was refused: Reset first/,
  ],
  [
    'forkTest',
    'restores the beginning',
    class extends Walk {
      override async restore(snapshot: EnvSnapshot) {
        return this.reset({ seed: snapshot.seed });
      }
    },
    /When a snapshot was restored for the first time, the observation was not the one/,
  ],
  [
    'forkTest',
    'forgets steps when it restores',
    class extends Walk {
      override async restore(snapshot: EnvSnapshot) {
        await super.restore(snapshot);
        this.state!.step = 0;
        return [this.observe(this.state!), this.info(this.state!)] as const;
      }
    },
    /info.step was 0; the snapshot was taken at step/,
  ],
  [
    'forkTest',
    'restores once',
    class extends Walk {
      override async restore(snapshot: EnvSnapshot) {
        const { kept } = snapshot as EnvSnapshot & { readonly kept: State };
        const result = await super.restore(snapshot);
        kept.x += 1;
        return result;
      }
    },
    /When a snapshot was restored for the second time/,
  ],
  [
    'forkTest',
    'forks the beginning',
    class extends Walk {
      override async fork() {
        const fork = (await super.fork()) as this;
        fork.state = this.begin(0);
        return fork;
      }
    },
    /In an environment and its fork, with the same actions/,
  ],
];

describe('what is wrong is told in a sentence', () => {
  test.each(broken)('%s rejects an environment that %s', async (name, _how, Broken, message) => {
    await expect(tests[name](new Broken(), { actions, steps: 60 })).rejects.toMatchObject({
      code: 'conformance_failed',
      message: expect.stringMatching(message),
    });
  });

  test('and so is how a conformance test is called', async () => {
    for (const conformance of Object.values(tests)) {
      await expect(conformance(new Walk(), undefined as never)).rejects.toMatchObject({
        code: 'invalid_argument',
        message: expect.stringMatching(/needs actions: a function that gives an allowed action/),
      });
      await expect(conformance(new Walk(), { actions, steps: 0 })).rejects.toMatchObject({
        code: 'invalid_argument',
        message: 'steps was 0; give a whole number from 1 on.',
      });
    }
  });
});
