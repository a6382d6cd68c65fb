import { constant } from '../column/columns.ts';
import type { Frame } from '../frame/frame.ts';
import { types } from '../schema/column-type.ts';
import { directoryOf } from '../state/directory.ts';
import type { Mutation } from '../state/mutation.ts';
import { asSent, messageFrame, noMessages, type Message } from '../state/message.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { Call } from './call.ts';
import type { LivingTables } from './living.ts';

/** What becomes of the messages of the last tick. */
export interface Delivery {
  /** As processors see them. */
  readonly messages: Frame;
  /** Ids of those whose receivers are gone. */
  readonly undelivered: readonly number[];
}

/** Without rows it is the same in every tick. */
const nothing: Delivery = {
  messages: asSent(noMessages, 0, constant(types.bool, 0, true)),
  undelivered: [],
};

export function deliver({ messages, tick }: Snapshot, tables: LivingTables): Delivery {
  const n = messages.numRows;
  if (n === 0) return nothing;
  const given = (frame: Frame): Frame =>
    asSent(frame, tick, constant(types.bool, frame.numRows, true));
  const directory = directoryOf(tables);
  const to = messages.at('to').data as Int32Array;
  const ids = messages.at('id').data as Int32Array;
  const kept: number[] = [];
  const undelivered: number[] = [];
  for (let row = 0; row < n; row++) {
    if (directory.find(to[row]!) >= 0) kept.push(row);
    else undelivered.push(ids[row]!);
  }
  const delivered = undelivered.length === 0 ? messages : messages.take(Int32Array.from(kept));
  return { messages: given(delivered), undelivered };
}

/** The messages of a tick: those staged, then those that processors sent, in settling order. */
export function messagesOf(
  mutations: readonly Mutation[],
  calls: readonly Call[],
  firstId: number,
): Frame {
  const staged = mutations.filter((mutation) => mutation.kind === 'send');
  const emitted = calls.flatMap(({ emissions, first }) => {
    const idOf = (code: number): number => (code < 0 ? first! + ~code : code);
    return emissions.flatMap((emission): Message[] =>
      emission.kind === 'send'
        ? [
            {
              to: idOf(emission.to),
              from: emission.from === null ? null : idOf(emission.from),
              content: emission.content,
            },
          ]
        : [],
    );
  });
  if (staged.length + emitted.length === 0) return noMessages;
  return messageFrame([...staged, ...emitted], firstId);
}
