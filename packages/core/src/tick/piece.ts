import type { Frame } from '../frame/frame.ts';
import type { RandomSource } from '../random/source.ts';
import type { Presence } from '../schema/presence.ts';
import type { View } from './view.ts';

/** What one call of a processor is about: the rows it is given, and where what it makes of them goes. */
export interface Piece {
  /** For random numbers that belong to no entity. */
  readonly place: string;
  /** For people: the table, or all that it matches. */
  readonly where: string;
  /** Who of its entities has a component. */
  presence(view: View): Presence;
  given(random: RandomSource): Frame;
  /** What the processor made of what it was given. @throws `processor_schema` */
  accept(processor: string, given: Frame, returned: Frame): void;
}
