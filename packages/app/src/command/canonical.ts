import { hash } from 'node:crypto';

/** The one text of a JSON value, whatever the order of its keys. Absent values are left out. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'null');
  let text = '';
  if (Array.isArray(value)) {
    for (const inner of value) text += `${text === '' ? '' : ','}${canonical(inner)}`;
    return `[${text}]`;
  }
  for (const key of sorted(Object.keys(value))) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    if (inner === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(inner)}`;
  }
  return `{${text}}`;
}

/** Most objects are small, and many are in order. */
function sorted(keys: string[]): string[] {
  for (let k = 1; k < keys.length; k++) if (keys[k - 1]! > keys[k]!) return keys.toSorted();
  return keys;
}

/** SHA-256 of a JSON value, hexadecimal. */
export const digestOf = (value: unknown): string => hash('sha256', canonical(value));
