-- 37_probe.sql - whom a probe asks, what it saw, and what is different now
-- SPDX-License-Identifier: Apache-2.0

-- tenant: its GUID or its slug. A test patient that is given is remembered;
-- `forget` forgets the one that is. Written into the trail before anybody is
-- asked: a probe reads records.
create function wardgate.probe_start(
  tenant text, patient text, forget boolean,
  out tenant_id uuid, out slug text, out name text, out patient_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  select t.tenant_id, t.slug, t.name
    into probe_start.tenant_id, probe_start.slug, probe_start.name
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
   where t.tenant_id::text = lower(btrim(tenant)) or t.slug = btrim(tenant)
   order by t.tenant_id::text = lower(btrim(tenant)) desc
   limit 1;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s with a provider.', wardgate.quoted(tenant)));
  end if;
  if forget then
    delete from wardgate.probe_patient as q
     where q.tenant_id = probe_start.tenant_id;
  elsif wardgate.given(patient) is not null then
    if btrim(patient) !~ '^[A-Za-z0-9.-]{1,64}$' then
      perform wardgate.refuse('WG400', format(
          'The test patient %s is not a FHIR id.', wardgate.quoted(patient)));
    end if;
    insert into wardgate.probe_patient as q (tenant_id, patient_id)
    values (probe_start.tenant_id, btrim(patient))
        on conflict on constraint probe_patient_pkey do update
       set patient_id = excluded.patient_id
     where q.patient_id <> excluded.patient_id;
  end if;
  select q.patient_id into probe_start.patient_id
    from wardgate.probe_patient as q
   where q.tenant_id = probe_start.tenant_id;
  perform wardgate.audit_act('probe', null, probe_start.tenant_id, null, null,
      coalesce('test patient ' || probe_start.patient_id, 'no test patient'));
end $$;
comment on function wardgate.probe_start is
  'Whom a probe is to ask, and about which test patient; the trail hears of it';

create function wardgate.probe_tenants()
returns table (tenant_id uuid, slug text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.tenant_id, t.slug
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
   where wardgate.tenant_state_now(t.state, t.notice_until) = 'active'
   order by t.slug;
end $$;
comment on function wardgate.probe_tenants is
  'Tenants in use that have a provider: whom the nightly probe asks';

-- Verdicts of a call are compared with the probe before, whatever it was asked
-- with; what one of them could not see is no difference.
create function wardgate.probe_drift(earlier jsonb, later jsonb)
returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('call', x.call, 'title',
           x.title, 'was', y.word, 'became', x.word) order by x.n), '[]')
    from (select l.value ->> 'call' as call, l.value ->> 'title' as title,
                 l.value ->> 'word' as word, l.ordinality as n
            from jsonb_array_elements(later) with ordinality as l) as x
    join (select e.value ->> 'call' as call, e.value ->> 'word' as word
            from jsonb_array_elements(earlier) as e) as y using (call)
   where x.word <> y.word and x.word <> 'unseen' and y.word <> 'unseen'
$$;
comment on function wardgate.probe_drift is
  'Calls whose verdict is another one than in an earlier report';

-- One row per call whose verdict changed; none: nothing did.
create function wardgate.probe_put(
  tenant uuid, revision bigint, verdict text, reason text,
  with_patient boolean, took_ms bigint, certificate_ends timestamptz,
  findings text)
