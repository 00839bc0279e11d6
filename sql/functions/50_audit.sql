-- 50_audit.sql - writing audit rows, making room for them, summing them up
-- SPDX-License-Identifier: Apache-2.0

-- Many rows as one binary array: per row a fifth of what a statement per row
-- costs (measured: 10 us of the server's CPU in arrays of 20, COPY 13, single
-- inserts in a pipeline 18; alone a row is 100, most of it the commit, and
-- COPY 130).
create function wardgate.audit_write(rows wardgate.audit_row[])
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Durable is what is promised, whatever somebody set for the role; a
  -- stronger setting than `on` stays.
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.audit (at, trace_id, entry, request_id, parent_trace,
         program, host, client_id, secret_key_id, token_id, tenant_id,
         interaction, resource_type, resource_id, patient_id, face, status,
         reason, matches, returned, upstream_status, upstream_ms, lookups,
         duration_us, source)
  select r.at, r.trace_id, r.entry, r.request_id, r.parent_trace, r.program,
         r.host, r.client_id, r.secret_key_id, r.token_id, r.tenant_id,
         r.interaction, r.resource_type, r.resource_id, r.patient_id, r.face,
         r.status, r.reason, r.matches, r.returned, r.upstream_status,
         r.upstream_ms, r.lookups, r.duration_us, r.source
    from unnest(rows) as r;
  return (select c.bears from wardgate.change as c where c.only_row);
end $$;
comment on function wardgate.audit_write is
  'Stores audit rows, durable when the transaction is committed; returns the number of the newest change that may bear on a new token';

-- Made beside the table and then attached, so that writers do not wait for
-- more than a moment. Rows that came before their month was there move in.
create function wardgate.audit_partition_make(month date)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
set lock_timeout = '3s' as $$
declare
  first timestamp := date_trunc('month', month::timestamp);
  low   timestamptz := first at time zone 'UTC';
  high  timestamptz := (first + interval '1 month') at time zone 'UTC';
  name  text := 'audit_' || to_char(first, 'YYYY_MM');
begin
  if to_regclass('wardgate.' || name) is not null then
    return false;
  end if;
  execute format(
      'create table wardgate.%I (like wardgate.audit including all)', name);
  execute format('comment on table wardgate.%I is %L', name,
      'Audit rows of ' || to_char(first, 'YYYY-MM') || ' (UTC)');
  if exists (select from wardgate.audit_default as d
              where d.at >= low and d.at < high) then
    lock table wardgate.audit_default in access exclusive mode;
    execute format(
        'with moved as ('
        '  delete from wardgate.audit_default where at >= $1 and at < $2'
        '  returning *)'
        ' insert into wardgate.%I select * from moved', name)
      using low, high;
  end if;
  execute format(
      'alter table wardgate.audit attach partition wardgate.%I'
      ' for values from (%L) to (%L)', name, low, high);
  return true;
end $$;
comment on function wardgate.audit_partition_make is
  'Makes the partition of one month (UTC); false: it is there';

create function wardgate.audit_partitions_ahead(months bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  this date := date_trunc('month', now() at time zone 'UTC')::date;
  made bigint := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('wardgate.audit', 0));
  for i in 0 .. months loop
    if wardgate.audit_partition_make(
        (this + make_interval(months => i::integer))::date) then
      made := made + 1;
    end if;
  end loop;
  return made;
end $$;
comment on function wardgate.audit_partitions_ahead is
  'Makes what is missing of this month and the next ones; returns how many';

-- Rows in the default partition: a month that nobody made room for.
create function wardgate.audit_stray()
returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return exists (select from wardgate.audit_default);
end $$;
comment on function wardgate.audit_stray is
  'Are there audit rows outside of all months?';

create function wardgate.network_of(source inet)
returns cidr
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select network(set_masklen(source,
      case family(source) when 4 then 24 else 48 end))
$$;
comment on function wardgate.network_of is
  'The /24 or /48 around an address: where from, but not who';

