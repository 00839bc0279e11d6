-- 65_revocation.sql - tokens that count for nothing any more
-- SPDX-License-Identifier: Apache-2.0
--
-- A token carries the change number at which it was issued (claim chg). A row
-- here ends every token of its kind and key that carries a lower one, so no
-- clock is compared, and what is given again later gets tokens that count. A
-- row of one kind never takes the place of one of another kind.

create table wardgate.revocation (
  kind       text not null,
  key        text not null,
  n          bigint not null,
  expires_at timestamptz not null,
  made_at    timestamptz not null default now(),
  made_by    text not null,
  why        text not null,
  client_id  uuid,
  primary key (kind, key),
  constraint revocation_kind_known check (kind in (
    'token', 'secret', 'client', 'grant', 'tenant', 'everything')),
  constraint revocation_key_form check (key ~ case kind
    when 'token' then '^[A-Za-z0-9_-]{22}$'
    when 'secret' then '^[0-9a-f-]{36}/[A-Za-z0-9_-]{1,32}$'
    when 'grant' then '^[0-9a-f-]{36}/[0-9a-f-]{36}$'
    when 'everything' then '^$'
    else '^[0-9a-f-]{36}$'
  end),
  constraint revocation_why_length check (length(why) <= 500)
);
create index revocation_by_end on wardgate.revocation (expires_at);
create index revocation_of_client on wardgate.revocation (client_id)
 where client_id is not null;
comment on table wardgate.revocation is
  'Which tokens are revoked; a row goes when none of them can live any more';
comment on column wardgate.revocation.kind is
  'token, secret, client, grant, tenant, everything';
comment on column wardgate.revocation.key is
  'jti, client_id/id of the secret or public key, client_id, client_id/tenant_id, tenant_id, empty';
comment on column wardgate.revocation.n is
  'Change number of this revocation: tokens with a lower one are dead';
comment on column wardgate.revocation.expires_at is
  'No token that it bears on lives longer';
comment on column wardgate.revocation.made_at is 'When';
comment on column wardgate.revocation.made_by is
  'Database user of the session that did it';
comment on column wardgate.revocation.why is 'For people';
comment on column wardgate.revocation.client_id is
  'Client that revoked a token of its own; null: an operator, or a change';

create table wardgate.lineage (
  only_row boolean primary key default true check (only_row),
  name     text not null,
  since    timestamptz not null default now()
);
comment on table wardgate.lineage is
  'The database server that the change number was last counted on';
comment on column wardgate.lineage.only_row is 'There is one row';
comment on column wardgate.lineage.name is
  'System identifier and timeline: both change when another server takes over';
comment on column wardgate.lineage.since is 'When it was first met';
