-- 0001_first.sql - the first schema
-- SPDX-License-Identifier: Apache-2.0
--
-- Runs as the owner of the database, in one transaction, by `wardgate migrate
-- apply`. Never edited once it is released: what changes comes in a new file,
-- and in schema/ and functions/, which say how things are.

-- ---- schema/00_roles.sql

-- Roles belong to the whole cluster, so those that are there already stay as
-- they are. Making one needs the right to create roles; where wg_owner has not
-- got it, a superuser runs this file once. No role has a password here: how
-- each may log in stands in pg_hba.conf.

do $$
declare
  wanted  text;
  missing text[];
begin
  missing := array(
      select w
        from unnest(array['wg_metadata', 'wg_token', 'wg_facade', 'wg_admin',
             'wg_rehearsal', 'wg_keeper', 'wg_operator', 'wg_auditor']) as w
       where not exists (select from pg_roles where rolname = w));
  if missing <> '{}' and not (
      select rolcreaterole or rolsuper from pg_roles
       where rolname = current_user) then
    raise exception 'The roles % are missing and % may not create them.',
        array_to_string(missing, ', '), current_user
      using hint = 'Run sql/schema/00_roles.sql once as a superuser.';
  end if;
  foreach wanted in array missing loop
    execute format('create role %I login', wanted);
  end loop;
end $$;

-- ---- schema/05_schema.sql

create schema wardgate;
comment on schema wardgate is
  'wardgate: who may ask which hospital, where it is, and who asked';

-- Nothing here is for everybody unless 90_grants.sql says so.
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

-- ---- schema/10_change.sql

-- Triggers on the tables of clients, tenants and keys raise it, so no way of
-- changing a row goes past it. The lock on the one row orders commits: whoever
-- sees n sees every change up to n.

create table wardgate.change (
  only_row  boolean primary key default true check (only_row),
  n         bigint not null default 1,
  bears     bigint not null default 1,
  log_above bigint not null default 1
);
comment on table wardgate.change is
  'The change number: raised in the transaction of every change to what programs trust';
comment on column wardgate.change.only_row is 'There is one row';
comment on column wardgate.change.n is 'The number of the newest change';
comment on column wardgate.change.bears is
  'The number of the newest change that may bear on a token that is not issued yet: any but the revocation of one token';
comment on column wardgate.change.log_above is
  'change_log holds every change with a number above this one';

insert into wardgate.change default values;

create table wardgate.change_log (
  n    bigint not null,
  kind text not null check (kind in (
    'client', 'tenant', 'grant', 'key', 'revocation', 'all')),
  key  text not null,
  at   timestamptz not null default now(),
  primary key (n, kind, key)
);
comment on table wardgate.change_log is
  'What changed at each number; the keeper trims it';
comment on column wardgate.change_log.n is 'The change number';
comment on column wardgate.change_log.kind is
  'client, tenant, grant (client/tenant), key, revocation; all: too many to name';
comment on column wardgate.change_log.key is
  'The GUID, the two GUIDs with a slash, the key id, or kind/end/key of a revocation; empty for all';
comment on column wardgate.change_log.at is 'When the transaction began';

-- ---- schema/20_clients.sql

create table wardgate.client (
  client_id   uuid primary key,
  name        text not null,
  purpose     text not null default '',
  contact     text not null default '',
  created_at  timestamptz not null default now(),
  disabled_at timestamptz,
  constraint client_id_usable check (client_id not in (
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff')),
  constraint client_name_length check (length(name) between 1 and 200),
  constraint client_texts_length check (
    length(purpose) <= 1000 and length(contact) <= 320)
);
comment on table wardgate.client is 'Apps that may ask for tokens';
comment on column wardgate.client.client_id is
  'The OAuth client_id; also `sub` of its tokens';
comment on column wardgate.client.name is 'What people call the app';
comment on column wardgate.client.purpose is 'What it needs the records for';
comment on column wardgate.client.contact is 'Whom to ask about it';
comment on column wardgate.client.disabled_at is
  'Since when it gets no token and its tokens count for nothing; null: it does';

create table wardgate.client_secret (
  key_id         text primary key,
  client_id      uuid not null references wardgate.client,
  label          text not null default '',
  hint           text not null,
  hash           bytea not null,
  pepper_version integer not null,
  not_before     timestamptz not null default now(),
  not_after      timestamptz,
  invalidated_at timestamptz,
  created_at     timestamptz not null default now(),
  constraint client_secret_key_id_form check (key_id ~ '^[a-z2-7]{8}$'),
  constraint client_secret_hash_length check (length(hash) = 32),
  constraint client_secret_hint_length check (length(hint) between 1 and 16),
  constraint client_secret_label_length check (length(label) <= 200),
  constraint client_secret_pepper check (pepper_version > 0),
  constraint client_secret_span check (not_after > not_before)
);
create index client_secret_of_client on wardgate.client_secret (client_id);
create index client_secret_by_end on wardgate.client_secret (not_after)
 where invalidated_at is null;
comment on table wardgate.client_secret is
  'Secrets of clients as keyed hashes; a client may have several that live';
comment on column wardgate.client_secret.key_id is
  'The 8 characters after wg1_ in the secret; not secret';
comment on column wardgate.client_secret.label is 'What its owner calls it';
comment on column wardgate.client_secret.hint is
  'The first characters of the secret, to know it by';
comment on column wardgate.client_secret.hash is
  'HMAC-SHA-256 of the whole secret text under the pepper';
comment on column wardgate.client_secret.pepper_version is
  'Which file in pepper_dir holds the pepper';
comment on column wardgate.client_secret.not_before is 'Works from then on';
comment on column wardgate.client_secret.not_after is
  'Works until then; null: without end';
comment on column wardgate.client_secret.invalidated_at is
  'Ended by hand at that time; null: it was not';

-- ---- schema/25_client_keys.sql

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

-- ---- schema/26_client_jwks_url.sql

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

-- ---- schema/27_accounts.sql

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

-- ---- schema/30_tenants.sql

create table wardgate.policy (
  name  text primary key,
  value text not null,
  constraint policy_known check (
    name = 'provider_http' and value in ('refuse', 'loopback')
    or name = 'second_approver' and value in ('off', 'on')
    or name = 'production_probe' and value in ('required', 'advised'))
);
comment on table wardgate.policy is 'Rules of the house that SQL itself checks';
comment on column wardgate.policy.name is
  'provider_http: may the URL of a provider be plain http? second_approver: do some changes need a second operator? production_probe: must a probe have found a hospital usable before it goes into production?';
comment on column wardgate.policy.value is
  'provider_http: refuse, or loopback (this machine only: demo and tests); second_approver: off or on; production_probe: required, or advised (demo and tests)';

insert into wardgate.policy (name, value)
values ('provider_http', 'refuse'), ('second_approver', 'off'),
       ('production_probe', 'required');

create table wardgate.tenant (
  tenant_id     uuid primary key,
  slug          text not null unique,
  name          text not null,
  state         text not null default 'active',
  notice        text not null default '',
  notice_until  timestamptz,
  retry_after_s integer not null default 300,
  mrn_system    text not null default '',
  environment   text not null default 'production',
  created_at    timestamptz not null default now(),
  constraint tenant_id_usable check (tenant_id not in (
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff')),
  constraint tenant_slug_form check (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  constraint tenant_name_length check (length(name) between 1 and 200),
  constraint tenant_state_known check (
    state in ('active', 'suspended', 'maintenance')),
  constraint tenant_notice_length check (length(notice) <= 500),
  constraint tenant_retry_after check (retry_after_s between 1 and 86400),
  constraint tenant_mrn_system_length check (length(mrn_system) <= 500),
  constraint tenant_environment_known check (
    environment in ('test', 'production'))
);
comment on table wardgate.tenant is
  'Hospitals, known by the tenant ID that the app sends as scope';
comment on column wardgate.tenant.slug is
  'Short name for metrics and logs: never the name of a person';
comment on column wardgate.tenant.state is
  'active; suspended: no token; maintenance: 503 with the notice until it ends';
comment on column wardgate.tenant.notice is
  'What users of the app read while in maintenance';
comment on column wardgate.tenant.notice_until is
  'Maintenance ends by itself then; null: when the operator ends it';
comment on column wardgate.tenant.retry_after_s is
  'Retry-After of answers in maintenance, seconds';
comment on column wardgate.tenant.environment is
  'test: made-up records only; production: those of patients, which is what holds for whoever did not say';
comment on column wardgate.tenant.mrn_system is
  'URI of the identifier system of its record numbers; empty: not known';

create table wardgate.provider (
  provider_id  bigint primary key generated always as identity,
  tenant_id    uuid not null unique references wardgate.tenant,
  base_url     text not null,
  fhir_version text not null,
  revision     bigint not null,
  mode         text not null default 'translate',
  search_post  boolean not null default true,
  http2        boolean not null default false,
  connect_ms   integer,
  total_ms     integer,
  can_contains text not null default 'auto',
  can_sort     text not null default 'auto',
  can_total    text not null default 'auto',
  can_batch    text not null default 'auto',
  coverage_person  text not null default 'auto',
  write_extensions boolean not null default true,
  credential_at    timestamptz,
  networks         cidr[] not null default '{}',
  requests_max     integer,
  calls_per_s      integer,
  constraint provider_url_form check (
    base_url ~ '^https?://[^/?#@\s]+(/[^?#\s]*[^/?#\s])?$'
    and length(base_url) <= 500),
  constraint provider_version_known check (
    fhir_version in ('DSTU2', 'STU3', 'R4')),
  constraint provider_mode_known check (mode in ('translate', 'links')),
  constraint provider_times check (
    connect_ms between 50 and 60000 and total_ms between 100 and 120000),
  constraint provider_shares check (
    requests_max between 1 and 1024 and calls_per_s between 1 and 100000),
  constraint provider_can_known check (
    can_contains in ('auto', 'on', 'off') and can_sort in ('auto', 'on', 'off')
    and can_total in ('auto', 'on', 'off')
    and can_batch in ('auto', 'on', 'off')),
  constraint provider_coverage_person_known check (
    coverage_person in ('auto', 'patient', 'beneficiary', 'subscriber',
      'policy-holder', 'compartment', 'none'))
);
comment on table wardgate.provider is
  'The FHIR server that stands behind a tenant';
comment on column wardgate.provider.base_url is
  'Its FHIR base, without a slash at the end; requests append to it';
comment on column wardgate.provider.fhir_version is 'DSTU2, STU3 or R4';
comment on column wardgate.provider.revision is
  'Change number of its newest change; page cursors are bound to it';
comment on column wardgate.provider.mode is
  'translate; links: same version, only links are rewritten';
comment on column wardgate.provider.search_post is
  'Takes searches by POST _search; false: they go by GET';
comment on column wardgate.provider.http2 is 'Speak HTTP/2 to it';
comment on column wardgate.provider.connect_ms is
  'Longest connect, ms; null: provider_connect_ms of the settings';
comment on column wardgate.provider.total_ms is
  'Longest call, ms; null: provider_wait_ms of the settings';
comment on column wardgate.provider.can_contains is
  'on: searches within names (:contains); off: the gateway does; auto: found out';
comment on column wardgate.provider.can_sort is
  'on: sorts what is found; off: the gateway does; auto: found out';
comment on column wardgate.provider.can_total is
  'on: says how many there are; off: the gateway counts; auto: found out';
comment on column wardgate.provider.can_batch is
  'on: takes batches; off: each entry goes by itself; auto: found out';
comment on column wardgate.provider.coverage_person is
  'Search parameter of Coverage that names the person; compartment: Patient/id/Coverage; none: cannot be asked; auto: found out';
comment on column wardgate.provider.write_extensions is
  'Keep in extensions what another FHIR version has no place for; modifiers are kept in any case';
comment on column wardgate.provider.credential_at is
  'When its credential was last set; null: it wants none';
comment on column wardgate.provider.requests_max is
  'Requests that may wait for it in one process; null: provider_requests of the settings';
comment on column wardgate.provider.calls_per_s is
  'Calls a second that it may get from one host; null: as many as come';
comment on column wardgate.provider.networks is
  'Private networks in which its server may be; none: it is public';

create table wardgate.client_grant (
  client_id  uuid not null references wardgate.client,
  tenant_id  uuid not null references wardgate.tenant,
  granted_at timestamptz not null default now(),
  ended_at   timestamptz,
  types      text[] not null default '{}',
  purpose    text not null default '',
  primary key (client_id, tenant_id),
  constraint client_grant_types_known check (
    types <@ array['Patient', 'Observation', 'Condition', 'Encounter',
      'AllergyIntolerance', 'MedicationRequest', 'Coverage', 'Location']),
  constraint client_grant_purpose_length check (length(purpose) <= 1000)
);
create unique index client_grant_of_tenant
    on wardgate.client_grant (tenant_id, client_id);
comment on table wardgate.client_grant is
  'Which client may ask for which tenant; rows that ended are kept';
comment on column wardgate.client_grant.granted_at is 'Since when';
comment on column wardgate.client_grant.ended_at is
  'Until when; null: without end';
comment on column wardgate.client_grant.types is
  'Resource types it is for, by their names in R4; none: all that are served';
comment on column wardgate.client_grant.purpose is
  'What the records are needed for';

-- ---- schema/35_found.sql

create table wardgate.provider_found (
  tenant_id uuid primary key references wardgate.provider (tenant_id)
            on delete cascade,
  revision  bigint not null,
  facts     jsonb not null,
  found_at  timestamptz not null default now(),
  constraint provider_found_facts check (
    jsonb_typeof(facts) = 'object' and length(facts::text) <= 16384)
);
comment on table wardgate.provider_found is
  'What the facade learned from providers: their statements, and what they refused or passed over';
comment on column wardgate.provider_found.revision is
  'Revision of the provider when it was learned: of no use for another one';
comment on column wardgate.provider_found.facts is
  'As gate/found writes them: words of our own, none of the provider';
comment on column wardgate.provider_found.found_at is 'When they last changed';

-- ---- schema/37_probe.sql

create table wardgate.probe_patient (
  tenant_id  uuid primary key references wardgate.tenant on delete cascade,
  patient_id text not null,
  constraint probe_patient_form check (patient_id ~ '^[A-Za-z0-9.-]{1,64}$')
);
comment on table wardgate.probe_patient is
  'The test patient of a hospital, whose records a probe may read';
comment on column wardgate.probe_patient.patient_id is
  'Id of a Patient at the provider: of nobody real';

create table wardgate.probe (
  probe_id         bigint primary key generated always as identity,
  tenant_id        uuid not null references wardgate.tenant on delete cascade,
  at               timestamptz not null default now(),
  revision         bigint not null,
  verdict          text not null,
  reason           text not null,
  with_patient     boolean not null,
  took_ms          bigint not null,
  certificate_ends timestamptz,
  findings         jsonb not null,
  drift            jsonb not null default '[]',
  constraint probe_verdict_known check (
    verdict in ('usable', 'gaps', 'unusable')),
  constraint probe_findings_form check (
    jsonb_typeof(findings) = 'array' and length(findings::text) <= 65536),
  constraint probe_drift_form check (jsonb_typeof(drift) = 'array')
);
create index probe_of_tenant on wardgate.probe (tenant_id, probe_id desc);
comment on table wardgate.probe is
  'Reports of probes, the newest hundred of each tenant';
comment on column wardgate.probe.probe_id is 'In the order of the probes';
comment on column wardgate.probe.at is 'When it ended';
comment on column wardgate.probe.revision is
  'Revision of the provider that was asked';
comment on column wardgate.probe.verdict is
  'usable; gaps: usable, but something is missing or was not seen; unusable';
comment on column wardgate.probe.reason is 'The verdict in one sentence';
comment on column wardgate.probe.with_patient is
  'Records of a test patient were asked for; else only what is refused was seen';
comment on column wardgate.probe.took_ms is 'How long it took';
comment on column wardgate.probe.certificate_ends is
  'End of the certificate that the server showed; null: it showed none';
comment on column wardgate.probe.findings is
  'Objects in the order of the report: call, title, word, found, loss, ms, status';
comment on column wardgate.probe.drift is
  'What was otherwise in the probe before: call, title, was, became';

create table wardgate.production_override (
  tenant_id uuid primary key references wardgate.tenant on delete cascade,
  why       text not null,
  made_by   text not null,
  made_at   timestamptz not null default now(),
  constraint production_override_why check (length(why) between 1 and 500)
);
comment on table wardgate.production_override is
  'Hospitals that are in production without a probe that found them usable';
comment on column wardgate.production_override.why is 'Why, in words';
comment on column wardgate.production_override.made_by is 'Who said so';
comment on column wardgate.production_override.made_at is 'When';

-- ---- schema/40_keys.sql

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

-- ---- schema/41_peppers.sql

create table wardgate.pepper (
  version integer primary key,
  used_at timestamptz not null default now(),
  constraint pepper_version_known check (version between 1 and 64)
);
comment on table wardgate.pepper is
  'Versions of the pepper that secrets are moved to; the highest one counts';
comment on column wardgate.pepper.version is
  'Which file in pepper_dir holds it; the pepper itself is nowhere else';
comment on column wardgate.pepper.used_at is
  'Since when secrets are stored anew under it, at their next success';

-- ---- schema/45_grant_requests.sql

create table wardgate.grant_request (
  request_id uuid primary key default gen_random_uuid(),
  client_id  uuid not null references wardgate.client on delete cascade,
  tenant_id  uuid not null,
  account_id uuid references wardgate.account on delete set null,
  why        text not null,
  made_at    timestamptz not null default now(),
  state      text not null default 'open',
  decided_at timestamptz,
  answer     text not null default '',
  constraint grant_request_why_length check (length(why) between 1 and 1000),
  constraint grant_request_answer_length check (length(answer) <= 1000),
  constraint grant_request_decided check (
    case state when 'open' then decided_at is null
               when 'approved' then decided_at is not null
               when 'declined' then decided_at is not null and answer <> ''
               else false
           end)
);
create unique index grant_request_open
    on wardgate.grant_request (client_id, tenant_id) where state = 'open';
create index grant_request_of_client
    on wardgate.grant_request (client_id, made_at);
create index grant_request_by_answer
    on wardgate.grant_request (decided_at);
comment on table wardgate.grant_request is
  'What owners of apps asked for in the portal, and what they were told';
comment on column wardgate.grant_request.request_id is 'Its name for programs';
comment on column wardgate.grant_request.client_id is 'The app';
comment on column wardgate.grant_request.tenant_id is
  'The tenant ID as typed: there may be no such tenant';
comment on column wardgate.grant_request.account_id is
  'Who asked; null: the account is gone';
comment on column wardgate.grant_request.why is 'What for, in their words';
comment on column wardgate.grant_request.made_at is 'When they asked';
comment on column wardgate.grant_request.state is 'open, approved or declined';
comment on column wardgate.grant_request.decided_at is
  'When it was approved or declined; null: it is open';
comment on column wardgate.grant_request.answer is
  'Why it was declined; who asked reads it';

-- ---- schema/45_sealing.sql

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

-- ---- schema/46_proposals.sql

create table wardgate.proposal (
  proposal_id uuid primary key default gen_random_uuid(),
  tenant_id   uuid not null,
  kind        text not null,
  what        jsonb not null,
  found       jsonb,
  wanted      jsonb,
  summary     text not null,
  made_by     uuid references wardgate.account on delete set null,
  made_at     timestamptz not null default now(),
  expires_at  timestamptz not null default now() + interval '7 days',
  state       text not null default 'open',
  decided_by  uuid references wardgate.account on delete set null,
  decided_at  timestamptz,
  answer      text not null default '',
  applied_in  xid8,
  constraint proposal_kind_known check (
    kind in ('hospital', 'credential', 'tls')),
  constraint proposal_state_known check (
    state in ('open', 'approved', 'declined', 'expired')),
  constraint proposal_decided check (
    (state = 'open') = (decided_at is null)
    and (state = 'declined') = (answer <> '')),
  constraint proposal_answer_length check (length(answer) <= 1000)
);
create unique index proposal_open on wardgate.proposal (tenant_id, kind)
 where state = 'open';
create index proposal_by_answer on wardgate.proposal (decided_at);
comment on table wardgate.proposal is
  'Changes of hospitals that one operator proposed and another has to agree to';
comment on column wardgate.proposal.proposal_id is 'Its name for programs';
comment on column wardgate.proposal.tenant_id is
  'The hospital; there may be none of this tenant ID yet';
comment on column wardgate.proposal.kind is
  'hospital: itself and its provider; credential: what its server wants to see; tls: certificate and CA';
comment on column wardgate.proposal.what is
  'What was entered, to be done when it is approved; empty once it is answered';
comment on column wardgate.proposal.found is
  'The hospital when it was proposed; null: there was none';
comment on column wardgate.proposal.wanted is 'What it is to become';
comment on column wardgate.proposal.summary is
  'The difference in words: old -> new';
comment on column wardgate.proposal.made_by is
  'Who proposed it; null: the account is gone';
comment on column wardgate.proposal.made_at is 'When';
comment on column wardgate.proposal.expires_at is
  'Nobody can approve it from then on';
comment on column wardgate.proposal.state is
  'open, approved, declined or expired';
comment on column wardgate.proposal.decided_by is
  'Who approved or declined it; null: nobody, or the account is gone';
comment on column wardgate.proposal.decided_at is
  'When it was approved, declined or expired; null: it is open';
comment on column wardgate.proposal.answer is 'Why it was declined';
comment on column wardgate.proposal.applied_in is
  'The transaction that it was approved for; in no other it allows anything';

-- ---- schema/50_audit.sql

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

-- ---- schema/52_secret_shown.sql

-- secret_use (50_audit.sql) counts the tokens of each hospital; this says of
-- each secret, with one row, what became of the last request that showed it.
-- A refused one counts too: it tells that an app still uses what has ended.

create table wardgate.secret_shown (
  key_id         text primary key,
  last_at        timestamptz not null,
  tenant_id      uuid,
  source_network cidr,
  outcome        text not null,
  refused        bigint not null
);
comment on table wardgate.secret_shown is
  'The last token request with each secret, rolled up from audit by the keeper';
comment on column wardgate.secret_shown.last_at is
  'Start of the newest token request that showed it';
comment on column wardgate.secret_shown.tenant_id is
  'The hospital that request was for, as asked; null: it named none';
comment on column wardgate.secret_shown.source_network is
  'Where that came from: the /24 or /48 around the address';
comment on column wardgate.secret_shown.outcome is
  '`issued`, or the reason code of the refusal';
comment on column wardgate.secret_shown.refused is
  'Token requests with it that were refused so far';

-- ---- schema/53_secret_notice.sql

create table wardgate.secret_notice (
  key_id   text not null,
  days     integer not null,
  taken_at timestamptz not null,
  tries    integer not null default 1,
  told_at  timestamptz,
  primary key (key_id, days)
);
comment on table wardgate.secret_notice is
  'Notices that a secret is about to end: one per secret and threshold';
comment on column wardgate.secret_notice.days is
  'Threshold: so many days before the end of the secret';
comment on column wardgate.secret_notice.taken_at is
  'When a keeper took it last, to tell';
comment on column wardgate.secret_notice.tries is 'How often it was taken';
comment on column wardgate.secret_notice.told_at is
  'When that was done; null: not yet, it is taken again after an hour';

-- ---- schema/55_loss.sql

create table wardgate.loss (
  tenant_id    uuid not null references wardgate.tenant on delete cascade,
  from_version text not null,
  to_version   text not null,
  element      text not null,
  fate         text not null,
  times        bigint not null,
  first_at     timestamptz not null default now(),
  last_at      timestamptz not null default now(),
  primary key (tenant_id, from_version, to_version, element, fate),
  constraint loss_versions check (
    from_version in ('DSTU2', 'STU3', 'R4')
    and to_version in ('DSTU2', 'STU3', 'R4')),
  constraint loss_element_form check (
    element ~ '^[A-Z][A-Za-z]{0,39}(\.[A-Za-z0-9]{1,60}(\[x\])?){0,8}$'
    and length(element) <= 160),
  constraint loss_fate_known check (
    fate in ('extension', 'other code', 'dropped', 'not converted')),
  constraint loss_times check (times > 0)
);
comment on table wardgate.loss is
  'Elements of a tenant''s records that another FHIR version has no place for, counted';
comment on column wardgate.loss.from_version is 'Version of the record';
comment on column wardgate.loss.to_version is
  'Version that it was converted to';
comment on column wardgate.loss.element is
  'Name of the element in from_version, never a value: Observation.valueAttachment';
comment on column wardgate.loss.fate is
  'extension: kept in one; other code: written as the version has it, with the nearest code or in one piece, the original beside it; dropped; not converted: contained, of a type that is passed on as it is';
comment on column wardgate.loss.times is 'How often';
comment on column wardgate.loss.first_at is 'When it was first counted';
comment on column wardgate.loss.last_at is 'When it was last counted';

create view wardgate.loss_report as
  select l.tenant_id, t.slug, t.name, l.from_version, l.to_version, l.element,
         l.fate, l.times, l.first_at, l.last_at
    from wardgate.loss as l
    join wardgate.tenant as t using (tenant_id)
   order by t.slug, l.from_version, l.to_version, l.times desc, l.element,
         l.fate;
comment on view wardgate.loss_report is
  'What conversion could not carry, per tenant and element, most frequent first';

-- ---- schema/56_traffic.sql

-- What the portal shows of audit, which is too long to be read for a page. How it
-- is counted so that nothing is counted twice or lost: functions/56_traffic.sql.

create table wardgate.traffic (
  hour      timestamptz not null,
  client_id uuid not null,
  tenant_id uuid,
  program   text not null,
  key_id    text,
  outcome   text not null,
  reason    text not null,
  calls     bigint not null,
  last_at   timestamptz not null,
  took_ms   integer[] not null,
  took_n    integer[] not null,
  constraint traffic_key unique nulls not distinct
    (hour, client_id, tenant_id, program, key_id, outcome, reason)
);
create index traffic_by_client on wardgate.traffic (client_id, hour);
create index traffic_by_tenant on wardgate.traffic (tenant_id, hour);
comment on table wardgate.traffic is
  'Requests of known apps by the hour, counted from audit by the keeper';
comment on column wardgate.traffic.hour is 'Its start, in UTC';
comment on column wardgate.traffic.client_id is 'The app that asked';
comment on column wardgate.traffic.tenant_id is
  'The hospital it was let in to; null: a token was refused, and what was asked for may be no hospital';
comment on column wardgate.traffic.program is
  'facade: calls for records, a batch is one; token: requests for tokens';
comment on column wardgate.traffic.key_id is
  'Secret or key that a token was issued for; null: otherwise';
comment on column wardgate.traffic.outcome is
  'answered, refused (status 4xx) or failed (status 5xx)';
comment on column wardgate.traffic.reason is 'Reason code; ok: none';
comment on column wardgate.traffic.calls is 'How many';
comment on column wardgate.traffic.last_at is 'When the last one began';
comment on column wardgate.traffic.took_ms is
  'Durations in ms that occurred, rounded up to two digits, rising';
comment on column wardgate.traffic.took_n is
  'How often each of took_ms; they add up to calls';

insert into wardgate.roll_up (name, done_to)
values ('traffic', date_trunc('hour', now(), 'UTC')),
       ('traffic_seen', date_trunc('hour', now(), 'UTC'));

-- ---- schema/60_cursor.sql

create table wardgate.cursor_handle (
  handle     uuid primary key default gen_random_uuid(),
  client_id  uuid not null,
  tenant_id  uuid not null,
  sealed     bytea not null,
  expires_at timestamptz not null,
  constraint cursor_handle_size check (length(sealed) between 1 and 65536)
);
create index cursor_handle_by_end on wardgate.cursor_handle (expires_at);
comment on table wardgate.cursor_handle is
  'Page cursors too long for a URL, encrypted by the facade; the keeper clears them';
comment on column wardgate.cursor_handle.handle is 'What the URL carries';
comment on column wardgate.cursor_handle.sealed is
  'The cursor, encrypted with the cursor key: holds names';
comment on column wardgate.cursor_handle.expires_at is
  'Of no use from then on';

-- ---- schema/65_revocation.sql

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

-- ---- schema/70_migration.sql

create table wardgate.migration (
  number     integer primary key check (number > 0),
  name       text not null,
  sha256     bytea not null check (length(sha256) = 32),
  applied_at timestamptz not null default now()
);
comment on table wardgate.migration is
  'Migrations that were applied, written by `wardgate migrate`';
comment on column wardgate.migration.number is 'From the name of the file';
comment on column wardgate.migration.name is 'Name of the file';
comment on column wardgate.migration.sha256 is 'Of the file when it was applied';
comment on column wardgate.migration.applied_at is
  'When its transaction began';

-- ---- schema/80_rehearsal.sql

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

-- ---- functions/10_change.sql

-- One change, however many keys it touches; more than a thousand at once are
-- told as `all`, so that a mass change costs its readers one step.
create function wardgate.change_made(kind text, keys text[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
begin
  if coalesce(cardinality(keys), 0) = 0 then
    return;
  end if;
  update wardgate.change as c set n = c.n + 1, bears = c.n + 1
   where c.only_row
  returning c.n into number;
  if cardinality(keys) > 1000 then
    insert into wardgate.change_log (n, kind, key)
    values (number, 'all', '');
  else
    insert into wardgate.change_log (n, kind, key)
    select distinct number, change_made.kind, k
      from unnest(keys) as k;
  end if;
end $$;
comment on function wardgate.change_made is
  'Raises the change number and logs what changed, in this transaction';

-- The triggers below call this one per statement. Rows that an update leaves
-- as they were are no change: except takes them out. The key column of each
-- table comes as trigger arguments; provider, secrets and grants tell under
-- the key of what caches hold.
create function wardgate.row_changed()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  keys text[];
begin
  if tg_op = 'INSERT' then
    execute format('select array(select %s from after)', tg_argv[1])
       into keys;
  elsif tg_op = 'DELETE' then
    execute format('select array(select %s from before)', tg_argv[1])
       into keys;
  elsif tg_op = 'UPDATE' then
    execute format(
        'select array('
        '  select %1$s from (table before except table after) as t'
        '   union '
        '  select %1$s from (table after except table before) as t)',
        tg_argv[1])
       into keys;
  else
    perform wardgate.change_made('all', array['']);
    return null;
  end if;
  perform wardgate.change_made(tg_argv[0], keys);
  return null;
end $$;
comment on function wardgate.row_changed is
  'Trigger: tells a change of rows as (kind, key expression) of its arguments';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id::text'),
      ('client_secret', 'client', 'client_id::text'),
      ('client_jwks', 'client', 'client_id::text'),
      ('tenant', 'tenant', 'tenant_id::text'),
      ('provider', 'tenant', 'tenant_id::text'),
      ('client_grant', 'grant', $k$client_id || '/' || tenant_id$k$),
      ('signing_key', 'key', 'kid'),
      ('policy', 'all', $k$''$k$)) as v (name, kind, key)
  loop
    execute format(
        'create trigger changed_by_insert after insert on wardgate.%I'
        ' referencing new table as after for each statement'
        ' execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_truncate after truncate on wardgate.%I'
        ' for each statement execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
  end loop;
end $$;

-- One row is always ('now', n of this snapshot); the others are what is newer
-- than `asked`. A row `all` means: forget everything. It comes when `asked` is
-- null, older than the log reaches, or newer than n (a database that was
-- restored from a backup counts from there again). Before that it is made sure
-- that the server is the one that the number was counted on.
create function wardgate.changes_since(asked bigint)
returns table (kind text, n bigint, key text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.lineage_check();
  return query
  select 'now', c.n, ''
    from wardgate.change as c
   where c.only_row
   union all
  select 'all', c.n, ''
    from wardgate.change as c
   where c.only_row
     and (asked is null or asked < c.log_above or asked > c.n)
   union all
 (select l.kind, l.n, l.key
    from wardgate.change as c
    join wardgate.change_log as l on l.n > asked
   where c.only_row and asked >= c.log_above
   order by l.n, l.kind, l.key);
end $$;
comment on function wardgate.changes_since is
  'The change number, and what changed after the one asked for';

-- A reader that has polled since the entries were made keeps its place; one that
-- slept longer than that starts anew.
create function wardgate.change_log_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  upto    bigint;
  removed bigint;
begin
  select max(t.n) into upto
    from (select l.n
            from wardgate.change_log as l
           where l.at < now() - older_than
           order by l.n
           limit at_most) as t;
  if upto is null then
    return 0;
  end if;
  -- First the promise, then what it allows: a reader that holds an older
  -- number is told to forget everything.
  update wardgate.change as c set log_above = upto where c.log_above < upto;
  delete from wardgate.change_log as l where l.n <= upto;
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.change_log_trim is
  'Removes the oldest entries of the change log; returns how many';

-- ---- functions/20_rules.sql

-- Each *_read function takes text as an operator typed it and returns the one
-- spelling that is stored, or raises WG400 with what is wrong and what to do.
-- Strangers' text is cut before it is quoted.

create function wardgate.refuse(state text, sentence text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = state, message = sentence;
end $$;
comment on function wardgate.refuse is
  'Ends the transaction with a sentence for people: WG400 value, WG404 missing, WG409 conflict';

create function wardgate.counted(n bigint, one text, other text)
returns text
language sql immutable
return n || ' ' || case n when 1 then one else other end;
comment on function wardgate.counted is
  '1 row, 2 rows: a number and the word for so many';

create function wardgate.quoted(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return '"' || regexp_replace(
      case when length(value) > 60 then left(value, 60) || '...'
           else value
       end, '[^\x20-\x7e]', '?', 'g') || '"';
end $$;
comment on function wardgate.quoted is
  'A value in quotes for a sentence: short, printable, on one line';

create function wardgate.guid_read(what text, value text)
returns uuid
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  found uuid;
begin
  if coalesce(value, '') !~
      '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then
    perform wardgate.refuse('WG400', format(
        'The %s %s is not a GUID; write it as 8-4-4-4-12 hexadecimal digits.',
        what, wardgate.quoted(coalesce(value, ''))));
  end if;
  found := value::uuid;
  if replace(value, '-', '') ~* '^(0+|f+)$' then
    perform wardgate.refuse('WG400', format(
        'The %s %s is a GUID that stands for nobody; use the real one.',
        what, found));
  end if;
  return found;
end $$;
comment on function wardgate.guid_read is
  'A GUID of a tenant or client as typed; `what` names it in the sentence';

create function wardgate.line_read(what text, value text, longest integer)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := btrim(value);
begin
  if kept ~ '[\x01-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]' then
    perform wardgate.refuse('WG400', format(
        'The %s holds control characters; write it on one line.', what));
  end if;
  if length(kept) > longest then
    perform wardgate.refuse('WG400', format(
        'The %s is %s characters long; the longest is %s.',
        what, length(kept), longest));
  end if;
  return kept;
end $$;
comment on function wardgate.line_read is
  'One line of text for people: trimmed, no control or direction characters';

create function wardgate.fhir_version_read(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if upper(coalesce(value, '')) not in ('DSTU2', 'STU3', 'R4') then
    perform wardgate.refuse('WG400', format(
        'The FHIR version %s is not known; it is DSTU2, STU3 or R4.',
        wardgate.quoted(coalesce(value, ''))));
  end if;
  return upper(value);
end $$;
comment on function wardgate.fhir_version_read is
  'DSTU2, STU3 or R4, in whatever case it was typed';

-- Names in R4; MedicationOrder is what DSTU2 calls one of them. `all`: no type in
-- particular.
create function wardgate.types_read(value text)
returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  known text[] := array['Patient', 'Observation', 'Condition', 'Encounter',
      'AllergyIntolerance', 'MedicationRequest', 'Coverage', 'Location'];
  word  text;
  kept  text;
  types text[] := '{}';
begin
  if value is null then
    return null;
  end if;
  if lower(btrim(value)) = 'all' then
    return types;
  end if;
  foreach word in array regexp_split_to_array(btrim(value, ' ,'), '[ ,]+')
  loop
    select k into kept
      from unnest(known) as k
     where lower(k) = case when lower(word) = 'medicationorder'
                           then 'medicationrequest'
                           else lower(word)
                       end;
    if kept is null then
      perform wardgate.refuse('WG400', format(
          'The resource type %s is none of: %s; write all for all of them.',
          wardgate.quoted(word), array_to_string(known, ', ')));
    end if;
    types := types || kept;
  end loop;
  return array(select k from unnest(known) with ordinality as o (k, place)
                where k = any (types) order by place);
end $$;
comment on function wardgate.types_read is
  'Resource types as typed, divided by commas or blanks; null stays null';

-- Networks of their own that hospitals have; those that are listed with one may
-- be reached for it. Whatever else is not public never is (ext/fetch_guard).
create function wardgate.address_private(address inet)
returns boolean
language sql immutable
return address <<= any (array['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12',
    '192.168.0.0/16', '198.18.0.0/15', 'fc00::/7']::inet[]);
comment on function wardgate.address_private is
  'Does an address, or a network, lie in a range for private use?';

create function wardgate.networks_problem(networks cidr[])
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  one cidr;
begin
  if cardinality(networks) > 16 then
    return 'Of private networks 16 at most can be listed.';
  end if;
  foreach one in array networks
  loop
    if not coalesce(wardgate.address_private(one), false) then
      return format('The network %s is not private; only such are listed: '
          '10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, '
          '198.18.0.0/15, fc00::/7 and parts of them.',
          wardgate.quoted(one::text));
    end if;
  end loop;
  return null;
end $$;
comment on function wardgate.networks_problem is
  'What is wrong with the list of private networks; null: nothing';

create function wardgate.networks_read(value text)
returns cidr[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  word     text;
  networks cidr[] := '{}';
  problem  text;
begin
  if value is null then
    return null;
  end if;
  if lower(btrim(value)) = 'none' then
    return networks;
  end if;
  foreach word in array regexp_split_to_array(btrim(value, ' ,'), '[ ,]+')
  loop
    begin
      if word !~ '/' then
        raise data_exception;
      end if;
      networks := networks || word::cidr;
    exception when data_exception then
      perform wardgate.refuse('WG400', format(
          'The network %s cannot be read; write 10.1.0.0/16 or fd12:3456::/48, '
          'several with commas, or none.', wardgate.quoted(word)));
    end;
  end loop;
  problem := wardgate.networks_problem(networks);
  if problem is not null then
    perform wardgate.refuse('WG400', problem);
  end if;
  return array(select distinct n from unnest(networks) as n order by n);
end $$;
comment on function wardgate.networks_read is
  'Private networks as typed, divided by commas or blanks; null stays null';

create function wardgate.address_problem(address inet, networks cidr[])
returns text
language sql immutable
return case
    when address <<= any (array['127.0.0.0/8', '::1']::inet[])
    then null -- a matter of policy: host_problem
    when address <<= any (array['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24',
           '192.88.99.0/24', '224.0.0.0/3', '100.100.100.200',
           'fd00:ec2::254', '2001::/23', '2002::/16']::inet[])
        or (family(address) = 6 and not address <<= '2000::/3'
           and not wardgate.address_private(address))
    then 'has an address that no provider can have'
    when wardgate.address_private(address)
        and not address <<= any (networks)
    then 'has an address in a private network; list the network with the '
         'hospital first'
    end;
comment on function wardgate.address_problem is
  'Why requests do not go to an address; null: they do, or it is loopback';

-- Numbers that a resolver takes for addresses (2130706433, 0x7f.1, 127.1,
-- 0177.0.0.1) have no place in a URL that people review.
create function wardgate.host_problem(
  host text, plain boolean, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  loopback boolean := host in ('localhost', '[::1]')
      or host ~ '^127(\.(0|[1-9][0-9]{0,2})){3}$';
  address  inet;
begin
  if host ~ '^\[' then
    begin
      address := btrim(host, '[]')::inet;
    exception when others then
      return 'has a host in brackets that is not an IPv6 address';
    end;
    if host !~ '^\[[0-9a-f:]+\]$' then
      return 'has an IPv6 address that must be written with digits and colons only';
    end if;
  elsif host ~ '^[0-9.]+$' or host ~ '(^|\.)(0x[0-9a-f]*|[0-9]+)$' then
    if host !~ '^((0|[1-9][0-9]{0,2})\.){3}(0|[1-9][0-9]{0,2})$' then
      return 'has a host that is a number; write the name or four decimal numbers';
    end if;
    begin
      address := host::inet;
    exception when others then
      return 'has a host that is not an IPv4 address';
    end;
  elsif host !~ '^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$'
      or length(host) > 253 then
    return 'has no host, or one that is not a name';
  end if;
  if loopback and not exists (
      select from wardgate.policy
       where name = 'provider_http' and value = 'loopback') then
    return 'names this machine itself; that is only for demonstrations';
  end if;
  if plain and not loopback then
    return 'must begin with https://; records never travel unencrypted';
  end if;
  return wardgate.address_problem(address, networks);
end $$;
comment on function wardgate.host_problem is
  'What is wrong with the host of a provider URL; null: nothing';

create function wardgate.provider_url_problem(url text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  part text[];
begin
  if url ~ '[^\x21-\x7e]' or url ~ '["<>\\^`{|}]' then
    return 'holds blanks or characters that a URL cannot have';
  elsif length(url) > 500 then
    return 'is longer than 500 characters';
  elsif url !~ '^https?://' then
    return 'must begin with https://';
  elsif url ~ '#' then
    return 'must not have a fragment (#...)';
  elsif url ~ '\?' then
    return 'must not have a query (?...)';
  end if;
  part := regexp_match(url, '^(https?)://([^/]*)(/.*)?$');
  if part[2] ~ '@' then
    return 'must not hold a user name or password';
  elsif part[3] ~ '//|/\.{1,2}(/|$)|[^A-Za-z0-9/._~!$&''()*+,;=:@-]' then
    return 'has a path with empty or dotted segments, percent signs or brackets';
  end if;
  if part[2] ~ ':[^]]*$' then
    if part[2] !~ ':[1-9][0-9]{0,4}$'
        or substring(part[2] from ':([0-9]+)$')::integer > 65535 then
      return 'has a port that is not a number from 1 to 65535';
    end if;
  end if;
  return wardgate.host_problem(
      regexp_replace(part[2], ':[0-9]+$', ''), part[1] = 'http', networks);
end $$;
comment on function wardgate.provider_url_problem is
  'What is wrong with a provider URL in its stored spelling; null: nothing';

create function wardgate.provider_url_read(value text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  url     text := btrim(coalesce(value, ''));
  problem text;
  head    text;
begin
  -- Scheme and host have no case; a slash at the end means nothing here.
  head := substring(url from '^[A-Za-z]+://[^/?#@]*');
  if head is not null then
    url := lower(head) || substr(url, length(head) + 1);
    url := regexp_replace(url, '^(https?://[^/]+(?:/.*)?[^/])/+$', '\1');
    url := regexp_replace(url, '^(https://[^/]*[^]/]):443(/|$)', '\1\2');
  end if;
  problem := wardgate.provider_url_problem(url, networks);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The provider URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.provider_url_read is
  'The FHIR base of a provider as typed, in the spelling that is stored';

-- The rules hold for whoever writes the row, by whatever way. A revision is the
-- change number of its change: a tenant that is removed and made anew never
-- gets one that it had before, and an old page link never a new hospital.
create function wardgate.provider_checked()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  problem text := wardgate.networks_problem(new.networks);
begin
  if problem is not null then
    perform wardgate.refuse('WG400', problem);
  end if;
  problem := wardgate.provider_url_problem(new.base_url, new.networks);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The provider URL %s %s.', wardgate.quoted(new.base_url), problem));
  end if;
  perform wardgate.fhir_version_read(new.fhir_version);
  if tg_op = 'UPDATE' then
    new.revision := old.revision;
    if new is not distinct from old then
      return new;
    end if;
  end if;
  new.revision := (select c.n + 1 from wardgate.change as c);
  return new;
end $$;
comment on function wardgate.provider_checked is
  'Trigger: the URL and version are usable; the revision rises with a change';

create trigger provider_checked before insert or update on wardgate.provider
   for each row execute function wardgate.provider_checked();

-- ---- functions/27_account.sql

-- Passphrases, codes and cookies are checked by the program: here are only
-- their hashes, and the rules that must hold whoever asks.

create function wardgate.login_read(value text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := lower(btrim(coalesce(value, '')));
begin
  if kept !~ '^[a-z0-9][a-z0-9._+@-]{0,99}$' then
    perform wardgate.refuse('WG400',
        'A sign-in name is made of letters, digits and . _ + - @, at most 100 of them.');
  end if;
  return kept;
end $$;
comment on function wardgate.login_read is
  'The sign-in name of an account as typed, in the spelling that is stored';

create function wardgate.roles_read(value text)
returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  known text[] := array['developer', 'operator', 'auditor', 'admin'];
  given text[] := regexp_split_to_array(
      lower(btrim(coalesce(value, ''), ' ,')), '[ ,]+');
begin
  if not given <@ known then
    perform wardgate.refuse('WG400', format(
        'Roles are developer, operator, auditor and admin; %s is not one of them.',
        wardgate.quoted(coalesce(value, ''))));
  end if;
  return array(select k from unnest(known) with ordinality as o (k, place)
                where k = any (given) order by place);
end $$;
comment on function wardgate.roles_read is
  'Roles as typed, divided by commas or blanks';

create function wardgate.account_add(
  login text, name text, roles text, passphrase text, totp bytea,
  out account_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.account as a (login, name, roles, passphrase, totp)
  values (wardgate.login_read(login),
         wardgate.line_read('name', coalesce(name, ''), 200),
         wardgate.roles_read(roles), account_add.passphrase, account_add.totp)
  returning a.account_id into account_id;
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'There is an account with this sign-in name already.');
end $$;
comment on function wardgate.account_add is 'Makes an account';

create function wardgate.account_must_be(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from wardgate.account as a where a.account_id = account for update;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such account.');
  end if;
end $$;
comment on function wardgate.account_must_be is
  'Locks the row of an account; WG404 when there is none';

-- Only A to Z are folded: every other letter makes another name, or the waiting
-- after failures could be had anew with a Kelvin sign for a k.
create function wardgate.account_for_signin(login text)
returns table (
  account_id uuid,
  login_kept text,
  passphrase text,
  totp       bytea,
  roles      text[],
  disabled   boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.account_id, a.login, a.passphrase, a.totp, a.roles,
         a.disabled_at is not null
    from wardgate.account as a
   where a.login = lower(btrim(account_for_signin.login) collate "C");
end $$;
comment on function wardgate.account_for_signin is
  'What a sign-in is checked against; no row: nobody of that name';

create function wardgate.account_self(account uuid)
returns table (
  login      text,
  name       text,
  passphrase text,
  totp       bytea,
  roles      text[],
  recovery   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.login, a.name, a.passphrase, a.totp, a.roles,
       (select count(*) from wardgate.account_recovery as r
         where r.account_id = a.account_id)
    from wardgate.account as a
   where a.account_id = account and a.disabled_at is null;
end $$;
comment on function wardgate.account_self is
  'What an account''s own pages show and check';

create function wardgate.account_list()
returns table (
  account_id   uuid,
  login        text,
  name         text,
  roles        text[],
  has_totp     boolean,
  created_at   timestamptz,
  signed_in_at timestamptz,
  disabled_at  timestamptz,
  sessions     bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select a.account_id, a.login, a.name, a.roles, a.totp is not null,
         a.created_at, a.signed_in_at, a.disabled_at,
       (select count(*)
          from wardgate.portal_session as s
         where s.account_id = a.account_id)
    from wardgate.account as a
   order by a.login;
end $$;
comment on function wardgate.account_list is 'All accounts';

-- In plpgsql, whose plan stays: one in sql would be planned at each call.
create function wardgate.account_is(account uuid, one_of text[])
returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform
     from wardgate.account as a
    where a.account_id = account and a.disabled_at is null
      and a.roles && one_of;
  return found;
end $$;
comment on function wardgate.account_is is
  'Has the account, now, one of these roles?';

-- Until the end of the transaction: what it changes is by that account.
create function wardgate.portal_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('wardgate.actor', a.login, true),
         set_config('wardgate.source', coalesce((
             select host(s.source)
               from wardgate.portal_session as s
              where s.account_id = account
              order by s.seen_at desc
              limit 1), ''), true)
    from wardgate.account as a
   where a.account_id = account;
end $$;
comment on function wardgate.portal_acts is
  'Whom the trail names for what the transaction changes';

-- An account that is disabled, or has other roles, is signed out, and the links
-- that it made are void.
create function wardgate.account_able(
  account uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set disabled_at = case when able then null else now() end
   where a.account_id = account and (a.disabled_at is null) <> able;
  outcome := case when found then 'changed' else 'unchanged' end;
  if not able then
    delete from wardgate.portal_session as s where s.account_id = account;
    delete from wardgate.invitation as i where i.made_by = account;
  end if;
end $$;
comment on function wardgate.account_able is
  'Disables an account (able false), which signs it out, or lets it work again';

create function wardgate.account_roles_set(
  account uuid, roles text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text[] := wardgate.roles_read(roles);
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set roles = kept
   where a.account_id = account and a.roles <> kept;
  outcome := case when found then 'changed' else 'unchanged' end;
  if found then
    delete from wardgate.portal_session as s where s.account_id = account;
    delete from wardgate.invitation as i where i.made_by = account;
  end if;
end $$;
comment on function wardgate.account_roles_set is
  'Gives an account other roles, and signs it out';

-- Whoever sets a passphrase anew ends all sessions but the one it is done in, and
-- a link that could set yet another.
create function wardgate.account_passphrase_set(
  account uuid, passphrase text, but_session bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set passphrase = account_passphrase_set.passphrase
   where a.account_id = account;
  delete from wardgate.portal_session as s
   where s.account_id = account and s.hash is distinct from but_session;
  delete from wardgate.invitation as i where i.account_id = account;
end $$;
comment on function wardgate.account_passphrase_set is
  'Another passphrase; other sessions of the account end';

-- The same one in newer numbers: nothing ends. Whoever changed it meanwhile wins.
create function wardgate.account_passphrase_moved(
  account uuid, was text, passphrase text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set passphrase = account_passphrase_moved.passphrase
   where a.account_id = account and a.passphrase = was;
  return found;
end $$;
comment on function wardgate.account_passphrase_moved is
  'Stores a passphrase anew after its cost was raised';

-- codes: hashes in hexadecimal with blanks between; they take the place of all
-- that were there. Who gave the passphrase alone sets up the first phone and no
-- other: sessions that are half signed in end with it.
create function wardgate.account_totp_set(
  account uuid, totp bytea, step bigint, codes text, session bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  perform wardgate.account_must_be(account);
  if not exists (
      select from wardgate.portal_session as s
        join wardgate.account as a using (account_id)
       where s.hash = session and s.account_id = account
         and (s.stage = 'full' or s.stage = 'enrol' and a.totp is null)) then
    perform wardgate.refuse('WG409',
        'A phone was set up already. Sign in again, with a code from it.');
  end if;
  delete from wardgate.portal_session as s
   where s.account_id = account and s.stage <> 'full' and s.hash <> session;
  update wardgate.account as a
     set totp = account_totp_set.totp, totp_step = step
   where a.account_id = account;
  delete from wardgate.account_recovery as r where r.account_id = account;
  insert into wardgate.account_recovery (account_id, hash)
  select account, decode(code, 'hex')
    from regexp_split_to_table(codes, ' ') as code;
end $$;
comment on function wardgate.account_totp_set is
  'A phone for one-time codes, and new recovery codes';

-- By an operator, for an account that has none: without recovery codes.
create function wardgate.account_totp_keep(account uuid, totp bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set totp = account_totp_keep.totp
   where a.account_id = account and a.totp is null;
end $$;
comment on function wardgate.account_totp_keep is
  'The first phone of an account that was made by command';

create function wardgate.account_totp_remove(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.account_must_be(account);
  update wardgate.account as a
     set totp = null, totp_step = 0
   where a.account_id = account;
  delete from wardgate.account_recovery as r where r.account_id = account;
  delete from wardgate.portal_session as s where s.account_id = account;
end $$;
comment on function wardgate.account_totp_remove is
  'For a lost phone: the account sets up another at its next sign-in';

create function wardgate.account_totp_use(account uuid, step bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set totp_step = step
   where a.account_id = account and a.totp_step < step;
  return found;
end $$;
comment on function wardgate.account_totp_use is
  'Takes a code of that step; false: it, or a later one, was taken before';

create function wardgate.account_recovery_use(account uuid, code bytea)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.account_recovery as r
   where r.account_id = account and r.hash = code;
  return found;
end $$;
comment on function wardgate.account_recovery_use is
  'Takes a recovery code; false: there is no such one (any more)';

create function wardgate.account_lang_set(account uuid, lang text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.account as a
     set lang = account_lang_set.lang
   where a.account_id = account;
end $$;
comment on function wardgate.account_lang_set is 'The language of its pages';

-- ---- too many wrong ones --------------------------------------------------------

create function wardgate.source_near(source inet)
returns inet
language sql immutable set search_path = pg_catalog, pg_temp
return case family(source)
            when 6 then network(set_masklen(source, 64))::inet
            else source
        end;
comment on function wardgate.source_near is
  'Where somebody is, as far as one household goes: an IPv4 address, an IPv6 /64';

-- Names fail by where somebody is: nobody elsewhere is held up. Codes fail by
-- account alone, for six digits are soon guessed from many places; who can
-- hold somebody up by that knows their passphrase.
create function wardgate.signin_place(who bytea, source inet)
returns inet
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
      select from wardgate.account as a
       where sha256(uuid_send(a.account_id)) = who) then
    return '0.0.0.0'::inet;
  end if;
  return wardgate.source_near(source);
end $$;
comment on function wardgate.signin_place is
  'Where failures are counted: of a name at its source, of an account anywhere';

create function wardgate.signin_seconds(failures integer, last_at timestamptz)
returns double precision
language sql volatile
set search_path = pg_catalog, pg_temp as $$
  select case when failures < 3 then 0
              else extract(epoch from last_at - clock_timestamp())
                   + least(900, power(2, least(failures - 3, 20)))
         end;
$$;
comment on function wardgate.signin_seconds is
  'How long to wait after so many in a row';

-- The first three cost nothing, then 1 s, 2 s, 4 s ... at most 15 minutes. Counted
-- before it is looked at, so that many at once are as many in a row.
create function wardgate.signin_begin(who bytea, source inet)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  place   inet := wardgate.signin_place(who, source);
  seconds double precision;
begin
  insert into wardgate.signin_failure as f (who, source)
  values (signin_begin.who, place)
      on conflict on constraint signin_failure_pkey
      do update set failures = f.failures + 1, last_at = clock_timestamp()
   where wardgate.signin_seconds(f.failures, f.last_at) <= 0;
  if found then
    return 0;
  end if;
  select wardgate.signin_seconds(f.failures, f.last_at)
    into seconds
    from wardgate.signin_failure as f
   where f.who = signin_begin.who and f.source = place;
  return greatest(1, ceil(coalesce(seconds, 0)))::bigint;
end $$;
comment on function wardgate.signin_begin is
  'Somebody tries a name from there; else the seconds to wait before that';

create function wardgate.signin_failed(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('wardgate.source', host(signin_failed.source), true);
  perform wardgate.audit_act('refuse-sign-in', null, null, null, null,
      coalesce((select a.login
                  from wardgate.account as a
                 where sha256(convert_to(a.login, 'UTF8')) = signin_failed.who
                    or sha256(uuid_send(a.account_id)) = signin_failed.who),
          'no account of that name'));
end $$;
comment on function wardgate.signin_failed is
  'What was begun was wrong: it stays counted, and is in the trail';

create function wardgate.signin_untried(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  place inet := wardgate.signin_place(who, source);
begin
  delete from wardgate.signin_failure as f
   where f.who = signin_untried.who and f.source = place and f.failures = 1;
  if not found then
    update wardgate.signin_failure as f
       set failures = f.failures - 1
     where f.who = signin_untried.who and f.source = place;
  end if;
end $$;
comment on function wardgate.signin_untried is
  'What was begun could not be looked at: it is not counted';

create function wardgate.signin_good(who bytea, source inet)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.signin_failure as f
   where f.who = signin_good.who
     and f.source = wardgate.signin_place(signin_good.who, signin_good.source);
end $$;
comment on function wardgate.signin_good is 'The row of failures ends';

create function wardgate.signin_failure_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.signin_failure as f
   where f.ctid in (
         select o.ctid
           from wardgate.signin_failure as o
          where o.last_at < now() - older_than
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.signin_failure_trim is
  'Forgets failures that are older; returns how many';

-- ---- sessions --------------------------------------------------------------------

-- before: a session that this one takes the place of (new id at each step). When
-- it has ended meanwhile - signed out elsewhere, account disabled - so has the
-- right to another. phrase: the passphrase, as it is kept, that opens a first
-- one: it may have been changed since it was looked at. Without either, the web
-- server alone says who it is, which proves nothing for what is sensitive.
create function wardgate.session_open(
  hash bytea, account uuid, stage text, source inet, agent text, before bytea,
  phrase text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  vouched boolean := phrase is null and before is null;
  since   timestamptz;
  was     text;
begin
  perform
     from wardgate.account as a
    where a.account_id = account and a.disabled_at is null
      and (phrase is null or a.passphrase = phrase)
      for no key update;
  if not found then
    return false;
  end if;
  delete from wardgate.portal_session as s
   where s.hash = before and s.account_id = account
  returning s.made_at, s.stage into since, was;
  if before is not null and since is null then
    return false;
  end if;
  insert into wardgate.portal_session (hash, account_id, stage, source, agent,
         made_at, proved_at)
  values (session_open.hash, account, session_open.stage, session_open.source,
         left(regexp_replace(coalesce(session_open.agent, ''),
             '[^\x20-\x7e]', '?', 'g'), 200),
         coalesce(since, now()),
         case when vouched then '-infinity' else now() end);
  if stage = 'full' and was is distinct from 'full' then
    perform wardgate.portal_acts(account);
    perform wardgate.audit_act('sign-in', null, null, null, null,
        case when vouched then 'by the web server' end);
    update wardgate.account as a
       set signed_in_at = now()
     where a.account_id = account;
  end if;
  return true;
end $$;
comment on function wardgate.session_open is
  'A session under the hash of its cookie; false: what it would have followed from has ended';

-- Null stands for whoever session_find found in this transaction, signed in.
create function wardgate.asking(account uuid)
returns uuid
language sql stable
return coalesce(account,
    nullif(current_setting('wardgate.asking', true), '')::uuid);
comment on function wardgate.asking is
  'The account that asks: the one given, else who is behind the cookie';

-- Seen is written once a minute. Roles are those of now. Who is signed in is known
-- as who asks until the end of the transaction.
create function wardgate.session_find(
  hash bytea, idle interval, life interval, proof interval)
returns table (
  account_id uuid,
  session_id uuid,
  stage      text,
  login      text,
  name       text,
  roles      text[],
  lang       text,
  has_totp   boolean,
  proved     boolean,
  idle_end   timestamptz,
  life_end   timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  stale  boolean;
  asking text;
begin
  select a.account_id, s.session_id, s.stage, a.login, a.name, a.roles, a.lang,
         a.totp is not null, s.proved_at >= now() - proof,
         least(s.seen_at + idle, s.made_at + life), s.made_at + life,
         s.seen_at < now() - interval '1 minute'
    into account_id, session_id, stage, login, name, roles, lang,
         has_totp, proved, idle_end, life_end, stale
    from wardgate.portal_session as s
    join wardgate.account as a using (account_id)
   where s.hash = session_find.hash
     and s.seen_at >= now() - idle
     and s.made_at >= now() - life
     and a.disabled_at is null;
  if not found then
    return;
  end if;
  if stage = 'full' then
    asking := set_config('wardgate.asking', account_id::text, true);
  end if;
  if stale then
    update wardgate.portal_session as s
       set seen_at = now()
     where s.hash = session_find.hash;
    idle_end := least(now() + idle, life_end);
  end if;
  return next;
end $$;
comment on function wardgate.session_find is
  'Who is behind a cookie; no row: nobody (any more)';

create function wardgate.session_end(hash bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.portal_session as s where s.hash = session_end.hash;
end $$;
comment on function wardgate.session_end is 'Signs out';

create function wardgate.session_end_one(
  account uuid, session uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.portal_session as s
   where s.account_id = account and s.session_id = session;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.session_end_one is
  'Ends one session of an account, by the name it has in its list';

create function wardgate.session_list(
  account uuid, idle interval, life interval)
returns table (
  session_id uuid,
  stage      text,
  made_at    timestamptz,
  seen_at    timestamptz,
  source     text,
  agent      text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select s.session_id, s.stage, s.made_at, s.seen_at, host(s.source), s.agent
    from wardgate.portal_session as s
   where s.account_id = account
     and s.seen_at >= now() - idle
     and s.made_at >= now() - life
   order by s.seen_at desc;
end $$;
comment on function wardgate.session_list is 'Where an account is signed in';

create function wardgate.session_trim(life interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.portal_session as s
   where s.hash in (
         select o.hash
           from wardgate.portal_session as o
          where o.made_at < now() - life
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.session_trim is
  'Removes sessions that have outlived themselves; returns how many';

-- ---- invitations -----------------------------------------------------------------

create function wardgate.invitation_make(
  hash bytea, name text, roles text, account uuid, made_by uuid, life interval)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if account is not null then
    perform wardgate.account_must_be(account);
    delete from wardgate.invitation as i where i.account_id = account;
  end if;
  delete from wardgate.invitation as i where i.ends_at < now();
  insert into wardgate.invitation (hash, name, roles, account_id, made_by,
         ends_at)
  values (invitation_make.hash,
         wardgate.line_read('name', coalesce(invitation_make.name, ''), 200),
         coalesce((select a.roles from wardgate.account as a
                    where a.account_id = account),
             wardgate.roles_read(invitation_make.roles)),
         account, invitation_make.made_by, now() + life);
  perform wardgate.audit_act('add-invitation', null, null, null, null,
      coalesce((select a.login from wardgate.account as a
                 where a.account_id = account),
          concat_ws(' ', invitation_make.roles, invitation_make.name)));
end $$;
comment on function wardgate.invitation_make is
  'A link for a new account, or for another passphrase of one';

create function wardgate.invitation_find(hash bytea)
returns table (name text, roles text[], login text, ends_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select i.name, i.roles, a.login, i.ends_at
    from wardgate.invitation as i
    left join wardgate.account as a using (account_id)
   where i.hash = invitation_find.hash and i.ends_at > now();
end $$;
comment on function wardgate.invitation_find is
  'What a link is for; no row: it is used, over, or never was';

create function wardgate.invitation_use(
  hash bytea, login text, passphrase text, out account_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  used wardgate.invitation;
begin
  delete from wardgate.invitation as i
   where i.hash = invitation_use.hash and i.ends_at > now()
  returning * into used;
  if not found then
    perform wardgate.refuse('WG404',
        'This invitation was used already, or is over; ask for another.');
  end if;
  account_id := used.account_id;
  perform set_config('wardgate.actor', 'by invitation', true);
  if account_id is null then
    account_id := wardgate.account_add(login, used.name,
        array_to_string(used.roles, ' '), invitation_use.passphrase, null);
  else
    perform wardgate.account_passphrase_set(account_id,
        invitation_use.passphrase, null);
  end if;
end $$;
comment on function wardgate.invitation_use is
  'Makes the account, or sets its passphrase; the link is used up';

-- ---- functions/30_routes.sql

-- One statement each, so that every answer is of one snapshot and `n` is the
-- change number of that snapshot: a cache that filled late cannot bring an
-- old row back. Unknown ids get a row too, so that they cost the same. Every
-- table is reached through an index, also the one with a single row: programs
-- switch sequential scans off, since a plan made while a table was small would
-- stay when it has grown.

create function wardgate.tenant_state_now(state text, notice_until timestamptz)
returns text
language sql stable
return case when state = 'maintenance' and notice_until <= now() then 'active'
            else state
        end;
comment on function wardgate.tenant_state_now is
  'State of a tenant at this moment: maintenance ends by itself';

create function wardgate.grant_state_now(
  granted_at timestamptz, ended_at timestamptz)
returns text
language sql stable
return case when granted_at is null then 'none'
            when ended_at <= now() then 'ended'
            else 'live'
        end;
comment on function wardgate.grant_state_now is
  'none, live or ended, from the columns of a grant row or of no row';

-- One row, always, by the same two look-ups whatever is there, so that the time
-- it takes tells nothing of the client, nor how many secrets it has. Therefore
-- no index may serve the comparison of a secret's client. client_state: unknown,
-- live, disabled; key_id: null when it has no such secret.
create function wardgate.client_for_token(
  client uuid, key text,
  out n              bigint,
  out client_state   text,
  out key_id         text,
  out hash           bytea,
  out pepper_version integer,
  out not_before     timestamptz,
  out not_after      timestamptz,
  out invalidated    boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         s.key_id, s.hash, s.pepper_version, s.not_before, s.not_after,
         s.invalidated_at is not null
    into n, client_state, key_id, hash, pepper_version, not_before, not_after,
         invalidated
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.client_secret as s
           on s.key_id = key and (s.client_id = client) is true
   where c.only_row;
end $$;
comment on function wardgate.client_for_token is
  'The client behind a client_id, and the hash of one of its secrets';

-- tenant_state: unknown, active, suspended, maintenance (which still gets
-- tokens). grant_state: none, live, ended; grant_ends: a planned end.
create function wardgate.route_for_token(
  client uuid, tenant uuid,
  out n            bigint,
  out tenant_state text,
  out notice_until timestamptz,
  out grant_state  text,
  out grant_ends   timestamptz,
  out types        text[])
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         coalesce(wardgate.tenant_state_now(t.state, t.notice_until),
           'unknown'),
         t.notice_until,
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.ended_at, g.types
    into n, tenant_state, notice_until, grant_state, grant_ends, types
    from wardgate.change as c
    left join wardgate.tenant as t on t.tenant_id = tenant
    left join wardgate.client_grant as g
           on g.client_id = client and g.tenant_id = tenant
   where c.only_row;
end $$;
comment on function wardgate.route_for_token is
  'May this client have a token for this tenant?';

-- One row, always. live_keys: ids, in no order, of the client's secrets and
-- public keys that still count; a token whose `cred` is not among them is
-- refused. Provider columns are null when the
-- tenant has none.
create function wardgate.route_for_facade(
  client uuid, tenant uuid)
returns table (
  n             bigint,
  client_state  text,
  live_keys     text[],
  grant_state   text,
  grant_ends    timestamptz,
  tenant_state  text,
  notice        text,
  notice_until  timestamptz,
  retry_after_s integer,
  mrn_system    text,
  provider_id   bigint,
  revision      bigint,
  base_url      text,
  fhir_version  text,
  mode          text,
  search_post   boolean,
  http2         boolean,
  connect_ms    integer,
  total_ms      integer,
  can_contains  text,
  can_sort      text,
  can_total     text,
  can_batch     text,
  coverage_person  text,
  write_extensions boolean,
  types         text[],
  slug          text,
  networks      text[],
  requests_max  integer,
  calls_per_s   integer,
  auth          text,
  credential    text,
  token_url      text,
  token_client   text,
  token_auth     text,
  token_scope    text,
  token_resource text,
  token_audience text,
  token_kid      text,
  token_alg      text,
  tls_chain      text,
  tls_box        text,
  tls_ca         text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         array(select s.key_id
                 from wardgate.client_secret as s
                where s.client_id = client
                  and s.invalidated_at is null
                  and (s.not_after is null or s.not_after > now()))
           || coalesce((select k.creds
                          from wardgate.client_jwks as k
                         where k.client_id = client), '{}'),
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.ended_at,
         coalesce(wardgate.tenant_state_now(t.state, t.notice_until),
           'unknown'),
         t.notice, t.notice_until, t.retry_after_s, t.mrn_system,
         p.provider_id, p.revision, p.base_url, p.fhir_version, p.mode,
         p.search_post, p.http2, p.connect_ms, p.total_ms,
         p.can_contains, p.can_sort, p.can_total, p.can_batch,
         p.coverage_person, p.write_extensions, g.types, t.slug,
         p.networks::text[], p.requests_max, p.calls_per_s,
         coalesce(w.kind, 'none'), coalesce(w.box, s.box),
         w.token_url,
         w.token_client, w.token_auth, w.token_scope, w.token_resource,
         w.token_audience, s.kid, s.alg, x.chain, x.box, x.ca
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.tenant as t on t.tenant_id = tenant
    left join wardgate.client_grant as g
           on g.client_id = client and g.tenant_id = tenant
    left join wardgate.provider as p on p.tenant_id = tenant
    left join wardgate.provider_credential as w on w.tenant_id = tenant
    left join wardgate.provider_key as s
           on s.tenant_id = tenant and s.stage = 'use' and w.kind = 'smart'
    left join wardgate.provider_tls as x on x.tenant_id = tenant
   where c.only_row;
end $$;
comment on function wardgate.route_for_facade is
  'May this client ask this tenant, and where are its records?';

create function wardgate.signing_key_in_use(out n bigint, out kid text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n, k.kid into n, kid
    from wardgate.change as c
    left join wardgate.signing_key as k on k.stage = 'use'
   where c.only_row;
end $$;
comment on function wardgate.signing_key_in_use is
  'Which key signs; null: none yet';

-- ---- functions/35_found.sql

create function wardgate.found_get(tenant uuid, revision bigint)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (select f.facts::text
            from wardgate.provider_found as f
           where f.tenant_id = tenant
             and f.revision = found_get.revision);
end $$;
comment on function wardgate.found_get is
  'What is kept about the provider of a tenant at a revision; null: nothing';

-- False: the provider was changed or removed meanwhile, so it is not kept.
create function wardgate.found_put(
  tenant uuid, revision bigint, facts text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.provider_found as f (tenant_id, revision, facts)
  select p.tenant_id, p.revision, found_put.facts::jsonb
    from wardgate.provider as p
   where p.tenant_id = tenant and p.revision = found_put.revision
     for share of p
      on conflict (tenant_id) do update
     set revision = excluded.revision, facts = excluded.facts,
         found_at = now()
   where (f.revision, f.facts)
         is distinct from (excluded.revision, excluded.facts);
  return exists (select from wardgate.provider as p
                  where p.tenant_id = tenant
                    and p.revision = found_put.revision);
end $$;
comment on function wardgate.found_put is
  'Keeps what the facade learned about the provider of a tenant';

-- For the statement that a token asks for. No row unless the token would be
-- good at the facade; a maintenance does not change what a hospital can. Where
-- the provider is does not come out here. facts: null when nothing was found
-- out since the provider's last change.
create function wardgate.statement_for_tenant(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns table (
  name          text,
  fhir_version  text,
  mode          text,
  search_post   boolean,
  can_contains  text,
  can_sort      text,
  can_total     text,
  can_batch     text,
  coverage_person  text,
  write_extensions boolean,
  mrn_system    text,
  facts         text,
  types         text[])
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.name, p.fhir_version, p.mode, p.search_post, p.can_contains,
         p.can_sort, p.can_total, p.can_batch, p.coverage_person,
         p.write_extensions, t.mrn_system, f.facts::text, g.types
    from wardgate.client_grant as g
    join wardgate.tenant as t on t.tenant_id = g.tenant_id
    join wardgate.provider as p on p.tenant_id = t.tenant_id
    left join wardgate.provider_found as f
           on f.tenant_id = t.tenant_id and f.revision = p.revision
   where g.client_id = client and g.tenant_id = tenant
     and wardgate.token_in_force(client, tenant, credential, jti, number);
end $$;
comment on function wardgate.statement_for_tenant is
  'What is known of the provider of a tenant, for a token that is in force';

-- ---- functions/37_probe.sql

-- tenant: its GUID or its slug. A test patient that is given is remembered;
-- `forget` forgets the one that is. Written into the trail before anybody is
-- asked: a probe reads records.
create function wardgate.probe_start(
  tenant text, patient text, forget boolean,
  out tenant_id uuid, out slug text, out name text, out patient_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  select t.tenant_id, t.slug, t.name
    into probe_start.tenant_id, probe_start.slug, probe_start.name
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
   where t.tenant_id::text = lower(btrim(tenant)) or t.slug = btrim(tenant)
   order by t.tenant_id::text = lower(btrim(tenant)) desc
   limit 1;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s with a provider.', wardgate.quoted(tenant)));
  end if;
  if forget then
    delete from wardgate.probe_patient as q
     where q.tenant_id = probe_start.tenant_id;
  elsif wardgate.given(patient) is not null then
    if btrim(patient) !~ '^[A-Za-z0-9.-]{1,64}$' then
      perform wardgate.refuse('WG400', format(
          'The test patient %s is not a FHIR id.', wardgate.quoted(patient)));
    end if;
    insert into wardgate.probe_patient as q (tenant_id, patient_id)
    values (probe_start.tenant_id, btrim(patient))
        on conflict on constraint probe_patient_pkey do update
       set patient_id = excluded.patient_id
     where q.patient_id <> excluded.patient_id;
  end if;
  select q.patient_id into probe_start.patient_id
    from wardgate.probe_patient as q
   where q.tenant_id = probe_start.tenant_id;
  perform wardgate.audit_act('probe', null, probe_start.tenant_id, null, null,
      coalesce('test patient ' || probe_start.patient_id, 'no test patient'));
end $$;
comment on function wardgate.probe_start is
  'Whom a probe is to ask, and about which test patient; the trail hears of it';

create function wardgate.probe_tenants()
returns table (tenant_id uuid, slug text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.tenant_id, t.slug
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
   where wardgate.tenant_state_now(t.state, t.notice_until) = 'active'
   order by t.slug;
end $$;
comment on function wardgate.probe_tenants is
  'Tenants in use that have a provider: whom the nightly probe asks';

-- Verdicts of a call are compared with the probe before, whatever it was asked
-- with; what one of them could not see is no difference.
create function wardgate.probe_drift(earlier jsonb, later jsonb)
returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('call', x.call, 'title',
           x.title, 'was', y.word, 'became', x.word) order by x.n), '[]')
    from (select l.value ->> 'call' as call, l.value ->> 'title' as title,
                 l.value ->> 'word' as word, l.ordinality as n
            from jsonb_array_elements(later) with ordinality as l) as x
    join (select e.value ->> 'call' as call, e.value ->> 'word' as word
            from jsonb_array_elements(earlier) as e) as y using (call)
   where x.word <> y.word and x.word <> 'unseen' and y.word <> 'unseen'
$$;
comment on function wardgate.probe_drift is
  'Calls whose verdict is another one than in an earlier report';

-- One row per call whose verdict changed; none: nothing did.
create function wardgate.probe_put(
  tenant uuid, revision bigint, verdict text, reason text,
  with_patient boolean, took_ms bigint, certificate_ends timestamptz,
  findings text)
returns table (call text, title text, was text, became text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  earlier jsonb;
  changes jsonb;
begin
  perform from wardgate.tenant as t where t.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', 'The tenant is gone.');
  end if;
  select b.findings into earlier
    from wardgate.probe as b
   where b.tenant_id = tenant order by b.probe_id desc limit 1;
  changes := wardgate.probe_drift(coalesce(earlier, '[]'), findings::jsonb);
  insert into wardgate.probe (tenant_id, revision, verdict, reason,
         with_patient, took_ms, certificate_ends, findings, drift)
  values (tenant, revision, verdict, reason, with_patient, took_ms,
         certificate_ends, findings::jsonb, changes);
  delete from wardgate.probe as b
   where b.tenant_id = tenant
     and b.probe_id <= (
         select o.probe_id
           from wardgate.probe as o
          where o.tenant_id = tenant
          order by o.probe_id desc offset 100 limit 1);
  return query
  select d.call, d.title, d.was, d.became
    from jsonb_to_recordset(changes) as d (call text, title text, was text,
         became text);
end $$;
comment on function wardgate.probe_put is
  'Keeps the report of a probe; returns what is different from the one before';

-- tenant: GUID or slug; null: all. outdated: the provider was changed since.
create function wardgate.probe_list(tenant text)
returns table (
  tenant_id        uuid,
  slug             text,
  name             text,
  at               timestamptz,
  verdict          text,
  reason           text,
  with_patient     boolean,
  took_ms          bigint,
  certificate_ends timestamptz,
  changed          bigint,
  outdated         boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if tenant is not null and not exists (
      select from wardgate.tenant as t
       where t.slug = tenant or t.tenant_id::text = lower(tenant)) then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s.', wardgate.quoted(tenant)));
  end if;
  return query
  select t.tenant_id, t.slug, t.name, b.at, b.verdict, b.reason,
         b.with_patient, b.took_ms, b.certificate_ends,
         jsonb_array_length(b.drift)::bigint, b.revision <> p.revision
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
    left join lateral (
         select n.*
           from wardgate.probe as n
          where n.tenant_id = t.tenant_id
          order by n.probe_id desc limit 1) as b on true
   where tenant is null or t.slug = tenant
      or t.tenant_id::text = lower(tenant)
   order by t.slug;
end $$;
comment on function wardgate.probe_list is
  'The newest probe of one tenant, or of each; nulls where there was none';

create function wardgate.probe_findings(tenant uuid)
returns table (
  call text, title text, word text, found text, loss text, ms bigint,
  status bigint, was text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select f.value ->> 'call', f.value ->> 'title', f.value ->> 'word',
         f.value ->> 'found', f.value ->> 'loss',
         (f.value ->> 'ms')::bigint, (f.value ->> 'status')::bigint,
         (select d.value ->> 'was'
            from jsonb_array_elements(b.drift) as d
           where d.value ->> 'call' = f.value ->> 'call')
    from (select n.*
            from wardgate.probe as n
           where n.tenant_id = tenant
           order by n.probe_id desc limit 1) as b
   cross join lateral jsonb_array_elements(b.findings) with ordinality as f
   order by f.ordinality;
end $$;
comment on function wardgate.probe_findings is
  'What the newest probe of a tenant found, call by call; was: before, if otherwise';

-- Of each tenant that was ever probed. good_at: of the newest probe that found
-- it usable; null: none did.
create function wardgate.probe_figures()
returns table (
  slug text, at timestamptz, good_at timestamptz, usable boolean,
  changed bigint, certificate_ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.slug, b.at,
         (select max(g.at)
            from wardgate.probe as g
           where g.tenant_id = t.tenant_id and g.verdict <> 'unusable'),
         b.verdict <> 'unusable', jsonb_array_length(b.drift)::bigint,
         b.certificate_ends
    from wardgate.tenant as t
   cross join lateral (
         select n.*
           from wardgate.probe as n
          where n.tenant_id = t.tenant_id
          order by n.probe_id desc limit 1) as b
   order by t.slug
   limit 1000;
end $$;
comment on function wardgate.probe_figures is
  'For the metrics: the newest probe of each tenant, and the last good one';

-- ---- into production ------------------------------------------------------

-- Null: nothing. A probe counts for thirty days, with a test patient, and for the
-- provider as it is.
create function wardgate.production_problem(tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  last wardgate.probe;
begin
  if exists (select from wardgate.policy as y
              where y.name = 'production_probe' and y.value = 'advised')
      or exists (select from wardgate.production_override as o
                  where o.tenant_id = tenant) then
    return null;
  end if;
  select b.* into last
    from wardgate.probe as b
   where b.tenant_id = tenant order by b.probe_id desc limit 1;
  return case
      when last.probe_id is null then 'It was never probed.'
      when last.verdict = 'unusable' then
          'Its newest probe says: ' || last.reason
      when not last.with_patient then
          'Its newest probe had no test patient.'
      when last.at < now() - interval '30 days' then
          'Its newest probe is older than 30 days.'
      when not exists (select from wardgate.provider as p
                        where p.tenant_id = tenant
                          and p.revision = last.revision) then
          'Its provider was changed since its newest probe.'
      end;
end $$;
comment on function wardgate.production_problem is
  'Why a hospital is not fit for production; null: it is';

-- override: why it may do without, which is kept until it leaves production.
create function wardgate.production_override_keep(tenant uuid, override text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  why_kept text := wardgate.line_read('override', wardgate.given(override),
      500);
begin
  if why_kept is not null then
    insert into wardgate.production_override as o (tenant_id, why, made_by)
    values (tenant, why_kept, wardgate.actor())
        on conflict (tenant_id) do update
       set why = excluded.why, made_by = excluded.made_by, made_at = now()
     where o.why <> excluded.why;
  end if;
end $$;
comment on function wardgate.production_override_keep is
  'Keeps why a hospital may go into production without a good probe';

-- Part of tenant_put. was: null for a new tenant. Who calls tenant_put catches
-- constraint production_probe and keeps the attempt (production_refusal_keep):
-- what is raised takes its own trace back. The problem is the detail.
create function wardgate.production_check(
  tenant uuid, was text, override text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  environment text := (select t.environment
                         from wardgate.tenant as t where t.tenant_id = tenant);
  problem     text;
begin
  if environment = 'test' then
    delete from wardgate.production_override as o where o.tenant_id = tenant;
  elsif was is distinct from 'production' then
    perform wardgate.production_override_keep(tenant, override);
    problem := wardgate.production_problem(tenant);
    if problem is not null then
      raise exception using errcode = 'WG409', constraint = 'production_probe',
        detail = problem, message = wardgate.production_refusal();
    end if;
  end if;
end $$;
comment on function wardgate.production_check is
  'Refuses production for a hospital without a good probe or an override';

create function wardgate.production_refusal()
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return 'This hospital goes into production when a probe with a test patient '
    'has found it usable. Let its environment be test, probe it (wardgate '
    'probe --patient ID TENANT), and then let it be production.';
end $$;
comment on function wardgate.production_refusal is
  'What is said to who wants to use a hospital that is not fit for production';

create function wardgate.production_refusal_keep(tenant uuid, problem text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.audit_act('refuse-production', null, tenant, null, null,
      problem);
end $$;
comment on function wardgate.production_refusal_keep is
  'Writes into the trail that somebody wanted production, and why it was refused';

-- outcome: changed, unchanged, or refused, which stands in the trail like the
-- others: so nothing is raised for it.
create function wardgate.tenant_environment_set(
  tenant text, environment text, override text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  wanted      text := wardgate.word_read('environment',
      wardgate.given(environment), array['test', 'production']);
  was         text;
  problem     text;
begin
  perform wardgate.tenant_must_be(tenant_kept);
  was := (select t.environment
            from wardgate.tenant as t where t.tenant_id = tenant_kept);
  if wanted = 'production' and was <> wanted then
    perform wardgate.production_override_keep(tenant_kept, override);
    problem := wardgate.production_problem(tenant_kept);
  end if;
  if problem is not null then
    perform wardgate.production_refusal_keep(tenant_kept, problem);
  else
    update wardgate.tenant as t
       set environment = wanted
     where t.tenant_id = tenant_kept and t.environment <> wanted;
    perform wardgate.production_check(tenant_kept, wanted, null);
  end if;
  return query
  select 'tenant', tenant_kept::text,
         case when problem is not null then 'refused'
              when was = wanted then 'unchanged'
              else 'changed'
          end,
         coalesce(problem, wanted);
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_environment_set is
  'Puts a hospital into production, if it is fit for that, or back into test';

-- ---- functions/40_clients.sql

-- Each says what it did: created, changed, unchanged. Doing a thing twice is
-- the same as doing it once, and raises the change number once.

create function wardgate.client_must_be(client uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The lock lets one transaction at a time count this client's secrets.
  perform from wardgate.client as c where c.client_id = client for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
end $$;
comment on function wardgate.client_must_be is
  'Locks the row of a client; WG404 when there is none';

create function wardgate.tenant_must_be(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from wardgate.tenant as t where t.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s; sql/onboard/tenant.sql creates it.', tenant));
  end if;
end $$;
comment on function wardgate.tenant_must_be is
  'Locks the row of a tenant; WG404 when there is none';

-- client null: a new GUID. One that is given and there already must carry the
-- same texts, or they are changed.
create function wardgate.client_add(
  client uuid, name text, purpose text, contact text,
  out client_id uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  name_kept    text := wardgate.line_read('name', name, 200);
  purpose_kept text := wardgate.line_read('purpose',
      coalesce(purpose, ''), 1000);
  contact_kept text := wardgate.line_read('contact',
      coalesce(contact, ''), 320);
begin
  if coalesce(name_kept, '') = '' then
    perform wardgate.refuse('WG400', 'A client needs a name.');
  end if;
  client_id := wardgate.guid_read('client',
      coalesce(client, gen_random_uuid())::text);
  insert into wardgate.client (client_id, name, purpose, contact)
  values (client_add.client_id, name_kept, purpose_kept, contact_kept)
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client as c
     set name = name_kept, purpose = purpose_kept, contact = contact_kept
   where c.client_id = client_add.client_id
     and (c.name, c.purpose, c.contact) is distinct from
         (name_kept, purpose_kept, contact_kept);
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_add is 'Registers an app';

create function wardgate.client_list()
returns table (
  client_id    uuid,
  name         text,
  purpose      text,
  contact      text,
  created_at   timestamptz,
  disabled_at  timestamptz,
  live_secrets bigint,
  live_grants  bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.client_id, c.name, c.purpose, c.contact, c.created_at,
         c.disabled_at,
       (select count(*)
          from wardgate.client_secret as s
         where s.client_id = c.client_id
           and s.invalidated_at is null
           and (s.not_after is null or s.not_after > now())),
       (select count(*)
          from wardgate.client_grant as g
         where g.client_id = c.client_id
           and (g.ended_at is null or g.ended_at > now()))
    from wardgate.client as c
   order by c.name, c.client_id;
end $$;
comment on function wardgate.client_list is 'All apps';

create function wardgate.client_able(
  client uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  update wardgate.client as c
     set disabled_at = case when able then null else now() end
   where c.client_id = client
     and (c.disabled_at is null) <> able;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_able is
  'Disables an app (able false) or lets it work again';

create function wardgate.secret_add(
  client uuid, key_id text, label text, hint text, hash bytea,
  pepper_version bigint, not_before timestamptz, not_after timestamptz,
  max_live bigint)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts timestamptz := coalesce(not_before, now());
  live   bigint;
begin
  perform wardgate.client_must_be(client);
  if not_after <= starts or not_after <= now() then
    perform wardgate.refuse('WG400',
        'The secret would end before it starts to work.');
  end if;
  select count(*) into live
    from wardgate.client_secret as s
   where s.client_id = client
     and s.invalidated_at is null
     and (s.not_after is null or s.not_after > now());
  if live >= max_live then
    perform wardgate.refuse('WG409', format(
        'The client has %s live secrets and may have %s; '
        'invalidate one first (`wardgate client secret list`).',
        live, max_live));
  end if;
  insert into wardgate.client_secret (key_id, client_id, label, hint, hash,
         pepper_version, not_before, not_after)
  values (secret_add.key_id, client,
         wardgate.line_read('label', coalesce(secret_add.label, ''), 200),
         secret_add.hint, secret_add.hash, secret_add.pepper_version::integer,
         starts, secret_add.not_after);
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'A secret with this key id is there already; make a new one.');
end $$;
comment on function wardgate.secret_add is
  'Stores the keyed hash of a new secret; at most max_live may live';

-- state: live, early, expired, invalidated. Use is of the last roll-up: last_
-- and uses are of tokens issued, shown_ and outcome of the last request with the
-- secret, refused or not.
create function wardgate.secret_list(client uuid)
returns table (
  key_id         text,
  label          text,
  hint           text,
  state          text,
  not_before     timestamptz,
  not_after      timestamptz,
  invalidated_at timestamptz,
  created_at     timestamptz,
  last_at        timestamptz,
  last_tenant    uuid,
  last_network   text,
  uses           bigint,
  shown_at       timestamptz,
  shown_network  text,
  outcome        text,
  refused        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client as c where c.client_id = client) then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
  return query
  select s.key_id, s.label, s.hint,
         case when s.invalidated_at is not null then 'invalidated'
              when s.not_after <= now() then 'expired'
              when s.not_before > now() then 'early'
              else 'live'
          end,
         s.not_before, s.not_after, s.invalidated_at, s.created_at,
         u.last_at, u.tenant_id, u.source_network::text,
       (select coalesce(sum(a.uses), 0)::bigint
          from wardgate.secret_use as a
         where a.key_id = s.key_id),
         l.last_at, l.source_network::text, l.outcome,
         coalesce(l.refused, 0)::bigint
    from wardgate.client_secret as s
    left join wardgate.secret_shown as l on l.key_id = s.key_id
    left join lateral (
         select v.*
           from wardgate.secret_use as v
          where v.key_id = s.key_id
          order by v.last_at desc
          limit 1) as u on true
   where s.client_id = client
   order by s.created_at, s.key_id;
end $$;
comment on function wardgate.secret_list is
  'The secrets of an app, and when each was used last';

create function wardgate.secret_invalidate(
  client uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  if not exists (
      select from wardgate.client_secret as s
       where s.client_id = client and s.key_id = key) then
    perform wardgate.refuse('WG404', format(
        'The client has no secret with the key id %s.',
        wardgate.quoted(key)));
  end if;
  update wardgate.client_secret as s
     set invalidated_at = now()
   where s.client_id = client and s.key_id = key
     and s.invalidated_at is null;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.secret_invalidate is
  'Ends a secret, and with it the tokens that were issued for it';

-- ends null: without end. A grant that had ended begins anew. types and purpose
-- as typed; null: as they are, and of a new grant all types and no purpose.
create function wardgate.grant_give(
  client uuid, tenant uuid, ends timestamptz, types text default null,
  purpose text default null, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  types_kept   text[] := wardgate.types_read(wardgate.given(types));
  purpose_kept text := wardgate.line_read('purpose', wardgate.given(purpose),
      1000);
begin
  perform wardgate.client_must_be(client);
  perform wardgate.tenant_must_be(tenant);
  if ends <= now() then
    perform wardgate.refuse('WG400', 'The grant would have ended already.');
  end if;
  insert into wardgate.client_grant (client_id, tenant_id, ended_at, types,
         purpose)
  values (client, tenant, ends, coalesce(types_kept, '{}'),
         coalesce(purpose_kept, ''))
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client_grant as g
     set ended_at = ends,
         types = coalesce(types_kept, g.types),
         purpose = coalesce(purpose_kept, g.purpose),
         granted_at = case when g.ended_at <= now() then now()
                           else g.granted_at
                       end
   where g.client_id = client and g.tenant_id = tenant
     and (g.ended_at, g.types, g.purpose) is distinct from (ends,
         coalesce(types_kept, g.types), coalesce(purpose_kept, g.purpose));
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.grant_give is 'Lets an app ask for a tenant';

create function wardgate.grant_end(
  client uuid, tenant uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  if not exists (
      select from wardgate.client_grant as g
       where g.client_id = client and g.tenant_id = tenant) then
    perform wardgate.refuse('WG404', format(
        'The client %s was never granted the tenant %s.', client, tenant));
  end if;
  update wardgate.client_grant as g
     set ended_at = now()
   where g.client_id = client and g.tenant_id = tenant
     and (g.ended_at is null or g.ended_at > now());
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.grant_end is
  'Ends the right of an app to ask for a tenant, and its tokens for it';

-- Either may be null: all of them.
create function wardgate.grant_list(client uuid, tenant uuid)
returns table (
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select g.client_id, c.name, g.tenant_id, t.name,
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.granted_at, g.ended_at, array_to_string(g.types, ' '), g.purpose
    from wardgate.client_grant as g
    join wardgate.client as c using (client_id)
    join wardgate.tenant as t using (tenant_id)
   where (client is null or g.client_id = client)
     and (tenant is null or g.tenant_id = tenant)
   order by c.name, t.name, g.client_id, g.tenant_id;
end $$;
comment on function wardgate.grant_list is 'Which app may ask for which tenant';

-- The first key signs at once; a later one is published only.
create function wardgate.signing_key_add(key text, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  lock table wardgate.signing_key in share row exclusive mode;
  stage := case when exists (
                  select from wardgate.signing_key as k where k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.signing_key (kid, stage, used_at)
  values (key, signing_key_add.stage,
         case signing_key_add.stage when 'use' then now() end);
exception
  when unique_violation then
    perform wardgate.refuse('WG409', 'This key is registered already.');
  when check_violation then
    perform wardgate.refuse('WG400',
        'A key id is the 43 characters of its RFC 7638 thumbprint.');
end $$;
comment on function wardgate.signing_key_add is
  'Registers a signing key; returns the stage it is in';

create function wardgate.signing_key_list()
returns table (
  kid          text,
  stage        text,
  made_at      timestamptz,
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.stage, k.made_at, k.used_at, k.retired_at, k.withdrawn_at
    from wardgate.signing_key as k
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.signing_key_list is 'All signing keys';

-- ---- functions/41_peppers.sql

-- Only who holds a secret's text can hash it anew, and that is `token` at the
-- moment of its success. It may do just that: replace the hash it has checked.

create function wardgate.pepper_in_use()
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((select max(p.version) from wardgate.pepper as p), 0);
end $$;
comment on function wardgate.pepper_in_use is
  'The version that secrets are moved to; 0: none was named';

-- Whatever happened to the secret meanwhile wins: then nothing is changed.
create function wardgate.secret_rehash(
  client uuid, key text, old_hash bytea, new_hash bytea, version bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_secret as s
     set hash = new_hash, pepper_version = secret_rehash.version::integer
   where s.key_id = key and s.client_id = client
     and s.hash = old_hash
     and s.invalidated_at is null
     and s.pepper_version < secret_rehash.version
     and secret_rehash.version = wardgate.pepper_in_use();
  return found;
end $$;
comment on function wardgate.secret_rehash is
  'Stores a secret under the newest pepper; false: it was not as told';

create function wardgate.pepper_needed(version bigint)
returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (select count(*)
            from wardgate.client_secret as s
           where s.pepper_version = pepper_needed.version
             and s.invalidated_at is null
             and (s.not_after is null or s.not_after > now()));
end $$;
comment on function wardgate.pepper_needed is
  'How many secrets that work, or will, are stored under this version';

create function wardgate.pepper_use(version bigint, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if version < wardgate.pepper_in_use() then
    perform wardgate.refuse('WG409', format(
        'Secrets are moved to version %s already, and never back.',
        wardgate.pepper_in_use()));
  end if;
  insert into wardgate.pepper (version)
  values (pepper_use.version::integer)
      on conflict do nothing;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.pepper_use is
  'Names the version that secrets are moved to, each at its next success';

create function wardgate.pepper_remove(version bigint, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  needed bigint;
begin
  -- No secret is made under it between the count and the end.
  lock table wardgate.client_secret in share row exclusive mode;
  needed := wardgate.pepper_needed(version);
  if version >= wardgate.pepper_in_use() then
    perform wardgate.refuse('WG409',
        'No newer pepper is in use; `wardgate key use pepper` names one.');
  end if;
  if needed > 0 then
    perform wardgate.refuse('WG409', format(
        '%s this pepper still; each is moved when it is used, and the '
        'others can be invalidated.',
        wardgate.counted(needed, 'secret needs', 'secrets need')));
  end if;
  delete from wardgate.pepper as p where p.version = pepper_remove.version;
  outcome := 'removed';
end $$;
comment on function wardgate.pepper_remove is
  'May the file of this version be removed? Refuses while a secret needs it';

-- ---- functions/42_client_keys.sql

-- One row, always. client_state: unknown, live, disabled; jwks: null if the
-- client has no keys; url: they are a copy of what it publishes there, null: they
-- are registered by value.
create function wardgate.client_keys_for_token(
  client uuid, out n bigint, out client_state text, out jwks text,
  out url text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         k.jwks::text, u.url
    into n, client_state, jwks, url
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.client_jwks as k on k.client_id = client
    left join wardgate.client_jwks_url as u on u.client_id = client
   where c.only_row;
end $$;
comment on function wardgate.client_keys_for_token is
  'The public keys of the client behind a client_id';

create function wardgate.client_jwks_put(
  client uuid, jwks text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept_creds text[] := string_to_array(creds, ' ');
begin
  insert into wardgate.client_jwks (client_id, jwks, creds)
  values (client, client_jwks_put.jwks::jsonb, kept_creds)
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client_jwks as k
     set jwks = client_jwks_put.jwks::jsonb, creds = kept_creds,
         set_at = now()
   where k.client_id = client
     and (k.jwks, k.creds)
         is distinct from (client_jwks_put.jwks::jsonb, kept_creds);
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_jwks_put is
  'Keeps the keys of an app; part of client_jwks_set and client_jwks_fetched';

-- By value: jwks and creds as ext/jwk writes them, creds divided by blanks; from
-- then on nothing is fetched. jwks null: the client has keys no longer, and
-- their tokens count for nothing.
create function wardgate.client_jwks_set(
  client uuid, jwks text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  had_url boolean;
begin
  perform wardgate.client_must_be(client);
  delete from wardgate.client_jwks_url as u where u.client_id = client;
  had_url := found;
  if had_url then
    perform wardgate.change_made('client', array[client::text]);
  end if;
  if jwks is null then
    delete from wardgate.client_jwks as k where k.client_id = client;
    outcome := case when found or had_url then 'removed'
                    else 'unchanged'
                end;
    return;
  end if;
  outcome := wardgate.client_jwks_put(client, jwks, creds);
  if had_url and outcome = 'unchanged' then
    outcome := 'changed';
  end if;
end $$;
comment on function wardgate.client_jwks_set is
  'Sets the public keys of an app, or takes them away';

-- One row per key. Use is of the last roll-up, as with secrets.
create function wardgate.client_jwks_list(client uuid)
returns table (
  kid    text,
  alg    text,
  cred   text,
  set_at timestamptz,
  last_at timestamptz,
  uses   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client as c where c.client_id = client) then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
  return query
  select k.key ->> 'kid', k.key ->> 'alg', j.creds[k.place], j.set_at,
         u.last_at, coalesce(u.uses, 0)::bigint
    from wardgate.client_jwks as j
   cross join lateral jsonb_array_elements(j.jwks -> 'keys')
         with ordinality as k (key, place)
    left join lateral (
         select max(v.last_at) as last_at, sum(v.uses) as uses
           from wardgate.secret_use as v
          where v.key_id = j.creds[k.place]) as u on true
   where j.client_id = client
   order by k.place;
end $$;
comment on function wardgate.client_jwks_list is
  'The public keys of an app, and when each was used last';

-- True: it was not used before, and is now. Whoever comes at the same moment
-- waits for the first to commit, and is told no. The answer is worth something
-- only when it is committed, and stays so.
create function wardgate.assertion_use(
  client uuid, jti_hash bytea, expires_at timestamptz)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.assertion_seen (client_id, jti_hash, expires_at)
  values (client, assertion_use.jti_hash, assertion_use.expires_at)
      on conflict do nothing;
  return found;
end $$;
comment on function wardgate.assertion_use is
  'Uses up a client assertion; false: it was used before';

create function wardgate.assertion_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.assertion_seen as s
   where (s.client_id, s.jti_hash) in (
         select o.client_id, o.jti_hash
           from wardgate.assertion_seen as o
          where o.expires_at < now() - older_than
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.assertion_trim is
  'Forgets used assertions that are too old to be taken; returns how many';

-- ---- functions/42_keys.sql

-- published -> use -> retired -> withdrawn. One key signs; whoever changes that
-- holds the table, so two commands at once follow each other.

create function wardgate.signing_key_must_be(key text)
returns wardgate.signing_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_key wardgate.signing_key;
begin
  lock table wardgate.signing_key in share row exclusive mode;
  select k.* into found_key
    from wardgate.signing_key as k where k.kid = key;
  if found_key.kid is null then
    perform wardgate.refuse('WG404', format(
        'There is no signing key %s; `wardgate key list` shows all.',
        wardgate.quoted(coalesce(key, ''))));
  end if;
  return found_key;
end $$;
comment on function wardgate.signing_key_must_be is
  'The row of a signing key, held until the transaction ends';

-- A verifier that read the keys a moment before this one was published does
-- not know it until its copy grows old: `known_after` is how long that takes.
create function wardgate.signing_key_use(
  key text, known_after interval, out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key := wardgate.signing_key_must_be(key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.stage = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'This key is withdrawn and never signs again; make a new one with '
        '`wardgate key make signing`.');
  end if;
  if k.made_at + known_after > clock_timestamp() then
    perform wardgate.refuse('WG409', format(
        'This key was published at %s UTC and is not known everywhere before '
        '%s UTC; use it then, or at once with --now.',
        to_char(k.made_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        to_char((k.made_at + known_after) at time zone 'UTC',
          'YYYY-MM-DD HH24:MI:SS')));
  end if;
  update wardgate.signing_key as o
     set stage = 'retired', retired_at = now()
   where o.stage = 'use'
  returning o.kid into retired;
  update wardgate.signing_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  outcome := 'changed';
end $$;
comment on function wardgate.signing_key_use is
  'Lets a published key sign, and retires the one that did';

-- successor: the key that signs from now on if this one did; null: none.
create function wardgate.signing_key_withdraw(
  key text, successor text, out outcome text, out in_use text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key := wardgate.signing_key_must_be(key);
begin
  if k.stage = 'use' and (successor is null or successor = key) then
    perform wardgate.refuse('WG409',
        'This key is in use and no other one is published.');
  end if;
  update wardgate.signing_key as o
     set stage = 'withdrawn', withdrawn_at = now()
   where o.kid = key and o.stage <> 'withdrawn';
  outcome := case when found then 'changed' else 'unchanged' end;
  if k.stage = 'use' then
    perform wardgate.signing_key_use(successor, interval '0');
  end if;
  in_use := (select o.kid from wardgate.signing_key as o
              where o.stage = 'use');
end $$;
comment on function wardgate.signing_key_withdraw is
  'Ends a key and all tokens it signed, and lets another one sign if it did';

-- grace: how long a token may live, with all allowance for clocks.
create function wardgate.signing_keys_refused(grace interval)
returns table (kid text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid
    from wardgate.signing_key as k
   where k.stage = 'withdrawn'
      or (k.stage = 'retired' and k.retired_at + grace < now())
   order by k.kid;
end $$;
comment on function wardgate.signing_keys_refused is
  'Keys whose tokens count for nothing: withdrawn, or retired for too long';

create function wardgate.signing_key_expire(grace interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  n bigint;
begin
  update wardgate.signing_key as k
     set stage = 'withdrawn', withdrawn_at = now()
   where k.stage = 'retired' and k.retired_at + grace < now();
  get diagnostics n = row_count;
  return n;
end $$;
comment on function wardgate.signing_key_expire is
  'Withdraws keys that retired before any token in force was signed; how many';

-- ---- functions/43_client_jwks_url.sql

create function wardgate.jwks_url_read(value text)
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  url     text := btrim(coalesce(value, ''));
  head    text := substring(url from '^[A-Za-z]+://[^/?#@]*');
  query   text := substring(url from '\?(.*)$');
  problem text;
begin
  url := lower(coalesce(head, '')) || substr(url, length(coalesce(head, '')) + 1);
  problem := case when query ~ '[^A-Za-z0-9/._~!$&''()*+,;=:@?-]'
                  then 'has a query with characters that it cannot have'
                  when length(url) > 500
                  then 'is longer than 500 characters'
                  else wardgate.provider_url_problem(split_part(url, '?', 1),
                       '{}')
              end;
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The JWKS URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.jwks_url_read is
  'The address of a JWK Set as typed, in the spelling that is stored';

-- The keys that are there stay until the first copy has come.
create function wardgate.client_jwks_url_set(
  client uuid, url text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := wardgate.jwks_url_read(url);
begin
  perform wardgate.client_must_be(client);
  insert into wardgate.client_jwks_url (client_id, url)
  values (client, kept)
      on conflict do nothing;
  if found then
    outcome := 'created';
  else
    update wardgate.client_jwks_url as u
       set url = kept, set_at = now(), wanted_at = null, tried_at = null,
           fetched_at = null, error = ''
     where u.client_id = client and u.url <> kept;
    outcome := case when found then 'changed' else 'unchanged' end;
  end if;
  if outcome <> 'unchanged' then
    perform wardgate.change_made('client', array[client::text]);
  end if;
end $$;
comment on function wardgate.client_jwks_url_set is
  'Sets where an app publishes its keys; the keeper fetches them at once';

-- No row: its keys are registered by value, or it has none.
create function wardgate.client_jwks_url_get(client uuid)
returns table (
  url        text,
  tried_at   timestamptz,
  fetched_at timestamptz,
  error      text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select u.url, u.tried_at, u.fetched_at, u.error
    from wardgate.client_jwks_url as u where u.client_id = client;
end $$;
comment on function wardgate.client_jwks_url_get is
  'Where an app publishes its keys, and how fetching them went';

-- At most once in ten seconds, so that strangers cannot make it costly.
create function wardgate.client_jwks_wanted(client uuid)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_jwks_url as u
     set wanted_at = now()
   where u.client_id = client
     and (u.wanted_at is null or u.wanted_at < now() - interval '10 s');
  return found;
end $$;
comment on function wardgate.client_jwks_wanted is
  'An assertion named a key that the copy has not: the keeper is to look again';

-- Due are: those never tried; those asked for since; those that failed, after a
-- minute; all others after `refresh`. Never sooner than `apart` after the last
-- time, whatever happens. Two keepers do not get the same one.
create function wardgate.client_jwks_due(
  refresh interval, apart interval, at_most bigint)
returns table (client_id uuid, url text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  update wardgate.client_jwks_url as u
     set tried_at = now()
   where u.client_id in (
         select o.client_id
           from wardgate.client_jwks_url as o
           join wardgate.client as c on c.client_id = o.client_id
          where c.disabled_at is null
            and (o.tried_at is null
                 or (o.tried_at < now() - apart
                     and (o.wanted_at > o.tried_at
                          or (o.error <> ''
                              and o.tried_at < now() - interval '1 minute')
                          or o.tried_at < now() - refresh)))
          order by o.tried_at nulls first
          limit at_most
            for update of o skip locked)
  returning u.client_id, u.url;
end $$;
comment on function wardgate.client_jwks_due is
  'Key sets that the keeper is to fetch now; each is told once';

-- jwks null: it failed, and problem says why. The last copy stays, but for a day
-- at most: who takes a key away from there wants it gone. A URL that was changed
-- meanwhile: nothing is kept. False then.
create function wardgate.client_jwks_fetched(
  client uuid, url text, jwks text, creds text, problem text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_jwks_url as u
     set error = left(coalesce(problem, ''), 500),
         fetched_at = case when jwks is null then u.fetched_at else now() end
   where u.client_id = client and u.url = client_jwks_fetched.url;
  if not found then
    return false;
  end if;
  if jwks is not null then
    perform wardgate.client_jwks_put(client, jwks, creds);
  else
    delete from wardgate.client_jwks as k
     using wardgate.client_jwks_url as u
     where k.client_id = client and u.client_id = client
       and coalesce(u.fetched_at, u.set_at) < now() - interval '1 day';
  end if;
  return true;
end $$;
comment on function wardgate.client_jwks_fetched is
  'Keeps the keys that were fetched, or why they could not be';

-- ---- functions/45_onboard.sql

-- All values come as text, as an operator typed them; null or empty means: not
-- given, stays as it is. Every function answers with one row per object,
-- `created`, `changed`, `unchanged` or `removed`, and a summary row at the end.
-- Only one onboarding runs at a time, so that two of them cannot cross.

create function wardgate.given(value text)
returns text
language sql immutable
return nullif(btrim(value), '');
comment on function wardgate.given is 'Null for a value that was left out';

create function wardgate.onboarding_lock()
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('wardgate.onboarding', 0));
  return (select c.n from wardgate.change as c);
end $$;
comment on function wardgate.onboarding_lock is
  'Waits for other onboarding to end; returns the change number';

create function wardgate.onboarding_summary(
  before bigint, out object text, out id text, out outcome text,
  out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  after bigint := (select c.n from wardgate.change as c);
begin
  object := 'summary';
  id := '';
  outcome := case when after = before then 'no change' else 'done' end;
  detail := format('change number %s', after);
end $$;
comment on function wardgate.onboarding_summary is
  'The last row of an answer: was anything changed since `before`?';

create function wardgate.slug_of(name text, tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  made text := left(btrim(
      regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g'), '-'), 30);
begin
  made := coalesce(nullif(btrim(made, '-'), ''), 'tenant');
  if exists (select from wardgate.tenant as t
              where t.slug = made and t.tenant_id <> tenant) then
    made := made || '-' || left(tenant::text, 8);
  end if;
  return made;
end $$;
comment on function wardgate.slug_of is
  'A short name made of a name, unlike those of other tenants';

create function wardgate.number_read(
  what text, value text, lowest integer, highest integer)
returns integer
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if value !~ '^[0-9]{1,9}$' or value::integer not between lowest and highest
  then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is not a number from %s to %s.',
        wardgate.quoted(value), what, lowest, highest));
  end if;
  return value::integer;
end $$;
comment on function wardgate.number_read is
  'A whole number as typed, within bounds; null stays null';

create function wardgate.switch_read(what text, value text)
returns boolean
language plpgsql immutable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if lower(value) not in ('on', 'off', 'true', 'false', 'yes', 'no', '1', '0')
  then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is neither on nor off.',
        wardgate.quoted(value), what));
  end if;
  return value::boolean;
end $$;
comment on function wardgate.switch_read is
  'on or off as typed; null stays null';

create function wardgate.word_read(what text, value text, known text[])
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if lower(value) <> all (known) then
    perform wardgate.refuse('WG400', format(
        'The value %s of %s is none of: %s.',
        wardgate.quoted(value), what, array_to_string(known, ', ')));
  end if;
  return lower(value);
end $$;
comment on function wardgate.word_read is
  'One of the words that are known, as typed; null stays null';

-- A time with its zone, or a span from now: +2 hours.
create function wardgate.until_read(value text)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  ends timestamptz;
begin
  begin
    ends := case when value ~ '^\+' then now() + substr(value, 2)::interval
                 else value::timestamptz
             end;
  exception when data_exception or invalid_text_representation then
    perform wardgate.refuse('WG400', format(
        'The time %s cannot be read; write 2026-12-31 06:00+01 or +2 hours.',
        wardgate.quoted(value)));
  end;
  if not isfinite(ends) or ends <= now() then
    perform wardgate.refuse('WG400', format(
        'The time %s is not in the future.', wardgate.quoted(value)));
  end if;
  return ends;
end $$;
comment on function wardgate.until_read is
  'The end of a maintenance as typed; null stays null';

create function wardgate.changed_names(before jsonb, after jsonb)
returns text
language sql immutable
return (select string_agg(key, ', ' order by key)
          from jsonb_each(after)
         where value is distinct from before -> key and key <> 'revision');
comment on function wardgate.changed_names is
  'Names of the columns that differ between two rows';

create function wardgate.tenant_put_tenant(
  tenant uuid, name text, slug text, mrn_system text, environment text,
  out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old       wardgate.tenant;
  new       wardgate.tenant;
  name_kept text := wardgate.line_read('name', wardgate.given(name), 200);
  mrn_kept  text := wardgate.line_read('mrn_system',
      wardgate.given(mrn_system), 500);
  slug_kept text := wardgate.given(slug);
  env_kept  text := wardgate.word_read('environment',
      wardgate.given(environment), array['test', 'production']);
begin
  select t.* into old
    from wardgate.tenant as t where t.tenant_id = tenant for update;
  if old.tenant_id is null and name_kept is null then
    perform wardgate.refuse('WG400', format(
        'The tenant %s is new and needs a name.', tenant));
  end if;
  slug_kept := coalesce(slug_kept, old.slug,
      wardgate.slug_of(name_kept, tenant));
  if slug_kept !~ '^[a-z0-9][a-z0-9-]{0,39}$' then
    perform wardgate.refuse('WG400', format(
        'The slug %s must be up to 40 of a-z, 0-9 and -.',
        wardgate.quoted(slug_kept)));
  end if;
  if exists (select from wardgate.tenant as t
              where t.slug = slug_kept and t.tenant_id <> tenant) then
    perform wardgate.refuse('WG409', format(
        'The slug %s is that of another tenant.', slug_kept));
  end if;
  insert into wardgate.tenant as t (tenant_id, slug, name, mrn_system,
         environment)
  values (tenant, slug_kept, coalesce(name_kept, old.name),
         coalesce(mrn_kept, old.mrn_system, ''),
         coalesce(env_kept, old.environment, 'production'))
      on conflict (tenant_id) do update
     set slug = excluded.slug, name = excluded.name,
         mrn_system = excluded.mrn_system, environment = excluded.environment
  returning t.* into new;
  detail := wardgate.changed_names(to_jsonb(old), to_jsonb(new));
  outcome := case when old.tenant_id is null then 'created'
                  when detail is null then 'unchanged'
                  else 'changed'
              end;
  detail := case when outcome = 'created' then new.slug else detail end;
end $$;
comment on function wardgate.tenant_put_tenant is
  'Creates or changes the row of a tenant; part of tenant_put';

create function wardgate.tenant_put_provider(
  tenant uuid, provider_url text, fhir_version text, mode text,
  search_post text, http2 text, connect_ms text, total_ms text,
  can_contains text, can_sort text, can_total text, can_batch text,
  coverage_person text, write_extensions text, networks text,
  requests_max text, calls_per_s text, out provider_id bigint,
  out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old     wardgate.provider;
  new     wardgate.provider;
  wanted  wardgate.provider;
  can     text[] := array['auto', 'on', 'off'];
begin
  select p.* into old
    from wardgate.provider as p where p.tenant_id = tenant for update;
  if old.provider_id is null and (wardgate.given(provider_url) is null
      or wardgate.given(fhir_version) is null) then
    perform wardgate.refuse('WG400', format(
        'The tenant %s has no provider yet: provider_url and fhir_version '
        'must be given.', tenant));
  end if;
  wanted := old;
  wanted.mode := coalesce(wardgate.given(mode), old.mode, 'translate');
  wanted.search_post := coalesce(wardgate.switch_read('search_post',
      wardgate.given(search_post)), old.search_post, true);
  wanted.http2 := coalesce(wardgate.switch_read('http2',
      wardgate.given(http2)), old.http2, false);
  wanted.connect_ms := coalesce(wardgate.number_read('connect_ms',
      wardgate.given(connect_ms), 50, 60000), old.connect_ms);
  wanted.total_ms := coalesce(wardgate.number_read('total_ms',
      wardgate.given(total_ms), 100, 120000), old.total_ms);
  wanted.can_contains := coalesce(wardgate.word_read('can_contains',
      wardgate.given(can_contains), can), old.can_contains, 'auto');
  wanted.can_sort := coalesce(wardgate.word_read('can_sort',
      wardgate.given(can_sort), can), old.can_sort, 'auto');
  wanted.can_total := coalesce(wardgate.word_read('can_total',
      wardgate.given(can_total), can), old.can_total, 'auto');
  wanted.can_batch := coalesce(wardgate.word_read('can_batch',
      wardgate.given(can_batch), can), old.can_batch, 'auto');
  wanted.coverage_person := coalesce(wardgate.word_read('coverage_person',
      wardgate.given(coverage_person), array['auto', 'patient',
        'beneficiary', 'subscriber', 'policy-holder', 'compartment', 'none']),
      old.coverage_person, 'auto');
  wanted.write_extensions := coalesce(wardgate.switch_read('write_extensions',
      wardgate.given(write_extensions)), old.write_extensions, true);
  wanted.requests_max := coalesce(wardgate.number_read('requests_max',
      wardgate.given(requests_max), 1, 1024), old.requests_max);
  wanted.calls_per_s := coalesce(wardgate.number_read('calls_per_s',
      wardgate.given(calls_per_s), 1, 100000), old.calls_per_s);
  wanted.networks := coalesce(wardgate.networks_read(
      wardgate.given(networks)), old.networks, '{}');
  if wardgate.given(provider_url) is not null then
    wanted.base_url := wardgate.provider_url_read(provider_url,
        wanted.networks);
  end if;
  if wardgate.given(fhir_version) is not null then
    wanted.fhir_version := wardgate.fhir_version_read(
        wardgate.given(fhir_version));
  end if;
  if wanted.mode not in ('translate', 'links') then
    perform wardgate.refuse('WG400', format(
        'The mode %s is neither translate nor links.',
        wardgate.quoted(wanted.mode)));
  end if;
  insert into wardgate.provider as p (tenant_id, base_url, fhir_version, mode,
         search_post, http2, connect_ms, total_ms, can_contains, can_sort,
         can_total, can_batch, coverage_person, write_extensions, networks,
         requests_max, calls_per_s)
  values (tenant, wanted.base_url, wanted.fhir_version, wanted.mode,
         wanted.search_post, wanted.http2, wanted.connect_ms,
         wanted.total_ms, wanted.can_contains, wanted.can_sort,
         wanted.can_total, wanted.can_batch, wanted.coverage_person,
         wanted.write_extensions, wanted.networks, wanted.requests_max,
         wanted.calls_per_s)
      on conflict (tenant_id) do update
     set base_url = wanted.base_url, fhir_version = wanted.fhir_version,
         mode = wanted.mode, search_post = wanted.search_post,
         http2 = wanted.http2, connect_ms = wanted.connect_ms,
         total_ms = wanted.total_ms, can_contains = wanted.can_contains,
         can_sort = wanted.can_sort, can_total = wanted.can_total,
         can_batch = wanted.can_batch,
         coverage_person = wanted.coverage_person,
         write_extensions = wanted.write_extensions,
         networks = wanted.networks, requests_max = wanted.requests_max,
         calls_per_s = wanted.calls_per_s
  returning p.* into new;
  provider_id := new.provider_id;
  detail := wardgate.changed_names(to_jsonb(old), to_jsonb(new));
  outcome := case when old.provider_id is null then 'created'
                  when detail is null then 'unchanged'
                  else 'changed'
              end;
  detail := format('%s %s%s', new.fhir_version, new.base_url,
      case when outcome = 'changed' then ' (' || detail || ')' end);
end $$;
comment on function wardgate.tenant_put_provider is
  'Creates or changes the provider of a tenant; part of tenant_put';

create function wardgate.tenant_put(
  tenant text, name text, slug text, provider_url text, fhir_version text,
  mode text, search_post text, http2 text, connect_ms text, total_ms text,
  mrn_system text, client text, can_contains text default null,
  can_sort text default null, can_total text default null,
  can_batch text default null, coverage_person text default null,
  write_extensions text default null, types text default null,
  purpose text default null, networks text default null,
  environment text default null, requests_max text default null,
  calls_per_s text default null, override text default null)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  was         text := (select t.environment
                         from wardgate.tenant as t
                        where t.tenant_id = tenant_kept);
  client_kept uuid;
begin
  if wardgate.given(client) is not null then
    client_kept := wardgate.guid_read('client', btrim(client));
  elsif wardgate.given(types) is not null
      or wardgate.given(purpose) is not null then
    perform wardgate.refuse('WG400',
        'Types and purpose are those of a grant: name the client, too.');
  end if;
  return query
  select 'tenant', tenant_kept::text, t.outcome, coalesce(t.detail, '')
    from wardgate.tenant_put_tenant(tenant_kept, name, slug, mrn_system,
         environment) as t;
  return query
  select 'provider', p.provider_id::text, p.outcome, p.detail
    from wardgate.tenant_put_provider(tenant_kept, provider_url,
         fhir_version, mode, search_post, http2, connect_ms, total_ms,
         can_contains, can_sort, can_total, can_batch, coverage_person,
         write_extensions, networks, requests_max, calls_per_s) as p;
  perform wardgate.production_check(tenant_kept, was, override);
  if client_kept is not null then
    return query
    select 'grant', client_kept::text, g.outcome, ''
      from wardgate.grant_give(client_kept, tenant_kept, null, types,
           purpose) as g;
  end if;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_put is
  'Creates or changes a tenant, its provider and the grant of one client';

create function wardgate.tenant_state_set(
  tenant text, state text, notice text, until text, retry_after_s text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  notice_kept text := coalesce(
      wardgate.line_read('notice', wardgate.given(notice), 500), '');
  ends        timestamptz := wardgate.until_read(wardgate.given(until));
  seconds     integer := wardgate.number_read('retry_after_s',
      wardgate.given(retry_after_s), 1, 86400);
begin
  perform wardgate.tenant_must_be(tenant_kept);
  if state = 'maintenance' and notice_kept = '' then
    perform wardgate.refuse('WG400',
        'Maintenance needs a notice: the sentence that users will read.');
  end if;
  update wardgate.tenant as t
     set state = tenant_state_set.state, notice = notice_kept,
         notice_until = ends,
         retry_after_s = coalesce(seconds, t.retry_after_s)
   where t.tenant_id = tenant_kept
     and (t.state, t.notice, t.notice_until, t.retry_after_s)
         is distinct from
         (tenant_state_set.state, notice_kept, ends,
         coalesce(seconds, t.retry_after_s));
  return query
  select 'tenant', tenant_kept::text,
         case when found then 'changed' else 'unchanged' end,
         tenant_state_set.state || coalesce(' until ' || to_char(
           ends at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), '');
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_state_set is
  'Makes a tenant active, suspended, or in maintenance with a notice';

create function wardgate.tenant_networks_set(
  tenant text, networks text, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
begin
  perform wardgate.onboarding_lock();
  perform wardgate.tenant_must_be(tenant_kept);
  if wardgate.given(networks) is null then
    perform wardgate.refuse('WG400',
        'The networks are missing; write none for none.');
  end if;
  outcome := (select p.outcome
                from wardgate.tenant_put_provider(tenant_kept, null, null,
                     null, null, null, null, null, null, null, null, null,
                     null, null, networks, null, null) as p);
  detail := (select array_to_string(p.networks, ', ')
               from wardgate.provider as p where p.tenant_id = tenant_kept);
end $$;
comment on function wardgate.tenant_networks_set is
  'Lists the private networks in which the server of a tenant may be';

-- What waits for it is over: a proposal may hold a sealed box.
create function wardgate.tenant_forget(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.proposal as p
     set state = 'expired', decided_at = now(), what = '{}'
   where p.tenant_id = tenant and p.state = 'open';
  update wardgate.grant_request as r
     set state = 'declined', decided_at = now(),
         answer = 'The hospital was removed.'
   where r.tenant_id = tenant and r.state = 'open';
  delete from wardgate.cursor_handle as h where h.tenant_id = tenant;
end $$;
comment on function wardgate.tenant_forget is
  'Part of tenant_remove: what no foreign key takes along';

-- The triggers of its tables revoke its tokens.
create function wardgate.tenant_remove(tenant text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
begin
  return query
  with gone as (delete from wardgate.client_grant as g
                 where g.tenant_id = tenant_kept returning g.*)
  select 'grant', g.client_id::text, 'removed', '' from gone as g;
  return query
  select 'key pair', k.kid, 'removed', k.alg
    from wardgate.provider_key as k where k.tenant_id = tenant_kept;
  return query
  select 'credential', c.kind, 'removed', c.origin
    from wardgate.provider_credential as c where c.tenant_id = tenant_kept;
  return query
  select 'tls', tenant_kept::text, 'removed', ''
    from wardgate.provider_tls as t where t.tenant_id = tenant_kept;
  return query
  with gone as (delete from wardgate.provider as p
                 where p.tenant_id = tenant_kept returning p.*)
  select 'provider', p.provider_id::text, 'removed', p.base_url
    from gone as p;
  perform wardgate.tenant_forget(tenant_kept);
  delete from wardgate.tenant as t where t.tenant_id = tenant_kept;
  return query
  select 'tenant', tenant_kept::text,
         case when found then 'removed' else 'unchanged' end,
         case when found
              then 'its tokens are revoked; audit and traffic are kept'
              else 'there is no such tenant'
          end;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_remove is
  'Removes a tenant, its provider, keys, credentials and grants; audit rows stay';

create function wardgate.tenant_list()
returns table (
  tenant_id    uuid,
  slug         text,
  name         text,
  state        text,
  notice_until timestamptz,
  fhir_version text,
  base_url     text,
  live_grants  bigint,
  environment  text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice_until,
         p.fhir_version, p.base_url,
       (select count(*)
          from wardgate.client_grant as g
         where g.tenant_id = t.tenant_id
           and (g.ended_at is null or g.ended_at > now())), t.environment
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
   order by t.name, t.tenant_id;
end $$;
comment on function wardgate.tenant_list is 'All tenants and their providers';

-- For the owner alone: it loosens or tightens a rule of the whole house.
create function wardgate.policy_set(name text, value text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before bigint := wardgate.onboarding_lock();
  broken bigint;
begin
  if (name, value) not in (('provider_http', 'refuse'),
      ('provider_http', 'loopback'), ('second_approver', 'off'),
      ('second_approver', 'on'), ('production_probe', 'required'),
      ('production_probe', 'advised')) is not false then
    perform wardgate.refuse('WG400',
        'The policies are provider_http, refuse or loopback, second_approver, off or on, and production_probe, required or advised.');
  end if;
  update wardgate.policy as p set value = policy_set.value
   where p.name = policy_set.name and p.value <> policy_set.value;
  return query
  select 'policy', policy_set.name,
         case when found then 'changed' else 'unchanged' end,
         policy_set.value;
  select count(*) into broken
    from wardgate.provider as p
   where wardgate.provider_url_problem(p.base_url, p.networks) is not null;
  if broken > 0 then
    perform wardgate.refuse('WG409', format(
        'Providers have URLs that this forbids (%s of them); change or remove '
        'them first.', broken));
  end if;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.policy_set is
  'Sets a rule that SQL checks; refuses what existing rows would break';

-- ---- functions/46_portal_people.sql

-- The first parameter is always the account that asks. The portal may call
-- these and not what they stand on: whoever is no admin finds nothing, whatever
-- a page forgot.

create function wardgate.portal_admin_must_be(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['admin']) then
    perform wardgate.refuse('WG404', 'There is no such account.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_admin_must_be is
  'WG404 unless the account is an admin; the trail will name it';

-- Nobody takes their own rights away: somebody is left who has them.
create function wardgate.portal_admin_of(account uuid, other uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  if other = account then
    perform wardgate.refuse('WG409',
        'This is your own account. Ask another admin.');
  end if;
end $$;
comment on function wardgate.portal_admin_of is
  'WG404, WG409 unless the account is an admin and the other one another';

create function wardgate.portal_account_list(account uuid)
returns table (
  account_id   uuid,
  login        text,
  name         text,
  roles        text[],
  has_totp     boolean,
  created_at   timestamptz,
  signed_in_at timestamptz,
  disabled_at  timestamptz,
  sessions     bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  return query
  select l.account_id, l.login, l.name, l.roles, l.has_totp, l.created_at,
         l.signed_in_at, l.disabled_at, l.sessions
    from wardgate.account_list() as l;
end $$;
comment on function wardgate.portal_account_list is 'All accounts, for admins';

create function wardgate.portal_account_able(
  account uuid, other uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  outcome := wardgate.account_able(other, able);
end $$;
comment on function wardgate.portal_account_able is
  'An admin disables another account (able false) or lets it work again';

create function wardgate.portal_account_roles_set(
  account uuid, other uuid, roles text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  outcome := wardgate.account_roles_set(other, roles);
end $$;
comment on function wardgate.portal_account_roles_set is
  'An admin gives another account other roles';

create function wardgate.portal_account_totp_remove(account uuid, other uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_of(account, other);
  perform wardgate.account_totp_remove(other);
end $$;
comment on function wardgate.portal_account_totp_remove is
  'An admin takes the lost phone from another account';

create function wardgate.portal_invitation_make(
  account uuid, hash bytea, name text, roles text, other uuid, life interval)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_admin_must_be(account);
  perform wardgate.invitation_make(hash, name, roles, other, account, life);
end $$;
comment on function wardgate.portal_invitation_make is
  'An admin makes a link for a new account, or for another passphrase of one';

-- ---- functions/46_sealing.sql

-- published -> use -> retired -> withdrawn. Whoever stores a box holds the row
-- of its key, and whoever withdraws a key holds it too: no box is ever stored
-- for a key that is gone.

-- ---- keys

create function wardgate.sealing_key_add(
  key text, public_half bytea, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  lock table wardgate.sealing_key in share row exclusive mode;
  stage := case when exists (
                  select from wardgate.sealing_key as k where k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.sealing_key (kid, public_key, stage, used_at)
  values (key, public_half, sealing_key_add.stage,
         case sealing_key_add.stage when 'use' then now() end);
exception
  when unique_violation then
    perform wardgate.refuse('WG409', 'This key is registered already.');
  when check_violation then
    perform wardgate.refuse('WG400',
        'A sealing key has 32 bytes, and the 43 characters of its RFC 7638 '
        'thumbprint are its id.');
end $$;
comment on function wardgate.sealing_key_add is
  'Registers a sealing key; returns the stage it is in';

create function wardgate.sealing_key_list()
returns table (
  kid          text,
  stage        text,
  made_at      timestamptz,
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz,
  boxes        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.stage, k.made_at, k.used_at, k.retired_at, k.withdrawn_at,
       (select count(*)
          from wardgate.sealed_box as c
         where c.kid = k.kid)
    from wardgate.sealing_key as k
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.sealing_key_list is
  'All sealing keys, and how many boxes need each';

create function wardgate.sealing_key_in_use(
  out kid text, out public_key bytea)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select k.kid, k.public_key into kid, public_key
    from wardgate.sealing_key as k
   where k.stage = 'use';
end $$;
comment on function wardgate.sealing_key_in_use is
  'The public key that boxes are closed with; null: none yet';

create function wardgate.sealing_key_must_be(key text)
returns wardgate.sealing_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_key wardgate.sealing_key;
begin
  lock table wardgate.sealing_key in share row exclusive mode;
  select k.* into found_key
    from wardgate.sealing_key as k where k.kid = key for update;
  if found_key.kid is null then
    perform wardgate.refuse('WG404', format(
        'There is no sealing key %s; `wardgate key list` shows all.',
        wardgate.quoted(coalesce(key, ''))));
  end if;
  return found_key;
end $$;
comment on function wardgate.sealing_key_must_be is
  'The row of a sealing key, held until the transaction ends';

create function wardgate.sealing_key_use(
  key text, out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.sealing_key := wardgate.sealing_key_must_be(key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.stage = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'This key is withdrawn and closes no box again; make a new one with '
        '`wardgate key make seal`.');
  end if;
  update wardgate.sealing_key as o
     set stage = 'retired', retired_at = now()
   where o.stage = 'use'
  returning o.kid into retired;
  update wardgate.sealing_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  outcome := 'changed';
end $$;
comment on function wardgate.sealing_key_use is
  'Lets a published key close boxes, and retires the one that did';

create function wardgate.sealing_key_remove(key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k      wardgate.sealing_key := wardgate.sealing_key_must_be(key);
  needed bigint := (select count(*)
                      from wardgate.sealed_box as c
                     where c.kid = key);
begin
  if k.stage = 'use' then
    perform wardgate.refuse('WG409',
        'This key is in use; `wardgate key rotate seal` puts another one in '
        'its place.');
  end if;
  if needed > 0 then
    perform wardgate.refuse('WG409', format(
        '%s sealed to this key; `wardgate key reseal` seals to the one in '
        'use.', wardgate.counted(needed, 'credential is', 'credentials are')));
  end if;
  update wardgate.sealing_key as o
     set stage = 'withdrawn', withdrawn_at = now()
   where o.kid = key and o.stage <> 'withdrawn';
  outcome := case when found then 'removed' else 'unchanged' end;
end $$;
comment on function wardgate.sealing_key_remove is
  'Withdraws a key that no box needs; then its file may go';

-- ---- boxes

create function wardgate.origin_of(url text)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
return substring(url from '^https?://[^/]+');
comment on function wardgate.origin_of is
  'Scheme, host and port of a provider URL in its stored spelling';

create function wardgate.credential_box_read(value text)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := btrim(coalesce(value, ''), E' \t\r\n');
  held text;
begin
  if kept !~ '^wgbox1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{64,}$'
      or length(kept) > 5577 then
    perform wardgate.refuse('WG400',
        'The credential is not a sealed box; it begins with wgbox1. and '
        '`wardgate seal` prints it. If it is the secret itself, consider it '
        'leaked: the server''s log may hold it.');
  end if;
  select k.stage into held
    from wardgate.sealing_key as k
   where k.kid = split_part(kept, '.', 2)
     for share;
  if coalesce(held, 'withdrawn') = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'The credential is sealed to a key that is not there (any more); seal '
        'it again with `wardgate seal`.');
  end if;
  return kept;
end $$;
comment on function wardgate.credential_box_read is
  'A sealed box as typed; its key is there and stays while this runs';

create function wardgate.credential_server(tenant uuid, out base_url text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select p.base_url into base_url
    from wardgate.provider as p
   where p.tenant_id = tenant;
end $$;
comment on function wardgate.credential_server is
  'The FHIR base that a credential of this tenant is for; null: none yet';

create function wardgate.credential_remove(
  tenant uuid, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.provider_credential as c where c.tenant_id = tenant;
  outcome := case when found then 'removed' else 'unchanged' end;
  detail := 'none';
end $$;
comment on function wardgate.credential_remove is
  'Part of credential_put: the provider wants none';

-- In the spelling that is sent: path and query as typed.
create function wardgate.token_url_read(value text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  head    text := substring(value from '^[A-Za-z]+://[^/?#@]*');
  url     text := coalesce(lower(head) || substr(value, length(head) + 1),
      value);
  problem text;
begin
  if url is null then
    return null;
  end if;
  problem := coalesce(
      wardgate.provider_url_problem(split_part(url, '?', 1), networks),
      case when length(url) > 500 then 'is longer than 500 characters'
           when split_part(url, '?', 2) || split_part(url, '?', 3)
             !~ '^[A-Za-z0-9/._~!$&''()*+,;=:@%-]*$'
           then 'has a query with characters that a URL cannot have'
       end);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The token URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.token_url_read is
  'The token endpoint of a provider as typed; null stays null';

create function wardgate.credential_store(
  wanted wardgate.provider_credential, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old wardgate.provider_credential;
begin
  select c.* into old
    from wardgate.provider_credential as c
   where c.tenant_id = wanted.tenant_id for update;
  detail := format('%s for %s%s%s', wanted.kind, wanted.origin,
      ' by way of ' || nullif(wanted.token_url, ''),
      ', sealed to ' || split_part(wanted.box, '.', 2));
  outcome := 'unchanged';
  wanted.kid := split_part(wanted.box, '.', 2);
  wanted.set_at := coalesce(old.set_at, now());
  if wanted is not distinct from old then
    return;
  end if;
  outcome := case when old.tenant_id is null then 'created'
                  else 'changed' end;
  insert into wardgate.provider_credential as c (tenant_id, kind, box, origin,
         token_url, token_client, token_auth, token_scope, token_resource,
         token_audience)
  values (wanted.tenant_id, wanted.kind, wanted.box, wanted.origin,
         wanted.token_url, wanted.token_client, wanted.token_auth,
         wanted.token_scope, wanted.token_resource, wanted.token_audience)
      on conflict (tenant_id) do update
     set kind = excluded.kind, box = excluded.box, origin = excluded.origin,
         token_url = excluded.token_url,
         token_client = excluded.token_client,
         token_auth = excluded.token_auth,
         token_scope = excluded.token_scope,
         token_resource = excluded.token_resource,
         token_audience = excluded.token_audience, set_at = now();
end $$;
comment on function wardgate.credential_store is
  'Part of credential_put: what the provider wants from now on';

create function wardgate.credential_token_read(
  wanted wardgate.provider_credential, token_url text, token_client text,
  token_auth text, token_scope text, token_resource text,
  token_audience text)
returns wardgate.provider_credential
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  wanted.token_url := coalesce((
      select wardgate.token_url_read(wardgate.given(token_url), p.networks)
        from wardgate.provider as p
       where p.tenant_id = wanted.tenant_id), '');
  wanted.token_client := coalesce(wardgate.line_read('token_client',
      wardgate.given(token_client), 500), '');
  wanted.token_auth := coalesce(wardgate.word_read('token_auth',
      wardgate.given(token_auth), array['body', 'basic']), '');
  wanted.token_scope := coalesce(wardgate.line_read('token_scope',
      wardgate.given(token_scope), 1000), '');
  wanted.token_resource := coalesce(wardgate.line_read('token_resource',
      wardgate.given(token_resource), 500), '');
  wanted.token_audience := coalesce(wardgate.line_read('token_audience',
      wardgate.given(token_audience), 500), '');
  if wanted.kind = 'smart' then
    if wanted.token_client = '' or wanted.token_auth <> '' then
      perform wardgate.refuse('WG400',
          'auth=smart needs token_client, the client_id of the gateway '
          'there, and has no token_auth: it signs.');
    end if;
  elsif wanted.kind = 'oauth' then
    wanted.token_auth := coalesce(nullif(wanted.token_auth, ''), 'body');
    if wanted.token_url = '' or wanted.token_client = '' then
      perform wardgate.refuse('WG400',
          'auth=oauth needs token_url, where tokens are had, and '
          'token_client, the client_id of the gateway there.');
    end if;
  elsif concat(wanted.token_url, wanted.token_client, wanted.token_auth,
      wanted.token_scope, wanted.token_resource, wanted.token_audience) <> ''
  then
    perform wardgate.refuse('WG400',
        'token_url, token_client, token_auth, token_scope, token_resource '
        'and token_audience go with auth=oauth and auth=smart alone.');
  end if;
  return wanted;
end $$;
comment on function wardgate.credential_token_read is
  'Part of credential_put: how tokens are had, as typed';

-- auth: none, basic, header, oauth, smart. A new box raises the provider's revision, so
-- no connection, no token and no page link of before is used with it.
create function wardgate.credential_put(
  tenant text, auth text, credential text, token_url text default null,
  token_client text default null, token_auth text default null,
  token_scope text default null, token_resource text default null,
  token_audience text default null)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  wanted      wardgate.provider_credential;
  done        record;
begin
  wanted.tenant_id := tenant_kept;
  wanted.kind := wardgate.word_read('auth', wardgate.given(auth),
      array['none', 'basic', 'header', 'oauth', 'smart']);
  select wardgate.origin_of(p.base_url) into wanted.origin
    from wardgate.provider as p
   where p.tenant_id = tenant_kept for update;
  if wanted.origin is null then
    perform wardgate.refuse('WG404', format(
        'The tenant %s has no provider that could want a credential.',
        tenant_kept));
  end if;
  if wanted.kind is null
      or (wanted.kind in ('none', 'smart'))
         <> (wardgate.given(credential) is null)
  then
    perform wardgate.refuse('WG400',
        'Say auth=basic, auth=header or auth=oauth together with the sealed '
        'credential, or auth=none or auth=smart without one.');
  end if;
  wanted := wardgate.credential_token_read(wanted, token_url, token_client,
      token_auth, token_scope, token_resource, token_audience);
  if wanted.kind = 'none' then
    select * into done from wardgate.credential_remove(tenant_kept);
  else
    if wanted.kind <> 'smart' then
      wanted.box := wardgate.credential_box_read(credential);
    end if;
    select * into done from wardgate.credential_store(wanted);
  end if;
  if done.outcome <> 'unchanged' then
    update wardgate.provider as p
       set credential_at = case wanted.kind when 'none' then null
                                else clock_timestamp() end
     where p.tenant_id = tenant_kept;
  end if;
  return query
  select 'credential', tenant_kept::text, done.outcome, done.detail;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.credential_put is
  'Sets, changes or removes what the provider of a tenant wants to be shown';

-- Those of the next tenants behind `beyond`, in their order, all of each; null:
-- from the first.
create function wardgate.credential_outdated(beyond uuid, at_most bigint)
returns table (tenant_id uuid, kind text, box text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with outdated as (
    select b.*, dense_rank() over (order by b.tenant_id) as place
      from wardgate.sealed_box as b
     where (beyond is null or b.tenant_id > beyond)
       and exists (
           select from wardgate.sealing_key as u where u.stage = 'use')
       and not exists (
           select from wardgate.sealing_key as k
            where k.kid = b.kid and k.stage = 'use'))
  select o.tenant_id, o.kind, o.box
    from outdated as o
   where o.place <= at_most
   order by o.tenant_id;
end $$;
comment on function wardgate.credential_outdated is
  'Boxes that are sealed to another key than the one in use';

-- The content is the same, so neither revision nor change number rises: who has
-- it in memory goes on. Whatever was set meanwhile wins.
create function wardgate.credential_reseal(
  tenant uuid, old_box text, new_box text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := wardgate.credential_box_read(new_box);
begin
  update wardgate.provider_credential as c
     set box = kept
   where c.tenant_id = tenant and c.box = old_box;
  if found then
    return true;
  end if;
  update wardgate.provider_key as k
     set box = kept
   where k.tenant_id = tenant and k.box = old_box;
  if found then
    return true;
  end if;
  update wardgate.provider_tls as c
     set box = kept
   where c.tenant_id = tenant and c.box = old_box;
  return found;
end $$;
comment on function wardgate.credential_reseal is
  'Puts the same credential into a box of another key; false: it was not as told';

create function wardgate.doctor_certificates()
returns table (slug text, tenant_id uuid, chain text, ca text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select t.slug, t.tenant_id, c.chain, c.ca
    from wardgate.provider_tls as c
    join wardgate.tenant as t using (tenant_id)
   order by t.slug;
end;
comment on function wardgate.doctor_certificates is
  'Certificates of the gateway, and CAs, of all hospitals, for the doctor to look at';

create function wardgate.doctor_credentials()
returns table (state text, found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'fault',
         format('the credential of %s (%s) was sealed for %s, and its provider is %s now: it is not sent there',
           t.slug, t.tenant_id, c.origin, wardgate.origin_of(p.base_url)),
         case c.kind
              when 'smart' then format('make and use a key for the new server (wardgate key make provider %s), then give auth=smart again', t.tenant_id)
              else format('seal the one for the new server: wardgate seal --%s%s %s',
                c.kind, ' --token-url ' || nullif(c.token_url, ''),
                t.tenant_id)
          end
    from wardgate.provider_credential as c
    join wardgate.provider as p using (tenant_id)
    join wardgate.tenant as t using (tenant_id)
   where c.origin <> wardgate.origin_of(p.base_url)
   order by t.slug
   limit 20;
  return query
  select 'fault',
         format('the certificate for %s (%s) was given for %s, and its provider is %s now: nothing is read there',
           t.slug, t.tenant_id, c.origin, wardgate.origin_of(p.base_url)),
         format('seal its key for the new server, and give both again: wardgate seal --certificate-key %s',
           t.tenant_id)
    from wardgate.provider_tls as c
    join wardgate.provider as p using (tenant_id)
    join wardgate.tenant as t using (tenant_id)
   where c.origin <> wardgate.origin_of(p.base_url)
   order by t.slug
   limit 20;
  return query
  select 'fault',
         format('the server of %s (%s) wants tokens that are signed for, and there is no key in use',
           t.slug, t.tenant_id),
         format('wardgate key make provider %s', t.tenant_id)
    from wardgate.provider_credential as c
    join wardgate.tenant as t using (tenant_id)
   where c.kind = 'smart' and not exists (
         select from wardgate.provider_key as k
          where k.tenant_id = c.tenant_id and k.stage = 'use')
   order by t.slug
   limit 20;
  return query
  select case k.stage when 'withdrawn' then 'fault' else 'warning' end,
         format('%s sealed to the key %s, which is %s',
           wardgate.counted(count(*), 'credential is', 'credentials are'),
           k.kid, k.stage),
         case k.stage
              when 'withdrawn' then 'seal them again with `wardgate seal`, or bring the key''s file back and `wardgate key reseal`'
              else 'wardgate key reseal' end
    from wardgate.sealed_box as c
    join wardgate.sealing_key as k using (kid)
   where k.stage <> 'use'
   group by k.kid, k.stage
   order by k.kid
   limit 20;
end $$;
comment on function wardgate.doctor_credentials is
  'Credentials that cannot be used, or whose key is to go';

-- ---- functions/47_portal_clients.sql

-- The first parameter is always the account that asks. An app of somebody else
-- answers like one that does not exist; operators and admins see all.

create function wardgate.portal_sees_all(account uuid)
returns boolean
language sql stable
return wardgate.account_is(account, array['operator', 'admin']);
comment on function wardgate.portal_sees_all is
  'May the account see the apps of others?';

create function wardgate.portal_client_must_be(account uuid, client uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client_owner as o
       where o.client_id = client and o.account_id = account)
     and not (wardgate.portal_sees_all(account) and exists (
      select from wardgate.client as c where c.client_id = client)) then
    perform wardgate.refuse('WG404', 'There is no such app.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_client_must_be is
  'WG404 unless the account may see that app';

create function wardgate.portal_client_add(
  account uuid, name text, purpose text, contact text, out client_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  client_id := (wardgate.client_add(null, name, purpose, contact)).client_id;
  insert into wardgate.client_owner (client_id, account_id)
  values (portal_client_add.client_id, account);
end $$;
comment on function wardgate.portal_client_add is
  'Registers an app that belongs to the account';

create function wardgate.portal_client_change(
  account uuid, client uuid, name text, purpose text, contact text,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := (wardgate.client_add(client, name, purpose, contact)).outcome;
end $$;
comment on function wardgate.portal_client_change is
  'Changes the texts of an app';

create function wardgate.client_called(
  client uuid, name text, find text)
returns boolean
language sql immutable
return find = '' or position(lower(find) in lower(name)) > 0
    or client::text = lower(find);
comment on function wardgate.client_called is
  'Is that the app, or in its name? Empty: any is';

-- ends_next: of the secrets that live, the first to end.
create function wardgate.client_standing(client uuid)
returns table (
  live_secrets bigint,
  live_grants  bigint,
  ends_next    timestamptz,
  used_at      timestamptz)
language sql stable
begin atomic
  select count(*) filter (where k.invalidated_at is null
                            and (k.not_after is null or k.not_after > now())),
       (select count(*)
          from wardgate.client_grant as g
         where g.client_id = client
           and (g.ended_at is null or g.ended_at > now())),
         min(k.not_after) filter (where k.invalidated_at is null
                                    and k.not_after > now()),
         max(u.last_at)
    from wardgate.client_secret as k
    left join wardgate.secret_use as u using (key_id)
   where k.client_id = client;
end;
comment on function wardgate.client_standing is
  'What lives of an app, and when it last got a token';

-- A plan of its own for who sees all: what is not done need not be set up.
create function wardgate.portal_client_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  client_id    uuid,
  name         text,
  disabled_at  timestamptz,
  live_secrets bigint,
  live_grants  bigint,
  ends_next    timestamptz,
  used_at      timestamptz,
  found        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  if wardgate.portal_sees_all(account) then
    return query
    select c.client_id, c.name, c.disabled_at, s.live_secrets, s.live_grants,
           s.ends_next, s.used_at, c.found
      from (select m.*, count(*) over () as found
              from wardgate.client as m
             where wardgate.client_called(m.client_id, m.name, find)
             order by m.name, m.client_id
            offset skip
             limit at_most) as c
     cross join lateral wardgate.client_standing(c.client_id) as s
     order by c.name, c.client_id;
    return;
  end if;
  return query
  select c.client_id, c.name, c.disabled_at, s.live_secrets, s.live_grants,
         s.ends_next, s.used_at, c.found
    from (select m.*, count(*) over () as found
            from wardgate.client_owner as o
            join wardgate.client as m using (client_id)
           where o.account_id = account
             and wardgate.client_called(m.client_id, m.name, find)
           order by m.name, m.client_id
          offset skip
           limit at_most) as c
   cross join lateral wardgate.client_standing(c.client_id) as s
   order by c.name, c.client_id;
end $$;
comment on function wardgate.portal_client_list is
  'The apps that an account may see, by name, those with `find` in it; found: how many there are';

create function wardgate.portal_client(account uuid, client uuid)
returns table (
  client_id   uuid,
  name        text,
  purpose     text,
  contact     text,
  created_at  timestamptz,
  disabled_at timestamptz,
  owners      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select c.client_id, c.name, c.purpose, c.contact, c.created_at,
         c.disabled_at,
       (select string_agg(a.login, ', ' order by a.login)
          from wardgate.client_owner as o
          join wardgate.account as a using (account_id)
         where o.client_id = c.client_id)
    from wardgate.client as c
   where c.client_id = client;
end $$;
comment on function wardgate.portal_client is 'One app';

create function wardgate.portal_client_able(
  account uuid, client uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.client_able(client, able);
end $$;
comment on function wardgate.portal_client_able is
  'Disables an app (able false) or lets it work again';

-- light: green when it can go without anybody noticing: it has been silent for
-- quiet, or was never used, while another one lives; amber when it was silent
-- for a day.
create function wardgate.portal_secret_list(
  account uuid, client uuid, quiet interval)
returns table (
  key_id         text,
  label          text,
  hint           text,
  state          text,
  not_before     timestamptz,
  not_after      timestamptz,
  invalidated_at timestamptz,
  created_at     timestamptz,
  last_at        timestamptz,
  last_network   text,
  uses           bigint,
  shown_at       timestamptz,
  outcome        text,
  refused        bigint,
  last_tenant    text,
  days_left      bigint,
  light          text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select s.key_id, s.label, s.hint, s.state, s.not_before, s.not_after,
         s.invalidated_at, s.created_at, s.last_at, s.last_network, s.uses,
         s.shown_at, s.outcome, s.refused,
       (select t.name from wardgate.tenant as t
         where t.tenant_id = s.last_tenant),
         case when s.state = 'live'
              then ceil(extract(epoch from s.not_after - now()) / 86400)::bigint
          end,
         case when s.state <> 'live' then null
              when not exists (
                   select from wardgate.client_secret as o
                    where o.client_id = client and o.key_id <> s.key_id
                      and o.invalidated_at is null
                      and o.not_before <= now()
                      and (o.not_after is null or o.not_after > now()))
              then 'only'
              when coalesce(s.last_at, s.created_at) < now() - quiet
              then 'green'
              when coalesce(s.last_at, s.created_at) < now() - interval '1 day'
              then 'amber'
              else 'red'
          end
    from wardgate.secret_list(client) as s
   order by s.state <> 'live', s.created_at desc;
end $$;
comment on function wardgate.portal_secret_list is
  'The secrets of an app, and whether each can go';

create function wardgate.portal_secret_add(
  account uuid, client uuid, key_id text, label text, hint text, hash bytea,
  pepper_version bigint, not_after timestamptz, max_live bigint)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  perform wardgate.secret_add(client, key_id, label, hint, hash,
      pepper_version, null, not_after, max_live);
end $$;
comment on function wardgate.portal_secret_add is
  'Stores the keyed hash of a new secret of an app';

create function wardgate.portal_secret_invalidate(
  account uuid, client uuid, key_id text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.secret_invalidate(client, key_id);
end $$;
comment on function wardgate.portal_secret_invalidate is
  'Ends a secret of an app, and with it the tokens that were issued for it';

create function wardgate.portal_grant_list(account uuid, client uuid)
returns table (
  tenant_id   uuid,
  tenant_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select g.tenant_id, g.tenant_name, g.state, g.granted_at, g.ended_at,
         g.types, g.purpose
    from wardgate.grant_list(client, null) as g;
end $$;
comment on function wardgate.portal_grant_list is
  'The hospitals that an app may ask for';

create function wardgate.portal_jwks_list(account uuid, client uuid)
returns table (
  kid text, alg text, cred text, set_at timestamptz, last_at timestamptz,
  uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select k.kid, k.alg, k.cred, k.set_at, k.last_at, k.uses
    from wardgate.client_jwks_list(client) as k;
end $$;
comment on function wardgate.portal_jwks_list is 'The public keys of an app';

create function wardgate.portal_jwks_set(
  account uuid, client uuid, keys text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.client_jwks_set(client, keys, creds);
end $$;
comment on function wardgate.portal_jwks_set is
  'Sets the public keys of an app; null: none any more';

-- ---- functions/47_provider_keys.sql

-- published -> use -> retired -> gone. A hospital fetches the public halves; the
-- one that signs must have been published long enough to be known there, and a
-- retired one stays published until an operator removes it.

create function wardgate.provider_key_changed(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.provider as p set credential_at = clock_timestamp()
   where p.tenant_id = tenant;
end $$;
comment on function wardgate.provider_key_changed is
  'Another key signs: the revision rises, tokens of before are used no more';

create function wardgate.provider_key_lock(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.onboarding_lock();
  perform from wardgate.provider as p
    where p.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'The tenant %s has no provider that could want a key.', tenant));
  end if;
end $$;
comment on function wardgate.provider_key_lock is
  'WG404 unless the tenant has a provider, whose keys nobody else changes now';

create function wardgate.provider_key_add(
  tenant uuid, key text, algorithm text, public_jwk text, sealed text,
  out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text;
begin
  perform wardgate.provider_key_lock(tenant);
  kept := wardgate.credential_box_read(sealed);
  if (select count(*) from wardgate.provider_key as k
       where k.tenant_id = tenant) >= 4 then
    perform wardgate.refuse('WG409',
        'This tenant has four keys; remove a retired one first.');
  end if;
  stage := case when exists (
                  select from wardgate.provider_key as k
                   where k.tenant_id = tenant and k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.provider_key (kid, tenant_id, alg, jwk, box, stage,
         used_at)
  values (key, tenant, algorithm, public_jwk, kept, provider_key_add.stage,
         case provider_key_add.stage when 'use' then now() end);
  if stage = 'use' then
    perform wardgate.provider_key_changed(tenant);
  end if;
end $$;
comment on function wardgate.provider_key_add is
  'Publishes a new key of a tenant, which signs if none does; returns its stage';

create function wardgate.provider_key_list(tenant uuid)
returns table (
  kid        text,
  alg        text,
  stage      text,
  made_at    timestamptz,
  used_at    timestamptz,
  retired_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.alg, k.stage, k.made_at, k.used_at, k.retired_at
    from wardgate.provider_key as k
   where k.tenant_id = tenant
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.provider_key_list is 'The keys of a tenant';

create function wardgate.provider_key_must_be(tenant uuid, key text)
returns wardgate.provider_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key;
begin
  perform wardgate.provider_key_lock(tenant);
  select o.* into k
    from wardgate.provider_key as o
   where o.tenant_id = tenant and o.kid = key;
  if k.kid is null then
    perform wardgate.refuse('WG404', format(
        'This tenant has no key %s; `wardgate key list provider %s` shows '
        'all.', wardgate.quoted(coalesce(key, '')), tenant));
  end if;
  return k;
end $$;
comment on function wardgate.provider_key_must_be is
  'The row of a key of a tenant, held until the transaction ends';

create function wardgate.provider_key_use(
  tenant uuid, key text, known_after interval,
  out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key := wardgate.provider_key_must_be(tenant, key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.made_at + known_after > clock_timestamp() then
    perform wardgate.refuse('WG409', format(
        'This key was published at %s UTC and may not be known to the '
        'hospital before %s UTC; use it then, or at once with --now.',
        to_char(k.made_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        to_char((k.made_at + known_after) at time zone 'UTC',
          'YYYY-MM-DD HH24:MI:SS')));
  end if;
  update wardgate.provider_key as o
     set stage = 'retired', retired_at = now()
   where o.tenant_id = tenant and o.stage = 'use'
  returning o.kid into retired;
  update wardgate.provider_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  perform wardgate.provider_key_changed(tenant);
  outcome := 'changed';
end $$;
comment on function wardgate.provider_key_use is
  'Lets a published key sign, and retires the one that did';

create function wardgate.provider_key_remove(
  tenant uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key := wardgate.provider_key_must_be(tenant, key);
begin
  if k.stage = 'use' then
    perform wardgate.refuse('WG409',
        'This key is in use; make another one, let it be fetched, and use '
        'that first.');
  end if;
  delete from wardgate.provider_key as o where o.kid = key;
  outcome := 'removed';
end $$;
comment on function wardgate.provider_key_remove is
  'Publishes a key no more, and forgets it';

-- The same for a tenant that there is not as for one without keys.
create function wardgate.provider_jwks(tenant uuid, out jwks text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select format('{"keys":[%s]}',
           string_agg(k.jwk, ',' order by k.made_at, k.kid))
    into jwks
    from wardgate.provider_key as k
   where k.tenant_id = tenant;
end $$;
comment on function wardgate.provider_jwks is
  'The JWK Set (RFC 7517 5) that is published for a provider';

-- ---- TLS

create function wardgate.pem_read(what text, value text, parts text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := replace(btrim(value, E' \t\r\n'), E'\r\n', E'\n');
begin
  if kept ~ 'PRIVATE KEY-----' then
    perform wardgate.refuse('WG400', format(
        'The value of %s holds a private key: consider it leaked, the '
        'server''s log may hold it. A key is sealed first, with `wardgate '
        'seal --certificate-key`.', what));
  end if;
  if kept !~ ('^(-----BEGIN (' || parts || ')-----\n[A-Za-z0-9+/=\n]+'
        '-----END (' || parts || ')-----\n*)+$') then
    perform wardgate.refuse('WG400', format(
        'The value of %s is not PEM and nothing else.', what));
  end if;
  return kept || E'\n';
end $$;
comment on function wardgate.pem_read is
  'Certificates as typed, PEM; null stays null';

-- certificate with certificate_key, the box of its key; provider_ca. none takes
-- either away. What is left out stays.
create function wardgate.tls_put(
  tenant text, certificate text, certificate_key text, provider_ca text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  old         wardgate.provider_tls;
  new         wardgate.provider_tls;
begin
  perform wardgate.provider_key_lock(tenant_kept);
  select t.* into old
    from wardgate.provider_tls as t where t.tenant_id = tenant_kept;
  new.chain := coalesce(old.chain, '');
  new.box := old.box;
  new.origin := old.origin;
  new.ca := coalesce(old.ca, '');
  if (coalesce(wardgate.given(certificate), 'none') = 'none')
      <> (wardgate.given(certificate_key) is null) then
    perform wardgate.refuse('WG400',
        'certificate and certificate_key, the box of its private key, go '
        'together.');
  end if;
  if lower(wardgate.given(certificate)) = 'none' then
    new.chain := '';
    new.box := null;
    new.origin := null;
  elsif wardgate.given(certificate) is not null then
    new.chain := wardgate.pem_read('certificate',
        wardgate.given(certificate), 'CERTIFICATE');
    new.box := wardgate.credential_box_read(certificate_key);
    select wardgate.origin_of(p.base_url) into strict new.origin
      from wardgate.provider as p where p.tenant_id = tenant_kept;
  end if;
  if lower(wardgate.given(provider_ca)) = 'none' then
    new.ca := '';
  elsif wardgate.given(provider_ca) is not null then
    new.ca := wardgate.pem_read('provider_ca', wardgate.given(provider_ca),
        'CERTIFICATE|X509 CRL');
  end if;
  if length(new.chain) > 32000 or length(new.ca) > 64000 then
    perform wardgate.refuse('WG400',
        'The certificates are too long: 32000 characters for those of the '
        'gateway, 64000 for CAs and their lists.');
  end if;
  outcome := 'unchanged';
  if (new.chain, new.box, new.ca) is distinct from
      (coalesce(old.chain, ''), old.box, coalesce(old.ca, '')) then
    if new.chain || new.ca = '' then
      delete from wardgate.provider_tls as t
       where t.tenant_id = tenant_kept;
      outcome := 'removed';
    else
      insert into wardgate.provider_tls as t (tenant_id, chain, box, origin,
        ca)
      values (tenant_kept, new.chain, new.box, new.origin, new.ca)
          on conflict (tenant_id) do update
         set chain = excluded.chain, box = excluded.box,
             origin = excluded.origin, ca = excluded.ca, set_at = now();
      outcome := case when old.tenant_id is null then 'created'
                      else 'changed' end;
    end if;
    perform wardgate.provider_key_changed(tenant_kept);
  end if;
  object := 'tls';
  id := tenant_kept::text;
  detail := format('%s, %s',
      case new.chain when '' then 'no certificate'
           else 'a certificate, sealed to ' || split_part(new.box, '.', 2) end,
      case new.ca when '' then 'the system''s CAs' else 'a CA of its own' end);
  return next;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tls_put is
  'Sets, changes or removes certificate and CA for the provider of a tenant';

-- ---- functions/48_portal_provider_keys.sql

-- For operators: the first parameter is always the account that asks. What may
-- be done is what the command may do (47_provider_keys.sql); the private half
-- comes in a box. step says what comes next, step_at from when on it is safe
-- (null: at any time).

-- known: how long a key must have been published before it signs; ends: how long
-- what a key signed counts.
create function wardgate.portal_provider_key_list(
  account uuid, tenant uuid, known interval, ends interval)
returns table (
  kid     text,
  alg     text,
  stage   text,
  since   timestamptz,
  step    text,
  step_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select k.kid, k.alg, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      else k.retired_at
          end,
         case when k.stage = 'use' then
              case when exists (select from wardgate.provider_key as o
                                 where o.tenant_id = tenant
                                   and o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then
              case when k.made_at + known > now() then 'wait' else 'use' end
              when k.retired_at + ends > now() then 'outlive'
              else 'remove'
          end,
         case k.stage when 'published' then k.made_at + known
                      when 'retired' then k.retired_at + ends
          end
    from wardgate.provider_key as k
   where k.tenant_id = tenant
   order by array_position(array['use', 'published', 'retired'], k.stage),
         k.made_at desc, k.kid;
end $$;
comment on function wardgate.portal_provider_key_list is
  'Keys of a hospital, their stages and next steps, for operators';

create function wardgate.portal_provider_key_add(
  account uuid, tenant uuid, key text, algorithm text, public_jwk text,
  sealed text, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  stage := wardgate.provider_key_add(tenant, key, algorithm, public_jwk,
      sealed);
end $$;
comment on function wardgate.portal_provider_key_add is
  'Publishes a new key of a hospital, which signs if none does, for operators';

create function wardgate.portal_provider_key_use(
  account uuid, tenant uuid, key text, known_after interval,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := (select u.outcome
                from wardgate.provider_key_use(tenant, key, known_after) as u);
end $$;
comment on function wardgate.portal_provider_key_use is
  'Lets a published key of a hospital sign, for operators';

create function wardgate.portal_provider_key_remove(
  account uuid, tenant uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := wardgate.provider_key_remove(tenant, key);
end $$;
comment on function wardgate.portal_provider_key_remove is
  'Publishes a key of a hospital no more, for operators';

-- ---- functions/48_portal_tenants.sql

-- The first parameter is always the account that asks; whoever is no operator
-- is told what is told of a hospital that does not exist. What may be stored is
-- what the scripts may store: their functions do it.

create function wardgate.portal_operator_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['operator']) then
    perform wardgate.refuse('WG404', 'There is no such hospital.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_operator_acts is
  'WG404 unless the account is an operator, whom the trail then names';

create function wardgate.portal_tenant_must_be(account uuid, tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  if not exists (
      select from wardgate.tenant as t where t.tenant_id = tenant) then
    perform wardgate.refuse('WG404', 'There is no such hospital.');
  end if;
end $$;
comment on function wardgate.portal_tenant_must_be is
  'WG404 unless the account is an operator and the tenant exists';

create function wardgate.portal_tenant_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  tenant_id    uuid,
  slug         text,
  name         text,
  state        text,
  notice_until timestamptz,
  fhir_version text,
  base_url     text,
  live_grants  bigint,
  environment  text,
  found        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice_until,
         p.fhir_version, p.base_url,
       (select count(*)
          from wardgate.client_grant as g
         where g.tenant_id = t.tenant_id
           and (g.ended_at is null or g.ended_at > now())), t.environment,
         t.found
    from (select h.*, count(*) over () as found
            from wardgate.tenant as h
           where find = '' or position(lower(find) in lower(h.name)) > 0
              or position(lower(find) in h.slug) > 0
              or h.tenant_id::text = lower(find)
           order by h.name, h.tenant_id
          offset skip
           limit at_most) as t
    left join wardgate.provider as p using (tenant_id)
   order by t.name, t.tenant_id;
end $$;
comment on function wardgate.portal_tenant_list is
  'Hospitals by name, those with `find` in it, for operators; found: how many there are';

-- Switches, times and limits as somebody would type them. auth: what its server
-- wants to see; auth_lost: the credential that we have is for another server and
-- is not sent; auth_unsigned: it wants tokens that are signed for, and no key is
-- in use.
create function wardgate.portal_tenant(account uuid, tenant uuid)
returns table (
  tenant_id        uuid,
  slug             text,
  name             text,
  state            text,
  notice           text,
  notice_until     timestamptz,
  retry_after_s    text,
  mrn_system       text,
  created_at       timestamptz,
  provider_url     text,
  fhir_version     text,
  mode             text,
  search_post      text,
  http2            text,
  connect_ms       text,
  total_ms         text,
  can_contains     text,
  can_sort         text,
  can_total        text,
  can_batch        text,
  coverage_person  text,
  write_extensions text,
  auth             text,
  auth_set_at      timestamptz,
  auth_lost        boolean,
  networks         text,
  environment      text,
  auth_server      text,
  proposed         uuid,
  requests_max     text,
  calls_per_s      text,
  token_url        text,
  token_client     text,
  token_auth       text,
  token_scope      text,
  token_resource   text,
  token_audience   text,
  override_why     text,
  auth_unsigned    boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice,
         t.notice_until, t.retry_after_s::text, t.mrn_system, t.created_at,
         p.base_url, p.fhir_version, p.mode,
         case when p.search_post then 'on' else 'off' end,
         case when p.http2 then 'on' else 'off' end,
         p.connect_ms::text, p.total_ms::text, p.can_contains, p.can_sort,
         p.can_total, p.can_batch, p.coverage_person,
         case when p.write_extensions then 'on' else 'off' end,
         c.kind, c.set_at, c.origin <> wardgate.origin_of(p.base_url),
         coalesce(nullif(array_to_string(p.networks, ', '), ''), 'none'),
         t.environment, c.origin,
       (select o.proposal_id from wardgate.proposal as o
         where o.tenant_id = tenant and o.state = 'open'
           and o.expires_at > now()
         order by o.made_at limit 1),
         p.requests_max::text, p.calls_per_s::text, c.token_url,
         c.token_client, c.token_auth, c.token_scope, c.token_resource,
         c.token_audience, w.why,
         c.kind = 'smart' and not exists (
           select from wardgate.provider_key as k
            where k.tenant_id = tenant and k.stage = 'use')
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
    left join wardgate.provider_credential as c using (tenant_id)
    left join wardgate.production_override as w using (tenant_id)
   where t.tenant_id = tenant;
end $$;
comment on function wardgate.portal_tenant is 'One hospital, for operators';

-- fresh: nobody has that tenant ID yet; else somebody must have it. proposed: the
-- change waits for a second operator; null: it is made.
create function wardgate.portal_tenant_put(
  account uuid, fresh boolean, tenant text, name text, slug text,
  provider_url text, fhir_version text, mode text, search_post text,
  http2 text, connect_ms text, total_ms text, mrn_system text,
  can_contains text, can_sort text, can_total text, can_batch text,
  coverage_person text, write_extensions text, networks text,
  environment text, requests_max text, calls_per_s text, override text,
  out tenant_id uuid, out proposed uuid,
  out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept uuid;
begin
  perform wardgate.portal_operator_acts(account);
  perform wardgate.onboarding_lock();
  kept := wardgate.guid_read('tenant ID', btrim(tenant));
  if not fresh then
    perform wardgate.portal_tenant_must_be(account, kept);
  elsif exists (select from wardgate.tenant as t where t.tenant_id = kept) then
    perform wardgate.refuse('WG409',
        'There is a hospital with this tenant ID already.');
  end if;
  select o.proposed, o.refused into proposed, refused
    from wardgate.proposal_or_done(account, kept, 'hospital',
      jsonb_build_object('name', name, 'slug', slug, 'provider_url',
        provider_url, 'fhir_version', fhir_version, 'mode', mode,
        'search_post', search_post, 'http2', http2, 'connect_ms', connect_ms,
        'total_ms', total_ms, 'mrn_system', mrn_system, 'can_contains',
        can_contains, 'can_sort', can_sort, 'can_total', can_total,
        'can_batch', can_batch, 'coverage_person', coverage_person,
        'write_extensions', write_extensions, 'networks', networks,
        'environment', environment, 'requests_max', requests_max,
        'calls_per_s', calls_per_s, 'override', override)) as o;
  portal_tenant_put.tenant_id := kept;
end $$;
comment on function wardgate.portal_tenant_put is
  'Creates or changes a hospital and its provider, for operators; refused: why not, which the trail has';

create function wardgate.portal_tenant_state_set(
  account uuid, tenant uuid, state text, notice text, until text,
  retry_after_s text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  select s.outcome into outcome
    from wardgate.tenant_state_set(tenant::text, state, notice, until,
         retry_after_s) as s
   where s.object = 'tenant';
end $$;
comment on function wardgate.portal_tenant_state_set is
  'Makes a hospital active, suspended, or in maintenance, for operators';

create function wardgate.portal_tenant_grants(account uuid, tenant uuid)
returns table (
  client_id   uuid,
  client_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select g.client_id, g.client_name, g.state, g.granted_at, g.ended_at,
         g.types, g.purpose
    from wardgate.grant_list(null, tenant) as g
   order by g.state = 'ended', g.client_name;
end $$;
comment on function wardgate.portal_tenant_grants is
  'The apps that are or were linked to a hospital, for operators';

create function wardgate.portal_tenant_loss(
  account uuid, tenant uuid, at_most bigint)
returns table (
  from_version text,
  to_version   text,
  element      text,
  fate         text,
  times        bigint,
  last_at      timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select l.from_version, l.to_version, l.element, l.fate, l.times, l.last_at
    from wardgate.loss as l
   where l.tenant_id = tenant
   order by l.times desc, l.element, l.from_version, l.to_version, l.fate
   limit at_most;
end $$;
comment on function wardgate.portal_tenant_loss is
  'What conversion could not carry most often, for operators';

-- Of the trail only who changed what: no request, nobody's record, and not whose
-- accesses an auditor looked at. stamp:
-- microseconds since 1970, to go on from; before null: the newest.
create function wardgate.portal_tenant_acts(
  account uuid, tenant uuid, before bigint, at_most bigint)
returns table (
  at      timestamptz,
  stamp   text,
  made_by text,
  act     text,
  detail  text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select a.at, trunc(extract(epoch from a.at) * 1000000)::text, a.made_by,
         a.interaction, a.detail
    from wardgate.audit as a
   where a.tenant_id = tenant and a.made_by is not null
     and a.patient_id is null and (before is null or a.at < to_timestamp(0)
           + before * interval '1 microsecond')
   order by a.at desc, a.trace_id
   limit at_most;
end $$;
comment on function wardgate.portal_tenant_acts is
  'What was changed of a hospital, by whom, newest first, for operators';

-- ---- functions/49_onboard_file.sql

-- tenant.sql and remove.sql of sql/onboard, whether psql runs them or `wardgate
-- tenant plan` and `apply`: the values come as one object, by the names of their
-- variables; null or empty is left out.

-- Does the server want signatures, and no key makes them? A key_alg that is
-- given wants one before that.
create function wardgate.key_wanted(tenant uuid, key_alg text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  alg text := upper(wardgate.word_read('key_alg', wardgate.given(key_alg),
      array['rs384', 'es384']));
begin
  if exists (select from wardgate.provider_key as k
              where k.tenant_id = tenant and k.stage = 'use')
      or not exists (select from wardgate.provider as p
                      where p.tenant_id = tenant) then
    return null;
  end if;
  return coalesce(alg, (
      select 'ES384' from wardgate.provider_credential as c
       where c.tenant_id = tenant and c.kind = 'smart'));
end $$;
comment on function wardgate.key_wanted is
  'Algorithm of the key pair that a tenant lacks; null: it lacks none';

create function wardgate.onboard_tenant(v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', v ->> 'tenant');
  rule        text;
  said        text;
  problem     text;
begin
  begin
    return query
    select p.*
      from wardgate.tenant_put(v ->> 'tenant', v ->> 'name', v ->> 'slug',
           v ->> 'provider_url', v ->> 'fhir_version', v ->> 'mode',
           v ->> 'search_post', v ->> 'http2', v ->> 'connect_ms',
           v ->> 'total_ms', v ->> 'mrn_system', v ->> 'client',
           v ->> 'can_contains', v ->> 'can_sort', v ->> 'can_total',
           v ->> 'can_batch', v ->> 'coverage_person',
           v ->> 'write_extensions', v ->> 'types', v ->> 'purpose',
           v ->> 'networks', v ->> 'environment', v ->> 'requests_max',
           v ->> 'calls_per_s', v ->> 'override') as p
     where p.object <> 'summary';
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, said = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(tenant_kept, problem);
    said := said || ' ' || problem;
    -- for psql, which has to end with this after it has kept the attempt
    perform set_config('wardgate.refused', said, true);
    return query select 'tenant', tenant_kept::text, 'refused', said;
    return query select * from wardgate.onboarding_summary(before);
    return;
  end;
  if concat(wardgate.given(v ->> 'auth'), wardgate.given(v ->> 'credential'),
      wardgate.given(v ->> 'token_url'), wardgate.given(v ->> 'token_client'))
      <> '' then
    return query
    select c.*
      from wardgate.credential_put(v ->> 'tenant', v ->> 'auth',
           v ->> 'credential', v ->> 'token_url', v ->> 'token_client',
           v ->> 'token_auth', v ->> 'token_scope', v ->> 'token_resource',
           v ->> 'token_audience') as c
     where c.object <> 'summary';
  end if;
  if concat(wardgate.given(v ->> 'certificate'),
      wardgate.given(v ->> 'certificate_key'),
      wardgate.given(v ->> 'provider_ca')) <> '' then
    return query
    select t.*
      from wardgate.tls_put(v ->> 'tenant', v ->> 'certificate',
           v ->> 'certificate_key', v ->> 'provider_ca') as t
     where t.object <> 'summary';
  end if;
  return query
  select 'key pair', k.alg, 'missing', format(
           '`wardgate key make provider --alg %s %s` makes it', k.alg,
           tenant_kept)
    from wardgate.key_wanted(tenant_kept, v ->> 'key_alg') as k (alg)
   where k.alg is not null;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.onboard_tenant is
  'What sql/onboard/tenant.sql does with its variables; outcome refused: nothing, but the trail has it';

-- Of a tenant that goes: apps that are linked to it, and when the last of them
-- was served, as far as traffic was counted.
create function wardgate.tenant_use_problem(tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  linked bigint;
  served timestamptz;
begin
  select count(*) into linked
    from wardgate.client_grant as g
   where g.tenant_id = tenant and (g.ended_at is null or g.ended_at > now());
  if linked = 0 then
    return null;
  end if;
  select max(f.last_at) into served
    from wardgate.traffic as f
   where f.tenant_id = tenant and f.program = 'facade'
     and f.outcome = 'answered';
  return format('Apps are linked to this hospital (%s), last served %s. Tell '
      'their owners; then remove it with links=end, which ends the links, too.',
      linked, coalesce('at ' || to_char(served at time zone 'UTC',
        'YYYY-MM-DD HH24:MI "UTC"'), 'never'));
end $$;
comment on function wardgate.tenant_use_problem is
  'Why a hospital is not removed without another word; null: nobody is linked to it';

-- links: end, or nothing.
create function wardgate.onboard_remove(v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  problem text;
begin
  perform wardgate.onboarding_lock();
  problem := wardgate.tenant_use_problem(
      wardgate.guid_read('tenant', v ->> 'tenant'));
  if wardgate.word_read('links', wardgate.given(v ->> 'links'), array['end'])
      is null and problem is not null then
    perform wardgate.refuse('WG409', problem);
  end if;
  return query select r.* from wardgate.tenant_remove(v ->> 'tenant') as r;
end $$;
comment on function wardgate.onboard_remove is
  'What sql/onboard/remove.sql does with its variables';

create function wardgate.onboard_run(script text, v jsonb)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if script = 'tenant' then
    return query select t.* from wardgate.onboard_tenant(v) as t;
  elsif script = 'remove' then
    return query select r.* from wardgate.onboard_remove(v) as r;
  else
    perform wardgate.refuse('WG400', format('There is no script %s.',
        wardgate.quoted(script)));
  end if;
end $$;
comment on function wardgate.onboard_run is
  'What a script of sql/onboard does with its variables: tenant or remove';

-- ---- what there is, and what is different ------------------------------------

create function wardgate.text_digest(value text)
returns text
language sql immutable
return 'sha256 ' || left(encode(sha256(convert_to(value, 'UTF8')), 'hex'), 16);
comment on function wardgate.text_digest is
  'A long or sealed value, short enough to be compared by eye';

-- One row for each thing of a tenant, in the order in which they are told. Times
-- at which something was set, and numbers that count changes, are no part of it.
create function wardgate.tenant_things(tenant uuid)
returns table (place integer, object text, id text, fields jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select 1, 'tenant', '', to_jsonb(t) - array['tenant_id', 'created_at']
    from wardgate.tenant as t where t.tenant_id = tenant
   union all
  select 2, 'endpoint', '', to_jsonb(p) - array['provider_id', 'tenant_id',
           'revision', 'credential_at'] || jsonb_build_object('networks',
             array_to_string(p.networks, ', '))
    from wardgate.provider as p where p.tenant_id = tenant
   union all
  select 3, 'credential', '', (to_jsonb(c) - array['tenant_id', 'set_at'])
         || jsonb_build_object('box', wardgate.text_digest(c.box))
    from wardgate.provider_credential as c where c.tenant_id = tenant
   union all
  select 4, 'TLS setting', '', (to_jsonb(s) - array['tenant_id', 'set_at'])
         || jsonb_build_object('box', wardgate.text_digest(s.box),
           'chain', wardgate.text_digest(nullif(s.chain, '')),
           'ca', wardgate.text_digest(nullif(s.ca, '')))
    from wardgate.provider_tls as s where s.tenant_id = tenant
   union all
  select 5, 'key pair', k.kid, jsonb_build_object('alg', k.alg, 'stage',
           k.stage)
    from wardgate.provider_key as k where k.tenant_id = tenant
   union all
  select 6, 'link', g.client_id::text, to_jsonb(g) - array['client_id',
           'tenant_id', 'granted_at'] || jsonb_build_object('client', (
             select a.name from wardgate.client as a
              where a.client_id = g.client_id))
    from wardgate.client_grant as g where g.tenant_id = tenant
   union all
  select 7, 'override', '', jsonb_build_object('why', o.why)
    from wardgate.production_override as o where o.tenant_id = tenant
$$;
comment on function wardgate.tenant_things is
  'A tenant and all that hangs on it, as plans compare it';

-- Takes the lock: what is planned, or checked, is what is run.
create function wardgate.onboard_before(
  script text, v jsonb, out digest text, out standing jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.onboarding_lock();
  standing := (
      select coalesce(jsonb_agg(to_jsonb(h) order by h.place, h.id), '[]')
        from wardgate.tenant_things(wardgate.guid_read('tenant',
             v ->> 'tenant')) as h);
  digest := encode(sha256(convert_to(
      concat_ws(E'\n', script, v, standing), 'UTF8')), 'hex');
end $$;
comment on function wardgate.onboard_before is
  'What a tenant is before a script runs, and the digest of that and of the script''s variables';

-- mark: + comes, - goes, ~ changes. Values that are empty on both sides are not
-- told.
create function wardgate.onboard_changes(tenant text, standing jsonb)
returns table (
  mark text, object text, id text, field text, before text, after text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with now as (
    select * from wardgate.tenant_things(wardgate.guid_read('tenant', tenant))
  ), was as (
    select * from jsonb_to_recordset(standing) as r (place integer,
           object text, id text, fields jsonb)
  )
  select case when w.object is null then '+' when n.object is null then '-'
              else '~' end, object, id, k.key,
         w.fields ->> k.key, n.fields ->> k.key
    from was as w
    full join now as n using (place, object, id)
   cross join lateral jsonb_object_keys(coalesce(n.fields, w.fields)) as k (key)
   where n.fields -> k.key is distinct from w.fields -> k.key
     and coalesce(n.fields ->> k.key, '') <> coalesce(w.fields ->> k.key, '')
   order by place, id, k.key
$$;
comment on function wardgate.onboard_changes is
  'What is different of a tenant from what it was, field by field';

create function wardgate.onboard_counts(tenant text, standing jsonb)
returns table (mark text, counts text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with changed as (
    select distinct c.mark, c.object, c.id
      from wardgate.onboard_changes(tenant, standing) as c
  ), kind (place, object, one, other, always) as (values
    (1, 'tenant', 'tenant', 'tenants', true),
    (2, 'endpoint', 'endpoint', 'endpoints', true),
    (3, 'credential', 'credential', 'credentials', false),
    (4, 'TLS setting', 'TLS setting', 'TLS settings', false),
    (5, 'key pair', 'key pair', 'key pairs', true),
    (6, 'link', 'link to a client', 'links to clients', true),
    (7, 'override', 'override', 'overrides', false)
  ), counted as (
    select m.mark, k.*, (select count(*) from changed as c
             where c.mark = m.mark and c.object = k.object) as n
      from (select distinct c.mark from changed as c) as m
     cross join kind as k
  )
  select n.mark, string_agg(wardgate.counted(n.n, n.one, n.other), ', '
           order by n.place)
    from counted as n
   where n.always or n.n > 0
   group by n.mark
   order by strpos('+~-', n.mark)
$$;
comment on function wardgate.onboard_counts is
  'How many things of a tenant come, change and go, in words';

-- ---- functions/49_portal_grants.sql

-- The owner of an app asks, an operator answers. A request says nothing of what
-- exists: any tenant ID can be asked for, and all are answered alike until an
-- operator has looked.

create function wardgate.portal_grant_give(
  account uuid, client uuid, tenant uuid, until text, types text, purpose text,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.grant_give(client, tenant,
      wardgate.until_read(wardgate.given(until)), types, purpose);
  update wardgate.grant_request as r
     set state = 'approved', decided_at = now()
   where r.client_id = client and r.tenant_id = tenant and r.state = 'open';
end $$;
comment on function wardgate.portal_grant_give is
  'Links an app to a hospital, for operators; what asked for it is approved';

create function wardgate.portal_grant_end(
  account uuid, client uuid, tenant uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := wardgate.grant_end(client, tenant);
end $$;
comment on function wardgate.portal_grant_end is
  'Ends the link of an app to a hospital, for operators';

-- What is linked already the owner sees anyway; everything else is answered
-- without a look at the hospitals.
create function wardgate.portal_request_add(
  account uuid, client uuid, tenant text, why text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept     uuid := wardgate.guid_read('tenant ID', btrim(tenant));
  why_kept text := wardgate.line_read('reason', wardgate.given(why), 1000);
begin
  perform wardgate.portal_client_must_be(account, client);
  perform from wardgate.client as c where c.client_id = client for update;
  if why_kept is null then
    perform wardgate.refuse('WG400',
        'Say what the app needs the records of this hospital for.');
  elsif exists (
      select from wardgate.client_grant as g
       where g.client_id = client and g.tenant_id = kept
         and (g.ended_at is null or g.ended_at > now())) then
    perform wardgate.refuse('WG409',
        'The app is linked to this hospital already.');
  elsif exists (
      select from wardgate.grant_request as r
       where r.client_id = client and r.tenant_id = kept
         and r.state = 'open') then
    perform wardgate.refuse('WG409',
        'The app has asked for this hospital already; the operator has not answered yet.');
  elsif (select count(*) from wardgate.grant_request as r
          where r.client_id = client and r.state = 'open') >= 20 then
    perform wardgate.refuse('WG409',
        'The app has asked for 20 hospitals that the operator has not answered yet.');
  end if;
  insert into wardgate.grant_request (client_id, tenant_id, account_id, why)
  values (client, kept, account, why_kept);
end $$;
comment on function wardgate.portal_request_add is
  'Asks for a hospital, whether there is such a one or not';

create function wardgate.portal_request_list_of(account uuid, client uuid)
returns table (
  tenant_id  uuid,
  why        text,
  made_at    timestamptz,
  state      text,
  decided_at timestamptz,
  answer     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select r.tenant_id, r.why, r.made_at, r.state, r.decided_at, r.answer
    from wardgate.grant_request as r
   where r.client_id = client and r.state <> 'approved'
   order by r.state <> 'open', r.made_at desc, r.request_id
   limit 30;
end $$;
comment on function wardgate.portal_request_list_of is
  'Hospitals that an app asked for: open requests, then declined ones';

create function wardgate.portal_request_list(account uuid)
returns table (
  request_id  uuid,
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  login_of    text,
  why         text,
  made_at     timestamptz,
  state       text,
  decided_at  timestamptz,
  answer      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.request_id, r.client_id, c.name, r.tenant_id, t.name, a.login,
         r.why, r.made_at, r.state, r.decided_at, r.answer
    from (
   (select o.* from wardgate.grant_request as o where o.state = 'open'
     order by o.made_at limit 500)
   union all
   (select d.* from wardgate.grant_request as d
     where d.decided_at is not null
     order by d.decided_at desc limit 20)) as r
    join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as a using (account_id)
   order by r.decided_at desc nulls first, r.made_at, r.request_id;
end $$;
comment on function wardgate.portal_request_list is
  'Requests that wait, oldest first, and the newest answers, for operators';

create function wardgate.portal_request_count(account uuid)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return (select count(*) from wardgate.grant_request as r
           where r.state = 'open');
end $$;
comment on function wardgate.portal_request_count is
  'How many requests wait, for operators';

create function wardgate.portal_request(account uuid, request uuid)
returns table (
  request_id  uuid,
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  login_of    text,
  why         text,
  made_at     timestamptz,
  state       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.request_id, r.client_id, c.name, r.tenant_id, t.name, a.login,
         r.why, r.made_at, r.state
    from wardgate.grant_request as r
    join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as a using (account_id)
   where r.request_id = request;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such request.');
  end if;
end $$;
comment on function wardgate.portal_request is 'One request, for operators';

create function wardgate.portal_request_open(account uuid, request uuid)
returns wardgate.grant_request
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request;
begin
  perform wardgate.portal_operator_acts(account);
  select r.* into asked
    from wardgate.grant_request as r
   where r.request_id = request for update;
  if asked.request_id is null then
    perform wardgate.refuse('WG404', 'There is no such request.');
  elsif asked.state <> 'open' then
    perform wardgate.refuse('WG409', 'This request is answered already.');
  end if;
  return asked;
end $$;
comment on function wardgate.portal_request_open is
  'Locks a request that waits; WG404, or WG409 when it is answered';

create function wardgate.portal_request_approve(
  account uuid, request uuid, until text, types text, purpose text,
  out tenant_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request := wardgate.portal_request_open(account,
      request);
begin
  perform wardgate.portal_grant_give(account, asked.client_id,
      asked.tenant_id, until, types, purpose);
  portal_request_approve.tenant_id := asked.tenant_id;
end $$;
comment on function wardgate.portal_request_approve is
  'Links the app to the hospital that it asked for, for operators';

create function wardgate.portal_request_decline(
  account uuid, request uuid, answer text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request := wardgate.portal_request_open(account,
      request);
  kept  text := wardgate.line_read('reason', wardgate.given(answer), 1000);
begin
  if kept is null then
    perform wardgate.refuse('WG400',
        'Say why: whoever asked will read it.');
  end if;
  update wardgate.grant_request as r
     set state = 'declined', decided_at = now(), answer = kept
   where r.request_id = asked.request_id;
end $$;
comment on function wardgate.portal_request_decline is
  'Declines what an app asked for, with a reason, for operators';

-- ---- functions/50_audit.sql

-- Many rows as one binary array: per row a fifth of what a statement per row
-- costs (measured: 10 us of the server's CPU in arrays of 20, COPY 13, single
-- inserts in a pipeline 18; alone a row is 100, most of it the commit, and
-- COPY 130).
create function wardgate.audit_write(rows wardgate.audit_row[])
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Durable is what is promised, whatever somebody set for the role; a
  -- stronger setting than `on` stays.
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.audit (at, trace_id, entry, request_id, parent_trace,
         program, host, client_id, secret_key_id, token_id, tenant_id,
         interaction, resource_type, resource_id, patient_id, face, status,
         reason, matches, returned, upstream_status, upstream_ms, lookups,
         duration_us, source)
  select r.at, r.trace_id, r.entry, r.request_id, r.parent_trace, r.program,
         r.host, r.client_id, r.secret_key_id, r.token_id, r.tenant_id,
         r.interaction, r.resource_type, r.resource_id, r.patient_id, r.face,
         r.status, r.reason, r.matches, r.returned, r.upstream_status,
         r.upstream_ms, r.lookups, r.duration_us, r.source
    from unnest(rows) as r;
  return (select c.bears from wardgate.change as c where c.only_row);
end $$;
comment on function wardgate.audit_write is
  'Stores audit rows, durable when the transaction is committed; returns the number of the newest change that may bear on a new token';

-- Made beside the table and then attached, so that writers do not wait for
-- more than a moment. Rows that came before their month was there move in.
create function wardgate.audit_partition_make(month date)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
set lock_timeout = '3s' as $$
declare
  first timestamp := date_trunc('month', month::timestamp);
  low   timestamptz := first at time zone 'UTC';
  high  timestamptz := (first + interval '1 month') at time zone 'UTC';
  name  text := 'audit_' || to_char(first, 'YYYY_MM');
begin
  if to_regclass('wardgate.' || name) is not null then
    return false;
  end if;
  execute format(
      'create table wardgate.%I (like wardgate.audit including all)', name);
  execute format('comment on table wardgate.%I is %L', name,
      'Audit rows of ' || to_char(first, 'YYYY-MM') || ' (UTC)');
  if exists (select from wardgate.audit_default as d
              where d.at >= low and d.at < high) then
    lock table wardgate.audit_default in access exclusive mode;
    execute format(
        'with moved as ('
        '  delete from wardgate.audit_default where at >= $1 and at < $2'
        '  returning *)'
        ' insert into wardgate.%I select * from moved', name)
      using low, high;
  end if;
  execute format(
      'alter table wardgate.audit attach partition wardgate.%I'
      ' for values from (%L) to (%L)', name, low, high);
  return true;
end $$;
comment on function wardgate.audit_partition_make is
  'Makes the partition of one month (UTC); false: it is there';

create function wardgate.audit_partitions_ahead(months bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  this date := date_trunc('month', now() at time zone 'UTC')::date;
  made bigint := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('wardgate.audit', 0));
  for i in 0 .. months loop
    if wardgate.audit_partition_make(
        (this + make_interval(months => i::integer))::date) then
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;
comment on function wardgate.audit_partitions_ahead is
  'Makes what is missing of this month and the next ones; returns how many';

-- Rows in the default partition: a month that nobody made room for.
create function wardgate.audit_stray()
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (select from wardgate.audit_default);
end $$;
comment on function wardgate.audit_stray is
  'Are there audit rows outside of all months?';

create function wardgate.network_of(source inet)
returns cidr
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select network(set_masklen(source,
      case family(source) when 4 then 24 else 48 end))
$$;
comment on function wardgate.network_of is
  'The /24 or /48 around an address: where from, but not who';

-- A row is written a little after its `at`: the last `lag` stays uncounted
-- until the next time. A use is a request that got a token; of refused ones
-- the last and their number are kept, by secret alone: whoever asks for
-- hospitals that are none makes no rows. After a long pause it takes several
-- calls: returns the seconds that are still behind.
create function wardgate.secret_use_roll_up(lag interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  low  timestamptz;
  high timestamptz;
begin
  select r.done_to into low
    from wardgate.roll_up as r where r.name = 'secret_use' for update;
  high := least(now() - lag, low + interval '1 hour');
  if low is null or low >= high then
    return 0;
  end if;
  with shown as materialized (
    select a.secret_key_id as key_id, a.tenant_id, a.at, a.status, a.reason,
           wardgate.network_of(a.source) as source_network
      from wardgate.audit as a
     where a.at >= low and a.at < high
       and a.program = 'token' and a.interaction = 'token'
       and a.secret_key_id is not null),
  counted as (
    insert into wardgate.secret_use as u (key_id, tenant_id, last_at,
           source_network, uses)
    select s.key_id, s.tenant_id, max(s.at),
         (array_agg(s.source_network order by s.at desc))[1], count(*)
      from shown as s
     where s.status = 200 and s.tenant_id is not null
     group by s.key_id, s.tenant_id
        on conflict (key_id, tenant_id) do update
       set uses = u.uses + excluded.uses,
           last_at = greatest(u.last_at, excluded.last_at),
           source_network = case when excluded.last_at >= u.last_at
                                 then excluded.source_network
                                 else u.source_network
                             end)
  insert into wardgate.secret_shown as l (key_id, last_at, tenant_id,
         source_network, outcome, refused)
  select distinct on (s.key_id) s.key_id, s.at, s.tenant_id, s.source_network,
         case s.status when 200 then 'issued'
                       else coalesce(s.reason, s.status::text)
          end,
         count(*) filter (where s.status <> 200) over (partition by s.key_id)
    from shown as s
   order by s.key_id, s.at desc
      on conflict (key_id) do update
     set last_at = excluded.last_at, tenant_id = excluded.tenant_id,
         source_network = excluded.source_network,
         outcome = excluded.outcome, refused = l.refused + excluded.refused;
  update wardgate.roll_up as r set done_to = high where r.name = 'secret_use';
  return greatest(0, floor(extract(epoch from now() - lag - high)));
end $$;
comment on function wardgate.secret_use_roll_up is
  'Adds the uses of secrets since the last time; returns seconds still behind';

-- The first 48 bits are milliseconds since 1970.
create function wardgate.trace_time(trace uuid)
returns timestamptz
language sql immutable
return to_timestamp((('x' || left(replace(trace::text, '-', ''), 12))::bit(48)
         ::bigint) / 1000.0);
comment on function wardgate.trace_time is
  'When the request of a trace id began, to the millisecond';

-- Newest last. `tenant` and `trace` null: any. `since` null: the newest ones;
-- else those whose request began then or later, oldest first.
create function wardgate.audit_tail(
  since timestamptz, tenant uuid, trace uuid, at_most bigint)
returns setof wardgate.audit
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if trace is not null then
    return query
    select a.* from wardgate.audit as a
     where a.trace_id = trace
       and a.at >= wardgate.trace_time(trace) - interval '1 ms'
       and a.at < wardgate.trace_time(trace) + interval '2 ms'
     order by a.entry;
  elsif since is not null then
    return query
    select a.* from wardgate.audit as a
     where a.at >= since and (tenant is null or a.tenant_id = tenant)
     order by a.at, a.trace_id, a.entry
     limit at_most;
  else
    return query
    select t.*
      from (select a.* from wardgate.audit as a
             where tenant is null or a.tenant_id = tenant
             order by a.at desc, a.trace_id desc, a.entry desc
             limit at_most) as t
     order by t.at, t.trace_id, t.entry;
  end if;
end $$;
comment on function wardgate.audit_tail is
  'The newest audit rows, those since a time, or those of a trace id';

-- ---- functions/50_portal_proposals.sql

-- While the policy second_approver is on, triggers refuse a new production
-- hospital, another address of its server (or other networks in which that may
-- be), and another credential, whoever makes the change and by whatever way,
-- unless a proposal was approved in the same transaction. What the portal is
-- refused for that reason it keeps as a proposal.

create function wardgate.second_needed()
returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from wardgate.policy as p
                where p.name = 'second_approver' and p.value = 'on');
comment on function wardgate.second_needed is
  'Does a second operator have to agree to some changes?';

-- A transaction id alone could come again in a restored database.
create function wardgate.second_must_be(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
      select from wardgate.proposal as p
       where p.tenant_id = tenant and p.state = 'approved'
         and p.applied_in = pg_current_xact_id() and p.decided_at = now()) then
    return;
  end if;
  raise exception using errcode = 'WG409', constraint = 'second_approver',
    message = 'The policy second_approver is on: a second operator has to agree. '
      'Propose it in the portal; what cannot be proposed there is done after '
      'the owner of the schema has set the policy to off.';
end $$;
comment on function wardgate.second_must_be is
  'WG409 unless this transaction approved a proposal for the tenant';

create function wardgate.tenant_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if wardgate.second_needed() and (
      tg_op = 'INSERT' and new.environment = 'production'
      or tg_op = 'UPDATE' and new.environment <> old.environment
      or tg_op = 'DELETE' and old.environment = 'production') then
    perform wardgate.second_must_be(coalesce(new.tenant_id, old.tenant_id));
  end if;
  return null;
end $$;
comment on function wardgate.tenant_seconded is
  'Trigger: a production hospital comes and goes with a second operator';

create function wardgate.provider_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if wardgate.second_needed() and (
      tg_op = 'UPDATE' and (new.base_url, new.networks)
        is distinct from (old.base_url, old.networks)
      or tg_op = 'INSERT' and exists (
        select from wardgate.tenant as t
         where t.tenant_id = new.tenant_id
           and t.environment = 'production')) then
    perform wardgate.second_must_be(new.tenant_id);
  end if;
  return null;
end $$;
comment on function wardgate.provider_seconded is
  'Trigger: where requests go changes with a second operator';

-- Sealing to the next key is let through: all the same but the box, from a key
-- that is not in use to the one that is. Argument: the column that names the key.
create function wardgate.credential_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  box    text[] := array['box', tg_argv[0]];
  before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  tenant uuid := (coalesce(after, before) ->> 'tenant_id')::uuid;
begin
  if not wardgate.second_needed() then
    return null;
  end if;
  if tg_op = 'DELETE' and not exists (
      select from wardgate.provider as p where p.tenant_id = tenant) then
    return null;
  end if;
  if after - box = before - box
      and exists (select from wardgate.sealing_key as k
                   where k.kid = after ->> tg_argv[0] and k.stage = 'use')
      and not exists (select from wardgate.sealing_key as k
                       where k.kid = before ->> tg_argv[0]
                         and k.stage = 'use') then
    return null;
  end if;
  perform wardgate.second_must_be(tenant);
  return null;
end $$;
comment on function wardgate.credential_seconded is
  'Trigger: a credential comes, changes and goes with a second operator';

create trigger seconded after insert or update or delete on wardgate.tenant
   for each row execute function wardgate.tenant_seconded();
create trigger seconded after insert or update on wardgate.provider
   for each row execute function wardgate.provider_seconded();
create trigger seconded
 after insert or update or delete on wardgate.provider_credential
   for each row execute function wardgate.credential_seconded('kid');
create trigger seconded
 after insert or update or delete on wardgate.provider_tls
   for each row execute function wardgate.credential_seconded('sealed_to');

-- ---- proposing

create function wardgate.fingerprints(pem text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select string_agg(regexp_replace(upper(encode(sha256(decode(
             regexp_replace(r.block[1], '\s', '', 'g'), 'base64')), 'hex')),
             '(..)(?=.)', '\1:', 'g'), ', ' order by r.n)
      from regexp_matches(pem, '-----BEGIN [A-Z0-9 ]+-----'
             '([A-Za-z0-9+/=\s]+)-----END', 'g')
        with ordinality as r (block, n));
exception when data_exception then
  return 'no PEM';
end $$;
comment on function wardgate.fingerprints is
  'SHA-256 of each certificate in a text, as AA:BB:...; null: there is none';

-- State and notice are no part of it: a maintenance meanwhile is no matter. Of a
-- credential what is no secret and stays when it is sealed anew.
create function wardgate.mapping_now(tenant uuid)
returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select to_jsonb(t) - array['tenant_id', 'state', 'notice', 'notice_until',
           'retry_after_s', 'created_at']
         || coalesce(to_jsonb(p) - array['provider_id', 'tenant_id',
           'revision', 'credential_at'], '{}')
         || jsonb_build_object('override', w.why, 'certificate',
           wardgate.fingerprints(s.chain), 'certificate_ca',
           wardgate.fingerprints(s.ca), 'certificate_set_at', s.set_at)
         || coalesce((
           select jsonb_object_agg('credential_' || v.key, v.value)
             from jsonb_each(to_jsonb(c) - array['tenant_id', 'box', 'kid'])
               as v), '{}')
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
    left join wardgate.provider_credential as c using (tenant_id)
    left join wardgate.production_override as w using (tenant_id)
    left join wardgate.provider_tls as s using (tenant_id)
   where t.tenant_id = tenant
$$;
comment on function wardgate.mapping_now is
  'A hospital as proposals compare it; null: there is none';

create function wardgate.proposal_run(tenant uuid, kind text, what jsonb)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if kind = 'hospital' then
    perform p.outcome
       from wardgate.tenant_put(tenant::text, what ->> 'name',
            what ->> 'slug', what ->> 'provider_url', what ->> 'fhir_version',
            what ->> 'mode', what ->> 'search_post', what ->> 'http2',
            what ->> 'connect_ms', what ->> 'total_ms', what ->> 'mrn_system',
            null, what ->> 'can_contains', what ->> 'can_sort',
            what ->> 'can_total', what ->> 'can_batch',
            what ->> 'coverage_person', what ->> 'write_extensions',
            networks => what ->> 'networks',
            environment => what ->> 'environment',
            requests_max => what ->> 'requests_max',
            calls_per_s => what ->> 'calls_per_s',
            override => what ->> 'override') as p;
  elsif kind = 'tls' then
    perform c.outcome
       from wardgate.tls_put(tenant::text, what ->> 'certificate',
            what ->> 'certificate_key', what ->> 'provider_ca') as c;
  else
    perform c.outcome
       from wardgate.credential_put(tenant::text, what ->> 'auth',
            what ->> 'credential', what ->> 'token_url',
            what ->> 'token_client', what ->> 'token_auth',
            what ->> 'token_scope', what ->> 'token_resource',
            what ->> 'token_audience') as c;
  end if;
end $$;
comment on function wardgate.proposal_run is
  'Does what was entered: the hospital, its credential, or its certificates';

-- It is done and taken back: so what could not be stored cannot be proposed, and
-- what it would change is known.
-- WG001, as WG000 would stand for all of WG.
create function wardgate.proposal_make(
  account uuid, tenant uuid, kind text, what jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before jsonb := wardgate.mapping_now(tenant);
  after  jsonb;
  made   uuid;
begin
  begin
    insert into wardgate.proposal (tenant_id, kind, what, summary, state,
           decided_at, applied_in)
    values (tenant, proposal_make.kind, '{}', '', 'approved', now(),
           pg_current_xact_id());
    perform wardgate.proposal_run(tenant, proposal_make.kind,
        proposal_make.what);
    after := wardgate.mapping_now(tenant);
    raise exception using errcode = 'WG001';
  exception when sqlstate 'WG001' then
    null;
  end;
  insert into wardgate.proposal (tenant_id, kind, what, found, wanted, summary,
         made_by)
  values (tenant, proposal_make.kind, proposal_make.what, before, after,
         coalesce(wardgate.act_detail(before, after, '{}', '{}'), ''), account)
  returning proposal_id into made;
  return made;
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'Another change of this hospital waits for a second operator. That has to be answered first.');
end $$;
comment on function wardgate.proposal_make is
  'Keeps a change until a second operator agrees; returns its id';

-- proposed: null when nobody else has to agree: then it is done. refused: it is
-- not, and the trail has that.
create function wardgate.proposal_or_done(
  account uuid, tenant uuid, kind text, what jsonb, out proposed uuid,
  out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  rule    text;
  problem text;
begin
  begin
    begin
      perform wardgate.proposal_run(tenant, kind, what);
      return;
    exception when sqlstate 'WG409' then
      get stacked diagnostics rule = constraint_name;
      if rule <> 'second_approver' then
        raise;
      end if;
    end;
    proposed := wardgate.proposal_make(account, tenant, kind, what);
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, refused = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(tenant, problem);
  end;
end $$;
comment on function wardgate.proposal_or_done is
  'Does a change, or proposes it when a second operator has to agree';

create function wardgate.portal_credential_put(
  account uuid, tenant uuid, auth text, credential text, token_url text,
  token_client text, token_auth text, token_scope text, token_resource text,
  token_audience text, out proposed uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.onboarding_lock();
  proposed := (wardgate.proposal_or_done(account, tenant, 'credential',
      jsonb_build_object('auth', auth, 'credential', credential, 'token_url',
        token_url, 'token_client', token_client, 'token_auth', token_auth,
        'token_scope', token_scope, 'token_resource', token_resource,
        'token_audience', token_audience))).proposed;
end $$;
comment on function wardgate.portal_credential_put is
  'Sets or proposes what the server of a hospital wants to see, for operators';

create function wardgate.portal_tls(account uuid, tenant uuid)
returns table (
  chain text, ca text, set_at timestamptz, origin text, lost boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select c.chain, c.ca, c.set_at, c.origin,
         c.origin <> wardgate.origin_of(p.base_url)
    from wardgate.provider_tls as c
    join wardgate.provider as p using (tenant_id)
   where c.tenant_id = tenant;
end $$;
comment on function wardgate.portal_tls is
  'Certificate of the gateway for a hospital, and CAs of its server, for operators';

-- As tls_put; none takes either away, what is empty stays.
create function wardgate.portal_tls_put(
  account uuid, tenant uuid, certificate text, certificate_key text,
  provider_ca text, out proposed uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.onboarding_lock();
  proposed := (wardgate.proposal_or_done(account, tenant, 'tls',
      jsonb_build_object('certificate', certificate, 'certificate_key',
        certificate_key, 'provider_ca', provider_ca))).proposed;
end $$;
comment on function wardgate.portal_tls_put is
  'Sets or proposes certificate and CAs of a hospital, for operators';

create function wardgate.portal_second(account uuid)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return wardgate.second_needed();
end $$;
comment on function wardgate.portal_second is
  'Does a second operator have to agree to some changes? For operators';

-- ---- answering

create function wardgate.portal_proposal_list(account uuid)
returns table (
  proposal_id uuid,
  tenant_id   uuid,
  tenant_name text,
  kind        text,
  summary     text,
  login_of    text,
  made_at     timestamptz,
  expires_at  timestamptz,
  state       text,
  decider     text,
  decided_at  timestamptz,
  answer      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.proposal_id, r.tenant_id, coalesce(t.name, r.wanted ->> 'name'),
         r.kind, r.summary, m.login, r.made_at, r.expires_at,
         case when r.state = 'open' and r.expires_at <= now() then 'expired'
              else r.state
          end, d.login, r.decided_at, r.answer
    from (
   (select o.* from wardgate.proposal as o where o.state = 'open'
     order by o.made_at limit 500)
   union all
   (select e.* from wardgate.proposal as e
     where e.decided_at is not null
     order by e.decided_at desc limit 50)) as r
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as m on m.account_id = r.made_by
    left join wardgate.account as d on d.account_id = r.decided_by
   order by r.decided_at desc nulls first, r.made_at, r.proposal_id;
end $$;
comment on function wardgate.portal_proposal_list is
  'Changes that wait for a second operator, and the newest answers, for operators';

create function wardgate.portal_proposal_count(account uuid)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return (select count(*) from wardgate.proposal as p
           where p.state = 'open' and p.expires_at > now());
end $$;
comment on function wardgate.portal_proposal_count is
  'How many changes wait for a second operator, for operators';

-- own: the account proposed it, and cannot approve it. certificates: those that
-- it brings, PEM, as long as it is not answered.
create function wardgate.portal_proposal(account uuid, proposal uuid)
returns table (
  proposal_id uuid,
  tenant_id   uuid,
  tenant_name text,
  kind        text,
  login_of    text,
  made_at     timestamptz,
  expires_at  timestamptz,
  state       text,
  own          boolean,
  stale        boolean,
  certificates text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select p.proposal_id, p.tenant_id, coalesce(t.name, p.wanted ->> 'name'),
         p.kind, m.login, p.made_at, p.expires_at,
         case when p.state = 'open' and p.expires_at <= now() then 'expired'
              else p.state
          end, p.made_by is not distinct from portal_proposal.account,
         wardgate.mapping_now(p.tenant_id) is distinct from p.found,
         nullif(concat(nullif(p.what ->> 'certificate', 'none'),
           nullif(p.what ->> 'provider_ca', 'none')), '')
    from wardgate.proposal as p
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as m on m.account_id = p.made_by
   where p.proposal_id = portal_proposal.proposal;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such proposal.');
  end if;
end $$;
comment on function wardgate.portal_proposal is
  'One change that waits or waited for a second operator, for operators';

create function wardgate.portal_proposal_changes(account uuid, proposal uuid)
returns table (field text, before text, after text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.key, p.found ->> k.key, p.wanted ->> k.key
    from wardgate.proposal as p
    cross join lateral (
         select f.key from jsonb_object_keys(p.found) as f (key)
          union
         select w.key from jsonb_object_keys(p.wanted) as w (key)) as k
   where p.proposal_id = portal_proposal_changes.proposal
     and p.found -> k.key is distinct from p.wanted -> k.key
     and coalesce(p.found ->> k.key, p.wanted ->> k.key, '') <> ''
   order by k.key;
end $$;
comment on function wardgate.portal_proposal_changes is
  'What a proposal would change, field by field, for operators';

create function wardgate.portal_proposal_open(account uuid, proposal uuid)
returns wardgate.proposal
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.proposal;
begin
  perform wardgate.portal_operator_acts(account);
  perform wardgate.onboarding_lock();
  select p.* into asked
    from wardgate.proposal as p
   where p.proposal_id = proposal for update;
  if asked.proposal_id is null then
    perform wardgate.refuse('WG404', 'There is no such proposal.');
  elsif asked.state in ('approved', 'declined') then
    perform wardgate.refuse('WG409', 'This proposal is answered already.');
  elsif asked.state = 'expired' or asked.expires_at <= now() then
    perform wardgate.refuse('WG409',
        'This proposal has waited for too long. Propose it again.');
  end if;
  return asked;
end $$;
comment on function wardgate.portal_proposal_open is
  'Locks a proposal that waits; WG404, or WG409 when it is answered or over';

-- Two who are operators now have to agree, about the hospital as it is now.
create function wardgate.portal_proposal_approve(
  account uuid, proposal uuid, out tenant_id uuid, out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked   wardgate.proposal := wardgate.portal_proposal_open(account, proposal);
  rule    text;
  problem text;
begin
  if asked.made_by = account then
    perform wardgate.refuse('WG409',
        'You proposed this yourself: another operator has to agree.');
  elsif not wardgate.account_is(asked.made_by, array['operator']) then
    perform wardgate.refuse('WG409',
        'Whoever proposed this is no operator any more. Decline it.');
  elsif wardgate.mapping_now(asked.tenant_id) is distinct from asked.found then
    perform wardgate.refuse('WG409',
        'The hospital was changed since this was proposed. Decline it, and propose it again.');
  end if;
  tenant_id := asked.tenant_id;
  begin
    update wardgate.proposal as p
       set state = 'approved', decided_by = account, decided_at = now(),
           applied_in = pg_current_xact_id(), what = '{}'
     where p.proposal_id = asked.proposal_id;
    perform wardgate.proposal_run(asked.tenant_id, asked.kind, asked.what);
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, refused = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(asked.tenant_id, problem);
  end;
end $$;
comment on function wardgate.portal_proposal_approve is
  'A second operator agrees: the change is made; refused: why it cannot be, which the trail has';

-- Whoever proposed it may take it back.
create function wardgate.portal_proposal_decline(
  account uuid, proposal uuid, answer text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.proposal := wardgate.portal_proposal_open(account, proposal);
  kept  text := wardgate.line_read('reason', wardgate.given(answer), 1000);
begin
  if kept is null then
    perform wardgate.refuse('WG400',
        'Say why: whoever proposed it will read it.');
  end if;
  update wardgate.proposal as p
     set state = 'declined', decided_by = account, decided_at = now(),
         answer = kept, what = '{}'
   where p.proposal_id = asked.proposal_id;
end $$;
comment on function wardgate.portal_proposal_decline is
  'Declines a change, with a reason, for operators';

create function wardgate.proposal_expire(at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended bigint;
begin
  update wardgate.proposal as p
     set state = 'expired', decided_at = now(), what = '{}'
   where p.proposal_id in (
         select o.proposal_id
           from wardgate.proposal as o
          where o.state = 'open' and o.expires_at <= now()
          limit at_most
            for update skip locked);
  get diagnostics ended = row_count;
  return ended;
end $$;
comment on function wardgate.proposal_expire is
  'Ends proposals that have waited for too long; returns how many';

-- ---- functions/51_audit_act.sql

-- Triggers on the tables that say who may do what write an audit row for each
-- row that is added, changed or removed, in the transaction that does it: no
-- way of changing them goes past that, a line of SQL neither. What programs
-- keep up by themselves, a hash under the newest pepper, when keys were fetched
-- last, is no change. A change that is refused or taken back leaves no row.

-- wardgate.actor and wardgate.source: set for one transaction by what the portal
-- calls (27_account.sql).
create function wardgate.actor()
returns text
language sql stable
return session_user
       || coalesce(' (' || coalesce(
            nullif(current_setting('wardgate.actor', true), ''),
            nullif(current_setting('application_name'), '')) || ')', '');
comment on function wardgate.actor is
  'Database user of the session, and who signed in there or what its program calls itself';

create function wardgate.audit_act(
  act text, client uuid, tenant uuid, secret text, token text, detail text,
  patient text default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at    timestamptz := clock_timestamp();
  trace uuid := (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint),
      12, '0') || right(replace(gen_random_uuid()::text, '-', ''), 20))::uuid;
begin
  -- as audit_write: durable, whatever somebody set for the role
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.audit (at, trace_id, program, client_id, tenant_id,
         patient_id, secret_key_id, token_id, interaction, status, source,
         made_by, detail)
  values (at, trace, 'wardgate', client, tenant, patient, secret, token, act,
         200, coalesce(nullif(current_setting('wardgate.source', true), '')::inet,
             inet_client_addr()), wardgate.actor(),
         left(nullif(audit_act.detail, ''), 2000));
end $$;
comment on function wardgate.audit_act is
  'Writes what somebody changed, or was told, into the trail';

-- Null: nothing that counts is different. Of a row that came or went its values.
create function wardgate.act_detail(
  before jsonb, after jsonb, ignored text[], hidden text[])
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select string_agg(
         case when k = any (hidden) then k
              when before is null then k || ' ' || left(after ->> k, 200)
              when after is null then k || ' ' || left(before ->> k, 200)
              else format('%s %s -> %s', k,
                coalesce(left(before ->> k, 200), 'none'),
                coalesce(left(after ->> k, 200), 'none'))
          end, '; ' order by k)
    from jsonb_object_keys(coalesce(after, before)) as k
   where k <> all (ignored)
     and before -> k is distinct from after -> k
     and coalesce(after ->> k, before ->> k, '') <> ''
$$;
comment on function wardgate.act_detail is
  'What is different between two rows, in words';

-- Arguments: what a row is called; columns that identify it; columns that do
-- not count; columns whose values are not told.
create function wardgate.row_audited()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  object  text := tg_argv[0];
  ids     text[] := string_to_array(tg_argv[1], ' ');
  own     text[] := array['client_id', 'tenant_id', 'key_id'];
  ignored text[] := ids || own || string_to_array(tg_argv[2], ' ');
  change  record;
  said    text;
begin
  if tg_op = 'TRUNCATE' then
    perform wardgate.audit_act('remove-' || object, null, null, null, null,
        'all of them');
    return null;
  end if;
  for change in execute case tg_op
      when 'INSERT' then
        'select null::jsonb as b, to_jsonb(y) as a from after as y'
      when 'DELETE' then
        'select to_jsonb(x) as b, null::jsonb as a from before as x'
      else format('select to_jsonb(x) as b, to_jsonb(y) as a'
        ' from before as x full join after as y using (%s)',
        array_to_string(ids, ', '))
      end
  loop
    said := wardgate.act_detail(change.b, change.a, ignored,
        string_to_array(tg_argv[3], ' '));
    continue when said is null and change.a is not null
        and change.b is not null;
    perform wardgate.audit_act(
        case when change.b is null then 'add-'
             when change.a is null then 'remove-'
             else 'change-'
         end || object,
        (coalesce(change.a, change.b) ->> 'client_id')::uuid,
        (coalesce(change.a, change.b) ->> 'tenant_id')::uuid,
        coalesce(change.a, change.b) ->> 'key_id', null,
        concat_ws('; ', (
          select string_agg(coalesce(change.a, change.b) ->> i, ' ')
            from unnest(ids) as i where i <> all (own)), said));
  end loop;
  return null;
end $$;
comment on function wardgate.row_audited is
  'Trigger: writes each row that somebody changed into the trail';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id', 'created_at', 'contact'),
      ('client_secret', 'secret', 'key_id',
       'hash hint pepper_version created_at', ''),
      ('client_jwks', 'keys', 'client_id', 'set_at', 'jwks'),
      ('client_jwks_url', 'keys-url', 'client_id',
       'set_at wanted_at tried_at fetched_at error', ''),
      ('tenant', 'tenant', 'tenant_id', 'created_at', ''),
      ('provider', 'provider', 'tenant_id',
       'provider_id revision credential_at', ''),
      ('provider_credential', 'credential', 'tenant_id', 'set_at', 'box'),
      ('production_override', 'override', 'tenant_id', 'made_at', ''),
      ('probe_patient', 'test-patient', 'tenant_id', '', ''),
      ('provider_tls', 'tls', 'tenant_id', 'set_at', 'box chain ca'),
      ('provider_key', 'provider-key', 'tenant_id kid', 'made_at', 'box jwk'),
      ('client_grant', 'grant', 'client_id tenant_id', 'granted_at', ''),
      ('signing_key', 'signing-key', 'kid', 'made_at', ''),
      ('sealing_key', 'sealing-key', 'kid', 'made_at', 'public_key'),
      ('pepper', 'pepper', 'version', 'used_at', ''),
      ('policy', 'policy', 'name', '', ''),
      ('account', 'account', 'account_id',
       'created_at signed_in_at lang totp_step', 'passphrase totp'),
      ('client_owner', 'owner', 'client_id account_id', 'since', ''),
      ('proposal', 'proposal', 'proposal_id',
       'what found wanted made_by made_at expires_at decided_by decided_at'
       ' applied_in', ''),
      ('grant_request', 'request', 'request_id',
       'account_id made_at decided_at', ''))
      as v (name, object, ids, ignored, hidden)
  loop
    execute format(
        'create trigger audited_by_insert after insert on wardgate.%I'
        ' referencing new table as after for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
    execute format(
        'create trigger audited_by_truncate after truncate on wardgate.%I'
        ' for each statement'
        ' execute function wardgate.row_audited(%L, %L, %L, %L)',
        t.name, t.object, t.ids, t.ignored, t.hidden);
  end loop;
end $$;

-- For a request that was refused: the newest change that bore on it, be it a
-- year ago. A client that ended its own token is found as long as such a token
-- can have lived.
create function wardgate.audit_act_behind(trace uuid)
returns table (at timestamptz, made_by text, act text, detail text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  r       record;
  objects text[];
begin
  select a.* into r
    from wardgate.audit_tail(null, null, trace, 1) as a;
  objects := case
    when r.reason = 'token_revoked' then array['token', 'secret', 'keys',
      'client', 'grant', 'tenant', 'everything']
    when r.reason in ('secret_invalidated', 'secret_expired',
      'token_secret_invalidated', 'assertion_key_unknown')
      then array['secret', 'keys']
    when r.reason in ('client_disabled', 'client_unknown',
      'token_client_disabled') then array['client']
    when r.reason in ('tenant_not_granted', 'token_grant_removed',
      'scope_refused', 'type_not_granted') then array['grant']
    when r.reason in ('tenant_suspended', 'tenant_unknown',
      'tenant_maintenance') then array['tenant']
    end;
  return query
  select f.at, f.made_by, f.interaction, f.detail
    from (
 (select a.at, a.made_by, a.interaction, a.detail
    from wardgate.audit as a
   where a.made_by is not null and a.at <= r.at + interval '1 s'
     and a.interaction not like 'add-%'
     and substr(a.interaction, strpos(a.interaction, '-') + 1)
         = any (objects)
     and case substr(a.interaction, strpos(a.interaction, '-') + 1)
           when 'everything' then true
           when 'token' then a.token_id = r.token_id
           when 'secret' then a.secret_key_id = r.secret_key_id
           when 'tenant' then a.tenant_id = r.tenant_id
           when 'grant' then a.client_id = r.client_id
             and a.tenant_id = r.tenant_id
           else a.client_id = r.client_id
         end
   order by a.at desc
   limit 1)
   union all
 (select a.at, 'the client itself', a.interaction, null
    from wardgate.audit as a
   where r.reason = 'token_revoked' and a.at > r.at - interval '2 hours'
     and a.at <= r.at + interval '1 s' and a.interaction = 'revoke'
     and a.status = 200 and a.token_id = r.token_id
   limit 1)) as f
   order by f.at desc
   limit 1;
end $$;
comment on function wardgate.audit_act_behind is
  'The change that a refused request goes back to, if somebody made one';

-- ---- functions/52_portal_why.sql

-- Owners see what their own apps asked for, operators, auditors and admins every
-- request. No id of a patient or record is told, and no name of a hospital that an
-- app was never linked to. A row that somebody may not see is as if it were not
-- there.
create function wardgate.portal_trace(account uuid, trace uuid)
returns table (
  at              timestamptz,
  program         text,
  entry           bigint,
  client_id       uuid,
  client_name     text,
  secret_key_id   text,
  tenant_name     text,
  interaction     text,
  resource_type   text,
  face            text,
  status          bigint,
  reason          text,
  duration_ms     bigint,
  upstream_status bigint,
  upstream_ms     bigint,
  source          text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  sees_all boolean := wardgate.account_is(account,
      array['operator', 'auditor', 'admin']);
begin
  return query
  select r.at, r.program, r.entry::bigint, r.client_id, c.name,
         r.secret_key_id,
         case when sees_all or exists (
                   select from wardgate.client_grant as g
                    where g.client_id = r.client_id
                      and g.tenant_id = r.tenant_id)
              then t.name
          end, r.interaction, r.resource_type, r.face,
         r.status::bigint, r.reason, (r.duration_us / 1000)::bigint,
         r.upstream_status::bigint, r.upstream_ms::bigint, host(r.source)
    from wardgate.audit_tail(null, null, trace, 1000) as r
    left join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
   where r.made_by is null
     and (sees_all or exists (
         select from wardgate.client_owner as o
          where o.client_id = r.client_id and o.account_id = account))
   order by r.entry;
end $$;
comment on function wardgate.portal_trace is
  'The audit rows of a request, without what they say of patients';

-- ---- functions/53_secret_notice.sql

-- One notice that is due, or none: of a secret that works, of a client that is
-- not disabled, for the lowest threshold it has crossed. One that was made for
-- no longer than the threshold crosses none: its owner knows. Of two keepers
-- one gets it.
create function wardgate.secret_notice_take()
returns table (
  client_id uuid,
  name      text,
  contact   text,
  key_id    text,
  label     text,
  days      integer,
  not_after timestamptz,
  tries     integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with crossed as (
    select s.key_id, min(d.days) as days
      from wardgate.client_secret as s
      join wardgate.client as c using (client_id)
     cross join (values (30), (14), (7), (1)) as d (days)
     where c.disabled_at is null and s.invalidated_at is null
       and s.not_after > now()
       and s.not_after - make_interval(days => d.days) <= now()
       and s.not_after - make_interval(days => d.days)
           > s.created_at + interval '1 hour'
     group by s.key_id),
  taken as (
    insert into wardgate.secret_notice as n (key_id, days, taken_at)
    select x.key_id, x.days, now()
      from crossed as x
     where not exists (
         select from wardgate.secret_notice as m
          where m.key_id = x.key_id and m.days = x.days
            and (m.told_at is not null
                 or m.taken_at > now() - interval '1 hour'))
     order by x.days, x.key_id
     limit 1
        on conflict (key_id, days) do update
       set taken_at = now(), tries = n.tries + 1
     where n.told_at is null and n.taken_at <= now() - interval '1 hour'
    returning n.key_id, n.days, n.tries)
  select s.client_id, c.name, c.contact, s.key_id, s.label, t.days,
         s.not_after, t.tries
    from taken as t
    join wardgate.client_secret as s using (key_id)
    join wardgate.client as c using (client_id);
end $$;
comment on function wardgate.secret_notice_take is
  'Takes one notice that is due: a secret that is about to end';

create function wardgate.secret_notice_told(key text, threshold bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.secret_notice as n
     set told_at = now()
   where n.key_id = key and n.days = threshold;
  return found;
end $$;
comment on function wardgate.secret_notice_told is
  'A notice was given: it is not taken again; false: there is none';

-- ---- functions/54_secret_trail.sql

create function wardgate.credential_gone(key text)
returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select not exists (
             select from wardgate.client_secret as s where s.key_id = key)
         and not exists (
             select from wardgate.client_jwks as k where key = any (k.creds))
$$;
comment on function wardgate.credential_gone is
  'Is this the id of no secret and of no public key?';

-- Secrets stay, ended or not, and with them what is known of their uses. Public
-- keys come and go with the set that their owner publishes: of those that are
-- in no set any more nothing is kept for longer than `older_than`.
create function wardgate.secret_trail_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before  timestamptz := now() - older_than;
  removed bigint := 0;
  step    bigint;
begin
  delete from wardgate.secret_use as u
   where (u.key_id, u.tenant_id) in (
         select o.key_id, o.tenant_id
           from wardgate.secret_use as o
          where o.last_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  removed := removed + step;
  delete from wardgate.secret_shown as s
   where s.key_id in (
         select o.key_id
           from wardgate.secret_shown as o
          where o.last_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  removed := removed + step;
  delete from wardgate.secret_notice as n
   where (n.key_id, n.days) in (
         select o.key_id, o.days
           from wardgate.secret_notice as o
          where o.taken_at < before and wardgate.credential_gone(o.key_id)
          limit at_most
            for update skip locked);
  get diagnostics step = row_count;
  return removed + step;
end $$;
comment on function wardgate.secret_trail_trim is
  'Forgets the uses of public keys that are in no set any more; returns how many';

-- ---- functions/55_loss.sql

-- `counted` is a JSON array of objects with the columns of the table, `tenant`
-- first. Left out: tenants that are gone, what is no name of an element, and
-- new names of a tenant that has 4000 already; so a facade that was deceived
-- cannot fill the disk. In the order of the key: facades that count the same
-- at once wait for each other and never in a circle. Returns the rows kept.
create function wardgate.loss_add(counted text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept bigint;
begin
  insert into wardgate.loss as l (tenant_id, from_version, to_version,
         element, fate, times)
  select r.tenant, r.from_version, r.to_version, r.element, r.fate,
         least(sum(r.times), 1000000000000)
    from jsonb_to_recordset(counted::jsonb) as r (tenant uuid,
         from_version text, to_version text, element text, fate text,
         times bigint)
    join wardgate.tenant as t on t.tenant_id = r.tenant
   where r.times > 0
     and r.element ~ '^[A-Z][A-Za-z]{0,39}(\.[A-Za-z0-9]{1,60}(\[x\])?){0,8}$'
     and length(r.element) <= 160
     and (exists (
           select from wardgate.loss as o
            where (o.tenant_id, o.from_version, o.to_version, o.element,
                   o.fate)
                  = (r.tenant, r.from_version, r.to_version, r.element,
                   r.fate))
         or (select count(*)
               from wardgate.loss as n where n.tenant_id = r.tenant) < 4000)
   group by r.tenant, r.from_version, r.to_version, r.element, r.fate
   order by r.tenant, r.from_version, r.to_version, r.element, r.fate
      on conflict (tenant_id, from_version, to_version, element, fate)
      do update
     set times = l.times + excluded.times, last_at = excluded.last_at;
  get diagnostics kept = row_count;
  return kept;
end $$;
comment on function wardgate.loss_add is
  'Adds what a facade has counted; returns how many rows were kept';

-- tenant: its GUID or its slug; null: of all.
create function wardgate.loss_list(tenant text)
returns setof wardgate.loss_report
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if tenant is not null and not exists (
      select from wardgate.tenant as t
       where t.slug = tenant or t.tenant_id::text = lower(tenant)) then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s.', wardgate.quoted(tenant)));
  end if;
  return query
  select r.*
    from wardgate.loss_report as r
   where tenant is null or r.slug = tenant
      or r.tenant_id::text = lower(tenant);
end $$;
comment on function wardgate.loss_list is
  'The loss report of one tenant, or of all';

-- ---- functions/55_portal_tokens.sql

-- The first parameter is always the account that asks. The list comes from the
-- trail, by an index of its own (audit_tokens), so it is quick however much is
-- kept.

-- A secret that has ended already is none the less revoked: whatever a process
-- issued on what it knew a moment before goes too.
create function wardgate.portal_secret_breach(
  account uuid, client uuid, key_id text, why text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.secret_invalidate(client, key_id);
  perform wardgate.revoke('secret', client, null, key_id,
      coalesce(wardgate.given(why), 'somebody else may have it'), false);
end $$;
comment on function wardgate.portal_secret_breach is
  'Ends a secret and revokes its tokens, in one step, with the reason in the trail';

-- Newest first. skipped: how many to leave out, to go on from.
create function wardgate.portal_secret_tokens(
  account uuid, client uuid, key_id text, days bigint, skipped bigint,
  at_most bigint)
returns table (
  at          timestamptz,
  tenant_id   uuid,
  tenant_name text,
  network     text,
  token_id    text,
  trace_id    uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select a.at, a.tenant_id, t.name, wardgate.network_of(a.source)::text,
         a.token_id, a.trace_id
    from wardgate.audit as a
    left join wardgate.tenant as t using (tenant_id)
   where a.secret_key_id = portal_secret_tokens.key_id
     and a.client_id = client
     and a.program = 'token' and a.interaction = 'token' and a.status = 200
     and a.at > now() - make_interval(days => days::integer)
   order by a.at desc, a.trace_id
  offset skipped
   limit at_most;
end $$;
comment on function wardgate.portal_secret_tokens is
  'The tokens that were issued with a secret of an app, from the trail';

create function wardgate.portal_secret_hospitals(
  account uuid, client uuid, key_id text, days bigint)
returns table (
  tenant_id   uuid,
  tenant_name text,
  tokens      bigint,
  first_at    timestamptz,
  last_at     timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select g.tenant_id, t.name, g.tokens, g.first_at, g.last_at
    from (select a.tenant_id, count(*) as tokens, min(a.at) as first_at,
                 max(a.at) as last_at
            from wardgate.audit as a
           where a.secret_key_id = portal_secret_hospitals.key_id
             and a.client_id = client
             and a.program = 'token' and a.interaction = 'token'
             and a.status = 200
             and a.at > now() - make_interval(days => days::integer)
           group by a.tenant_id) as g
    left join wardgate.tenant as t using (tenant_id)
   order by g.tokens desc, g.tenant_id;
end $$;
comment on function wardgate.portal_secret_hospitals is
  'For which hospitals a secret of an app got tokens, and how many';

-- ---- functions/56_portal_audit.sql

-- The first parameter is always the account that asks; whoever is no auditor is
-- told that there is nothing. Who asks about a patient says why, and the trail
-- keeps that, in the transaction whose answer it is: when it cannot be written,
-- nothing is told. The same goes for what is taken away as a file.
--
-- Lists are newest first and go on after a key: time in us since 1970, trace id
-- and entry of the last row that was told, which no later row can shift.

create function wardgate.portal_auditor_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['auditor']) then
    perform wardgate.refuse('WG404', 'There is no such page.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_auditor_acts is
  'WG404 unless the account is an auditor, whom the trail then names';

-- A day alone is the beginning of it, and with `ends` its end; a time with
-- `ends` is the end of that microsecond. Without a zone it is UTC.
create function wardgate.trail_time(value text, ends boolean)
returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp
set timezone = 'UTC' set datestyle = 'ISO, YMD' as $$
declare
  kept text := btrim(coalesce(value, ''));
  at   timestamptz;
begin
  if kept ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.{0,30})?$' then
    begin
      at := kept::timestamptz;
    exception when data_exception or invalid_text_representation then
      at := null;
    end;
  end if;
  if at is null then
    perform wardgate.refuse('WG400', format(
        '%s is not a day or time; write 2026-12-31 or 2026-12-31 06:00+01.',
        wardgate.quoted(kept)));
  end if;
  return case when not ends then at
              when length(kept) = 10 then at + interval '1 day'
              else at + interval '1 microsecond'
          end;
end $$;
comment on function wardgate.trail_time is
  'Where a range of the trail begins or ends (exclusive), as typed';

create function wardgate.trail_range(
  since text, until text, out low timestamptz, out high timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  low := wardgate.trail_time(since, false);
  high := case when wardgate.given(until) is null
               then date_trunc('minute', now()) + interval '2 minutes'
               else wardgate.trail_time(until, true)
           end;
  if low >= high then
    perform wardgate.refuse('WG400', 'The range ends before it begins.');
  end if;
end $$;
comment on function wardgate.trail_range is
  'A range of the trail as typed; without an end it goes on until now';

create function wardgate.trail_text(at timestamptz)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function wardgate.trail_text is
  'A time as files have it, to the microsecond';

create function wardgate.trail_key(told wardgate.audit)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select trunc(extract(epoch from told.at) * 1000000) || '.' || told.trace_id
         || '.' || told.entry
$$;
comment on function wardgate.trail_key is 'Where a list goes on after this row';

-- Nothing given: before the newest row that there can be.
create function wardgate.trail_key_read(
  key text, out at timestamptz, out trace uuid, out entry smallint)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  part text[] := regexp_match(key,
      '^([0-9]{1,17})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9]{1,4})$');
begin
  if wardgate.given(key) is null then
    at := 'infinity';
    trace := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    entry := 32767;
  elsif part is null then
    perform wardgate.refuse('WG400', 'The list cannot go on from there.');
  else
    at := to_timestamp(0) + part[1]::bigint * interval '1 microsecond';
    trace := part[2];
    entry := part[3];
  end if;
end $$;
comment on function wardgate.trail_key_read is 'What trail_key wrote';

-- A tenant or client ID as a filter; empty: any.
create function wardgate.trail_id(what text, value text)
returns uuid
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case when wardgate.given(value) is not null
              then wardgate.guid_read(what, btrim(value))
          end
$$;
comment on function wardgate.trail_id is
  'A tenant or client ID as a filter, as typed; null: any';

-- One row more than is told says whether there are more.
create function wardgate.trail_told(rows bigint, at_most bigint)
returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select format('told %s row%s%s', least(rows, at_most),
         case least(rows, at_most) when 1 then '' else 's' end,
         case when rows > at_most then ', there are more' else '' end)
$$;
comment on function wardgate.trail_told is 'How many rows were told, in words';

-- To choose from; what is gone can still be asked for by its id.
create function wardgate.portal_trail_names(account uuid)
returns table (kind text, id uuid, name text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_auditor_acts(account);
  return query
  select n.kind, n.id, n.name
    from (select 'tenant' as kind, t.tenant_id as id, t.name
            from wardgate.tenant as t
           union all
          select 'client', c.client_id, c.name
            from wardgate.client as c) as n
   order by n.kind, n.name, n.id
   limit 2000;
end $$;
comment on function wardgate.portal_trail_names is
  'Hospitals and apps by name, for auditors';

-- ---- whose records ------------------------------------------------------------

-- The planner must not take the ids for two more reasons why there are few rows:
-- then it would read and sort them all for each page. It sees nothing in a case.
create function wardgate.trail_of_patient(
  tenant uuid, patient text, low timestamptz, high timestamptz, after text,
  at_most bigint)
returns setof wardgate.audit
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  key record := wardgate.trail_key_read(after);
begin
  return query
  select a.*
    from wardgate.audit as a
   where hashtextextended(a.patient_id, uuid_hash_extended(a.tenant_id, 0))
           = hashtextextended(patient, uuid_hash_extended(tenant, 0))
     and case when a.patient_id = patient then a.tenant_id = tenant end
     and a.made_by is null and a.at >= low and a.at < high and a.at <= key.at
     and (a.at, a.trace_id, a.entry) < (key.at, key.trace, key.entry)
   order by a.at desc, a.trace_id desc, a.entry desc
   limit at_most;
end $$;
comment on function wardgate.trail_of_patient is
  'The accesses to records of one patient, newest first';

-- how: search, on the page; csv or fhir, as a file.
create function wardgate.portal_disclosures(
  account uuid, how text, tenant text, patient text, since text, until text,
  why text, after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  trace         text,
  entry         bigint,
  client_id     uuid,
  client_name   text,
  purpose       text,
  interaction   text,
  resource_type text,
  resource_id   text,
  patient_id    text,
  face          text,
  status        bigint,
  reason        text,
  returned      bigint,
  source        text,
  secret_key_id text,
  token_id      text,
  request_id    text,
  host          text,
  tenant_id     uuid,
  tenant_name   text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept  uuid;
  patient_kept text := btrim(coalesce(patient, ''));
  why_kept     text := wardgate.line_read('reason', coalesce(why, ''), 500);
  span         record;
  found        wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  tenant_kept := wardgate.guid_read('tenant ID', btrim(coalesce(tenant, '')));
  if patient_kept !~ '^[A-Za-z0-9.-]{1,64}$' then
    perform wardgate.refuse('WG400',
        'The patient is named by the FHIR id of the record: letters, digits, - and ., at most 64.');
  end if;
  if why_kept = '' then
    perform wardgate.refuse('WG400',
        'Say why you look: the trail keeps the reason.');
  end if;
  span := wardgate.trail_range(since, until);
  found := array(
      select t
        from wardgate.trail_of_patient(tenant_kept, patient_kept, span.low,
             span.high, after, at_most + 1) as t
       order by t.at desc, t.trace_id desc, t.entry desc);
  perform wardgate.audit_act(
      case how when 'search' then 'search' else 'export' end || '-disclosures',
      null, tenant_kept, null, null, concat_ws('; ',
        case when how <> 'search' then how end,
        'from ' || wardgate.trail_text(span.low),
        'to ' || wardgate.trail_text(span.high),
        'after ' || wardgate.given(after),
        wardgate.trail_told(cardinality(found), at_most),
        'reason: ' || why_kept), patient_kept);
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f),
         replace(f.trace_id::text, '-', ''), f.entry::bigint, f.client_id,
         c.name, g.purpose, f.interaction, f.resource_type, f.resource_id,
         f.patient_id, f.face, f.status::bigint, f.reason, f.returned::bigint,
         host(f.source), f.secret_key_id, f.token_id, f.request_id, f.host,
         f.tenant_id, n.name, cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.client_grant as g
           on g.client_id = f.client_id and g.tenant_id = f.tenant_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_disclosures is
  'Who asked for records of a patient, for auditors; that this was asked, and why, is in the trail before it is told';

-- ---- what was refused ---------------------------------------------------------

-- The gateway said no: 4xx, but not what the hospital simply does not have. A
-- list goes on after a key, a count takes all of them: the server puts this into
-- the query that asks, so neither reads or keeps more than it needs.
create function wardgate.trail_refused(
  low timestamptz, high timestamptz, tenant uuid, client uuid, cause text)
returns setof wardgate.audit
language sql stable as $$
  select a.*
    from wardgate.audit as a
   where a.status >= 400 and a.status < 500 and a.made_by is null
     and a.reason is distinct from 'not_found'
     and a.reason is distinct from 'gone'
     and a.at >= low and a.at < high
     and (tenant is null or a.tenant_id = tenant)
     and (client is null or a.client_id = client)
     and (cause is null or a.reason = cause)
$$;
comment on function wardgate.trail_refused is
  'Requests that were refused, in no order';

-- filed: it is taken away as a file, which the trail keeps.
create function wardgate.portal_refusals(
  account uuid, filed boolean, since text, until text, tenant text,
  client text, cause text, after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  trace         text,
  entry         bigint,
  program       text,
  client_id     uuid,
  client_name   text,
  tenant_id     uuid,
  tenant_name   text,
  interaction   text,
  resource_type text,
  face          text,
  status        bigint,
  reason        text,
  source        text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  cause_kept  text := wardgate.line_read('reason code',
      wardgate.given(cause), 60);
  tenant_kept uuid := wardgate.trail_id('tenant ID', tenant);
  client_kept uuid := wardgate.trail_id('client ID', client);
  span        record;
  last        record;
  found       wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  last := wardgate.trail_key_read(after);
  found := array(
      select t
        from wardgate.trail_refused(span.low, span.high, tenant_kept,
             client_kept, cause_kept) as t
       where t.at <= last.at
         and (t.at, t.trace_id, t.entry) < (last.at, last.trace, last.entry)
       order by t.at desc, t.trace_id desc, t.entry desc
       limit at_most + 1);
  if filed then
    perform wardgate.audit_act('export-refusals', null, null, null, null,
        concat_ws('; ', 'from ' || wardgate.trail_text(span.low),
          'to ' || wardgate.trail_text(span.high),
          'tenant ' || wardgate.given(tenant),
          'client ' || wardgate.given(client), 'reason code ' || cause_kept,
          'after ' || wardgate.given(after),
          wardgate.trail_told(cardinality(found), at_most)));
  end if;
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f),
         replace(f.trace_id::text, '-', ''), f.entry::bigint, f.program,
         f.client_id, c.name, f.tenant_id, n.name, f.interaction,
         f.resource_type, f.face, f.status::bigint, f.reason, host(f.source),
         cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_refusals is
  'Requests that were refused, for auditors, without what they say of patients';

create function wardgate.portal_refusal_counts(
  account uuid, since text, until text, tenant text, client text, cause text)
returns table (reason text, status bigint, times bigint, last_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_kept uuid := wardgate.trail_id('tenant ID', tenant);
  client_kept uuid := wardgate.trail_id('client ID', client);
  cause_kept  text := wardgate.given(cause);
  span        record;
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  return query
  select t.reason, t.status::bigint, count(*), max(t.at)
    from wardgate.trail_refused(span.low, span.high, tenant_kept, client_kept,
         cause_kept) as t
   group by t.reason, t.status
   order by 3 desc, 1, 2;
end $$;
comment on function wardgate.portal_refusal_counts is
  'How often each reason refused requests, for auditors';

-- ---- what people did ----------------------------------------------------------

-- who: a sign-in name, a database user, or both as the trail has them. kind: an
-- act, or what it was done to.
create function wardgate.portal_acts_list(
  account uuid, filed boolean, since text, until text, who text, kind text,
  after text, at_most bigint)
returns table (
  at            timestamptz,
  at_text       text,
  key           text,
  made_by       text,
  act           text,
  client_id     uuid,
  client_name   text,
  tenant_id     uuid,
  tenant_name   text,
  secret_key_id text,
  patient_id    text,
  detail        text,
  source        text,
  more          boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who_kept  text := wardgate.line_read('name', wardgate.given(who), 200);
  kind_kept text := wardgate.line_read('kind', wardgate.given(kind), 60);
  span      record;
  last      record;
  found     wardgate.audit[];
begin
  perform wardgate.portal_auditor_acts(account);
  span := wardgate.trail_range(since, until);
  last := wardgate.trail_key_read(after);
  found := array(
      select a
        from wardgate.audit as a
       where a.made_by is not null and a.at >= span.low and a.at < span.high
         and a.at <= last.at
         and (a.at, a.trace_id, a.entry) < (last.at, last.trace, last.entry)
         and (who_kept is null or a.made_by = who_kept
              or split_part(a.made_by, ' ', 1) = who_kept
              or right(a.made_by, length(who_kept) + 3)
                   = ' (' || who_kept || ')')
         and (kind_kept is null or a.interaction = kind_kept
              or substr(a.interaction, strpos(a.interaction, '-') + 1)
                   = kind_kept)
       order by a.at desc, a.trace_id desc, a.entry desc
       limit at_most + 1);
  if filed then
    perform wardgate.audit_act('export-acts', null, null, null, null,
        concat_ws('; ', 'from ' || wardgate.trail_text(span.low),
          'to ' || wardgate.trail_text(span.high), 'who ' || who_kept,
          'kind ' || kind_kept, 'after ' || wardgate.given(after),
          wardgate.trail_told(cardinality(found), at_most)));
  end if;
  return query
  select f.at, wardgate.trail_text(f.at), wardgate.trail_key(f), f.made_by,
         f.interaction, f.client_id, c.name, f.tenant_id, n.name,
         f.secret_key_id, f.patient_id, f.detail, host(f.source),
         cardinality(found) > at_most
    from unnest(found) as f
    left join wardgate.client as c on c.client_id = f.client_id
    left join wardgate.tenant as n on n.tenant_id = f.tenant_id
   order by f.at desc, f.trace_id desc, f.entry desc
   limit at_most;
end $$;
comment on function wardgate.portal_acts_list is
  'Who changed what, or was told what, for auditors';

-- ---- functions/56_portal_keys.sql

-- For operators: the first parameter is always the account that asks. Keys are
-- made and moved by `wardgate key` alone; here is nothing secret. step says what
-- comes next, step_at from when on it is safe (null: at any time).

-- known: how long a key must have been published; outlived: how long a retired
-- one must stay.
create function wardgate.portal_key_signing(
  account uuid, known interval, outlived interval)
returns table (
  kid     text,
  stage   text,
  since   timestamptz,
  step    text,
  step_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.kid, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      when 'retired' then k.retired_at
                      else k.withdrawn_at
          end,
         case when k.stage = 'use' then
              case when exists (select from wardgate.signing_key as o
                                 where o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then
              case when k.made_at + known > now() then 'wait' else 'use' end
              when k.stage = 'retired' then
              case when k.retired_at + outlived > now() then 'outlive'
                   else 'keeper'
               end
              else 'files'
          end,
         case k.stage when 'published' then k.made_at + known
                      when 'retired' then k.retired_at + outlived
          end
    from wardgate.signing_key as k
   order by array_position(array['use', 'published', 'retired', 'withdrawn'],
              k.stage), k.made_at desc, k.kid
   limit 50;
end $$;
comment on function wardgate.portal_key_signing is
  'Signing keys, their stages and next steps, for operators';

create function wardgate.portal_key_sealing(account uuid)
returns table (
  kid   text,
  stage text,
  since timestamptz,
  boxes bigint,
  step  text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.kid, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      when 'retired' then k.retired_at
                      else k.withdrawn_at
          end,
         k.boxes,
         case when k.stage = 'use' then
              case when exists (select from wardgate.sealing_key as o
                                 where o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then 'use'
              when k.stage = 'retired' and k.boxes > 0 then 'reseal'
              when k.stage = 'retired' then 'remove'
              else 'files'
          end
    from wardgate.sealing_key_list() as k
   order by array_position(array['use', 'published', 'retired', 'withdrawn'],
              k.stage), k.made_at desc, k.kid
   limit 50;
end $$;
comment on function wardgate.portal_key_sealing is
  'Sealing keys, their stages and next steps, for operators';

-- newest: the highest version that the program has a file of. Until one is named
-- the first is in use.
create function wardgate.portal_key_peppers(account uuid, newest bigint)
returns table (
  version bigint,
  stage   text,
  since   timestamptz,
  secrets bigint,
  step    text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  used bigint := coalesce(nullif(wardgate.pepper_in_use(), 0), 1);
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select v.version,
         case when v.version = used then 'use'
              when v.version > used then 'published'
              else 'retired'
          end, p.used_at, n.needed,
         case when v.version > used then 'use'
              when v.version = used and newest > used then 'follow'
              when v.version = used then 'rotate'
              when n.needed > 0 then 'wait'
              else 'remove'
          end
    from (select q.version::bigint from wardgate.pepper as q
           union
          select distinct s.pepper_version::bigint
            from wardgate.client_secret as s
           where s.invalidated_at is null
             and (s.not_after is null or s.not_after > now())
           union
          select newest where newest > 0) as v (version)
    left join wardgate.pepper as p on p.version = v.version
    cross join lateral wardgate.pepper_needed(v.version) as n (needed)
   order by v.version desc;
end $$;
comment on function wardgate.portal_key_peppers is
  'Versions of the pepper, and how many secrets need each, for operators';

create function wardgate.portal_key_fetched(account uuid)
returns table (
  client_id   uuid,
  client_name text,
  url         text,
  state       text,
  tried_at    timestamptz,
  fetched_at  timestamptz,
  error       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select u.client_id, c.name, u.url,
         case when u.error <> '' then 'failed'
              when u.fetched_at is null then 'never'
              else 'good'
          end, u.tried_at, u.fetched_at, u.error
    from wardgate.client_jwks_url as u
    join wardgate.client as c using (client_id)
   order by u.error = '', u.fetched_at is not null, c.name, u.client_id
   limit 500;
end $$;
comment on function wardgate.portal_key_fetched is
  'Apps that publish their keys, and how fetching them went, for operators';

-- ---- functions/56_traffic.sql

-- What counts stands here once. A call is one request for records that was let
-- in, whatever came of it: a batch is one call, a request with a token that is
-- not believed is nobody's. It is answered, or refused (status 4xx: what the
-- app asked for, or how), or failed (5xx: the hospital, or the gateway). The
-- error share is failed calls among all.

create function wardgate.call_outcome(status integer)
returns text
language sql immutable
return case when status < 400 then 'answered'
            when status < 500 then 'refused'
            else 'failed'
        end;
comment on function wardgate.call_outcome is
  'What became of a request, by the status of its answer';

-- Two digits tell as much as anybody wants to know and leave few enough values
-- to keep all of them: a percentile of rounded values is the rounded percentile,
-- over any hours and apps together.
create function wardgate.took_rounded(us bigint)
returns integer
language sql immutable
return case when us <= 1000 or us is null then 1
            when us <= 99000 then (us + 999) / 1000
            when us <= 990000 then (us + 9999) / 10000 * 10
            when us <= 9900000 then (us + 99999) / 100000 * 100
            when us <= 99000000 then (us + 999999) / 1000000 * 1000
            else (us + 9999999) / 10000000 * 10000
        end;
comment on function wardgate.took_rounded is
  'Microseconds as milliseconds, rounded up to two digits';

-- A refused token may have been asked for a hospital that is none, so that names
-- none: whoever guesses makes no rows.
create function wardgate.traffic_of(low timestamptz, high timestamptz)
returns setof wardgate.traffic
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with seen as (
    select date_trunc('hour', a.at, 'UTC') as hour, a.client_id,
           case when a.program = 'facade' or a.status < 400
                then a.tenant_id
            end as tenant_id,
           a.program,
           case when a.program = 'token' and a.status < 400
                then a.secret_key_id
            end as key_id,
           wardgate.call_outcome(a.status) as outcome,
           coalesce(a.reason, 'ok') as reason,
           wardgate.took_rounded(a.duration_us) as ms,
           count(*) as n, max(a.at) as last_at
      from wardgate.audit as a
     where a.at >= low and a.at < high and a.entry = 0 and a.made_by is null
       and (a.program = 'facade'
            or a.program = 'token' and a.interaction = 'token')
       and a.client_id is not null
     group by 1, 2, 3, 4, 5, 6, 7, 8)
  select s.hour, s.client_id, s.tenant_id, s.program, s.key_id, s.outcome,
         s.reason, sum(s.n)::bigint, max(s.last_at),
         array_agg(s.ms order by s.ms),
         array_agg(s.n::integer order by s.ms)
    from seen as s
    join wardgate.client as c using (client_id)
   group by s.hour, s.client_id, s.tenant_id, s.program, s.key_id, s.outcome,
         s.reason;
end $$;
comment on function wardgate.traffic_of is
  'The audit rows of a time, summed up by the hour';

create function wardgate.traffic_add(low timestamptz, high timestamptz)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.traffic as t
  select f.* from wardgate.traffic_of(low, high) as f
      on conflict on constraint traffic_key do update
     set calls = t.calls + excluded.calls,
         last_at = greatest(t.last_at, excluded.last_at),
         (took_ms, took_n) = (
           select array_agg(m.ms order by m.ms), array_agg(m.n order by m.ms)
             from (select u.ms, sum(u.n)::integer as n
                     from unnest(t.took_ms || excluded.took_ms,
                          t.took_n || excluded.took_n) as u (ms, n)
                    group by u.ms) as m);
end $$;
comment on function wardgate.traffic_add is
  'Adds the audit rows of a time that was not counted yet';

create function wardgate.traffic_hour_settle(start timestamptz)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.traffic as t
  select f.* from wardgate.traffic_of(start, start + interval '1 hour') as f
      on conflict on constraint traffic_key do update
     set calls = excluded.calls, last_at = excluded.last_at,
         took_ms = excluded.took_ms, took_n = excluded.took_n
   where (t.calls, t.last_at, t.took_ms, t.took_n) is distinct from
         (excluded.calls, excluded.last_at, excluded.took_ms, excluded.took_n);
end $$;
comment on function wardgate.traffic_hour_settle is
  'Counts an hour once more, in place of what was counted of it';

-- A row is written a little after its `at`: the last `lag` stays uncounted until
-- the next time. What took longer is found when its hour is counted once more,
-- from its start and in place of what was there, `settle` after its end; then it
-- is settled. After a long pause an hour at a time: returns the seconds that are
-- still behind, 0 when there is nothing left to do.
create function wardgate.traffic_roll_up(lag interval, settle interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  settled timestamptz;
  seen    timestamptz;
  high    timestamptz := now() - lag;
begin
  select r.done_to into settled
    from wardgate.roll_up as r where r.name = 'traffic' for update;
  select r.done_to into seen
    from wardgate.roll_up as r where r.name = 'traffic_seen' for update;
  if settled + interval '1 hour' + settle <= high then
    perform wardgate.traffic_hour_settle(settled);
    update wardgate.roll_up as r set done_to = settled + interval '1 hour'
     where r.name = 'traffic';
    seen := greatest(seen, settled + interval '1 hour');
  elsif seen < high then
    perform wardgate.traffic_add(seen, high);
    seen := high;
  else
    return 0;
  end if;
  update wardgate.roll_up as r set done_to = seen
   where r.name = 'traffic_seen';
  return ceil(extract(epoch from high - seen));
end $$;
comment on function wardgate.traffic_roll_up is
  'Counts what came since the last time; returns seconds still behind';

create function wardgate.traffic_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.traffic as t
   where t.ctid = any (array(
         select o.ctid
           from wardgate.traffic as o
          where o.hour < now() - older_than
          limit at_most
            for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.traffic_trim is
  'Forgets the traffic of hours that are long over; returns how many rows';

-- ---- reading it ------------------------------------------------------------------

-- Up to when it is counted: to this moment, unless the keeper has not come for
-- so long that the rest is too much to be read for a page.
create function wardgate.traffic_until()
returns timestamptz
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select case when r.done_to > now() - interval '10 minutes' then now()
                else r.done_to
            end
      from wardgate.roll_up as r
     where r.name = 'traffic_seen');
end $$;
comment on function wardgate.traffic_until is
  'Up to when the traffic is told that pages show';

-- What the keeper has not seen yet.
create function wardgate.traffic_live()
returns setof wardgate.traffic
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  seen timestamptz;
begin
  select r.done_to into seen
    from wardgate.roll_up as r where r.name = 'traffic_seen';
  if wardgate.traffic_until() > seen then
    return query select f.* from wardgate.traffic_of(seen, 'infinity') as f;
  end if;
end $$;
comment on function wardgate.traffic_live is
  'Traffic since the keeper came last';

-- Some hour may have two rows: what was summed up, and what was not yet. Written
-- so that a query that uses it reads what it needs and no more.
create function wardgate.traffic_since(
  since timestamptz, client uuid, tenant uuid)
returns setof wardgate.traffic
language sql stable
begin atomic
  select t.*
    from wardgate.traffic as t
   where t.hour >= since and (client is null or t.client_id = client)
     and (tenant is null or t.tenant_id = tenant)
   union all
  select l.*
    from wardgate.traffic_live() as l
   where l.hour >= since and (client is null or l.client_id = client)
     and (tenant is null or l.tenant_id = tenant);
end;
comment on function wardgate.traffic_since is
  'Traffic of an app (null: of all), of a hospital, since the start of an hour';

-- The start of the first of so many hours, of which this one is the last.
create function wardgate.hours_ago(hours bigint)
returns timestamptz
language sql stable
return date_trunc('hour', now(), 'UTC') - make_interval(hours => (hours - 1)::integer);
comment on function wardgate.hours_ago is
  'Since when it is counted for the last so many hours, this one included';

-- As percentile_disc: the smallest duration that so many per cent do not exceed.
create type wardgate.percentiles as (p50 bigint, p95 bigint, p99 bigint);
comment on type wardgate.percentiles is
  'Durations in ms, rounded up to two digits';

create function wardgate.took_percentiles(ms integer[], n bigint[])
returns wardgate.percentiles
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select row(min(c.ms) filter (where c.upto * 100 >= c.total * 50),
         min(c.ms) filter (where c.upto * 100 >= c.total * 95),
         min(c.ms) filter (where c.upto * 100 >= c.total * 99)
         )::wardgate.percentiles
    from (select u.ms, sum(sum(u.n)) over (order by u.ms) as upto,
                 sum(sum(u.n)) over () as total
            from unnest(took_percentiles.ms, took_percentiles.n) as u (ms, n)
           group by u.ms) as c
$$;
comment on function wardgate.took_percentiles is
  'Percentiles of durations, each of which occurred so often';

-- ---- functions/57_portal_traffic.sql

-- The first parameter is always the account that asks. Operators see every
-- hospital; whoever keeps an app sees what that app asked, and no more.

-- One row for each hour, app or hospital that `by_what` names, those with most
-- calls first. Percentiles are of all calls, whatever came of them. There are none
-- when they would take long: timed false, or of so many rows that a page would
-- wait for them, which an app with hundreds of hospitals has.
create function wardgate.traffic_sums(
  by_what text, since timestamptz, client uuid, tenant uuid, timed boolean,
  at_most bigint)
returns table (
  key       text,
  calls     bigint,
  refused   bigint,
  failed    bigint,
  percent   bigint,
  under_one boolean,
  p50       bigint,
  p95       bigint,
  p99       bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with summed as materialized (
    select case by_what when 'hour' then t.hour::text
                        when 'client' then t.client_id::text
                        else t.tenant_id::text
            end as key,
           sum(t.calls)::bigint as calls,
           coalesce(sum(t.calls) filter (where t.outcome = 'refused'),
               0)::bigint as refused,
           coalesce(sum(t.calls) filter (where t.outcome = 'failed'),
               0)::bigint as failed, count(*) as rows
      from wardgate.traffic_since(since, client, tenant) as t
     where t.program = 'facade'
     group by 1
     order by 2 desc, 1
     limit at_most),
  spread as (
    select s.key, u.ms, sum(u.n) as n
      from wardgate.traffic_since(since, client, tenant) as t
      join summed as s
        on s.key = case by_what when 'hour' then t.hour::text
                                when 'client' then t.client_id::text
                                else t.tenant_id::text
                    end
     cross join unnest(t.took_ms, t.took_n) as u (ms, n)
     where t.program = 'facade' and timed
       and (select sum(o.rows) from summed as o) <= 20000
     group by s.key, u.ms),
  took as (
    select s.key,
           wardgate.took_percentiles(array_agg(s.ms), array_agg(s.n)) as ms
      from spread as s
     group by s.key)
  select s.key, s.calls, s.refused, s.failed,
         round(s.failed * 100.0 / s.calls)::bigint,
         s.failed > 0 and s.failed * 100 < s.calls,
         (k.ms).p50, (k.ms).p95, (k.ms).p99
    from summed as s
    left join took as k using (key);
end $$;
comment on function wardgate.traffic_sums is
  'Calls of an app or to a hospital by hour, app or hospital, failed ones in per cent';

-- Every hour, oldest first, also those without a call.
create function wardgate.traffic_hours(
  hours bigint, client uuid, tenant uuid)
returns table (
  hour    timestamptz,
  calls   bigint,
  refused bigint,
  failed  bigint,
  p50     bigint,
  p95     bigint,
  p99     bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select h.hour, coalesce(s.calls, 0), coalesce(s.refused, 0),
         coalesce(s.failed, 0), s.p50, s.p95, s.p99
    from generate_series(wardgate.hours_ago(hours), wardgate.hours_ago(1),
         '1 hour') as h (hour)
    left join wardgate.traffic_sums('hour', wardgate.hours_ago(hours), client,
         tenant, true, hours) as s on s.key::timestamptz = h.hour
   order by h.hour;
end $$;
comment on function wardgate.traffic_hours is
  'Calls of an app or to a hospital in each of the last hours';

-- ---- a hospital, for operators -------------------------------------------------

create function wardgate.portal_tenant_hours(
  account uuid, tenant uuid, hours bigint)
returns table (
  hour timestamptz, calls bigint, refused bigint, failed bigint, p50 bigint,
  p95 bigint, p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query select * from wardgate.traffic_hours(hours, null, tenant);
end $$;
comment on function wardgate.portal_tenant_hours is
  'Calls to a hospital in each of the last hours, for operators';

create function wardgate.portal_tenant_traffic(
  account uuid, tenant uuid, hours bigint, at_most bigint)
returns table (
  client_id uuid, client_name text, calls bigint, refused bigint,
  failed bigint, percent bigint, under_one boolean, p50 bigint, p95 bigint,
  p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select c.client_id, c.name, s.calls, s.refused, s.failed, s.percent,
         s.under_one, s.p50, s.p95, s.p99
    from wardgate.traffic_sums('client', wardgate.hours_ago(hours), null,
         tenant, true, at_most) as s
    join wardgate.client as c on c.client_id = s.key::uuid
   order by s.calls desc, c.name;
end $$;
comment on function wardgate.portal_tenant_traffic is
  'Calls to a hospital in the last hours by app, for operators';

-- What happened, hour after hour, and what people did meanwhile: for the record
-- after an outage. No hour without calls; the present one is at the end.
create function wardgate.portal_incident(
  account uuid, tenant uuid, hours bigint, acts_most bigint)
returns table (
  "time" text, what text, detail text, calls bigint, refused bigint,
  failed bigint, p50_ms bigint, p95_ms bigint, made_by text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  since timestamptz := wardgate.hours_ago(hours);
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select wardgate.trail_text(l.at), l.what, l.detail, l.calls, l.refused,
         l.failed, l.p50, l.p95, l.made_by
    from (select h.hour as at, 1 as place, 'calls' as what,
                 null as detail, h.calls, h.refused, h.failed, h.p50, h.p95,
                 null as made_by
            from wardgate.traffic_hours(hours, null, tenant) as h
           where h.calls > 0
           union all
          select t.hour, 2, t.outcome, t.reason, sum(t.calls)::bigint, null,
                 null, null, null, null
            from wardgate.traffic_since(since, null, tenant) as t
           where t.program = 'facade' and t.outcome <> 'answered'
           group by t.hour, t.outcome, t.reason
           union all
         (select a.at, 3, a.interaction, a.detail, null, null, null, null,
                 null, a.made_by
            from wardgate.audit as a
           where a.tenant_id = tenant and a.made_by is not null
             and a.patient_id is null and a.at >= since
           order by a.at desc
           limit acts_most)) as l
   order by l.at, l.place, l.calls desc, l.detail;
end $$;
comment on function wardgate.portal_incident is
  'The last hours of a hospital: calls, why some were not answered, acts';

-- ---- an app, for whoever keeps it ------------------------------------------------

create function wardgate.portal_client_hours(
  account uuid, client uuid, hours bigint)
returns table (
  hour timestamptz, calls bigint, refused bigint, failed bigint, p50 bigint,
  p95 bigint, p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query select * from wardgate.traffic_hours(hours, client, null);
end $$;
comment on function wardgate.portal_client_hours is
  'Calls of an app in each of the last hours';

-- Without percentiles for more than a day.
create function wardgate.portal_client_traffic(
  account uuid, client uuid, hours bigint, at_most bigint)
returns table (
  tenant_id uuid, tenant_name text, calls bigint, refused bigint,
  failed bigint, percent bigint, under_one boolean, p50 bigint, p95 bigint,
  p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select s.key::uuid, t.name, s.calls, s.refused, s.failed, s.percent,
         s.under_one, s.p50, s.p95, s.p99
    from wardgate.traffic_sums('tenant', wardgate.hours_ago(hours), client,
         null, hours <= 24, at_most) as s
    left join wardgate.tenant as t on t.tenant_id = s.key::uuid
   order by s.calls desc, t.name;
end $$;
comment on function wardgate.portal_client_traffic is
  'Calls of an app in the last hours by hospital';

-- Why something of the app was refused or failed, tokens too, most often first.
create function wardgate.portal_client_refusals(
  account uuid, client uuid, hours bigint)
returns table (
  program text, outcome text, reason text, calls bigint, last_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select t.program, t.outcome, t.reason, sum(t.calls)::bigint, max(t.last_at)
    from wardgate.traffic_since(wardgate.hours_ago(hours), client, null) as t
   where t.outcome <> 'answered'
   group by t.program, t.outcome, t.reason
   order by 4 desc, 1, 3;
end $$;
comment on function wardgate.portal_client_refusals is
  'Reasons for which requests of an app were refused or failed';

-- The hour before and this one: never less than one whole hour.
create function wardgate.portal_secret_uses(account uuid, client uuid)
returns table (key_id text, since timestamptz, uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select t.key_id, wardgate.hours_ago(2), sum(t.calls)::bigint
    from wardgate.traffic_since(wardgate.hours_ago(2), client, null) as t
   where t.key_id is not null
   group by t.key_id;
end $$;
comment on function wardgate.portal_secret_uses is
  'Tokens issued for each secret of an app in this hour and the one before';

-- ---- what ends soon ----------------------------------------------------------------

-- Secrets that the account keeps, operators: of everybody, which end within 30
-- days; `within` is the nearest of the thresholds of secret_notice_take, and as
-- there one that was made for no longer than that is not told.
create function wardgate.portal_secret_ends(
  account uuid, client uuid, at_most bigint)
returns table (
  client_id   uuid,
  client_name text,
  hint        text,
  label       text,
  not_after   timestamptz,
  days_left   bigint,
  "within"    text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  soon timestamptz := now() + interval '31 days';
  keys text[];
begin
  -- On most pages there is nothing to tell, and that has to be cheap.
  if wardgate.portal_sees_all(account) then
    keys := array(
        select s.key_id
          from wardgate.client_secret as s
         where s.invalidated_at is null and s.not_after between now() and soon);
  else
    keys := array(
        select s.key_id
          from wardgate.client_owner as o
          join wardgate.client_secret as s using (client_id)
         where o.account_id = account and s.invalidated_at is null
           and s.not_after between now() and soon);
  end if;
  if cardinality(keys) = 0 then
    return;
  end if;
  return query
  select c.client_id, c.name, s.hint, s.label, s.not_after,
         ceil(extract(epoch from s.not_after - now()) / 86400)::bigint,
         min(d.days)::text
    from wardgate.client_secret as s
    join wardgate.client as c using (client_id)
    join (values (30), (14), (7), (1)) as d (days)
      on s.not_after - make_interval(days => d.days) <= now()
     and s.not_after - make_interval(days => d.days)
         > s.created_at + interval '1 hour'
   where s.key_id = any (keys) and c.disabled_at is null
     and s.not_after > now()
     and (portal_secret_ends.client is null
          or c.client_id = portal_secret_ends.client)
   group by c.client_id, c.name, s.key_id, s.hint, s.label, s.not_after
   order by s.not_after, c.name
   limit at_most;
end $$;
comment on function wardgate.portal_secret_ends is
  'Secrets of the apps that an account may see which are about to end';

-- ---- all hospitals, for operators --------------------------------------------------

-- Silent: in use, with no call in the last two whole hours and since, though in
-- those two hours of the week there were calls both one and two weeks ago; or
-- with none for a week, whenever there were some before.
create function wardgate.portal_overview_all(account uuid)
returns table (
  tenant_id    uuid,
  name         text,
  slug         text,
  state        text,
  notice       text,
  notice_until timestamptz,
  calls        bigint,
  refused      bigint,
  failed       bigint,
  last_at      timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  start timestamptz := wardgate.hours_ago(24);
  two   timestamptz := wardgate.hours_ago(3);
begin
  perform wardgate.portal_operator_acts(account);
  return query
  with live as materialized (
    select l.tenant_id, l.hour, l.outcome, l.calls, l.last_at
      from wardgate.traffic_live() as l
     where l.program = 'facade'),
  day as (
    select x.tenant_id, sum(x.calls)::bigint as calls,
           sum(x.calls) filter (where x.outcome = 'refused')::bigint
             as refused,
           sum(x.calls) filter (where x.outcome = 'failed')::bigint as failed
      from (select t.tenant_id, t.outcome, t.calls
              from wardgate.traffic as t
             where t.hour >= start and t.program = 'facade'
             union all
            select l.tenant_id, l.outcome, l.calls from live as l
             where l.hour >= start) as x
     group by x.tenant_id),
  newest as (
    select l.tenant_id, max(l.last_at) as last_at from live as l
     group by l.tenant_id),
  known as materialized (
    select t.*, wardgate.tenant_state_now(t.state, t.notice_until) as now_is,
           greatest(n.last_at, (
             select max(o.last_at)
               from wardgate.traffic as o
              where o.tenant_id = t.tenant_id and o.program = 'facade'
                and o.hour = (
                  select max(p.hour)
                    from wardgate.traffic as p
                   where p.tenant_id = t.tenant_id and p.program = 'facade'))
             ) as last_at
      from wardgate.tenant as t
      left join newest as n using (tenant_id))
  select k.tenant_id, k.name, k.slug,
         case when k.now_is <> 'active' then k.now_is
              when k.last_at is null then 'new'
              when k.last_at < wardgate.hours_ago(1) - interval '7 days'
                then 'silent'
              when k.last_at < two and 2 = (
                select count(distinct w.weeks)
                  from (values (1), (2)) as w (weeks)
                  join wardgate.traffic as u
                    on u.tenant_id = k.tenant_id and u.program = 'facade'
                   and u.hour >= two - make_interval(weeks => w.weeks)
                   and u.hour < two - make_interval(weeks => w.weeks)
                       + interval '2 hours') then 'silent'
              else 'active'
          end, k.notice, k.notice_until, coalesce(d.calls, 0),
         coalesce(d.refused, 0), coalesce(d.failed, 0), k.last_at
    from known as k
    left join day as d using (tenant_id);
end $$;
comment on function wardgate.portal_overview_all is
  'State and last 24 hours of every hospital, for operators';

-- A page of it, worst first: silent ones, then those with the largest share of
-- failed calls. hours: calls/refused/failed of each of the last 24, from since on.
-- found: how many there are on all pages.
create function wardgate.portal_overview(
  account uuid, find text, state text, skip bigint, at_most bigint)
returns table (
  tenant_id    uuid,
  name         text,
  slug         text,
  state_is     text,
  notice       text,
  notice_until timestamptz,
  calls        bigint,
  refused      bigint,
  failed       bigint,
  percent      bigint,
  under_one    boolean,
  p50          bigint,
  p95          bigint,
  hours        text,
  last_at      timestamptz,
  answered_at  timestamptz,
  found        bigint,
  since        timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  start timestamptz := wardgate.hours_ago(24);
begin
  return query
  with page as materialized (
    select o.*, count(*) over () as found,
           o.failed::numeric / nullif(o.calls, 0) as share
      from wardgate.portal_overview_all(account) as o
     where (portal_overview.state = '' or o.state = portal_overview.state)
       and (find = '' or position(lower(find) in lower(o.name)) > 0
            or position(lower(find) in o.slug) > 0)
     order by o.state <> 'silent', share desc nulls last,
           o.state = 'suspended', o.state = 'new', o.name, o.tenant_id
     limit at_most offset skip),
  live as materialized (
    select l.* from wardgate.traffic_live() as l
     where l.program = 'facade'),
  rows as materialized (
    select t.tenant_id, t.hour, t.outcome, t.calls, t.took_ms, t.took_n
      from page as g
      join wardgate.traffic as t using (tenant_id)
     where t.hour >= start and t.program = 'facade'
     union all
    select l.tenant_id, l.hour, l.outcome, l.calls, l.took_ms, l.took_n
      from page as g
      join live as l using (tenant_id)
     where l.hour >= start),
  took as (
    select r.tenant_id,
           wardgate.took_percentiles(array_agg(u.ms), array_agg(u.n::bigint))
             as ms
      from rows as r
     cross join unnest(r.took_ms, r.took_n) as u (ms, n)
     group by r.tenant_id),
  counted as (
    select r.tenant_id, r.hour, sum(r.calls) as calls,
           sum(r.calls) filter (where r.outcome = 'refused') as refused,
           sum(r.calls) filter (where r.outcome = 'failed') as failed
      from rows as r
     group by r.tenant_id, r.hour),
  day as (
    select g.tenant_id,
           string_agg(format('%s/%s/%s', coalesce(c.calls, 0),
             coalesce(c.refused, 0), coalesce(c.failed, 0)), ' '
             order by h.hour) as hours
      from page as g
     cross join generate_series(start, wardgate.hours_ago(1), '1 hour')
           as h (hour)
      left join counted as c on c.tenant_id = g.tenant_id and c.hour = h.hour
     group by g.tenant_id)
  select g.tenant_id, g.name, g.slug, g.state, g.notice, g.notice_until,
         g.calls, g.refused, g.failed,
         round(g.share * 100)::bigint, g.failed > 0 and g.share < 0.01,
         (k.ms).p50, (k.ms).p95, d.hours, g.last_at,
         greatest((
           select max(l.last_at) from live as l
            where l.tenant_id = g.tenant_id and l.outcome = 'answered'), (
           select t.last_at
             from wardgate.traffic as t
            where t.tenant_id = g.tenant_id and t.program = 'facade'
              and t.outcome = 'answered'
            order by t.hour desc, t.last_at desc
            limit 1)), g.found, start
    from page as g
    join day as d using (tenant_id)
    left join took as k using (tenant_id)
   order by g.state <> 'silent', g.share desc nulls last,
         g.state = 'suspended', g.state = 'new', g.name, g.tenant_id;
end $$;
comment on function wardgate.portal_overview is
  'Hospitals with state and last 24 hours, worst first, for operators';

-- ---- functions/58_portal_probe.sql

-- One row; nulls: it was never probed.
create function wardgate.portal_probe(account uuid, tenant uuid)
returns table (
  probed_at        timestamptz,
  verdict          text,
  reason           text,
  with_patient     boolean,
  took_ms          bigint,
  certificate_ends timestamptz,
  changed          bigint,
  outdated         boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select l.at, l.verdict, l.reason, l.with_patient, l.took_ms,
         l.certificate_ends, l.changed, l.outdated
    from wardgate.probe_list(tenant::text) as l;
end $$;
comment on function wardgate.portal_probe is
  'The newest probe of a hospital, for operators';

create function wardgate.portal_probe_findings(account uuid, tenant uuid)
returns table (
  call text, title text, word text, found text, loss text, ms bigint,
  status bigint, was text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query select f.* from wardgate.probe_findings(tenant) as f;
end $$;
comment on function wardgate.portal_probe_findings is
  'What the newest probe of a hospital found, call by call, for operators';

-- ---- functions/59_portal_wards.sql

-- The first parameter is always the account that asks; whoever is neither
-- operator nor admin is told what is told of a ward that does not exist. The
-- portal writes the records (lib/rehearsal/ward_edit); what somebody typed for
-- them comes along and is checked here. A ward's row is locked while it is
-- changed, as it is by a load, so requests see a record before or after.

-- What a form has, how long it may be, what it must look like; the name is the
-- label of the page.
create function wardgate.rehearsal_field(field text)
returns table (label text, longest integer, needed boolean, shape text)
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select v.label, v.longest, v.needed, v.shape
    from (values
      ('family', 'Family name', 100, true, 'text'),
      ('given', 'Given names', 100, false, 'text'),
      ('birth', 'Birth date', 10, false, 'date'),
      ('gender', 'Gender', 20, false, 'text'),
      ('mrn', 'Record number (MRN)', 60, true, 'text'),
      ('status', 'Status', 30, true, 'text'),
      ('bed', 'Bed or place', 100, false, 'text'),
      ('visit', 'Kind of visit', 100, false, 'text'),
      ('since', 'Since', 40, false, 'time'),
      ('substance', 'Substance', 100, true, 'text'),
      ('reaction', 'Reaction', 100, false, 'text'),
      ('state', 'State', 30, true, 'text'),
      ('criticality', 'Criticality', 30, false, 'text'),
      ('recorded', 'Recorded on', 40, false, 'time'),
      ('note', 'Note', 300, false, 'text'),
      ('problem', 'Problem', 100, true, 'text'),
      ('severity', 'Severity', 100, false, 'text'),
      ('dated', 'Recorded on', 10, false, 'date'),
      ('value', 'Value', 20, true, 'number'),
      ('upper', 'Upper value', 20, true, 'number'),
      ('lower', 'Lower value', 20, true, 'number'),
      ('when', 'Measured at', 40, false, 'time'),
      ('medication', 'Medication', 100, true, 'text'),
      ('dosage', 'Dosage', 300, false, 'text'),
      ('prescriber', 'Prescriber', 100, false, 'text'),
      ('written', 'Written on', 40, false, 'time'),
      ('insurer', 'Insurer', 100, true, 'text'),
      ('plan', 'Plan', 100, false, 'text'),
      ('group', 'Group', 100, false, 'text'),
      ('number', 'Member number', 60, false, 'text'),
      ('from', 'Valid from', 40, false, 'time'),
      ('until', 'Valid until', 40, false, 'time'))
      as v (field, label, longest, needed, shape)
   where v.field = rehearsal_field.field
$$;
comment on function wardgate.rehearsal_field is
  'The rule for one field of a made-up record; no row: there is no such field';

-- FHIR's date: a year, a month or a day that there is. Its dateTime may be that,
-- or goes down to seconds and names an offset.
create function wardgate.rehearsal_time(value text, timed boolean)
returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if value ~ '^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$' then
    perform (rpad(value, 10, '-01-01'))::date
      where length(value) in (7, 10);
    return true;
  end if;
  if not timed or value !~
      '^[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][01][0-9]:[0-5][0-9])$' then
    return false;
  end if;
  perform value::timestamptz;
  return true;
exception when data_exception then
  return false;
end $$;
comment on function wardgate.rehearsal_time is
  'Is it a date of FHIR, or where timed a date with time and offset?';

create function wardgate.rehearsal_typed(typed text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  t    record;
  rule record;
begin
  for t in select f.field, f.value
             from json_to_recordset(typed::json) as f (field text, value text)
  loop
    select * into rule from wardgate.rehearsal_field(t.field);
    if not found then
      perform wardgate.refuse('WG400', 'The form has a field that is not known here. Open the page again.');
    end if;
    perform wardgate.line_read(rule.label, t.value, rule.longest);
    if btrim(coalesce(t.value, '')) = '' then
      if rule.needed then
        perform wardgate.refuse('WG400', format(
            'The field %s must not be empty.', rule.label));
      end if;
    elsif rule.shape = 'number'
        and t.value !~ '^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?$' then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no number; write it as 72 or 36.50.',
          rule.label));
    elsif rule.shape = 'date'
        and not wardgate.rehearsal_time(t.value, false) then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no date; write it as 2026-11-20, 2026-11 or 2026.',
          rule.label));
    elsif rule.shape = 'time'
        and not wardgate.rehearsal_time(t.value, true) then
      perform wardgate.refuse('WG400', format(
          'In the field %s stands no time; write it as 2026-11-20 or 2026-11-20T09:30:00Z.',
          rule.label));
    end if;
  end loop;
end $$;
comment on function wardgate.rehearsal_typed is
  'WG400 unless every field that was typed may stand in a made-up record';

create function wardgate.portal_ward_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['operator', 'admin']) then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_ward_acts is
  'WG404 unless the account is an operator or admin, whom the trail then names';

create function wardgate.portal_ward_must_be(account uuid, ward text)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id integer;
begin
  perform wardgate.portal_ward_acts(account);
  select w.ward_id into id from rehearsal.ward as w where w.name = ward;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  return id;
end $$;
comment on function wardgate.portal_ward_must_be is
  'The ward of a name; WG404 unless it exists and the account may keep it';

-- ---- looking

create function wardgate.portal_ward_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  name         text,
  fhir_version text,
  loaded_at    timestamptz,
  patients     bigint,
  found        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_ward_acts(account);
  return query
  select w.name, w.fhir_version, w.loaded_at,
       (select count(*)
          from rehearsal.resource as r
         where r.ward_id = w.ward_id and r.type = 'Patient'),
         count(*) over ()
    from rehearsal.ward as w
   where portal_ward_list.find = ''
      or position(lower(portal_ward_list.find) in w.name) > 0
   order by w.name
  offset skip
   limit at_most;
end $$;
comment on function wardgate.portal_ward_list is
  'Wards by name, those with `find` in it; found: how many there are';

-- sample: one of its patients, for what record numbers are like there.
create function wardgate.portal_ward(account uuid, ward text)
returns table (
  name         text,
  fhir_version text,
  loaded_at    timestamptz,
  sample       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select w.name, w.fhir_version, w.loaded_at,
       (select r.body
          from rehearsal.resource as r
         where r.ward_id = w.ward_id and r.type = 'Patient'
         order by r.number
         limit 1)
    from rehearsal.ward as w
   where w.ward_id = house;
end $$;
comment on function wardgate.portal_ward is
  'One ward, for operators and admins';

-- find: folded as the terms are (lib/base/fold).
create function wardgate.portal_ward_patients(
  account uuid, ward text, find text, skip bigint, at_most bigint)
returns table (patient_id text, body text, found bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select r.id, r.body, n.found
    from (select p.number, p.family, count(*) over () as found
            from (select q.number, q.id, (
                    select min(t.key)
                      from rehearsal.term as t
                     where t.ward_id = q.ward_id and t.number = q.number
                       and t.param = 'family') as family
                    from rehearsal.resource as q
                   where q.ward_id = house
                     and q.type = 'Patient') as p
           where portal_ward_patients.find = ''
              or lower(p.id) = portal_ward_patients.find
              or exists (
               select from rehearsal.term as t
                where t.ward_id = house
                  and t.number = p.number
                  and t.param in ('name', 'family', 'given', 'identifier')
                  and position(portal_ward_patients.find in lower(t.key)) > 0)
           order by p.family nulls last, p.number
          offset skip
           limit at_most) as n
    join rehearsal.resource as r
      on r.ward_id = house and r.number = n.number
   order by n.family nulls last, n.number;
end $$;
comment on function wardgate.portal_ward_patients is
  'Patients of a ward by family name, those with `find` in name or number';

-- A condition's date is a term of another name in each version.
create function wardgate.rehearsal_newest(ward_id integer, number integer)
returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select max(t.key)
    from rehearsal.term as t
   where t.ward_id = rehearsal_newest.ward_id
     and t.number = rehearsal_newest.number
     and t.param in ('date', 'datewritten', 'authoredon', 'date-recorded',
           'asserted-date', 'recorded-date')
$$;
comment on function wardgate.rehearsal_newest is
  'When a record says that it was, as a term; null: it does not say';

create function wardgate.rehearsal_revision(body text)
returns text
language sql immutable
return encode(sha256(convert_to(body, 'UTF8')), 'hex');
comment on function wardgate.rehearsal_revision is
  'Which state of a record it is: whoever changes it has seen that state';

-- Nothing when there is no such patient, whatever points at it.
create function wardgate.rehearsal_about(ward_id integer, patient text)
returns setof integer
language sql stable set search_path = pg_catalog, pg_temp as $$
  with person as (
         select r.number
           from rehearsal.resource as r
          where r.ward_id = rehearsal_about.ward_id and r.type = 'Patient'
            and r.id = rehearsal_about.patient)
  select p.number from person as p
   union
  select t.number
    from rehearsal.term as t
   where t.ward_id = rehearsal_about.ward_id and t.param = 'patient'
     and t.type = any (array['AllergyIntolerance', 'Condition', 'Coverage',
           'Encounter', 'MedicationOrder', 'MedicationRequest',
           'Observation'])
     and t.key = rehearsal_about.patient and t.system = 'Patient'
     and exists (select from person)
$$;
comment on function wardgate.rehearsal_about is
  'Numbers of a patient''s records, the patient''s own with them';

-- The patient, then of each type the newest few; or one record. more: how many
-- others of its type there are.
create function wardgate.portal_ward_records(
  account uuid, ward text, patient text, only_type text, only_id text,
  each bigint)
returns table (
  record_type text,
  record_id   text,
  body        text,
  revision    text,
  more        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_must_be(account, ward);
begin
  return query
  select f.type, f.id, f.body, wardgate.rehearsal_revision(f.body),
         greatest(f.all_of - each, 0)
    from (select r.type, r.id, r.body, r.type <> 'Patient' as later,
                 row_number() over one_type as place,
                 count(*) over (partition by r.type) as all_of
            from (select q.type, q.id, q.body, q.number,
                         wardgate.rehearsal_newest(q.ward_id, q.number)
                           as newest
                    from rehearsal.resource as q
                   where q.ward_id = house
                     and (only_type is null
                          or (q.type = only_type and q.id = only_id))
                     and q.number in (
                         select wardgate.rehearsal_about(
                           house, patient))) as r
          window one_type as (partition by r.type
                 order by r.newest desc nulls last, r.number)) as f
   where f.place <= each
   order by f.later, f.type collate "C", f.place;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such patient.');
  end if;
end $$;
comment on function wardgate.portal_ward_records is
  'A made-up patient with the newest records of each type; WG404: there is none';

-- ---- changing

-- version: what the caller wrote records in; the ward may have been replaced.
create function wardgate.portal_ward_lock(
  account uuid, ward text, version text)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  id integer;
begin
  perform wardgate.portal_ward_acts(account);
  select w.ward_id into id
    from rehearsal.ward as w
   where w.name = ward and w.fhir_version = version
     for no key update;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such ward.');
  end if;
  return id;
end $$;
comment on function wardgate.portal_ward_lock is
  'The ward, which nobody else changes until the transaction ends';

create function wardgate.rehearsal_act(
  what text, ward text, record text, patient text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.audit_act(what || '-rehearsal', null, null, null, null,
      format('ward %s; %s; made-up patient %s', ward, record, patient));
end $$;
comment on function wardgate.rehearsal_act is
  'What somebody changed in a ward, for the trail; by ids, no value of a record';

-- Each is what it says that it is, and not too large.
create function wardgate.rehearsal_rows_check(
  ward_id integer, patient text, resources text, terms text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  r record;
begin
  if json_array_length(resources::json) not between 1 and 16
      or json_array_length(terms::json) > 2000
      or length(resources) > 1000000 or length(terms) > 1000000 then
    perform wardgate.refuse('WG400', 'That is more than a form can add.');
  end if;
  for r in
    select x.number, x.type, x.id, x.body
      from json_to_recordset(resources::json) as x (
             number integer, type text, id text, body text)
  loop
    if r.id !~ '^[A-Za-z0-9.-]{1,64}$'
        or r.body::json ->> 'resourceType' is distinct from r.type
        or r.body::json ->> 'id' is distinct from r.id
        or r.type = 'Patient' and r.id <> patient
        or r.type <> 'Patient' and not exists (
          select
            from json_to_recordset(terms::json) as t (
                   number integer, type text, param text, key text,
                   system text)
           where t.number = r.number and t.type = r.type
             and t.param = 'patient' and t.key = patient
             and t.system = 'Patient') then
      perform wardgate.refuse('WG400',
          'This record is not one of the patient.');
    end if;
  end loop;
end $$;
comment on function wardgate.rehearsal_rows_check is
  'WG400 unless all rows are records of that patient, and few';

-- from_number: what is added to the rows' own numbers.
create function wardgate.rehearsal_terms_add(
  ward_id integer, from_number integer, terms text)
returns void
language sql set search_path = pg_catalog, pg_temp as $$
  insert into rehearsal.term (ward_id, number, type, param, key, system, upto,
         exact)
  select rehearsal_terms_add.ward_id, from_number + t.number, t.type, t.param,
         t.key, t.system, t.upto, t.exact
    from json_to_recordset(terms::json) as t (
           number integer, type text, param text, key text, system text,
           upto text, exact text)
$$;
comment on function wardgate.rehearsal_terms_add is
  'What new or changed records can be found by';

-- A patient with the first records, or more records of one that is there. Rows
-- as a load has them (lib/rehearsal/rehearsal_rows), numbered from 1.
create function wardgate.portal_ward_add(
  account uuid, ward text, version text, patient text, typed text,
  resources text, terms text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  fresh   boolean;
  here    boolean;
  base    integer;
begin
  perform wardgate.rehearsal_typed(typed);
  perform wardgate.rehearsal_rows_check(house, patient, resources, terms);
  select bool_or(x.type = 'Patient') into fresh
    from json_to_recordset(resources::json) as x (type text);
  select exists (
      select from rehearsal.resource as r
       where r.ward_id = house and r.type = 'Patient'
         and r.id = patient) into here;
  if not fresh and not here then
    perform wardgate.refuse('WG404', 'There is no such patient.');
  end if;
  if fresh and not here and (
      select count(*) >= 5000 from rehearsal.resource as r
       where r.ward_id = house
         and r.type = 'Patient') then
    perform wardgate.refuse('WG409', 'The ward is full: in the portal a ward has 5000 patients at most.');
  end if;
  if (select count(*) >= 300
        from wardgate.rehearsal_about(house, patient)) then
    perform wardgate.refuse('WG409', 'This patient has 300 records; there is no room for another.');
  end if;
  select coalesce(max(r.number), 0) into base
    from rehearsal.resource as r where r.ward_id = house;
  insert into rehearsal.resource (ward_id, number, type, id, version_id,
         last_updated, body)
  select house, base + x.number, x.type, x.id, x.version_id,
         x.last_updated, x.body
    from json_to_recordset(resources::json) as x (
           number integer, type text, id text, version_id text,
           last_updated text, body text);
  perform wardgate.rehearsal_terms_add(house, base, terms);
  perform wardgate.rehearsal_act('add', ward, x.type || '/' || x.id, patient)
     from json_to_recordset(resources::json) as x (type text, id text);
exception when unique_violation then
  perform wardgate.refuse('WG409', 'This is added already; the form was sent twice.');
end $$;
comment on function wardgate.portal_ward_add is
  'Adds a made-up patient, or records of one; WG409: there already, or no room';

-- The record, unless somebody else changed it since it was read.
create function wardgate.rehearsal_seen(
  ward_id integer, patient text, type text, id text, revision text)
returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  r record;
begin
  select x.number, x.body into r
    from rehearsal.resource as x
   where x.ward_id = rehearsal_seen.ward_id and x.type = rehearsal_seen.type
     and x.id = rehearsal_seen.id
     and x.number in (
         select wardgate.rehearsal_about(rehearsal_seen.ward_id, patient));
  if not found then
    perform wardgate.refuse('WG404', 'There is no such record.');
  end if;
  if wardgate.rehearsal_revision(r.body) is distinct from revision then
    perform wardgate.refuse('WG409', 'Somebody else has changed this record meanwhile. Open it again, look at what it says now, and change that.');
  end if;
  return r.number;
end $$;
comment on function wardgate.rehearsal_seen is
  'The number of a patient''s record in that state; WG409: it has another';

create function wardgate.portal_ward_change(
  account uuid, ward text, version text, patient text, type text, id text,
  revision text, typed text, resources text, terms text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  seen    integer := wardgate.rehearsal_seen(house, patient, type, id,
      revision);
begin
  perform wardgate.rehearsal_typed(typed);
  perform wardgate.rehearsal_rows_check(house, patient, resources, terms);
  update rehearsal.resource as r
     set version_id = x.version_id, last_updated = x.last_updated,
         body = x.body
    from json_to_recordset(resources::json) as x (
           type text, id text, version_id text, last_updated text, body text)
   where r.ward_id = house and r.number = seen
     and x.type = r.type and x.id = r.id;
  delete from rehearsal.term as t
   where t.ward_id = house and t.number = seen;
  perform wardgate.rehearsal_terms_add(house, seen - 1, terms);
  perform wardgate.rehearsal_act('change', ward, type || '/' || id, patient);
end $$;
comment on function wardgate.portal_ward_change is
  'Changes one made-up record; WG409: somebody else did so first';

create function wardgate.portal_ward_remove(
  account uuid, ward text, version text, patient text, type text, id text,
  revision text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  house integer := wardgate.portal_ward_lock(account, ward, version);
  seen    integer := wardgate.rehearsal_seen(house, patient, type, id,
      revision);
  gone    integer[] := array[seen];
begin
  if type = 'Patient' then
    gone := array(select wardgate.rehearsal_about(house, patient));
  end if;
  perform wardgate.rehearsal_act('remove', ward, r.type || '/' || r.id,
          patient)
     from rehearsal.resource as r
    where r.ward_id = house and r.number = any (gone);
  delete from rehearsal.term as t
   where t.ward_id = house and t.number = any (gone);
  delete from rehearsal.resource as r
   where r.ward_id = house and r.number = any (gone);
end $$;
comment on function wardgate.portal_ward_remove is
  'Removes one made-up record, or a patient with all of them';

-- ---- functions/60_cursor.sql

create function wardgate.cursor_handle_put(
  client uuid, tenant uuid, sealed bytea, expires_at timestamptz,
  out handle uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.cursor_handle as h (client_id, tenant_id, sealed,
         expires_at)
  values (client, tenant, cursor_handle_put.sealed,
         cursor_handle_put.expires_at)
  returning h.handle into handle;
end $$;
comment on function wardgate.cursor_handle_put is
  'Keeps an encrypted cursor; the handle goes into the URL';

-- No row: not there, cleared, or another's. What expired but is still there
-- comes back with its time.
create function wardgate.cursor_handle_get(
  handle uuid, client uuid, tenant uuid)
returns table (sealed bytea, expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select h.sealed, h.expires_at
    from wardgate.cursor_handle as h
   where h.handle = cursor_handle_get.handle
     and h.client_id = client
     and h.tenant_id = tenant;
end $$;
comment on function wardgate.cursor_handle_get is
  'The encrypted cursor behind a handle of this client and tenant';

create function wardgate.cursor_handle_trim(
  older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.cursor_handle as h
   where h.handle in (
         select o.handle
           from wardgate.cursor_handle as o
          where o.expires_at < now() - older_than
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.cursor_handle_trim is
  'Removes cursors that expired longer ago; returns how many';

-- ---- functions/65_revocation.sql

-- Longer than the longest token life (token_life_s, one hour) and skew
-- together, however far clocks are apart.
create function wardgate.revocation_end()
returns timestamptz
language sql stable
return now() + interval '2 hours';
comment on function wardgate.revocation_end is
  'When a revocation made now bears on no token any more';

-- One change, however many keys; the processes learn each from the change log
-- as kind/seconds since 1970 of its end/key. So many that no process should
-- keep them all become one for everything: that ends more tokens, never fewer.
create function wardgate.revocation_put(
  kind text, keys text[], ends timestamptz, client uuid, why text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
begin
  if coalesce(cardinality(keys), 0) = 0 then
    return null;
  end if;
  if cardinality(keys) > 10000 then
    return wardgate.revocation_put('everything', array[''],
        wardgate.revocation_end(), null, why);
  end if;
  update wardgate.change as c
     set n = c.n + 1,
         bears = case when revocation_put.kind = 'token' then c.bears
                      else c.n + 1
                  end
   where c.only_row
  returning c.n into number;
  insert into wardgate.revocation as r (kind, key, n, expires_at, made_by,
         why, client_id)
  select distinct revocation_put.kind, k, number, ends, session_user::text,
         revocation_put.why, client
    from unnest(keys) as k
      on conflict on constraint revocation_pkey do update
     set n = excluded.n, made_at = now(), made_by = excluded.made_by,
         expires_at = greatest(r.expires_at, excluded.expires_at),
         why = excluded.why;
  if cardinality(keys) > 1000 then
    insert into wardgate.change_log (n, kind, key)
    values (number, 'all', '');
  else
    insert into wardgate.change_log (n, kind, key)
    select distinct number, 'revocation', format('%s/%s/%s',
           revocation_put.kind, ceil(extract(epoch from ends)), k)
      from unnest(keys) as k;
  end if;
  return number;
end $$;
comment on function wardgate.revocation_put is
  'Revokes in this transaction; returns the change number, null for no key';

-- The triggers below call this one per statement: what ends a right, and what
-- gives back one that had ended, ends the tokens from before. Arguments: kind,
-- columns that identify a row, key, and whether rows b and a differ in that.
create function wardgate.row_revokes()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  keys text[];
begin
  if tg_op = 'TRUNCATE' then
    perform wardgate.revocation_put('everything', array[''],
        wardgate.revocation_end(), null, tg_table_name || ' was emptied');
    return null;
  elsif tg_op = 'DELETE' then
    execute format('select array(select %s from before as b)', tg_argv[2])
       into keys;
  else
    execute format(
        'select array('
        '  select %s from before as b left join after as a using (%s)'
        '   where a is null or %s)',
        tg_argv[2], tg_argv[1], tg_argv[3])
       into keys;
  end if;
  perform wardgate.revocation_put(tg_argv[0], keys,
      wardgate.revocation_end(), null, format('%s of %s', lower(tg_op),
        tg_table_name));
  return null;
end $$;
comment on function wardgate.row_revokes is
  'Trigger: revokes the tokens that stood on rows which ended or began anew';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id', 'client_id::text', null,
       '(b.disabled_at is null) <> (a.disabled_at is null)'),
      ('client_secret', 'secret', 'client_id, key_id',
       $k$client_id || '/' || key_id$k$, null,
       '(b.invalidated_at is null) <> (a.invalidated_at is null)'
       ' or coalesce(a.not_after, ''infinity'')'
       '  < coalesce(b.not_after, ''infinity'')'),
      ('client_jwks', 'secret', 'client_id',
       $k$unnest(array(
            select b.client_id || '/' || x.cred
              from (select unnest(b.creds) except select unnest(a.creds))
                as x (cred)))$k$,
       $k$b.client_id || '/' || unnest(b.creds)$k$, 'true'),
      ('client_grant', 'grant', 'client_id, tenant_id',
       $k$client_id || '/' || tenant_id$k$, null,
       'coalesce(b.ended_at <= now(), false)'
       ' <> coalesce(a.ended_at <= now(), false)'),
      ('tenant', 'tenant', 'tenant_id', 'tenant_id::text', null,
       $k$(b.state = 'suspended') <> (a.state = 'suspended')$k$))
      as v (name, kind, ids, key, gone, differs)
  loop
    execute format(
        'create trigger revokes_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement'
        ' execute function wardgate.row_revokes(%L, %L, %L, %L)',
        t.name, t.kind, t.ids, t.key, t.differs);
    execute format(
        'create trigger revokes_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_revokes(%L, %L, %L)',
        t.name, t.kind, t.ids, coalesce(t.gone, t.key));
    execute format(
        'create trigger revokes_by_truncate after truncate on wardgate.%I'
        ' for each statement execute function wardgate.row_revokes()',
        t.name);
  end loop;
end $$;

-- ---- another server took over

-- Null on a server that only follows. The timeline is that of what is written
-- now: the control file tells it later.
create function wardgate.lineage_now()
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if pg_is_in_recovery() then
    return null;
  end if;
  return (select s.system_identifier || '/'
                 || left(pg_walfile_name(pg_current_wal_lsn()), 8)
            from pg_control_system() as s);
end $$;
comment on function wardgate.lineage_now is
  'System identifier and timeline of this server, while it takes writes';

insert into wardgate.lineage (name) values (wardgate.lineage_now());

-- A standby that was promoted, or a backup that was restored, may not know the
-- last changes: tokens may carry numbers that it never counted, revocations
-- may be gone. So the number jumps past all of those, everything issued before
-- is dead, and every reader starts anew. Programs call this with each poll,
-- so none believes anything before it is done.
create function wardgate.lineage_check()
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  present text := wardgate.lineage_now();
  jumped  bigint;
begin
  if present is null or exists (
      select from wardgate.lineage as l where l.name = present) then
    return;
  end if;
  update wardgate.lineage as l set name = present, since = now()
   where l.name <> present;
  if not found then
    return;
  end if;
  update wardgate.change as c
     set n = c.n + 1000000, log_above = c.n + 1000000
   where c.only_row
  returning c.n into jumped;
  perform wardgate.revocation_put('everything', array[''],
      wardgate.revocation_end(), null, 'another database server took over');
  perform wardgate.audit_act('revoke-everything', null, null, null, null,
      'another database server took over');
end $$;
comment on function wardgate.lineage_check is
  'Ends all tokens when the database is on another server or timeline';

-- ---- asking

-- jti and credential as in the token; number: its chg, 0 when it has none. One
-- that is higher than ours was counted on a server whose end we do not know.
create function wardgate.token_revoked(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
      select from (values
        ('token', jti, 9223372036854775807),
        ('secret', client || '/' || credential, number),
        ('client', client::text, number),
        ('grant', client || '/' || tenant, number),
        ('tenant', tenant::text, number),
        ('everything', '', number)) as t (kind, key, n)
        join wardgate.revocation as r
          on r.kind = t.kind and r.key = t.key
             and (r.n > t.n or t.kind = 'token'))
      or exists (
      select from wardgate.change as c where c.only_row and c.n < number);
end $$;
comment on function wardgate.token_revoked is
  'Is this token of ours revoked, by itself or by what it stands on?';

-- A maintenance leaves tokens as they are.
create function wardgate.token_in_force(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
      select from wardgate.client as l
        join wardgate.client_grant as g
          on g.client_id = l.client_id and g.tenant_id = tenant
        join wardgate.tenant as t on t.tenant_id = g.tenant_id
       where l.client_id = client
         and l.disabled_at is null
         and (exists (
               select from wardgate.client_secret as s
                where s.key_id = credential and s.client_id = l.client_id
                  and s.invalidated_at is null
                  and (s.not_after is null or s.not_after > now()))
              or exists (
               select from wardgate.client_jwks as k
                where k.client_id = l.client_id
                  and credential = any (k.creds)))
         and wardgate.grant_state_now(g.granted_at, g.ended_at) = 'live'
         and wardgate.tenant_state_now(t.state, t.notice_until) <> 'suspended')
      and not wardgate.token_revoked(client, tenant, credential, jti, number);
end $$;
comment on function wardgate.token_in_force is
  'Would the facade take this token of ours at this moment?';

create function wardgate.revocations()
returns table (kind text, key text, n bigint, expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select r.kind, r.key, r.n, r.expires_at
    from wardgate.revocation as r
   where r.expires_at > now();
end $$;
comment on function wardgate.revocations is
  'All revocations that may bear on a token';

-- ---- revoking

-- By the client itself (RFC 7009). ends: exp of the token. A client may have
-- so many that count at a time; then `full`: nothing was done.
create function wardgate.revoke_own_token(
  client uuid, jti text, ends timestamptz, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from wardgate.revocation as r
              where r.kind = 'token' and r.key = jti) then
    outcome := 'unchanged';
    return;
  end if;
  if (select count(*)
        from (select from wardgate.revocation as r
               where r.client_id = client
               limit 10000) as own) >= 10000 then
    outcome := 'full';
    return;
  end if;
  perform wardgate.revocation_put('token', array[jti],
      least(ends + interval '10 minutes', wardgate.revocation_end()),
      client, 'by its client');
  outcome := 'revoked';
end $$;
comment on function wardgate.revoke_own_token is
  'Revokes a token that its client no longer needs';

-- By an operator. name: key id of a secret or credential id of a public key;
-- jti of a token. Whoever is
-- revoked may ask for new tokens at once, unless something else forbids it.
create function wardgate.revoke(
  kind text, client uuid, tenant uuid, name text, why text, dry boolean,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  key      text;
  why_kept text := coalesce(
      wardgate.line_read('why', wardgate.given(why), 500), '');
begin
  if kind = 'token' then
    if coalesce(name, '') !~ '^[A-Za-z0-9_-]{22}$' then
      perform wardgate.refuse('WG400',
          'A token is named by its jti, the 22 characters that the trail shows as token_id; never by its text.');
    end if;
    key := name;
  elsif kind = 'secret' then
    if not exists (
        select from wardgate.client_secret as s
         where s.client_id = client and s.key_id = name
         union all
        select from wardgate.client_jwks as k
         where k.client_id = client and name = any (k.creds)) then
      perform wardgate.refuse('WG404', format(
          'The client has no secret or key with the id %s.',
          wardgate.quoted(name)));
    end if;
    key := client || '/' || name;
  elsif kind = 'client' then
    perform wardgate.client_must_be(client);
    key := client;
  elsif kind = 'grant' then
    if not exists (
        select from wardgate.client_grant as g
         where g.client_id = client and g.tenant_id = tenant) then
      perform wardgate.refuse('WG404', format(
          'The client %s was never granted the tenant %s.', client, tenant));
    end if;
    key := client || '/' || tenant;
  elsif kind = 'tenant' then
    perform wardgate.tenant_must_be(tenant);
    key := tenant;
  elsif kind = 'everything' then
    key := '';
  else
    perform wardgate.refuse('WG400', format(
        'The kind %s is none of: token, secret, client, grant, tenant, everything.',
        wardgate.quoted(kind)));
  end if;
  if dry then
    outcome := 'would revoke';
    return;
  end if;
  perform wardgate.revocation_put(kind, array[key],
      wardgate.revocation_end(), null, why_kept);
  perform wardgate.audit_act('revoke-' || kind, client, tenant,
      case kind when 'secret' then name end,
      case kind when 'token' then name end, why_kept);
  outcome := 'revoked';
end $$;
comment on function wardgate.revoke is
  'Ends the tokens that were issued so far: one, or all of a kind';

create function wardgate.revocation_list()
returns table (
  kind       text,
  key        text,
  made_at    timestamptz,
  made_by    text,
  why        text,
  expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select r.kind, r.key, r.made_at, r.made_by, r.why, r.expires_at
    from wardgate.revocation as r
   where r.expires_at > now()
   order by r.made_at desc, r.kind, r.key
   limit 1000;
end $$;
comment on function wardgate.revocation_list is
  'The newest revocations that may bear on a token';

create function wardgate.revocation_trim(at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.revocation as r
   where (r.kind, r.key) in (
         select o.kind, o.key
           from wardgate.revocation as o
          where o.expires_at < now()
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.revocation_trim is
  'Removes revocations that bear on no token any more; returns how many';

-- ---- functions/66_token_stands.sql

-- A process of `token` may issue on what it knew a moment ago, before a right
-- was ended and given again, or its tokens revoked: then the token says a number
-- under which it is dead already, while a new one would count. For such a token:
-- n, the number under which it counts now, and ends, when what it stands on ends
-- (null: without end). n is null when it does not count under any number.
create function wardgate.token_stands(
  client uuid, tenant uuid, credential text, jti text,
  out n bigint, out ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n, least(
         (select s.not_after
            from wardgate.client_secret as s
           where s.client_id = client and s.key_id = credential),
         (select g.ended_at
            from wardgate.client_grant as g
           where g.client_id = client and g.tenant_id = tenant))
    into n, ends
    from wardgate.change as c
   where c.only_row
     and wardgate.token_in_force(client, tenant, credential, jti, c.n);
end $$;
comment on function wardgate.token_stands is
  'The change number under which a token counts at this moment; null: none';

-- ---- functions/70_ready.sql

-- One row per check. `lowest` to `highest`: schema numbers the program works with.
create function wardgate.ready(lowest bigint, highest bigint)
returns table (subject text, ok boolean, why text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  number  bigint := coalesce((select max(m.number) from wardgate.migration as m),
      0);
  month   timestamp := date_trunc('month', now() at time zone 'UTC');
  missing text;
begin
  subject := 'schema';
  ok := number between ready.lowest and ready.highest;
  why := case when ok then format('schema %s', number)
              when number < ready.lowest then format(
                'schema %s found, %s needed: run `wardgate migrate apply`',
                number, ready.lowest)
              else format(
                'schema %s found, at most %s understood: install the newer programs',
                number, ready.highest)
          end;
  return next;
  subject := 'writable';
  ok := not pg_is_in_recovery()
        and not current_setting('transaction_read_only')::boolean;
  why := case when ok then 'primary' else 'the server takes no writes' end;
  return next;
  subject := 'audit';
  missing := (
      select string_agg(to_char(m, 'YYYY-MM'), ', ')
        from unnest(array[month, month + interval '1 month']) as m
       where to_regclass('wardgate.audit_' || to_char(m, 'YYYY_MM')) is null);
  ok := missing is null;
  why := case when ok then 'partitions of this and the next month are there'
              else format('no audit partition for %s: is `wardgate keep` running?',
                missing)
          end;
  return next;
end $$;
comment on function wardgate.ready is
  'Schema version, role of the server, room for audit rows: each with its reason';

-- ---- functions/72_doctor.sql

-- state: ok, warning, fault. Each subject has at least one row; of what could
-- go on for ever the first twenty are told.

create function wardgate.doctor_roles()
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  served text[] := array['wg_metadata', 'wg_token', 'wg_facade', 'wg_admin',
      'wg_keeper', 'wg_operator', 'wg_auditor', 'wg_rehearsal'];
begin
  return query
  select format('%I is a superuser or may change roles, databases or row security',
         r.rolname)::text,
         format('alter role %I nosuperuser nocreaterole nocreatedb noreplication nobypassrls',
           r.rolname)::text
    from pg_roles as r
   where r.rolname = any (served)
     and (r.rolsuper or r.rolcreaterole or r.rolcreatedb
          or r.rolreplication or r.rolbypassrls)
   order by r.rolname;
  return query
  select format('%I is a member of %I and has its rights',
         m.member::regrole, m.roleid::regrole)::text,
         format('revoke %s from %s', m.roleid::regrole, m.member::regrole)::text
    from pg_auth_members as m
   where m.member::regrole::text = any (served)
   order by 1;
  return query
  select format('%s owns objects of the schema wardgate', o.owner)::text,
         format('reassign owned by %s to wg_owner, in this database',
           o.owner)::text
    from (select c.relowner::regrole::text as owner
            from pg_class as c
           where c.relnamespace = 'wardgate'::regnamespace
           union
          select p.proowner::regrole::text
            from pg_proc as p
           where p.pronamespace = 'wardgate'::regnamespace) as o
   where o.owner = any (served)
   order by 1;
  return query
  select format('%I may %s %s without the functions made for it',
         r.rolname, v.verb, c.oid::regclass)::text,
         format('revoke %s on %s from %I', v.verb, c.oid::regclass,
           r.rolname)::text
    from pg_roles as r, pg_class as c,
         unnest(array['select', 'insert', 'update', 'delete', 'truncate'])
           as v (verb)
   where r.rolname = any (served) and not r.rolsuper
     and c.relnamespace = 'wardgate'::regnamespace
     and c.relkind in ('r', 'p', 'v')
     and has_table_privilege(r.oid, c.oid, v.verb)
     and not pg_has_role(r.oid, c.relowner, 'usage')
     and not (r.rolname = 'wg_auditor' and c.relname = 'audit'
          and v.verb = 'select')
     and not (r.rolname = 'wg_operator' and c.relname = 'loss_report'
          and v.verb = 'select')
   order by 1
   limit 20;
end $$;
comment on function wardgate.doctor_roles is
  'Rights that a service role has and must not have, and how to take them';

create function wardgate.doctor_durability()
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select format('%s is off: what was answered for can be lost', s.name)::text,
         format('alter system set %I = on; select pg_reload_conf()',
           s.name)::text
    from pg_settings as s
   where s.name in ('fsync', 'full_page_writes', 'synchronous_commit')
     and s.setting = 'off'
   order by s.name;
  return query
  select format('synchronous_commit is off for the role or database %s',
         coalesce(nullif(d.setrole, 0)::regrole::text,
           (select b.datname from pg_database as b
             where b.oid = d.setdatabase), 'of everybody'))::text,
         'alter role (or database) ... reset synchronous_commit'::text
    from pg_db_role_setting as d, unnest(d.setconfig) as c (line)
   where c.line = 'synchronous_commit=off'
     and (d.setdatabase = 0 or d.setdatabase = (
          select b.oid from pg_database as b
           where b.datname = current_database()))
   order by 1
   limit 20;
end $$;
comment on function wardgate.doctor_durability is
  'Settings by which the server forgets what it has committed';

create function wardgate.doctor_secrets(soon interval)
returns table (found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select format('the secret %s of %s (%s) %s %s UTC and no other takes its place',
         s.key_id, c.name, c.client_id,
         case when s.not_after <= now() then 'expired at' else 'ends at' end,
         to_char(s.not_after at time zone 'UTC', 'YYYY-MM-DD HH24:MI'))::text,
         format('wardgate client secret add %s, and deploy it',
           c.client_id)::text
    from wardgate.client as c
    join lateral (
         select v.key_id, v.not_after
           from wardgate.client_secret as v
          where v.client_id = c.client_id and v.invalidated_at is null
          order by v.not_after desc nulls first
          limit 1) as s on s.not_after <= now() + soon
   where c.disabled_at is null
     and not exists (
         select from wardgate.client_jwks as j where j.client_id = c.client_id)
   order by s.not_after
   limit 20;
end $$;
comment on function wardgate.doctor_secrets is
  'Apps whose last secret has expired or will soon';

-- Of nobody else's request: only the doctor's own carry such an id.
create function wardgate.doctor_source(request text)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if request !~ '^doctor-[0-9a-f]{32}$' then
    return null;
  end if;
  return (select host(a.source)
            from wardgate.audit as a
           where a.at > now() - interval '1 minute'
             and a.request_id = request
           limit 1);
end $$;
comment on function wardgate.doctor_source is
  'The address that a request of the doctor was taken to come from';

create function wardgate.doctor()
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  kept timestamptz := (select r.done_to from wardgate.roll_up as r
                        where r.name = 'secret_use');
begin
  return query select 'roles', 'fault', d.found, d.act
                 from wardgate.doctor_roles() as d;
  if not found then
    return query select 'roles', 'ok',
        'each service role has what its duty needs', null::text;
  end if;
  return query select 'durability', 'fault', d.found, d.act
                 from wardgate.doctor_durability() as d;
  if not found then
    return query select 'durability', 'ok',
        'what is committed is on the disk', null::text;
  end if;
  return query select 'secrets', 'warning', d.found, d.act
                 from wardgate.doctor_secrets(interval '14 days') as d;
  if not found then
    return query select 'secrets', 'ok',
        'no app loses its last secret within 14 days', null::text;
  end if;
  return query select 'credentials', d.state, d.found, d.act
                 from wardgate.doctor_credentials() as d;
  if not found then
    return query select 'credentials', 'ok',
        'each is sealed to the key in use', null::text;
  end if;
  subject := 'keeper';
  state := case when kept > now() - interval '10 minutes' then 'ok'
                else 'warning'
            end;
  finding := format('the last round that summed up uses reached %s UTC',
      to_char(kept at time zone 'UTC', 'YYYY-MM-DD HH24:MI'));
  act := case when state <> 'ok' then 'start `wardgate keep`' end;
  return next;
end $$;
comment on function wardgate.doctor is
  'What is wrong with roles, settings, secrets, credentials and upkeep, and what to do';

-- ---- functions/73_portal_health.sql

-- What the doctor of 72_doctor.sql finds, and what only a look at the moment
-- tells. state: ok, unseen (not known from here), warning, fault.

create function wardgate.health_room(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  this  timestamp := date_trunc('month', now() at time zone 'UTC');
  ahead integer := 0;
begin
  while to_regclass('wardgate.audit_' || to_char(
      this + make_interval(months => ahead), 'YYYY_MM')) is not null loop
    ahead := ahead + 1;
  end loop;
  subject := 'room';
  state := case when ahead > 2 then 'ok' when ahead > 1 then 'warning'
                else 'fault' end;
  finding := format('the trail has room for %s, this one included',
      wardgate.counted(ahead, 'month', 'months'));
  act := case when state <> 'ok' then
      'start `wardgate keep`; `wardgate keep --once` makes it now' end;
end $$;
comment on function wardgate.health_room is
  'For how many months audit rows have partitions';

create function wardgate.health_strays(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  strays bigint := (select count(*) from (
      select from wardgate.audit_default limit 1000) as d);
begin
  subject := 'strays';
  state := case strays when 0 then 'ok' else 'fault' end;
  finding := case strays when 0 then 'no row lies outside of all months'
      when 1000 then 'a thousand rows or more lie outside of all months'
      else wardgate.counted(strays, 'row lies', 'rows lie')
           || ' outside of all months' end;
  act := case when strays > 0 then
      'check the clocks of all hosts, then move these rows' end;
end $$;
comment on function wardgate.health_strays is
  'Audit rows that no month took';

create function wardgate.health_size(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  subject := 'size';
  state := 'ok';
  finding := format('the database holds %s, the trail %s of it',
      pg_size_pretty(pg_database_size(current_database())),
      pg_size_pretty((select coalesce(sum(
          pg_total_relation_size(i.inhrelid)), 0)
        from pg_inherits as i
       where i.inhparent = 'wardgate.audit'::regclass)));
end $$;
comment on function wardgate.health_size is 'How much is stored';

-- Programs pull each change within a quarter of a second; what the keeper no
-- longer clears shows as an old first entry.
create function wardgate.health_changes(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  eldest timestamptz := (select min(l.at) from wardgate.change_log as l);
begin
  subject := 'changes';
  state := case when eldest < now() - interval '2 hours' then 'warning'
                else 'ok' end;
  finding := format('change number %s; %s', (
        select c.n from wardgate.change as c),
      coalesce('the eldest that is kept is of ' || to_char(
          eldest at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC',
        'none is kept any more'));
  act := case when state <> 'ok' then 'start `wardgate keep`' end;
end $$;
comment on function wardgate.health_changes is
  'The change number, and whether its log is cleared';

-- Programs say what they are, and their version, when they connect.
create function wardgate.health_programs(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  missing  text;
  versions bigint;
begin
  subject := 'programs';
  select string_agg(format('%s (%s)', p.name, p.n), ', ' order by p.name),
         count(distinct substring(p.name from '/(.*)$'))
    into finding, versions
    from (select substr(s.application_name, 10) as name, count(*) as n
            from pg_stat_activity as s
           where s.datname = current_database()
             and s.application_name ~ '^wardgate [a-z]+/'
           group by 1) as p;
  missing := (
      select string_agg(w.name, ', ' order by w.name)
        from unnest(array['facade', 'token']) as w (name)
       where not coalesce(finding, '') ~ ('(^|, )' || w.name || '/'));
  state := case when missing is not null or versions > 1 then 'warning'
                else 'ok' end;
  act := case when missing is not null then
             'nobody is connected as: ' || missing || '; start it'
             when versions > 1 then
             'two versions run side by side: end the upgrade' end;
  finding := 'connected, with sessions: ' || coalesce(finding, 'none');
end $$;
comment on function wardgate.health_programs is
  'Which programs of which version are connected';

create function wardgate.health_signing(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.signing_key;
begin
  subject := 'signing';
  select o.* into k from wardgate.signing_key as o where o.stage = 'use';
  state := case when k.kid is null then 'fault' else 'ok' end;
  finding := coalesce(format('the key %s signs, since %s UTC', k.kid,
      to_char(k.used_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
      'no key signs');
  if k.kid is null then
    finding := 'no key signs: no token is issued';
    act := 'wardgate key make signing';
  end if;
end $$;
comment on function wardgate.health_signing is 'Does a key sign?';

create function wardgate.health_fetched(
  out subject text, out state text, out finding text, out act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  failed bigint := (select count(*) from wardgate.client_jwks_url as u
                     where u.error <> '');
begin
  subject := 'fetched';
  state := case failed when 0 then 'ok' else 'warning' end;
  finding := case failed when 0 then 'no fetch of an app''s keys has failed'
      else format('the keys of %s could not be fetched',
        wardgate.counted(failed, 'app', 'apps')) end;
  act := case when failed > 0 then 'the page Keys says why' end;
end $$;
comment on function wardgate.health_fetched is
  'Could the keys be fetched that apps publish?';

-- Of hospitals that were probed (37_probe.sql), as far as they are known.
create function wardgate.health_certificates(soon interval)
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  seen  bigint;
  first timestamptz;
begin
  subject := 'certificates';
  act := 'tell the hospital; `wardgate probe` looks at it again';
  for state, finding in
    select case when f.certificate_ends <= now() then 'fault'
                else 'warning' end,
           format('the certificate of %s %s %s UTC, as its last probe saw',
             f.slug, case when f.certificate_ends <= now() then 'ended at'
                          else 'ends at' end,
             to_char(f.certificate_ends at time zone 'UTC',
               'YYYY-MM-DD HH24:MI'))
      from wardgate.probe_figures() as f
     where f.certificate_ends < now() + soon
     order by f.certificate_ends
     limit 20
  loop
    return next;
  end loop;
  select count(f.certificate_ends), min(f.certificate_ends) into seen, first
    from wardgate.probe_figures() as f
   where f.certificate_ends >= now() + soon;
  if seen > 0 then
    state := 'ok';
    act := null;
    finding := format('of %s, as last probed: the first ends at %s UTC',
        wardgate.counted(seen, 'hospital', 'hospitals'), to_char(first at time zone 'UTC', 'YYYY-MM-DD HH24:MI'));
    return next;
  end if;
  state := 'unseen';
  finding := 'the certificate of this gateway is the web server''s: its end is not known here';
  act := 'watch it where it is renewed';
  return next;
end $$;
comment on function wardgate.health_certificates is
  'When the certificates of hospitals end, where a probe saw them';

create function wardgate.health_probes()
returns table (subject text, state text, finding text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  bad bigint;
begin
  subject := 'probes';
  select count(*) filter (where not f.usable),
         format('%s probed, %s that cannot be used',
           wardgate.counted(count(*), 'hospital was', 'hospitals were'),
           count(*) filter (where not f.usable))
    into bad, finding
    from wardgate.probe_figures() as f;
  state := case when bad > 0 then 'warning' else 'ok' end;
  act := case when bad > 0 then '`wardgate probe last` says why' end;
  return next;
end $$;
comment on function wardgate.health_probes is
  'Did the last probes find hospitals that cannot be used?';

create function wardgate.portal_health(account uuid)
returns table (subject text, state text, finding text, act text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query select d.* from wardgate.doctor() as d;
  return query select h.* from wardgate.health_room() as h;
  return query select h.* from wardgate.health_strays() as h;
  return query select h.* from wardgate.health_size() as h;
  return query select h.* from wardgate.health_changes() as h;
  return query select h.* from wardgate.health_programs() as h;
  return query select h.* from wardgate.health_signing() as h;
  return query select h.* from wardgate.health_fetched() as h;
  return query select h.* from wardgate.health_probes() as h;
  return query
  select h.* from wardgate.health_certificates(interval '30 days') as h;
  return query values
    ('disk', 'unseen', 'how much room its disk has left is known to the host of the database alone',
     'watch the folder of its data there');
end $$;
comment on function wardgate.portal_health is
  'What is well with the gateway and what is not, for operators';

-- ---- functions/75_secret_ends.sql

-- Of each client that is not disabled and has no keys of its own: when its last
-- living secret ends, if it does. `soonest`: null when no client is about to be left without.
create function wardgate.secret_ends(
  out soonest timestamptz,
  out in_1    bigint,
  out in_7    bigint,
  out in_14   bigint,
  out in_30   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select min(e.last),
         count(*) filter (where e.last < now() + interval '1 day'),
         count(*) filter (where e.last < now() + interval '7 days'),
         count(*) filter (where e.last < now() + interval '14 days'),
         count(*) filter (where e.last < now() + interval '30 days')
    into soonest, in_1, in_7, in_14, in_30
    from (select max(s.not_after) as last
            from wardgate.client_secret as s
            join wardgate.client as c on c.client_id = s.client_id
           where c.disabled_at is null
             and s.invalidated_at is null
             and not exists (
                 select from wardgate.client_jwks as j
                  where j.client_id = c.client_id)
             and (s.not_after is null or s.not_after > now())
           group by s.client_id
          having bool_and(s.not_after is not null)) as e;
end $$;
comment on function wardgate.secret_ends is
  'When clients will be left without a secret: the soonest, and how many';

-- ---- schema/90_grants.sql

-- No service role owns anything, reads or writes a table, or makes an object.
-- Each may call its functions; these run with the rights of the owner and do
-- one thing each. The exceptions are wg_auditor, who reads audit freely: that is
-- its duty, and nobody else's; wg_operator, who reads the loss report, which
-- names elements and no record; and wg_rehearsal, whose schema holds made-up
-- records and nothing else.

revoke all on schema wardgate from public;
revoke all on all tables in schema wardgate from public;
revoke all on all functions in schema wardgate from public;
do $$ begin
  execute format('revoke temporary on database %I from public',
      current_database());
end $$;
grant usage on schema wardgate to wg_metadata, wg_token, wg_facade, wg_admin,
      wg_keeper, wg_operator, wg_auditor;

-- metadata: is the database fit for work, and what can one tenant's provider?
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.signing_key_in_use(),
      wardgate.signing_keys_refused(interval),
      wardgate.statement_for_tenant(uuid, uuid, text, text, bigint),
      wardgate.probe_figures(),
      wardgate.provider_jwks(uuid),
      wardgate.secret_ends()
   to wg_metadata;

-- token: hashes of one client's secrets, its public keys, one route, one token,
-- and the trail
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.changes_since(bigint),
      wardgate.client_for_token(uuid, text),
      wardgate.pepper_in_use(),
      wardgate.secret_rehash(uuid, text, bytea, bytea, bigint),
      wardgate.client_keys_for_token(uuid),
      wardgate.client_jwks_wanted(uuid),
      wardgate.assertion_use(uuid, bytea, timestamptz),
      wardgate.route_for_token(uuid, uuid),
      wardgate.signing_key_in_use(),
      wardgate.signing_keys_refused(interval),
      wardgate.token_in_force(uuid, uuid, text, text, bigint),
      wardgate.token_stands(uuid, uuid, text, text),
      wardgate.revoke_own_token(uuid, text, timestamptz),
      wardgate.audit_write(wardgate.audit_row[])
   to wg_token;

-- facade: where records are, never a hash
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.changes_since(bigint),
      wardgate.route_for_facade(uuid, uuid),
      wardgate.signing_keys_refused(interval),
      wardgate.revocations(),
      wardgate.token_revoked(uuid, uuid, text, text, bigint),
      wardgate.cursor_handle_put(uuid, uuid, bytea, timestamptz),
      wardgate.cursor_handle_get(uuid, uuid, uuid),
      wardgate.found_get(uuid, bigint),
      wardgate.found_put(uuid, bigint, text),
      wardgate.probe_start(text, text, boolean),
      wardgate.probe_tenants(),
      wardgate.probe_put(uuid, bigint, text, text, boolean, bigint,
        timestamptz, text),
      wardgate.loss_add(text),
      wardgate.audit_write(wardgate.audit_row[])
   to wg_facade;
grant usage on type wardgate.audit_row to wg_token, wg_facade;

-- keeper: room for audit rows, clearing, summing up
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.audit_partitions_ahead(bigint),
      wardgate.audit_stray(),
      wardgate.change_log_trim(interval, bigint),
      wardgate.cursor_handle_trim(interval, bigint),
      wardgate.assertion_trim(interval, bigint),
      wardgate.client_jwks_due(interval, interval, bigint),
      wardgate.client_jwks_fetched(uuid, text, text, text, text),
      wardgate.signing_key_expire(interval),
      wardgate.revocation_trim(bigint),
      wardgate.secret_notice_take(),
      wardgate.secret_notice_told(text, bigint),
      wardgate.secret_trail_trim(interval, bigint),
      wardgate.secret_use_roll_up(interval),
      wardgate.proposal_expire(bigint),
      wardgate.session_trim(interval, bigint),
      wardgate.signin_failure_trim(interval, bigint),
      wardgate.traffic_roll_up(interval, interval),
      wardgate.traffic_trim(interval, bigint)
   to wg_keeper;

-- operator: clients, secrets, grants, keys, onboarding; no hash comes back
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.client_add(uuid, text, text, text),
      wardgate.client_list(),
      wardgate.client_able(uuid, boolean),
      wardgate.secret_add(uuid, text, text, text, bytea, bigint, timestamptz,
        timestamptz, bigint),
      wardgate.secret_list(uuid),
      wardgate.secret_invalidate(uuid, text),
      wardgate.client_jwks_set(uuid, text, text),
      wardgate.client_jwks_list(uuid),
      wardgate.client_jwks_url_set(uuid, text),
      wardgate.client_jwks_url_get(uuid),
      wardgate.grant_give(uuid, uuid, timestamptz, text, text),
      wardgate.grant_end(uuid, uuid),
      wardgate.grant_list(uuid, uuid),
      wardgate.revoke(text, uuid, uuid, text, text, boolean),
      wardgate.revocation_list(),
      wardgate.signing_key_add(text),
      wardgate.signing_key_list(),
      wardgate.signing_key_use(text, interval),
      wardgate.pepper_in_use(),
      wardgate.pepper_needed(bigint),
      wardgate.pepper_use(bigint),
      wardgate.pepper_remove(bigint),
      wardgate.signing_key_withdraw(text, text),
      wardgate.onboard_run(text, jsonb),
      wardgate.onboard_before(text, jsonb),
      wardgate.onboard_changes(text, jsonb),
      wardgate.onboard_counts(text, jsonb),
      wardgate.key_wanted(uuid, text),
      wardgate.tenant_environment_set(text, text, text),
      wardgate.tenant_networks_set(text, text),
      wardgate.tenant_state_set(text, text, text, text, text),
      wardgate.tenant_remove(text),
      wardgate.tenant_list(),
      wardgate.loss_list(text),
      wardgate.probe_list(text),
      wardgate.probe_findings(uuid),
      wardgate.sealing_key_add(text, bytea),
      wardgate.sealing_key_list(),
      wardgate.sealing_key_in_use(),
      wardgate.sealing_key_use(text),
      wardgate.sealing_key_remove(text),
      wardgate.credential_server(uuid),
      wardgate.credential_put(text, text, text, text, text, text, text,
        text, text),
      wardgate.tls_put(text, text, text, text),
      wardgate.provider_key_add(uuid, text, text, text, text),
      wardgate.provider_key_list(uuid),
      wardgate.provider_key_use(uuid, text, interval),
      wardgate.provider_key_remove(uuid, text),
      wardgate.credential_outdated(uuid, bigint),
      wardgate.credential_reseal(uuid, text, text),
      wardgate.doctor(),
      wardgate.doctor_source(text),
      wardgate.doctor_certificates(),
      wardgate.switch_read(text, text),
      wardgate.account_add(text, text, text, text, bytea),
      wardgate.account_for_signin(text),
      wardgate.account_list(),
      wardgate.account_able(uuid, boolean),
      wardgate.account_roles_set(uuid, text),
      wardgate.account_totp_keep(uuid, bytea),
      wardgate.account_totp_remove(uuid),
      wardgate.invitation_make(bytea, text, text, uuid, uuid, interval)
   to wg_operator;
grant select on wardgate.loss_report to wg_operator;

-- admin, the portal: people, the apps that each of them may see, for operators
-- hospitals and grants, and the made-up patients of wards
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.account_for_signin(text),
      wardgate.account_self(uuid),
      wardgate.account_passphrase_set(uuid, text, bytea),
      wardgate.account_passphrase_moved(uuid, text, text),
      wardgate.account_totp_set(uuid, bytea, bigint, text, bytea),
      wardgate.account_totp_use(uuid, bigint),
      wardgate.account_recovery_use(uuid, bytea),
      wardgate.account_lang_set(uuid, text),
      wardgate.portal_account_list(uuid),
      wardgate.portal_account_able(uuid, uuid, boolean),
      wardgate.portal_account_roles_set(uuid, uuid, text),
      wardgate.portal_account_totp_remove(uuid, uuid),
      wardgate.signin_begin(bytea, inet),
      wardgate.signin_failed(bytea, inet),
      wardgate.signin_untried(bytea, inet),
      wardgate.signin_good(bytea, inet),
      wardgate.session_open(bytea, uuid, text, inet, text, bytea, text),
      wardgate.session_find(bytea, interval, interval, interval),
      wardgate.asking(uuid),
      wardgate.session_end(bytea),
      wardgate.session_end_one(uuid, uuid),
      wardgate.session_list(uuid, interval, interval),
      wardgate.portal_invitation_make(uuid, bytea, text, text, uuid, interval),
      wardgate.invitation_find(bytea),
      wardgate.invitation_use(bytea, text, text),
      wardgate.portal_client_add(uuid, text, text, text),
      wardgate.portal_client_change(uuid, uuid, text, text, text),
      wardgate.portal_client_list(uuid, text, bigint, bigint),
      wardgate.portal_client(uuid, uuid),
      wardgate.portal_client_able(uuid, uuid, boolean),
      wardgate.portal_secret_list(uuid, uuid, interval),
      wardgate.portal_secret_add(uuid, uuid, text, text, text, bytea, bigint,
        timestamptz, bigint),
      wardgate.portal_secret_invalidate(uuid, uuid, text),
      wardgate.portal_secret_breach(uuid, uuid, text, text),
      wardgate.portal_secret_tokens(uuid, uuid, text, bigint, bigint, bigint),
      wardgate.portal_secret_hospitals(uuid, uuid, text, bigint),
      wardgate.portal_grant_list(uuid, uuid),
      wardgate.portal_jwks_list(uuid, uuid),
      wardgate.portal_jwks_set(uuid, uuid, text, text),
      wardgate.sealing_key_in_use(),
      wardgate.portal_trace(uuid, uuid),
      wardgate.portal_tenant_list(uuid, text, bigint, bigint),
      wardgate.portal_tenant(uuid, uuid),
      wardgate.portal_tenant_put(uuid, boolean, text, text, text, text, text,
        text, text, text, text, text, text, text, text, text, text, text,
        text, text, text, text, text, text),
      wardgate.portal_tenant_state_set(uuid, uuid, text, text, text, text),
      wardgate.portal_tenant_grants(uuid, uuid),
      wardgate.portal_tenant_loss(uuid, uuid, bigint),
      wardgate.portal_tenant_acts(uuid, uuid, bigint, bigint),
      wardgate.portal_probe(uuid, uuid),
      wardgate.portal_probe_findings(uuid, uuid),
      wardgate.portal_key_signing(uuid, interval, interval),
      wardgate.portal_key_sealing(uuid),
      wardgate.portal_key_peppers(uuid, bigint),
      wardgate.portal_key_fetched(uuid),
      wardgate.portal_health(uuid),
      wardgate.portal_overview(uuid, text, text, bigint, bigint),
      wardgate.portal_tenant_hours(uuid, uuid, bigint),
      wardgate.portal_tenant_traffic(uuid, uuid, bigint, bigint),
      wardgate.portal_incident(uuid, uuid, bigint, bigint),
      wardgate.portal_client_hours(uuid, uuid, bigint),
      wardgate.portal_client_traffic(uuid, uuid, bigint, bigint),
      wardgate.portal_client_refusals(uuid, uuid, bigint),
      wardgate.portal_secret_uses(uuid, uuid),
      wardgate.portal_secret_ends(uuid, uuid, bigint),
      wardgate.traffic_until(),
      wardgate.portal_credential_put(uuid, uuid, text, text, text, text, text,
        text, text, text),
      wardgate.portal_provider_key_list(uuid, uuid, interval, interval),
      wardgate.portal_provider_key_add(uuid, uuid, text, text, text, text),
      wardgate.portal_provider_key_use(uuid, uuid, text, interval),
      wardgate.portal_provider_key_remove(uuid, uuid, text),
      wardgate.portal_tls(uuid, uuid),
      wardgate.portal_tls_put(uuid, uuid, text, text, text),
      wardgate.portal_second(uuid),
      wardgate.portal_proposal_list(uuid),
      wardgate.portal_proposal_count(uuid),
      wardgate.portal_proposal(uuid, uuid),
      wardgate.portal_proposal_changes(uuid, uuid),
      wardgate.portal_proposal_approve(uuid, uuid),
      wardgate.portal_proposal_decline(uuid, uuid, text),
      wardgate.portal_grant_give(uuid, uuid, uuid, text, text, text),
      wardgate.portal_grant_end(uuid, uuid, uuid),
      wardgate.portal_request_add(uuid, uuid, text, text),
      wardgate.portal_request_list_of(uuid, uuid),
      wardgate.portal_request_list(uuid),
      wardgate.portal_request_count(uuid),
      wardgate.portal_request(uuid, uuid),
      wardgate.portal_request_approve(uuid, uuid, text, text, text),
      wardgate.portal_request_decline(uuid, uuid, text),
      wardgate.portal_trail_names(uuid),
      wardgate.portal_disclosures(uuid, text, text, text, text, text, text,
        text, bigint),
      wardgate.portal_refusals(uuid, boolean, text, text, text, text, text,
        text, bigint),
      wardgate.portal_refusal_counts(uuid, text, text, text, text, text),
      wardgate.portal_acts_list(uuid, boolean, text, text, text, text, text,
        bigint),
      wardgate.portal_ward_list(uuid, text, bigint, bigint),
      wardgate.portal_ward(uuid, text),
      wardgate.portal_ward_patients(uuid, text, text, bigint, bigint),
      wardgate.portal_ward_records(uuid, text, text, text, text, bigint),
      wardgate.portal_ward_add(uuid, text, text, text, text, text, text),
      wardgate.portal_ward_change(uuid, text, text, text, text, text, text,
        text, text, text),
      wardgate.portal_ward_remove(uuid, text, text, text, text, text, text)
   to wg_admin;

-- auditor: reads the trail, changes nothing
grant select on wardgate.audit to wg_auditor;
grant execute on function
      wardgate.audit_tail(timestamptz, uuid, uuid, bigint),
      wardgate.audit_act_behind(uuid)
   to wg_auditor;

-- rehearsal: its wards, which it serves and loads
revoke all on schema rehearsal from public;
revoke all on all tables in schema rehearsal from public;
grant usage on schema rehearsal to wg_rehearsal;
grant select, insert, update, delete on all tables in schema rehearsal
   to wg_rehearsal;
grant execute on function
      rehearsal.analyze(),
      rehearsal.published_keys(uuid)
   to wg_rehearsal;

-- ---- schema/95_start.sql

select wardgate.audit_partitions_ahead(3);
