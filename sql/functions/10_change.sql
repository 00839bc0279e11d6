-- 10_change.sql - raising the change number, and asking for it
-- SPDX-License-Identifier: Apache-2.0

-- One change, however many keys it touches; more than a thousand at once are
-- told as `all`, so that a mass change costs its readers one step.
create function wardgate.change_made(kind text, keys text[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  number bigint;
begin
  if coalesce(cardinality(keys), 0) = 0 then
    return;
  end if;
  update wardgate.change as c set n = c.n + 1, bears = c.n + 1
   where c.only_row
  returning c.n into number;
  if cardinality(keys) > 1000 then
    insert into wardgate.change_log (n, kind, key)
    values (number, 'all', '');
  else
    insert into wardgate.change_log (n, kind, key)
    select distinct number, change_made.kind, k
      from unnest(keys) as k;
  end if;
end $$;
comment on function wardgate.change_made is
  'Raises the change number and logs what changed, in this transaction';

-- The triggers below call this one per statement. Rows that an update leaves
-- as they were are no change: except takes them out. The key column of each
-- table comes as trigger arguments; provider, secrets and grants tell under
-- the key of what caches hold.
create function wardgate.row_changed()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  keys text[];
begin
  if tg_op = 'INSERT' then
    execute format('select array(select %s from after)', tg_argv[1])
       into keys;
  elsif tg_op = 'DELETE' then
    execute format('select array(select %s from before)', tg_argv[1])
       into keys;
  elsif tg_op = 'UPDATE' then
    execute format(
        'select array('
        '  select %1$s from (table before except table after) as t'
        '   union '
        '  select %1$s from (table after except table before) as t)',
        tg_argv[1])
       into keys;
  else
    perform wardgate.change_made('all', array['']);
    return null;
  end if;
  perform wardgate.change_made(tg_argv[0], keys);
  return null;
end $$;
comment on function wardgate.row_changed is
  'Trigger: tells a change of rows as (kind, key expression) of its arguments';

do $$
declare
  t record;
begin
  for t in
    select * from (values
      ('client', 'client', 'client_id::text'),
      ('client_secret', 'client', 'client_id::text'),
      ('client_jwks', 'client', 'client_id::text'),
      ('tenant', 'tenant', 'tenant_id::text'),
      ('provider', 'tenant', 'tenant_id::text'),
      ('client_grant', 'grant', $k$client_id || '/' || tenant_id$k$),
      ('signing_key', 'key', 'kid'),
      ('policy', 'all', $k$''$k$)) as v (name, kind, key)
  loop
    execute format(
        'create trigger changed_by_insert after insert on wardgate.%I'
        ' referencing new table as after for each statement'
        ' execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_update after update on wardgate.%I'
        ' referencing old table as before new table as after'
        ' for each statement execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_delete after delete on wardgate.%I'
        ' referencing old table as before for each statement'
        ' execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
    execute format(
        'create trigger changed_by_truncate after truncate on wardgate.%I'
        ' for each statement execute function wardgate.row_changed(%L, %L)',
        t.name, t.kind, t.key);
  end loop;
end $$;

-- One row is always ('now', n of this snapshot); the others are what is newer
-- than `asked`. A row `all` means: forget everything. It comes when `asked` is
-- null, older than the log reaches, or newer than n (a database that was
-- restored from a backup counts from there again). Before that it is made sure
-- that the server is the one that the number was counted on.
create function wardgate.changes_since(asked bigint)
returns table (kind text, n bigint, key text)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.lineage_check();
  return query
  select 'now', c.n, ''
    from wardgate.change as c
   where c.only_row
   union all
  select 'all', c.n, ''
    from wardgate.change as c
   where c.only_row
     and (asked is null or asked < c.log_above or asked > c.n)
   union all
 (select l.kind, l.n, l.key
    from wardgate.change as c
    join wardgate.change_log as l on l.n > asked
   where c.only_row and asked >= c.log_above
   order by l.n, l.kind, l.key);
end $$;
comment on function wardgate.changes_since is
  'The change number, and what changed after the one asked for';

-- A reader that has polled since the entries were made keeps its place; one that
-- slept longer than that starts anew.
create function wardgate.change_log_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  upto    bigint;
  removed bigint;
begin
  select max(t.n) into upto
    from (select l.n
            from wardgate.change_log as l
           where l.at < now() - older_than
           order by l.n
           limit at_most) as t;
  if upto is null then
    return 0;
  end if;
  -- First the promise, then what it allows: a reader that holds an older
  -- number is told to forget everything.
  update wardgate.change as c set log_above = upto where c.log_above < upto;
  delete from wardgate.change_log as l where l.n <= upto;
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.change_log_trim is
  'Removes the oldest entries of the change log; returns how many';
