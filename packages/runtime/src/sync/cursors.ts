import type { Page } from './requests.ts';

/** So many bytes cross together, about. */
const PAGE_BYTES = 4_000_000;

/** An iterator, and how what it gives is packed. */
interface Cursor<T = unknown> {
  readonly items: AsyncIterator<unknown>;
  readonly pack: (item: never, moved: ArrayBuffer[]) => T;
}

/** Iterators that are read from another thread, page by page. */
export class Cursors {
  readonly #open = new Map<number, Cursor>();
  #next = 1;

  /** The first page. */
  async begin<I, T>(
    items: AsyncIterable<I>,
    pack: (item: I, moved: ArrayBuffer[]) => T,
    moved: ArrayBuffer[],
  ): Promise<Page<T>> {
    const cursor = this.#next++;
    this.#open.set(cursor, { items: items[Symbol.asyncIterator](), pack });
    return (await this.more(cursor, moved)) as Page<T>;
  }

  /** The next page. One that fails ends the iterator. */
  async more(cursor: number, moved: ArrayBuffer[]): Promise<Page<unknown>> {
    const { items, pack } = this.#open.get(cursor)!;
    const page: unknown[] = [];
    try {
      while (moved.reduce((n, { byteLength }) => n + byteLength, 0) < PAGE_BYTES) {
        const { done, value } = await items.next();
        if (done === true) {
          this.#open.delete(cursor);
          return { items: page, cursor: undefined };
        }
        page.push(pack(value as never, moved));
      }
    } catch (error) {
      this.#open.delete(cursor);
      throw error;
    }
    return { items: page, cursor };
  }

  async end(cursor: number): Promise<void> {
    const open = this.#open.get(cursor);
    this.#open.delete(cursor);
    await open?.items.return?.();
  }
}
