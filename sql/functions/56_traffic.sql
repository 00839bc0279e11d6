-- 56_traffic.sql - summing up audit by the hour, and reading the sums
-- SPDX-License-Identifier: Apache-2.0
--
-- What counts stands here once. A call is one request for records that was let
-- in, whatever came of it: a batch is one call, a request with a token that is
-- not believed is nobody's. It is answered, or refused (status 4xx: what the
-- app asked for, or how), or failed (5xx: the hospital, or the gateway). The
-- error share is failed calls among all.

create function wardgate.call_outcome(status integer)
returns text
language sql immutable
return case when status < 400 then 'answered'
            when status < 500 then 'refused'
            else 'failed'
        end;
comment on function wardgate.call_outcome is
  'What became of a request, by the status of its answer';

-- Two digits tell as much as anybody wants to know and leave few enough values
-- to keep all of them: a percentile of rounded values is the rounded percentile,
-- over any hours and apps together.
create function wardgate.took_rounded(us bigint)
returns integer
language sql immutable
return case when us <= 1000 or us is null then 1
            when us <= 99000 then (us + 999) / 1000
            when us <= 990000 then (us + 9999) / 10000 * 10
            when us <= 9900000 then (us + 99999) / 100000 * 100
            when us <= 99000000 then (us + 999999) / 1000000 * 1000
            else (us + 9999999) / 10000000 * 10000
        end;
comment on function wardgate.took_rounded is
  'Microseconds as milliseconds, rounded up to two digits';

-- A refused token may have been asked for a hospital that is none, so that names
-- none: whoever guesses makes no rows.
create function wardgate.traffic_of(low timestamptz, high timestamptz)
returns setof wardgate.traffic
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with seen as (
    select date_trunc('hour', a.at, 'UTC') as hour, a.client_id,
           case when a.program = 'facade' or a.status < 400
                then a.tenant_id
            end as tenant_id,
           a.program,
           case when a.program = 'token' and a.status < 400
                then a.secret_key_id
            end as key_id,
           wardgate.call_outcome(a.status) as outcome,
           coalesce(a.reason, 'ok') as reason,
           wardgate.took_rounded(a.duration_us) as ms,
           count(*) as n, max(a.at) as last_at
      from wardgate.audit as a
     where a.at >= low and a.at < high and a.entry = 0 and a.made_by is null
       and (a.program = 'facade'
            or a.program = 'token' and a.interaction = 'token')
       and a.client_id is not null
     group by 1, 2, 3, 4, 5, 6, 7, 8)
  select s.hour, s.client_id, s.tenant_id, s.program, s.key_id, s.outcome,
         s.reason, sum(s.n)::bigint, max(s.last_at),
         array_agg(s.ms order by s.ms),
         array_agg(s.n::integer order by s.ms)
    from seen as s
    join wardgate.client as c using (client_id)
   group by s.hour, s.client_id, s.tenant_id, s.program, s.key_id, s.outcome,
         s.reason;
end $$;
comment on function wardgate.traffic_of is
  'The audit rows of a time, summed up by the hour';

create function wardgate.traffic_add(low timestamptz, high timestamptz)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.traffic as t
  select f.* from wardgate.traffic_of(low, high) as f
      on conflict on constraint traffic_key do update
     set calls = t.calls + excluded.calls,
         last_at = greatest(t.last_at, excluded.last_at),
         (took_ms, took_n) = (
           select array_agg(m.ms order by m.ms), array_agg(m.n order by m.ms)
             from (select u.ms, sum(u.n)::integer as n
                     from unnest(t.took_ms || excluded.took_ms,
                          t.took_n || excluded.took_n) as u (ms, n)
                    group by u.ms) as m);
end $$;
comment on function wardgate.traffic_add is
  'Adds the audit rows of a time that was not counted yet';

create function wardgate.traffic_hour_settle(start timestamptz)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.traffic as t
  select f.* from wardgate.traffic_of(start, start + interval '1 hour') as f
      on conflict on constraint traffic_key do update
     set calls = excluded.calls, last_at = excluded.last_at,
         took_ms = excluded.took_ms, took_n = excluded.took_n
   where (t.calls, t.last_at, t.took_ms, t.took_n) is distinct from
         (excluded.calls, excluded.last_at, excluded.took_ms, excluded.took_n);
end $$;
comment on function wardgate.traffic_hour_settle is
  'Counts an hour once more, in place of what was counted of it';

