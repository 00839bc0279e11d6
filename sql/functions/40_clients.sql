-- 40_clients.sql - what operators do with clients, secrets, grants and keys
-- SPDX-License-Identifier: Apache-2.0
--
-- Each says what it did: created, changed, unchanged. Doing a thing twice is
-- the same as doing it once, and raises the change number once.

create function wardgate.client_must_be(client uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- The lock lets one transaction at a time count this client's secrets.
  perform from wardgate.client as c where c.client_id = client for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
end $$;
comment on function wardgate.client_must_be is
  'Locks the row of a client; WG404 when there is none';

create function wardgate.tenant_must_be(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from wardgate.tenant as t where t.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s; sql/onboard/tenant.sql creates it.', tenant));
  end if;
end $$;
comment on function wardgate.tenant_must_be is
  'Locks the row of a tenant; WG404 when there is none';

-- client null: a new GUID. One that is given and there already must carry the
-- same texts, or they are changed.
create function wardgate.client_add(
  client uuid, name text, purpose text, contact text,
  out client_id uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  name_kept    text := wardgate.line_read('name', name, 200);
  purpose_kept text := wardgate.line_read('purpose',
      coalesce(purpose, ''), 1000);
  contact_kept text := wardgate.line_read('contact',
      coalesce(contact, ''), 320);
begin
  if coalesce(name_kept, '') = '' then
    perform wardgate.refuse('WG400', 'A client needs a name.');
  end if;
  client_id := wardgate.guid_read('client',
      coalesce(client, gen_random_uuid())::text);
  insert into wardgate.client (client_id, name, purpose, contact)
  values (client_add.client_id, name_kept, purpose_kept, contact_kept)
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client as c
     set name = name_kept, purpose = purpose_kept, contact = contact_kept
   where c.client_id = client_add.client_id
     and (c.name, c.purpose, c.contact) is distinct from
         (name_kept, purpose_kept, contact_kept);
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_add is 'Registers an app';

create function wardgate.client_list()
returns table (
  client_id    uuid,
  name         text,
  purpose      text,
  contact      text,
  created_at   timestamptz,
  disabled_at  timestamptz,
  live_secrets bigint,
  live_grants  bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select c.client_id, c.name, c.purpose, c.contact, c.created_at,
         c.disabled_at,
       (select count(*)
          from wardgate.client_secret as s
         where s.client_id = c.client_id
           and s.invalidated_at is null
           and (s.not_after is null or s.not_after > now())),
       (select count(*)
          from wardgate.client_grant as g
         where g.client_id = c.client_id
           and (g.ended_at is null or g.ended_at > now()))
    from wardgate.client as c
   order by c.name, c.client_id;
end $$;
comment on function wardgate.client_list is 'All apps';

create function wardgate.client_able(
  client uuid, able boolean, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  update wardgate.client as c
     set disabled_at = case when able then null else now() end
   where c.client_id = client
     and (c.disabled_at is null) <> able;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.client_able is
  'Disables an app (able false) or lets it work again';

create function wardgate.secret_add(
  client uuid, key_id text, label text, hint text, hash bytea,
  pepper_version bigint, not_before timestamptz, not_after timestamptz,
  max_live bigint)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts timestamptz := coalesce(not_before, now());
  live   bigint;
begin
  perform wardgate.client_must_be(client);
  if not_after <= starts or not_after <= now() then
    perform wardgate.refuse('WG400',
        'The secret would end before it starts to work.');
  end if;
  select count(*) into live
    from wardgate.client_secret as s
   where s.client_id = client
     and s.invalidated_at is null
     and (s.not_after is null or s.not_after > now());
  if live >= max_live then
    perform wardgate.refuse('WG409', format(
        'The client has %s live secrets and may have %s; '
        'invalidate one first (`wardgate client secret list`).',
        live, max_live));
  end if;
  insert into wardgate.client_secret (key_id, client_id, label, hint, hash,
         pepper_version, not_before, not_after)
  values (secret_add.key_id, client,
         wardgate.line_read('label', coalesce(secret_add.label, ''), 200),
         secret_add.hint, secret_add.hash, secret_add.pepper_version::integer,
         starts, secret_add.not_after);
exception when unique_violation then
  perform wardgate.refuse('WG409',
      'A secret with this key id is there already; make a new one.');
end $$;
comment on function wardgate.secret_add is
  'Stores the keyed hash of a new secret; at most max_live may live';

-- state: live, early, expired, invalidated. Use is of the last roll-up: last_
-- and uses are of tokens issued, shown_ and outcome of the last request with the
-- secret, refused or not.
create function wardgate.secret_list(client uuid)
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
  last_tenant    uuid,
  last_network   text,
  uses           bigint,
  shown_at       timestamptz,
  shown_network  text,
  outcome        text,
  refused        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (
      select from wardgate.client as c where c.client_id = client) then
    perform wardgate.refuse('WG404', format(
        'There is no client %s; `wardgate client list` shows all.', client));
  end if;
  return query
  select s.key_id, s.label, s.hint,
         case when s.invalidated_at is not null then 'invalidated'
              when s.not_after <= now() then 'expired'
              when s.not_before > now() then 'early'
              else 'live'
          end,
         s.not_before, s.not_after, s.invalidated_at, s.created_at,
         u.last_at, u.tenant_id, u.source_network::text,
       (select coalesce(sum(a.uses), 0)::bigint
          from wardgate.secret_use as a
         where a.key_id = s.key_id),
         l.last_at, l.source_network::text, l.outcome,
         coalesce(l.refused, 0)::bigint
    from wardgate.client_secret as s
    left join wardgate.secret_shown as l on l.key_id = s.key_id
    left join lateral (
         select v.*
           from wardgate.secret_use as v
          where v.key_id = s.key_id
          order by v.last_at desc
          limit 1) as u on true
   where s.client_id = client
   order by s.created_at, s.key_id;
end $$;
comment on function wardgate.secret_list is
  'The secrets of an app, and when each was used last';

create function wardgate.secret_invalidate(
  client uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  if not exists (
      select from wardgate.client_secret as s
       where s.client_id = client and s.key_id = key) then
    perform wardgate.refuse('WG404', format(
        'The client has no secret with the key id %s.',
        wardgate.quoted(key)));
  end if;
  update wardgate.client_secret as s
     set invalidated_at = now()
   where s.client_id = client and s.key_id = key
     and s.invalidated_at is null;
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.secret_invalidate is
  'Ends a secret, and with it the tokens that were issued for it';

-- ends null: without end. A grant that had ended begins anew. types and purpose
-- as typed; null: as they are, and of a new grant all types and no purpose.
create function wardgate.grant_give(
  client uuid, tenant uuid, ends timestamptz, types text default null,
  purpose text default null, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  types_kept   text[] := wardgate.types_read(wardgate.given(types));
  purpose_kept text := wardgate.line_read('purpose', wardgate.given(purpose),
      1000);
begin
  perform wardgate.client_must_be(client);
  perform wardgate.tenant_must_be(tenant);
  if ends <= now() then
    perform wardgate.refuse('WG400', 'The grant would have ended already.');
  end if;
  insert into wardgate.client_grant (client_id, tenant_id, ended_at, types,
         purpose)
  values (client, tenant, ends, coalesce(types_kept, '{}'),
         coalesce(purpose_kept, ''))
      on conflict do nothing;
  if found then
    outcome := 'created';
    return;
  end if;
  update wardgate.client_grant as g
     set ended_at = ends,
         types = coalesce(types_kept, g.types),
         purpose = coalesce(purpose_kept, g.purpose),
         granted_at = case when g.ended_at <= now() then now()
                           else g.granted_at
                       end
   where g.client_id = client and g.tenant_id = tenant
     and (g.ended_at, g.types, g.purpose) is distinct from (ends,
         coalesce(types_kept, g.types), coalesce(purpose_kept, g.purpose));
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.grant_give is 'Lets an app ask for a tenant';

create function wardgate.grant_end(
  client uuid, tenant uuid, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.client_must_be(client);
  if not exists (
      select from wardgate.client_grant as g
       where g.client_id = client and g.tenant_id = tenant) then
    perform wardgate.refuse('WG404', format(
        'The client %s was never granted the tenant %s.', client, tenant));
  end if;
  update wardgate.client_grant as g
     set ended_at = now()
   where g.client_id = client and g.tenant_id = tenant
     and (g.ended_at is null or g.ended_at > now());
  outcome := case when found then 'changed' else 'unchanged' end;
end $$;
comment on function wardgate.grant_end is
  'Ends the right of an app to ask for a tenant, and its tokens for it';

-- Either may be null: all of them.
create function wardgate.grant_list(client uuid, tenant uuid)
returns table (
  client_id   uuid,
  client_name text,
  tenant_id   uuid,
  tenant_name text,
  state       text,
  granted_at  timestamptz,
  ended_at    timestamptz,
  types       text,
  purpose     text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select g.client_id, c.name, g.tenant_id, t.name,
         wardgate.grant_state_now(g.granted_at, g.ended_at),
         g.granted_at, g.ended_at, array_to_string(g.types, ' '), g.purpose
    from wardgate.client_grant as g
    join wardgate.client as c using (client_id)
    join wardgate.tenant as t using (tenant_id)
   where (client is null or g.client_id = client)
     and (tenant is null or g.tenant_id = tenant)
   order by c.name, t.name, g.client_id, g.tenant_id;
end $$;
comment on function wardgate.grant_list is 'Which app may ask for which tenant';

-- The first key signs at once; a later one is published only.
create function wardgate.signing_key_add(key text, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  lock table wardgate.signing_key in share row exclusive mode;
  stage := case when exists (
                  select from wardgate.signing_key as k where k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.signing_key (kid, stage, used_at)
  values (key, signing_key_add.stage,
         case signing_key_add.stage when 'use' then now() end);
exception
  when unique_violation then
    perform wardgate.refuse('WG409', 'This key is registered already.');
  when check_violation then
    perform wardgate.refuse('WG400',
        'A key id is the 43 characters of its RFC 7638 thumbprint.');
end $$;
comment on function wardgate.signing_key_add is
  'Registers a signing key; returns the stage it is in';

create function wardgate.signing_key_list()
returns table (
  kid          text,
  stage        text,
  made_at      timestamptz,
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.stage, k.made_at, k.used_at, k.retired_at, k.withdrawn_at
    from wardgate.signing_key as k
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.signing_key_list is 'All signing keys';
