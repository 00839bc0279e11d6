-- 48_portal_tenants.sql - hospitals as operators keep them in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks; whoever is no operator
-- is told what is told of a hospital that does not exist. What may be stored is
-- what the scripts may store: their functions do it.

create function wardgate.portal_operator_acts(account uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not wardgate.account_is(account, array['operator']) then
    perform wardgate.refuse('WG404', 'There is no such hospital.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_operator_acts is
  'WG404 unless the account is an operator, whom the trail then names';

create function wardgate.portal_tenant_must_be(account uuid, tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  if not exists (
      select from wardgate.tenant as t where t.tenant_id = tenant) then
    perform wardgate.refuse('WG404', 'There is no such hospital.');
  end if;
end $$;
comment on function wardgate.portal_tenant_must_be is
  'WG404 unless the account is an operator and the tenant exists';

create function wardgate.portal_tenant_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  tenant_id    uuid,
  slug         text,
  name         text,
  state        text,
  notice_until timestamptz,
  fhir_version text,
  base_url     text,
  live_grants  bigint,
  environment  text,
  found        bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice_until,
         p.fhir_version, p.base_url,
       (select count(*)
          from wardgate.client_grant as g
         where g.tenant_id = t.tenant_id
           and (g.ended_at is null or g.ended_at > now())), t.environment,
         t.found
    from (select h.*, count(*) over () as found
            from wardgate.tenant as h
           where find = '' or position(lower(find) in lower(h.name)) > 0
              or position(lower(find) in h.slug) > 0
              or h.tenant_id::text = lower(find)
           order by h.name, h.tenant_id
          offset skip
           limit at_most) as t
    left join wardgate.provider as p using (tenant_id)
   order by t.name, t.tenant_id;
end $$;
comment on function wardgate.portal_tenant_list is
  'Hospitals by name, those with `find` in it, for operators; found: how many there are';

-- Switches, times and limits as somebody would type them. auth: what its server
-- wants to see; auth_lost: the credential that we have is for another server and
-- is not sent; auth_unsigned: it wants tokens that are signed for, and no key is
-- in use.
create function wardgate.portal_tenant(account uuid, tenant uuid)
returns table (
  tenant_id        uuid,
  slug             text,
  name             text,
  state            text,
  notice           text,
  notice_until     timestamptz,
  retry_after_s    text,
  mrn_system       text,
  created_at       timestamptz,
  provider_url     text,
  fhir_version     text,
  mode             text,
  search_post      text,
  http2            text,
  connect_ms       text,
  total_ms         text,
  can_contains     text,
  can_sort         text,
  can_total        text,
  can_batch        text,
  coverage_person  text,
  write_extensions text,
  auth             text,
  auth_set_at      timestamptz,
  auth_lost        boolean,
  networks         text,
  environment      text,
  auth_server      text,
  proposed         uuid,
  requests_max     text,
  calls_per_s      text,
  token_url        text,
  token_client     text,
  token_auth       text,
  token_scope      text,
  token_resource   text,
  token_audience   text,
  override_why     text,
  auth_unsigned    boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select t.tenant_id, t.slug, t.name,
         wardgate.tenant_state_now(t.state, t.notice_until), t.notice,
         t.notice_until, t.retry_after_s::text, t.mrn_system, t.created_at,
         p.base_url, p.fhir_version, p.mode,
         case when p.search_post then 'on' else 'off' end,
         case when p.http2 then 'on' else 'off' end,
         p.connect_ms::text, p.total_ms::text, p.can_contains, p.can_sort,
         p.can_total, p.can_batch, p.coverage_person,
         case when p.write_extensions then 'on' else 'off' end,
         c.kind, c.set_at, c.origin <> wardgate.origin_of(p.base_url),
         coalesce(nullif(array_to_string(p.networks, ', '), ''), 'none'),
         t.environment, c.origin,
       (select o.proposal_id from wardgate.proposal as o
         where o.tenant_id = tenant and o.state = 'open'
           and o.expires_at > now()
         order by o.made_at limit 1),
         p.requests_max::text, p.calls_per_s::text, c.token_url,
         c.token_client, c.token_auth, c.token_scope, c.token_resource,
         c.token_audience, w.why,
         c.kind = 'smart' and not exists (
           select from wardgate.provider_key as k
            where k.tenant_id = tenant and k.stage = 'use')
    from wardgate.tenant as t
    left join wardgate.provider as p using (tenant_id)
    left join wardgate.provider_credential as c using (tenant_id)
    left join wardgate.production_override as w using (tenant_id)
   where t.tenant_id = tenant;
end $$;
comment on function wardgate.portal_tenant is 'One hospital, for operators';

-- fresh: nobody has that tenant ID yet; else somebody must have it. proposed: the
-- change waits for a second operator; null: it is made.
create function wardgate.portal_tenant_put(
  account uuid, fresh boolean, tenant text, name text, slug text,
  provider_url text, fhir_version text, mode text, search_post text,
  http2 text, connect_ms text, total_ms text, mrn_system text,
  can_contains text, can_sort text, can_total text, can_batch text,
  coverage_person text, write_extensions text, networks text,
  environment text, requests_max text, calls_per_s text, override text,
  out tenant_id uuid, out proposed uuid,
  out refused text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept uuid;
begin
  perform wardgate.portal_operator_acts(account);
  perform wardgate.onboarding_lock();
  kept := wardgate.guid_read('tenant ID', btrim(tenant));
  if not fresh then
    perform wardgate.portal_tenant_must_be(account, kept);
  elsif exists (select from wardgate.tenant as t where t.tenant_id = kept) then
    perform wardgate.refuse('WG409',
        'There is a hospital with this tenant ID already.');
  end if;
  select o.proposed, o.refused into proposed, refused
    from wardgate.proposal_or_done(account, kept, 'hospital',
      jsonb_build_object('name', name, 'slug', slug, 'provider_url',
        provider_url, 'fhir_version', fhir_version, 'mode', mode,
        'search_post', search_post, 'http2', http2, 'connect_ms', connect_ms,
        'total_ms', total_ms, 'mrn_system', mrn_system, 'can_contains',
        can_contains, 'can_sort', can_sort, 'can_total', can_total,
        'can_batch', can_batch, 'coverage_person', coverage_person,
        'write_extensions', write_extensions, 'networks', networks,
        'environment', environment, 'requests_max', requests_max,
        'calls_per_s', calls_per_s, 'override', override)) as o;
  portal_tenant_put.tenant_id := kept;
end $$;
comment on function wardgate.portal_tenant_put is
  'Creates or changes a hospital and its provider, for operators; refused: why not, which the trail has';

create function wardgate.portal_tenant_state_set(
  account uuid, tenant uuid, state text, notice text, until text,
  retry_after_s text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  select s.outcome into outcome
    from wardgate.tenant_state_set(tenant::text, state, notice, until,
         retry_after_s) as s
   where s.object = 'tenant';
end $$;
comment on function wardgate.portal_tenant_state_set is
  'Makes a hospital active, suspended, or in maintenance, for operators';

create function wardgate.portal_tenant_grants(account uuid, tenant uuid)
returns table (
  client_id   uuid,
  client_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select g.client_id, g.client_name, g.state, g.granted_at, g.ended_at,
         g.types, g.purpose
    from wardgate.grant_list(null, tenant) as g
   order by g.state = 'ended', g.client_name;
end $$;
comment on function wardgate.portal_tenant_grants is
  'The apps that are or were linked to a hospital, for operators';

create function wardgate.portal_tenant_loss(
  account uuid, tenant uuid, at_most bigint)
returns table (
  from_version text,
  to_version   text,
  element      text,
  fate         text,
  times        bigint,
  last_at      timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select l.from_version, l.to_version, l.element, l.fate, l.times, l.last_at
    from wardgate.loss as l
   where l.tenant_id = tenant
   order by l.times desc, l.element, l.from_version, l.to_version, l.fate
   limit at_most;
end $$;
comment on function wardgate.portal_tenant_loss is
  'What conversion could not carry most often, for operators';

-- Of the trail only who changed what: no request, nobody's record, and not whose
-- accesses an auditor looked at. stamp:
-- microseconds since 1970, to go on from; before null: the newest.
create function wardgate.portal_tenant_acts(
  account uuid, tenant uuid, before bigint, at_most bigint)
returns table (
  at      timestamptz,
  stamp   text,
  made_by text,
  act     text,
  detail  text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select a.at, trunc(extract(epoch from a.at) * 1000000)::text, a.made_by,
         a.interaction, a.detail
    from wardgate.audit as a
   where a.tenant_id = tenant and a.made_by is not null
     and a.patient_id is null and (before is null or a.at < to_timestamp(0)
           + before * interval '1 microsecond')
   order by a.at desc, a.trace_id
   limit at_most;
end $$;
comment on function wardgate.portal_tenant_acts is
  'What was changed of a hospital, by whom, newest first, for operators';
