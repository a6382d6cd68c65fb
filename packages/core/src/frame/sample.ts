import { ArchetypeError } from '../errors.ts';
import { RandomSource } from '../random/source.ts';
import { uniform } from '../random/threefry.ts';
import type { Frame } from './frame.ts';

export interface SampleOptions {
  readonly seed?: number;
  readonly label?: string;
}

/** `count` rows without replacement, in their order: those whose random numbers are the smallest. */
export function sample(frame: Frame, count: number, { seed, label }: SampleOptions): Frame {
  const { k0, k1 } = sourceOf(frame, seed).sequenceKey(label ?? 'sample', frame);
  const n = frame.numRows;
  if (count >= n) return frame;
  const draws = new Float64Array(n);
  for (let row = 0; row < n; row++) draws[row] = uniform(k0, k1, row, 0);
  const last = draws.toSorted()[count];
  const rows = new Int32Array(count);
  let taken = 0;
  for (let row = 0; row < n && taken < count; row++) if (draws[row]! < last!) rows[taken++] = row;
  return frame.take(rows.subarray(0, taken));
}

function sourceOf(frame: Frame, seed: number | undefined): RandomSource {
  if (seed !== undefined) return new RandomSource(seed, '', 0, new Map());
  if (frame.random !== undefined) return frame.random;
  throw new ArchetypeError(
    'no_random_source',
    'sample was used on a frame that belongs to no processor, so nothing says which seed and tick it is for; give a seed, for example sample(10, { seed: 1 }).',
  );
}