-- A row is written a little after its `at`: the last `lag` stays uncounted
-- until the next time. A use is a request that got a token; of refused ones
-- the last and their number are kept, by secret alone: whoever asks for
-- hospitals that are none makes no rows. After a long pause it takes several
-- calls: returns the seconds that are still behind.
create function wardgate.secret_use_roll_up(lag interval)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  low  timestamptz;
  high timestamptz;
begin
  select r.done_to into low
    from wardgate.roll_up as r where r.name = 'secret_use' for update;
  high := least(now() - lag, low + interval '1 hour');
  if low is null or low >= high then
    return 0;
  end if;
  with shown as materialized (
    select a.secret_key_id as key_id, a.tenant_id, a.at, a.status, a.reason,
           wardgate.network_of(a.source) as source_network
      from wardgate.audit as a
     where a.at >= low and a.at < high
       and a.program = 'token' and a.interaction = 'token'
       and a.secret_key_id is not null),
  counted as (
    insert into wardgate.secret_use as u (key_id, tenant_id, last_at,
           source_network, uses)
    select s.key_id, s.tenant_id, max(s.at),
         (array_agg(s.source_network order by s.at desc))[1], count(*)
      from shown as s
     where s.status = 200 and s.tenant_id is not null
     group by s.key_id, s.tenant_id
        on conflict (key_id, tenant_id) do update
       set uses = u.uses + excluded.uses,
           last_at = greatest(u.last_at, excluded.last_at),
           source_network = case when excluded.last_at >= u.last_at
                                 then excluded.source_network
                                 else u.source_network
                             end)
  insert into wardgate.secret_shown as l (key_id, last_at, tenant_id,
         source_network, outcome, refused)
  select distinct on (s.key_id) s.key_id, s.at, s.tenant_id, s.source_network,
         case s.status when 200 then 'issued'
                       else coalesce(s.reason, s.status::text)
          end,
         count(*) filter (where s.status <> 200) over (partition by s.key_id)
    from shown as s
   order by s.key_id, s.at desc
      on conflict (key_id) do update
     set last_at = excluded.last_at, tenant_id = excluded.tenant_id,
         source_network = excluded.source_network,
         outcome = excluded.outcome, refused = l.refused + excluded.refused;
  update wardgate.roll_up as r set done_to = high where r.name = 'secret_use';
  return greatest(0, floor(extract(epoch from now() - lag - high)));
end $$;
comment on function wardgate.secret_use_roll_up is
  'Adds the uses of secrets since the last time; returns seconds still behind';

-- The first 48 bits are milliseconds since 1970.
create function wardgate.trace_time(trace uuid)
returns timestamptz
language sql immutable
return to_timestamp((('x' || left(replace(trace::text, '-', ''), 12))::bit(48)
         ::bigint) / 1000.0);
comment on function wardgate.trace_time is
  'When the request of a trace id began, to the millisecond';

-- Newest last. `tenant` and `trace` null: any. `since` null: the newest ones;
-- else those whose request began then or later, oldest first.
create function wardgate.audit_tail(
  since timestamptz, tenant uuid, trace uuid, at_most bigint)
returns setof wardgate.audit
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if trace is not null then
    return query
    select a.* from wardgate.audit as a
     where a.trace_id = trace
       and a.at >= wardgate.trace_time(trace) - interval '1 ms'
       and a.at < wardgate.trace_time(trace) + interval '2 ms'
     order by a.entry;
  elsif since is not null then
    return query
    select a.* from wardgate.audit as a
     where a.at >= since and (tenant is null or a.tenant_id = tenant)
     order by a.at, a.trace_id, a.entry
     limit at_most;
  else
    return query
    select t.*
      from (select a.* from wardgate.audit as a
             where tenant is null or a.tenant_id = tenant
             order by a.at desc, a.trace_id desc, a.entry desc
             limit at_most) as t
     order by t.at, t.trace_id, t.entry;
  end if;
end $$;
comment on function wardgate.audit_tail is
  'The newest audit rows, those since a time, or those of a trace id';
