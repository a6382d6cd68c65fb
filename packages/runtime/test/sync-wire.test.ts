import { ArchetypeError, ArchetypeRuntime } from '@archetype/runtime';
import type { Frame } from '@archetype/core';
import { expect, test } from 'vitest';
import { packError, unpackError } from '../src/sync/wire-error.ts';
import { packFrame, unpackFrame } from '../src/sync/wire-frame.ts';
import { Every, everything } from './everything.ts';

/** As if it went to another thread. */
function crossed(frame: Frame): Frame {
  const moved: ArrayBuffer[] = [];
  const wire = packFrame(frame, moved);
  return unpackFrame(structuredClone(wire, { transfer: moved }));
}

test('a frame crosses as it is, with what its columns are views of and without, and stays whole here', async () => {
  await using runtime = new ArchetypeRuntime({ storage: { backend: 'memory' } });
  const world = runtime.world('w', everything, { seed: 1 });
  await world.run({ steps: 3 });
  const given: unknown = await world.query([Every], { ticks: 'all', includeInactive: true });
  const rows = given as Frame;
  const [first, last] = [rows.slice(1, 4), rows.slice(rows.numRows - 2, rows.numRows)];
  for (const frame of [rows, first, last, rows.slice(0, 0)]) {
    const there = crossed(frame);
    expect(there.schema).toEqual(frame.schema);
    expect(there.equals(frame)).toBe(true);
    expect(crossed(there).equals(frame)).toBe(true);
  }
  // Only what a part shows crosses, and not all that it is a view of.
  const moved: ArrayBuffer[] = [];
  const size = packFrame(rows.slice(0, 1), moved).memory.byteLength;
  expect(size).toBeLessThan(packFrame(rows, moved).memory.byteLength);
});

test('an error crosses with its code, message, details and cause, and other errors with their names and notes', () => {
  const cause = Object.assign(new RangeError('too far'), { path: '/there' });
  const error = new ArchetypeError('quota_exceeded', 'No more of it.', {
    details: { limit: 3 },
    cause: new AggregateError([cause, new ArchetypeError('aborted', 'Told to.')], 'two', {
      cause: 'text',
    }),
  });
  const there = unpackError(structuredClone(packError(error))) as ArchetypeError;
  expect(there).toBeInstanceOf(ArchetypeError);
  expect(there).toEqual(error);
  expect([there.code, there.message, there.details]).toEqual([
    'quota_exceeded',
    'No more of it.',
    { limit: 3 },
  ]);
  const { errors, cause: text } = there.cause as AggregateError;
  expect(errors[0]).toMatchObject({ name: 'RangeError', message: 'too far', path: '/there' });
  expect((errors[0] as Error).stack).toBe(cause.stack);
  expect(errors[1]).toBeInstanceOf(ArchetypeError);
  expect(text).toBe('text');
  expect(unpackError(packError('no error'))).toBe('no error');
});
