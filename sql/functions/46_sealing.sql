-- 46_sealing.sql - sealing keys from stage to stage, and what they seal
-- SPDX-License-Identifier: Apache-2.0
--
-- published -> use -> retired -> withdrawn. Whoever stores a box holds the row
-- of its key, and whoever withdraws a key holds it too: no box is ever stored
-- for a key that is gone.

-- ---- keys

create function wardgate.sealing_key_add(
  key text, public_half bytea, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  lock table wardgate.sealing_key in share row exclusive mode;
  stage := case when exists (
                  select from wardgate.sealing_key as k where k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.sealing_key (kid, public_key, stage, used_at)
  values (key, public_half, sealing_key_add.stage,
         case sealing_key_add.stage when 'use' then now() end);
exception
  when unique_violation then
    perform wardgate.refuse('WG409', 'This key is registered already.');
  when check_violation then
    perform wardgate.refuse('WG400',
        'A sealing key has 32 bytes, and the 43 characters of its RFC 7638 '
        'thumbprint are its id.');
end $$;
comment on function wardgate.sealing_key_add is
  'Registers a sealing key; returns the stage it is in';

create function wardgate.sealing_key_list()
returns table (
  kid          text,
  stage        text,
  made_at      timestamptz,
  used_at      timestamptz,
  retired_at   timestamptz,
  withdrawn_at timestamptz,
  boxes        bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.stage, k.made_at, k.used_at, k.retired_at, k.withdrawn_at,
       (select count(*)
          from wardgate.sealed_box as c
         where c.kid = k.kid)
    from wardgate.sealing_key as k
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.sealing_key_list is
  'All sealing keys, and how many boxes need each';

create function wardgate.sealing_key_in_use(
  out kid text, out public_key bytea)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select k.kid, k.public_key into kid, public_key
    from wardgate.sealing_key as k
   where k.stage = 'use';
end $$;
comment on function wardgate.sealing_key_in_use is
  'The public key that boxes are closed with; null: none yet';

create function wardgate.sealing_key_must_be(key text)
returns wardgate.sealing_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_key wardgate.sealing_key;
begin
  lock table wardgate.sealing_key in share row exclusive mode;
  select k.* into found_key
    from wardgate.sealing_key as k where k.kid = key for update;
  if found_key.kid is null then
    perform wardgate.refuse('WG404', format(
        'There is no sealing key %s; `wardgate key list` shows all.',
        wardgate.quoted(coalesce(key, ''))));
  end if;
  return found_key;
end $$;
comment on function wardgate.sealing_key_must_be is
  'The row of a sealing key, held until the transaction ends';

create function wardgate.sealing_key_use(
  key text, out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.sealing_key := wardgate.sealing_key_must_be(key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.stage = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'This key is withdrawn and closes no box again; make a new one with '
        '`wardgate key make seal`.');
  end if;
  update wardgate.sealing_key as o
     set stage = 'retired', retired_at = now()
   where o.stage = 'use'
  returning o.kid into retired;
  update wardgate.sealing_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  outcome := 'changed';
end $$;
comment on function wardgate.sealing_key_use is
  'Lets a published key close boxes, and retires the one that did';

create function wardgate.sealing_key_remove(key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k      wardgate.sealing_key := wardgate.sealing_key_must_be(key);
  needed bigint := (select count(*)
                      from wardgate.sealed_box as c
                     where c.kid = key);
begin
  if k.stage = 'use' then
    perform wardgate.refuse('WG409',
        'This key is in use; `wardgate key rotate seal` puts another one in '
        'its place.');
  end if;
  if needed > 0 then
    perform wardgate.refuse('WG409', format(
        '%s sealed to this key; `wardgate key reseal` seals to the one in '
        'use.', wardgate.counted(needed, 'credential is', 'credentials are')));
  end if;
  update wardgate.sealing_key as o
     set stage = 'withdrawn', withdrawn_at = now()
   where o.kid = key and o.stage <> 'withdrawn';
  outcome := case when found then 'removed' else 'unchanged' end;
end $$;
comment on function wardgate.sealing_key_remove is
  'Withdraws a key that no box needs; then its file may go';

-- ---- boxes

create function wardgate.origin_of(url text)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
return substring(url from '^https?://[^/]+');
comment on function wardgate.origin_of is
  'Scheme, host and port of a provider URL in its stored spelling';

create function wardgate.credential_box_read(value text)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := btrim(coalesce(value, ''), E' \t\r\n');
  held text;
begin
  if kept !~ '^wgbox1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{64,}$'
      or length(kept) > 5577 then
    perform wardgate.refuse('WG400',
        'The credential is not a sealed box; it begins with wgbox1. and '
        '`wardgate seal` prints it. If it is the secret itself, consider it '
        'leaked: the server''s log may hold it.');
  end if;
  select k.stage into held
    from wardgate.sealing_key as k
   where k.kid = split_part(kept, '.', 2)
     for share;
  if coalesce(held, 'withdrawn') = 'withdrawn' then
    perform wardgate.refuse('WG409',
        'The credential is sealed to a key that is not there (any more); seal '
        'it again with `wardgate seal`.');
  end if;
  return kept;
end $$;
comment on function wardgate.credential_box_read is
  'A sealed box as typed; its key is there and stays while this runs';

create function wardgate.credential_server(tenant uuid, out base_url text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select p.base_url into base_url
    from wardgate.provider as p
   where p.tenant_id = tenant;
end $$;
comment on function wardgate.credential_server is
  'The FHIR base that a credential of this tenant is for; null: none yet';

create function wardgate.credential_remove(
  tenant uuid, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from wardgate.provider_credential as c where c.tenant_id = tenant;
  outcome := case when found then 'removed' else 'unchanged' end;
  detail := 'none';
end $$;
comment on function wardgate.credential_remove is
  'Part of credential_put: the provider wants none';

-- In the spelling that is sent: path and query as typed.
create function wardgate.token_url_read(value text, networks cidr[])
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  head    text := substring(value from '^[A-Za-z]+://[^/?#@]*');
  url     text := coalesce(lower(head) || substr(value, length(head) + 1),
      value);
  problem text;
begin
  if url is null then
    return null;
  end if;
  problem := coalesce(
      wardgate.provider_url_problem(split_part(url, '?', 1), networks),
      case when length(url) > 500 then 'is longer than 500 characters'
           when split_part(url, '?', 2) || split_part(url, '?', 3)
             !~ '^[A-Za-z0-9/._~!$&''()*+,;=:@%-]*$'
           then 'has a query with characters that a URL cannot have'
       end);
  if problem is not null then
    perform wardgate.refuse('WG400', format(
        'The token URL %s %s.', wardgate.quoted(url), problem));
  end if;
  return url;
end $$;
comment on function wardgate.token_url_read is
  'The token endpoint of a provider as typed; null stays null';

create function wardgate.credential_store(
  wanted wardgate.provider_credential, out outcome text, out detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  old wardgate.provider_credential;
begin
  select c.* into old
    from wardgate.provider_credential as c
   where c.tenant_id = wanted.tenant_id for update;
  detail := format('%s for %s%s%s', wanted.kind, wanted.origin,
      ' by way of ' || nullif(wanted.token_url, ''),
      ', sealed to ' || split_part(wanted.box, '.', 2));
  outcome := 'unchanged';
  wanted.kid := split_part(wanted.box, '.', 2);
  wanted.set_at := coalesce(old.set_at, now());
  if wanted is not distinct from old then
    return;
  end if;
  outcome := case when old.tenant_id is null then 'created'
                  else 'changed' end;
  insert into wardgate.provider_credential as c (tenant_id, kind, box, origin,
         token_url, token_client, token_auth, token_scope, token_resource,
         token_audience)
  values (wanted.tenant_id, wanted.kind, wanted.box, wanted.origin,
         wanted.token_url, wanted.token_client, wanted.token_auth,
         wanted.token_scope, wanted.token_resource, wanted.token_audience)
      on conflict (tenant_id) do update
     set kind = excluded.kind, box = excluded.box, origin = excluded.origin,
         token_url = excluded.token_url,
         token_client = excluded.token_client,
         token_auth = excluded.token_auth,
         token_scope = excluded.token_scope,
         token_resource = excluded.token_resource,
         token_audience = excluded.token_audience, set_at = now();
end $$;
comment on function wardgate.credential_store is
  'Part of credential_put: what the provider wants from now on';

create function wardgate.credential_token_read(
  wanted wardgate.provider_credential, token_url text, token_client text,
  token_auth text, token_scope text, token_resource text,
  token_audience text)
returns wardgate.provider_credential
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  wanted.token_url := coalesce((
      select wardgate.token_url_read(wardgate.given(token_url), p.networks)
        from wardgate.provider as p
       where p.tenant_id = wanted.tenant_id), '');
  wanted.token_client := coalesce(wardgate.line_read('token_client',
      wardgate.given(token_client), 500), '');
  wanted.token_auth := coalesce(wardgate.word_read('token_auth',
      wardgate.given(token_auth), array['body', 'basic']), '');
  wanted.token_scope := coalesce(wardgate.line_read('token_scope',
      wardgate.given(token_scope), 1000), '');
  wanted.token_resource := coalesce(wardgate.line_read('token_resource',
      wardgate.given(token_resource), 500), '');
  wanted.token_audience := coalesce(wardgate.line_read('token_audience',
      wardgate.given(token_audience), 500), '');
  if wanted.kind = 'smart' then
    if wanted.token_client = '' or wanted.token_auth <> '' then
      perform wardgate.refuse('WG400',
          'auth=smart needs token_client, the client_id of the gateway '
          'there, and has no token_auth: it signs.');
    end if;
  elsif wanted.kind = 'oauth' then
    wanted.token_auth := coalesce(nullif(wanted.token_auth, ''), 'body');
    if wanted.token_url = '' or wanted.token_client = '' then
      perform wardgate.refuse('WG400',
          'auth=oauth needs token_url, where tokens are had, and '
          'token_client, the client_id of the gateway there.');
    end if;
  elsif concat(wanted.token_url, wanted.token_client, wanted.token_auth,
      wanted.token_scope, wanted.token_resource, wanted.token_audience) <> ''
  then
    perform wardgate.refuse('WG400',
        'token_url, token_client, token_auth, token_scope, token_resource '
        'and token_audience go with auth=oauth and auth=smart alone.');
  end if;
  return wanted;
end $$;
comment on function wardgate.credential_token_read is
  'Part of credential_put: how tokens are had, as typed';

-- auth: none, basic, header, oauth, smart. A new box raises the provider's revision, so
-- no connection, no token and no page link of before is used with it.
create function wardgate.credential_put(
  tenant text, auth text, credential text, token_url text default null,
  token_client text default null, token_auth text default null,
  token_scope text default null, token_resource text default null,
  token_audience text default null)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  wanted      wardgate.provider_credential;
  done        record;
begin
  wanted.tenant_id := tenant_kept;
  wanted.kind := wardgate.word_read('auth', wardgate.given(auth),
      array['none', 'basic', 'header', 'oauth', 'smart']);
  select wardgate.origin_of(p.base_url) into wanted.origin
    from wardgate.provider as p
   where p.tenant_id = tenant_kept for update;
  if wanted.origin is null then
    perform wardgate.refuse('WG404', format(
        'The tenant %s has no provider that could want a credential.',
        tenant_kept));
  end if;
  if wanted.kind is null
      or (wanted.kind in ('none', 'smart'))
         <> (wardgate.given(credential) is null)
  then
    perform wardgate.refuse('WG400',
        'Say auth=basic, auth=header or auth=oauth together with the sealed '
        'credential, or auth=none or auth=smart without one.');
  end if;
  wanted := wardgate.credential_token_read(wanted, token_url, token_client,
      token_auth, token_scope, token_resource, token_audience);
  if wanted.kind = 'none' then
    select * into done from wardgate.credential_remove(tenant_kept);
  else
    if wanted.kind <> 'smart' then
      wanted.box := wardgate.credential_box_read(credential);
    end if;
    select * into done from wardgate.credential_store(wanted);
  end if;
  if done.outcome <> 'unchanged' then
    update wardgate.provider as p
       set credential_at = case wanted.kind when 'none' then null
                                else clock_timestamp() end
     where p.tenant_id = tenant_kept;
  end if;
  return query
  select 'credential', tenant_kept::text, done.outcome, done.detail;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.credential_put is
  'Sets, changes or removes what the provider of a tenant wants to be shown';

-- Those of the next tenants behind `beyond`, in their order, all of each; null:
-- from the first.
create function wardgate.credential_outdated(beyond uuid, at_most bigint)
returns table (tenant_id uuid, kind text, box text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with outdated as (
    select b.*, dense_rank() over (order by b.tenant_id) as place
      from wardgate.sealed_box as b
     where (beyond is null or b.tenant_id > beyond)
       and exists (
           select from wardgate.sealing_key as u where u.stage = 'use')
       and not exists (
           select from wardgate.sealing_key as k
            where k.kid = b.kid and k.stage = 'use'))
  select o.tenant_id, o.kind, o.box
    from outdated as o
   where o.place <= at_most
   order by o.tenant_id;
end $$;
comment on function wardgate.credential_outdated is
  'Boxes that are sealed to another key than the one in use';

-- The content is the same, so neither revision nor change number rises: who has
-- it in memory goes on. Whatever was set meanwhile wins.
create function wardgate.credential_reseal(
  tenant uuid, old_box text, new_box text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text := wardgate.credential_box_read(new_box);
begin
  update wardgate.provider_credential as c
     set box = kept
   where c.tenant_id = tenant and c.box = old_box;
  if found then
    return true;
  end if;
  update wardgate.provider_key as k
     set box = kept
   where k.tenant_id = tenant and k.box = old_box;
  if found then
    return true;
  end if;
  update wardgate.provider_tls as c
     set box = kept
   where c.tenant_id = tenant and c.box = old_box;
  return found;
end $$;
comment on function wardgate.credential_reseal is
  'Puts the same credential into a box of another key; false: it was not as told';

create function wardgate.doctor_certificates()
returns table (slug text, tenant_id uuid, chain text, ca text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
  select t.slug, t.tenant_id, c.chain, c.ca
    from wardgate.provider_tls as c
    join wardgate.tenant as t using (tenant_id)
   order by t.slug;
end;
comment on function wardgate.doctor_certificates is
  'Certificates of the gateway, and CAs, of all hospitals, for the doctor to look at';

create function wardgate.doctor_credentials()
returns table (state text, found text, act text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'fault',
         format('the credential of %s (%s) was sealed for %s, and its provider is %s now: it is not sent there',
           t.slug, t.tenant_id, c.origin, wardgate.origin_of(p.base_url)),
         case c.kind
              when 'smart' then format('make and use a key for the new server (wardgate key make provider %s), then give auth=smart again', t.tenant_id)
              else format('seal the one for the new server: wardgate seal --%s%s %s',
                c.kind, ' --token-url ' || nullif(c.token_url, ''),
                t.tenant_id)
          end
    from wardgate.provider_credential as c
    join wardgate.provider as p using (tenant_id)
    join wardgate.tenant as t using (tenant_id)
   where c.origin <> wardgate.origin_of(p.base_url)
   order by t.slug
   limit 20;
  return query
  select 'fault',
         format('the certificate for %s (%s) was given for %s, and its provider is %s now: nothing is read there',
           t.slug, t.tenant_id, c.origin, wardgate.origin_of(p.base_url)),
         format('seal its key for the new server, and give both again: wardgate seal --certificate-key %s',
           t.tenant_id)
    from wardgate.provider_tls as c
    join wardgate.provider as p using (tenant_id)
    join wardgate.tenant as t using (tenant_id)
   where c.origin <> wardgate.origin_of(p.base_url)
   order by t.slug
   limit 20;
  return query
  select 'fault',
         format('the server of %s (%s) wants tokens that are signed for, and there is no key in use',
           t.slug, t.tenant_id),
         format('wardgate key make provider %s', t.tenant_id)
    from wardgate.provider_credential as c
    join wardgate.tenant as t using (tenant_id)
   where c.kind = 'smart' and not exists (
         select from wardgate.provider_key as k
          where k.tenant_id = c.tenant_id and k.stage = 'use')
   order by t.slug
   limit 20;
  return query
  select case k.stage when 'withdrawn' then 'fault' else 'warning' end,
         format('%s sealed to the key %s, which is %s',
           wardgate.counted(count(*), 'credential is', 'credentials are'),
           k.kid, k.stage),
         case k.stage
              when 'withdrawn' then 'seal them again with `wardgate seal`, or bring the key''s file back and `wardgate key reseal`'
              else 'wardgate key reseal' end
    from wardgate.sealed_box as c
    join wardgate.sealing_key as k using (kid)
   where k.stage <> 'use'
   group by k.kid, k.stage
   order by k.kid
   limit 20;
end $$;
comment on function wardgate.doctor_credentials is
  'Credentials that cannot be used, or whose key is to go';
