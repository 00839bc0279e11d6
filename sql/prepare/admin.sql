-- admin.sql - everything that `admin`, the portal, asks, as wg_admin
-- SPDX-License-Identifier: Apache-2.0

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);

-- ---- signing in ------------------------------------------------------------------

-- What a sign-in as $1 is checked against; no row: nobody of that name.
prepare account_for_signin (text) as
  select account_id, login_kept, passphrase, totp, roles, disabled
    from wardgate.account_for_signin($1);

-- Somebody from address $2 tries the name with hash $1, or has to wait so many
-- seconds before that. What was begun ends in one of the three ways below.
prepare signin_begin (bytea, text) as
  select wardgate.signin_begin($1, $2::inet) as seconds;

prepare signin_untried (bytea, text) as
  select wardgate.signin_untried($1, $2::inet);

prepare signin_failed (bytea, text) as
  select wardgate.signin_failed($1, $2::inet);

prepare signin_good (bytea, text) as
  select wardgate.signin_good($1, $2::inet);

prepare account_self (uuid) as
  select login, name, passphrase, totp, roles, recovery
    from wardgate.account_self($1);

prepare account_passphrase_set (uuid, text, bytea) as
  select wardgate.account_passphrase_set($1, $2, $3);

-- Of account $1: the one stored as $2 is to be stored as $3.
prepare account_passphrase_moved (uuid, text, text) as
  select wardgate.account_passphrase_moved($1, $2, $3) as moved;

-- Phone of account $1: sealed key $2, step of the code shown $3, hashes of new
-- recovery codes $4 in hexadecimal, set in the session with hash $5.
prepare account_totp_set (uuid, bytea, bigint, text, bytea) as
  select wardgate.account_totp_set($1, $2, $3, $4, $5);

prepare account_totp_use (uuid, bigint) as
  select wardgate.account_totp_use($1, $2) as taken;

prepare account_recovery_use (uuid, bytea) as
  select wardgate.account_recovery_use($1, $2) as taken;

prepare account_lang_set (uuid, text) as
  select wardgate.account_lang_set($1, $2);

-- ---- sessions --------------------------------------------------------------------

-- Session with hash $1 of account $2 at stage $3 from address $4 by browser $5,
-- in place of the one with hash $6, or because of the passphrase stored as $7;
-- false: that has ended.
prepare session_open (bytea, uuid, text, text, text, bytea, text) as
  select wardgate.session_open($1, $2, $3, $4::inet, $5, $6, $7) as opened;

-- Hash $1; idle for at most $2 seconds, alive for at most $3; proved: within $4.
-- It ends at idle_end if it is not used, at life_end in any case.
prepare session_find (bytea, bigint, bigint, bigint) as
  select account_id, session_id, stage, login, name, roles, lang, has_totp,
         proved, idle_end, life_end
    from wardgate.session_find($1, make_interval(secs => $2),
         make_interval(secs => $3), make_interval(secs => $4));

prepare session_end (bytea) as
  select wardgate.session_end($1);

prepare session_end_one (uuid, uuid) as
  select wardgate.session_end_one($1, $2) as outcome;

prepare session_list (uuid, bigint, bigint) as
  select session_id, stage, made_at, seen_at, source, agent
    from wardgate.session_list($1, make_interval(secs => $2),
         make_interval(secs => $3));

-- ---- accounts --------------------------------------------------------------------

-- $1: the admin who asks; nobody else finds anything.
prepare account_list (uuid) as
  select account_id, login, name, roles, has_totp, created_at, signed_in_at,
         disabled_at, sessions
    from wardgate.portal_account_list($1);

-- By admin $1, who is named in the trail: to account $2.
prepare account_able (uuid, uuid, boolean) as
  select wardgate.portal_account_able($1, $2, $3) as outcome;

prepare account_roles_set (uuid, uuid, text) as
  select wardgate.portal_account_roles_set($1, $2, $3) as outcome;

prepare account_totp_remove (uuid, uuid) as
  select wardgate.portal_account_totp_remove($1, $2);

-- Link with hash $1 for somebody called $2 with roles $3, or for account $4, made
-- by admin $5, for $6 seconds.
prepare invitation_make (bytea, text, text, uuid, uuid, bigint) as
  select wardgate.portal_invitation_make($5, $1, $2, $3, $4,
         make_interval(secs => $6));

prepare invitation_find (bytea) as
  select name, roles, login, ends_at
    from wardgate.invitation_find($1);

prepare invitation_use (bytea, text, text) as
  select wardgate.invitation_use($1, $2, $3) as account_id;

