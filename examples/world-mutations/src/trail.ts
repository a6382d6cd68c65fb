import type { AuditEntry } from '@archetype/runtime';

/** For each actor, in the order in which they came, what it did and what of that was not done. */
export function tellTrail(rows: readonly AuditEntry[]): void {
  const told = new Map<string, { readonly done: string[]; readonly not: string[] }>();
  for (const { actor, type, status, code, outcome } of rows.toReversed()) {
    let about = told.get(actor);
    if (about === undefined) told.set(actor, (about = { done: [], not: [] }));
    // A row says how its command was taken; what became of it later is read beside it.
    const end = outcome ?? { status, code };
    if (end.status === 'applied')
      about.done.push(end.code === undefined ? type : `${type} ${end.code}`);
    else about.not.push(`${type}: ${end.code ?? end.status}`);
  }
  for (const [actor, { done, not }] of told) {
    console.log(`  ${actor} did ${counted(done) || 'nothing'}`);
    if (not.length > 0) console.log(`    not done: ${counted(not)}`);
  }
}

function counted(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([one, n]) => (n === 1 ? one : `${one} (${n})`)).join(', ');
}
