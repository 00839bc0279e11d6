# test_portal_keys.py - keys and health as operators see them, and nobody else
# SPDX-License-Identifier: Apache-2.0

import unittest

from tests.sql import base
from tests.sql.base import CLIENT

ANN, BEN = ("00000000-0000-4000-8000-00000000000" + n for n in "12")
CALLS = ("portal_key_signing('{a}', '310 s', '700 s')",
         "portal_key_sealing('{a}')", "portal_key_peppers('{a}', 1)",
         "portal_key_fetched('{a}')", "portal_health('{a}')")


def kid(letter):
    return letter * 43


class Case(base.DatabaseCase):

    def setUp(self):
        for table in ("provider_credential", "signing_key", "sealing_key",
                      "pepper", "client_jwks_url", "client_secret", "client",
                      "account", "audit", "change_log"):
            self.sql(f"delete from wardgate.{table}")
        for who, login, role in ((ANN, "ann", "operator"),
                                 (BEN, "ben", "developer,admin,auditor")):
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase) values ('{who}', '{login}', '{{{role}}}',"
                     " 'scrypt$')")

    def ask(self, call, columns="*"):
        return self.sql(f"select {columns} from wardgate.{call}", "wg_admin")


class Keys(Case):

    def test_nobody_else_sees_any(self):
        for call in CALLS:
            self.refused(f"select * from wardgate.{call.format(a=BEN)}",
                         "wg_admin", "WG404")
            self.ask(call.format(a=ANN))

    def test_a_signing_key_says_what_is_safe_and_when(self):
        def steps():
            return self.ask(CALLS[0].format(a=ANN), "kid, stage, step, "
                            "step_at > now(), step_at - since").splitlines()
        add = "select wardgate.signing_key_add('{}')"
        self.sql(add.format(kid("a")), "wg_operator")
        self.assertEqual(steps(), [f"{kid('a')}|use|rotate||"])
        self.sql(add.format(kid("b")), "wg_operator")
        self.assertEqual(steps(), [
            f"{kid('a')}|use|follow||",
            f"{kid('b')}|published|wait|t|00:05:10"])
        self.sql("update wardgate.signing_key set made_at = now() -"
                 " interval '1 hour'")
        self.assertEqual(steps()[1], f"{kid('b')}|published|use|f|00:05:10")
        self.sql(f"select wardgate.signing_key_use('{kid('b')}', '310 s')",
                 "wg_operator")
        self.assertEqual(steps(), [
            f"{kid('b')}|use|rotate||",
            f"{kid('a')}|retired|outlive|t|00:11:40"])
        self.sql("update wardgate.signing_key set retired_at = now() -"
                 " interval '1 hour' where stage = 'retired'")
        self.assertEqual(steps()[1], f"{kid('a')}|retired|keeper|f|00:11:40")
        self.sql("select wardgate.signing_key_expire('700 s')", "wg_keeper")
        self.assertEqual(steps()[1], f"{kid('a')}|withdrawn|files||")

    def test_a_sealing_key_goes_when_no_box_needs_it(self):
        def steps():
            return self.ask(CALLS[1].format(a=ANN),
                            "stage, boxes, step").splitlines()
        for letter in "ab":
            self.sql("select wardgate.sealing_key_add("
                     f"'{kid(letter)}', sha256('{letter}'))", "wg_operator")
        self.assertEqual(steps(), ["use|0|follow", "published|0|use"])
        self.add_tenant()
        self.sql("insert into wardgate.provider_credential (tenant_id, kind,"
                 f" box, origin) values ('{base.TENANT}', 'header',"
                 f" 'wgbox1.{kid('a')}.{'A' * 64}', 'https://x.example')")
        self.sql(f"select wardgate.sealing_key_use('{kid('b')}')",
                 "wg_operator")
        self.assertEqual(steps(), ["use|0|rotate", "retired|1|reseal"])
        self.sql("delete from wardgate.provider_credential")
        self.assertEqual(steps()[1], "retired|0|remove")
        self.sql(f"select wardgate.sealing_key_remove('{kid('a')}')",
                 "wg_operator")
        self.assertEqual(steps()[1], "withdrawn|0|files")

    def test_a_pepper_goes_when_no_secret_needs_it(self):
        def steps(newest):
            return self.ask(f"portal_key_peppers('{ANN}', {newest})",
                            "version, stage, secrets, step").splitlines()
        self.add_client()
        self.add_secret()
        self.assertEqual(steps(1), ["1|use|1|rotate"])
        self.assertEqual(steps(2), ["2|published|0|use", "1|use|1|follow"])
        self.sql("select wardgate.pepper_use(2)", "wg_operator")
        self.assertEqual(steps(2), ["2|use|0|rotate", "1|retired|1|wait"])
        self.sql("insert into wardgate.pepper (version) values (1)")
        self.sql("update wardgate.client_secret set invalidated_at = now()")
        self.assertEqual(steps(2)[1], "1|retired|0|remove")

    def test_what_could_not_be_fetched_stands_first(self):
        for n, state in enumerate(("", "no answer")):
            client = f"0000000{n}-0000-4000-8000-000000000000"
            self.add_client(client, f"App {n}")
            self.sql("insert into wardgate.client_jwks_url (client_id, url,"
                     f" error) values ('{client}', 'https://{n}.example/k',"
                     f" '{state}')")
        self.assertEqual(self.ask(
            CALLS[3].format(a=ANN), "client_name, state, error"),
            "App 1|failed|no answer\nApp 0|never|")


