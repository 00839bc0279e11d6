-- 26_client_jwks_url.sql - where the keeper finds the public keys of apps
-- SPDX-License-Identifier: Apache-2.0
--
-- Beside client_jwks, not in it: what changes here at each look is no change to
-- what programs trust, and raises no number.

create table wardgate.client_jwks_url (
  client_id  uuid primary key references wardgate.client on delete cascade,
  url        text not null,
  set_at     timestamptz not null default now(),
  wanted_at  timestamptz,
  tried_at   timestamptz,
  fetched_at timestamptz,
  error      text not null default '',
  constraint client_jwks_url_form check (
    url ~ '^https?://[^/?#@\s]+(/[^#\s]*)?$' and length(url) <= 500),
  constraint client_jwks_url_error_length check (length(error) <= 500)
);
comment on table wardgate.client_jwks_url is
  'Apps that publish their keys: the keeper copies them to client_jwks';
comment on column wardgate.client_jwks_url.url is 'Address of their JWK Set';
comment on column wardgate.client_jwks_url.set_at is 'When it was registered';
comment on column wardgate.client_jwks_url.wanted_at is
  'When an assertion last named a key that the copy has not';
comment on column wardgate.client_jwks_url.tried_at is
  'When the keeper last began to fetch it';
comment on column wardgate.client_jwks_url.fetched_at is
  'When that last worked';
comment on column wardgate.client_jwks_url.error is
  'Why it did not work the last time; empty: it did, or was not tried';
