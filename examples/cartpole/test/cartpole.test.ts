import { apiTest, forkTest, seedTest } from '@archetype/app';
import { MemoryStore, randomStream, Worlds, type RandomStream } from '@archetype/core';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CartPole, cartPole, createCartPole, createCartPoles } from '../src/cartpole.ts';

function start() {
  const worlds = new Worlds(new MemoryStore());
  return { worlds, world: worlds.create('cartpole', cartPole, { seed: 1 }) };
}
type State = readonly [x: number, speed: number, angle: number, spin: number];

/** The published equations, one step of Euler's method, as a plain function. */
function reference([x, xDot, theta, thetaDot]: State, action: number): State {
  const gravity = 9.8;
  const massPole = 0.1;
  const totalMass = massPole + 1;
  const length = 0.5;
  const poleMassLength = massPole * length;
  const force = action === 1 ? 10 : -10;
  const cosTheta = Math.cos(theta);
  const sinTheta = Math.sin(theta);
  const temp = (force + poleMassLength * (thetaDot * thetaDot) * sinTheta) / totalMass;
  const thetaAcc =
    (gravity * sinTheta - cosTheta * temp) /
    (length * (4 / 3 - (massPole * (cosTheta * cosTheta)) / totalMass));
  const xAcc = temp - (poleMassLength * thetaAcc * cosTheta) / totalMass;
  const tau = 0.02;
  return [x + tau * xDot, xDot + tau * xAcc, theta + tau * thetaDot, thetaDot + tau * thetaAcc];
}
const fell = ([x, , theta]: State): boolean =>
  x < -2.4 || x > 2.4 || theta < (-12 * 2 * Math.PI) / 360 || theta > (12 * 2 * Math.PI) / 360;
const balance = ([, , angle, spin]: Float32Array): number => (angle! + 0.5 * spin! > 0 ? 1 : 0);

describe('one pole', () => {
  type Player = (random: RandomStream) => (seen: Float32Array) => number;
  const players: readonly (readonly [string, Player, shortest: number, longest: number])[] = [
    ['pushed at random', (random) => () => random.integer(0, 2), 8, 200],
    ['held', () => balance, 500, 500],
  ];
  test.each(players)(
    '%s: every state is that of the published equations',
    async (_name, player, shortest, longest) => {
      const { worlds, world } = start();
      await using env = createCartPole(world);
      const lengths: number[] = [];
      for (let seed = 0; seed < 5; seed++) {
        const play = player(randomStream(seed, 'player'));
        const [first, { worldId }] = await env.reset({ seed });
        const states = async (): Promise<readonly State[]> => {
          const reader = await worlds.attach(worldId);
          const rows = await reader.query([CartPole], { ticks: 'all' });
          return rows
            .toRows()
            .map((r) => [r.cartpole__x, r.cartpole__speed, r.cartpole__angle, r.cartpole__spin]);
        };
        let observation = first;
        let [state] = (await states()) as [State];
        expect(state.every((number) => Math.abs(number) <= 0.05)).toBe(true);
        const expected = [state];
        for (let over = false; !over;) {
          const action = play(observation);
          state = reference(state, action);
          expected.push(state);
          const [next, reward, terminated, truncated] = await env.step(action);
          expect([...next]).toEqual(state.map(Math.fround));
          const steps = expected.length - 1;
          expect([reward, terminated, truncated]).toEqual([
            1,
            fell(state),
            !fell(state) && steps === 500,
          ]);
          observation = next;
          over = terminated || truncated;
        }
        expect(await states()).toEqual(expected);
        lengths.push(expected.length - 1);
      }
      for (const length of lengths)
        expect(length >= shortest && length <= longest, `${length} steps`).toBe(true);
    },
  );

  test('falls as the one of Gymnasium 1.4 does, from the same state with the same pushes', async () => {
    const { world } = start();
    world.spawn(CartPole({ x: 0.01, speed: -0.02, angle: 0.03, spin: -0.04 }));
    const pushes = [1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1];
    for (const input of pushes) await world.step({ input });
    const rows = await world.query([CartPole], { ticks: { from: 1, to: 19 } });
    const at = (tick: number) =>
      (['x', 'speed', 'angle', 'spin'] as const).map(
        (field) => rows.column(`cartpole__${field}`)[tick - 1]!,
      );
    const known = {
      1: [0.009600000000000001, 0.17467919574755525, 0.0292, -0.3230687179600081],
      10: [0.025175747025248565, 0.36700819572673443, 0.00014698901839186977, -0.5539793503654891],
      19: [0.18521926762141444, 1.739183499122416, -0.24868561005078835, -2.8110695663410796],
    };
    for (const [tick, state] of Object.entries(known))
      at(Number(tick)).forEach((number, k) => expect(number).toBeCloseTo(state[k]!, 13));
    expect(rows.column('cartpole__fallen')).toEqual([...Array(18).fill(false), true]);
  });

  const options = { actions: (random: RandomStream) => random.integer(0, 2), steps: 60 };
  test.each([
    ['apiTest', apiTest],
    ['seedTest', seedTest],
    ['forkTest', forkTest],
  ])('passes %s', async (_name, conformance) => {
    await using env = createCartPole(start().world);
    await expect(conformance(env, options)).resolves.toBeUndefined();
  });
});

describe('many poles', () => {
  test('swing as the published equations say, each on its own, and begin anew where they fell', async () => {
    const n = 16;
    await using poles = createCartPoles(start().world, n);
    const [first] = await poles.reset({ seed: 3 });
    expect(first).toHaveLength(4 * n);
    let observations = first;
    // What 32-bit observations lose is not fed back: a pole's own state goes on until it falls.
    const states: (State | undefined)[] = Array.from({ length: n });
    const random = randomStream(1, 'pushes');
    let falls = 0;
    for (let tick = 0; tick < 60; tick++) {
      const actions = Array.from({ length: n }, () => random.integer(0, 2));
      const before = observations;
      const [next, rewards, terminated, truncated, { done, final_observation: final }] =
        await poles.step(actions);
      expect([...rewards]).toEqual(Array(n).fill(1));
      expect([...truncated]).toEqual(Array(n).fill(0));
      expect([...done]).toEqual([...terminated.keys()].filter((k) => terminated[k] === 1));
      const last = final ?? next;
      for (let k = 0; k < n; k++) {
        const from = states[k] ?? ([...before.subarray(4 * k, 4 * k + 4)] as unknown as State);
        const expected = reference(from, actions[k]!);
        const seen = last.subarray(4 * k, 4 * k + 4);
        expected.forEach((number, j) => expect(seen[j]).toBeCloseTo(number, 5));
        const begins = [...next.subarray(4 * k, 4 * k + 4)];
        if (terminated[k] === 1) {
          falls++;
          expect(begins.every((number) => Math.abs(number) <= 0.05)).toBe(true);
          states[k] = undefined;
        } else {
          expect(begins).toEqual([...seen]);
          states[k] = expected;
        }
      }
      observations = next;
    }
    expect(falls).toBeGreaterThan(20);
  });
});

test('the example prints how long the poles stay up', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const output = execFileSync(process.execPath, ['--conditions=@archetype/source', main], {
    encoding: 'utf8',
  });
  expect(output).toBe(
    [
      'One pole, pushed always to the right: fell after 9 steps',
      'One pole, pushed to where it falls: still up after 500 steps',
      '64 poles in one world, 200 steps: 673 falls, all of poles that nobody held',
      '',
    ].join('\n'),
  );
});