-- ---- apps ------------------------------------------------------------------------
-- $1 is always the account that asks; what it may not see answers as missing. With
-- asking($1), null stands for whoever session_find found in the same transaction.

prepare portal_client_add (uuid, text, text, text) as
  select wardgate.portal_client_add($1, $2, $3, $4) as client_id;

prepare portal_client_change (uuid, uuid, text, text, text) as
  select wardgate.portal_client_change($1, $2, $3, $4, $5) as outcome;

-- Those with $2 in the name, after the first $3, $4 at most; found: of how many.
prepare portal_client_list (uuid, text, bigint, bigint) as
  select client_id, name, disabled_at, live_secrets, live_grants, ends_next,
         used_at, found
    from wardgate.portal_client_list(wardgate.asking($1), $2, $3, $4);

prepare portal_client (uuid, uuid) as
  select client_id, name, purpose, contact, created_at, disabled_at, owners
    from wardgate.portal_client(wardgate.asking($1), $2);

prepare portal_client_able (uuid, uuid, boolean) as
  select wardgate.portal_client_able($1, $2, $3) as outcome;

-- Secrets of app $2; one that was silent for $3 seconds can go.
prepare portal_secret_list (uuid, uuid, bigint) as
  select key_id, label, hint, state, not_before, not_after, invalidated_at,
         created_at, last_at, last_network, uses, shown_at, outcome, refused,
         last_tenant, days_left, light
    from wardgate.portal_secret_list(wardgate.asking($1), $2, make_interval(secs => $3));

-- App $2: key id, label, hint, hash, pepper version, end (null: none), how many
-- of the app may live.
prepare portal_secret_add (uuid, uuid, text, text, text, bytea, bigint,
    timestamptz, bigint) as
  select wardgate.portal_secret_add($1, $2, $3, $4, $5, $6, $7, $8, $9);

prepare portal_secret_invalidate (uuid, uuid, text) as
  select wardgate.portal_secret_invalidate($1, $2, $3) as outcome;

-- Ends secret $3 of app $2 and revokes its tokens; $4: why, for the trail.
prepare portal_secret_breach (uuid, uuid, text, text) as
  select wardgate.portal_secret_breach($1, $2, $3, $4) as outcome;

-- Tokens issued with secret $3 of app $2 in the last $4 days, newest first, at
-- most $6 of them after the first $5.
prepare portal_secret_tokens (uuid, uuid, text, bigint, bigint, bigint) as
  select at, tenant_id, tenant_name, network, token_id, trace_id
    from wardgate.portal_secret_tokens($1, $2, $3, $4, $5, $6);

prepare portal_secret_hospitals (uuid, uuid, text, bigint) as
  select tenant_id, tenant_name, tokens, first_at, last_at
    from wardgate.portal_secret_hospitals($1, $2, $3, $4);

prepare portal_grant_list (uuid, uuid) as
  select tenant_id, tenant_name, state, granted_at, ended_at, types, purpose
    from wardgate.portal_grant_list(wardgate.asking($1), $2);

prepare portal_jwks_list (uuid, uuid) as
  select kid, alg, cred, set_at, last_at, uses
    from wardgate.portal_jwks_list(wardgate.asking($1), $2);

-- Keys as ext/jwk writes them, and their credential ids; null: none any more.
prepare portal_jwks_set (uuid, uuid, text, text) as
  select wardgate.portal_jwks_set($1, $2, $3, $4) as outcome;

-- What became of the request with trace id $2.
prepare portal_trace (uuid, uuid) as
  select at, program, entry, client_id, client_name, secret_key_id,
         tenant_name, interaction, resource_type, face, status, reason,
         duration_ms, upstream_status, upstream_ms, source
    from wardgate.portal_trace($1, $2);

-- ---- hospitals -------------------------------------------------------------------
-- For operators: $1 is the account that asks, and anybody else finds nothing.

-- Those with $2 in the name, after the first $3, $4 at most; found: of how many.
prepare portal_tenant_list (uuid, text, bigint, bigint) as
  select tenant_id, slug, name, state, notice_until, fhir_version, base_url,
         live_grants, environment, found
    from wardgate.portal_tenant_list(wardgate.asking($1), $2, $3, $4);

prepare portal_tenant (uuid, uuid) as
  select tenant_id, slug, name, state, notice, notice_until, retry_after_s,
         mrn_system, created_at, provider_url, fhir_version, mode,
         search_post, http2, connect_ms, total_ms, can_contains, can_sort,
         can_total, can_batch, coverage_person, write_extensions, auth,
         auth_set_at, auth_lost, networks, environment,
         auth_server, proposed, requests_max, calls_per_s, token_url,
         token_client, token_auth, token_scope, token_resource,
         token_audience, override_why, auth_unsigned
    from wardgate.portal_tenant(wardgate.asking($1), $2);

