-- 50_portal_proposals.sql - changes that need a second operator
-- SPDX-License-Identifier: Apache-2.0
--
-- While the policy second_approver is on, triggers refuse a new production
-- hospital, another address of its server (or other networks in which that may
-- be), and another credential, whoever makes the change and by whatever way,
-- unless a proposal was approved in the same transaction. What the portal is
-- refused for that reason it keeps as a proposal.

create function wardgate.second_needed()
returns boolean
language sql stable set search_path = pg_catalog, pg_temp
return exists (select from wardgate.policy as p
                where p.name = 'second_approver' and p.value = 'on');
comment on function wardgate.second_needed is
  'Does a second operator have to agree to some changes?';

-- A transaction id alone could come again in a restored database.
create function wardgate.second_must_be(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
      select from wardgate.proposal as p
       where p.tenant_id = tenant and p.state = 'approved'
         and p.applied_in = pg_current_xact_id() and p.decided_at = now()) then
    return;
  end if;
  raise exception using errcode = 'WG409', constraint = 'second_approver',
    message = 'The policy second_approver is on: a second operator has to agree. '
      'Propose it in the portal; what cannot be proposed there is done after '
      'the owner of the schema has set the policy to off.';
end $$;
comment on function wardgate.second_must_be is
  'WG409 unless this transaction approved a proposal for the tenant';

create function wardgate.tenant_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if wardgate.second_needed() and (
      tg_op = 'INSERT' and new.environment = 'production'
      or tg_op = 'UPDATE' and new.environment <> old.environment
      or tg_op = 'DELETE' and old.environment = 'production') then
    perform wardgate.second_must_be(coalesce(new.tenant_id, old.tenant_id));
  end if;
  return null;
end $$;
comment on function wardgate.tenant_seconded is
  'Trigger: a production hospital comes and goes with a second operator';

create function wardgate.provider_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if wardgate.second_needed() and (
      tg_op = 'UPDATE' and (new.base_url, new.networks)
        is distinct from (old.base_url, old.networks)
      or tg_op = 'INSERT' and exists (
        select from wardgate.tenant as t
         where t.tenant_id = new.tenant_id
           and t.environment = 'production')) then
    perform wardgate.second_must_be(new.tenant_id);
  end if;
  return null;
end $$;
comment on function wardgate.provider_seconded is
  'Trigger: where requests go changes with a second operator';

-- Sealing to the next key is let through: all the same but the box, from a key
-- that is not in use to the one that is. Argument: the column that names the key.
create function wardgate.credential_seconded()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  box    text[] := array['box', tg_argv[0]];
  before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  tenant uuid := (coalesce(after, before) ->> 'tenant_id')::uuid;
begin
  if not wardgate.second_needed() then
    return null;
  end if;
  if tg_op = 'DELETE' and not exists (
      select from wardgate.provider as p where p.tenant_id = tenant) then
    return null;
  end if;
  if after - box = before - box
      and exists (select from wardgate.sealing_key as k
                   where k.kid = after ->> tg_argv[0] and k.stage = 'use')
      and not exists (select from wardgate.sealing_key as k
                       where k.kid = before ->> tg_argv[0]
                         and k.stage = 'use') then
    return null;
  end if;
  perform wardgate.second_must_be(tenant);
  return null;
end $$;
comment on function wardgate.credential_seconded is
  'Trigger: a credential comes, changes and goes with a second operator';

create trigger seconded after insert or update or delete on wardgate.tenant
   for each row execute function wardgate.tenant_seconded();
create trigger seconded after insert or update on wardgate.provider
   for each row execute function wardgate.provider_seconded();
create trigger seconded
 after insert or update or delete on wardgate.provider_credential
   for each row execute function wardgate.credential_seconded('kid');
create trigger seconded
 after insert or update or delete on wardgate.provider_tls
   for each row execute function wardgate.credential_seconded('sealed_to');

-- ---- proposing

create function wardgate.fingerprints(pem text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select string_agg(regexp_replace(upper(encode(sha256(decode(
             regexp_replace(r.block[1], '\s', '', 'g'), 'base64')), 'hex')),
             '(..)(?=.)', '\1:', 'g'), ', ' order by r.n)
      from regexp_matches(pem, '-----BEGIN [A-Z0-9 ]+-----'
             '([A-Za-z0-9+/=\s]+)-----END', 'g')
        with ordinality as r (block, n));
exception when data_exception then
  return 'no PEM';
end $$;
comment on function wardgate.fingerprints is
  'SHA-256 of each certificate in a text, as AA:BB:...; null: there is none';

