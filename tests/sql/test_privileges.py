# test_privileges.py - each role can do what the matrix says, and nothing else
# SPDX-License-Identifier: Apache-2.0
#
# The matrix stands here a second time, by name, so that a grant that slipped
# in is a failure and not a fact.

import unittest

from tests.sql import base

# Touch no table, and nothing by a name that is looked up when they are called.
READ_NOTHING = ["asking"]
MAY_CALL = {
    "wg_metadata": """ready signing_key_in_use signing_keys_refused
        statement_for_tenant probe_figures secret_ends
        provider_jwks""",
    "wg_token": """ready changes_since client_for_token client_keys_for_token
        pepper_in_use secret_rehash
        client_jwks_wanted assertion_use route_for_token
        signing_key_in_use signing_keys_refused token_in_force
        token_stands revoke_own_token audit_write""",
    "wg_facade": """ready changes_since route_for_facade revocations
        token_revoked cursor_handle_put
        cursor_handle_get signing_keys_refused found_get found_put loss_add
        probe_start probe_tenants probe_put
        audit_write""",
    "wg_admin": """ready asking account_for_signin account_lang_set
        account_passphrase_moved account_passphrase_set
        account_recovery_use account_self
        account_totp_set account_totp_use
        invitation_find invitation_use portal_account_able
        portal_account_list portal_account_roles_set portal_acts_list
        portal_account_totp_remove portal_invitation_make
        portal_client portal_client_able portal_client_add
        portal_client_change portal_client_list portal_disclosures
        portal_grant_end
        portal_grant_give portal_grant_list
        portal_credential_put portal_second portal_tls portal_tls_put
        portal_provider_key_list
        portal_provider_key_add portal_provider_key_use
        portal_provider_key_remove portal_proposal
        portal_proposal_approve portal_proposal_changes portal_proposal_count
        portal_proposal_decline portal_proposal_list
        portal_health portal_jwks_list portal_jwks_set portal_key_fetched
        portal_key_peppers portal_key_sealing portal_key_signing
        portal_refusal_counts portal_refusals portal_request
        portal_request_add portal_request_approve portal_request_count
        portal_request_decline portal_request_list portal_request_list_of
        portal_secret_add portal_secret_breach portal_secret_hospitals
        portal_secret_invalidate portal_secret_list portal_secret_tokens
        portal_tenant portal_tenant_acts portal_tenant_grants
        portal_probe portal_probe_findings
        portal_tenant_list portal_tenant_loss portal_tenant_put
        portal_tenant_state_set portal_trace portal_trail_names session_end
        session_end_one session_find session_list session_open signin_failed
        signin_begin signin_good signin_untried sealing_key_in_use
        portal_overview portal_tenant_hours portal_incident
        portal_tenant_traffic
        portal_client_hours portal_client_traffic portal_client_refusals
        portal_secret_uses portal_secret_ends traffic_until
        portal_ward portal_ward_add portal_ward_change portal_ward_list
        portal_ward_patients portal_ward_records portal_ward_remove""",
    "wg_rehearsal": "",
    "wg_keeper": """ready audit_partitions_ahead audit_stray change_log_trim
        cursor_handle_trim assertion_trim secret_trail_trim client_jwks_due
        client_jwks_fetched revocation_trim signing_key_expire
        secret_notice_take secret_notice_told secret_use_roll_up
        proposal_expire session_trim signin_failure_trim traffic_roll_up traffic_trim""",
    "wg_operator": """ready client_add client_list client_able secret_add
        secret_list secret_invalidate client_jwks_set
        client_jwks_list client_jwks_url_set client_jwks_url_get
        grant_give grant_end grant_list
        revoke revocation_list
        signing_key_add signing_key_list signing_key_use
        signing_key_withdraw tenant_networks_set tenant_environment_set
        onboard_run onboard_before onboard_changes onboard_counts key_wanted
        tenant_state_set tenant_remove tenant_list loss_list probe_list
        probe_findings doctor doctor_source doctor_certificates
        pepper_in_use pepper_needed pepper_use pepper_remove
        sealing_key_add sealing_key_list sealing_key_in_use sealing_key_use
        sealing_key_remove credential_server credential_put
        credential_outdated credential_reseal provider_key_add
        provider_key_list provider_key_use provider_key_remove tls_put
        switch_read
        account_able account_add account_for_signin account_list
        account_roles_set account_totp_keep account_totp_remove
        invitation_make""",
    "wg_auditor": "audit_tail audit_act_behind",
}
MAY_READ = {"wg_auditor": {"audit"}, "wg_operator": {"loss_report"}}
EVERYBODY = {"wg_metadata", "wg_token", "wg_facade", "wg_admin", "wg_keeper",
             "wg_operator", "wg_auditor"}


