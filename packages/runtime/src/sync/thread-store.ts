import {
  ArchetypeError,
  type Appending,
  type Commit,
  type Frame,
  type Lease,
  type ScanQuery,
  type Snapshot,
  type StoredWorld,
  type SyncStore,
  type TickMessages,
  type WorldRecord,
} from '@archetype/core';
import type { Page } from './requests.ts';
import type { ThreadChannel } from './thread-channel.ts';
import { unpackFrame, type WireFrame } from './wire-frame.ts';
import { Wire, type WireMessages } from './wire-state.ts';

/** A store in another thread, for whoever stands still until it answers. */
export class ThreadStore implements SyncStore {
  readonly #channel: ThreadChannel;
  readonly #wire = new Wire();

  constructor(channel: ThreadChannel) {
    this.#channel = channel;
  }

  create(record: WorldRecord): Lease {
    return this.#channel.ask('create', record);
  }

  fork(record: WorldRecord): Lease {
    return this.#channel.ask('fork', record);
  }

  claim(world: string): { lease: Lease; record: StoredWorld; state: Snapshot | undefined } {
    const { lease, record, state } = this.#channel.ask('claim', world);
    return { lease, record, state: state && this.#wire.unpackSnapshot(state) };
  }

  append(commit: Commit): Appending {
    const moved: ArrayBuffer[] = [];
    const id = this.#channel.post('append', this.#wire.packCommit(commit, moved), moved);
    const channel = this.#channel;
    return {
      get settled() {
        return channel.settled(id);
      },
      wait: () => {
        try {
          channel.wait(id);
        } catch (error) {
          throw error === channel.failure ? unknownCommit(commit.tick, error) : error;
        }
      },
    };
  }

  scan(query: ScanQuery): Iterable<Frame> {
    const first = (): Page<WireFrame> => this.#channel.ask('scan', query);
    return this.#pages(first, (frame) => unpackFrame(frame));
  }

  messages(
    world: string,
    ticks: { readonly from: number; readonly to: number },
  ): Iterable<TickMessages> {
    const first = (): Page<WireMessages> => this.#channel.ask('messages', { world, ticks });
    return this.#pages(first, (tick) => this.#wire.unpackMessages(tick));
  }

  snapshot(world: string, tick: number): Snapshot | undefined {
    const state = this.#channel.ask('snapshot', { world, tick });
    return state && this.#wire.unpackSnapshot(state);
  }

  worlds(): readonly StoredWorld[] {
    return this.#channel.ask('worlds', undefined);
  }

  destroy(lease: Lease): void {
    this.#channel.ask('destroy', lease);
  }

  *#pages<W, T>(first: () => Page<W>, unpack: (item: W) => T): Generator<T> {
    let page = first();
    try {
      for (;;) {
        for (const item of page.items) yield unpack(item);
        if (page.cursor === undefined) return;
        const { cursor } = page;
        // If this fails there is no iterator any more.
        page = { items: [], cursor: undefined };
        page = this.#channel.ask('more', cursor) as Page<W>;
      }
    } finally {
      if (page.cursor !== undefined) this.#channel.tell('enough', page.cursor);
    }
  }
}

const unknownCommit = (tick: number, cause: unknown): ArchetypeError =>
  new ArchetypeError(
    'commit_unknown',
    `The thread that holds the store ended before it said whether tick ${tick} is stored; make a new runtime and resume the world, which tells.`,
    { cause },
  );