-- $2: nobody has the tenant ID $3 yet. The rest as in sql/onboard/tenant.sql;
-- what is empty stays as it is. refused: it was, and the trail has that.
prepare portal_tenant_put (uuid, boolean, text, text, text, text, text, text,
    text, text, text, text, text, text, text, text, text, text, text,
    text, text, text, text, text) as
  select tenant_id, proposed, refused
    from wardgate.portal_tenant_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
         $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
         $21, $22, $23, $24);

-- Hospital $2: state, notice, until, Retry-After in seconds.
prepare portal_tenant_state_set (uuid, uuid, text, text, text, text) as
  select wardgate.portal_tenant_state_set($1, $2, $3, $4, $5, $6) as outcome;

prepare portal_tenant_grants (uuid, uuid) as
  select client_id, client_name, state, granted_at, ended_at, types, purpose
    from wardgate.portal_tenant_grants(wardgate.asking($1), $2);

prepare portal_tenant_loss (uuid, uuid, bigint) as
  select from_version, to_version, element, fate, times, last_at
    from wardgate.portal_tenant_loss(wardgate.asking($1), $2, $3);

-- Acts before $3, us since 1970 (null: the newest), at most $4.
prepare portal_tenant_acts (uuid, uuid, bigint, bigint) as
  select at, stamp, made_by, act, detail
    from wardgate.portal_tenant_acts(wardgate.asking($1), $2, $3, $4);

-- The newest probe of a hospital (nulls: never), and what it found.
prepare portal_probe (uuid, uuid) as
  select probed_at, verdict, reason, with_patient, took_ms, certificate_ends,
         changed, outdated
    from wardgate.portal_probe($1, $2);
prepare portal_probe_findings (uuid, uuid) as
  select call, title, word, found, loss, ms, status, was
    from wardgate.portal_probe_findings($1, $2);

-- ---- grants, and requests for them -----------------------------------------------

-- App $2, hospital $3: until, types, purpose, as typed.
prepare portal_grant_give (uuid, uuid, uuid, text, text, text) as
  select wardgate.portal_grant_give($1, $2, $3, $4, $5, $6) as outcome;

prepare portal_grant_end (uuid, uuid, uuid) as
  select wardgate.portal_grant_end($1, $2, $3) as outcome;

-- By whoever keeps app $2: tenant ID and reason as typed.
prepare portal_request_add (uuid, uuid, text, text) as
  select wardgate.portal_request_add($1, $2, $3, $4);

prepare portal_request_list_of (uuid, uuid) as
  select tenant_id, why, made_at, state, decided_at, answer
    from wardgate.portal_request_list_of(wardgate.asking($1), $2);

prepare portal_request_list (uuid) as
  select request_id, client_id, client_name, tenant_id, tenant_name, login_of,
         why, made_at, state, decided_at, answer
    from wardgate.portal_request_list($1);

prepare portal_request_count (uuid) as
  select wardgate.portal_request_count(wardgate.asking($1)) as waiting;

prepare portal_request (uuid, uuid) as
  select request_id, client_id, client_name, tenant_id, tenant_name, login_of,
         why, made_at, state
    from wardgate.portal_request($1, $2);

prepare portal_request_approve (uuid, uuid, text, text, text) as
  select wardgate.portal_request_approve($1, $2, $3, $4, $5) as tenant_id;

prepare portal_request_decline (uuid, uuid, text) as
  select wardgate.portal_request_decline($1, $2, $3);

-- ---- a second operator, and credentials ------------------------------------------
-- For operators, as above.

-- The public key that credentials are sealed to; null: there is none.
prepare sealing_key_in_use as
  select kid, public_key
    from wardgate.sealing_key_in_use();

-- Hospital $2: kind, sealed box (empty for none), and how tokens are had, as in
-- sql/onboard/tenant.sql. proposed: it waits; null: done.
prepare portal_credential_put (uuid, uuid, text, text, text, text, text, text,
    text, text) as
  select wardgate.portal_credential_put($1, $2, $3, $4, $5, $6, $7, $8, $9,
         $10) as proposed;

-- Keys of hospital $2 that sign for tokens; $3: seconds one is published before it
-- signs, $4: seconds that what it signed counts.
prepare portal_provider_key_list (uuid, uuid, bigint, bigint) as
  select kid, alg, stage, since, step, step_at
    from wardgate.portal_provider_key_list($1, $2, make_interval(secs => $3),
         make_interval(secs => $4));

