/** Numbers from `first` to below `all`, each `every`th. A full run, which takes long, says how far it is at each tenth. */
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
