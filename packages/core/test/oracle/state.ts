import { complete, type Cell, type Name, type Parts } from './components.ts';

/** An entity: its fields by component. */
export type Entity = Map<Name, Record<string, Cell>>;
export type State = Map<number, Entity>;

export const copyState = (state: State): State =>
  new Map(
    [...state].map(([id, entity]) => [
      id,
      new Map([...entity].map(([name, cells]) => [name, { ...cells }])),
    ]),
  );
export const partsOf = (entity: Entity): Parts =>
  Object.fromEntries([...entity].map(([name, cells]) => [name, { ...cells }]));
export const entityOf = (parts: Parts): Entity =>
  new Map(
    (Object.keys(parts) as Name[]).map((name) => [name, { ...complete(name, parts[name]!) }]),
  );

/** Row `k` of many births of one archetype: numbers differ, so that a row out of place is seen. */
export function rowParts(parts: Parts, k: number): Parts {
  return Object.fromEntries(
    Object.entries(parts).map(([name, cells]) => [
      name,
      Object.fromEntries(
        Object.entries(complete(name as Name, cells)).map(([field, cell]) => [
          field,
          typeof cell === 'number' && field !== 'to' ? cell + k : cell,
        ]),
      ),
    ]),
  );
}
