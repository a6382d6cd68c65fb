import {
  bool,
  defineComponent,
  defineProcessor,
  defineSimulation,
  f32,
  f64,
  i32,
  i64,
  json,
  timestamp,
  u32,
  utf8,
  vector,
  when,
} from '@archetype/runtime';
import { z } from 'zod';

/** A column of each kind, and cells that are easily lost on the way. */
export const Every = defineComponent('Every', {
  f64: f64(),
  f32: f32().nullable(),
  i32: i32(),
  u32: u32(),
  i64: i64(),
  bool: bool(),
  flag: bool().nullable(),
  text: utf8(),
  note: utf8().nullable(),
  mood: z.enum(['calm', 'angry']),
  at: timestamp(),
  vec: vector(3),
  list: z.array(z.string()),
  struct: z.object({ p: z.number(), q: z.string().nullable() }),
  free: json(),
});
export const Still = defineComponent('Still', { mark: i64(7n) });

const one = {
  f64: 0,
  f32: null,
  i32: 2 ** 31 - 1,
  u32: 2 ** 32 - 1,
  i64: 2n ** 63n - 1n,
  bool: false,
  flag: true,
  text: '日本 🙂 é',
  note: '',
  mood: 'calm' as const,
  at: new Date(-1),
  vec: new Float32Array([0, -0.5, 1e30]),
  list: ['', 'ç'],
  struct: { p: -2, q: '' },
  free: { a: [1, null, 'x'] },
};
const other = {
  ...one,
  f64: -0,
  bool: true,
  f32: 1.5,
  i64: 2n ** 53n + 1n,
  flag: null,
  note: null,
  mood: 'angry' as const,
  list: [],
  struct: { p: -0, q: null },
  free: 'text',
};

/** Tables that change, tables that do not, births, deaths, messages that arrive and that do not, inputs. */
export const everything = defineSimulation({
  name: 'everything',
  components: [Still],
  processors: [
    defineProcessor({
      name: 'turn',
      components: [Every],
      scope: 'world',
      process: (df, ctx) => {
        const ids = df.column('entity_id');
        if (ctx.tick === 2) ctx.despawn(ids[1]!);
        ctx.send({
          to: ids[0]!,
          content: { tick: ctx.tick, input: ctx.input === undefined ? null : 'given' },
        });
        if (ctx.tick === 1) ctx.send({ to: ids[1]!, content: 'lost' });
        const flag = ctx.tick % 2 === 0 ? null : false;
        ctx.spawn(Every({ ...other, i32: ctx.tick, flag }), Still());
        return df.withColumns((c) => ({
          every__i32: c.every.i32.sub(1),
          // 0 / 0
          every__f64: when(c.every.bool).then(c.every.f64).otherwise(c.every.f64.div(c.every.f64)),
        }));
      },
    }),
  ],
  setup: (world) => {
    world.spawn(Every(one));
    world.spawn(Every(other));
    world.spawn(Still({ mark: -(2n ** 63n) }));
  },
});
