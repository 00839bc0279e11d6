-- 47_portal_clients.sql - apps as their owners keep them in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- The first parameter is always the account that asks. An app of somebody else
-- answers like one that does not exist; operators and admins see all.

create function wardgate.portal_sees_all(account uuid)
returns boolean
language sql stable
return wardgate.account_is(account, array['operator', 'admin']);
comment on function wardgate.portal_sees_all is
  'May the account see the apps of others?';

create function wardgate.portal_client_must_be(account uuid, client uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client_owner as o
       where o.client_id = client and o.account_id = account)
     and not (wardgate.portal_sees_all(account) and exists (
      select from wardgate.client as c where c.client_id = client)) then
    perform wardgate.refuse('WG404', 'There is no such app.');
  end if;
  perform wardgate.portal_acts(account);
end $$;
comment on function wardgate.portal_client_must_be is
  'WG404 unless the account may see that app';

create function wardgate.portal_client_add(
  account uuid, name text, purpose text, contact text, out client_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_acts(account);
  client_id := (wardgate.client_add(null, name, purpose, contact)).client_id;
  insert into wardgate.client_owner (client_id, account_id)
  values (portal_client_add.client_id, account);
end $$;
comment on function wardgate.portal_client_add is
  'Registers an app that belongs to the account';

create function wardgate.portal_client_change(
  account uuid, client uuid, name text, purpose text, contact text,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := (wardgate.client_add(client, name, purpose, contact)).outcome;
end $$;
comment on function wardgate.portal_client_change is
  'Changes the texts of an app';

create function wardgate.client_called(
  client uuid, name text, find text)
returns boolean
language sql immutable
return find = '' or position(lower(find) in lower(name)) > 0
    or client::text = lower(find);
comment on function wardgate.client_called is
  'Is that the app, or in its name? Empty: any is';

-- ends_next: of the secrets that live, the first to end.
create function wardgate.client_standing(client uuid)
returns table (
  live_secrets bigint,
  live_grants  bigint,
  ends_next    timestamptz,
  used_at      timestamptz)
language sql stable
begin atomic
  select count(*) filter (where k.invalidated_at is null
                            and (k.not_after is null or k.not_after > now())),
       (select count(*)
          from wardgate.client_grant as g
         where g.client_id = client
           and (g.ended_at is null or g.ended_at > now())),
         min(k.not_after) filter (where k.invalidated_at is null
                                    and k.not_after > now()),
         max(u.last_at)
    from wardgate.client_secret as k
    left join wardgate.secret_use as u using (key_id)
   where k.client_id = client;
end;
comment on function wardgate.client_standing is
  'What lives of an app, and when it last got a token';

-- A plan of its own for who sees all: what is not done need not be set up.
create function wardgate.portal_client_list(
  account uuid, find text, skip bigint, at_most bigint)
returns table (
  client_id    uuid,
  name         text,
  disabled_at  timestamptz,
  live_secrets bigint,
  live_grants  bigint,
  ends_next    timestamptz,
  used_at      timestamptz,
  found        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  if wardgate.portal_sees_all(account) then
    return query
    select c.client_id, c.name, c.disabled_at, s.live_secrets, s.live_grants,
           s.ends_next, s.used_at, c.found
      from (select m.*, count(*) over () as found
              from wardgate.client as m
             where wardgate.client_called(m.client_id, m.name, find)
             order by m.name, m.client_id
            offset skip
             limit at_most) as c
     cross join lateral wardgate.client_standing(c.client_id) as s
     order by c.name, c.client_id;
    return;
  end if;
  return query
  select c.client_id, c.name, c.disabled_at, s.live_secrets, s.live_grants,
         s.ends_next, s.used_at, c.found
    from (select m.*, count(*) over () as found
            from wardgate.client_owner as o
            join wardgate.client as m using (client_id)
           where o.account_id = account
             and wardgate.client_called(m.client_id, m.name, find)
           order by m.name, m.client_id
          offset skip
           limit at_most) as c
   cross join lateral wardgate.client_standing(c.client_id) as s
   order by c.name, c.client_id;
end $$;
comment on function wardgate.portal_client_list is
  'The apps that an account may see, by name, those with `find` in it; found: how many there are';

create function wardgate.portal_client(account uuid, client uuid)
returns table (
  client_id   uuid,
  name        text,
  purpose     text,
  contact     text,
  created_at  timestamptz,
  disabled_at timestamptz,
  owners      text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select c.client_id, c.name, c.purpose, c.contact, c.created_at,
         c.disabled_at,
       (select string_agg(a.login, ', ' order by a.login)
          from wardgate.client_owner as o
          join wardgate.account as a using (account_id)
         where o.client_id = c.client_id)
    from wardgate.client as c
   where c.client_id = client;
end $$;
comment on function wardgate.portal_client is 'One app';

create function wardgate.portal_client_able(
  account uuid, client uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.client_able(client, able);
end $$;
comment on function wardgate.portal_client_able is
  'Disables an app (able false) or lets it work again';

-- light: green when it can go without anybody noticing: it has been silent for
-- quiet, or was never used, while another one lives; amber when it was silent
-- for a day.
create function wardgate.portal_secret_list(
  account uuid, client uuid, quiet interval)
returns table (
  key_id         text,
  label          text,
  hint           text,
  state          text,
  not_before     timestamptz,
  not_after      timestamptz,
  invalidated_at timestamptz,
  created_at     timestamptz,
  last_at        timestamptz,
  last_network   text,
  uses           bigint,
  shown_at       timestamptz,
  outcome        text,
  refused        bigint,
  last_tenant    text,
  days_left      bigint,
  light          text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select s.key_id, s.label, s.hint, s.state, s.not_before, s.not_after,
         s.invalidated_at, s.created_at, s.last_at, s.last_network, s.uses,
         s.shown_at, s.outcome, s.refused,
       (select t.name from wardgate.tenant as t
         where t.tenant_id = s.last_tenant),
         case when s.state = 'live'
              then ceil(extract(epoch from s.not_after - now()) / 86400)::bigint
          end,
         case when s.state <> 'live' then null
              when not exists (
                   select from wardgate.client_secret as o
                    where o.client_id = client and o.key_id <> s.key_id
                      and o.invalidated_at is null
                      and o.not_before <= now()
                      and (o.not_after is null or o.not_after > now()))
              then 'only'
              when coalesce(s.last_at, s.created_at) < now() - quiet
              then 'green'
              when coalesce(s.last_at, s.created_at) < now() - interval '1 day'
              then 'amber'
              else 'red'
          end
    from wardgate.secret_list(client) as s
   order by s.state <> 'live', s.created_at desc;
end $$;
comment on function wardgate.portal_secret_list is
  'The secrets of an app, and whether each can go';

create function wardgate.portal_secret_add(
  account uuid, client uuid, key_id text, label text, hint text, hash bytea,
  pepper_version bigint, not_after timestamptz, max_live bigint)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  perform wardgate.secret_add(client, key_id, label, hint, hash,
      pepper_version, null, not_after, max_live);
end $$;
comment on function wardgate.portal_secret_add is
  'Stores the keyed hash of a new secret of an app';

create function wardgate.portal_secret_invalidate(
  account uuid, client uuid, key_id text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.secret_invalidate(client, key_id);
end $$;
comment on function wardgate.portal_secret_invalidate is
  'Ends a secret of an app, and with it the tokens that were issued for it';

create function wardgate.portal_grant_list(account uuid, client uuid)
returns table (
  tenant_id   uuid,
  tenant_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select g.tenant_id, g.tenant_name, g.state, g.granted_at, g.ended_at,
         g.types, g.purpose
    from wardgate.grant_list(client, null) as g;
end $$;
comment on function wardgate.portal_grant_list is
  'The hospitals that an app may ask for';

create function wardgate.portal_jwks_list(account uuid, client uuid)
returns table (
  kid text, alg text, cred text, set_at timestamptz, last_at timestamptz,
  uses bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  return query
  select k.kid, k.alg, k.cred, k.set_at, k.last_at, k.uses
    from wardgate.client_jwks_list(client) as k;
end $$;
comment on function wardgate.portal_jwks_list is 'The public keys of an app';

create function wardgate.portal_jwks_set(
  account uuid, client uuid, keys text, creds text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_client_must_be(account, client);
  outcome := wardgate.client_jwks_set(client, keys, creds);
end $$;
comment on function wardgate.portal_jwks_set is
  'Sets the public keys of an app; null: none any more';
