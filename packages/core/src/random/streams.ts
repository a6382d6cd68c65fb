import type { RandomSource } from './source.ts';
import { Sequence, type RandomStream } from './stream.ts';

/** One sequence of random numbers, and others by label. */
export interface RandomStreams extends RandomStream {
  /** Another sequence. Asked again for its label it goes on; where these streams are made anew, it begins anew. */
  stream(label: string): RandomStream;
}

/** The streams of one kernel, or of one call of a processor: `site` stands for it where no label does. */
export class Streams extends Sequence implements RandomStreams {
  readonly #source: RandomSource;
  readonly #site: object;
  readonly #rows: number;
  readonly #streams = new Map<string, Sequence>();

  constructor(source: RandomSource, site: object, rows: number) {
    super(rows, () => source.sequenceKey(undefined, site));
    this.#source = source;
    this.#site = site;
    this.#rows = rows;
  }

  stream(label: string): RandomStream {
    let stream = this.#streams.get(label);
    if (stream === undefined) {
      const key = this.#source.sequenceKey(label, this.#site);
      this.#streams.set(label, (stream = new Sequence(this.#rows, () => key)));
    }
    return stream;
  }
}
