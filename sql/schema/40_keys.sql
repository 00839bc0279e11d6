-- 40_keys.sql - which signing key does what; the keys themselves are in files
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.signing_key (
  kid          text primary key,
  stage        text not null default 'published',
  made_at      timestamptz not null default now(),
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz,
  constraint signing_key_kid_form check (kid ~ '^[A-Za-z0-9_-]{43}$'),
  constraint signing_key_stage_known check (
    stage in ('published', 'use', 'retired', 'withdrawn'))
);
create unique index signing_key_one_in_use on wardgate.signing_key (stage)
 where stage = 'use';
comment on table wardgate.signing_key is
  'Stages of the keys that sign access tokens; exactly one is in use';
comment on column wardgate.signing_key.kid is
  'RFC 7638 thumbprint; also the name of the files';
comment on column wardgate.signing_key.stage is
  'published: verifies, does not sign yet; use: signs; retired: its tokens still count; withdrawn: they do not';
comment on column wardgate.signing_key.made_at is 'When it was registered';
comment on column wardgate.signing_key.used_at is 'When it began to sign';
comment on column wardgate.signing_key.retired_at is 'When it ceased to sign';
comment on column wardgate.signing_key.withdrawn_at is
  'Since when its tokens count for nothing';
