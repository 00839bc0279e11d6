-- 70_migration.sql - how this schema came to be
-- SPDX-License-Identifier: Apache-2.0

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
