import {
  Frame,
  signatureOf,
  type Commit,
  type ComponentShape,
  type Signature,
  type Snapshot,
  type TableCommit,
  type TickMessages,
} from '@archetype/core';
import { packFrame, unpackFrame, type WireFrame } from './wire-frame.ts';

type Crossing<T, K extends keyof T, W> = Omit<T, K> & W;

export type WireCommit = Crossing<
  Commit,
  'tables' | 'messages' | 'input',
  {
    readonly tables: readonly (
      | { readonly signature: string; readonly rows: WireFrame }
      | { readonly signature: string; readonly sameAs: number }
    )[];
    readonly messages: WireFrame | undefined;
    readonly input: { readonly json: unknown } | { readonly frame: WireFrame } | undefined;
  }
>;
export type WireSnapshot = Crossing<
  Snapshot,
  'tables' | 'messages',
  {
    readonly tables: readonly {
      readonly signature: string;
      readonly since: number | undefined;
      readonly frame: WireFrame;
    }[];
    readonly messages: WireFrame;
  }
>;
export type WireMessages = Crossing<
  TickMessages,
  'messages',
  { readonly messages: WireFrame | undefined }
>;

/** Packs and unpacks what holds frames and signatures; a signature is hashed once on either side. */
export class Wire {
  readonly #texts = new WeakMap<Signature, string>();
  readonly #signatures = new Map<string, Signature>();

  packCommit({ tables, messages, input, ...rest }: Commit, moved: ArrayBuffer[]): WireCommit {
    return {
      ...rest,
      tables: tables.map((table) => {
        const signature = this.#text(table.signature);
        return 'sameAs' in table
          ? { signature, sameAs: table.sameAs }
          : { signature, rows: packFrame(table.rows, moved) };
      }),
      messages: messages && packFrame(messages, moved),
      input:
        input === undefined
          ? undefined
          : input instanceof Frame
            ? { frame: packFrame(input, moved) }
            : { json: input },
    };
  }

  unpackCommit({ tables, messages, input, ...rest }: WireCommit): Commit {
    return {
      ...rest,
      tables: tables.map((table): TableCommit => {
        const signature = this.#signature(table.signature);
        return 'sameAs' in table
          ? { signature, sameAs: table.sameAs }
          : { signature, rows: unpackFrame(table.rows, signature.stored) };
      }),
      ...(messages !== undefined && { messages: unpackFrame(messages) }),
      ...(input !== undefined && {
        input: 'frame' in input ? unpackFrame(input.frame) : (input.json as never),
      }),
    };
  }

  packSnapshot({ tables, messages, ...rest }: Snapshot, moved: ArrayBuffer[]): WireSnapshot {
    return {
      ...rest,
      tables: [...tables.values()].map(({ signature, since, frame }) => ({
        signature: this.#text(signature),
        since,
        frame: packFrame(frame, moved),
      })),
      messages: packFrame(messages, moved),
    };
  }

  unpackSnapshot({ tables, messages, ...rest }: WireSnapshot): Snapshot {
    return {
      ...rest,
      tables: new Map(
        tables.map(({ signature: text, since, frame }) => {
          const signature = this.#signature(text);
          return [
            signature.table,
            { signature, since, frame: unpackFrame(frame, signature.state) },
          ];
        }),
      ),
      messages: unpackFrame(messages),
    };
  }

  packMessages({ messages, ...rest }: TickMessages, moved: ArrayBuffer[]): WireMessages {
    return { ...rest, messages: messages && packFrame(messages, moved) };
  }

  unpackMessages({ messages, ...rest }: WireMessages): TickMessages {
    return { ...rest, messages: messages && unpackFrame(messages) };
  }

  #text(signature: Signature): string {
    let text = this.#texts.get(signature);
    if (text === undefined) {
      const shapes = signature.components.map(
        ({ type, prefix, columns, defaults }): ComponentShape => ({
          type,
          prefix,
          columns,
          defaults,
        }),
      );
      this.#texts.set(signature, (text = JSON.stringify(shapes)));
    }
    return text;
  }

  #signature(text: string): Signature {
    let signature = this.#signatures.get(text);
    if (signature === undefined) {
      signature = signatureOf(JSON.parse(text) as ComponentShape[]);
      this.#signatures.set(text, signature);
    }
    return signature;
  }
}
