import type { ColumnType } from './column-type.ts';
import type { DefaultCell as Json } from './signature.ts';

/** A cell as JSON: 64-bit integers as decimal text, times as ISO 8601, vectors as arrays. */
export function cellToJson(type: ColumnType, cell: unknown): Json {
  if (cell === null || cell === undefined) return null;
  switch (type.kind) {
    case 'i64':
      return (cell as bigint).toString();
    case 'timestamp':
      return (cell as Date).toISOString();
    case 'vector':
      return Array.from(cell as ArrayLike<number>);
    case 'list':
      return (cell as readonly unknown[]).map((item) => cellToJson(type.item!, item));
    case 'struct':
      return Object.fromEntries(
        type.fields!.map((field) => [
          field.name,
          cellToJson(field.type, (cell as Record<string, unknown>)[field.name]),
        ]),
      );
    default:
      return cell as Json;
  }
}

/** The inverse of `cellToJson`. */
export function cellFromJson(type: ColumnType, json: Json): unknown {
  if (json === null) return null;
  switch (type.kind) {
    case 'i64':
      return BigInt(json as string);
    case 'timestamp':
      return new Date(json as string);
    case 'vector':
      return Float32Array.from(json as readonly number[]);
    case 'list':
      return (json as readonly Json[]).map((item) => cellFromJson(type.item!, item));
    case 'struct':
      return Object.fromEntries(
        type.fields!.map((field) => [
          field.name,
          cellFromJson(field.type, (json as { readonly [key: string]: Json })[field.name] ?? null),
        ]),
      );
    default:
      return json;
  }
}
