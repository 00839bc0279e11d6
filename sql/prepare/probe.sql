-- probe.sql - everything that wardgate probe asks the database, as wg_facade
-- SPDX-License-Identifier: Apache-2.0

-- Who is to be probed ($1: GUID or slug), with which test patient: $2, which is
-- remembered, or the one that is; $3: forget that. Stands in the trail then.
prepare probe_start (text, text, boolean) as
  select tenant_id, slug, name, patient_id
    from wardgate.probe_start($1, $2, $3);

-- Tenants in use that have a provider.
prepare probe_tenants as
  select tenant_id, slug
    from wardgate.probe_tenants();

-- As the facade's statement of that name, so that what comes is read by the same
-- code; but here nobody asks for anybody: there is no client and no grant, and a
-- hospital may be probed while it is in maintenance, or suspended.
prepare route_for_facade (uuid, uuid) as
  select n, 'live' as client_state, live_keys, 'live' as grant_state,
         grant_ends, 'active' as tenant_state,
         notice, notice_until, retry_after_s, mrn_system, provider_id,
         revision, base_url, fhir_version, mode, search_post, http2,
         connect_ms, total_ms, can_contains, can_sort, can_total, can_batch,
         coverage_person, write_extensions, types, slug, networks,
         requests_max, calls_per_s, auth,
         credential, token_url, token_client, token_auth, token_scope,
         token_resource, token_audience, token_kid, token_alg, tls_chain,
         tls_box, tls_ca
    from wardgate.route_for_facade($1, $2);

-- What is kept about the provider of a tenant at a revision, and keeping it.
prepare found_get (uuid, bigint) as
  select wardgate.found_get($1, $2) as facts;
prepare found_put (uuid, bigint, text) as
  select wardgate.found_put($1, $2, $3) as kept;

-- The report: tenant, revision, verdict, reason, with a test patient, ms, end of
-- the certificate, findings. Returns the calls whose verdict changed.
prepare probe_put (uuid, bigint, text, text, boolean, bigint, timestamptz, text) as
  select call, title, was, became
    from wardgate.probe_put($1, $2, $3, $4, $5, $6, $7, $8);
