import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { derive, type Key } from './threefry.ts';

/**
 * Where the random columns of one processor run get their keys. A number drawn is a function of (world seed, tick,
 * processor, label or call site, entity, draw) and of nothing else.
 */
export class RandomSource {
  readonly #base: Map<string, Key>;
  readonly #seed: number;
  /** The processor that draws. */
  readonly scope: string;
  readonly #tick: number;
  readonly #sites = new WeakMap<object, number>();
  #nextSite = 0;

  /** `scope` names the processor; `cache` keeps hashed keys between ticks and may be shared by sources of one seed. */
  constructor(seed: number, scope: string, tick: number, cache: Map<string, Key>) {
    this.#seed = seed;
    this.scope = scope;
    this.#tick = tick;
    this.#base = cache;
  }

  /**
   * The key of a label. Without one, each `random()` in the processor is a call site of its own, numbered in the order
   * in which verbs first meet it; `site` is what identifies it.
   */
  key(label: string | undefined, site: object): Key {
    return derive(
      this.#baseKey(label === undefined ? `#${this.#site(site)}` : `=${label}`),
      this.#tick,
      0,
    );
  }

  #site(site: object): number {
    let number = this.#sites.get(site);
    if (number === undefined) this.#sites.set(site, (number = this.#nextSite++));
    return number;
  }

  #baseKey(label: string): Key {
    const text = `${this.#seed}\n${this.scope}\n${label}`;
    let key = this.#base.get(text);
    if (key === undefined) {
      const view = new DataView(sha256(utf8ToBytes(text)).buffer);
      key = { k0: view.getInt32(0), k1: view.getInt32(4) };
      this.#base.set(text, key);
    }
    return key;
  }
}
