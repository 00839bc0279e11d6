-- 56_portal_keys.sql - which keys there are, and what the next safe step is
-- SPDX-License-Identifier: Apache-2.0
--
-- For operators: the first parameter is always the account that asks. Keys are
-- made and moved by `wardgate key` alone; here is nothing secret. step says what
-- comes next, step_at from when on it is safe (null: at any time).

-- known: how long a key must have been published; outlived: how long a retired
-- one must stay.
create function wardgate.portal_key_signing(
  account uuid, known interval, outlived interval)
returns table (
  kid     text,
  stage   text,
  since   timestamptz,
  step    text,
  step_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.kid, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      when 'retired' then k.retired_at
                      else k.withdrawn_at
          end,
         case when k.stage = 'use' then
              case when exists (select from wardgate.signing_key as o
                                 where o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then
              case when k.made_at + known > now() then 'wait' else 'use' end
              when k.stage = 'retired' then
              case when k.retired_at + outlived > now() then 'outlive'
                   else 'keeper'
               end
              else 'files'
          end,
         case k.stage when 'published' then k.made_at + known
                      when 'retired' then k.retired_at + outlived
          end
    from wardgate.signing_key as k
   order by array_position(array['use', 'published', 'retired', 'withdrawn'],
              k.stage), k.made_at desc, k.kid
   limit 50;
end $$;
comment on function wardgate.portal_key_signing is
  'Signing keys, their stages and next steps, for operators';

create function wardgate.portal_key_sealing(account uuid)
returns table (
  kid   text,
  stage text,
  since timestamptz,
  boxes bigint,
  step  text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select k.kid, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      when 'retired' then k.retired_at
                      else k.withdrawn_at
          end,
         k.boxes,
         case when k.stage = 'use' then
              case when exists (select from wardgate.sealing_key as o
                                 where o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then 'use'
              when k.stage = 'retired' and k.boxes > 0 then 'reseal'
              when k.stage = 'retired' then 'remove'
              else 'files'
          end
    from wardgate.sealing_key_list() as k
   order by array_position(array['use', 'published', 'retired', 'withdrawn'],
              k.stage), k.made_at desc, k.kid
   limit 50;
end $$;
comment on function wardgate.portal_key_sealing is
  'Sealing keys, their stages and next steps, for operators';

-- newest: the highest version that the program has a file of. Until one is named
-- the first is in use.
create function wardgate.portal_key_peppers(account uuid, newest bigint)
returns table (
  version bigint,
  stage   text,
  since   timestamptz,
  secrets bigint,
  step    text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  used bigint := coalesce(nullif(wardgate.pepper_in_use(), 0), 1);
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select v.version,
         case when v.version = used then 'use'
              when v.version > used then 'published'
              else 'retired'
          end, p.used_at, n.needed,
         case when v.version > used then 'use'
              when v.version = used and newest > used then 'follow'
              when v.version = used then 'rotate'
              when n.needed > 0 then 'wait'
              else 'remove'
          end
    from (select q.version::bigint from wardgate.pepper as q
           union
          select distinct s.pepper_version::bigint
            from wardgate.client_secret as s
           where s.invalidated_at is null
             and (s.not_after is null or s.not_after > now())
           union
          select newest where newest > 0) as v (version)
    left join wardgate.pepper as p on p.version = v.version
    cross join lateral wardgate.pepper_needed(v.version) as n (needed)
   order by v.version desc;
end $$;
comment on function wardgate.portal_key_peppers is
  'Versions of the pepper, and how many secrets need each, for operators';

create function wardgate.portal_key_fetched(account uuid)
returns table (
  client_id   uuid,
  client_name text,
  url         text,
  state       text,
  tried_at    timestamptz,
  fetched_at  timestamptz,
  error       text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_operator_acts(account);
  return query
  select u.client_id, c.name, u.url,
         case when u.error <> '' then 'failed'
              when u.fetched_at is null then 'never'
              else 'good'
          end, u.tried_at, u.fetched_at, u.error
    from wardgate.client_jwks_url as u
    join wardgate.client as c using (client_id)
   order by u.error = '', u.fetched_at is not null, c.name, u.client_id
   limit 500;
end $$;
comment on function wardgate.portal_key_fetched is
  'Apps that publish their keys, and how fetching them went, for operators';
