-- 27_accounts.sql - people of the portal: accounts, invitations, sessions
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.account (
  account_id  uuid primary key default gen_random_uuid(),
  login       text not null unique,
  name        text not null default '',
  roles       text[] not null,
  passphrase  text not null,
  totp        bytea,
  totp_step   bigint not null default 0,
  lang        text not null default '',
  created_at  timestamptz not null default now(),
  signed_in_at timestamptz,
  disabled_at timestamptz,
  constraint account_login_form check (
    login ~ '^[a-z0-9][a-z0-9._+@-]{0,99}$'),
  constraint account_name_length check (length(name) <= 200),
  constraint account_roles_known check (
    roles <@ array['developer', 'operator', 'auditor', 'admin']
    and cardinality(roles) > 0),
  constraint account_passphrase_form check (passphrase ~ '^scrypt\$'),
  constraint account_lang_length check (length(lang) <= 20)
);
comment on table wardgate.account is 'People who sign in to the portal';
comment on column wardgate.account.account_id is 'Its name for programs';
comment on column wardgate.account.login is
  'What they sign in with, in small letters; often a mail address';
comment on column wardgate.account.name is 'What others call them';
comment on column wardgate.account.roles is
  'developer: own apps; operator: hospitals and grants; auditor: reads the trail; admin: accounts';
comment on column wardgate.account.passphrase is
  'scrypt with its numbers and salt (ext/pass)';
comment on column wardgate.account.totp is
  'Key of one-time codes, sealed under the portal key; null: none set up';
comment on column wardgate.account.totp_step is
  'Step of the last code that was taken: none is taken twice';
comment on column wardgate.account.lang is
  'Language tag that was chosen; empty: what the browser asks for';
comment on column wardgate.account.created_at is 'When it was made';
comment on column wardgate.account.signed_in_at is 'Last complete sign-in';
comment on column wardgate.account.disabled_at is
  'Since when nobody signs in with it; null: it works';

create table wardgate.account_recovery (
  account_id uuid not null references wardgate.account on delete cascade,
  hash       bytea not null,
  primary key (account_id, hash),
  constraint account_recovery_hash_length check (length(hash) = 32)
);
comment on table wardgate.account_recovery is
  'Codes that stand in for a lost phone, once each; a code that was used is gone';
comment on column wardgate.account_recovery.account_id is 'Whose it is';
comment on column wardgate.account_recovery.hash is
  'HMAC-SHA-256 of the code under the portal key';

create table wardgate.invitation (
  hash       bytea primary key,
  name       text not null,
  roles      text[] not null,
  account_id uuid references wardgate.account on delete cascade,
  made_by    uuid references wardgate.account on delete set null,
  made_at    timestamptz not null default now(),
  ends_at    timestamptz not null,
  constraint invitation_hash_length check (length(hash) = 32),
  constraint invitation_roles_known check (
    roles <@ array['developer', 'operator', 'auditor', 'admin']
    and cardinality(roles) > 0),
  constraint invitation_name_length check (length(name) <= 200)
);
comment on table wardgate.invitation is
  'Links by which somebody sets a passphrase; one that was used is gone';
comment on column wardgate.invitation.hash is 'SHA-256 of what the link holds';
comment on column wardgate.invitation.name is 'Whom it is for';
comment on column wardgate.invitation.roles is
  'What the account will be';
comment on column wardgate.invitation.account_id is
  'Whose passphrase is set anew; null: a new account';
comment on column wardgate.invitation.made_by is
  'Which admin made it; null: it was made by command';
comment on column wardgate.invitation.made_at is 'When it was made';
comment on column wardgate.invitation.ends_at is 'Nobody comes in by it later';

create table wardgate.portal_session (
  hash          bytea primary key,
  session_id    uuid not null unique default gen_random_uuid(),
  account_id    uuid not null references wardgate.account on delete cascade,
  stage         text not null,
  made_at       timestamptz not null default now(),
  seen_at       timestamptz not null default now(),
  proved_at     timestamptz not null default now(),
  source        inet,
  agent         text not null default '',
  constraint portal_session_hash_length check (length(hash) = 32),
  constraint portal_session_stage_known check (
    stage in ('code', 'enrol', 'full')),
  constraint portal_session_agent_length check (length(agent) <= 200)
);
create index portal_session_of_account
    on wardgate.portal_session (account_id);
create index portal_session_by_age on wardgate.portal_session (made_at);
comment on table wardgate.portal_session is 'Who is signed in';
comment on column wardgate.portal_session.hash is
  'SHA-256 of the cookie; the cookie itself is kept nowhere';
comment on column wardgate.portal_session.session_id is
  'What a list calls it; opens nothing';
comment on column wardgate.portal_session.account_id is 'Who it is';
comment on column wardgate.portal_session.stage is
  'code: the passphrase was right, a code is missing; enrol: a phone has to be set up first; full: signed in';
comment on column wardgate.portal_session.made_at is
  'When the first of its steps was taken';
comment on column wardgate.portal_session.seen_at is
  'When it was used last, to a minute';
comment on column wardgate.portal_session.source is 'Address it came from';
comment on column wardgate.portal_session.agent is
  'What the browser calls itself, printable and cut';
comment on column wardgate.portal_session.proved_at is
  'When passphrase or code were given last, -infinity for never: sensitive acts ask again';

create table wardgate.signin_failure (
  who      bytea not null,
  source   inet not null,
  failures integer not null default 1,
  last_at  timestamptz not null default now(),
  primary key (who, source),
  constraint signin_failure_who_length check (length(who) = 32)
);
create index signin_failure_by_age on wardgate.signin_failure (last_at);
comment on table wardgate.signin_failure is
  'Failed sign-ins in a row, by name and source: each makes the next wait longer';
comment on column wardgate.signin_failure.who is
  'SHA-256 of the name that was typed, whether it exists or not, or of an account';
comment on column wardgate.signin_failure.source is
  'The address, or the /64 of an IPv6 address, that it came from';
comment on column wardgate.signin_failure.failures is 'How many, and those that are just looked at';
comment on column wardgate.signin_failure.last_at is 'The last of them';

create table wardgate.client_owner (
  client_id  uuid not null references wardgate.client on delete cascade,
  account_id uuid not null references wardgate.account on delete cascade,
  since      timestamptz not null default now(),
  primary key (client_id, account_id)
);
create index client_owner_by_account on wardgate.client_owner (account_id);
comment on table wardgate.client_owner is
  'Whose app it is: they see it in the portal and keep its secrets';
comment on column wardgate.client_owner.client_id is 'The app';
comment on column wardgate.client_owner.account_id is 'Its owner';
comment on column wardgate.client_owner.since is 'Since when';
