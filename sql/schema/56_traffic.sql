-- 56_traffic.sql - how much each app asked of each hospital, by the hour
-- SPDX-License-Identifier: Apache-2.0
--
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