class Health(Case):

    def found(self, subject):
        return self.row("select state, finding, act from wardgate."
                        f"portal_health('{ANN}') where subject = '{subject}'",
                        "wg_admin")

    def test_every_state_is_a_known_word_and_says_what_to_do(self):
        for row in self.rows("select * from wardgate."
                             f"portal_health('{ANN}')", "wg_admin"):
            self.assertIn(row["state"], ("ok", "unseen", "warning", "fault"))
            self.assertTrue(row["finding"], row)
            self.assertEqual(bool(row["act"]), row["state"] != "ok", row)

    def test_rows_outside_of_all_months_are_a_fault(self):
        self.assertEqual(self.found("strays")["state"], "ok")
        self.sql("insert into wardgate.audit (at, trace_id, program, status)"
                 " values (now() + interval '20 years', gen_random_uuid(),"
                 " 'token', 200)")
        self.assertEqual(self.found("strays")["state"], "fault")
        self.assertIn("1 row lies", self.found("strays")["finding"])

    def test_room_ahead_is_counted(self):
        self.sql("select wardgate.audit_partitions_ahead(3)", "wg_keeper")
        self.assertIn("room for 4 months", self.found("room")["finding"])
        self.assertEqual(self.found("room")["state"], "ok")
        last = self.sql("select 'audit_' || to_char((date_trunc('month', now()"
                        " at time zone 'UTC') + interval '2 months'),"
                        " 'YYYY_MM')")
        self.sql(f"drop table wardgate.{last}")
        self.assertEqual(self.found("room")["state"], "warning")
        self.sql("select wardgate.audit_partitions_ahead(3)", "wg_keeper")

    def test_a_keeper_that_sleeps_shows(self):
        self.sql("insert into wardgate.change_log (n, kind, key, at) values"
                 " (0, 'all', '', now() - interval '3 hours')")
        self.assertEqual(self.found("changes")["state"], "warning")
        self.sql("update wardgate.roll_up set done_to = now() -"
                 " interval '1 hour'")
        self.assertEqual(self.found("keeper")["state"], "warning")

    def test_no_key_that_signs_is_a_fault(self):
        self.assertEqual(self.found("signing")["state"], "fault")
        self.sql(f"select wardgate.signing_key_add('{kid('a')}')",
                 "wg_operator")
        self.assertIn(kid("a"), self.found("signing")["finding"])

    def test_keys_of_apps_that_could_not_be_fetched_show(self):
        self.assertEqual(self.found("fetched")["state"], "ok")
        self.add_client()
        self.sql("insert into wardgate.client_jwks_url (client_id, url, error)"
                 f" values ('{CLIENT}', 'https://a.example/k', 'no answer')")
        self.assertIn("of 1 app could", self.found("fetched")["finding"])

    def test_certificates_and_probes_of_hospitals_show(self):
        def probe(verdict, ends):
            self.sql("insert into wardgate.probe (tenant_id, revision,"
                     " verdict, reason, with_patient, took_ms,"
                     " certificate_ends, findings) select tenant_id, 1,"
                     f" '{verdict}', 'x', false, 1, now() + interval '{ends}',"
                     " '[]' from wardgate.tenant")

        def states():
            return [(r["state"], r["finding"].split(" ")[0]) for r in
                    self.rows("select * from wardgate.portal_health("
                              f"'{ANN}') where subject = 'certificates'",
                              "wg_admin")]
        self.add_tenant()
        self.assertEqual(states(), [("unseen", "the")])
        probe("usable", "90 days")
        self.assertEqual(states(), [("ok", "of"), ("unseen", "the")])
        self.assertEqual((self.found("probes")["state"],
                          self.found("probes")["finding"]),
                         ("ok", "1 hospital was probed, 0 that cannot be used"))
        probe("gaps", "20 days")
        self.assertEqual(states(), [("warning", "the"), ("unseen", "the")])
        probe("unusable", "-1 days")
        self.assertEqual(states(), [("fault", "the"), ("unseen", "the")])
        self.assertEqual(self.found("probes")["state"], "warning")
        self.sql("delete from wardgate.provider; delete from wardgate.tenant")

    def test_who_is_connected_shows_with_its_version(self):
        session = base.Session(self.server.dsn(self.name, "wg_token")
                               + " application_name=wardgate_none")
        self.addCleanup(session.close)
        self.assertEqual(self.found("programs")["state"], "warning")
        session.ask("set application_name = 'wardgate token/7.7'")
        other = base.Session(self.server.dsn(self.name, "wg_facade"))
        self.addCleanup(other.close)
        other.ask("set application_name = 'wardgate facade/7.7'")
        found = self.found("programs")
        self.assertIn("facade/7.7 (1), token/7.7 (1)", found["finding"])
        self.assertEqual(found["state"], "ok")
        other.ask("set application_name = 'wardgate facade/7.8'")
        self.assertIn("two versions", self.found("programs")["act"])


if __name__ == "__main__":
    unittest.main()
