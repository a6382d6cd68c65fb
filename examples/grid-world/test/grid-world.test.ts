import { apiTest, forkTest, seedTest } from '@archetype/app';
import { ArchetypeRuntime, type RandomStream } from '@archetype/runtime';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGridWorld, gridWorld, type Moves } from '../src/grid-world.ts';

const runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
const start = (name: string) => createGridWorld(runtime.world(name, gridWorld, { seed: 1 }));
const actions = (random: RandomStream): Moves => ({
  fox: random.integer(0, 5),
  hare: random.integer(0, 5),
});

test.each([
  ['apiTest', apiTest],
  ['seedTest', seedTest],
  ['forkTest', forkTest],
])('passes %s', async (name, conformance) => {
  await using env = start(name);
  await expect(conformance(env, { actions })).resolves.toBeUndefined();
});

test('both move at once, fences hold, and each sees itself first', async () => {
  await using env = start('moves');
  const [first] = await env.reset({ seed: 1 });
  expect([...first.hare]).toEqual([...first.fox.slice(2), ...first.fox.slice(0, 2)]);
  const at = ({ fox, hare }: typeof first) => [...fox.slice(0, 2), ...hare.slice(0, 2)];
  const [fx, fy, hx, hy] = at(first) as [number, number, number, number];
  const [next] = await env.step({ fox: 2, hare: 1 });
  expect(at(next)).toEqual([Math.min(fx + 1, 6), fy, hx, Math.max(hy - 1, 0)]);
  let views = next;
  for (let step = 0; step < 7; step++) [views] = await env.step({ fox: 3, hare: 1 });
  expect([views.fox[1], views.hare[1]]).toEqual([6, 0]);
});

test('the hunt ends when both are in one cell; what the fox gains the hare loses', async () => {
  await using env = start('hunt');
  let [{ fox }] = await env.reset({ seed: 2 });
  for (let step = 1; ; step++) {
    const [x, y, otherX, otherY] = fox as unknown as [number, number, number, number];
    const towards = otherX === x ? (otherY > y ? 3 : 1) : otherX > x ? 2 : 4;
    const [views, reward, terminated] = await env.step({ fox: towards, hare: 0 });
    expect(reward.hare).toBe(-reward.fox);
    expect(reward.fox).toBeCloseTo(terminated ? 9.9 : -0.1, 10);
    fox = views.fox;
    if (terminated) {
      expect([fox[0], fox[1]]).toEqual([fox[2], fox[3]]);
      break;
    }
    expect(step).toBeLessThan(12);
  }
});

test('the example prints how both hunts end', () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts');
  const output = execFileSync(process.execPath, ['--conditions=@archetype/source', main], {
    encoding: 'utf8',
  });
  expect(output).toBe(
    [
      "A hare that sits still: caught after 6 steps, the fox's reward is 9.4",
      "A hare that runs away: caught after 12 steps, the fox's reward is 8.8",
      '',
    ].join('\n'),
  );
});
