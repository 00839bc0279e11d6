-- 43_client_jwks_url.sql - copying the keys of apps from where they publish them
-- SPDX-License-Identifier: Apache-2.0

create function wardgate.jwks_url_read(value text)
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  url     text := btrim(coalesce(value, ''));
  head    text := substring(url from '^[A-Za-z]+://[^/?#@]*');
  query   text := substring(url from '\?(.*)$');
  problem text;
begin
  url := lower(coalesce(head, '')) || substr(url, length(coalesce(head, '')) + 1);
  problem := case when query ~ '[^A-Za-z0-9/._~!$&''()*+,;=:@?-]'
                  then 'has a query with characters that it cannot have'
                  when length(url) > 500
                  then 'is longer than 500 characters'
                  else wardgate.provider_url_problem(split_part(url, '?', 1),
                       '{}')
              end;
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The JWKS URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.jwks_url_read is
  'The address of a JWK Set as typed, in the spelling that is stored';

-- The keys that are there stay until the first copy has come.
create function wardgate.client_jwks_url_set(
  client uuid, url text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := wardgate.jwks_url_read(url);
begin
  perform wardgate.client_must_be(client);
  insert into wardgate.client_jwks_url (client_id, url)
  values (client, kept)
      on conflict do nothing;
  if found then
    outcome := 'created';
  else
    update wardgate.client_jwks_url as u
       set url = kept, set_at = now(), wanted_at = null, tried_at = null,
           fetched_at = null, error = ''
     where u.client_id = client and u.url <> kept;
    outcome := case when found then 'changed' else 'unchanged' end;
  end if;
  if outcome <> 'unchanged' then
    perform wardgate.change_made('client', array[client::text]);
  end if;
end $$;
comment on function wardgate.client_jwks_url_set is
  'Sets where an app publishes its keys; the keeper fetches them at once';

-- No row: its keys are registered by value, or it has none.
create function wardgate.client_jwks_url_get(client uuid)
returns table (
  url        text,
  tried_at   timestamptz,
  fetched_at timestamptz,
  error      text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select u.url, u.tried_at, u.fetched_at, u.error
    from wardgate.client_jwks_url as u where u.client_id = client;
end $$;
comment on function wardgate.client_jwks_url_get is
  'Where an app publishes its keys, and how fetching them went';

-- At most once in ten seconds, so that strangers cannot make it costly.
create function wardgate.client_jwks_wanted(client uuid)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_jwks_url as u
     set wanted_at = now()
   where u.client_id = client
     and (u.wanted_at is null or u.wanted_at < now() - interval '10 s');
  return found;
end $$;
comment on function wardgate.client_jwks_wanted is
  'An assertion named a key that the copy has not: the keeper is to look again';

-- Due are: those never tried; those asked for since; those that failed, after a
-- minute; all others after `refresh`. Never sooner than `apart` after the last
-- time, whatever happens. Two keepers do not get the same one.
create function wardgate.client_jwks_due(
  refresh interval, apart interval, at_most bigint)
returns table (client_id uuid, url text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  update wardgate.client_jwks_url as u
     set tried_at = now()
   where u.client_id in (
         select o.client_id
           from wardgate.client_jwks_url as o
           join wardgate.client as c on c.client_id = o.client_id
          where c.disabled_at is null
            and (o.tried_at is null
                 or (o.tried_at < now() - apart
                     and (o.wanted_at > o.tried_at
                          or (o.error <> ''
                              and o.tried_at < now() - interval '1 minute')
                          or o.tried_at < now() - refresh)))
          order by o.tried_at nulls first
          limit at_most
            for update of o skip locked)
  returning u.client_id, u.url;
end $$;
comment on function wardgate.client_jwks_due is
  'Key sets that the keeper is to fetch now; each is told once';

-- jwks null: it failed, and problem says why. The last copy stays, but for a day
-- at most: who takes a key away from there wants it gone. A URL that was changed
-- meanwhile: nothing is kept. False then.
create function wardgate.client_jwks_fetched(
  client uuid, url text, jwks text, creds text, problem text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.client_jwks_url as u
     set error = left(coalesce(problem, ''), 500),
         fetched_at = case when jwks is null then u.fetched_at else now() end
   where u.client_id = client and u.url = client_jwks_fetched.url;
  if not found then
    return false;
  end if;
  if jwks is not null then
    perform wardgate.client_jwks_put(client, jwks, creds);
  else
    delete from wardgate.client_jwks as k
     using wardgate.client_jwks_url as u
     where k.client_id = client and u.client_id = client
       and coalesce(u.fetched_at, u.set_at) < now() - interval '1 day';
  end if;
  return true;
end $$;
comment on function wardgate.client_jwks_fetched is
  'Keeps the keys that were fetched, or why they could not be';
