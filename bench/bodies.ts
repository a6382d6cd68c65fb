import { defineComponent, defineProcessor, f64, fromColumns, type World } from '@archetype/core';

const fields = {
  a: f64(0),
  b: f64(0),
  c: f64(0),
  d: f64(0),
  e: f64(0),
  f: f64(0),
  g: f64(0),
  h: f64(0),
};
export const names = Object.keys(fields) as (keyof typeof fields)[];

/** Eight columns, all of which change in every tick. */
export const Body = defineComponent('Body', fields);
export const turn = defineProcessor({
  name: 'turn',
  components: [Body],
  process: (df) =>
    df.withColumns(({ body }) => ({
      body__a: body.a.add(1),
      body__b: body.b.add(2),
      body__c: body.c.add(3),
      body__d: body.d.add(4),
      body__e: body.e.add(5),
      body__f: body.f.add(6),
      body__g: body.g.add(7),
      body__h: body.h.add(8),
    })),
});

export function spawnBodies(world: World, n: number): void {
  const columns = Object.fromEntries(
    names.map((name, c) => [
      `body__${name}`,
      Float64Array.from({ length: n }, (_, k) => k * 8 + c),
    ]),
  );
  const types = Object.fromEntries(names.map((name) => [`body__${name}`, f64()]));
  world.spawnMany(fromColumns(types, columns) as never);
}

/** What `n` bodies take without columns that are the same in all rows: entity ids and eight numbers. */
export const bytesOf = (n: number): readonly Uint8Array[] => [
  new Uint8Array(new Int32Array(n).fill(1).buffer),
  ...names.map(
    (_, c) => new Uint8Array(Float64Array.from({ length: n }, (__, k) => k * 8 + c).buffer),
  ),
];
