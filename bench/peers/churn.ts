import type { Round } from '../medians.ts';

/** A world in which entities begin, end and change what they are. */
export interface Churn {
  readonly round: Round;
  entities(): number;
  /** Which entities carry the tag, by the number of their birth, ascending. */
  tagged(): Promise<readonly number[]>;
}
