-- 58_portal_probe.sql - the newest probe of a hospital, for operators
-- SPDX-License-Identifier: Apache-2.0

-- One row; nulls: it was never probed.
create function wardgate.portal_probe(account uuid, tenant uuid)
returns table (
  probed_at        timestamptz,
  verdict          text,
  reason           text,
  with_patient     boolean,
  took_ms          bigint,
  certificate_ends timestamptz,
  changed          bigint,
  outdated         boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query
  select l.at, l.verdict, l.reason, l.with_patient, l.took_ms,
         l.certificate_ends, l.changed, l.outdated
    from wardgate.probe_list(tenant::text) as l;
end $$;
comment on function wardgate.portal_probe is
  'The newest probe of a hospital, for operators';

create function wardgate.portal_probe_findings(account uuid, tenant uuid)
returns table (
  call text, title text, word text, found text, loss text, ms bigint,
  status bigint, was text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform wardgate.portal_tenant_must_be(account, tenant);
  return query select f.* from wardgate.probe_findings(tenant) as f;
end $$;
comment on function wardgate.portal_probe_findings is
  'What the newest probe of a hospital found, call by call, for operators';
