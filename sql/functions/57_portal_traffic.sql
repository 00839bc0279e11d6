-- 57_portal_traffic.sql - who asked how much, as the portal shows it
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks. Operators see every
-- hospital; whoever keeps an app sees what that app asked, and no more.

-- One row for each hour, app or hospital that `by_what` names, those with most
-- calls first. Percentiles are of all calls, whatever came of them. There are none
-- when they would take long: timed false, or of so many rows that a page would
-- wait for them, which an app with hundreds of hospitals has.
create function wardgate.traffic_sums(
  by_what text, since timestamptz, client uuid, tenant uuid, timed boolean,
  at_most bigint)
returns table (
  key       text,
  calls     bigint,
  refused   bigint,
  failed    bigint,
  percent   bigint,
  under_one boolean,
  p50       bigint,
  p95       bigint,
  p99       bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with summed as materialized (
    select case by_what when 'hour' then t.hour::text
                        when 'client' then t.client_id::text
                        else t.tenant_id::text
            end as key,
           sum(t.calls)::bigint as calls,
           coalesce(sum(t.calls) filter (where t.outcome = 'refused'),
               0)::bigint as refused,
           coalesce(sum(t.calls) filter (where t.outcome = 'failed'),
               0)::bigint as failed, count(*) as rows
      from wardgate.traffic_since(since, client, tenant) as t
     where t.program = 'facade'
     group by 1
     order by 2 desc, 1
     limit at_most),
  spread as (
    select s.key, u.ms, sum(u.n) as n
      from wardgate.traffic_since(since, client, tenant) as t
      join summed as s
        on s.key = case by_what when 'hour' then t.hour::text
                                when 'client' then t.client_id::text
                                else t.tenant_id::text
                    end
     cross join unnest(t.took_ms, t.took_n) as u (ms, n)
     where t.program = 'facade' and timed
       and (select sum(o.rows) from summed as o) <= 20000
     group by s.key, u.ms),
  took as (
    select s.key,
           wardgate.took_percentiles(array_agg(s.ms), array_agg(s.n)) as ms
      from spread as s
     group by s.key)
  select s.key, s.calls, s.refused, s.failed,
         round(s.failed * 100.0 / s.calls)::bigint,
         s.failed > 0 and s.failed * 100 < s.calls,
         (k.ms).p50, (k.ms).p95, (k.ms).p99
    from summed as s
    left join took as k using (key);
end $$;
comment on function wardgate.traffic_sums is
  'Calls of an app or to a hospital by hour, app or hospital, failed ones in per cent';

-- Every hour, oldest first, also those without a call.
create function wardgate.traffic_hours(
  hours bigint, client uuid, tenant uuid)
returns table (
  hour    timestamptz,
  calls   bigint,
  refused bigint,
  failed  bigint,
  p50     bigint,
  p95     bigint,
  p99     bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  select h.hour, coalesce(s.calls, 0), coalesce(s.refused, 0),
         coalesce(s.failed, 0), s.p50, s.p95, s.p99
    from generate_series(wardgate.hours_ago(hours), wardgate.hours_ago(1),
         '1 hour') as h (hour)
    left join wardgate.traffic_sums('hour', wardgate.hours_ago(hours), client,
         tenant, true, hours) as s on s.key::timestamptz = h.hour
   order by h.hour;
end $$;
comment on function wardgate.traffic_hours is
  'Calls of an app or to a hospital in each of the last hours';

-- ---- a hospital, for operators -------------------------------------------------

create function wardgate.portal_tenant_hours(
  account uuid, tenant uuid, hours bigint)
returns table (
  hour timestamptz, calls bigint, refused bigint, failed bigint, p50 bigint,
  p95 bigint, p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query select * from wardgate.traffic_hours(hours, null, tenant);
end $$;
comment on function wardgate.portal_tenant_hours is
  'Calls to a hospital in each of the last hours, for operators';

create function wardgate.portal_tenant_traffic(
  account uuid, tenant uuid, hours bigint, at_most bigint)
returns table (
  client_id uuid, client_name text, calls bigint, refused bigint,
  failed bigint, percent bigint, under_one boolean, p50 bigint, p95 bigint,
  p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select c.client_id, c.name, s.calls, s.refused, s.failed, s.percent,
         s.under_one, s.p50, s.p95, s.p99
    from wardgate.traffic_sums('client', wardgate.hours_ago(hours), null,
         tenant, true, at_most) as s
    join wardgate.client as c on c.client_id = s.key::uuid
   order by s.calls desc, c.name;
end $$;
comment on function wardgate.portal_tenant_traffic is
  'Calls to a hospital in the last hours by app, for operators';

-- What happened, hour after hour, and what people did meanwhile: for the record
-- after an outage. No hour without calls; the present one is at the end.
create function wardgate.portal_incident(
  account uuid, tenant uuid, hours bigint, acts_most bigint)
returns table (
  "time" text, what text, detail text, calls bigint, refused bigint,
  failed bigint, p50_ms bigint, p95_ms bigint, made_by text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  since timestamptz := wardgate.hours_ago(hours);
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select wardgate.trail_text(l.at), l.what, l.detail, l.calls, l.refused,
         l.failed, l.p50, l.p95, l.made_by
    from (select h.hour as at, 1 as place, 'calls' as what,
                 null as detail, h.calls, h.refused, h.failed, h.p50, h.p95,
                 null as made_by
            from wardgate.traffic_hours(hours, null, tenant) as h
           where h.calls > 0
           union all
          select t.hour, 2, t.outcome, t.reason, sum(t.calls)::bigint, null,
                 null, null, null, null
            from wardgate.traffic_since(since, null, tenant) as t
           where t.program = 'facade' and t.outcome <> 'answered'
           group by t.hour, t.outcome, t.reason
           union all
         (select a.at, 3, a.interaction, a.detail, null, null, null, null,
                 null, a.made_by
            from wardgate.audit as a
           where a.tenant_id = tenant and a.made_by is not null
             and a.patient_id is null and a.at >= since
           order by a.at desc
           limit acts_most)) as l
   order by l.at, l.place, l.calls desc, l.detail;
end $$;
comment on function wardgate.portal_incident is
  'The last hours of a hospital: calls, why some were not answered, acts';

-- ---- an app, for whoever keeps it ------------------------------------------------

create function wardgate.portal_client_hours(
  account uuid, client uuid, hours bigint)
returns table (
  hour timestamptz, calls bigint, refused bigint, failed bigint, p50 bigint,
  p95 bigint, p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query select * from wardgate.traffic_hours(hours, client, null);
end $$;
comment on function wardgate.portal_client_hours is
  'Calls of an app in each of the last hours';

-- Without percentiles for more than a day.
create function wardgate.portal_client_traffic(
  account uuid, client uuid, hours bigint, at_most bigint)
returns table (
  tenant_id uuid, tenant_name text, calls bigint, refused bigint,
  failed bigint, percent bigint, under_one boolean, p50 bigint, p95 bigint,
  p99 bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select s.key::uuid, t.name, s.calls, s.refused, s.failed, s.percent,
         s.under_one, s.p50, s.p95, s.p99
    from wardgate.traffic_sums('tenant', wardgate.hours_ago(hours), client,
         null, hours <= 24, at_most) as s
    left join wardgate.tenant as t on t.tenant_id = s.key::uuid
   order by s.calls desc, t.name;
end $$;
comment on function wardgate.portal_client_traffic is
  'Calls of an app in the last hours by hospital';

-- Why something of the app was refused or failed, tokens too, most often first.
create function wardgate.portal_client_refusals(
  account uuid, client uuid, hours bigint)
returns table (
  program text, outcome text, reason text, calls bigint, last_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select t.program, t.outcome, t.reason, sum(t.calls)::bigint, max(t.last_at)
    from wardgate.traffic_since(wardgate.hours_ago(hours), client, null) as t
   where t.outcome <> 'answered'
   group by t.program, t.outcome, t.reason
   order by 4 desc, 1, 3;
end $$;
comment on function wardgate.portal_client_refusals is
  'Reasons for which requests of an app were refused or failed';

-- The hour before and this one: never less than one whole hour.
create function wardgate.portal_secret_uses(account uuid, client uuid)
returns table (key_id text, since timestamptz, uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select t.key_id, wardgate.hours_ago(2), sum(t.calls)::bigint
    from wardgate.traffic_since(wardgate.hours_ago(2), client, null) as t
   where t.key_id is not null
   group by t.key_id;
end $$;
comment on function wardgate.portal_secret_uses is
  'Tokens issued for each secret of an app in this hour and the one before';

-- ---- what ends soon ----------------------------------------------------------------

-- Secrets that the account keeps, operators: of everybody, which end within 30
-- days; `within` is the nearest of the thresholds of secret_notice_take, and as
-- there one that was made for no longer than that is not told.
create function wardgate.portal_secret_ends(
  account uuid, client uuid, at_most bigint)
returns table (
  client_id   uuid,
  client_name text,
  hint        text,
  label       text,
  not_after   timestamptz,
  days_left   bigint,
  "within"    text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  soon timestamptz := now() + interval '31 days';
  keys text[];
begin
  -- On most pages there is nothing to tell, and that has to be cheap.
  if wardgate.portal_sees_all(account) then
    keys := array(
        select s.key_id
          from wardgate.client_secret as s
         where s.invalidated_at is null and s.not_after between now() and soon);
  else
    keys := array(
        select s.key_id
          from wardgate.client_owner as o
          join wardgate.client_secret as s using (client_id)
         where o.account_id = account and s.invalidated_at is null
           and s.not_after between now() and soon);
  end if;
  if cardinality(keys) = 0 then
    return;
  end if;
  return query
  select c.client_id, c.name, s.hint, s.label, s.not_after,
         ceil(extract(epoch from s.not_after - now()) / 86400)::bigint,
         min(d.days)::text
    from wardgate.client_secret as s
    join wardgate.client as c using (client_id)
    join (values (30), (14), (7), (1)) as d (days)
      on s.not_after - make_interval(days => d.days) <= now()
     and s.not_after - make_interval(days => d.days)
         > s.created_at + interval '1 hour'
   where s.key_id = any (keys) and c.disabled_at is null
     and s.not_after > now()
     and (portal_secret_ends.client is null
          or c.client_id = portal_secret_ends.client)
   group by c.client_id, c.name, s.key_id, s.hint, s.label, s.not_after
   order by s.not_after, c.name
   limit at_most;
end $$;
comment on function wardgate.portal_secret_ends is
  'Secrets of the apps that an account may see which are about to end';

-- ---- all hospitals, for operators --------------------------------------------------

-- Silent: in use, with no call in the last two whole hours and since, though in
-- those two hours of the week there were calls both one and two weeks ago; or
-- with none for a week, whenever there were some before.
create function wardgate.portal_overview_all(account uuid)
returns table (
  tenant_id    uuid,
  name         text,
  slug         text,
  state        text,
  notice       text,
  notice_until timestamptz,
  calls        bigint,
  refused      bigint,
  failed       bigint,
  last_at      timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  start timestamptz := wardgate.hours_ago(24);
  two   timestamptz := wardgate.hours_ago(3);
begin
  perform wardgate.portal_operator_acts(account);
  return query
  with live as materialized (
    select l.tenant_id, l.hour, l.outcome, l.calls, l.last_at
      from wardgate.traffic_live() as l
     where l.program = 'facade'),
  day as (
    select x.tenant_id, sum(x.calls)::bigint as calls,
           sum(x.calls) filter (where x.outcome = 'refused')::bigint
             as refused,
           sum(x.calls) filter (where x.outcome = 'failed')::bigint as failed
      from (select t.tenant_id, t.outcome, t.calls
              from wardgate.traffic as t
             where t.hour >= start and t.program = 'facade'
             union all
            select l.tenant_id, l.outcome, l.calls from live as l
             where l.hour >= start) as x
     group by x.tenant_id),
  newest as (
    select l.tenant_id, max(l.last_at) as last_at from live as l
     group by l.tenant_id),
  known as materialized (
    select t.*, wardgate.tenant_state_now(t.state, t.notice_until) as now_is,
           greatest(n.last_at, (
             select max(o.last_at)
               from wardgate.traffic as o
              where o.tenant_id = t.tenant_id and o.program = 'facade'
                and o.hour = (
                  select max(p.hour)
                    from wardgate.traffic as p
                   where p.tenant_id = t.tenant_id and p.program = 'facade'))
             ) as last_at
      from wardgate.tenant as t
      left join newest as n using (tenant_id))
  select k.tenant_id, k.name, k.slug,
         case when k.now_is <> 'active' then k.now_is
              when k.last_at is null then 'new'
              when k.last_at < wardgate.hours_ago(1) - interval '7 days'
                then 'silent'
              when k.last_at < two and 2 = (
                select count(distinct w.weeks)
                  from (values (1), (2)) as w (weeks)
                  join wardgate.traffic as u
                    on u.tenant_id = k.tenant_id and u.program = 'facade'
                   and u.hour >= two - make_interval(weeks => w.weeks)
                   and u.hour < two - make_interval(weeks => w.weeks)
                       + interval '2 hours') then 'silent'
              else 'active'
          end, k.notice, k.notice_until, coalesce(d.calls, 0),
         coalesce(d.refused, 0), coalesce(d.failed, 0), k.last_at
    from known as k
    left join day as d using (tenant_id);
end $$;
comment on function wardgate.portal_overview_all is
  'State and last 24 hours of every hospital, for operators';

-- A page of it, worst first: silent ones, then those with the largest share of
-- failed calls. hours: calls/refused/failed of each of the last 24, from since on.
-- found: how many there are on all pages.
create function wardgate.portal_overview(
  account uuid, find text, state text, skip bigint, at_most bigint)
returns table (
  tenant_id    uuid,
  name         text,
  slug         text,
  state_is     text,
  notice       text,
  notice_until timestamptz,
  calls        bigint,
  refused      bigint,
  failed       bigint,
  percent      bigint,
  under_one    boolean,
  p50          bigint,
  p95          bigint,
  hours        text,
  last_at      timestamptz,
  answered_at  timestamptz,
  found        bigint,
  since        timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  start timestamptz := wardgate.hours_ago(24);
begin
  return query
  with page as materialized (
    select o.*, count(*) over () as found,
           o.failed::numeric / nullif(o.calls, 0) as share
      from wardgate.portal_overview_all(account) as o
     where (portal_overview.state = '' or o.state = portal_overview.state)
       and (find = '' or position(lower(find) in lower(o.name)) > 0
            or position(lower(find) in o.slug) > 0)
     order by o.state <> 'silent', share desc nulls last,
           o.state = 'suspended', o.state = 'new', o.name, o.tenant_id
     limit at_most offset skip),
  live as materialized (
    select l.* from wardgate.traffic_live() as l
     where l.program = 'facade'),
  rows as materialized (
    select t.tenant_id, t.hour, t.outcome, t.calls, t.took_ms, t.took_n
      from page as g
      join wardgate.traffic as t using (tenant_id)
     where t.hour >= start and t.program = 'facade'
     union all
    select l.tenant_id, l.hour, l.outcome, l.calls, l.took_ms, l.took_n
      from page as g
      join live as l using (tenant_id)
     where l.hour >= start),
  took as (
    select r.tenant_id,
           wardgate.took_percentiles(array_agg(u.ms), array_agg(u.n::bigint))
             as ms
      from rows as r
     cross join unnest(r.took_ms, r.took_n) as u (ms, n)
     group by r.tenant_id),
  counted as (
    select r.tenant_id, r.hour, sum(r.calls) as calls,
           sum(r.calls) filter (where r.outcome = 'refused') as refused,
           sum(r.calls) filter (where r.outcome = 'failed') as failed
      from rows as r
     group by r.tenant_id, r.hour),
  day as (
    select g.tenant_id,
           string_agg(format('%s/%s/%s', coalesce(c.calls, 0),
             coalesce(c.refused, 0), coalesce(c.failed, 0)), ' '
             order by h.hour) as hours
      from page as g
     cross join generate_series(start, wardgate.hours_ago(1), '1 hour')
           as h (hour)
      left join counted as c on c.tenant_id = g.tenant_id and c.hour = h.hour
     group by g.tenant_id)
  select g.tenant_id, g.name, g.slug, g.state, g.notice, g.notice_until,
         g.calls, g.refused, g.failed,
         round(g.share * 100)::bigint, g.failed > 0 and g.share < 0.01,
         (k.ms).p50, (k.ms).p95, d.hours, g.last_at,
         greatest((
           select max(l.last_at) from live as l
            where l.tenant_id = g.tenant_id and l.outcome = 'answered'), (
           select t.last_at
             from wardgate.traffic as t
            where t.tenant_id = g.tenant_id and t.program = 'facade'
              and t.outcome = 'answered'
            order by t.hour desc, t.last_at desc
            limit 1)), g.found, start
    from page as g
    join day as d using (tenant_id)
    left join took as k using (tenant_id)
   order by g.state <> 'silent', g.share desc nulls last,
         g.state = 'suspended', g.state = 'new', g.name, g.tenant_id;
end $$;
comment on function wardgate.portal_overview is
  'Hospitals with state and last 24 hours, worst first, for operators';
