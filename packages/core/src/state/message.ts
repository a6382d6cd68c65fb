import { columnOf, constant, fromValues } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { Frame } from '../frame/frame.ts';
import { jsonCopy } from '../schema/json-copy.ts';
import { nullable, types, type Schema } from '../schema/column-type.ts';
import type { Json } from './json.ts';

/** A message on its way to its tick. */
export interface Message {
  readonly to: number;
  /** The entity that sent it; null for one from outside. */
  readonly from: number | null;
  readonly content: Json;
}

/** A message as a commit and a snapshot keep it. */
export const messageColumns: Schema = Object.freeze([
  { name: 'id', type: types.i32 },
  { name: 'to', type: types.i32 },
  { name: 'from', type: nullable(types.i32) },
  { name: 'content', type: types.json },
]);

/** A message as users see it. */
export const messageSchema: Schema = Object.freeze([
  ...messageColumns,
  { name: 'sent_tick', type: types.i32 },
  { name: 'delivered', type: types.bool },
]);

export const noMessages: Frame = messageFrame([], 1);

/** Messages as rows, numbered from `firstId` on. */
export function messageFrame(messages: readonly Message[], firstId: number): Frame {
  const columns = [
    columnOf(
      types.i32,
      messages.length,
      Int32Array.from(messages, (_, k) => firstId + k),
    ),
    columnOf(
      types.i32,
      messages.length,
      Int32Array.from(messages, ({ to }) => to),
    ),
    fromValues(
      nullable(types.i32),
      messages.map(({ from }) => from),
    ),
    fromValues(
      types.json,
      messages.map(({ content }) => content),
    ),
  ];
  return new Frame(messageColumns, columns, messages.length);
}

/** Messages of one tick as users see them; `delivered` says it of each. */
export function asSent(messages: Frame, tick: number, delivered: Column): Frame {
  const n = messages.numRows;
  const columns = [...messages.columns, constant(types.i32, n, tick), delivered];
  return new Frame(messageSchema, columns, n);
}

/** @throws `invalid_value` for what JSON cannot hold */
export function contentOf(given: unknown): Json {
  return jsonCopy(given, 'The content of a message');
}
