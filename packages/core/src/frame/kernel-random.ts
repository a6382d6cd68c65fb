import { ArchetypeError } from '../errors.ts';
import type { RandomSource } from '../random/source.ts';
import { RowDraws, type RandomStream } from '../random/stream.ts';
import { Streams, type RandomStreams } from '../random/streams.ts';
import type { Frame } from './frame.ts';

/**
 * The random numbers of a kernel. Used directly it is one sequence for the whole loop, which is what random sequential
 * activation needs; `row(i)` gives each row numbers of its own, whatever the order in which rows are visited.
 */
export interface KernelRandom extends RandomStreams {
  /**
   * The numbers of row `i`: a function of (world seed, tick, processor, label, entity, draw) and of nothing else. Asked
   * again for the same row it goes on with the next number. With a label they are the numbers of `random(label)` in
   * expressions; without one, each kernel of the processor has its own. A frame without `entity_id` counts rows instead.
   *
   * @throws `invalid_argument`
   */
  row(i: number, label?: string): RandomStream;
}

/** What a kernel is given beside its columns. */
export interface KernelTools {
  /** @throws `no_random_source` on a frame that belongs to no processor */
  readonly random: KernelRandom;
}

export const kernelTools = (frame: Frame): KernelTools => Object.freeze(new FrameTools(frame));

class FrameTools implements KernelTools {
  readonly #frame: Frame;
  #random: KernelRandom | undefined;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  get random(): KernelRandom {
    return (this.#random ??= new FrameRandom(this.#frame));
  }
}

class FrameRandom extends Streams implements KernelRandom {
  readonly #frame: Frame;
  readonly #source: RandomSource;
  /** Stands for this call of `kernel` where no label does. */
  readonly #site: object;
  readonly #labelled = new Map<string, RowDraws>();
  #unlabelled: RowDraws | undefined;

  constructor(frame: Frame) {
    const source = frame.random;
    if (source === undefined) {
      throw new ArchetypeError(
        'no_random_source',
        'k.random was used in a kernel over a frame that belongs to no processor, so nothing says which seed and tick it is for; use it inside a processor.',
      );
    }
    const site = {};
    super(source, site, frame.numRows);
    this.#frame = frame;
    this.#source = source;
    this.#site = site;
  }

  row(i: number, label?: string): RandomStream {
    return this.#rows(label).row(i);
  }

  #rows(label: string | undefined): RowDraws {
    if (label === undefined) return (this.#unlabelled ??= this.#draws(undefined));
    let rows = this.#labelled.get(label);
    if (rows === undefined) this.#labelled.set(label, (rows = this.#draws(label)));
    return rows;
  }

  #draws(label: string | undefined): RowDraws {
    return new RowDraws(this.#source.key(label, this.#site), idsOf(this.#frame));
  }
}

/** What tells the rows of a frame apart: their entities, or their places. */
function idsOf(frame: Frame): Int32Array {
  const ids = frame.has('entity_id') ? frame.at('entity_id') : undefined;
  if (ids?.type.kind === 'i32' && ids.validity === undefined) return ids.data as Int32Array;
  return Int32Array.from({ length: frame.numRows }, (_, row) => row);
}
