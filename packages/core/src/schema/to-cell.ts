import { ArchetypeError } from '../errors.ts';
import type { ColumnType } from './column-type.ts';
import { jsonCopy } from './json-copy.ts';

/** A value as its cell, for which JSON is copied, wherever it lies in lists and structs. @throws `invalid_value` */
export function toCell(value: unknown, type: ColumnType, where: string): unknown {
  if (value === undefined || value === null) return null;
  if (type.kind === 'json') return jsonCopy(value, `A value for ${where}`);
  if (type.kind === 'vector') return Float32Array.from(value as ArrayLike<number>);
  if (holdsJson(type))
    return type.kind === 'list' ? listCell(value, type, where) : structCell(value, type, where);
  checkText(value, where);
  return value;
}

const holdsJson = ({ kind, item, fields }: ColumnType): boolean =>
  kind === 'json' ||
  (item !== undefined && holdsJson(item)) ||
  fields?.some((field) => holdsJson(field.type)) === true;

const listCell = (value: unknown, { item }: ColumnType, where: string): unknown =>
  (value as readonly unknown[]).map((inner) => toCell(inner, item!, where));

const structCell = (value: unknown, { fields }: ColumnType, where: string): unknown =>
  Object.fromEntries(
    fields!.map(({ name, type }) => [
      name,
      toCell((value as Record<string, unknown>)[name], type, `${where}.${name}`),
    ]),
  );

/** Texts that UTF-8 cannot keep are refused where they are given, not in the tick that would store them. */
function checkText(value: unknown, where: string): void {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return;
    throw new ArchetypeError(
      'invalid_value',
      `A text given for ${where} holds half a surrogate pair, which UTF-8 cannot keep; use toWellFormed() on it first.`,
    );
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const inner of Object.values(value)) checkText(inner, where);
}
