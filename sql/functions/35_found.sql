-- 35_found.sql - keeping what was found out about a provider, and telling it
-- SPDX-License-Identifier: Apache-2.0

create function wardgate.found_get(tenant uuid, revision bigint)
returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (select f.facts::text
            from wardgate.provider_found as f
           where f.tenant_id = tenant
             and f.revision = found_get.revision);
end $$;
comment on function wardgate.found_get is
  'What is kept about the provider of a tenant at a revision; null: nothing';

-- False: the provider was changed or removed meanwhile, so it is not kept.
create function wardgate.found_put(
  tenant uuid, revision bigint, facts text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.provider_found as f (tenant_id, revision, facts)
  select p.tenant_id, p.revision, found_put.facts::jsonb
    from wardgate.provider as p
   where p.tenant_id = tenant and p.revision = found_put.revision
     for share of p
      on conflict (tenant_id) do update
     set revision = excluded.revision, facts = excluded.facts,
         found_at = now()
   where (f.revision, f.facts)
         is distinct from (excluded.revision, excluded.facts);
  return exists (select from wardgate.provider as p
                  where p.tenant_id = tenant
                    and p.revision = found_put.revision);
end $$;
comment on function wardgate.found_put is
  'Keeps what the facade learned about the provider of a tenant';

-- For the statement that a token asks for. No row unless the token would be
-- good at the facade; a maintenance does not change what a hospital can. Where
-- the provider is does not come out here. facts: null when nothing was found
-- out since the provider's last change.
create function wardgate.statement_for_tenant(
  client uuid, tenant uuid, credential text, jti text, number bigint)
returns table (
  name          text,
  fhir_version  text,
  mode          text,
  search_post   boolean,
  can_contains  text,
  can_sort      text,
  can_total     text,
  can_batch     text,
  coverage_person  text,
  write_extensions boolean,
  mrn_system    text,
  facts         text,
  types         text[])
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.name, p.fhir_version, p.mode, p.search_post, p.can_contains,
         p.can_sort, p.can_total, p.can_batch, p.coverage_person,
         p.write_extensions, t.mrn_system, f.facts::text, g.types
    from wardgate.client_grant as g
    join wardgate.tenant as t on t.tenant_id = g.tenant_id
    join wardgate.provider as p on p.tenant_id = t.tenant_id
    left join wardgate.provider_found as f
           on f.tenant_id = t.tenant_id and f.revision = p.revision
   where g.client_id = client and g.tenant_id = tenant
     and wardgate.token_in_force(client, tenant, credential, jti, number);
end $$;
comment on function wardgate.statement_for_tenant is
  'What is known of the provider of a tenant, for a token that is in force';