-- State and notice are no part of it: a maintenance meanwhile is no matter. Of a
-- credential what is no secret and stays when it is sealed anew.
create function wardgate.mapping_now(tenant uuid)
returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select to_jsonb(t) - array['tenant_id', 'state', 'notice', 'notice_until',
           'retry_after_s', 'created_at']
         || coalesce(to_jsonb(p) - array['provider_id', 'tenant_id',
           'revision', 'credential_at'], '{}')
         || jsonb_build_object('override', w.why, 'certificate',
           wardgate.fingerprints(s.chain), 'certificate_ca',
           wardgate.fingerprints(s.ca), 'certificate_set_at', s.set_at)
         || coalesce((
           select jsonb_object_agg('credential_' || v.key, v.value)
             from jsonb_each(to_jsonb(c) - array['tenant_id', 'box', 'kid'])
               as v), '{}')
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
    left join wardgate.provider_credential as c using (tenant_id)
    left join wardgate.production_override as w using (tenant_id)
    left join wardgate.provider_tls as s using (tenant_id)
   where t.tenant_id = tenant
$$;
comment on function wardgate.mapping_now is
  'A hospital as proposals compare it; null: there is none';

create function wardgate.proposal_run(tenant uuid, kind text, what jsonb)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if kind = 'hospital' then
    perform p.outcome
       from wardgate.tenant_put(tenant::text, what ->> 'name',
            what ->> 'slug', what ->> 'provider_url', what ->> 'fhir_version',
            what ->> 'mode', what ->> 'search_post', what ->> 'http2',
            what ->> 'connect_ms', what ->> 'total_ms', what ->> 'mrn_system',
            null, what ->> 'can_contains', what ->> 'can_sort',
            what ->> 'can_total', what ->> 'can_batch',
            what ->> 'coverage_person', what ->> 'write_extensions',
            networks => what ->> 'networks',
            environment => what ->> 'environment',
            requests_max => what ->> 'requests_max',
            calls_per_s => what ->> 'calls_per_s',
            override => what ->> 'override') as p;
  elsif kind = 'tls' then
    perform c.outcome
       from wardgate.tls_put(tenant::text, what ->> 'certificate',
            what ->> 'certificate_key', what ->> 'provider_ca') as c;
  else
    perform c.outcome
       from wardgate.credential_put(tenant::text, what ->> 'auth',
            what ->> 'credential', what ->> 'token_url',
            what ->> 'token_client', what ->> 'token_auth',
            what ->> 'token_scope', what ->> 'token_resource',
            what ->> 'token_audience') as c;
  end if;
end $$;
comment on function wardgate.proposal_run is
  'Does what was entered: the hospital, its credential, or its certificates';

-- It is done and taken back: so what could not be stored cannot be proposed, and
-- what it would change is known.
-- WG001, as WG000 would stand for all of WG.
create function wardgate.proposal_make(
  account uuid, tenant uuid, kind text, what jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before jsonb := wardgate.mapping_now(tenant);
  after  jsonb;
  made   uuid;
begin
  begin
    insert into wardgate.proposal (tenant_id, kind, what, summary, state,
           decided_at, applied_in)
    values (tenant, proposal_make.kind, '{}', '', 'approved', now(),
           pg_current_xact_id());
    perform wardgate.proposal_run(tenant, proposal_make.kind,
        proposal_make.what);
    after := wardgate.mapping_now(tenant);
    raise exception using errcode = 'WG001';
  exception when sqlstate 'WG001' then
    null;
  end;
  insert into wardgate.proposal (tenant_id, kind, what, found, wanted, summary,
         made_by)
  values (tenant, proposal_make.kind, proposal_make.what, before, after,
         coalesce(wardgate.act_detail(before, after, '{}', '{}'), ''), account)
  returning proposal_id into made;
  return made;
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'Another change of this hospital waits for a second operator. That has to be answered first.');
end $$;
comment on function wardgate.proposal_make is
  'Keeps a change until a second operator agrees; returns its id';

