# test_audit_act.py - what somebody changes stands in the trail
# SPDX-License-Identifier: Apache-2.0

from tests.sql import base
from tests.sql.base import CLIENT, TENANT, URL

KEY, JTI, KID = "abcdefgh", "AAECAwQFBgcICQoLDA0ODw", "k" * 43
JWKS = '{"keys": [{"kty": "EC"}]}'
TRACE = "0193455e-8e40-c0ff-ee01-23456789abcd"


class Case(base.DatabaseCase):

    def setUp(self):
        for table in ("client_grant", "provider", "tenant", "client_secret",
                      "client_jwks", "client_jwks_url", "client",
                      "signing_key", "revocation", "audit"):
            self.sql(f"delete from wardgate.{table}")

    def ask(self, call, role="wg_operator"):
        return self.sql(f"select * from wardgate.{call}", role)

    def acts(self):
        """What the trail heard since the last time, oldest first."""
        found = self.rows("""
            select interaction as act, client_id, tenant_id, secret_key_id,
                   token_id, program, status, made_by, detail
              from wardgate.audit where made_by is not null order by at""")
        self.sql("delete from wardgate.audit where made_by is not null")
        return found

    def heard(self, *wanted):
        """[(act, detail)]; each row says who it was."""
        found = self.acts()
        for row in found:
            self.assertEqual((row["program"], row["status"]),
                             ("wardgate", 200))
            self.assertRegex(row["made_by"], r"^\w+ \(psql\)$")
        self.assertEqual([(r["act"], r["detail"]) for r in found],
                         list(wanted))
        return found


class Acts(Case):

    def test_of_clients_secrets_and_grants(self):
        self.add_client()
        row, = self.heard(("add-client", "name App"))
        self.assertEqual(row["client_id"], CLIENT)
        self.ask(f"client_add('{CLIENT}', 'Care', 'to care', 'a@b.example')")
        self.heard(("change-client",
                    "contact; name App -> Care; purpose  -> to care"))
        self.ask(f"client_able('{CLIENT}', false)")
        row, = self.acts()
        self.assertEqual(row["act"], "change-client")
        self.assertRegex(row["detail"], r"^disabled_at none -> 20\d\d-")
        self.add_secret(KEY)
        row, = self.acts()
        self.assertEqual((row["act"], row["client_id"], row["secret_key_id"]),
                         ("add-secret", CLIENT, KEY))
        self.assertNotIn("ab" * 32, str(row))
        self.ask(f"secret_invalidate('{CLIENT}', '{KEY}')")
        row, = self.acts()
        self.assertEqual((row["act"], row["secret_key_id"]),
                         ("change-secret", KEY))
        self.add_tenant()
        self.acts()
        self.ask(f"grant_give('{CLIENT}', '{TENANT}', null, 'Patient')")
        row, = self.heard(("add-grant", 'types ["Patient"]'))
        self.assertEqual((row["client_id"], row["tenant_id"]),
                         (CLIENT, TENANT))
        self.ask(f"grant_end('{CLIENT}', '{TENANT}')")
        self.assertEqual([r["act"] for r in self.acts()], ["change-grant"])

    def test_of_tenants_and_what_scripts_do(self):
        self.add_tenant()
        first, second = self.acts()
        self.assertEqual((first["act"], second["act"], second["tenant_id"]),
                         ("add-tenant", "add-provider", TENANT))
        self.assertIn(f"base_url {URL}", second["detail"])
        self.add_tenant(provider_url=URL + "/new")
        self.heard(("change-provider", f"base_url {URL} -> {URL}/new"))
        self.script("suspend", tenant=TENANT)
        self.heard(("change-tenant", "state active -> suspended"))
        self.script("suspend", tenant=TENANT)
        self.script("resume", tenant=TENANT, dry_run=1)
        self.heard()
        self.script("remove", tenant=TENANT)
        self.assertEqual({r["act"] for r in self.acts()},
                         {"remove-provider", "remove-tenant"})

    def test_of_keys(self):
        self.add_client()
        self.acts()
        self.ask(f"client_jwks_set('{CLIENT}', '{JWKS}', 'kkkkkkkk')")
        self.heard(("add-keys", 'creds ["kkkkkkkk"]; jwks'))
        self.ask(f"client_jwks_url_set('{CLIENT}', 'https://a.example/k')")
        self.assertIn("add-keys-url", {r["act"] for r in self.acts()})
        self.ask(f"signing_key_add('{KID}')")
        row, = self.acts()
        self.assertEqual(row["act"], "add-signing-key")
        self.assertIn(KID, row["detail"])
        other = "o" * 43
        self.ask(f"signing_key_add('{other}')")
        self.acts()
        self.ask(f"signing_key_withdraw('{other}', null)")
        row, = self.acts()
        self.assertIn(f"{other}; stage published -> withdrawn", row["detail"])
        self.ask("pepper_use(3)")
        self.heard(("add-pepper", "3"))

    def test_of_the_owner_and_by_hand(self):
        self.add_client()
        self.sql("update wardgate.client set name = name || ' 2'")
        self.sql("update wardgate.client set name = name")
        self.sql("select * from wardgate.policy_set('provider_http',"
                 " 'loopback')")
        self.sql("select * from wardgate.policy_set('provider_http',"
                 " 'refuse')")
        self.sql("truncate wardgate.pepper")
        self.heard(("add-client", "name App"),
                   ("change-client", "name App -> App 2"),
                   ("change-policy", "provider_http; value refuse -> loopback"),
                   ("change-policy", "provider_http; value loopback -> refuse"),
                   ("remove-pepper", "all of them"))

    def test_an_act_is_durable_whatever_the_role_is_set_to(self):
        out = self.sql("set synchronous_commit = off; begin; select * from"
                       f" wardgate.client_add('{CLIENT}', 'A', '', '');"
                       " select current_setting('synchronous_commit'); commit",
                       "wg_operator")
        self.sql("reset synchronous_commit", "wg_operator")
        self.assertEqual(out.splitlines()[-1], "on")

    def test_what_is_refused_or_unchanged_or_ours_is_none(self):
        self.add_client()
        self.add_secret(KEY)
        self.acts()
        self.add_client()
        self.refused(f"select wardgate.client_able('{TENANT}', false)",
                     "wg_operator")
        self.sql("update wardgate.client_secret set pepper_version = 2,"
                 " hash = sha256('x')")
        self.heard()

    def test_revocations_say_why(self):
        self.add_client()
        self.acts()
        self.ask(f"revoke('client', '{CLIENT}', null, null, 'it leaked',"
                 " false)")
        row, = self.heard(("revoke-client", "it leaked"))
        self.assertEqual(row["client_id"], CLIENT)

    def test_another_server_is_told_as_well(self):
        self.sql("update wardgate.lineage set name = 'elsewhere'")
        self.sql("select wardgate.changes_since(1)", "wg_token")
        self.heard(("revoke-everything", "another database server took over"))

    def test_a_trail_that_takes_nothing_takes_the_act_back(self):
        self.add_client()
        self.sql("revoke insert on wardgate.audit from wg_owner")
        self.addCleanup(self.sql, "grant insert on wardgate.audit to wg_owner")
        self.refused(f"select wardgate.client_able('{CLIENT}', false)",
                     "wg_operator", "42501")
        self.assertEqual(self.sql("select disabled_at is null from"
                                  " wardgate.client"), "t")


