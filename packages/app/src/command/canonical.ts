import { hash } from 'node:crypto';

/** The one text of a JSON value, whatever the order of its keys. Absent values are left out. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  let text = '';
  for (const key of Object.keys(value).toSorted()) {
    const inner = (value as Readonly<Record<string, unknown>>)[key];
    if (inner === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(inner)}`;
  }
  return `{${text}}`;
}

/** SHA-256 of a JSON value, hexadecimal. */
export const digestOf = (value: unknown): string => hash('sha256', canonical(value));
