import { ArchetypeError, didYouMean } from '../errors.ts';
import { Frame } from '../frame/frame.ts';
import { printType, sameType } from '../schema/column-type.ts';
import { baseColumns } from '../schema/signature.ts';

/**
 * Holds what a processor returned against what it was given: the same entities, the table's columns and types, the base
 * columns untouched. Rows in another order are put back in theirs.
 */
export function guard(given: Frame, returned: unknown, processor: string): Frame {
  if (!(returned instanceof Frame)) {
    throw new ArchetypeError(
      'processor_result',
      `Processor "${processor}" returned ${describe(returned)}; it must return the DataFrame it was given, or one made from it.`,
    );
  }
  if (returned === given) return given;
  checkColumns(given, returned, processor);
  const rows =
    returned.at('entity_id') === given.at('entity_id')
      ? returned
      : realign(given, returned, processor);
  const frame =
    rows.schema === given.schema
      ? rows
      : new Frame(
          given.schema,
          given.columnNames.map((name) => rows.at(name)),
          given.numRows,
          given.random,
        );
  // Base columns come first in whatever a processor is given.
  for (const [k, { name }] of baseColumns.entries()) {
    const [before, after] = [given.columns[k]!, frame.columns[k]!];
    if (after === before || after.equals(before)) continue;
    throw new ArchetypeError(
      'processor_schema',
      `Processor "${processor}" changed ${name}, which the engine owns; leave the base columns as they are.`,
    );
  }
  return frame;
}

function checkColumns(given: Frame, returned: Frame, processor: string): void {
  if (returned.schema === given.schema) return;
  for (const { name, type } of given.schema) {
    if (!returned.has(name)) {
      throw new ArchetypeError(
        'processor_schema',
        `Processor "${processor}" returned a frame without column ${name}; keep every column of the table.`,
      );
    }
    const got = returned.at(name).type;
    if (sameType(got, type)) continue;
    throw new ArchetypeError(
      'processor_schema',
      `Processor "${processor}" returned column ${name} as ${printType(got)}; the table holds ${printType(type)}, so cast it.`,
    );
  }
  for (const name of returned.columnNames) {
    if (given.has(name)) continue;
    throw new ArchetypeError(
      'processor_schema',
      `Processor "${processor}" returned a new column ${name}${didYouMean(name, given.columnNames)} Drop it before returning, or make it a field of a component.`,
    );
  }
}

function realign(given: Frame, returned: Frame, processor: string): Frame {
  const ids = given.at('entity_id').data as Int32Array;
  const got = returned.at('entity_id').data as Int32Array;
  const rows = Int32Array.from(got.keys()).toSorted((a, b) => got[a]! - got[b]!);
  const same = rows.length === ids.length && rows.every((row, k) => got[row] === ids[k]);
  if (same) return returned.take(rows);
  const kept = new Set(got);
  const lost = ids.filter((id) => !kept.has(id));
  const problem =
    lost.length > 0
      ? `dropped ${lost.length} of ${ids.length} entities (for example ${lost[0]})`
      : `returned ${got.length} rows for ${ids.length} entities, some of them twice or unknown`;
  throw new ArchetypeError(
    'processor_dropped_rows',
    `Processor "${processor}" ${problem}; it must return each entity it was given once. To end an entity call ctx.despawn(id), to make one ctx.spawn(...).`,
  );
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