returns table (call text, title text, was text, became text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  earlier jsonb;
  changes jsonb;
begin
  perform from wardgate.tenant as t where t.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', 'The tenant is gone.');
  end if;
  select b.findings into earlier
    from wardgate.probe as b
   where b.tenant_id = tenant order by b.probe_id desc limit 1;
  changes := wardgate.probe_drift(coalesce(earlier, '[]'), findings::jsonb);
  insert into wardgate.probe (tenant_id, revision, verdict, reason,
         with_patient, took_ms, certificate_ends, findings, drift)
  values (tenant, revision, verdict, reason, with_patient, took_ms,
         certificate_ends, findings::jsonb, changes);
  delete from wardgate.probe as b
   where b.tenant_id = tenant
     and b.probe_id <= (
         select o.probe_id
           from wardgate.probe as o
          where o.tenant_id = tenant
          order by o.probe_id desc offset 100 limit 1);
  return query
  select d.call, d.title, d.was, d.became
    from jsonb_to_recordset(changes) as d (call text, title text, was text,
         became text);
end $$;
comment on function wardgate.probe_put is
  'Keeps the report of a probe; returns what is different from the one before';

-- tenant: GUID or slug; null: all. outdated: the provider was changed since.
create function wardgate.probe_list(tenant text)
returns table (
  tenant_id        uuid,
  slug             text,
  name             text,
  at               timestamptz,
  verdict          text,
  reason           text,
  with_patient     boolean,
  took_ms          bigint,
  certificate_ends timestamptz,
  changed          bigint,
  outdated         boolean)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if tenant is not null and not exists (
      select from wardgate.tenant as t
       where t.slug = tenant or t.tenant_id::text = lower(tenant)) then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s.', wardgate.quoted(tenant)));
  end if;
  return query
  select t.tenant_id, t.slug, t.name, b.at, b.verdict, b.reason,
         b.with_patient, b.took_ms, b.certificate_ends,
         jsonb_array_length(b.drift)::bigint, b.revision <> p.revision
    from wardgate.tenant as t
    join wardgate.provider as p using (tenant_id)
    left join lateral (
         select n.*
           from wardgate.probe as n
          where n.tenant_id = t.tenant_id
          order by n.probe_id desc limit 1) as b on true
   where tenant is null or t.slug = tenant
      or t.tenant_id::text = lower(tenant)
   order by t.slug;
end $$;
comment on function wardgate.probe_list is
  'The newest probe of one tenant, or of each; nulls where there was none';

create function wardgate.probe_findings(tenant uuid)
returns table (
  call text, title text, word text, found text, loss text, ms bigint,
  status bigint, was text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select f.value ->> 'call', f.value ->> 'title', f.value ->> 'word',
         f.value ->> 'found', f.value ->> 'loss',
         (f.value ->> 'ms')::bigint, (f.value ->> 'status')::bigint,
         (select d.value ->> 'was'
            from jsonb_array_elements(b.drift) as d
           where d.value ->> 'call' = f.value ->> 'call')
    from (select n.*
            from wardgate.probe as n
           where n.tenant_id = tenant
           order by n.probe_id desc limit 1) as b
   cross join lateral jsonb_array_elements(b.findings) with ordinality as f
   order by f.ordinality;
end $$;
comment on function wardgate.probe_findings is
  'What the newest probe of a tenant found, call by call; was: before, if otherwise';

-- Of each tenant that was ever probed. good_at: of the newest probe that found
-- it usable; null: none did.
create function wardgate.probe_figures()
returns table (
  slug text, at timestamptz, good_at timestamptz, usable boolean,
  changed bigint, certificate_ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.slug, b.at,
         (select max(g.at)
            from wardgate.probe as g
           where g.tenant_id = t.tenant_id and g.verdict <> 'unusable'),
         b.verdict <> 'unusable', jsonb_array_length(b.drift)::bigint,
         b.certificate_ends
    from wardgate.tenant as t
   cross join lateral (
         select n.*
           from wardgate.probe as n
          where n.tenant_id = t.tenant_id
          order by n.probe_id desc limit 1) as b
   order by t.slug
   limit 1000;
end $$;
comment on function wardgate.probe_figures is
  'For the metrics: the newest probe of each tenant, and the last good one';

-- ---- into production ------------------------------------------------------

-- Null: nothing. A probe counts for thirty days, with a test patient, and for the
-- provider as it is.
create function wardgate.production_problem(tenant uuid)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  last wardgate.probe;
begin
  if exists (select from wardgate.policy as y
              where y.name = 'production_probe' and y.value = 'advised')
      or exists (select from wardgate.production_override as o
                  where o.tenant_id = tenant) then
    return null;
  end if;
  select b.* into last
    from wardgate.probe as b
   where b.tenant_id = tenant order by b.probe_id desc limit 1;
  return case
      when last.probe_id is null then 'It was never probed.'
      when last.verdict = 'unusable' then
          'Its newest probe says: ' || last.reason
      when not last.with_patient then
          'Its newest probe had no test patient.'
      when last.at < now() - interval '30 days' then
          'Its newest probe is older than 30 days.'
      when not exists (select from wardgate.provider as p
                        where p.tenant_id = tenant
                          and p.revision = last.revision) then
          'Its provider was changed since its newest probe.'
      end;
end $$;
comment on function wardgate.production_problem is
  'Why a hospital is not fit for production; null: it is';

-- override: why it may do without, which is kept until it leaves production.
create function wardgate.production_override_keep(tenant uuid, override text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  why_kept text := wardgate.line_read('override', wardgate.given(override),
      500);
begin
  if why_kept is not null then
    insert into wardgate.production_override as o (tenant_id, why, made_by)
    values (tenant, why_kept, wardgate.actor())
        on conflict (tenant_id) do update
       set why = excluded.why, made_by = excluded.made_by, made_at = now()
     where o.why <> excluded.why;
  end if;
end $$;
comment on function wardgate.production_override_keep is
  'Keeps why a hospital may go into production without a good probe';

-- Part of tenant_put. was: null for a new tenant. Who calls tenant_put catches
-- constraint production_probe and keeps the attempt (production_refusal_keep):
-- what is raised takes its own trace back. The problem is the detail.
create function wardgate.production_check(
  tenant uuid, was text, override text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  environment text := (select t.environment
                         from wardgate.tenant as t where t.tenant_id = tenant);
  problem     text;
begin
  if environment = 'test' then
    delete from wardgate.production_override as o where o.tenant_id = tenant;
  elsif was is distinct from 'production' then
    perform wardgate.production_override_keep(tenant, override);
    problem := wardgate.production_problem(tenant);
    if problem is not null then
      raise exception using errcode = 'WG409', constraint = 'production_probe',
        detail = problem, message = wardgate.production_refusal();
    end if;
  end if;
end $$;
comment on function wardgate.production_check is
  'Refuses production for a hospital without a good probe or an override';

create function wardgate.production_refusal()
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return 'This hospital goes into production when a probe with a test patient '
    'has found it usable. Let its environment be test, probe it (wardgate '
    'probe --patient ID TENANT), and then let it be production.';
end $$;
comment on function wardgate.production_refusal is
  'What is said to who wants to use a hospital that is not fit for production';

create function wardgate.production_refusal_keep(tenant uuid, problem text)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.audit_act('refuse-production', null, tenant, null, null,
      problem);
end $$;
comment on function wardgate.production_refusal_keep is
  'Writes into the trail that somebody wanted production, and why it was refused';

-- outcome: changed, unchanged, or refused, which stands in the trail like the
-- others: so nothing is raised for it.
create function wardgate.tenant_environment_set(
  tenant text, environment text, override text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  wanted      text := wardgate.word_read('environment',
      wardgate.given(environment), array['test', 'production']);
  was         text;
  problem     text;
begin
  perform wardgate.tenant_must_be(tenant_kept);
  was := (select t.environment
            from wardgate.tenant as t where t.tenant_id = tenant_kept);
  if wanted = 'production' and was <> wanted then
    perform wardgate.production_override_keep(tenant_kept, override);
    problem := wardgate.production_problem(tenant_kept);
  end if;
  if problem is not null then
    perform wardgate.production_refusal_keep(tenant_kept, problem);
  else
    update wardgate.tenant as t
       set environment = wanted
     where t.tenant_id = tenant_kept and t.environment <> wanted;
    perform wardgate.production_check(tenant_kept, wanted, null);
  end if;
  return query
  select 'tenant', tenant_kept::text,
         case when problem is not null then 'refused'
              when was = wanted then 'unchanged'
              else 'changed'
          end,
         coalesce(problem, wanted);
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tenant_environment_set is
  'Puts a hospital into production, if it is fit for that, or back into test';
