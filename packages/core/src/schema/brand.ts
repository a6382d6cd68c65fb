/** A constructor whose `this` is the object it is given. */
const Same = function same(given: object): object {
  return given;
} as unknown as new (given: object) => object;

/**
 * Marks plain objects with who made them, where nobody else can see or forge it: a private field on an object of another
 * class. A WeakMap would do the same and takes four times as long to make a value, and the collector's time besides.
 */
class Brand extends Same {
  readonly #maker: object;

  constructor(given: object, maker: object) {
    super(given);
    this.#maker = maker;
  }

  static makerOf(given: object): object | undefined {
    return #maker in given ? given.#maker : undefined;
  }
}

export function withMaker<T extends object>(given: T, maker: object): T {
  return new Brand(given, maker) as unknown as T;
}

/** Who was said to have made the object, if anybody was. */
export const makerOf = (given: unknown): object | undefined =>
  typeof given === 'object' && given !== null ? Brand.makerOf(given) : undefined;
