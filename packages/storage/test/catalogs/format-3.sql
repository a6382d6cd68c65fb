-- A catalog as version 3 of the format was written: three commands, of which one was settled by a tick and one was cancelled.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (key text primary key, value text not null) without rowid;
INSERT INTO meta VALUES('applied_sequence','4');
INSERT INTO meta VALUES('owner_epoch','0');
INSERT INTO meta VALUES('parts','');
INSERT INTO meta VALUES('revision','1');
INSERT INTO meta VALUES('store_id','87788dcc6f63e1443ea0c079c9fa85b6');
CREATE TABLE worlds (
  position integer primary key,
  world text not null unique,
  run text not null unique,
  name text not null,
  record text not null,
  epoch integer not null,
  destroyed integer not null
);
INSERT INTO worlds VALUES(1,'world','run','w','{"world":"world","run":"run","name":"w","seed":1,"createdAt":1700000000000,"lineage":[],"resources":{},"live":[]}',1,0);
CREATE TABLE schemas (schema text primary key, definition text not null) without rowid;
CREATE TABLE ticks (
  run text not null,
  tick integer not null,
  next_entity integer not null,
  next_message integer not null,
  input text,
  messages blob,
  undelivered text,
  primary key (run, tick)
) without rowid;
INSERT INTO ticks VALUES('run',0,5,1,NULL,NULL,NULL);
CREATE TABLE resources (
  run text not null,
  tick integer not null,
  name text not null,
  value text not null,
  primary key (run, tick, name)
) without rowid;
CREATE TABLE places (
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
CREATE TABLE parts (
  part text primary key,
  schema text not null,
  rows integer not null,
  bytes integer not null,
  files text not null
, indexed integer not null default 0) without rowid;
CREATE TABLE commands (
  id text primary key,
  sequence integer not null,
  world text,
  actor text not null,
  idempotency_key text,
  status text not null,
  record text not null,
  outcome text
) without rowid;
INSERT INTO commands VALUES('one',0,'world','ann','key 0','rejected','{"id":"one","type":"spawn","payload":{"n":0},"world":"world","tick":0,"priority":0,"sequence":0,"actor":{"id":"ann","roles":["player"]},"idempotencyKey":"key 0","acceptedAt":1700000000000}','{"command":"one","status":"rejected","code":"entity_not_found","message":"Entity 9 is not here.","settledAt":{"run":"run","tick":0}}');
INSERT INTO commands VALUES('three',2,'world','ann','key 2','cancelled','{"id":"three","type":"step","payload":{"n":2},"world":"world","tick":0,"priority":0,"sequence":2,"actor":{"id":"ann","roles":["player"]},"idempotencyKey":"key 2","acceptedAt":1700000000000}','{"command":"three","status":"cancelled"}');
INSERT INTO commands VALUES('two',1,'world','ann','key 1','queued','{"id":"two","type":"spawn","payload":{"n":1},"world":"world","tick":0,"priority":0,"sequence":1,"actor":{"id":"ann","roles":["player"]},"idempotencyKey":"key 1","acceptedAt":1700000000000}',NULL);
CREATE TABLE audit (
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
INSERT INTO audit VALUES(0,'world','ann','spawn','one','accepted',NULL,NULL,1700000000000,'{"position":0,"id":"row","command":"one","type":"spawn","actor":"ann","roles":["player"],"world":"world","status":"accepted","payloadDigest":"d","summary":null,"acceptedAt":1700000000000,"previous":"0","hash":"1"}');
CREATE TABLE retired (part text primary key, retired_at integer not null) without rowid;
CREATE TABLE retained (run text primary key, up_to integer not null) without rowid;
CREATE TABLE damaged (run text not null, tick integer not null, primary key (run, tick)) without rowid;
CREATE INDEX commands_by_status on commands (status, world);
CREATE INDEX commands_by_key on commands (actor, idempotency_key);
CREATE INDEX audit_by_actor on audit (actor, position);
CREATE INDEX audit_by_world on audit (world, position);
CREATE INDEX places_by_part on places (part, "offset");
COMMIT;
PRAGMA user_version = 3;
