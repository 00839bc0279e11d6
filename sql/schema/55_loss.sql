-- 55_loss.sql - what conversion between FHIR versions could not carry
-- SPDX-License-Identifier: Apache-2.0

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
