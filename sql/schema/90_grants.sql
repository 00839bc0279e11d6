-- 90_grants.sql - who may do what: the whole matrix
-- SPDX-License-Identifier: Apache-2.0
--
-- No service role owns anything, reads or writes a table, or makes an object.
-- Each may call its functions; these run with the rights of the owner and do
-- one thing each. The exceptions are wg_auditor, who reads audit freely: that is
-- its duty, and nobody else's; wg_operator, who reads the loss report, which
-- names elements and no record; and wg_rehearsal, whose schema holds made-up
-- records and nothing else.

revoke all on schema wardgate from public;
revoke all on all tables in schema wardgate from public;
revoke all on all functions in schema wardgate from public;
do $$ begin
  execute format('revoke temporary on database %I from public',
      current_database());
end $$;
grant usage on schema wardgate to wg_metadata, wg_token, wg_facade, wg_admin,
      wg_keeper, wg_operator, wg_auditor;

-- metadata: is the database fit for work, and what can one tenant's provider?
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.signing_key_in_use(),
      wardgate.signing_keys_refused(interval),
      wardgate.statement_for_tenant(uuid, uuid, text, text, bigint),
      wardgate.probe_figures(),
      wardgate.provider_jwks(uuid),
      wardgate.secret_ends()
   to wg_metadata;

-- token: hashes of one client's secrets, its public keys, one route, one token,
-- and the trail
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.changes_since(bigint),
      wardgate.client_for_token(uuid, text),
      wardgate.pepper_in_use(),
      wardgate.secret_rehash(uuid, text, bytea, bytea, bigint),
      wardgate.client_keys_for_token(uuid),
      wardgate.client_jwks_wanted(uuid),
      wardgate.assertion_use(uuid, bytea, timestamptz),
      wardgate.route_for_token(uuid, uuid),
      wardgate.signing_key_in_use(),
      wardgate.signing_keys_refused(interval),
      wardgate.token_in_force(uuid, uuid, text, text, bigint),
      wardgate.token_stands(uuid, uuid, text, text),
      wardgate.revoke_own_token(uuid, text, timestamptz),
      wardgate.audit_write(wardgate.audit_row[])
   to wg_token;

-- facade: where records are, never a hash
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.changes_since(bigint),
      wardgate.route_for_facade(uuid, uuid),
      wardgate.signing_keys_refused(interval),
      wardgate.revocations(),
      wardgate.token_revoked(uuid, uuid, text, text, bigint),
      wardgate.cursor_handle_put(uuid, uuid, bytea, timestamptz),
      wardgate.cursor_handle_get(uuid, uuid, uuid),
      wardgate.found_get(uuid, bigint),
      wardgate.found_put(uuid, bigint, text),
      wardgate.probe_start(text, text, boolean),
      wardgate.probe_tenants(),
      wardgate.probe_put(uuid, bigint, text, text, boolean, bigint,
        timestamptz, text),
      wardgate.loss_add(text),
      wardgate.audit_write(wardgate.audit_row[])
   to wg_facade;
grant usage on type wardgate.audit_row to wg_token, wg_facade;

-- keeper: room for audit rows, clearing, summing up
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.audit_partitions_ahead(bigint),
      wardgate.audit_stray(),
      wardgate.change_log_trim(interval, bigint),
      wardgate.cursor_handle_trim(interval, bigint),
      wardgate.assertion_trim(interval, bigint),
      wardgate.client_jwks_due(interval, interval, bigint),
      wardgate.client_jwks_fetched(uuid, text, text, text, text),
      wardgate.signing_key_expire(interval),
      wardgate.revocation_trim(bigint),
      wardgate.secret_notice_take(),
      wardgate.secret_notice_told(text, bigint),
      wardgate.secret_trail_trim(interval, bigint),
      wardgate.secret_use_roll_up(interval),
      wardgate.proposal_expire(bigint),
      wardgate.session_trim(interval, bigint),
      wardgate.signin_failure_trim(interval, bigint),
      wardgate.traffic_roll_up(interval, interval),
      wardgate.traffic_trim(interval, bigint)
   to wg_keeper;

