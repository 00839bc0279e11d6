-- 47_provider_keys.sql - keys that sign for tokens, tenant by tenant
-- SPDX-License-Identifier: Apache-2.0
--
-- published -> use -> retired -> gone. A hospital fetches the public halves; the
-- one that signs must have been published long enough to be known there, and a
-- retired one stays published until an operator removes it.

create function wardgate.provider_key_changed(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update wardgate.provider as p set credential_at = clock_timestamp()
   where p.tenant_id = tenant;
end $$;
comment on function wardgate.provider_key_changed is
  'Another key signs: the revision rises, tokens of before are used no more';

create function wardgate.provider_key_lock(tenant uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.onboarding_lock();
  perform from wardgate.provider as p
    where p.tenant_id = tenant for update;
  if not found then
    perform wardgate.refuse('WG404', format(
        'The tenant %s has no provider that could want a key.', tenant));
  end if;
end $$;
comment on function wardgate.provider_key_lock is
  'WG404 unless the tenant has a provider, whose keys nobody else changes now';

create function wardgate.provider_key_add(
  tenant uuid, key text, algorithm text, public_jwk text, sealed text,
  out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept text;
begin
  perform wardgate.provider_key_lock(tenant);
  kept := wardgate.credential_box_read(sealed);
  if (select count(*) from wardgate.provider_key as k
       where k.tenant_id = tenant) >= 4 then
    perform wardgate.refuse('WG409',
        'This tenant has four keys; remove a retired one first.');
  end if;
  stage := case when exists (
                  select from wardgate.provider_key as k
                   where k.tenant_id = tenant and k.stage = 'use')
                then 'published' else 'use' end;
  insert into wardgate.provider_key (kid, tenant_id, alg, jwk, box, stage,
         used_at)
  values (key, tenant, algorithm, public_jwk, kept, provider_key_add.stage,
         case provider_key_add.stage when 'use' then now() end);
  if stage = 'use' then
    perform wardgate.provider_key_changed(tenant);
  end if;
end $$;
comment on function wardgate.provider_key_add is
  'Publishes a new key of a tenant, which signs if none does; returns its stage';

create function wardgate.provider_key_list(tenant uuid)
returns table (
  kid        text,
  alg        text,
  stage      text,
  made_at    timestamptz,
  used_at    timestamptz,
  retired_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select k.kid, k.alg, k.stage, k.made_at, k.used_at, k.retired_at
    from wardgate.provider_key as k
   where k.tenant_id = tenant
   order by k.made_at, k.kid;
end $$;
comment on function wardgate.provider_key_list is 'The keys of a tenant';

create function wardgate.provider_key_must_be(tenant uuid, key text)
returns wardgate.provider_key
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key;
begin
  perform wardgate.provider_key_lock(tenant);
  select o.* into k
    from wardgate.provider_key as o
   where o.tenant_id = tenant and o.kid = key;
  if k.kid is null then
    perform wardgate.refuse('WG404', format(
        'This tenant has no key %s; `wardgate key list provider %s` shows '
        'all.', wardgate.quoted(coalesce(key, '')), tenant));
  end if;
  return k;
end $$;
comment on function wardgate.provider_key_must_be is
  'The row of a key of a tenant, held until the transaction ends';

create function wardgate.provider_key_use(
  tenant uuid, key text, known_after interval,
  out outcome text, out retired text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key := wardgate.provider_key_must_be(tenant, key);
begin
  outcome := 'unchanged';
  if k.stage = 'use' then
    return;
  end if;
  if k.made_at + known_after > clock_timestamp() then
    perform wardgate.refuse('WG409', format(
        'This key was published at %s UTC and may not be known to the '
        'hospital before %s UTC; use it then, or at once with --now.',
        to_char(k.made_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        to_char((k.made_at + known_after) at time zone 'UTC',
          'YYYY-MM-DD HH24:MI:SS')));
  end if;
  update wardgate.provider_key as o
     set stage = 'retired', retired_at = now()
   where o.tenant_id = tenant and o.stage = 'use'
  returning o.kid into retired;
  update wardgate.provider_key as o
     set stage = 'use', used_at = now(), retired_at = null
   where o.kid = key;
  perform wardgate.provider_key_changed(tenant);
  outcome := 'changed';
end $$;
comment on function wardgate.provider_key_use is
  'Lets a published key sign, and retires the one that did';

create function wardgate.provider_key_remove(
  tenant uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  k wardgate.provider_key := wardgate.provider_key_must_be(tenant, key);
begin
  if k.stage = 'use' then
    perform wardgate.refuse('WG409',
        'This key is in use; make another one, let it be fetched, and use '
        'that first.');
  end if;
  delete from wardgate.provider_key as o where o.kid = key;
  outcome := 'removed';
end $$;
comment on function wardgate.provider_key_remove is
  'Publishes a key no more, and forgets it';

-- The same for a tenant that there is not as for one without keys.
create function wardgate.provider_jwks(tenant uuid, out jwks text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  select format('{"keys":[%s]}',
           string_agg(k.jwk, ',' order by k.made_at, k.kid))
    into jwks
    from wardgate.provider_key as k
   where k.tenant_id = tenant;
end $$;
comment on function wardgate.provider_jwks is
  'The JWK Set (RFC 7517 5) that is published for a provider';

-- ---- TLS

create function wardgate.pem_read(what text, value text, parts text)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  kept text := replace(btrim(value, E' \t\r\n'), E'\r\n', E'\n');
begin
  if kept ~ 'PRIVATE KEY-----' then
    perform wardgate.refuse('WG400', format(
        'The value of %s holds a private key: consider it leaked, the '
        'server''s log may hold it. A key is sealed first, with `wardgate '
        'seal --certificate-key`.', what));
  end if;
  if kept !~ ('^(-----BEGIN (' || parts || ')-----\n[A-Za-z0-9+/=\n]+'
        '-----END (' || parts || ')-----\n*)+$') then
    perform wardgate.refuse('WG400', format(
        'The value of %s is not PEM and nothing else.', what));
  end if;
  return kept || E'\n';
end $$;
comment on function wardgate.pem_read is
  'Certificates as typed, PEM; null stays null';

-- certificate with certificate_key, the box of its key; provider_ca. none takes
-- either away. What is left out stays.
create function wardgate.tls_put(
  tenant text, certificate text, certificate_key text, provider_ca text)
returns table (object text, id text, outcome text, detail text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  before      bigint := wardgate.onboarding_lock();
  tenant_kept uuid := wardgate.guid_read('tenant', tenant);
  old         wardgate.provider_tls;
  new         wardgate.provider_tls;
begin
  perform wardgate.provider_key_lock(tenant_kept);
  select t.* into old
    from wardgate.provider_tls as t where t.tenant_id = tenant_kept;
  new.chain := coalesce(old.chain, '');
  new.box := old.box;
  new.origin := old.origin;
  new.ca := coalesce(old.ca, '');
  if (coalesce(wardgate.given(certificate), 'none') = 'none')
      <> (wardgate.given(certificate_key) is null) then
    perform wardgate.refuse('WG400',
        'certificate and certificate_key, the box of its private key, go '
        'together.');
  end if;
  if lower(wardgate.given(certificate)) = 'none' then
    new.chain := '';
    new.box := null;
    new.origin := null;
  elsif wardgate.given(certificate) is not null then
    new.chain := wardgate.pem_read('certificate',
        wardgate.given(certificate), 'CERTIFICATE');
    new.box := wardgate.credential_box_read(certificate_key);
    select wardgate.origin_of(p.base_url) into strict new.origin
      from wardgate.provider as p where p.tenant_id = tenant_kept;
  end if;
  if lower(wardgate.given(provider_ca)) = 'none' then
    new.ca := '';
  elsif wardgate.given(provider_ca) is not null then
    new.ca := wardgate.pem_read('provider_ca', wardgate.given(provider_ca),
        'CERTIFICATE|X509 CRL');
  end if;
  if length(new.chain) > 32000 or length(new.ca) > 64000 then
    perform wardgate.refuse('WG400',
        'The certificates are too long: 32000 characters for those of the '
        'gateway, 64000 for CAs and their lists.');
  end if;
  outcome := 'unchanged';
  if (new.chain, new.box, new.ca) is distinct from
      (coalesce(old.chain, ''), old.box, coalesce(old.ca, '')) then
    if new.chain || new.ca = '' then
      delete from wardgate.provider_tls as t
       where t.tenant_id = tenant_kept;
      outcome := 'removed';
    else
      insert into wardgate.provider_tls as t (tenant_id, chain, box, origin,
        ca)
      values (tenant_kept, new.chain, new.box, new.origin, new.ca)
          on conflict (tenant_id) do update
         set chain = excluded.chain, box = excluded.box,
             origin = excluded.origin, ca = excluded.ca, set_at = now();
      outcome := case when old.tenant_id is null then 'created'
                      else 'changed' end;
    end if;
    perform wardgate.provider_key_changed(tenant_kept);
  end if;
  object := 'tls';
  id := tenant_kept::text;
  detail := format('%s, %s',
      case new.chain when '' then 'no certificate'
           else 'a certificate, sealed to ' || split_part(new.box, '.', 2) end,
      case new.ca when '' then 'the system''s CAs' else 'a CA of its own' end);
  return next;
  return query select * from wardgate.onboarding_summary(before);
end $$;
comment on function wardgate.tls_put is
  'Sets, changes or removes certificate and CA for the provider of a tenant';
