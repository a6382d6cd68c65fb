import { fromValues } from '../column/columns.ts';
import type { Column } from '../column/column.ts';
import { ArchetypeError } from '../errors.ts';
import type { ColumnType } from '../schema/column-type.ts';
import type { AnyComponent } from '../schema/component.ts';
import { isBirthRef, type BirthRef, type BirthRefs } from '../schema/entity-ref.ts';

/** The call of a processor that asked for births; `first` is the id of its first birth once the tick has settled. */
export interface BirthCall {
  readonly first: number | undefined;
}

/** What is behind a `BirthRef`: the how-manieth birth of which call. */
export class Birth implements BirthRef {
  readonly kind = 'birth';
  readonly #call: BirthCall;
  readonly #number: number;

  constructor(call: BirthCall, number: number) {
    this.#call = call;
    this.#number = number;
    Object.freeze(this);
  }

  /** Its number among the births of `call`, or -1 when another call asked for it. */
  numberIn(call: BirthCall): number {
    return this.#call === call ? this.#number : -1;
  }

  get id(): number {
    return this.#call.first! + this.#number;
  }
}

/** Births of one call that were asked for together. */
export class BirthRange implements BirthRefs {
  readonly kind = 'births';
  readonly length: number;
  readonly #call: BirthCall;
  readonly #first: number;

  constructor(call: BirthCall, first: number, length: number) {
    this.#call = call;
    this.#first = first;
    this.length = length;
    Object.freeze(this);
  }

  at(position: number): BirthRef {
    if (Number.isInteger(position) && position >= 0 && position < this.length)
      return new Birth(this.#call, this.#first + position);
    throw new ArchetypeError(
      'invalid_argument',
      `There is no birth ${position} among ${this.length}; positions count from 0.`,
    );
  }

  *[Symbol.iterator](): Generator<BirthRef> {
    for (let k = 0; k < this.length; k++) yield this.at(k);
  }
}

/** @throws `entity_not_found` when the birth was asked for by another call than this */
export function numberOf(ref: BirthRef, call: BirthCall | undefined): number {
  const number = ref instanceof Birth && call !== undefined ? ref.numberIn(call) : -1;
  if (number >= 0) return number;
  throw new ArchetypeError(
    'entity_not_found',
    'A BirthRef was used outside the processor call whose ctx.spawn returned it; the entity has an id once the tick is over, so find it with a query then.',
  );
}

/** @throws `entity_not_found` when fields of a component refer to births of another call than this */
export function checkBirths(
  component: AnyComponent,
  fields: object,
  call: BirthCall | undefined,
): void {
  for (const field of birthFields(component)) {
    for (const ref of birthsIn(fields[field as keyof typeof fields])) numberOf(ref, call);
  }
}

const fieldsWithBirths = new WeakMap<AnyComponent, readonly string[]>();

function birthFields(component: AnyComponent): readonly string[] {
  let names = fieldsWithBirths.get(component);
  if (names === undefined) {
    const types = Object.entries(component.fields as Readonly<Record<string, ColumnType>>);
    names = types.filter(([, type]) => mayHoldBirths(type)).map(([name]) => name);
    fieldsWithBirths.set(component, names);
  }
  return names;
}

/** Whether cells of a column can refer to births: entity ids, or something made of them. */
export function mayHoldBirths(type: ColumnType): boolean {
  switch (type.kind) {
    case 'i32':
      return true;
    case 'list':
      return mayHoldBirths(type.item!);
    case 'struct':
      return type.fields!.some((field) => mayHoldBirths(field.type));
    default:
      return false;
  }
}

/** Every reference to a birth inside a cell. */
export function* birthsIn(cell: unknown): Generator<BirthRef> {
  if (typeof cell !== 'object' || cell === null || ArrayBuffer.isView(cell)) return;
  if (isBirthRef(cell)) yield cell;
  else for (const inner of Object.values(cell)) yield* birthsIn(inner);
}

/** A column of cells in which births have become ids. */
export function columnOfCells(type: ColumnType, cells: readonly unknown[]): Column {
  return fromValues(type, mayHoldBirths(type) ? cells.map(withIds) : cells);
}

function withIds(cell: unknown): unknown {
  if (typeof cell !== 'object' || cell === null || cell instanceof Date) return cell;
  if (cell instanceof Birth) return cell.id;
  if (ArrayBuffer.isView(cell)) return cell;
  if (Array.isArray(cell)) return cell.map(withIds);
  return Object.fromEntries(Object.entries(cell).map(([key, inner]) => [key, withIds(inner)]));
}
