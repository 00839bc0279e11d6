-- 48_portal_provider_keys.sql - keys that sign for a hospital, in the portal
-- SPDX-License-Identifier: Apache-2.0
--
-- For operators: the first parameter is always the account that asks. What may
-- be done is what the command may do (47_provider_keys.sql); the private half
-- comes in a box. step says what comes next, step_at from when on it is safe
-- (null: at any time).

-- known: how long a key must have been published before it signs; ends: how long
-- what a key signed counts.
create function wardgate.portal_provider_key_list(
  account uuid, tenant uuid, known interval, ends interval)
returns table (
  kid     text,
  alg     text,
  stage   text,
  since   timestamptz,
  step    text,
  step_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select k.kid, k.alg, k.stage,
         case k.stage when 'published' then k.made_at
                      when 'use' then k.used_at
                      else k.retired_at
          end,
         case when k.stage = 'use' then
              case when exists (select from wardgate.provider_key as o
                                 where o.tenant_id = tenant
                                   and o.stage = 'published')
                   then 'follow' else 'rotate'
               end
              when k.stage = 'published' then
              case when k.made_at + known > now() then 'wait' else 'use' end
              when k.retired_at + ends > now() then 'outlive'
              else 'remove'
          end,
         case k.stage when 'published' then k.made_at + known
                      when 'retired' then k.retired_at + ends
          end
    from wardgate.provider_key as k
   where k.tenant_id = tenant
   order by array_position(array['use', 'published', 'retired'], k.stage),
         k.made_at desc, k.kid;
end $$;
comment on function wardgate.portal_provider_key_list is
  'Keys of a hospital, their stages and next steps, for operators';

create function wardgate.portal_provider_key_add(
  account uuid, tenant uuid, key text, algorithm text, public_jwk text,
  sealed text, out stage text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  stage := wardgate.provider_key_add(tenant, key, algorithm, public_jwk,
      sealed);
end $$;
comment on function wardgate.portal_provider_key_add is
  'Publishes a new key of a hospital, which signs if none does, for operators';

create function wardgate.portal_provider_key_use(
  account uuid, tenant uuid, key text, known_after interval,
  out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := (select u.outcome
                from wardgate.provider_key_use(tenant, key, known_after) as u);
end $$;
comment on function wardgate.portal_provider_key_use is
  'Lets a published key of a hospital sign, for operators';

create function wardgate.portal_provider_key_remove(
  account uuid, tenant uuid, key text, out outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  outcome := wardgate.provider_key_remove(tenant, key);
end $$;
comment on function wardgate.portal_provider_key_remove is
  'Publishes a key of a hospital no more, for operators';
