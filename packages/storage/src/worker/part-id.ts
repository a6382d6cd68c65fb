import type { PartId } from '../table-store.ts';

/**
 * `p<first sequence>_<owner epoch>_<generation>_<schema>`: in order of their oldest record; two owners never write the same
 * one, nor does a merge write one that it reads.
 */
export const partId = (
  sequence: number,
  owner: number,
  generation: number,
  schema: string,
): PartId => `p${String(sequence).padStart(16, '0')}_${owner}_${generation}_${schema}`;

const pattern = /^p(\d+)_(\d+)_(\d+)_/;

/** 0 for parts that are named otherwise. */
const numberIn = (part: PartId, group: number): number => Number(pattern.exec(part)?.[group] ?? 0);

export const sequenceOf = (part: PartId): number => numberIn(part, 1);
export const ownerOf = (part: PartId): number => numberIn(part, 2);
export const generationOf = (part: PartId): number => numberIn(part, 3);
