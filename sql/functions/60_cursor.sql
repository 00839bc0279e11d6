-- 60_cursor.sql - keeping and finding long page cursors
-- SPDX-License-Identifier: Apache-2.0

create function wardgate.cursor_handle_put(
  client uuid, tenant uuid, sealed bytea, expires_at timestamptz,
  out handle uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into wardgate.cursor_handle as h (client_id, tenant_id, sealed,
         expires_at)
  values (client, tenant, cursor_handle_put.sealed,
         cursor_handle_put.expires_at)
  returning h.handle into handle;
end $$;
comment on function wardgate.cursor_handle_put is
  'Keeps an encrypted cursor; the handle goes into the URL';

-- No row: not there, cleared, or another's. What expired but is still there
-- comes back with its time.
create function wardgate.cursor_handle_get(
  handle uuid, client uuid, tenant uuid)
returns table (sealed bytea, expires_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select h.sealed, h.expires_at
    from wardgate.cursor_handle as h
   where h.handle = cursor_handle_get.handle
     and h.client_id = client
     and h.tenant_id = tenant;
end $$;
comment on function wardgate.cursor_handle_get is
  'The encrypted cursor behind a handle of this client and tenant';

create function wardgate.cursor_handle_trim(
  older_than interval, at_most bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  removed bigint;
begin
  delete from wardgate.cursor_handle as h
   where h.handle in (
         select o.handle
           from wardgate.cursor_handle as o
          where o.expires_at < now() - older_than
          order by o.expires_at
          limit at_most
            for update skip locked);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function wardgate.cursor_handle_trim is
  'Removes cursors that expired longer ago; returns how many';
