import { Frame, fromValues, types, type AnyFrame, type ColumnType } from '@archetype/core';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { waitingOf } from '../src/expression/evaluate.ts';
import { functions } from '../src/expression/functions/functions.ts';
import { nullFunctions } from '../src/expression/functions/nulls.ts';
import { writeLoop } from '../src/expression/generate.ts';
import { programOf } from '../src/expression/program.ts';
import { shapeOf } from '../src/expression/shape.ts';

const mood: ColumnType = { kind: 'enum', nullable: false, values: ['calm', 'angry'] };
const other: ColumnType = { kind: 'enum', nullable: false, values: ['angry', 'sad', 'calm'] };
const given: readonly (readonly [ColumnType, unknown])[] = [
  [types.f64, 1.5],
  [types.f32, 1.5],
  [types.i32, 2],
  [types.u32, 2],
  [types.i64, 3n],
  [types.bool, true],
  [types.utf8, 'calm'],
  [mood, 'calm'],
  [other, 'sad'],
  [types.timestamp, new Date(0)],
];
/** Two columns of each type, one of which may be null. */
const columns = given.flatMap(([type, cell], k) => [
  { name: `c${k}`, type, cells: [cell, cell] },
  { name: `n${k}`, type: { ...type, nullable: true }, cells: [cell, null] },
]);
const frame = new Frame(
  columns.map(({ name, type }) => ({ name, type })),
  columns.map(({ type, cells }) => fromValues(type, cells)),
  2,
);

type Build = (c: Record<string, any>) => unknown;
const names = columns.map(({ name }) => name);
const casts = ['f64', 'f32', 'i32', 'u32', 'i64', 'bool', 'utf8', 'timestamp'];

/** Every function of one or two columns or literals, casts, membership, and each of them under another call. */
function* builds(): Generator<Build> {
  const literals = [1, 2.5, 'calm', true, null, 7n];
  for (const a of names) {
    for (const to of casts) {
      yield (c) => c[a].cast(to);
      yield (c) => c[a].tryCast(to);
      yield (c) => c[a].tryCast(to).fillNull(c[a].cast(to));
      yield (c) => c[a].cast(to).isNull();
    }
    yield (c) => c[a].isIn(['calm', 'sad']);
    yield (c) => c[a].isIn([1, 2]).and(c[a].isNull());
    for (const name of [...Object.keys(functions), ...Object.keys(nullFunctions)]) {
      yield (c) => c[a][name]();
      for (const literal of literals) yield (c) => c[a][name](literal);
      for (const b of names) {
        yield (c) => c[a][name](c[b]);
        yield (c) => c[b][name](c[a][name](c[b]));
      }
    }
  }
}

/** The shape and the loop of an expression; undefined when the types do not fit, or there is nothing to compute. */
function loopOf(build: Build): { readonly shape: string; readonly loop: string } | undefined {
  try {
    const column = frame.withColumns((c: never) => ({ out: build(c) })).at('out');
    const waiting = waitingOf(column);
    if (waiting === undefined) return undefined;
    const program = programOf([waiting.output]);
    const present = program.inputs.map((op) => waiting.inputs.get(op)!.validity);
    const { source, literals } = writeLoop(program, present);
    return {
      shape: shapeOf(program, present),
      loop: source + JSON.stringify(literals.map(printed)),
    };
  } catch {
    return undefined;
  }
}
const printed = (literal: object): string => Object.values(literal).map(String).join(' ');

test('programs of one shape are written as one loop, with its values in the same order', () => {
  const loops = new Map<string, string>();
  let programs = 0;
  for (const build of builds()) {
    const found = loopOf(build);
    if (found === undefined) continue;
    expect(loops.get(found.shape) ?? found.loop, found.shape).toBe(found.loop);
    loops.set(found.shape, found.loop);
    programs++;
  }
  // Many programs share few loops; fewer loops than shapes there may be.
  expect(programs).toBeGreaterThan(3_000);
  expect(loops.size).toBeGreaterThan(500);
  expect(loops.size).toBeLessThan(programs);
});

test('a loop that is kept keeps nothing of the program it was written for', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const compute = (): WeakRef<object> => {
    const big = fromValues(types.f64, [1, 2, 3]);
    const df = new Frame([{ name: 'big', type: types.f64 }], [big], 3) as unknown as AnyFrame;
    const out = df.withColumns((c) => ({ out: (c as any).big.add(0.125).mul(3).sub(7) }));
    expect([...out.column('out')]).toEqual([-3.625, -0.625, 2.375]);
    return new WeakRef(big);
  };
  const column = compute();
  for (let k = 0; k < 10 && column.deref() !== undefined; k++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(column.deref()).toBeUndefined();
});
