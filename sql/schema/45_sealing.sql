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
  box       text,
  kid       text generated always as (split_part(box, '.', 2)) stored
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
    kind in ('basic', 'header', 'oauth', 'smart')),
  constraint provider_credential_box_there check (
    (box is null) = (kind = 'smart')),
  constraint provider_credential_token check (case kind
    when 'oauth' then token_url <> '' and token_client <> ''
      and token_auth in ('body', 'basic')
    when 'smart' then token_client <> '' and token_auth = ''
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
  'basic: user and password (RFC 7617); header: one header field as it is; oauth: a client secret, for tokens (RFC 6749 4.4); smart: a key of provider_key, for the same';
comment on column wardgate.provider_credential.box is
  'As `wardgate seal` prints it; bound to the tenant, the kind and the server; null: smart';
comment on column wardgate.provider_credential.kid is
  'The key that it is sealed to; part of the box';
comment on column wardgate.provider_credential.origin is
  'The server of the provider when it was set: the box is good for no other';
comment on column wardgate.provider_credential.set_at is
  'When it was set; sealing it anew does not count';
comment on column wardgate.provider_credential.token_url is
  'oauth, smart: the token endpoint; a box is bound to its server too; empty: the server says';
comment on column wardgate.provider_credential.token_client is
  'oauth, smart: the client_id of the gateway there';
comment on column wardgate.provider_credential.token_auth is
  'oauth: where id and secret are sent: body, or basic (RFC 6749 2.3.1)';
comment on column wardgate.provider_credential.token_scope is
  'oauth, smart: scope to ask for; empty: none';
comment on column wardgate.provider_credential.token_resource is
  'oauth, smart: resource to ask for (RFC 8707); empty: none';
comment on column wardgate.provider_credential.token_audience is
  'oauth, smart: audience to ask for; empty: none';

create table wardgate.provider_key (
  kid        text primary key,
  tenant_id  uuid not null
    references wardgate.provider (tenant_id) on delete cascade,
  alg        text not null,
  jwk        text not null,
  box        text not null,
  sealed_to  text not null generated always as (split_part(box, '.', 2)) stored
    references wardgate.sealing_key,
  stage      text not null default 'published',
  made_at    timestamptz not null default now(),
  used_at    timestamptz,
  retired_at timestamptz,
  constraint provider_key_kid_form check (
    kid ~ '^[A-Za-z0-9_][A-Za-z0-9_-]{42}$'),
  constraint provider_key_alg_known check (alg in ('RS384', 'ES384')),
  constraint provider_key_jwk_length check (length(jwk) <= 2000),
  constraint provider_key_box_form check (
    box ~ '^wgbox1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{64,}$'
    and length(box) <= 5577),
  constraint provider_key_stage_known check (
    stage in ('published', 'use', 'retired'))
);
create unique index provider_key_one_in_use
    on wardgate.provider_key (tenant_id)
 where stage = 'use';
create index provider_key_of_tenant on wardgate.provider_key (tenant_id);
create index provider_key_by_key on wardgate.provider_key (sealed_to);
comment on table wardgate.provider_key is
  'Keys with which the gateway signs for tokens of one provider; one is in use';
comment on column wardgate.provider_key.kid is 'RFC 7638 thumbprint';
comment on column wardgate.provider_key.alg is 'RS384 or ES384 (RFC 7518 3)';
comment on column wardgate.provider_key.jwk is
  'The public half (RFC 7517), as it is published for that provider';
comment on column wardgate.provider_key.box is
  'The private half, sealed for the facade';
comment on column wardgate.provider_key.sealed_to is
  'The key that it is sealed to; part of the box';
comment on column wardgate.provider_key.stage is
  'published: not used yet; use: signs; retired: published on, signs no more';
comment on column wardgate.provider_key.made_at is 'Since when it is published';
comment on column wardgate.provider_key.used_at is 'When it began to sign';
comment on column wardgate.provider_key.retired_at is 'When it ceased to';

create table wardgate.provider_tls (
  tenant_id uuid primary key
    references wardgate.provider (tenant_id) on delete cascade,
  chain     text not null default '',
  box       text,
  sealed_to text generated always as (split_part(box, '.', 2)) stored
    references wardgate.sealing_key,
  origin    text,
  ca        text not null default '',
  set_at    timestamptz not null default now(),
  constraint provider_tls_both check (
    (chain = '') = (box is null) and (box is null) = (origin is null)),
  constraint provider_tls_something check (chain || ca <> ''),
  constraint provider_tls_lengths check (
    length(chain) <= 32000 and length(ca) <= 64000),
  constraint provider_tls_box_form check (
    box ~ '^wgbox1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{64,}$'
    and length(box) <= 5577)
);
create index provider_tls_by_key on wardgate.provider_tls (sealed_to);
comment on table wardgate.provider_tls is
  'What a provider wants of TLS: a certificate of the gateway, a CA of its own';
comment on column wardgate.provider_tls.chain is
  'Certificate of the gateway and what leads to its CA, PEM; empty: none';
comment on column wardgate.provider_tls.box is
  'The private key of that certificate, sealed for the facade';
comment on column wardgate.provider_tls.sealed_to is
  'The key that it is sealed to; part of the box';
comment on column wardgate.provider_tls.origin is
  'The server of the provider when the certificate was set: the box is good for no other; null: no box';
comment on column wardgate.provider_tls.ca is
  'CAs trusted for this provider instead of the system''s, and their CRLs, PEM; empty: the system''s';
comment on column wardgate.provider_tls.set_at is
  'When it was set; sealing it anew does not count';

create view wardgate.sealed_box as
select tenant_id, kind, box, kid
  from wardgate.provider_credential
 where box is not null
 union all
select tenant_id, 'smart', box, sealed_to
  from wardgate.provider_key
 union all
select tenant_id, 'certificate', box, sealed_to
  from wardgate.provider_tls
 where box is not null;
comment on view wardgate.sealed_box is
  'Every box, and the key that it is sealed to';
