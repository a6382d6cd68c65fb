import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Presence } from '../schema/presence.ts';
import { derive, type Key } from './threefry.ts';

/** One run of a processor over the tables of a tick, the same object for all of them. */
export interface Run {
  /** Aborted when the caller of the step gives up. */
  readonly signal: AbortSignal;
}

/** Call sites of one processor run, numbered as they are met. */
interface Sites {
  /** Made when the first is met: most runs draw nothing. */
  numbers: WeakMap<object, number> | undefined;
  next: number;
}

/**
 * Where the random numbers of one processor call get their keys. A number drawn is a function of (world seed, tick,
 * processor, label or call site, entity, draw) and of nothing else; one that belongs to no entity, of the table instead.
 * It goes with every frame that the processor is given, and so carries what else is known of the entities in it: which
 * components they have.
 */
export class RandomSource {
  readonly #base: Map<string, Key>;
  readonly #seed: number;
  /** The processor that draws. */
  readonly scope: string;
  readonly #tick: number;
  readonly #sites: Sites;
  readonly #place: string;
  readonly run: Run | undefined;
  /** Which entities of the frame have a component. */
  readonly presence: Presence | undefined;

  /**
   * `scope` names the processor; `cache` keeps hashed keys between ticks and may be shared by sources of one seed;
   * `place` is the table, for draws that belong to no entity.
   */
  constructor(
    seed: number,
    scope: string,
    tick: number,
    cache: Map<string, Key>,
    place = '',
    run?: Run,
    presence?: Presence,
    sites: Sites = { numbers: undefined, next: 0 },
  ) {
    this.#seed = seed;
    this.scope = scope;
    this.#tick = tick;
    this.#base = cache;
    this.#place = place;
    this.run = run;
    this.presence = presence;
    this.#sites = sites;
  }

  /** For another frame of the same run: the same random numbers, other entities. */
  over(presence: Presence): RandomSource {
    return new RandomSource(
      this.#seed,
      this.scope,
      this.#tick,
      this.#base,
      this.#place,
      this.run,
      presence,
      this.#sites,
    );
  }

  /**
   * The key of a label. Without one, each `random()` in the processor is a call site of its own, numbered in the order
   * in which verbs first meet it; `site` is what identifies it.
   */
  key(label: string | undefined, site: object): Key {
    return derive(this.#baseKey(this.#name(label, site)), this.#tick, 0);
  }

  /** The key of draws that belong to no entity, one after another: another one in each table. */
  sequenceKey(label: string | undefined, site: object): Key {
    return derive(this.#baseKey(`~${this.#place}${this.#name(label, site)}`), this.#tick, 0);
  }

  #name(label: string | undefined, site: object): string {
    return label === undefined ? `#${this.#site(site)}` : `=${label}`;
  }

  #site(site: object): number {
    const numbers = (this.#sites.numbers ??= new WeakMap());
    let number = numbers.get(site);
    if (number === undefined) numbers.set(site, (number = this.#sites.next++));
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
