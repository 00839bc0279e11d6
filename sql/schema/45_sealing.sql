-- 45_sealing.sql - what providers ask of us, sealed; and the keys that seal it
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.sealing_key (
  kid          text primary key,
  public_key   bytea not null,
  stage        text not null default 'published',
  made_at      timestamptz not null default now(),
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz,
  constraint sealing_key_kid_form check (kid ~ '^[A-Za-z0-9_-]{43}$'),
  constraint sealing_key_size check (length(public_key) = 32),
  constraint sealing_key_stage_known check (
    stage in ('published', 'use', 'retired', 'withdrawn'))
);
create unique index sealing_key_one_in_use on wardgate.sealing_key (stage)
 where stage = 'use';
comment on table wardgate.sealing_key is
  'Public keys that close sealed boxes; one is in use. The private halves are in files';
comment on column wardgate.sealing_key.kid is
  'RFC 7638 thumbprint; also the name of the file';
comment on column wardgate.sealing_key.public_key is 'X25519 (RFC 7748)';
comment on column wardgate.sealing_key.stage is
  'published: closes no box yet; use: closes; retired: its boxes still open; withdrawn: it has none';
comment on column wardgate.sealing_key.made_at is 'When it was registered';
comment on column wardgate.sealing_key.used_at is 'When it began to close boxes';
comment on column wardgate.sealing_key.retired_at is 'When it ceased to';
comment on column wardgate.sealing_key.withdrawn_at is
  'Since when no box may be sealed to it';

create table wardgate.provider_credential (
  tenant_id uuid primary key
    references wardgate.provider (tenant_id) on delete cascade,
  kind      text not null,
  box       text not null,
  kid       text not null generated always as (split_part(box, '.', 2)) stored
    references wardgate.sealing_key,
  origin    text not null,
  set_at    timestamptz not null default now(),
  token_url      text not null default '',
  token_client   text not null default '',
  token_auth     text not null default '',
  token_scope    text not null default '',
  token_resource text not null default '',
  token_audience text not null default '',
  constraint provider_credential_kind_known check (
    kind in ('basic', 'header', 'oauth')),
  constraint provider_credential_token check (case kind
    when 'oauth' then token_url <> '' and token_client <> ''
      and token_auth in ('body', 'basic')
    else token_url || token_client || token_auth || token_scope
      || token_resource || token_audience = ''
    end),
  constraint provider_credential_token_lengths check (
    length(token_url) <= 500 and length(token_client) <= 500
    and length(token_scope) <= 1000 and length(token_resource) <= 500
    and length(token_audience) <= 500),
  constraint provider_credential_box_form check (
    box ~ '^wgbox1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{64,}$'
    and length(box) <= 5577)
);
create index provider_credential_by_key on wardgate.provider_credential (kid);
comment on table wardgate.provider_credential is
  'What a provider wants to be shown with each request, in a box that only the facade opens';
comment on column wardgate.provider_credential.kind is
  'basic: user and password (RFC 7617); header: one header field as it is; oauth: a client secret, for tokens (RFC 6749 4.4)';
comment on column wardgate.provider_credential.box is
  'As `wardgate seal` prints it; bound to the tenant, the kind and the server';
comment on column wardgate.provider_credential.kid is
  'The key that it is sealed to; part of the box';
comment on column wardgate.provider_credential.origin is
  'The server of the provider when it was set: the box is good for no other';
comment on column wardgate.provider_credential.set_at is
  'When it was set; sealing it anew does not count';
comment on column wardgate.provider_credential.token_url is
  'oauth: the token endpoint; the box is bound to its server too';
comment on column wardgate.provider_credential.token_client is
  'oauth: the client_id of the gateway there';
comment on column wardgate.provider_credential.token_auth is
  'oauth: where id and secret are sent: body, or basic (RFC 6749 2.3.1)';
comment on column wardgate.provider_credential.token_scope is
  'oauth: scope to ask for; empty: none';
comment on column wardgate.provider_credential.token_resource is
  'oauth: resource to ask for (RFC 8707); empty: none';
comment on column wardgate.provider_credential.token_audience is
  'oauth: audience to ask for; empty: none';
