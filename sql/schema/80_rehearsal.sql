-- 80_rehearsal.sql - the wards of the rehearsal provider: synthetic records
-- SPDX-License-Identifier: Apache-2.0
--
-- A schema of its own: nothing here bears on security, and the role that
-- serves it sees nothing else, but for public keys that everybody may fetch.

create schema rehearsal;
comment on schema rehearsal is
  'Wards to practise on: made-up patients, searchable as FHIR says';

create table rehearsal.ward (
  ward_id      integer generated always as identity primary key,
  name         text not null unique
               check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  fhir_version text not null check (fhir_version in ('DSTU2', 'STU3', 'R4')),
  loaded_at    timestamptz not null default now()
);
comment on table rehearsal.ward is
  'One hospital to practise on: /rehearsal/<name>/...';
comment on column rehearsal.ward.name is 'as it stands in the address';
comment on column rehearsal.ward.loaded_at is
  'when its records were last replaced, all at once';

create table rehearsal.resource (
  ward_id      integer not null references rehearsal.ward,
  number       integer not null,
  type         text collate "C" not null,
  id           text collate "C" not null,
  version_id   text,
  last_updated text,
  body         text not null,
  primary key (ward_id, number),
  unique (ward_id, type, id)
);
comment on table rehearsal.resource is
  'One FHIR resource, kept as the text it was loaded from';
comment on column rehearsal.resource.number is
  'place in the loaded files: the order of a search without _sort';
comment on column rehearsal.resource.version_id is 'meta.versionId';
comment on column rehearsal.resource.last_updated is
  'meta.lastUpdated as written';
comment on column rehearsal.resource.body is
  'JSON text, byte for byte; never jsonb, which would rewrite numbers';

create table rehearsal.term (
  ward_id integer not null references rehearsal.ward,
  number  integer not null,
  type    text collate "C" not null,
  param   text collate "C" not null,
  key     text collate "C" not null,
  system  text collate "C",
  upto    text collate "C",
  exact   text collate "C"
);
comment on table rehearsal.term is
  'What a resource can be found by: one row per searchable value';
comment on column rehearsal.term.number is 'of the resource';
comment on column rehearsal.term.type is 'of the resource';
comment on column rehearsal.term.param is 'search parameter';
comment on column rehearsal.term.key is
  'folded text, code, id, or the first moment of a date in UTC';
comment on column rehearsal.term.system is
  'system of a token, type of a reference; empty: none';
comment on column rehearsal.term.upto is 'moment after the last of a date';
comment on column rehearsal.term.exact is 'a string as written';

create index term_by_key on rehearsal.term (ward_id, type, param, key);
create index term_by_resource on rehearsal.term (ward_id, number, param);

create table rehearsal.assertion (
  client  uuid not null,
  jti     text collate "C" not null,
  ends_at timestamptz not null,
  primary key (client, jti)
);
comment on table rehearsal.assertion is
  'Assertions shown at wards of the kind ~smart: each counts once';
comment on column rehearsal.assertion.client is 'sub: the ID of a tenant';
comment on column rehearsal.assertion.jti is 'as it came';
comment on column rehearsal.assertion.ends_at is
  'from then on it is refused for its age, and forgotten';

create function rehearsal.published_keys(tenant uuid, out jwks text)
  language plpgsql stable security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  jwks := nullif(wardgate.provider_jwks(tenant), '{"keys":[]}');
end
$$;
comment on function rehearsal.published_keys is
  'What /oauth2/jwks/<tenant> answers, as a hospital would fetch it; null: no key';

revoke all on function rehearsal.published_keys(uuid) from public;

-- Fresh counts for the planner: right after a load it would guess wrongly,
-- and only the owner may ask for them.
create function rehearsal.analyze() returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  analyze rehearsal.ward, rehearsal.resource, rehearsal.term;
end
$$;
comment on function rehearsal.analyze() is
  'Refreshes the planner''s counts after a ward was loaded';

revoke all on function rehearsal.analyze() from public;