-- operator: clients, secrets, grants, keys, onboarding; no hash comes back
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.client_add(uuid, text, text, text),
      wardgate.client_list(),
      wardgate.client_able(uuid, boolean),
      wardgate.secret_add(uuid, text, text, text, bytea, bigint, timestamptz,
        timestamptz, bigint),
      wardgate.secret_list(uuid),
      wardgate.secret_invalidate(uuid, text),
      wardgate.client_jwks_set(uuid, text, text),
      wardgate.client_jwks_list(uuid),
      wardgate.client_jwks_url_set(uuid, text),
      wardgate.client_jwks_url_get(uuid),
      wardgate.grant_give(uuid, uuid, timestamptz, text, text),
      wardgate.grant_end(uuid, uuid),
      wardgate.grant_list(uuid, uuid),
      wardgate.revoke(text, uuid, uuid, text, text, boolean),
      wardgate.revocation_list(),
      wardgate.signing_key_add(text),
      wardgate.signing_key_list(),
      wardgate.signing_key_use(text, interval),
      wardgate.pepper_in_use(),
      wardgate.pepper_needed(bigint),
      wardgate.pepper_use(bigint),
      wardgate.pepper_remove(bigint),
      wardgate.signing_key_withdraw(text, text),
      wardgate.onboard_run(text, jsonb),
      wardgate.onboard_before(text, jsonb),
      wardgate.onboard_changes(text, jsonb),
      wardgate.onboard_counts(text, jsonb),
      wardgate.key_wanted(uuid, text),
      wardgate.tenant_environment_set(text, text, text),
      wardgate.tenant_networks_set(text, text),
      wardgate.tenant_state_set(text, text, text, text, text),
      wardgate.tenant_remove(text),
      wardgate.tenant_list(),
      wardgate.loss_list(text),
      wardgate.probe_list(text),
      wardgate.probe_findings(uuid),
      wardgate.sealing_key_add(text, bytea),
      wardgate.sealing_key_list(),
      wardgate.sealing_key_in_use(),
      wardgate.sealing_key_use(text),
      wardgate.sealing_key_remove(text),
      wardgate.credential_server(uuid),
      wardgate.credential_put(text, text, text, text, text, text, text,
        text, text),
      wardgate.tls_put(text, text, text, text),
      wardgate.provider_key_add(uuid, text, text, text, text),
      wardgate.provider_key_list(uuid),
      wardgate.provider_key_use(uuid, text, interval),
      wardgate.provider_key_remove(uuid, text),
      wardgate.credential_outdated(uuid, bigint),
      wardgate.credential_reseal(uuid, text, text),
      wardgate.doctor(),
      wardgate.doctor_source(text),
      wardgate.doctor_certificates(),
      wardgate.switch_read(text, text),
      wardgate.account_add(text, text, text, text, bytea),
      wardgate.account_for_signin(text),
      wardgate.account_list(),
      wardgate.account_able(uuid, boolean),
      wardgate.account_roles_set(uuid, text),
      wardgate.account_totp_keep(uuid, bytea),
      wardgate.account_totp_remove(uuid),
      wardgate.invitation_make(bytea, text, text, uuid, uuid, interval)
   to wg_operator;
grant select on wardgate.loss_report to wg_operator;

