/** A figure counts only if its result is right. */
export function expect(right: boolean, what: string): void {
  if (!right) throw new Error(`The result is wrong, so its time does not count: ${what}`);
}

/** Every cell, bit by bit. */
export function expectSame(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  whose: string,
): void {
  expect(ours.length === theirs.length, `${ours.length} cells, and ${theirs.length} of ${whose}`);
  for (let k = 0; k < ours.length; k++) {
    if (!Object.is(ours[k], theirs[k])) {
      expect(false, `cell ${k} is ${ours[k]}, and ${theirs[k]} of ${whose}`);
    }
  }
}