class Behind(Case):
    """What a refused request goes back to."""

    def setUp(self):
        super().setUp()
        self.add_client()
        self.add_secret(KEY)
        self.add_tenant(client=CLIENT)
        self.sql("delete from wardgate.audit")

    def request(self, reason, days=0):
        """A refused request, so many days after now."""
        trace = self.sql(f"""
            select lpad(to_hex((extract(epoch from now() + interval
                     '{days} days') * 1000)::bigint), 12, '0')
                     || right(md5(random()::text), 20)""")
        self.sql(f"""
            insert into wardgate.audit (at, trace_id, program, status, reason,
                   client_id, tenant_id, secret_key_id, token_id)
            values (wardgate.trace_time('{trace}'), '{trace}', 'facade', 401,
                   '{reason}', '{CLIENT}', '{TENANT}', '{KEY}', '{JTI}')""")
        return trace

    def behind(self, trace):
        found = self.rows("select made_by, act, detail from"
                          f" wardgate.audit_act_behind('{trace}')",
                          "wg_auditor")
        return found[0] if found else None

    def test_a_cause_is_told_long_after(self):
        disabled = f"client_able('{CLIENT}', false)"
        for reason, call, act in (
                ("token_revoked", f"revoke('token', null, null, '{JTI}', 'x',"
                 " false)", "revoke-token"),
                ("token_revoked", f"revoke('tenant', null, '{TENANT}', null,"
                 " 'x', false)", "revoke-tenant"),
                ("token_revoked", "revoke('everything', null, null, null, 'x',"
                 " false)", "revoke-everything"),
                ("token_client_disabled", disabled, "change-client"),
                ("client_disabled", disabled, "change-client"),
                ("token_secret_invalidated",
                 f"secret_invalidate('{CLIENT}', '{KEY}')", "change-secret"),
                ("token_grant_removed", f"grant_end('{CLIENT}', '{TENANT}')",
                 "change-grant"),
                ("tenant_suspended", f"tenant_state_set('{TENANT}',"
                 " 'suspended', '', '', '')", "change-tenant")):
            with self.subTest(reason, act=act):
                self.setUp()
                self.ask(call)
                self.sql("delete from wardgate.revocation")
                found = self.behind(self.request(reason, days=20))
                self.assertEqual(found["act"], act)
                self.assertRegex(found["made_by"], r"^\w+ \(psql\)$")
                if act.startswith("revoke"):
                    self.assertEqual(found["detail"], "x")

    def test_what_has_nothing_to_do_with_it_is_not_told(self):
        self.ask(f"client_able('{CLIENT}', false)")
        for reason in ("token_expired", "token_secret_invalidated", "ok",
                       "tenant_suspended"):
            self.assertIsNone(self.behind(self.request(reason)), reason)
        self.sql("delete from wardgate.audit")
        self.ask("revoke('token', null, null, 'BBECAwQFBgcICQoLDA0ODw', 'x',"
                 " false)")
        self.assertIsNone(self.behind(self.request("token_revoked")))
        self.assertIsNone(self.behind(TRACE))

    def test_what_came_after_it_is_not_told(self):
        trace = self.request("token_client_disabled", days=-2)
        self.ask(f"client_able('{CLIENT}', false)")
        self.assertIsNone(self.behind(trace))

    def test_a_client_that_ended_its_own_token(self):
        self.sql(f"""
            insert into wardgate.audit (at, trace_id, program, status,
                   interaction, client_id, token_id)
            values (now() - interval '5 min', gen_random_uuid(), 'token', 200,
                   'revoke', '{CLIENT}', '{JTI}')""")
        found = self.behind(self.request("token_revoked"))
        self.assertEqual((found["made_by"], found["act"]),
                         ("the client itself", "revoke"))
