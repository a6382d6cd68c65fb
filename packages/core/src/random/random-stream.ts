import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { ArchetypeError } from '../errors.ts';
import { Sequence, type RandomStream } from './stream.ts';

/**
 * Random numbers one after another for code outside of ticks: set-ups, policies, experiments. The same seed and label
 * always give the same numbers, and have nothing in common with those that processors draw.
 *
 * @param seed a whole number from 0 to 2^53 - 1
 * @param label what the numbers are for; every label has a stream of its own
 * @throws `invalid_argument`
 * @example const angle = randomStream(7, 'start').uniform(-0.05, 0.05);
 */
export function randomStream(seed: number, label: string): RandomStream {
  if (!(Number.isSafeInteger(seed) && seed >= 0) || typeof label !== 'string') {
    throw new ArchetypeError(
      'invalid_argument',
      `randomStream was given the seed ${String(seed)} and the label ${JSON.stringify(label)}; give a whole number from 0 to 2^53 - 1 and a text.`,
    );
  }
  return new Sequence(0, () => {
    // No processor is called "", so no processor has this key.
    const view = new DataView(sha256(utf8ToBytes(`${seed}\n\n${label}`)).buffer);
    return { k0: view.getInt32(0), k1: view.getInt32(4) };
  });
}