-- A row is written a little after its `at`: the last `lag` stays uncounted until
-- the next time. What took longer is found when its hour is counted once more,
-- from its start and in place of what was there, `settle` after its end; then it
-- is settled. After a long pause an hour at a time: returns the seconds that are
-- still behind, 0 when there is nothing left to do.
create function wardgate.traffic_roll_up(lag interval, settle interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  settled timestamptz;
  seen    timestamptz;
  high    timestamptz := now() - lag;
begin
  select r.done_to into settled
    from wardgate.roll_up as r where r.name = 'traffic' for update;
  select r.done_to into seen
    from wardgate.roll_up as r where r.name = 'traffic_seen' for update;
  if settled + interval '1 hour' + settle <= high then
    perform wardgate.traffic_hour_settle(settled);
    update wardgate.roll_up as r set done_to = settled + interval '1 hour'
     where r.name = 'traffic';
    seen := greatest(seen, settled + interval '1 hour');
  elsif seen < high then
    perform wardgate.traffic_add(seen, high);
    seen := high;
  else
    return 0;
  end if;
  update wardgate.roll_up as r set done_to = seen
   where r.name = 'traffic_seen';
  return ceil(extract(epoch from high - seen));
end $$;
comment on function wardgate.traffic_roll_up is
  'Counts what came since the last time; returns seconds still behind';

create function wardgate.traffic_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.traffic as t
   where t.ctid = any (array(
         select o.ctid
           from wardgate.traffic as o
          where o.hour < now() - older_than
          limit at_most
            for update skip locked));
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.traffic_trim is
  'Forgets the traffic of hours that are long over; returns how many rows';

-- ---- reading it ------------------------------------------------------------------

-- Up to when it is counted: to this moment, unless the keeper has not come for
-- so long that the rest is too much to be read for a page.
create function wardgate.traffic_until()
returns timestamptz
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select case when r.done_to > now() - interval '10 minutes' then now()
                else r.done_to
            end
      from wardgate.roll_up as r
     where r.name = 'traffic_seen');
end $$;
comment on function wardgate.traffic_until is
  'Up to when the traffic is told that pages show';

-- What the keeper has not seen yet.
create function wardgate.traffic_live()
returns setof wardgate.traffic
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  seen timestamptz;
begin
  select r.done_to into seen
    from wardgate.roll_up as r where r.name = 'traffic_seen';
  if wardgate.traffic_until() > seen then
    return query select f.* from wardgate.traffic_of(seen, 'infinity') as f;
  end if;
end $$;
comment on function wardgate.traffic_live is
  'Traffic since the keeper came last';

-- Some hour may have two rows: what was summed up, and what was not yet. Written
-- so that a query that uses it reads what it needs and no more.
create function wardgate.traffic_since(
  since timestamptz, client uuid, tenant uuid)
returns setof wardgate.traffic
language sql stable
begin atomic
  select t.*
    from wardgate.traffic as t
   where t.hour >= since and (client is null or t.client_id = client)
     and (tenant is null or t.tenant_id = tenant)
   union all
  select l.*
    from wardgate.traffic_live() as l
   where l.hour >= since and (client is null or l.client_id = client)
     and (tenant is null or l.tenant_id = tenant);
end;
comment on function wardgate.traffic_since is
  'Traffic of an app (null: of all), of a hospital, since the start of an hour';

-- The start of the first of so many hours, of which this one is the last.
create function wardgate.hours_ago(hours bigint)
returns timestamptz
language sql stable
return date_trunc('hour', now(), 'UTC') - make_interval(hours => (hours - 1)::integer);
comment on function wardgate.hours_ago is
  'Since when it is counted for the last so many hours, this one included';

-- As percentile_disc: the smallest duration that so many per cent do not exceed.
create type wardgate.percentiles as (p50 bigint, p95 bigint, p99 bigint);
comment on type wardgate.percentiles is
  'Durations in ms, rounded up to two digits';

create function wardgate.took_percentiles(ms integer[], n bigint[])
returns wardgate.percentiles
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select row(min(c.ms) filter (where c.upto * 100 >= c.total * 50),
         min(c.ms) filter (where c.upto * 100 >= c.total * 95),
         min(c.ms) filter (where c.upto * 100 >= c.total * 99)
         )::wardgate.percentiles
    from (select u.ms, sum(sum(u.n)) over (order by u.ms) as upto,
                 sum(sum(u.n)) over () as total
            from unnest(took_percentiles.ms, took_percentiles.n) as u (ms, n)
           group by u.ms) as c
$$;
comment on function wardgate.took_percentiles is
  'Percentiles of durations, each of which occurred so often';
