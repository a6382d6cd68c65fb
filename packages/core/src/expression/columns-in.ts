import type { Node } from './node.ts';

/** The columns that an expression reads. */
export function columnsIn(root: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const waiting: Node[] = [root];
  const seen = new Set<Node>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    switch (node.kind) {
      case 'column':
        names.add(node.name);
        break;
      case 'call':
        waiting.push(...node.args);
        break;
      case 'aggregate':
        waiting.push(node.arg);
        break;
      case 'over':
        node.keys.forEach((key) => names.add(key));
        waiting.push(node.aggregate);
        break;
      case 'literal':
    }
  }
  return names;
}

/** Whether an expression says something of each row by itself: no aggregates, no random numbers. */
export function isRowWise(root: Node): boolean {
  const waiting: Node[] = [root];
  const seen = new Set<Node>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'aggregate' || node.kind === 'over') return false;
    if (node.kind !== 'call') continue;
    if (node.fn.startsWith('random') || node.fn === 'has') return false;
    waiting.push(...node.args);
  }
  return true;
}
