import { z } from 'zod';
import { ArchetypeError } from '../errors.ts';
import { checkedParse } from '../schema/checked-parse.ts';
import type { Fields } from '../schema/component.ts';
import type { Outcome } from './call-batches.ts';
import { checkCell, type RowOutput } from './row-outputs.ts';

/** Holds what a call returned for a row against the fields of its outputs, and gives its cells. */
export function decoder(
  fields: Fields,
  outputs: readonly RowOutput[],
): (result: unknown, row: number) => Outcome<readonly unknown[]> {
  const schema = z.strictObject({ ...fields });
  return (result, row) => {
    try {
      const parsed = checkedParse(schema, result, `What the call returned for row ${row}`);
      if (!parsed.success) throw invalid(parsed.error, row);
      const value = outputs.map(({ name, type }) => {
        const cell = parsed.data[name] ?? null;
        checkCell(name, type, cell, row);
        return cell;
      });
      return { value };
    } catch (error) {
      return { error };
    }
  };
}

function invalid(error: z.ZodError, row: number): ArchetypeError {
  const problems = error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  );
  return new ArchetypeError(
    'invalid_value',
    `What the call returned for row ${row} is not what outputs say: ${problems.join('; ')}.`,
    { cause: error },
  );
}
