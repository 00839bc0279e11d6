-- wardgate.sql - what operators and auditors ask through the command wardgate
-- SPDX-License-Identifier: Apache-2.0
--
-- As wg_operator, but audit_tail and audit_act_behind as wg_auditor. Outcomes
-- are created, changed or unchanged; refusals carry a sentence.

-- Register an app: client_id or null for a new one, name, purpose, contact.
prepare client_add (uuid, text, text, text) as
  select client_id, outcome
    from wardgate.client_add($1, $2, $3, $4);

prepare client_list as
  select client_id, name, purpose, contact, created_at, disabled_at,
         live_secrets, live_grants
    from wardgate.client_list();

-- Disable app $1 (false) or let it work again (true).
prepare client_able (uuid, boolean) as
  select wardgate.client_able($1, $2) as outcome;

-- Store a new secret: client, key id, label, hint, hash, pepper version, start
-- (null: now), end (null: none), how many of the client may live.
prepare secret_add (uuid, text, text, text, bytea, bigint, timestamptz,
    timestamptz, bigint) as
  select wardgate.secret_add($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- state: live, early, expired, invalidated.
prepare secret_list (uuid) as
  select key_id, label, hint, state, not_before, not_after, invalidated_at,
         created_at, last_at, last_tenant, last_network, uses, shown_at,
         shown_network, outcome, refused
    from wardgate.secret_list($1);

-- End the secret of client $1 with key id $2, and its tokens.
prepare secret_invalidate (uuid, text) as
  select wardgate.secret_invalidate($1, $2) as outcome;

-- Public keys of client $1, as ext/jwk writes them, and their credential ids;
-- null: none any more. outcome: created, changed, unchanged, removed.
prepare client_jwks_set (uuid, text, text) as
  select wardgate.client_jwks_set($1, $2, $3) as outcome;

-- Fetch the keys of client $1 from $2 from now on.
prepare client_jwks_url_set (uuid, text) as
  select wardgate.client_jwks_url_set($1, $2) as outcome;

-- No row: they are not fetched.
prepare client_jwks_url_get (uuid) as
  select url, tried_at, fetched_at, error
    from wardgate.client_jwks_url_get($1);

prepare client_jwks_list (uuid) as
  select kid, alg, cred, set_at, last_at, uses
    from wardgate.client_jwks_list($1);

-- Let client $1 ask for tenant $2 until $3 (null: without end), for the types $4
-- and the purpose $5 (null: as they are).
prepare grant_give (uuid, uuid, timestamptz, text, text) as
  select wardgate.grant_give($1, $2, $3, $4, $5) as outcome;

prepare grant_end (uuid, uuid) as
  select wardgate.grant_end($1, $2) as outcome;

-- Grants of client $1 and tenant $2; null: of any. state: live, ended.
prepare grant_list (uuid, uuid) as
  select client_id, client_name, tenant_id, tenant_name, state, granted_at,
         ended_at, types, purpose
    from wardgate.grant_list($1, $2);

-- Make tenant $1 active, suspended, or in maintenance ($2) with notice $3 until $4
-- and Retry-After $5; empty: none, without end, as it was. The first row says of
-- the tenant what was done, and its state.
prepare tenant_state_set (text, text, text, text, text) as
  select outcome, detail
    from wardgate.tenant_state_set($1, $2, $3, $4, $5);

-- The server of tenant $1 may be in the private networks $2. What was done, and
-- those that are listed now.
prepare tenant_networks_set (text, text) as
  select outcome, detail from wardgate.tenant_networks_set($1, $2);

-- Let the environment of tenant $1 be $2, test or production; $3: why it may do
-- without a good probe, empty: it may not. What was done, also `refused`; and
-- where it is, or why not.
prepare tenant_environment_set (text, text, text) as
  select outcome, detail
    from wardgate.tenant_environment_set($1, $2, $3);

-- What script $1 (tenant, remove) with the variables $2, a JSON object, would be
-- run upon: the digest of all that, and the tenant as it is, for onboard_changes.
-- Takes the lock; within a transaction.
prepare onboard_before (text, text) as
  select digest, standing::text as standing
    from wardgate.onboard_before($1, $2::jsonb);

-- Runs it.
prepare onboard_run (text, text) as
  select object, id, outcome, detail
    from wardgate.onboard_run($1, $2::jsonb);

-- What is different of tenant $1 from what it was ($2); how many things that is.
prepare onboard_changes (text, text) as
  select mark, object, id, field, before, after
    from wardgate.onboard_changes($1, $2::jsonb);

prepare onboard_counts (text, text) as
  select mark, counts from wardgate.onboard_counts($1, $2::jsonb);

-- Algorithm of the key pair that tenant $1 lacks, $2: the one that was asked for.
-- null: it lacks none.
prepare key_wanted (uuid, text) as
  select wardgate.key_wanted($1, $2) as alg;

prepare tenant_list as
  select tenant_id, slug, name, state, notice_until, fhir_version, base_url,
         live_grants, environment
    from wardgate.tenant_list();

-- End the tokens issued so far: kind $1, client $2, tenant $3, key id or jti $4
-- (null: not for this kind), why $5; $6: only say whether it could be done.
prepare revoke (text, uuid, uuid, text, text, boolean) as
  select wardgate.revoke($1, $2, $3, $4, $5, $6) as outcome;

prepare revocation_list as
  select kind, key, made_at, made_by, why, expires_at
    from wardgate.revocation_list();

-- Register a signing key; the stage it is in: use, or published if another
-- signs.
prepare signing_key_add (text) as
  select wardgate.signing_key_add($1) as stage;

prepare signing_key_list as
  select kid, stage, made_at, used_at, retired_at, withdrawn_at
    from wardgate.signing_key_list();

-- The version of the pepper that secrets are moved to; 0: none was named.
prepare pepper_in_use as
  select wardgate.pepper_in_use() as version;

-- How many live secrets are stored under version $1.
prepare pepper_needed (bigint) as
  select wardgate.pepper_needed($1) as secrets;

-- Move secrets to version $1, each at its next success.
prepare pepper_use (bigint) as
  select wardgate.pepper_use($1) as outcome;

-- May the file of version $1 go?
prepare pepper_remove (bigint) as
  select wardgate.pepper_remove($1) as outcome;

-- Let key $1 sign, which must have been published for $2 seconds; and which one
-- was retired for it.
prepare signing_key_use (text, bigint) as
  select outcome, retired
    from wardgate.signing_key_use($1, make_interval(secs => $2));

-- Withdraw key $1; if it was in use, key $2 signs from now on.
prepare signing_key_withdraw (text, text) as
  select outcome, in_use
    from wardgate.signing_key_withdraw($1, $2);

-- Register a sealing key: its id and public half; the stage it is in, as above.
prepare sealing_key_add (text, bytea) as
  select wardgate.sealing_key_add($1, $2) as stage;

-- boxes: how many credentials are sealed to it.
prepare sealing_key_list as
  select kid, stage, made_at, used_at, retired_at, withdrawn_at, boxes
    from wardgate.sealing_key_list();

-- The key that closes boxes; null: none yet.
prepare sealing_key_in_use as
  select kid, public_key
    from wardgate.sealing_key_in_use();

-- Let key $1 close boxes; and which one was retired for it.
prepare sealing_key_use (text) as
  select outcome, retired
    from wardgate.sealing_key_use($1);

-- Withdraw key $1, which no box needs.
prepare sealing_key_remove (text) as
  select wardgate.sealing_key_remove($1) as outcome;

-- Where a credential of tenant $1 is sent; null: it has no provider yet.
prepare credential_server (uuid) as
  select base_url
    from wardgate.credential_server($1);

-- Publish a key of tenant $1: its kid, algorithm, public JWK and sealed private
-- half; the stage it is in.
prepare provider_key_add (uuid, text, text, text, text) as
  select wardgate.provider_key_add($1, $2, $3, $4, $5) as stage;

prepare provider_key_list (uuid) as
  select kid, alg, stage, made_at, used_at, retired_at
    from wardgate.provider_key_list($1);

-- Let key $2 of tenant $1 sign, which must have been published for $3 seconds;
-- and which one was retired for it.
prepare provider_key_use (uuid, text, bigint) as
  select outcome, retired
    from wardgate.provider_key_use($1, $2, make_interval(secs => $3));

prepare provider_key_remove (uuid, text) as
  select wardgate.provider_key_remove($1, $2) as outcome;

-- Boxes that are sealed to another key than the one in use, of $2 tenants behind
-- $1 (null: from the first).
prepare credential_outdated (uuid, bigint) as
  select tenant_id, kind, box
    from wardgate.credential_outdated($1, $2);

-- Put box $3 in the place of box $2 of tenant $1; false: that is another one by
-- now.
prepare credential_reseal (uuid, text, text) as
  select wardgate.credential_reseal($1, $2, $3) as changed;

-- What conversion could not carry: of tenant $1 (GUID or slug), null: of all.
prepare loss_list (text) as
  select tenant_id, slug, name, from_version, to_version, element, fate,
         times, first_at, last_at
    from wardgate.loss_list($1);

-- The newest probe of tenant $1 (GUID or slug), null: of each; and what it found.
prepare probe_list (text) as
  select tenant_id, slug, name, at, verdict, reason, with_patient, took_ms,
         certificate_ends, changed, outdated
    from wardgate.probe_list($1);
prepare probe_findings (uuid) as
  select call, title, word, found, loss, ms, status, was
    from wardgate.probe_findings($1);

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);