-- admin, the portal: people, the apps that each of them may see, for operators
-- hospitals and grants, and the made-up patients of wards
grant execute on function
      wardgate.ready(bigint, bigint),
      wardgate.account_for_signin(text),
      wardgate.account_self(uuid),
      wardgate.account_passphrase_set(uuid, text, bytea),
      wardgate.account_passphrase_moved(uuid, text, text),
      wardgate.account_totp_set(uuid, bytea, bigint, text, bytea),
      wardgate.account_totp_use(uuid, bigint),
      wardgate.account_recovery_use(uuid, bytea),
      wardgate.account_lang_set(uuid, text),
      wardgate.portal_account_list(uuid),
      wardgate.portal_account_able(uuid, uuid, boolean),
      wardgate.portal_account_roles_set(uuid, uuid, text),
      wardgate.portal_account_totp_remove(uuid, uuid),
      wardgate.signin_begin(bytea, inet),
      wardgate.signin_failed(bytea, inet),
      wardgate.signin_untried(bytea, inet),
      wardgate.signin_good(bytea, inet),
      wardgate.session_open(bytea, uuid, text, inet, text, bytea, text),
      wardgate.session_find(bytea, interval, interval, interval),
      wardgate.asking(uuid),
      wardgate.session_end(bytea),
      wardgate.session_end_one(uuid, uuid),
      wardgate.session_list(uuid, interval, interval),
      wardgate.portal_invitation_make(uuid, bytea, text, text, uuid, interval),
      wardgate.invitation_find(bytea),
      wardgate.invitation_use(bytea, text, text),
      wardgate.portal_client_add(uuid, text, text, text),
      wardgate.portal_client_change(uuid, uuid, text, text, text),
      wardgate.portal_client_list(uuid, text, bigint, bigint),
      wardgate.portal_client(uuid, uuid),
      wardgate.portal_client_able(uuid, uuid, boolean),
      wardgate.portal_secret_list(uuid, uuid, interval),
      wardgate.portal_secret_add(uuid, uuid, text, text, text, bytea, bigint,
        timestamptz, bigint),
      wardgate.portal_secret_invalidate(uuid, uuid, text),
      wardgate.portal_secret_breach(uuid, uuid, text, text),
      wardgate.portal_secret_tokens(uuid, uuid, text, bigint, bigint, bigint),
      wardgate.portal_secret_hospitals(uuid, uuid, text, bigint),
      wardgate.portal_grant_list(uuid, uuid),
      wardgate.portal_jwks_list(uuid, uuid),
      wardgate.portal_jwks_set(uuid, uuid, text, text),
      wardgate.sealing_key_in_use(),
      wardgate.portal_trace(uuid, uuid),
      wardgate.portal_tenant_list(uuid, text, bigint, bigint),
      wardgate.portal_tenant(uuid, uuid),
      wardgate.portal_tenant_put(uuid, boolean, text, text, text, text, text,
        text, text, text, text, text, text, text, text, text, text, text,
        text, text, text, text, text, text),
      wardgate.portal_tenant_state_set(uuid, uuid, text, text, text, text),
      wardgate.portal_tenant_grants(uuid, uuid),
      wardgate.portal_tenant_loss(uuid, uuid, bigint),
      wardgate.portal_tenant_acts(uuid, uuid, bigint, bigint),
      wardgate.portal_probe(uuid, uuid),
      wardgate.portal_probe_findings(uuid, uuid),
      wardgate.portal_key_signing(uuid, interval, interval),
      wardgate.portal_key_sealing(uuid),
      wardgate.portal_key_peppers(uuid, bigint),
      wardgate.portal_key_fetched(uuid),
      wardgate.portal_health(uuid),
      wardgate.portal_overview(uuid, text, text, bigint, bigint),
      wardgate.portal_tenant_hours(uuid, uuid, bigint),
      wardgate.portal_tenant_traffic(uuid, uuid, bigint, bigint),
      wardgate.portal_incident(uuid, uuid, bigint, bigint),
      wardgate.portal_client_hours(uuid, uuid, bigint),
      wardgate.portal_client_traffic(uuid, uuid, bigint, bigint),
      wardgate.portal_client_refusals(uuid, uuid, bigint),
      wardgate.portal_secret_uses(uuid, uuid),
      wardgate.portal_secret_ends(uuid, uuid, bigint),
      wardgate.traffic_until(),
      wardgate.portal_credential_put(uuid, uuid, text, text, text, text, text,
        text, text, text),
      wardgate.portal_provider_key_list(uuid, uuid, interval, interval),
      wardgate.portal_provider_key_add(uuid, uuid, text, text, text, text),
      wardgate.portal_provider_key_use(uuid, uuid, text, interval),
      wardgate.portal_provider_key_remove(uuid, uuid, text),
      wardgate.portal_tls(uuid, uuid),
      wardgate.portal_tls_put(uuid, uuid, text, text, text),
      wardgate.portal_second(uuid),
      wardgate.portal_proposal_list(uuid),
      wardgate.portal_proposal_count(uuid),
      wardgate.portal_proposal(uuid, uuid),
      wardgate.portal_proposal_changes(uuid, uuid),
      wardgate.portal_proposal_approve(uuid, uuid),
      wardgate.portal_proposal_decline(uuid, uuid, text),
      wardgate.portal_grant_give(uuid, uuid, uuid, text, text, text),
      wardgate.portal_grant_end(uuid, uuid, uuid),
      wardgate.portal_request_add(uuid, uuid, text, text),
      wardgate.portal_request_list_of(uuid, uuid),
      wardgate.portal_request_list(uuid),
      wardgate.portal_request_count(uuid),
      wardgate.portal_request(uuid, uuid),
      wardgate.portal_request_approve(uuid, uuid, text, text, text),
      wardgate.portal_request_decline(uuid, uuid, text),
      wardgate.portal_trail_names(uuid),
      wardgate.portal_disclosures(uuid, text, text, text, text, text, text,
        text, bigint),
      wardgate.portal_refusals(uuid, boolean, text, text, text, text, text,
        text, bigint),
      wardgate.portal_refusal_counts(uuid, text, text, text, text, text),
      wardgate.portal_acts_list(uuid, boolean, text, text, text, text, text,
        bigint),
      wardgate.portal_ward_list(uuid, text, bigint, bigint),
      wardgate.portal_ward(uuid, text),
      wardgate.portal_ward_patients(uuid, text, text, bigint, bigint),
      wardgate.portal_ward_records(uuid, text, text, text, text, bigint),
      wardgate.portal_ward_add(uuid, text, text, text, text, text, text),
      wardgate.portal_ward_change(uuid, text, text, text, text, text, text,
        text, text, text),
      wardgate.portal_ward_remove(uuid, text, text, text, text, text, text)
   to wg_admin;

-- auditor: reads the trail, changes nothing
grant select on wardgate.audit to wg_auditor;
grant execute on function
      wardgate.audit_tail(timestamptz, uuid, uuid, bigint),
      wardgate.audit_act_behind(uuid)
   to wg_auditor;

-- rehearsal: its wards, which it serves and loads
revoke all on schema rehearsal from public;
revoke all on all tables in schema rehearsal from public;
grant usage on schema rehearsal to wg_rehearsal;
grant select, insert, update, delete on all tables in schema rehearsal
   to wg_rehearsal;
grant execute on function
      rehearsal.analyze(),
      rehearsal.published_keys(uuid)
   to wg_rehearsal;
