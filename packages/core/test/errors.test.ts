import { ArchetypeError } from '@archetype/core';
import { expect, test } from 'vitest';

test('an error carries what a program may want to read, frozen and apart from what it was given', () => {
  const details = { limit: 10, remaining: 0 };
  const error = new ArchetypeError('quota_exceeded', 'No tokens are left.', { details });
  details.remaining = 5;
  expect(error.details).toEqual({ limit: 10, remaining: 0 });
  expect(Object.isFrozen(error.details)).toBe(true);
});

test('an error without details has none, frozen, and keeps its cause', () => {
  const cause = new Error('disk');
  const error = new ArchetypeError('commit_failed', 'It failed; try again.', { cause });
  expect(error.details).toEqual({});
  expect(Object.isFrozen(error.details)).toBe(true);
  expect(error.cause).toBe(cause);
});
