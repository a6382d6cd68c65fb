import { createApp } from '@archetype/app';
import { MemoryStore, type Store } from '@archetype/core';
import type { Benchmark } from '../benchmark.ts';
import { cpu, medians } from '../medians.ts';
import { movement, Position, Velocity } from '../movers.ts';
import { expect } from '../oracle.ts';
import { z } from 'zod';

const n = 500;
const schema = z.strictObject({
  entity_id: z.int(),
  components: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('Position'), x: z.number(), y: z.number() }),
      z.strictObject({ type: z.literal('Velocity'), dx: z.number(), dy: z.number() }),
    ]),
  ),
});

/** A store that writes nothing down: what is left is what the gate itself costs. */
class Unwritten extends MemoryStore {
  accepted = 0;
  override accept = async ({
    commands = [],
    audit = [],
  }: Parameters<Store['accept']>[0]): Promise<void> => {
    this.accepted += commands.length;
    expect(commands.length === audit.length, 'a command has no row');
  };
}

export const benchmark: Benchmark = {
  title: 'the gate: one direct command, audited, without its sync',
  async *run() {
    const store = new Unwritten();
    await using app = createApp({
      store,
      trustedAudit: 'none',
      quotas: { commandsPerTick: Infinity, tokensPerDay: Infinity },
    });
    const world = app.world('bench', { processors: [movement] }, { seed: 1 });
    const entity_id = world.spawn(Position(), Velocity());
    await world.run({ steps: 0 });
    const player = app.as({ id: 'ann', roles: ['player'] });
    let x = 0;
    const payload = () => ({
      entity_id,
      components: [
        { type: 'Position', x: x++, y: 2 },
        { type: 'Velocity', dx: 1, dy: 0.5 },
      ],
    });
    const gate = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: n }, () =>
          player.execute({ type: 'update', world: world.id, payload: payload() }),
        ),
      );
    };
    const parse = (): void => {
      // A hundred times as many: the clock ticks too slowly for fewer.
      for (let k = 0; k < n * 100; k++)
        expect(schema.safeParse(payload()).success, 'it is refused');
    };
    const times = await medians(
      { gate, parse },
      { rounds: 41, warmUp: 10, clock: cpu, between: () => world.step() },
    );
    expect(store.accepted === n * 51, `${store.accepted} commands were accepted`);
    yield {
      work: 'one direct command through the gate',
      value: times.gate / n,
      yardstick: 'its payload parsed by zod',
      yardstickValue: times.parse / n / 100,
      unit: 'ms',
      bar: { ratio: 6 },
    };
  },
};
