/** The places of some of so many points, `every` one. Where all are tried, which takes long, it says how far they are. */
export function* points(
  what: string,
  all: number,
  { every, first = 0 }: { readonly every: number; readonly first?: number },
): Generator<number> {
  let told = 0;
  for (let k = first; k < all; k += every) {
    yield k;
    const tenths = Math.floor(((k + 1) * 10) / all);
    if (every > 1 || tenths === told) continue;
    told = tenths;
    console.log(`${what}: ${k + 1} of ${all} points so far`);
  }
}
