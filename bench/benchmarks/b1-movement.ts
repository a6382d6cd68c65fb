import type { World } from '@archetype/core';
import type { Benchmark } from '../benchmark.ts';
import type { Figure } from '../figure.ts';
import { medians } from '../medians.ts';
import { Position, start, worldOfMovers } from '../movers.ts';
import { expectSame } from '../oracle.ts';
import { bitecsMovement } from '../peers/bitecs-movement.ts';
import { byHand } from '../peers/by-hand.ts';
import { kootaMovement } from '../peers/koota.ts';
import { miniplexMovement } from '../peers/miniplex.ts';
import { cellsOf, type Mover } from '../peers/mover.ts';

interface Peer {
  readonly name: string;
  readonly make: (n: number) => Mover;
  readonly bar: Figure['bar'];
}

const hand = { name: 'loop by hand', make: byHand };
const scales: readonly { readonly n: number; readonly peers: readonly Peer[] }[] = [
  { n: 1, peers: [{ ...hand, bar: { value: 0.06 } }] },
  { n: 1_000, peers: [{ ...hand, bar: { value: 0.1 } }] },
  {
    n: 100_000,
    peers: [
      { ...hand, bar: { ratio: 2 } },
      { name: 'bitECS', make: bitecsMovement, bar: { ratio: 2 } },
      { name: 'koota', make: kootaMovement, bar: { ratio: 1 } },
      { name: 'miniplex', make: miniplexMovement, bar: { ratio: 1 } },
    ],
  },
  { n: 1_000_000, peers: [{ ...hand, bar: { ratio: 2.5 } }] },
];

async function positionsOf(world: World): Promise<Float64Array> {
  const rows = await world.query([Position]);
  const both = new Float64Array(2 * rows.numRows);
  both.set(rows.column('position__x'));
  both.set(rows.column('position__y'), rows.numRows);
  return both;
}

/** The step of an immutable world against loops that change their arrays in place or allocate new ones. */
export const benchmark: Benchmark = {
  title: 'movement step, in memory, keeping the newest tick',
  async *run() {
    for (const { n, peers } of scales) {
      for (const { name, make, bar } of peers) {
        const [world, peer] = [worldOfMovers(n), make(n)];
        await world.run({ steps: 3 });
        for (let k = 0; k < 3; k++) peer.step();
        expectSame(await positionsOf(world), peer.cells(), name);
        // Small steps are over before the compiler has seen them.
        const warmUp = n > 10_000 ? 10 : 2000;
        const ways = { ours: () => world.step(), theirs: peer.step };
        const { ours, theirs } = await medians(ways, {
          rounds: n > 500_000 ? 20 : 100,
          warmUp,
          inRow: 10,
        });
        expectSame(await positionsOf(world), cellsAfter(world.tick, n), 'the formula');
        yield {
          work: `step of ${n.toLocaleString('en')} entities`,
          value: ours,
          yardstick: name,
          yardstickValue: theirs,
          unit: 'ms',
          bar,
        };
      }
    }
  },
};

/** All velocities are whole numbers, so that every sum is exact. */
const cellsAfter = (ticks: number, n: number): Float64Array =>
  cellsOf(
    n,
    (k) => start(k).x + ticks * start(k).dx,
    (k) => start(k).y + ticks * start(k).dy,
  );
