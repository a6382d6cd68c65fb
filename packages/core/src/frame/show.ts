import type { Frame } from './frame.ts';

const MAX_CELL = 32;
const MAX_COLUMNS = 16;

/** The first rows as a table of text, then the size of the whole. */
export function printFrame(frame: Frame, rows: number): string {
  const shown = frame.slice(0, rows);
  const names = frame.columnNames.slice(0, MAX_COLUMNS);
  const cells = names.map((name) => {
    const column = shown.at(name);
    return Array.from({ length: shown.numRows }, (_, row) => printCell(column.get(row)));
  });
  const right = names.map((name) => /^(f|i|u)\d/.test(frame.at(name).type.kind));
  const widths = names.map((name, k) =>
    Math.max(name.length, ...cells[k]!.map((cell) => cell.length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, k) => (right[k] ? text.padStart(widths[k]!) : text.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd();
  const hidden = frame.columns.length - names.length;
  return [
    line(names),
    line(widths.map((w) => '─'.repeat(w))),
    ...Array.from({ length: shown.numRows }, (_, row) => line(cells.map((column) => column[row]!))),
    `${frame.numRows} ${frame.numRows === 1 ? 'row' : 'rows'}` +
      (hidden > 0 ? `, ${hidden} more columns` : '') +
      (shown.numRows < frame.numRows ? `, the first ${shown.numRows} shown` : ''),
  ].join('\n');
}

function printCell(cell: unknown): string {
  const text = printValue(cell).replaceAll(/\s+/g, ' ');
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}

function printValue(cell: unknown): string {
  if (cell === null) return 'null';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number')
    return Number.isInteger(cell) ? String(cell) : String(+cell.toPrecision(6));
  if (cell instanceof Date) return cell.toISOString();
  if (cell instanceof Float32Array)
    return `[${Array.from(cell.subarray(0, 4), (x) => +x.toPrecision(3)).join(', ')}${cell.length > 4 ? ', …' : ''}]`;
  if (typeof cell === 'object')
    return JSON.stringify(cell, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
  return typeof cell === 'bigint' ? cell.toString() : JSON.stringify(cell);
}
