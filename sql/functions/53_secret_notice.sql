-- 53_secret_notice.sql - telling that secrets are about to end
-- SPDX-License-Identifier: Apache-2.0

-- One notice that is due, or none: of a secret that works, of a client that is
-- not disabled, for the lowest threshold it has crossed. One that was made for
-- no longer than the threshold crosses none: its owner knows. Of two keepers
-- one gets it.
create function wardgate.secret_notice_take()
returns table (
  client_id uuid,
  name      text,
  contact   text,
  key_id    text,
  label     text,
  days      integer,
  not_after timestamptz,
  tries     integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
  with crossed as (
    select s.key_id, min(d.days) as days
      from wardgate.client_secret as s
      join wardgate.client as c using (client_id)
     cross join (values (30), (14), (7), (1)) as d (days)
     where c.disabled_at is null and s.invalidated_at is null
       and s.not_after > now()
       and s.not_after - make_interval(days => d.days) <= now()
       and s.not_after - make_interval(days => d.days)
           > s.created_at + interval '1 hour'
     group by s.key_id),
  taken as (
    insert into wardgate.secret_notice as n (key_id, days, taken_at)
    select x.key_id, x.days, now()
      from crossed as x
     where not exists (
         select from wardgate.secret_notice as m
          where m.key_id = x.key_id and m.days = x.days
            and (m.told_at is not null
                 or m.taken_at > now() - interval '1 hour'))
     order by x.days, x.key_id
     limit 1
        on conflict (key_id, days) do update
       set taken_at = now(), tries = n.tries + 1
     where n.told_at is null and n.taken_at <= now() - interval '1 hour'
    returning n.key_id, n.days, n.tries)
  select s.client_id, c.name, c.contact, s.key_id, s.label, t.days,
         s.not_after, t.tries
    from taken as t
    join wardgate.client_secret as s using (key_id)
    join wardgate.client as c using (client_id);
end $$;
comment on function wardgate.secret_notice_take is
  'Takes one notice that is due: a secret that is about to end';

create function wardgate.secret_notice_told(key text, threshold bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.secret_notice as n
     set told_at = now()
   where n.key_id = key and n.days = threshold;
  return found;
end $$;
comment on function wardgate.secret_notice_told is
  'A notice was given: it is not taken again; false: there is none';
