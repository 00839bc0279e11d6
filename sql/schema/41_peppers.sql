-- 41_peppers.sql - which version of the pepper secrets are to be stored under
-- SPDX-License-Identifier: Apache-2.0

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