-- $3 to $6: kid, algorithm, public JWK, sealed private half.
prepare portal_provider_key_add (uuid, uuid, text, text, text, text) as
  select wardgate.portal_provider_key_add($1, $2, $3, $4, $5, $6) as stage;

-- $4: seconds for which it must have been published.
prepare portal_provider_key_use (uuid, uuid, text, bigint) as
  select wardgate.portal_provider_key_use($1, $2, $3,
         make_interval(secs => $4)) as outcome;

prepare portal_provider_key_remove (uuid, uuid, text) as
  select wardgate.portal_provider_key_remove($1, $2, $3) as outcome;

prepare portal_tls (uuid, uuid) as
  select chain, ca, set_at, origin, lost
    from wardgate.portal_tls($1, $2);

-- Hospital $2: certificate, its sealed key, CAs, as in sql/onboard/tenant.sql.
-- proposed: it waits; null: done.
prepare portal_tls_put (uuid, uuid, text, text, text) as
  select wardgate.portal_tls_put($1, $2, $3, $4, $5) as proposed;

prepare portal_second (uuid) as
  select wardgate.portal_second($1) as needed;

prepare portal_proposal_list (uuid) as
  select proposal_id, tenant_id, tenant_name, kind, summary, login_of,
         made_at, expires_at, state, decider, decided_at, answer
    from wardgate.portal_proposal_list($1);

prepare portal_proposal_count (uuid) as
  select wardgate.portal_proposal_count(wardgate.asking($1)) as waiting;

prepare portal_proposal (uuid, uuid) as
  select proposal_id, tenant_id, tenant_name, kind, login_of, made_at,
         expires_at, state, own, stale, certificates
    from wardgate.portal_proposal($1, $2);

prepare portal_proposal_changes (uuid, uuid) as
  select field, before, after
    from wardgate.portal_proposal_changes($1, $2);

prepare portal_proposal_approve (uuid, uuid) as
  select tenant_id, refused from wardgate.portal_proposal_approve($1, $2);

prepare portal_proposal_decline (uuid, uuid, text) as
  select wardgate.portal_proposal_decline($1, $2, $3);

-- ---- keys and health -------------------------------------------------------------
-- For operators, as above.

-- $2: seconds a key is published before it may sign; $3: seconds a retired one
-- stays.
prepare portal_key_signing (uuid, bigint, bigint) as
  select kid, stage, since, step, step_at
    from wardgate.portal_key_signing($1, make_interval(secs => $2),
         make_interval(secs => $3));

prepare portal_key_sealing (uuid) as
  select kid, stage, since, boxes, step
    from wardgate.portal_key_sealing($1);

-- $2: the newest version that has a file.
prepare portal_key_peppers (uuid, bigint) as
  select version, stage, since, secrets, step
    from wardgate.portal_key_peppers($1, $2);

prepare portal_key_fetched (uuid) as
  select client_id, client_name, url, state, tried_at, fetched_at, error
    from wardgate.portal_key_fetched($1);

prepare portal_health (uuid) as
  select subject, state, finding, act
    from wardgate.portal_health($1);

-- ---- who asked how much ------------------------------------------------------------

-- Hospitals whose name has $2 in it, in state $3 (empty: all), after the first $4,
-- at most $5; for operators.
prepare portal_overview (uuid, text, text, bigint, bigint) as
  select tenant_id, name, slug, state_is, notice, notice_until, calls, refused,
         failed, percent, under_one, p50, p95, hours, last_at, answered_at,
         found, since
    from wardgate.portal_overview($1, $2, $3, $4, $5);

-- Up to when it is told.
prepare traffic_until as
  select wardgate.traffic_until() as until;

-- Hospital $2 in each of the last $3 hours, and by app, the $4 with most calls; for
-- operators.
prepare portal_tenant_hours (uuid, uuid, bigint) as
  select hour, calls, refused, failed, p50, p95, p99
    from wardgate.portal_tenant_hours(wardgate.asking($1), $2, $3);

prepare portal_tenant_traffic (uuid, uuid, bigint, bigint) as
  select client_id, client_name, calls, refused, failed, percent, under_one,
         p50, p95, p99
    from wardgate.portal_tenant_traffic(wardgate.asking($1), $2, $3, $4);

-- Hospital $2 in the last $3 hours, with $4 acts at most: rows for a file.
prepare portal_incident (uuid, uuid, bigint, bigint) as
  select "time", what, detail, calls, refused, failed, p50_ms, p95_ms, made_by
    from wardgate.portal_incident($1, $2, $3, $4);

-- App $2 in each of the last $3 hours, by hospital, the $4 with most calls, and why
-- it was refused.
prepare portal_client_hours (uuid, uuid, bigint) as
  select hour, calls, refused, failed, p50, p95, p99
    from wardgate.portal_client_hours(wardgate.asking($1), $2, $3);

