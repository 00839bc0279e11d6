-- facade.sql - everything that facade asks the database, as wg_facade
-- SPDX-License-Identifier: Apache-2.0

-- Every statement looks up single rows by their keys: a plan that knows the
-- values is no better, and a sequential scan is never right. Nothing here is
-- worth compiling.
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
set jit = off;

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);

-- What changed after a number (null: from nothing): kind, n, key. One row is
-- `now` with the newest number; `all` means forget everything; others are
-- client (client_id), tenant (tenant_id), grant (client_id/tenant_id), key,
-- revocation (kind/seconds since 1970 of its end/key).
prepare changes_since (bigint) as
  select kind, n, key
    from wardgate.changes_since($1);

-- May this client ($1) ask this tenant ($2), and where are its records? One
-- row, always. client_state: unknown, live, disabled; live_keys: key ids of
-- its secrets that count; grant_state: none, live, ended; tenant_state:
-- unknown, active, suspended, maintenance (until notice_until, if any). From
-- provider_id on null when the tenant has no provider; connect_ms and
-- total_ms null: as the settings say. can_*: auto, on, off. types that the grant
-- covers, none: all. auth: none, basic, header, oauth, smart; credential: its
-- sealed box; token_*: how tokens are had with it, null or empty: not said; tls_*: a
-- certificate, the box of its key, a CA.
prepare route_for_facade (uuid, uuid) as
  select n, client_state, live_keys, grant_state, grant_ends, tenant_state,
         notice, notice_until, retry_after_s, mrn_system, provider_id,
         revision, base_url, fhir_version, mode, search_post, http2,
         connect_ms, total_ms, can_contains, can_sort, can_total, can_batch,
         coverage_person, write_extensions, types, slug, networks,
         requests_max, calls_per_s, auth,
         credential, token_url, token_client, token_auth, token_scope,
         token_resource, token_audience, token_kid, token_alg, tls_chain,
         tls_box, tls_ca
    from wardgate.route_for_facade($1, $2);

-- Signing keys whose tokens count for nothing; $1: for how many seconds those of
-- a retired key still do.
prepare signing_keys_refused (bigint) as
  select kid
    from wardgate.signing_keys_refused(make_interval(secs => $1));

-- All revocations that may bear on a token: kind (token, secret, client, grant,
-- tenant, everything), key (as in wardgate.revocation), n, expires_at.
prepare revocations as
  select kind, key, n, expires_at
    from wardgate.revocations();

-- Is the token of client $1 for tenant $2, with credential $3, jti $4 and change
-- number $5 revoked?
prepare token_revoked (uuid, uuid, text, text, bigint) as
  select wardgate.token_revoked($1, $2, $3, $4, $5) as revoked;

-- Keep an encrypted cursor of client $1 and tenant $2 that is too long for a
-- URL; returns its handle.
prepare cursor_handle_put (uuid, uuid, bytea, timestamptz) as
  select handle
    from wardgate.cursor_handle_put($1, $2, $3, $4);

-- The cursor behind handle $1 of client $2 and tenant $3: no row, or sealed
-- and its end, which may have passed.
prepare cursor_handle_get (uuid, uuid, uuid) as
  select sealed, expires_at
    from wardgate.cursor_handle_get($1, $2, $3);

-- What was found out about the provider of tenant $1 at revision $2, as JSON
-- (see gate/found): what is kept, null if nothing; and keeping it, false: the
-- provider has changed since.
prepare found_get (uuid, bigint) as
  select wardgate.found_get($1, $2) as facts;

prepare found_put (uuid, bigint, text) as
  select wardgate.found_put($1, $2, $3) as kept;

-- What conversion could not carry, as JSON (see gate/loss).
prepare loss_add (text) as
  select wardgate.loss_add($1) as kept;

-- Audit rows as a binary array of wardgate.audit_row (see gate/audit); the number
-- of the newest change that may bear on a new token, when they were stored.
prepare audit_write (wardgate.audit_row[]) as
  select wardgate.audit_write($1) as n;