-- proposed: null when nobody else has to agree: then it is done. refused: it is
-- not, and the trail has that.
create function wardgate.proposal_or_done(
  account uuid, tenant uuid, kind text, what jsonb, out proposed uuid,
  out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  rule    text;
  problem text;
begin
  begin
    begin
      perform wardgate.proposal_run(tenant, kind, what);
      return;
    exception when sqlstate 'WG409' then
      get stacked diagnostics rule = constraint_name;
      if rule <> 'second_approver' then
        raise;
      end if;
    end;
    proposed := wardgate.proposal_make(account, tenant, kind, what);
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, refused = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(tenant, problem);
  end;
end $$;
comment on function wardgate.proposal_or_done is
  'Does a change, or proposes it when a second operator has to agree';

create function wardgate.portal_credential_put(
  account uuid, tenant uuid, auth text, credential text, token_url text,
  token_client text, token_auth text, token_scope text, token_resource text,
  token_audience text, out proposed uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.onboarding_lock();
  proposed := (wardgate.proposal_or_done(account, tenant, 'credential',
      jsonb_build_object('auth', auth, 'credential', credential, 'token_url',
        token_url, 'token_client', token_client, 'token_auth', token_auth,
        'token_scope', token_scope, 'token_resource', token_resource,
        'token_audience', token_audience))).proposed;
end $$;
comment on function wardgate.portal_credential_put is
  'Sets or proposes what the server of a hospital wants to see, for operators';

create function wardgate.portal_tls(account uuid, tenant uuid)
returns table (
  chain text, ca text, set_at timestamptz, origin text, lost boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select c.chain, c.ca, c.set_at, c.origin,
         c.origin <> wardgate.origin_of(p.base_url)
    from wardgate.provider_tls as c
    join wardgate.provider as p using (tenant_id)
   where c.tenant_id = tenant;
end $$;
comment on function wardgate.portal_tls is
  'Certificate of the gateway for a hospital, and CAs of its server, for operators';

-- As tls_put; none takes either away, what is empty stays.
create function wardgate.portal_tls_put(
  account uuid, tenant uuid, certificate text, certificate_key text,
  provider_ca text, out proposed uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.onboarding_lock();
  proposed := (wardgate.proposal_or_done(account, tenant, 'tls',
      jsonb_build_object('certificate', certificate, 'certificate_key',
        certificate_key, 'provider_ca', provider_ca))).proposed;
end $$;
comment on function wardgate.portal_tls_put is
  'Sets or proposes certificate and CAs of a hospital, for operators';

create function wardgate.portal_second(account uuid)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return wardgate.second_needed();
end $$;
comment on function wardgate.portal_second is
  'Does a second operator have to agree to some changes? For operators';

-- ---- answering

create function wardgate.portal_proposal_list(account uuid)
returns table (
  proposal_id uuid,
  tenant_id   uuid,
  tenant_name text,
  kind        text,
  summary     text,
  login_of    text,
  made_at     timestamptz,
  expires_at  timestamptz,
  state       text,
  decider     text,
  decided_at  timestamptz,
  answer      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.proposal_id, r.tenant_id, coalesce(t.name, r.wanted ->> 'name'),
         r.kind, r.summary, m.login, r.made_at, r.expires_at,
         case when r.state = 'open' and r.expires_at <= now() then 'expired'
              else r.state
          end, d.login, r.decided_at, r.answer
    from (
   (select o.* from wardgate.proposal as o where o.state = 'open'
     order by o.made_at limit 500)
   union all
   (select e.* from wardgate.proposal as e
     where e.decided_at is not null
     order by e.decided_at desc limit 50)) as r
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as m on m.account_id = r.made_by
    left join wardgate.account as d on d.account_id = r.decided_by
   order by r.decided_at desc nulls first, r.made_at, r.proposal_id;
end $$;
comment on function wardgate.portal_proposal_list is
  'Changes that wait for a second operator, and the newest answers, for operators';

create function wardgate.portal_proposal_count(account uuid)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return (select count(*) from wardgate.proposal as p
           where p.state = 'open' and p.expires_at > now());
end $$;
comment on function wardgate.portal_proposal_count is
  'How many changes wait for a second operator, for operators';

-- own: the account proposed it, and cannot approve it. certificates: those that
-- it brings, PEM, as long as it is not answered.
create function wardgate.portal_proposal(account uuid, proposal uuid)
returns table (
  proposal_id uuid,
  tenant_id   uuid,
  tenant_name text,
  kind        text,
  login_of    text,
  made_at     timestamptz,
  expires_at  timestamptz,
  state       text,
  own          boolean,
  stale        boolean,
  certificates text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select p.proposal_id, p.tenant_id, coalesce(t.name, p.wanted ->> 'name'),
         p.kind, m.login, p.made_at, p.expires_at,
         case when p.state = 'open' and p.expires_at <= now() then 'expired'
              else p.state
          end, p.made_by is not distinct from portal_proposal.account,
         wardgate.mapping_now(p.tenant_id) is distinct from p.found,
         nullif(concat(nullif(p.what ->> 'certificate', 'none'),
           nullif(p.what ->> 'provider_ca', 'none')), '')
    from wardgate.proposal as p
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as m on m.account_id = p.made_by
   where p.proposal_id = portal_proposal.proposal;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such proposal.');
  end if;
end $$;
comment on function wardgate.portal_proposal is
  'One change that waits or waited for a second operator, for operators';

create function wardgate.portal_proposal_changes(account uuid, proposal uuid)
returns table (field text, before text, after text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.key, p.found ->> k.key, p.wanted ->> k.key
    from wardgate.proposal as p
    cross join lateral (
         select f.key from jsonb_object_keys(p.found) as f (key)
          union
         select w.key from jsonb_object_keys(p.wanted) as w (key)) as k
   where p.proposal_id = portal_proposal_changes.proposal
     and p.found -> k.key is distinct from p.wanted -> k.key
     and coalesce(p.found ->> k.key, p.wanted ->> k.key, '') <> ''
   order by k.key;
end $$;
comment on function wardgate.portal_proposal_changes is
  'What a proposal would change, field by field, for operators';

create function wardgate.portal_proposal_open(account uuid, proposal uuid)
returns wardgate.proposal
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.proposal;
begin
  perform wardgate.portal_operator_acts(account);
  perform wardgate.onboarding_lock();
  select p.* into asked
    from wardgate.proposal as p
   where p.proposal_id = proposal for update;
  if asked.proposal_id is null then
    perform wardgate.refuse('WG404', 'There is no such proposal.');
  elsif asked.state in ('approved', 'declined') then
    perform wardgate.refuse('WG409', 'This proposal is answered already.');
  elsif asked.state = 'expired' or asked.expires_at <= now() then
    perform wardgate.refuse('WG409',
        'This proposal has waited for too long. Propose it again.');
  end if;
  return asked;
end $$;
comment on function wardgate.portal_proposal_open is
  'Locks a proposal that waits; WG404, or WG409 when it is answered or over';

-- Two who are operators now have to agree, about the hospital as it is now.
create function wardgate.portal_proposal_approve(
  account uuid, proposal uuid, out tenant_id uuid, out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked   wardgate.proposal := wardgate.portal_proposal_open(account, proposal);
  rule    text;
  problem text;
begin
  if asked.made_by = account then
    perform wardgate.refuse('WG409',
        'You proposed this yourself: another operator has to agree.');
  elsif not wardgate.account_is(asked.made_by, array['operator']) then
    perform wardgate.refuse('WG409',
        'Whoever proposed this is no operator any more. Decline it.');
  elsif wardgate.mapping_now(asked.tenant_id) is distinct from asked.found then
    perform wardgate.refuse('WG409',
        'The hospital was changed since this was proposed. Decline it, and propose it again.');
  end if;
  tenant_id := asked.tenant_id;
  begin
    update wardgate.proposal as p
       set state = 'approved', decided_by = account, decided_at = now(),
           applied_in = pg_current_xact_id(), what = '{}'
     where p.proposal_id = asked.proposal_id;
    perform wardgate.proposal_run(asked.tenant_id, asked.kind, asked.what);
  exception when sqlstate 'WG409' then
    get stacked diagnostics rule = constraint_name, refused = message_text,
      problem = pg_exception_detail;
    if rule <> 'production_probe' then
      raise;
    end if;
    perform wardgate.production_refusal_keep(asked.tenant_id, problem);
  end;
end $$;
comment on function wardgate.portal_proposal_approve is
  'A second operator agrees: the change is made; refused: why it cannot be, which the trail has';

-- Whoever proposed it may take it back.
create function wardgate.portal_proposal_decline(
  account uuid, proposal uuid, answer text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.proposal := wardgate.portal_proposal_open(account, proposal);
  kept  text := wardgate.line_read('reason', wardgate.given(answer), 1000);
begin
  if kept is null then
    perform wardgate.refuse('WG400',
        'Say why: whoever proposed it will read it.');
  end if;
  update wardgate.proposal as p
     set state = 'declined', decided_by = account, decided_at = now(),
         answer = kept, what = '{}'
   where p.proposal_id = asked.proposal_id;
end $$;
comment on function wardgate.portal_proposal_decline is
  'Declines a change, with a reason, for operators';

create function wardgate.proposal_expire(at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended bigint;
begin
  update wardgate.proposal as p
     set state = 'expired', decided_at = now(), what = '{}'
   where p.proposal_id in (
         select o.proposal_id
           from wardgate.proposal as o
          where o.state = 'open' and o.expires_at <= now()
          limit at_most
            for update skip locked);
  get diagnostics ended = row_count;
  return ended;
end $$;
comment on function wardgate.proposal_expire is
  'Ends proposals that have waited for too long; returns how many';