class Matrix(base.DatabaseCase):

    copied = False

    def test_roles_are_plain(self):
        for role in base.ROLES:
            with self.subTest(role):
                found = self.row(f"""
                    select rolsuper, rolcreaterole, rolcreatedb,
                           rolreplication, rolbypassrls, rolpassword is null
                             as bare
                      from pg_authid where rolname = '{role}'""", None)
                self.assertTrue(found.pop("bare"))
                self.assertFalse(any(found.values()), found)

    def test_roles_own_nothing_and_belong_to_no_other(self):
        for role in base.ROLES:
            with self.subTest(role):
                self.assertEqual(self.sql(f"""
                    select count(*) from pg_shdepend
                     where refobjid = '{role}'::regrole
                       and deptype = 'o'""", None), "0")
                self.assertEqual(self.sql(f"""
                    select count(*) from pg_auth_members
                     where member = '{role}'::regrole""", None), "0")

    def test_functions(self):
        for role in base.ROLES:
            with self.subTest(role):
                found = self.sql(f"""
                    select p.proname
                      from pg_proc as p
                     where p.pronamespace = 'wardgate'::regnamespace
                       and has_function_privilege('{role}', p.oid,
                             'execute')""", None).split()
                self.assertEqual(sorted(found),
                                 sorted(MAY_CALL[role].split()))

    def test_tables(self):
        for role in base.ROLES:
            with self.subTest(role):
                found = self.rows(f"""
                    select c.relname as name, v as verb
                      from pg_class as c,
                           unnest(array['select', 'insert', 'update',
                             'delete', 'truncate', 'references',
                             'trigger']) as v
                     where c.relnamespace = 'wardgate'::regnamespace
                       and c.relkind in ('r', 'p', 'v', 'm')
                       and (has_table_privilege('{role}', c.oid, v)
                            or (v in ('select', 'insert', 'update',
                              'references') and
                              has_any_column_privilege('{role}', c.oid, v)))
                    """, None)
                self.assertEqual(
                    {(r["name"], r["verb"]) for r in found},
                    {(t, "select") for t in MAY_READ.get(role, ())})

    def test_sequences_and_schemas(self):
        for role in base.ROLES:
            with self.subTest(role):
                self.assertEqual(self.sql(f"""
                    select count(*)
                      from pg_class as c
                     where c.relnamespace = 'wardgate'::regnamespace
                       and case when c.relkind = 'S' then
                             has_sequence_privilege('{role}', c.oid,
                               'usage, select, update') else false end""",
                    None), "0")
                self.assertEqual(self.sql(f"""
                    select has_schema_privilege('{role}', 'wardgate',
                             'create'),
                           has_schema_privilege('{role}', 'wardgate',
                             'usage')""", None),
                    f"f|{'t' if role in EVERYBODY else 'f'}")
                self.assertEqual(self.sql(f"""
                    select has_database_privilege('{role}',
                             current_database(), 'create, temporary')""",
                    None), "f")

    def test_wards_are_for_rehearsal_alone(self):
        for role in base.ROLES:
            self.assertEqual(
                self.sql(f"select has_schema_privilege('{role}', 'rehearsal',"
                         " 'usage')", None),
                "t" if role == "wg_rehearsal" else "f", role)

    def test_public_has_nothing(self):
        self.assertEqual(self.sql("""
            select string_agg(p.proname, ' ')
              from pg_proc as p, aclexplode(coalesce(p.proacl,
                     acldefault('f', p.proowner))) as a
             where p.pronamespace = 'wardgate'::regnamespace
               and a.grantee = 0""", None), "")
        self.assertEqual(self.sql("""
            select string_agg(c.relname, ' ')
              from pg_class as c, aclexplode(c.relacl) as a
             where c.relnamespace = 'wardgate'::regnamespace
               and a.grantee = 0""", None), "")

    def test_functions_made_from_now_on_are_nobodys(self):
        self.sql("create function wardgate.later() returns int language sql"
                 " return 1")
        self.refused("select wardgate.later()", "wg_facade", "42501")
        self.sql("drop function wardgate.later()")

    def test_doors_run_as_owner_with_a_fixed_path(self):
        names = sorted(set(" ".join(MAY_CALL.values()).split()))
        found = self.rows("""
            select p.proname as name, p.prosecdef as definer,
                   p.proconfig as config, p.proowner::regrole as owner
              from pg_proc as p
             where p.pronamespace = 'wardgate'::regnamespace""")
        for f in found:
            if f["name"] in names and f["name"] not in READ_NOTHING:
                self.assertTrue(f["definer"], f)
            if f["definer"]:
                self.assertIn("search_path=pg_catalog, pg_temp",
                              f["config"] or [], f)
            self.assertEqual(f["owner"], base.OWNER)


