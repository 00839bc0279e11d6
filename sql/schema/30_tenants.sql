-- 30_tenants.sql - hospitals, where their records are, and who may ask them
-- SPDX-License-Identifier: Apache-2.0

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
