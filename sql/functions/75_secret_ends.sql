-- 75_secret_ends.sql - which clients will soon be left without a secret
-- SPDX-License-Identifier: Apache-2.0

-- Of each client that is not disabled and has no keys of its own: when its last
-- living secret ends, if it does. `soonest`: null when no client is about to be left without.
create function wardgate.secret_ends(
  out soonest timestamptz,
  out in_1    bigint,
  out in_7    bigint,
  out in_14   bigint,
  out in_30   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select min(e.last),
         count(*) filter (where e.last < now() + interval '1 day'),
         count(*) filter (where e.last < now() + interval '7 days'),
         count(*) filter (where e.last < now() + interval '14 days'),
         count(*) filter (where e.last < now() + interval '30 days')
    into soonest, in_1, in_7, in_14, in_30
    from (select max(s.not_after) as last
            from wardgate.client_secret as s
            join wardgate.client as c on c.client_id = s.client_id
           where c.disabled_at is null
             and s.invalidated_at is null
             and not exists (
                 select from wardgate.client_jwks as j
                  where j.client_id = c.client_id)
             and (s.not_after is null or s.not_after > now())
           group by s.client_id
          having bool_and(s.not_after is not null)) as e;
end $$;
comment on function wardgate.secret_ends is
  'When clients will be left without a secret: the soonest, and how many';
