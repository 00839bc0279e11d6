-- 50_audit.sql - one row per access, refusal, token issued or refused
-- SPDX-License-Identifier: Apache-2.0
--
-- A row is durable before its answer leaves, so writing is what counts: one
-- index; one of acts and one of refusals, which are few; one of tokens issued
-- and one of whose records were asked for; no checks; rows arrive in arrays (see
-- functions/50_audit.sql). Months are partitions, made ahead by the keeper; what
-- no month takes goes into audit_default, and the ready check says so.

create type wardgate.audit_row as (
  at              timestamptz,
  trace_id        uuid,
  entry           smallint,
  request_id      text,
  parent_trace    text,
  program         text,
  host            text,
  client_id       uuid,
  secret_key_id   text,
  token_id        text,
  tenant_id       uuid,
  interaction     text,
  resource_type   text,
  resource_id     text,
  patient_id      text,
  face            text,
  status          smallint,
  reason          text,
  matches         integer,
  returned        integer,
  upstream_status smallint,
  upstream_ms     integer,
  lookups         integer,
  duration_us     integer,
  source          inet
);
comment on type wardgate.audit_row is
  'A row as programs send it; its columns never change, a successor gets a new name';

create table wardgate.audit (
  at              timestamptz not null,
  trace_id        uuid not null,
  entry           smallint not null default 0,
  request_id      text,
  parent_trace    text,
  program         text not null,
  host            text,
  client_id       uuid,
  secret_key_id   text,
  token_id        text,
  tenant_id       uuid,
  interaction     text,
  resource_type   text,
  resource_id     text,
  patient_id      text,
  face            text,
  status          smallint not null,
  reason          text,
  matches         integer,
  returned        integer,
  upstream_status smallint,
  upstream_ms     integer,
  lookups         integer,
  duration_us     integer,
  source          inet,
  made_by         text,
  detail          text,
  primary key (at, trace_id, entry)
) partition by range (at);
create index audit_acts on wardgate.audit (at) where made_by is not null;
create index audit_tokens on wardgate.audit (secret_key_id, at)
 where program = 'token' and interaction = 'token' and status = 200;
create index audit_refused on wardgate.audit (at)
 where status >= 400 and status < 500;
-- Eight bytes in place of two ids: a row costs 2 us of the server's CPU and 140
-- bytes of log more than without, where the ids themselves cost 5 us and 330
-- (measured over 100,000 rows). Such hashes stay what they are: partitions by
-- hash rest on them.
create index audit_patient on wardgate.audit
       (hashtextextended(patient_id, uuid_hash_extended(tenant_id, 0)), at)
 where patient_id is not null;
comment on index wardgate.audit_patient is
  'Everything about one patient: compare the hash, and the ids themselves';
comment on table wardgate.audit is
  'Who asked for what, about whom, and what came of it; no content of records';
comment on column wardgate.audit.at is 'When the request began';
comment on column wardgate.audit.trace_id is
  'X-Trace-Id of the answer; its first 48 bits are `at` in ms since 1970';
comment on column wardgate.audit.entry is
  'Which entry of a batch, from 1, has this row; 0: the request itself';
comment on column wardgate.audit.request_id is 'X-Request-Id';
comment on column wardgate.audit.parent_trace is
  'Trace id of the traceparent that came with the request';
comment on column wardgate.audit.program is
  'token, facade, ...; wardgate: somebody changed something';
comment on column wardgate.audit.host is 'Machine that answered';
comment on column wardgate.audit.client_id is 'Who asked, if we know';
comment on column wardgate.audit.secret_key_id is
  'Key id of the secret that was shown, or that the token was issued for';
comment on column wardgate.audit.token_id is 'jti of the token';
comment on column wardgate.audit.tenant_id is 'Which hospital';
comment on column wardgate.audit.interaction is
  'token, read, search-type, batch, ...; of a change revoke-client, add-secret, change-tenant, remove-grant, ...';
comment on column wardgate.audit.resource_type is 'FHIR type asked for';
comment on column wardgate.audit.resource_id is 'FHIR id asked for';
comment on column wardgate.audit.patient_id is
  'FHIR id of the patient whose records were asked for, or the only one whose were found; of an act: whose accesses somebody was told';
comment on column wardgate.audit.face is 'dstu2, stu3 or r4';
comment on column wardgate.audit.status is 'HTTP status of the answer';
comment on column wardgate.audit.reason is
  'Reason code of a refusal; null: there was none';
comment on column wardgate.audit.matches is 'Bundle.total of the answer';
comment on column wardgate.audit.returned is 'Entries in the answer';
comment on column wardgate.audit.upstream_status is
  'HTTP status of the provider';
comment on column wardgate.audit.upstream_ms is 'Time spent at the provider';
comment on column wardgate.audit.lookups is
  'Names asked of the provider for references without a display; null: none';
comment on column wardgate.audit.duration_us is
  'From the start of the request, or of a batch''s entry, to its end';
comment on column wardgate.audit.source is 'Address that asked';
comment on column wardgate.audit.made_by is
  'Who changed something: database user, and the name that its program gave; null: this was a request';
comment on column wardgate.audit.detail is
  'What was changed, or why: no secret, no hash';

create table wardgate.audit_default partition of wardgate.audit default;
comment on table wardgate.audit_default is
  'Rows of months that have no partition: should be empty';

create table wardgate.secret_use (
  key_id         text not null,
  tenant_id      uuid not null,
  last_at        timestamptz not null,
  source_network cidr,
  uses           bigint not null,
  primary key (key_id, tenant_id)
);
comment on table wardgate.secret_use is
  'Last use of each secret, rolled up from audit every minute by the keeper';
comment on column wardgate.secret_use.last_at is
  'Start of the newest request that got a token with it';
comment on column wardgate.secret_use.source_network is
  'Where that came from: the /24 or /48 around the address';
comment on column wardgate.secret_use.uses is 'Tokens issued for it so far';

create table wardgate.roll_up (
  name    text primary key,
  done_to timestamptz not null
);
comment on table wardgate.roll_up is 'How far each summing up of audit has come';
comment on column wardgate.roll_up.done_to is
  'Audit rows before this time are counted, later ones are not';

insert into wardgate.roll_up (name, done_to) values ('secret_use', now());
