import { closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** 8 bytes of a whole number, little-endian, and a checksum of them in 4. */
const BYTES = 12;
/** A reader that meets a write under way looks again. */
const TRIES = 100;

/** One number in a file, changed in place, so that other processes see it through the handles that they hold. */
export class NumberFile {
  readonly #descriptor: number;
  readonly #bytes = new Uint8Array(BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}) {
    this.#descriptor = openSync(
      path,
      readOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT,
      0o666,
    );
  }

  /** 0 when nothing was ever written. */
  read(): number {
    for (let k = 0; k < TRIES; k++) {
      const read = readSync(this.#descriptor, this.#bytes, 0, BYTES, 0);
      if (read < BYTES) return 0;
      if (this.#view.getUint32(8, true) === crc32(this.#bytes.subarray(0, 8)))
        return Number(this.#view.getBigUint64(0, true));
    }
    // A power loss can leave a checksum that belongs to no number; what it said is not needed to be right.
    return 0;
  }

  write(value: number): void {
    this.#view.setBigUint64(0, BigInt(value), true);
    this.#view.setUint32(8, crc32(this.#bytes.subarray(0, 8)), true);
    writeSync(this.#descriptor, this.#bytes, 0, BYTES, 0);
  }

  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
