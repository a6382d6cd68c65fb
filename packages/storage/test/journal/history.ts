import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Journal } from '../../src/journal/journal.ts';
import type { Durability } from '../../src/journal/journal-options.ts';
import { JournalTail } from '../../src/journal/journal-tail.ts';
import { SectorDisk } from './sector-disk.ts';

const storeId = new Uint8Array(16).fill(7);
const directory = '/disk/journal';

/** Does not wait for a write that is under way. */
const LARGE = 1_100_000;

/** Numbers from 0 to 1, by a linear congruential generator. */
function randomFrom(seed: number): () => number {
  let state = (seed * 48_271) % 2_147_483_647;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Of several sizes: small ones are copied before they are written, large ones do not wait for the write under way. */
const recordOf = (value: number, bytes: number) => ({
  kind: 9,
  body: [new TextEncoder().encode(String(value).padEnd(16)), new Uint8Array(bytes).fill(value)],
});
const valueOf = (body: Uint8Array): number =>
  Number.parseInt(new TextDecoder().decode(body.subarray(0, 16)), 10);

/** What a process that only reads finds while nobody writes. */
async function follow(disk: SectorDisk, lastDurable: number): Promise<readonly number[]> {
  const copy = await mkdtemp(join(tmpdir(), 'archetype-follow-'));
  for (const [name, bytes] of disk.contents(directory)) await writeFile(join(copy, name), bytes);
  const tail = new JournalTail(copy, storeId, 0);
  const found = await tail.read({ to: Number.MAX_SAFE_INTEGER, lastDurable });
  await rm(copy, { recursive: true });
  return found.map(({ frame }) => valueOf(frame.body));
}

/** One journal over several lives of its process, each of which ends in its own way. */
export class History {
  /** What is not as it must be. */
  readonly problems: string[] = [];
  readonly #random: () => number;
  readonly #disk: SectorDisk;
  readonly #durability: Durability;
  #next = 1;
  /** The note of the last durable record, which no sync covers. */
  #note = 0;
  readonly #acknowledged = new Set<number>();
  readonly #absent = new Set<number>();
  #log = '';

  constructor(seed: number, durability: Durability) {
    this.#random = randomFrom(seed);
    this.#disk = new SectorDisk(this.#random);
    this.#durability = durability;
  }

  #check(right: boolean, problem: string): void {
    if (!right) this.problems.push(`${problem}; after${this.#log}`);
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  async live(lives: number): Promise<void> {
    let powerFailed = false;
    for (let life = 0; life < lives; life++) {
      const journal = await this.#open(powerFailed);
      await this.#write(journal);
      powerFailed = await this.#end(journal);
    }
  }

  async #open(powerFailed: boolean): Promise<Journal> {
    const seen = await follow(this.#disk, this.#note);
    const values: number[] = [];
    const journal = await Journal.open({
      fs: this.#disk,
      directory,
      storeId,
      next: 1,
      durability: this.#durability,
      owner: {
        forced: false,
        lastDurable: this.#note,
        confirm: () => undefined,
        acknowledged: () => undefined,
        durable: (sequence) => (this.#note = sequence),
      },
      onRecord: ({ body }) => values.push(valueOf(body)),
    });
    const { damaged, missingRecords } = journal.report;
    this.#check(String(values) === String(seen), `a reader saw ${seen}, the owner ${values}`);
    const ascending = values.every((value, k) => k === 0 || value > values[k - 1]!);
    this.#check(ascending, `not in order, or twice: ${values}`);
    this.#check(damaged.length + missingRecords === 0, 'damage is seen where none is');
    const back = values.filter((value) => this.#absent.has(value));
    this.#check(back.length === 0, `came back: ${back}`);
    const there = new Set(values);
    const lost = [...this.#acknowledged].filter((value) => !there.has(value));
    const mayLose = powerFailed && this.#durability.mode === 'relaxed';
    this.#check(mayLose || lost.length === 0, `acknowledged and lost: ${lost}`);
    // From here on what is there stays, and what is not never comes back.
    for (const value of lost) this.#acknowledged.delete(value);
    for (let value = 1; value < this.#next; value++)
      (there.has(value) ? this.#acknowledged : this.#absent).add(value);
    return journal;
  }

  /** Fewer turns of the queue of promises than `most`. */
  async #turns(most: number): Promise<void> {
    for (let left = this.#below(most); left > 0; left--) await Promise.resolve();
  }

  async #append(
    journal: Journal,
    bytes = [17_000, LARGE][this.#below(8)] ?? this.#below(1_200),
  ): Promise<void> {
    const value = this.#next++;
    try {
      await journal.append(recordOf(value, bytes));
      this.#acknowledged.add(value);
    } catch (error) {
      if ((error as { code?: string }).code === 'commit_failed') this.#absent.add(value);
    }
  }

  async #write(journal: Journal): Promise<void> {
    const groups = this.#below(6);
    this.#log += ` [${groups}`;
    for (let group = 0; group < groups; group++) {
      if (this.#random() < 0.12) this.#disk.failAfter = 1 + this.#below(3);
      if (this.#random() < 0.15) await journal.seal({ more: this.#random() < 0.5 });
      const records = 1 + this.#below(4);
      await Promise.all(Array.from({ length: records }, () => this.#append(journal)));
      if (this.#durability.mode === 'relaxed' && this.#random() < 0.3) await delay(3);
    }
    this.#disk.failAfter = 0;
  }

  /** Answers whether the power failed. */
  async #end(journal: Journal): Promise<boolean> {
    const deaths = ['killed', 'killed in a write', 'killed beside a sync'];
    const ends = ['closed', ...deaths, 'no power', 'no power in a write', 'no power beside a sync'];
    const end = ends[this.#below(ends.length)]!;
    this.#log += ` ${end}]`;
    if (end === 'closed') {
      await journal.close().catch(() => undefined);
      return false;
    }
    if (end.endsWith('write')) {
      if (this.#random() < 0.3) await journal.seal({ more: true });
      this.#disk.dieAfter = 1 + this.#below(4);
      for (let left = 1 + this.#below(5); left > 0; left--) void this.#append(journal);
      await delay(1);
    }
    if (end.endsWith('sync')) {
      // Large ones, some of which come while others are written and synced.
      for (let left = 2 + this.#below(5); left > 0; left--) {
        void this.#append(journal, this.#random() < 0.7 ? LARGE : 100);
        await this.#turns(12);
      }
      await this.#turns(40);
    }
    if (!end.startsWith('no power')) {
      this.#disk.kill();
      return false;
    }
    this.#disk.losePower();
    if (this.#random() < 0.5) this.#note = this.#below(this.#note + 1);
    return true;
  }
}
