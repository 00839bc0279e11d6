-- 35_found.sql - what the gateway found out about providers
-- SPDX-License-Identifier: Apache-2.0

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
