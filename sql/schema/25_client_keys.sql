-- 25_client_keys.sql - public keys of apps, and the assertions they signed
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.client_jwks (
  client_id uuid primary key references wardgate.client on delete cascade,
  jwks      jsonb not null,
  creds     text[] not null,
  set_at    timestamptz not null default now(),
  constraint client_jwks_form check (
    jsonb_typeof(jwks -> 'keys') = 'array'
    and jsonb_array_length(jwks -> 'keys') between 1 and 20
    and octet_length(jwks::text) <= 131072),
  constraint client_jwks_creds check (
    cardinality(creds) = jsonb_array_length(jwks -> 'keys')
    and array_to_string(creds, ' ', '?') ~ '^[a-z2-7]{8}( [a-z2-7]{8})*$')
);
comment on table wardgate.client_jwks is
  'Public keys with which clients sign assertions instead of sending a secret';
comment on column wardgate.client_jwks.jwks is
  'JWK Set as ext/jwk writes it: what verifying needs, and nothing else';
comment on column wardgate.client_jwks.creds is
  'Credential ids of the keys, in their order; tokens carry them as `cred`';
comment on column wardgate.client_jwks.set_at is 'When the keys last changed';

create table wardgate.assertion_seen (
  client_id  uuid not null,
  jti_hash   bytea not null,
  expires_at timestamptz not null,
  primary key (client_id, jti_hash),
  constraint assertion_seen_hash_length check (length(jti_hash) = 32)
);
create index assertion_seen_by_end on wardgate.assertion_seen (expires_at);
comment on table wardgate.assertion_seen is
  'Client assertions that were used; each counts once';
comment on column wardgate.assertion_seen.jti_hash is 'SHA-256 of its jti';
comment on column wardgate.assertion_seen.expires_at is
  'From then on it is refused for its age; the keeper removes the row';
