import { Frame } from '../frame/frame.ts';
import { sameJson } from '../state/json.ts';
import type { Commit, TableCommit } from '../state/commit.ts';

/** Whether two commits say the same of a tick: what makes a repeated append harmless. */
export function sameCommit(a: Commit, b: Commit): boolean {
  return (
    a.tick === b.tick &&
    a.counters.nextEntity === b.counters.nextEntity &&
    a.counters.nextMessage === b.counters.nextMessage &&
    sameJson(a.resources ?? {}, b.resources ?? {}) &&
    sameInput(a.input, b.input) &&
    sameJson(a.settled, b.settled) &&
    sameJson(a.undelivered ?? [], b.undelivered ?? []) &&
    a.tables.length === b.tables.length &&
    a.tables.every((table, k) => sameTable(table, b.tables[k]!)) &&
    (a.messages === b.messages ||
      (a.messages !== undefined && b.messages !== undefined && a.messages.equals(b.messages)))
  );
}

function sameTable(a: TableCommit, b: TableCommit): boolean {
  if (a.signature.schema !== b.signature.schema) return false;
  if ('sameAs' in a || 'sameAs' in b)
    return 'sameAs' in a && 'sameAs' in b && a.sameAs === b.sameAs;
  return a.rows === b.rows || a.rows.equals(b.rows);
}

const sameInput = (a: Commit['input'], b: Commit['input']): boolean =>
  a instanceof Frame ? b instanceof Frame && a.equals(b) : sameJson(a, b);
