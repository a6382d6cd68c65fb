/** Format of the catalog file, kept as SQLite's `user_version`; a newer one is refused. */
export const CATALOG_FORMAT = 5;

/** Tables and columns that came with format 3. */
const format3 = `
create table commands (
  id text primary key,
  sequence integer not null,
  world text,
  actor text not null,
  idempotency_key text,
  status text not null,
  record text not null,
  outcome text
) without rowid;
create index commands_by_status on commands (status, world);
create index commands_by_key on commands (actor, idempotency_key);
create table audit (
  position integer primary key,
  world text,
  actor text not null,
  type text not null,
  command text not null,
  status text not null,
  idempotency_key text,
  tick integer,
  accepted_at integer not null,
  row text not null
);
create index audit_by_actor on audit (actor, position);
create index audit_by_world on audit (world, position);
create table retired (part text primary key, retired_at integer not null) without rowid;
create table retained (run text primary key, up_to integer not null) without rowid;
create table damaged (run text not null, tick integer not null, primary key (run, tick)) without rowid;
alter table parts add column indexed integer not null default 0;
create index places_by_part on places (part, "offset");
`;

/** Tables and columns that came with format 4. */
const format4 = `
alter table commands add column type text not null default '';
update commands set type = json_extract(record, '$.type');
alter table ticks add column settled text;
create index commands_by_sequence on commands (sequence);
create table quotas (
  actor text not null,
  scope text not null,
  period text not null,
  used real not null,
  primary key (actor, scope)
) without rowid;
`;

/** What came with format 5: ends of commands that are not here yet, and rows in spans. */
const format5 = `
alter table places add column span integer;
alter table parts add column inactive integer;
create table spans (
  part text not null,
  "offset" integer not null,
  run text not null,
  first_tick integer not null,
  last_tick integer not null,
  entities blob not null,
  primary key (part, "offset")
) without rowid;
create index spans_by_run on spans (run, first_tick);
create index places_apart on places (run, tick) where span is null;
create table early_ends (id text primary key, outcome text not null) without rowid;
`;

/** What brings a catalog of each older format to the next one. */
export const migrations: { readonly [format: number]: string } = {
  1: 'alter table ticks add column messages blob; alter table ticks add column undelivered text;',
  2: format3,
  3: format4,
  4: format5,
};

export const schemaSql = `
create table meta (key text primary key, value text not null) without rowid;
create table worlds (
  position integer primary key,
  world text not null unique,
  run text not null unique,
  name text not null,
  record text not null,
  epoch integer not null,
  destroyed integer not null
);
create table schemas (schema text primary key, definition text not null) without rowid;
create table ticks (
  run text not null,
  tick integer not null,
  next_entity integer not null,
  next_message integer not null,
  input text,
  messages blob,
  undelivered text,
  primary key (run, tick)
) without rowid;
create table resources (
  run text not null,
  tick integer not null,
  name text not null,
  value text not null,
  primary key (run, tick, name)
) without rowid;
create table places (
  run text not null,
  tick integer not null,
  table_id text not null,
  schema text not null,
  part text,
  "offset" integer not null,
  rows integer not null,
  same_as integer,
  primary key (run, tick, table_id)
) without rowid;
create table parts (
  part text primary key,
  schema text not null,
  rows integer not null,
  bytes integer not null,
  files text not null
) without rowid;
${format3}${format4}${format5}`;