prepare portal_client_traffic (uuid, uuid, bigint, bigint) as
  select tenant_id, tenant_name, calls, refused, failed, percent, under_one,
         p50, p95, p99
    from wardgate.portal_client_traffic(wardgate.asking($1), $2, $3, $4);

prepare portal_client_refusals (uuid, uuid, bigint) as
  select program, outcome, reason, calls, last_at
    from wardgate.portal_client_refusals(wardgate.asking($1), $2, $3);

-- Tokens for each secret of app $2 in this hour and the one before.
prepare portal_secret_uses (uuid, uuid) as
  select key_id, since, uses
    from wardgate.portal_secret_uses(wardgate.asking($1), $2);

-- Secrets that end soon, of app $2 (null: of all that may be seen), at most $3.
prepare portal_secret_ends (uuid, uuid, bigint) as
  select client_id, client_name, hint, label, not_after, days_left, "within"
    from wardgate.portal_secret_ends(wardgate.asking($1), $2, $3);

-- ---- the trail, for auditors -----------------------------------------------------
-- $1 is the account that asks, and anybody else finds nothing. Lists are newest
-- first; `more`: there are rows after the last one, whose key goes on from there.

prepare portal_trail_names (uuid) as
  select kind, id, name
    from wardgate.portal_trail_names($1);

-- $2: search, csv or fhir; tenant ID, patient, from, to, reason as typed; after
-- which key, at most how many. It is in the trail before it is told.
prepare portal_disclosures (uuid, text, text, text, text, text, text, text,
    bigint) as
  select at, at_text, key, trace, entry, client_id, client_name, purpose,
         interaction, resource_type, resource_id, patient_id, face, status,
         reason, returned, source, secret_key_id, token_id, request_id, host,
         tenant_id, tenant_name, more
    from wardgate.portal_disclosures($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- $2: as a file, which the trail keeps; from, to, tenant ID, client ID, reason
-- code as typed; after, at most.
prepare portal_refusals (uuid, boolean, text, text, text, text, text, text,
    bigint) as
  select at, at_text, key, trace, entry, program, client_id, client_name,
         tenant_id, tenant_name, interaction, resource_type, face, status,
         reason, source, more
    from wardgate.portal_refusals($1, $2, $3, $4, $5, $6, $7, $8, $9);

prepare portal_refusal_counts (uuid, text, text, text, text, text) as
  select reason, status, times, last_at
    from wardgate.portal_refusal_counts($1, $2, $3, $4, $5, $6);

-- $2: as a file; from, to, who, kind as typed; after, at most.
prepare portal_acts_list (uuid, boolean, text, text, text, text, text,
    bigint) as
  select at, at_text, key, made_by, act, client_id, client_name, tenant_id,
         tenant_name, secret_key_id, patient_id, detail, source, more
    from wardgate.portal_acts_list($1, $2, $3, $4, $5, $6, $7, $8);

-- ---- wards to practise on ----------------------------------------------------------
-- For operators and admins; records are made up.

-- Wards with $2 in the name, after the first $3, at most $4.
prepare portal_ward_list (uuid, text, bigint, bigint) as
  select name, fhir_version, loaded_at, patients, found
    from wardgate.portal_ward_list($1, $2, $3, $4);

prepare portal_ward (uuid, text) as
  select name, fhir_version, loaded_at, sample
    from wardgate.portal_ward($1, $2);

-- $3: folded.
prepare portal_ward_patients (uuid, text, text, bigint, bigint) as
  select patient_id, body, found
    from wardgate.portal_ward_patients($1, $2, $3, $4, $5);

-- Patient $3 of ward $2: the record of type $4 with id $5; null: the newest $6 of
-- each type.
prepare portal_ward_records (uuid, text, text, text, text, bigint) as
  select record_type, record_id, body, revision, more
    from wardgate.portal_ward_records($1, $2, $3, $4, $5, $6);

-- Ward, its version, patient, what was typed, rows of records and of terms.
prepare portal_ward_add (uuid, text, text, text, text, text, text) as
  select wardgate.portal_ward_add($1, $2, $3, $4, $5, $6, $7);

-- Ward, its version, patient, type, id, the state that was seen, and as above.
prepare portal_ward_change (uuid, text, text, text, text, text, text, text,
    text, text) as
  select wardgate.portal_ward_change($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

prepare portal_ward_remove (uuid, text, text, text, text, text, text) as
  select wardgate.portal_ward_remove($1, $2, $3, $4, $5, $6, $7);
