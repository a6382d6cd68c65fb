import { ArchetypeError } from '../errors.ts';

/**
 * Remembers across awaits on whose behalf code runs. Node's `AsyncLocalStorage` is one; where there is none, a world still
 * knows the part of a processor that runs before its first await.
 */
export interface AsyncContext {
  run<T>(store: object, work: () => T): T;
  getStore(): object | undefined;
}

/** One tick of a world, and the tick around it when a processor of another world asked for it. */
class Scope {
  readonly of: Inside;
  readonly outer: object | undefined;
  over = false;

  constructor(of: Inside, outer: object | undefined) {
    this.of = of;
    this.outer = outer;
  }
}

/** Knows whether code runs inside a processor of a world's tick, where waiting for the world would wait for itself. */
export class Inside {
  readonly #context: AsyncContext | undefined;
  #depth = 0;

  constructor(context: AsyncContext | undefined) {
    this.#context = context;
  }

  /** What runs a processor's code in one tick, until `end`. */
  begin(): { readonly run: <T>(work: () => T) => T; readonly end: () => void } {
    const scope = new Scope(this, this.#context?.getStore());
    return {
      run: (work) => {
        this.#depth++;
        try {
          return this.#context === undefined ? work() : this.#context.run(scope, work);
        } finally {
          this.#depth--;
        }
      },
      end: () => {
        scope.over = true;
      },
    };
  }

  /** Runs a handler's code, and whatever it waits for. */
  readonly once = (work: () => unknown): unknown => {
    const { run, end } = this.begin();
    try {
      const result = run(work);
      if (!(result instanceof Promise)) end();
      else void result.then(end, end);
      return result;
    } catch (error) {
      end();
      throw error;
    }
  };

  /** Whether the caller is called, however indirectly, by a processor of the tick that is being computed. */
  get here(): boolean {
    if (this.#depth > 0) return true;
    let scope = this.#context?.getStore();
    while (scope instanceof Scope) {
      if (scope.of === this && !scope.over) return true;
      scope = scope.outer;
    }
    return false;
  }
}

/** What a processor or a handler is told that asks for its own world's next tick. */
export const insideTick = (
  world: string,
  what: 'step' | 'fork' | 'destroy' | 'close',
): ArchetypeError =>
  new ArchetypeError(
    'reentrant_step',
    `World "${world}" is in the middle of a tick, and one of its processors asked to ${what} it; a processor acts through ctx, so return first, and ${what} the world between ticks.`,
  );
