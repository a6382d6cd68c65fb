/** An entity that a processor asked to be born. It has no id yet: the tick gives it one when it settles. */
export interface BirthRef {
  readonly kind: 'birth';
}

/** Entities that a processor asked to be born together, in the order in which it gave them. */
export interface BirthRefs extends Iterable<BirthRef> {
  readonly kind: 'births';
  readonly length: number;
  /** @throws `invalid_argument` where there is none */
  at(position: number): BirthRef;
}

/** The id of an entity, or a birth of the running tick. */
export type EntityRef = number | BirthRef;

export const MAX_ENTITY = 0x7fffffff;

export const isBirthRef = (value: unknown): value is BirthRef =>
  typeof value === 'object' && value !== null && (value as BirthRef).kind === 'birth';

export const isEntityRef = (value: unknown): value is EntityRef =>
  isBirthRef(value) ||
  (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ENTITY);