class Attempts(base.DatabaseCase):
    """What an intruder with the rights of a program would try."""

    copied = False

    TRIES = {
        "wg_facade": (
            "select hash from wardgate.client_secret",
            "select * from wardgate.client_for_token("
            f"'{base.CLIENT}', 'abcdefgh')",
            "select * from wardgate.audit",
            "insert into wardgate.audit (at, trace_id, program, status)"
            " values (now(), gen_random_uuid(), 'x', 200)",
            "delete from wardgate.audit",
            "delete from wardgate.audit_default",
            "update wardgate.change set n = 0",
            "select * from wardgate.loss_report",
            "delete from wardgate.loss",
            f"select * from wardgate.statement_for_tenant('{base.CLIENT}',"
            f" '{base.TENANT}', 'abcdefgh', 'jjjjjjjjjjjjjjjjjjjjjj', 1)",
            "select * from wardgate.provider_found",
            "select * from wardgate.revocation",
            "delete from wardgate.revocation",
            f"select wardgate.revoke('client', '{base.CLIENT}', null, null,"
            " '', false)",
            f"select wardgate.grant_give('{base.CLIENT}', '{base.TENANT}',"
            " null)",
            "select wardgate.change_made('all', array['x'])",
            "create table wardgate.mine ()",
            "create temporary table mine ()",
            "create schema mine",
            "set role wg_owner",
        ),
        "wg_token": (
            "select * from wardgate.provider",
            "select * from wardgate.client_secret",
            f"select * from wardgate.route_for_facade('{base.CLIENT}',"
            f" '{base.TENANT}')",
            "select wardgate.secret_add(null, null, null, null, null, null,"
            " null, null, null)",
        ),
        "wg_operator": (
            "select * from wardgate.audit",
            "select * from wardgate.audit_tail(null, null, null, 10)",
            "select hash from wardgate.client_secret",
            "select * from wardgate.loss",
            "delete from wardgate.loss",
            "select wardgate.loss_add('[]')",
            "select * from wardgate.policy_set('provider_http', 'loopback')",
            "delete from wardgate.client",
        ),
        "wg_admin": (
            "select * from wardgate.audit",
            "select detail from wardgate.audit",
            "select * from wardgate.audit_tail(null, null, null, 10)",
            f"select * from wardgate.trail_of_patient('{base.TENANT}', 'x',"
            " '-infinity', 'infinity', null, 10)",
            "select * from wardgate.trail_refused('-infinity', 'infinity',"
            " null, null, null)",
            "select wardgate.audit_act('x', null, null, null, null, 'x')",
            "select wardgate.audit_write('{}')",
            "select * from rehearsal.resource",
            "delete from rehearsal.term",
        ),
        "wg_auditor": (
            "update wardgate.tenant set name = 'x'",
            f"select wardgate.tenant_remove('{base.TENANT}')",
            f"select * from wardgate.tenant_state_set('{base.TENANT}',"
            " 'suspended', null, null, null)",
            "delete from wardgate.audit",
            "update wardgate.audit set status = 200",
            "select * from wardgate.client_list()",
            "select * from wardgate.audit_default",
        ),
        "wg_keeper": (
            "select * from wardgate.audit",
            "drop table wardgate.audit_default",
            "select wardgate.audit_partition_make('2020-01-01')",
        ),
        "wg_metadata": (
            "select * from wardgate.tenant",
            "select * from wardgate.provider_found",
            f"select wardgate.found_put('{base.TENANT}', 1, '{{}}')",
            f"select * from wardgate.route_for_facade('{base.CLIENT}',"
            f" '{base.TENANT}')",
            "select wardgate.audit_write('{}')",
        ),
        "wg_rehearsal": (
            "select * from wardgate.ready(1, 1)",
            f"select wardgate.provider_jwks('{base.TENANT}')",
            "select box from wardgate.provider_key",
        ),
    }

    def test_are_refused(self):
        for role, tries in self.TRIES.items():
            for text in tries:
                with self.subTest(role, text=text):
                    if text.startswith("set role"):
                        self.assertEqual(self.sql(
                            f"select pg_has_role('{role}', 'wg_owner',"
                            " 'member')", None), "f")
                    else:
                        self.refused(text, role, "42501")

    def test_auditor_reads_the_trail(self):
        self.assertEqual(self.sql("select count(*) from wardgate.audit",
                                  "wg_auditor"), "0")

    def test_a_path_of_ones_own_changes_nothing(self):
        """Functions that an intruder defines are not found by ours."""
        self.server.run(self.name, None, "-c", """
            create schema trap authorization wg_facade;
            set role wg_facade;
            create function trap.now() returns timestamptz language plpgsql
              as $$ begin raise exception 'trapped'; end $$;
            create function trap.lower(text) returns text language plpgsql
              as $$ begin raise exception 'trapped'; end $$;
            set search_path = trap, pg_catalog, wardgate;
            """ + f"""
            select * from wardgate.route_for_facade('{base.CLIENT}',
              '{base.TENANT}')""")


if __name__ == "__main__":
    unittest.main()
