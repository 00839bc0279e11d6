-- 52_secret_shown.sql - when each secret was shown last, and what came of it
-- SPDX-License-Identifier: Apache-2.0
--
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
