-- 55_loss.sql - counting what conversion could not carry, and telling it
-- SPDX-License-Identifier: Apache-2.0

-- `counted` is a JSON array of objects with the columns of the table, `tenant`
-- first. Left out: tenants that are gone, what is no name of an element, and
-- new names of a tenant that has 4000 already; so a facade that was deceived
-- cannot fill the disk. In the order of the key: facades that count the same
-- at once wait for each other and never in a circle. Returns the rows kept.
create function wardgate.loss_add(counted text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept bigint;
begin
  insert into wardgate.loss as l (tenant_id, from_version, to_version,
         element, fate, times)
  select r.tenant, r.from_version, r.to_version, r.element, r.fate,
         least(sum(r.times), 1000000000000)
    from jsonb_to_recordset(counted::jsonb) as r (tenant uuid,
         from_version text, to_version text, element text, fate text,
         times bigint)
    join wardgate.tenant as t on t.tenant_id = r.tenant
   where r.times > 0
     and r.element ~ '^[A-Z][A-Za-z]{0,39}(\.[A-Za-z0-9]{1,60}(\[x\])?){0,8}$'
     and length(r.element) <= 160
     and (exists (
           select from wardgate.loss as o
            where (o.tenant_id, o.from_version, o.to_version, o.element,
                   o.fate)
                  = (r.tenant, r.from_version, r.to_version, r.element,
                   r.fate))
         or (select count(*)
               from wardgate.loss as n where n.tenant_id = r.tenant) < 4000)
   group by r.tenant, r.from_version, r.to_version, r.element, r.fate
   order by r.tenant, r.from_version, r.to_version, r.element, r.fate
      on conflict (tenant_id, from_version, to_version, element, fate)
      do update
     set times = l.times + excluded.times, last_at = excluded.last_at;
  get diagnostics kept = row_count;
  return kept;
end $$;
comment on function wardgate.loss_add is
  'Adds what a facade has counted; returns how many rows were kept';

-- tenant: its GUID or its slug; null: of all.
create function wardgate.loss_list(tenant text)
returns setof wardgate.loss_report
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if tenant is not null and not exists (
      select from wardgate.tenant as t
       where t.slug = tenant or t.tenant_id::text = lower(tenant)) then
    perform wardgate.refuse('WG404', format(
        'There is no tenant %s.', wardgate.quoted(tenant)));
  end if;
  return query
  select r.*
    from wardgate.loss_report as r
   where tenant is null or r.slug = tenant
      or r.tenant_id::text = lower(tenant);
end $$;
comment on function wardgate.loss_list is
  'The loss report of one tenant, or of all';
