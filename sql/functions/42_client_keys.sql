-- 42_client_keys.sql - setting the keys of apps, and using up assertions
-- SPDX-License-Identifier: Apache-2.0

-- One row, always. client_state: unknown, live, disabled; jwks: null if the
-- client has no keys; url: they are a copy of what it publishes there, null: they
-- are registered by value.
create function wardgate.client_keys_for_token(
  client uuid, out n bigint, out client_state text, out jwks text,
  out url text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select c.n,
         case when l.client_id is null then 'unknown'
              when l.disabled_at is not null then 'disabled'
              else 'live'
          end,
         k.jwks::text, u.url
    into n, client_state, jwks, url
    from wardgate.change as c
    left join wardgate.client as l on l.client_id = client
    left join wardgate.client_jwks as k on k.client_id = client
    left join wardgate.client_jwks_url as u on u.client_id = client
   where c.only_row;
end $$;
comment on function wardgate.client_keys_for_token is
  'The public keys of the client behind a client_id';

create function wardgate.client_jwks_put(
  client uuid, jwks text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept_creds text[] := string_to_array(creds, ' ');
begin
  insert into wardgate.client_jwks (client_id, jwks, creds)
  values (client, client_jwks_put.jwks::jsonb, kept_creds)
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client_jwks as k
     set jwks = client_jwks_put.jwks::jsonb, creds = kept_creds,
         set_at = now()
   where k.client_id = client
     and (k.jwks, k.creds)
         is distinct from (client_jwks_put.jwks::jsonb, kept_creds);
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_jwks_put is
  'Keeps the keys of an app; part of client_jwks_set and client_jwks_fetched';

-- By value: jwks and creds as ext/jwk writes them, creds divided by blanks; from
-- then on nothing is fetched. jwks null: the client has keys no longer, and
-- their tokens count for nothing.
create function wardgate.client_jwks_set(
  client uuid, jwks text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  had_url boolean;
begin
  perform wardgate.client_must_be(client);
  delete from wardgate.client_jwks_url as u where u.client_id = client;
  had_url := found;
  if had_url then
    perform wardgate.change_made('client', array[client::text]);
  end if;
  if jwks is null then
    delete from wardgate.client_jwks as k where k.client_id = client;
    outcome := case when found or had_url then 'removed'
                    else 'unchanged'
                end;
    return;
  end if;
  outcome := wardgate.client_jwks_put(client, jwks, creds);
  if had_url and outcome = 'unchanged' then
    outcome := 'changed';
  end if;
end $$;
comment on function wardgate.client_jwks_set is
  'Sets the public keys of an app, or takes them away';

-- One row per key. Use is of the last roll-up, as with secrets.
create function wardgate.client_jwks_list(client uuid)
returns table (
  kid    text,
  alg    text,
  cred   text,
  set_at timestamptz,
  last_at timestamptz,
  uses   bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client as c where c.client_id = client) then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
  return query
  select k.key ->> 'kid', k.key ->> 'alg', j.creds[k.place], j.set_at,
         u.last_at, coalesce(u.uses, 0)::bigint
    from wardgate.client_jwks as j
   cross join lateral jsonb_array_elements(j.jwks -> 'keys')
         with ordinality as k (key, place)
    left join lateral (
         select max(v.last_at) as last_at, sum(v.uses) as uses
           from wardgate.secret_use as v
          where v.key_id = j.creds[k.place]) as u on true
   where j.client_id = client
   order by k.place;
end $$;
comment on function wardgate.client_jwks_list is
  'The public keys of an app, and when each was used last';

-- True: it was not used before, and is now. Whoever comes at the same moment
-- waits for the first to commit, and is told no. The answer is worth something
-- only when it is committed, and stays so.
create function wardgate.assertion_use(
  client uuid, jti_hash bytea, expires_at timestamptz)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if current_setting('synchronous_commit') in ('off', 'local') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  insert into wardgate.assertion_seen (client_id, jti_hash, expires_at)
  values (client, assertion_use.jti_hash, assertion_use.expires_at)
      on conflict do nothing;
  return found;
end $$;
comment on function wardgate.assertion_use is
  'Uses up a client assertion; false: it was used before';

create function wardgate.assertion_trim(older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.assertion_seen as s
   where (s.client_id, s.jti_hash) in (
         select o.client_id, o.jti_hash
           from wardgate.assertion_seen as o
          where o.expires_at < now() - older_than
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.assertion_trim is
  'Forgets used assertions that are too old to be taken; returns how many';
