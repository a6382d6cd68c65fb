/** The bytes from `begin` to `end` of buffers that lie one behind the other, as views of them. */
export function byteRange(
  buffers: readonly Uint8Array[],
  begin: number,
  end: number,
): readonly Uint8Array[] {
  const views: Uint8Array[] = [];
  let at = 0;
  for (const buffer of buffers) {
    const from = Math.max(begin - at, 0);
    const to = Math.min(end - at, buffer.byteLength);
    if (from < to) views.push(buffer.subarray(from, to));
    at += buffer.byteLength;
    if (at >= end) break;
  }
  return views;
}
