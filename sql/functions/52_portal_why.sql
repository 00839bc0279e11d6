-- 52_portal_why.sql - what became of one request, for those it concerns
-- SPDX-License-Identifier: Apache-2.0

-- Owners see what their own apps asked for, operators, auditors and admins every
-- request. No id of a patient or record is told, and no name of a hospital that an
-- app was never linked to. A row that somebody may not see is as if it were not
-- there.
create function wardgate.portal_trace(account uuid, trace uuid)
returns table (
  at              timestamptz,
  program         text,
  entry           bigint,
  client_id       uuid,
  client_name     text,
  secret_key_id   text,
  tenant_name     text,
  interaction     text,
  resource_type   text,
  face            text,
  status          bigint,
  reason          text,
  duration_ms     bigint,
  upstream_status bigint,
  upstream_ms     bigint,
  source          text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  sees_all boolean := wardgate.account_is(account,
      array['operator', 'auditor', 'admin']);
begin
  return query
  select r.at, r.program, r.entry::bigint, r.client_id, c.name,
         r.secret_key_id,
         case when sees_all or exists (
                   select from wardgate.client_grant as g
                    where g.client_id = r.client_id
                      and g.tenant_id = r.tenant_id)
              then t.name
          end, r.interaction, r.resource_type, r.face,
         r.status::bigint, r.reason, (r.duration_us / 1000)::bigint,
         r.upstream_status::bigint, r.upstream_ms::bigint, host(r.source)
    from wardgate.audit_tail(null, null, trace, 1000) as r
    left join wardgate.client as c using (client_id)
    left join wardgate.tenant as t using (tenant_id)
   where r.made_by is null
     and (sees_all or exists (
         select from wardgate.client_owner as o
          where o.client_id = r.client_id and o.account_id = account))
   order by r.entry;
end $$;
comment on function wardgate.portal_trace is
  'The audit rows of a request, without what they say of patients';
