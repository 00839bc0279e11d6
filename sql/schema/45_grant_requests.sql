-- 45_grant_requests.sql - which app asked to be linked to which hospital
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.grant_request (
  request_id uuid primary key default gen_random_uuid(),
  client_id  uuid not null references wardgate.client on delete cascade,
  tenant_id  uuid not null,
  account_id uuid references wardgate.account on delete set null,
  why        text not null,
  made_at    timestamptz not null default now(),
  state      text not null default 'open',
  decided_at timestamptz,
  answer     text not null default '',
  constraint grant_request_why_length check (length(why) between 1 and 1000),
  constraint grant_request_answer_length check (length(answer) <= 1000),
  constraint grant_request_decided check (
    case state when 'open' then decided_at is null
               when 'approved' then decided_at is not null
               when 'declined' then decided_at is not null and answer <> ''
               else false
           end)
);
create unique index grant_request_open
    on wardgate.grant_request (client_id, tenant_id) where state = 'open';
create index grant_request_of_client
    on wardgate.grant_request (client_id, made_at);
create index grant_request_by_answer
    on wardgate.grant_request (decided_at);
comment on table wardgate.grant_request is
  'What owners of apps asked for in the portal, and what they were told';
comment on column wardgate.grant_request.request_id is 'Its name for programs';
comment on column wardgate.grant_request.client_id is 'The app';
comment on column wardgate.grant_request.tenant_id is
  'The tenant ID as typed: there may be no such tenant';
comment on column wardgate.grant_request.account_id is
  'Who asked; null: the account is gone';
comment on column wardgate.grant_request.why is 'What for, in their words';
comment on column wardgate.grant_request.made_at is 'When they asked';
comment on column wardgate.grant_request.state is 'open, approved or declined';
comment on column wardgate.grant_request.decided_at is
  'When it was approved or declined; null: it is open';
comment on column wardgate.grant_request.answer is
  'Why it was declined; who asked reads it';
