/** Rows of a part or a span that follow each other. */
export interface RowRange {
  readonly offset: number;
  readonly rows: number;
}

/** What a span has of one entity. */
export interface EntityRows extends RowRange {
  readonly entity: number;
}

/**
 * Which entities a span has, and how many rows of each: stretches of neighbouring ids that have as many rows each, as three
 * numbers in as few bytes as they need. `ids` are those of the span's rows, ascending.
 *
 * @example
 * spanEntities(Int32Array.of(1, 1, 2, 2, 7)); // the bytes 1 2 2, 4 1 1: after one id, two with two rows each; after four, …
 */
export function spanEntities(ids: Int32Array): Uint8Array {
  const bytes: number[] = [];
  let [next, first, count, each] = [0, 0, 0, 0];
  const close = (): void => {
    if (count === 0) return;
    for (const value of [first - next, count, each]) pushVarint(bytes, value);
    next = first + count;
  };
  for (let row = 0; row < ids.length;) {
    const id = ids[row]!;
    let end = row + 1;
    while (end < ids.length && ids[end] === id) end++;
    if (id === first + count && end - row === each) count++;
    else {
      close();
      [first, count, each] = [id, 1, end - row];
    }
    row = end;
  }
  close();
  return Uint8Array.from(bytes);
}

/** Where a span has the rows of some entities, which ascend; `offset` is where it begins. */
export function rangesOf(
  entities: Uint8Array,
  wanted: readonly number[],
  offset: number,
): readonly EntityRows[] {
  const ranges: EntityRows[] = [];
  let [at, k, row, id] = [0, 0, offset, 0];
  const read = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = entities[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (at < entities.length && k < wanted.length) {
    const [gap, count, each] = [read(), read(), read()];
    const first = id + gap;
    while (k < wanted.length && wanted[k]! < first) k++;
    for (; k < wanted.length && wanted[k]! < first + count; k++) {
      const entity = wanted[k]!;
      ranges.push({ entity, offset: row + (entity - first) * each, rows: each });
    }
    row += count * each;
    id = first + count;
  }
  return ranges;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
