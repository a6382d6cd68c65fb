import { signatureOf, type ComponentShape, type RandomStream } from '@archetype/core';
import { RandomSource } from '../../src/random/source.ts';
import { RowDraws, Sequence } from '../../src/random/stream.ts';

/**
 * The random numbers that a processor's kernel draws in one tick on the table of these components, for a reference model
 * that is nothing but objects and loops.
 */
export function sameNumbers(given: {
  readonly seed: number;
  readonly processor: string;
  readonly tick: number;
  readonly table: readonly ComponentShape[];
}): {
  /** `k.random`, or `k.random.stream(label)`. */
  readonly sequence: (label?: string) => RandomStream;
  /** `k.random.row(i)` of an entity; from its first number on at every call. */
  readonly of: (entity: number, label?: string) => RandomStream;
} {
  const { table } = signatureOf(given.table);
  const source = new RandomSource(given.seed, given.processor, given.tick, new Map(), table);
  // One kernel without labels is the processor's first and only call site.
  const site = {};
  return {
    sequence: (label) => new Sequence(0, () => source.sequenceKey(label, site)),
    of: (entity, label) => new RowDraws(source.key(label, site), Int32Array.of(entity)).row(0),
  };
}
