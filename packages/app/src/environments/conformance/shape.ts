/** What an observation or a reward looks like, as text: `number`, `Float32Array[4]`, `{ blue: …, red: … }`. */
export function shapeOf(given: unknown): string {
  if (typeof given === 'number') return 'number';
  if (ArrayBuffer.isView(given) && !(given instanceof DataView)) {
    const view = given as Float64Array;
    return `${view.constructor.name}[${view.length}]`;
  }
  if (Array.isArray(given)) return `[${given.map(shapeOf).join(', ')}]`;
  if (typeof given !== 'object' || given === null) return given === null ? 'null' : typeof given;
  const names = Object.keys(given).toSorted();
  const inner = names.map(
    (name) => `${name}: ${shapeOf((given as Record<string, unknown>)[name])}`,
  );
  return `{ ${inner.join(', ')} }`;
}

/** All numbers in it, in the order of its shape; undefined where there is something else. */
export function numbersIn(given: unknown): readonly number[] | undefined {
  if (typeof given === 'number') return [given];
  if (ArrayBuffer.isView(given) && !(given instanceof DataView)) {
    return Array.from(given as Float64Array);
  }
  if (typeof given !== 'object' || given === null) return undefined;
  const record = given as Record<string, unknown>;
  const keys = Array.isArray(given) ? Object.keys(given) : Object.keys(given).toSorted();
  const parts = keys.map((key) => numbersIn(record[key]));
  return parts.includes(undefined) ? undefined : (parts as readonly (readonly number[])[]).flat();
}

/** The same shape and the same numbers. */
export function same(a: unknown, b: unknown): boolean {
  const [x, y] = [numbersIn(a), numbersIn(b)];
  return (
    shapeOf(a) === shapeOf(b) &&
    x !== undefined &&
    y?.length === x.length &&
    x.every((number, k) => Object.is(number, y[k]))
  );
}
