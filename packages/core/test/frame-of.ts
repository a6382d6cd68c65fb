import { Frame, fromValues, type ColumnType, type DataFrame } from '@archetype/core';

/** A frame of columns given as their types and cells. */
export function frameOf(
  columns: Readonly<Record<string, readonly [ColumnType, readonly unknown[]]>>,
): DataFrame {
  const entries = Object.entries(columns);
  return new Frame(
    entries.map(([name, [type]]) => ({ name, type })),
    entries.map(([, [type, cells]]) => fromValues(type, cells)),
    entries[0]?.[1][1].length ?? 0,
  ) as unknown as DataFrame;
}

export const maybe = (type: ColumnType): ColumnType => ({ ...type, nullable: true });

export const cellsOf = (df: DataFrame, name: string): unknown[] =>
  df.toRows().map((row) => row[name]);
