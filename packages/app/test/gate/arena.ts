import { createApp, type App, type AppOptions } from '@archetype/app';
import {
  defineComponent,
  defineHook,
  defineProcessor,
  defineResource,
  defineSimulation,
  bool,
  f64,
  i64,
  MemoryStore,
  utf8,
  type Actor,
  type Store,
} from '@archetype/core';

export const Position = defineComponent('Position', { x: f64(0), y: f64(0) });
export const Velocity = defineComponent('Velocity', { dx: f64(0), dy: f64(0) });
export const Health = defineComponent('Health', { points: f64(100), note: utf8('') });
export const Tally = defineComponent('Tally', { n: i64(0n), done: bool(false) });
export const Wind = defineResource('wind', { schema: f64(0) });

export const movement = defineProcessor({
  name: 'movement',
  components: [Position, Velocity],
  process: (df, ctx) =>
    df.withColumns((c) => ({
      position__x: c.position.x.add(c.velocity.dx).add(ctx.resources.get(Wind)),
      position__y: c.position.y.add(c.velocity.dy),
    })),
});
export const wither = defineProcessor({
  name: 'wither',
  components: [Health],
  process: (df) => df.withColumns((c) => ({ health__points: c.health.points.sub(1) })),
});
export const arena = defineSimulation({
  name: 'arena',
  components: [Health, Tally],
  processors: [movement],
  resources: [Wind],
});

/** A clock that stands until it is set. */
export class Clock {
  now = Date.parse('2026-03-04T05:06:07Z');
  readonly read = (): number => this.now;
}

export const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const actor = (id: string, ...roles: string[]): Actor => ({ id, roles });
export const viewer = actor('vera', 'viewer');
export const player = actor('pia', 'player');
export const operator = actor('otto', 'operator');
export const admin = actor('ada', 'admin');

/** An app over a store that outlives it. */
export function appOver(store: Store = new MemoryStore(), more: Partial<AppOptions> = {}): App {
  return createApp({
    store,
    closeStore: async () => undefined,
    simulations: [arena],
    processors: [wither],
    hooks: { noop: defineHook('postTick', () => undefined) },
    logger: quiet,
    trustedAudit: 'none',
    ...more,
  });
}

export const spawned = (x: number, more: object = {}) => ({
  components: [
    { type: 'Position', x },
    { type: 'Velocity', dx: 1 },
  ],
  ...more,
});
