-- 49_portal_grants.sql - linking apps to hospitals, and asking for that
-- SPDX-License-Identifier: Apache-2.0
--
-- The owner of an app asks, an operator answers. A request says nothing of what
-- exists: any tenant ID can be asked for, and all are answered alike until an
-- operator has looked.

create function wardgate.portal_grant_give(
  account uuid, client uuid, tenant uuid, until text, types text, purpose text,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.grant_give(client, tenant,
      wardgate.until_read(wardgate.given(until)), types, purpose);
  update wardgate.grant_request as r
     set state = 'approved', decided_at = now()
   where r.client_id = client and r.tenant_id = tenant and r.state = 'open';
end $$;
comment on function wardgate.portal_grant_give is
  'Links an app to a hospital, for operators; what asked for it is approved';

create function wardgate.portal_grant_end(
  account uuid, client uuid, tenant uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := wardgate.grant_end(client, tenant);
end $$;
comment on function wardgate.portal_grant_end is
  'Ends the link of an app to a hospital, for operators';

-- What is linked already the owner sees anyway; everything else is answered
-- without a look at the hospitals.
create function wardgate.portal_request_add(
  account uuid, client uuid, tenant text, why text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept     uuid := wardgate.guid_read('tenant ID', btrim(tenant));
  why_kept text := wardgate.line_read('reason', wardgate.given(why), 1000);
begin
  perform wardgate.portal_client_must_be(account, client);
  perform from wardgate.client as c where c.client_id = client for update;
  if why_kept is null then
    perform wardgate.refuse('WG400',
        'Say what the app needs the records of this hospital for.');
  elsif exists (
      select from wardgate.client_grant as g
       where g.client_id = client and g.tenant_id = kept
         and (g.ended_at is null or g.ended_at > now())) then
    perform wardgate.refuse('WG409',
        'The app is linked to this hospital already.');
  elsif exists (
      select from wardgate.grant_request as r
       where r.client_id = client and r.tenant_id = kept
         and r.state = 'open') then
    perform wardgate.refuse('WG409',
        'The app has asked for this hospital already; the operator has not answered yet.');
  elsif (select count(*) from wardgate.grant_request as r
          where r.client_id = client and r.state = 'open') >= 20 then
    perform wardgate.refuse('WG409',
        'The app has asked for 20 hospitals that the operator has not answered yet.');
  end if;
  insert into wardgate.grant_request (client_id, tenant_id, account_id, why)
  values (client, kept, account, why_kept);
end $$;
comment on function wardgate.portal_request_add is
  'Asks for a hospital, whether there is such a one or not';

create function wardgate.portal_request_list_of(account uuid, client uuid)
returns table (
  tenant_id  uuid,
  why        text,
  made_at    timestamptz,
  state      text,
  decided_at timestamptz,
  answer     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select r.tenant_id, r.why, r.made_at, r.state, r.decided_at, r.answer
    from wardgate.grant_request as r
   where r.client_id = client and r.state <> 'approved'
   order by r.state <> 'open', r.made_at desc, r.request_id
   limit 30;
end $$;
comment on function wardgate.portal_request_list_of is
  'Hospitals that an app asked for: open requests, then declined ones';

create function wardgate.portal_request_list(account uuid)
returns table (
  request_id  uuid,
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  login_of    text,
  why         text,
  made_at     timestamptz,
  state       text,
  decided_at  timestamptz,
  answer      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.request_id, r.client_id, c.name, r.tenant_id, t.name, a.login,
         r.why, r.made_at, r.state, r.decided_at, r.answer
    from (
   (select o.* from wardgate.grant_request as o where o.state = 'open'
     order by o.made_at limit 500)
   union all
   (select d.* from wardgate.grant_request as d
     where d.decided_at is not null
     order by d.decided_at desc limit 20)) as r
    join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as a using (account_id)
   order by r.decided_at desc nulls first, r.made_at, r.request_id;
end $$;
comment on function wardgate.portal_request_list is
  'Requests that wait, oldest first, and the newest answers, for operators';

create function wardgate.portal_request_count(account uuid)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return (select count(*) from wardgate.grant_request as r
           where r.state = 'open');
end $$;
comment on function wardgate.portal_request_count is
  'How many requests wait, for operators';

create function wardgate.portal_request(account uuid, request uuid)
returns table (
  request_id  uuid,
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  login_of    text,
  why         text,
  made_at     timestamptz,
  state       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select r.request_id, r.client_id, c.name, r.tenant_id, t.name, a.login,
         r.why, r.made_at, r.state
    from wardgate.grant_request as r
    join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
    left join wardgate.account as a using (account_id)
   where r.request_id = request;
  if not found then
    perform wardgate.refuse('WG404', 'There is no such request.');
  end if;
end $$;
comment on function wardgate.portal_request is 'One request, for operators';

create function wardgate.portal_request_open(account uuid, request uuid)
returns wardgate.grant_request
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request;
begin
  perform wardgate.portal_operator_acts(account);
  select r.* into asked
    from wardgate.grant_request as r
   where r.request_id = request for update;
  if asked.request_id is null then
    perform wardgate.refuse('WG404', 'There is no such request.');
  elsif asked.state <> 'open' then
    perform wardgate.refuse('WG409', 'This request is answered already.');
  end if;
  return asked;
end $$;
comment on function wardgate.portal_request_open is
  'Locks a request that waits; WG404, or WG409 when it is answered';

create function wardgate.portal_request_approve(
  account uuid, request uuid, until text, types text, purpose text,
  out tenant_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request := wardgate.portal_request_open(account,
      request);
begin
  perform wardgate.portal_grant_give(account, asked.client_id,
      asked.tenant_id, until, types, purpose);
  portal_request_approve.tenant_id := asked.tenant_id;
end $$;
comment on function wardgate.portal_request_approve is
  'Links the app to the hospital that it asked for, for operators';

create function wardgate.portal_request_decline(
  account uuid, request uuid, answer text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  asked wardgate.grant_request := wardgate.portal_request_open(account,
      request);
  kept  text := wardgate.line_read('reason', wardgate.given(answer), 1000);
begin
  if kept is null then
    perform wardgate.refuse('WG400',
        'Say why: whoever asked will read it.');
  end if;
  update wardgate.grant_request as r
     set state = 'declined', decided_at = now(), answer = kept
   where r.request_id = asked.request_id;
end $$;
comment on function wardgate.portal_request_decline is
  'Declines what an app asked for, with a reason, for operators';
