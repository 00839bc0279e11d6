-- 53_secret_notice.sql - which ends of secrets were told of, and when
-- SPDX-License-Identifier: Apache-2.0

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