-- What is wrong, and what to do: state is ok, warning or fault; and what time
-- it is there.
prepare doctor as
  select subject, state, finding, act, clock_timestamp() as at
    from wardgate.doctor();

-- Of each hospital for which there are any: certificate of the gateway and what
-- leads to its CA; CAs of its server and lists of what they revoked. PEM, or empty.
prepare doctor_certificates as
  select slug, tenant_id, chain, ca
    from wardgate.doctor_certificates();

-- Whom the doctor's request with the id $1 was taken for; null: not found.
prepare doctor_source (text) as
  select wardgate.doctor_source($1) as source;

-- Audit rows, newest last: since $1 (null: the newest), of tenant $2 and trace
-- id $3 (null: any), at most $4.
prepare audit_tail (timestamptz, uuid, uuid, bigint) as
  select at, trace_id, entry, request_id, parent_trace, program, host,
         client_id, secret_key_id, token_id, tenant_id, interaction, resource_type,
         resource_id, patient_id, face, status, reason, matches, returned,
         upstream_status, upstream_ms, lookups, duration_us,
         host(source) as source, made_by, detail
    from wardgate.audit_tail($1, $2, $3, $4);

-- The change that the refused request of trace id $1 goes back to; none: no row.
prepare audit_act_behind (uuid) as
  select at, made_by, act, detail
    from wardgate.audit_act_behind($1);

-- ---- people of the portal ----------------------------------------------------------

-- Account: sign-in name, name, roles, stored passphrase, sealed one-time key or
-- null.
prepare account_add (text, text, text, text, bytea) as
  select wardgate.account_add($1, $2, $3, $4, $5) as account_id;

prepare account_for_signin (text) as
  select account_id, login_kept, passphrase, totp, roles, disabled
    from wardgate.account_for_signin($1);

prepare account_list as
  select account_id, login, name, roles, has_totp, created_at, signed_in_at,
         disabled_at, sessions
    from wardgate.account_list();

prepare account_able (uuid, boolean) as
  select wardgate.account_able($1, $2) as outcome;

prepare account_totp_keep (uuid, bytea) as
  select wardgate.account_totp_keep($1, $2);

prepare account_totp_remove (uuid) as
  select wardgate.account_totp_remove($1);

-- Link with hash $1 for somebody called $2 with roles $3, or for account $4, made
-- by $5, for $6 seconds.
prepare invitation_make (bytea, text, text, uuid, uuid, bigint) as
  select wardgate.invitation_make($1, $2, $3, $4, $5,
         make_interval(secs => $6));
