-- 10_change.sql - one number that rises with every change that programs trust
-- SPDX-License-Identifier: Apache-2.0
--
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
