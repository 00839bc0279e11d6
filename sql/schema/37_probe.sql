-- 37_probe.sql - what probes of providers saw
-- SPDX-License-Identifier: Apache-2.0

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
