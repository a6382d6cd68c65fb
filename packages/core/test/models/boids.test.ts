import {
  defineComponent,
  defineProcessor,
  f64,
  MemoryStore,
  radiusIndex,
  Worlds,
} from '@archetype/core';
import { expect, test } from 'vitest';

/** Reynolds' boids on a torus: fly towards the others' middle, with them, and not too close. */
const Boid = defineComponent('Boid', { x: f64(), y: f64(), dx: f64(), dy: f64() });
const SIZE = 100;
const SIGHT = 8;
const CLOSE = 2;
const SPEED = 1;

interface State {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** The shorter way from a to b on the torus. */
function way(a: number, b: number): number {
  const difference = b - a;
  if (difference > SIZE / 2) return difference - SIZE;
  return difference < -SIZE / 2 ? difference + SIZE : difference;
}
const wrap = (position: number): number => ((position % SIZE) + SIZE) % SIZE;

const flock = defineProcessor({
  name: 'flock',
  components: [Boid],
  process: (df) => {
    const near = radiusIndex(df, { columns: ['boid__x', 'boid__y'], radius: SIGHT, torus: SIZE });
    return df.kernel(['boid__x', 'boid__y', 'boid__dx', 'boid__dy'], (out, cols, n) => {
      const { boid__x: x, boid__y: y, boid__dx: dx, boid__dy: dy } = cols;
      for (let i = 0; i < n; i++) {
        const others = near.around(i);
        let [turnX, turnY] = [0, 0];
        for (const j of others) {
          const [toX, toY] = [way(x[i]!, x[j]!), way(y[i]!, y[j]!)];
          const apart = Math.sqrt(toX * toX + toY * toY);
          const pull = apart < CLOSE ? -0.2 : 0.02;
          turnX += pull * toX + 0.1 * dx[j]!;
          turnY += pull * toY + 0.1 * dy[j]!;
        }
        const [fastX, fastY] = [dx[i]! + turnX, dy[i]! + turnY];
        const speed = Math.sqrt(fastX * fastX + fastY * fastY);
        out.boid__dx[i] = (fastX / speed) * SPEED;
        out.boid__dy[i] = (fastY / speed) * SPEED;
        out.boid__x[i] = wrap(x[i]! + out.boid__dx[i]!);
        out.boid__y[i] = wrap(y[i]! + out.boid__dy[i]!);
      }
    });
  },
});

/** The reference: everybody looks at everybody. */
function step(boids: readonly State[]): State[] {
  return boids.map((boid) => {
    let [turnX, turnY] = [0, 0];
    for (const other of boids) {
      const [toX, toY] = [way(boid.x, other.x), way(boid.y, other.y)];
      if (other === boid || toX * toX + toY * toY > SIGHT * SIGHT) continue;
      const pull = Math.sqrt(toX * toX + toY * toY) < CLOSE ? -0.2 : 0.02;
      turnX += pull * toX + 0.1 * other.dx;
      turnY += pull * toY + 0.1 * other.dy;
    }
    const [fastX, fastY] = [boid.dx + turnX, boid.dy + turnY];
    const speed = Math.sqrt(fastX * fastX + fastY * fastY);
    const [dx, dy] = [(fastX / speed) * SPEED, (fastY / speed) * SPEED];
    return { x: wrap(boid.x + dx), y: wrap(boid.y + dy), dx, dy };
  });
}

/** 1 when all fly the same way, near 0 when each flies their own. */
function order(boids: readonly State[]): number {
  const sum = (field: 'dx' | 'dy'): number => boids.reduce((total, boid) => total + boid[field], 0);
  return Math.hypot(sum('dx'), sum('dy')) / boids.length / SPEED;
}

test('600 boids fly as a search of all pairs says, to the last bit, and form a flock', async () => {
  let boids: State[] = Array.from({ length: 600 }, (_, k) => {
    const angle = (k * 2.399963) % (2 * Math.PI);
    return {
      x: (k * 61.803398) % SIZE,
      y: (k * 32.471796) % SIZE,
      dx: SPEED * Math.cos(angle),
      dy: SPEED * Math.sin(angle),
    };
  });
  const world = new Worlds(new MemoryStore()).create('sky', { processors: [flock] });
  world.spawnMany(boids.map((boid) => [Boid(boid)]));
  const ticks = 80;
  await world.run({ steps: ticks });

  const before = order(boids);
  for (let tick = 1; tick <= ticks; tick++) {
    boids = step(boids);
    const rows = (await world.query([Boid], { ticks: tick })).toRows();
    expect(
      rows.map((row) => ({ x: row.boid__x, y: row.boid__y, dx: row.boid__dx, dy: row.boid__dy })),
    ).toEqual(boids);
  }
  for (const { x, y, dx, dy } of boids) {
    expect(x >= 0 && x < SIZE && y >= 0 && y < SIZE).toBe(true);
    expect(Math.hypot(dx, dy)).toBeCloseTo(SPEED, 12);
  }
  expect(before).toBeLessThan(0.1);
  expect(order(boids)).toBeGreaterThan(0.5);
});
