-- 46_proposals.sql - changes that wait until a second operator agrees
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.proposal (
  proposal_id uuid primary key default gen_random_uuid(),
  tenant_id   uuid not null,
  kind        text not null,
  what        jsonb not null,
  found       jsonb,
  wanted      jsonb,
  summary     text not null,
  made_by     uuid references wardgate.account on delete set null,
  made_at     timestamptz not null default now(),
  expires_at  timestamptz not null default now() + interval '7 days',
  state       text not null default 'open',
  decided_by  uuid references wardgate.account on delete set null,
  decided_at  timestamptz,
  answer      text not null default '',
  applied_in  xid8,
  constraint proposal_kind_known check (
    kind in ('hospital', 'credential', 'tls')),
  constraint proposal_state_known check (
    state in ('open', 'approved', 'declined', 'expired')),
  constraint proposal_decided check (
    (state = 'open') = (decided_at is null)
    and (state = 'declined') = (answer <> '')),
  constraint proposal_answer_length check (length(answer) <= 1000)
);
create unique index proposal_open on wardgate.proposal (tenant_id, kind)
 where state = 'open';
create index proposal_by_answer on wardgate.proposal (decided_at);
comment on table wardgate.proposal is
  'Changes of hospitals that one operator proposed and another has to agree to';
comment on column wardgate.proposal.proposal_id is 'Its name for programs';
comment on column wardgate.proposal.tenant_id is
  'The hospital; there may be none of this tenant ID yet';
comment on column wardgate.proposal.kind is
  'hospital: itself and its provider; credential: what its server wants to see; tls: certificate and CA';
comment on column wardgate.proposal.what is
  'What was entered, to be done when it is approved; empty once it is answered';
comment on column wardgate.proposal.found is
  'The hospital when it was proposed; null: there was none';
comment on column wardgate.proposal.wanted is 'What it is to become';
comment on column wardgate.proposal.summary is
  'The difference in words: old -> new';
comment on column wardgate.proposal.made_by is
  'Who proposed it; null: the account is gone';
comment on column wardgate.proposal.made_at is 'When';
comment on column wardgate.proposal.expires_at is
  'Nobody can approve it from then on';
comment on column wardgate.proposal.state is
  'open, approved, declined or expired';
comment on column wardgate.proposal.decided_by is
  'Who approved or declined it; null: nobody, or the account is gone';
comment on column wardgate.proposal.decided_at is
  'When it was approved, declined or expired; null: it is open';
comment on column wardgate.proposal.answer is 'Why it was declined';
comment on column wardgate.proposal.applied_in is
  'The transaction that it was approved for; in no other it allows anything';
