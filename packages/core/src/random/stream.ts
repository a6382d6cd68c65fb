import { ArchetypeError } from '../errors.ts';
import { binomial } from './binomial.ts';
import { poisson } from './poisson.ts';
import { uniform, type Key } from './threefry.ts';

/** Random numbers, one after another. */
export interface RandomStream {
  /** A number in [low, high), from 0 to 1 unless told. @throws `invalid_argument` */
  uniform(low?: number, high?: number): number;
  /** A whole number in [low, high). @throws `invalid_argument` */
  integer(low: number, high: number): number;
  /** A normally distributed number; two draws. @throws `invalid_argument` */
  normal(mean?: number, deviation?: number): number;
  /**
   * How many of `trials` (0 to 2^31 - 1) succeed when each does with this probability. @throws `invalid_argument`
   */
  binomial(trials: number, probability: number): number;
  /** How many events happen where `mean` (0 to 2e9) are expected. @throws `invalid_argument` */
  poisson(mean: number): number;
  /**
   * One of the items, each as likely as the next, or as its weight (from 0 on, in any unit) says.
   *
   * @throws `invalid_argument` where there is nothing to choose from, `length_mismatch`
   */
  choice<T>(items: ArrayLike<T>, weights?: ArrayLike<number>): T;
  /**
   * The numbers 0 to n - 1 in random order, each order as likely as the next; `n` is the number of rows unless told.
   *
   * @throws `invalid_argument`
   */
  permutation(n?: number): Int32Array;
}

/** Distributions over a source of numbers in [0, 1). */
abstract class Draws implements RandomStream {
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  /** The next number in [0, 1). */
  abstract next(): number;

  uniform(low = 0, high = 1): number {
    if (low === 0 && high === 1) return this.next();
    if (!(low < high && high - low < Infinity)) {
      throw refused(`uniform(${low}, ${high})`, 'two finite numbers, the first the smaller');
    }
    for (;;) {
      const drawn = low + this.next() * (high - low);
      // Rounding may reach what must stay out.
      if (drawn < high) return drawn;
    }
  }

  // A double has 53 random bits: no value is more than (high - low) / 2^53 too likely.
  integer(low: number, high: number): number {
    if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low < high)) {
      throw refused(`integer(${low}, ${high})`, 'two whole numbers, the first the smaller');
    }
    return Math.floor(this.next() * (high - low)) + low;
  }

  /** Box and Muller, "A note on the generation of random normal deviates", 1958; as `randomNormal` does it. */
  normal(mean = 0, deviation = 1): number {
    if (!(Number.isFinite(mean) && deviation >= 0 && deviation < Infinity)) {
      throw refused(`normal(${mean}, ${deviation})`, 'a finite mean and a deviation from 0 on');
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next()) * deviation + mean;
  }

  binomial(trials: number, probability: number): number {
    const whole = Number.isInteger(trials) && trials >= 0 && trials <= 0x7fffffff;
    if (!(whole && probability >= 0 && probability <= 1)) {
      throw refused(
        `binomial(${trials}, ${probability})`,
        'a whole number of trials from 0 to 2147483647 and a probability from 0 to 1',
      );
    }
    return binomial(this, trials, probability);
  }

  poisson(mean: number): number {
    if (!(mean >= 0 && mean <= 2e9)) {
      throw refused(`poisson(${mean})`, 'a mean from 0 to 2e9, so that the result fits an i32');
    }
    return poisson(this, mean);
  }

  choice<T>(items: ArrayLike<T>, weights?: ArrayLike<number>): T {
    if (items.length === 0) throw refused('choice([])', 'at least one item');
    const at =
      weights === undefined ? this.integer(0, items.length) : this.#weighted(items, weights);
    return items[at]!;
  }

  /** Fisher and Yates, in the form of Durstenfeld, "Algorithm 235: Random permutation", 1964. */
  permutation(n: number = this.#rows): Int32Array {
    if (!(Number.isInteger(n) && n >= 0 && n <= 0x7fffffff)) {
      throw refused(`permutation(${n})`, 'a whole number from 0 to 2147483647');
    }
    const order = new Int32Array(n);
    for (let k = 0; k < n; k++) order[k] = k;
    for (let k = n - 1; k > 0; k--) {
      const other = Math.floor(this.next() * (k + 1));
      const moved = order[k]!;
      order[k] = order[other]!;
      order[other] = moved;
    }
    return order;
  }

  #weighted(items: ArrayLike<unknown>, weights: ArrayLike<number>): number {
    if (weights.length !== items.length) {
      throw new ArchetypeError(
        'length_mismatch',
        `choice was given ${items.length} items and ${weights.length} weights; give one weight per item.`,
      );
    }
    let total = 0;
    let last = -1;
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      if (!(weight >= 0 && weight < Infinity)) {
        throw refused(`choice with the weight ${weight}`, 'finite weights from 0 on');
      }
      total += weight;
      if (weight > 0) last = k;
    }
    if (last < 0) throw refused('choice with no weight above 0', 'at least one such weight');
    let left = this.next() * total;
    for (let k = 0; k < last; k++) {
      left -= weights[k]!;
      if (left < 0) return k;
    }
    return last;
  }
}

/** Draws that belong to no row: the key says what they are for, the place in the sequence says which. */
export class Sequence extends Draws {
  readonly #key: () => Key;
  #made: Key | undefined;
  #draw = 0;

  /** `key` is asked when the first number is. */
  constructor(rows: number, key: () => Key) {
    super(rows);
    this.#key = key;
  }

  next(): number {
    const { k0, k1 } = (this.#made ??= this.#key());
    const draw = this.#draw++;
    return uniform(k0, k1, draw | 0, Math.floor(draw / 0x100000000));
  }
}

/** Draws of one row; they go on where the row's last draw from the same `RowDraws` ended. */
class RowStream extends Draws {
  readonly #rows: RowDraws;
  readonly #row: number;

  constructor(rows: RowDraws, row: number) {
    super(rows.drawn.length);
    this.#rows = rows;
    this.#row = row;
  }

  next(): number {
    const { key, ids, drawn } = this.#rows;
    return uniform(key.k0, key.k1, ids[this.#row]!, drawn[this.#row]!++);
  }
}

/** The streams of all rows under one key, and how far each is. */
export class RowDraws {
  readonly key: Key;
  /** What tells the rows apart. */
  readonly ids: Int32Array;
  readonly drawn: Uint32Array;

  constructor(key: Key, ids: Int32Array) {
    this.key = key;
    this.ids = ids;
    this.drawn = new Uint32Array(ids.length);
  }

  /** @throws `invalid_argument` */
  row(row: number): RandomStream {
    if (this.ids[row] !== undefined) return new RowStream(this, row);
    throw refused(`random.row(${row})`, `a row from 0 to ${this.ids.length - 1}`);
  }
}

const refused = (asked: string, needed: string): ArchetypeError =>
  new ArchetypeError('invalid_argument', `${asked} was asked; it needs ${needed}.`);
