const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 as Arrow keeps it: row `i` is `bytes[offsets[i] .. offsets[i + 1]]`. */
export interface TextBytes {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** A text column: JavaScript strings, Arrow bytes, or both; each is made once, when first asked for. */
export class Text {
  #strings: readonly string[] | undefined;
  #encoded: TextBytes | undefined;

  private constructor(strings: readonly string[] | undefined, encoded: TextBytes | undefined) {
    this.#strings = strings;
    this.#encoded = encoded;
  }

  static fromStrings(strings: readonly string[]): Text {
    return new Text(strings, undefined);
  }

  static fromBytes(encoded: TextBytes): Text {
    return new Text(undefined, encoded);
  }

  /** The same text in every row; its bytes are copied, not encoded again. */
  static repeated(text: string, length: number): Text {
    const unit = encoder.encode(text);
    const bytes = new Uint8Array(unit.length * length);
    if (length > 0) bytes.set(unit);
    for (let n = unit.length; n > 0 && n < bytes.length; n *= 2) bytes.copyWithin(n, 0, n);
    const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * unit.length);
    return new Text(undefined, { offsets, bytes });
  }

  /** Rows `from` to before `to`; of encoded text only those rows are touched. */
  slice(from: number, to: number): Text {
    if (this.#strings !== undefined) return Text.fromStrings(this.#strings.slice(from, to));
    const { offsets, bytes } = this.encoded;
    const first = offsets[from]!;
    const rebased = offsets.slice(from, to + 1).map((offset) => offset - first);
    return Text.fromBytes({ offsets: rebased, bytes: bytes.subarray(first, offsets[to]) });
  }

  get strings(): readonly string[] {
    return (this.#strings ??= decode(this.encoded));
  }

  get encoded(): TextBytes {
    return (this.#encoded ??= encode(this.#strings ?? []));
  }
}

function encode(strings: readonly string[]): TextBytes {
  const offsets = new Int32Array(strings.length + 1);
  const joined = strings.join('');
  const bytes = encoder.encode(joined);
  if (bytes.length === joined.length) {
    // All ASCII: lengths in characters are lengths in bytes.
    for (let i = 0, end = 0; i < strings.length; i++) offsets[i + 1] = end += strings[i]!.length;
    return { offsets, bytes };
  }
  let end = 0;
  for (let i = 0; i < strings.length; i++) offsets[i + 1] = end += utf8Length(strings[i]!);
  // Lone surrogates at the end of one string and the start of the next would join into one character.
  return end === bytes.length ? { offsets, bytes } : encode(strings.map((s) => s.toWellFormed()));
}

/** Bytes that `text` takes in UTF-8, a lone surrogate counted as U+FFFD, as the encoder writes it. */
function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

function decode({ offsets, bytes }: TextBytes): readonly string[] {
  const n = offsets.length - 1;
  const first = offsets[0]!;
  const strings: string[] = Array.from({ length: n });
  const all = decoder.decode(bytes.subarray(first, offsets[n]));
  const ascii = all.length === offsets[n]! - first;
  for (let i = 0; i < n; i++) {
    const from = offsets[i]!;
    const to = offsets[i + 1]!;
    strings[i] = ascii
      ? all.slice(from - first, to - first)
      : decoder.decode(bytes.subarray(from, to));
  }
  return strings;
}
