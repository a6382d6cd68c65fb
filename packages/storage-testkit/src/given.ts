import {
  defineComponent,
  f64,
  Frame,
  fromValues,
  mintId,
  signatureOf,
  types,
  wantedColumns,
  type AnyComponent,
  type Commit,
  type Lease,
  type ScanQuery,
  type Signature,
  type Store,
  type TableCommit,
  type WorldRecord,
} from '@archetype/core';

/** Components whose names begin with each other, to catch stores that match prefixes. */
export const Foo = defineComponent('Foo', { x: f64(0) });
export const Foobar = defineComponent('Foobar', { x: f64(0) });
export const FooBarBaz = defineComponent('FooBarBaz', { x: f64(0) });

export const worldRecord = (name: string, more: Partial<WorldRecord> = {}): WorldRecord => ({
  world: mintId(),
  run: mintId(),
  name,
  seed: 1,
  createdAt: 1_700_000_000_000,
  lineage: [],
  resources: {},
  live: [],
  ...more,
});

/** The record of a fork of `source` at `tick`. */
export const forkRecord = (
  source: WorldRecord,
  tick: number,
  more: Partial<WorldRecord> = {},
): WorldRecord =>
  worldRecord(`${source.name}-fork`, {
    lineage: [
      ...source.lineage.filter((piece) => piece.tick < tick),
      { world: source.world, run: source.run, tick },
    ],
    forkedAt: { world: source.world, run: source.run, tick, nextEntityId: 100 },
    ...more,
  });

export type GivenRow = readonly [entity: number, ...cells: readonly unknown[]];

/** Rows of one table: `[entity, ...cells]` in the order of the signature's columns; those in `dead` are tombstones. */
export function table(
  components: readonly AnyComponent[],
  rows: readonly GivenRow[],
  dead: readonly number[] = [],
): TableCommit & { readonly rows: Frame } {
  const signature = signatureOf(components);
  const columns = signature.stored.map(({ type }, k) =>
    fromValues(
      type,
      rows.map((row) => (k === 0 ? row[0] : k === 1 ? !dead.includes(row[0]) : row[k - 1])),
    ),
  );
  return { signature, rows: new Frame(signature.stored, columns, rows.length) };
}

/** What a step may be given, keyed by entity: `[entity, force, note]`. */
export function inputFrame(rows: readonly (readonly unknown[])[]): Frame {
  const schema = [
    { name: 'entity_id', type: types.i32 },
    { name: 'force', type: { ...types.f64, nullable: true } },
    { name: 'note', type: types.utf8 },
  ];
  const columns = schema.map(({ type }, k) =>
    fromValues(
      type,
      rows.map((row) => row[k]),
    ),
  );
  return new Frame(schema, columns, rows.length);
}

export const unchanged = (components: readonly AnyComponent[], sameAs: number): TableCommit => ({
  signature: signatureOf(components),
  sameAs,
});

export const commit = (
  lease: Lease,
  tick: number,
  tables: readonly TableCommit[] = [],
  more: Partial<Commit> = {},
): Commit => ({
  lease,
  tick,
  tables: [...tables].toSorted((a, b) => (a.signature.table < b.signature.table ? -1 : 1)),
  counters: { nextEntity: 100 + tick, nextMessage: 1 },
  settled: [],
  ...more,
});

export type Read = readonly (readonly unknown[])[];

/** Scanned rows as `[tick, entity, ...cells]`. */
export async function read(
  store: Store,
  world: string,
  components: readonly AnyComponent[],
  ticks: ScanQuery['ticks'],
  more: Partial<ScanQuery> = {},
): Promise<Read> {
  const query: ScanQuery = {
    world,
    ticks,
    components: components.map((component) => component.type),
    columns: wantedColumns(components),
    ...more,
  };
  const rows: (readonly unknown[])[] = [];
  for await (const frame of store.scan(query)) {
    for (const row of frame) {
      const cells = query.columns.map(({ name }) => row[name]);
      rows.push([
        row.tick,
        row.entity_id,
        ...cells,
        ...(query.includeInactive === true ? [row.is_active] : []),
      ]);
    }
  }
  return rows;
}

/** Every tick there is. */
export const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** The state of a table at a tick as `[entity, ...cells]`. */
export async function state(
  store: Store,
  world: string,
  tick: number,
  signature: Signature,
): Promise<Read> {
  const snapshot = await store.snapshot(world, tick);
  const frame = snapshot?.tables.get(signature.table)?.frame;
  return frame === undefined ? [] : frame.toRows().map((row) => Object.values(row));
}
