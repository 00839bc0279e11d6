-- token.sql - everything that token asks the database, as wg_token
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

-- The client behind a client_id ($1) and its secret of key id $2: one row,
-- always; key_id null when it has no such secret. client_state: unknown, live,
-- disabled.
prepare client_for_token (uuid, text) as
  select n, client_state, key_id, hash, pepper_version, not_before, not_after,
         invalidated
    from wardgate.client_for_token($1, $2);

-- The public keys of the client, one row, always: jwks null, it has none;
-- url: they are a copy of what it publishes there; null: they are not.
prepare client_keys_for_token (uuid) as
  select n, client_state, jwks, url
    from wardgate.client_keys_for_token($1);

-- The keeper is to fetch the keys of client $1 again.
prepare client_jwks_wanted (uuid) as
  select wardgate.client_jwks_wanted($1);

-- Use up an assertion of client $1 with this digest of its jti, to be
-- remembered until $3; false: it was used before.
prepare assertion_use (uuid, bytea, timestamptz) as
  select wardgate.assertion_use($1, $2, $3);

-- May this client ($1) have a token for this tenant ($2)? One row, always.
-- tenant_state: unknown, active, suspended, maintenance (gets tokens);
-- grant_state: none, live, ended; grant_ends: planned end, or null; types that it
-- covers, none: all.
prepare route_for_token (uuid, uuid) as
  select n, tenant_state, notice_until, grant_state, grant_ends, types
    from wardgate.route_for_token($1, $2);

-- The version of the pepper that secrets are moved to; 0: none was named.
prepare pepper_in_use as
  select wardgate.pepper_in_use() as version;

-- Store secret $2 of client $1, whose hash is $3, as $4 under pepper $5; false:
-- it was not so any more.
prepare secret_rehash (uuid, text, bytea, bytea, bigint) as
  select wardgate.secret_rehash($1, $2, $3, $4, $5) as done;

-- Which key signs? One row, always; kid null: none yet.
prepare signing_key_in_use as
  select n, kid
    from wardgate.signing_key_in_use();

-- Signing keys whose tokens count for nothing; $1: for how many seconds those of
-- a retired key still do.
prepare signing_keys_refused (bigint) as
  select kid
    from wardgate.signing_keys_refused(make_interval(secs => $1));

-- Would the facade take the token of client $1 for tenant $2, with credential
-- $3, jti $4 and change number $5?
prepare token_in_force (uuid, uuid, text, text, bigint) as
  select wardgate.token_in_force($1, $2, $3, $4, $5) as active;

-- The change number under which a token of client $1 for tenant $2, with credential
-- $3 and jti $4, counts at this moment, null if none; and when what it stands on
-- ends, null: never.
prepare token_stands (uuid, uuid, text, text) as
  select n, ends
    from wardgate.token_stands($1, $2, $3, $4);

-- Revoke the token of client $1 with jti $2 that ends at $3: revoked,
-- unchanged, or full when the client has revoked too many.
prepare revoke_own_token (uuid, text, timestamptz) as
  select wardgate.revoke_own_token($1, $2, $3) as outcome;

-- Audit rows as a binary array of wardgate.audit_row (see gate/audit); the number
-- of the newest change that may bear on a new token, when they were stored.
prepare audit_write (wardgate.audit_row[]) as
  select wardgate.audit_write($1) as n;
