/** Kinds of journal records. Numbers are part of the file format: they are never given a new meaning. */
export const recordKinds = {
  abort: 0,
  schema: 1,
  commit: 2,
  created: 3,
  forked: 4,
  claimed: 5,
  destroyed: 6,
} as const;

const names = new Map<number, string>(
  Object.entries(recordKinds).map(([name, kind]) => [kind, name]),
);

export const recordName = (kind: number): string | undefined => names.get(kind);
