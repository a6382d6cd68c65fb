import { describe, expect, test } from 'vitest';
import { Rhythm } from '../../src/journal/rhythm.ts';
import { openJournal, read, record, temporaryDirectory } from './journal-in.ts';

/** After many writes that took `write` ms each, and callers that computed `compute` ms for each of their records. */
function rhythm({ write, compute }: { write: number; compute: number }): Rhythm {
  const made = new Rhythm();
  for (let k = 0; k < 50; k++) {
    made.wrote(write);
    made.answered(compute * 8, 8);
  }
  return made;
}

describe('of those whose records were written', () => {
  test('all are told at once when they compute less than a write takes: they share the next', () => {
    expect(rhythm({ write: 5, compute: 0.1 }).first(8, 0)).toBe(8);
    expect(rhythm({ write: 5, compute: 0.1 }).first(4, 4)).toBe(4);
  });

  test('half are told when they have more to compute: the others do while the disk works', () => {
    expect(rhythm({ write: 5, compute: 1 }).first(8, 0)).toBe(4);
    expect(rhythm({ write: 5, compute: 6 }).first(1, 0)).toBe(1);
  });

  test('none are told when others wait already and all have much to compute: the disk goes first', () => {
    expect(rhythm({ write: 5, compute: 1 }).first(4, 4)).toBe(0);
  });

  test('one write that took far longer changes nothing', () => {
    const hiccup = rhythm({ write: 5, compute: 1 });
    hiccup.wrote(1000);
    expect(hiccup.first(8, 0)).toBe(4);
  });

  test('what counts is how it has been lately', () => {
    const changing = rhythm({ write: 5, compute: 1 });
    for (let k = 0; k < 20; k++) changing.wrote(50);
    expect(changing.first(8, 0)).toBe(8);
  });
});

/** Keeps the thread busy, as a tick does. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test.each([0, 1, 4])(
  'callers that compute for %i ms are told of every record, in the order of their calls',
  async (ms) => {
    const directory = await temporaryDirectory();
    const { journal } = await openJournal(directory);
    const [called, told]: [number[], number[]] = [[], []];
    const caller = async (first: number): Promise<void> => {
      for (let k = first; k < first + 12; k++) {
        busy(ms);
        called.push(k);
        await journal.append(record(k));
        told.push(k);
      }
    };
    await Promise.all(Array.from({ length: 7 }, (_, k) => caller(k * 12)));
    await journal.close();
    expect(told).toEqual(called);
    expect((await read(directory)).values).toEqual(called);
  },
);
