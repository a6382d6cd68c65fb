import { medians, type Benchmark, type Figure } from '../measure.ts';
import { worldOfMovers } from '../movers.ts';
import { bitecsMovement } from '../peers/bitecs.ts';
import { byHand } from '../peers/by-hand.ts';
import { kootaMovement } from '../peers/koota.ts';
import { miniplexMovement } from '../peers/miniplex.ts';

const bars: { readonly [n: number]: Figure['bar'] } = {
  1: { value: 0.06 },
  1_000: { value: 0.1 },
  100_000: { ratio: 2 },
  1_000_000: { ratio: 2.5 },
};
const peerBars = { bitECS: 2, koota: 1, miniplex: 1 };

/** The movement step of an immutable world against loops that change their arrays in place or allocate new ones. */
export const benchmark: Benchmark = {
  id: 'B1',
  title: 'movement step, in memory, keeping the newest tick',
  async *run() {
    for (const [entities, bar] of Object.entries(bars)) {
      const n = Number(entities);
      const world = await worldOfMovers(n);
      // Small steps are over before the compiler has seen them.
      const warmUp = n > 10_000 ? 10 : 2000;
      const ours = (): Promise<unknown> => world.step();
      const work = `step of ${n.toLocaleString('en')} entities`;
      const rounds = n > 500_000 ? 21 : 101;
      const loop = await medians(rounds, { ours, hand: byHand(n) }, warmUp);
      yield {
        work,
        value: loop.ours,
        yardstick: 'loop by hand',
        yardstickValue: loop.hand,
        unit: 'ms',
        bar,
      };
      if (n !== 100_000) continue;
      const peers = {
        bitECS: bitecsMovement(n),
        koota: kootaMovement(n),
        miniplex: miniplexMovement(n),
      };
      for (const [name, peer] of Object.entries(peers)) {
        const against = await medians(rounds, { ours, peer }, warmUp);
        yield {
          work,
          value: against.ours,
          yardstick: name,
          yardstickValue: against.peer,
          unit: 'ms',
          bar: { ratio: peerBars[name as keyof typeof peerBars] },
        };
      }
    }
  },
};
