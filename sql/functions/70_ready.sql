-- 70_ready.sql - can the programs work with this database?
-- SPDX-License-Identifier: Apache-2.0

-- One row per check. `lowest` to `highest`: schema numbers the program works with.
create function wardgate.ready(lowest bigint, highest bigint)
returns table (subject text, ok boolean, why text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  number  bigint := coalesce((select max(m.number) from wardgate.migration as m),
      0);
  month   timestamp := date_trunc('month', now() at time zone 'UTC');
  missing text;
begin
  subject := 'schema';
  ok := number between ready.lowest and ready.highest;
  why := case when ok then format('schema %s', number)
              when number < ready.lowest then format(
                'schema %s found, %s needed: run `wardgate migrate apply`',
                number, ready.lowest)
              else format(
                'schema %s found, at most %s understood: install the newer programs',
                number, ready.highest)
          end;
  return next;
  subject := 'writable';
  ok := not pg_is_in_recovery()
        and not current_setting('transaction_read_only')::boolean;
  why := case when ok then 'primary' else 'the server takes no writes' end;
  return next;
  subject := 'audit';
  missing := (
      select string_agg(to_char(m, 'YYYY-MM'), ', ')
        from unnest(array[month, month + interval '1 month']) as m
       where to_regclass('wardgate.audit_' || to_char(m, 'YYYY_MM')) is null);
  ok := missing is null;
  why := case when ok then 'partitions of this and the next month are there'
              else format('no audit partition for %s: is `wardgate keep` running?',
                missing)
          end;
  return next;
end $$;
comment on function wardgate.ready is
  'Schema version, role of the server, room for audit rows: each with its reason';
