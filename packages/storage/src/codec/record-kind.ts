/**
 * Kinds of journal records. Numbers are part of the file format: they are never given a new meaning, and a reader refuses
 * those that it does not know. 0 is the journal's own.
 */
export const recordKinds = {
  schema: 1,
  commit: 2,
  created: 3,
  forked: 4,
  claimed: 5,
  destroyed: 6,
  accepted: 7,
} as const;
