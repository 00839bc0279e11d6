# test_portal_tokens.py - the tokens of a secret are found without reading the trail
# SPDX-License-Identifier: Apache-2.0

import json

from tests.sql import base
from tests.sql.base import CLIENT, TENANT

ANN, BEN = ("00000000-0000-4000-8000-00000000000" + n for n in "12")
KEY = "abcdefgh"


class Tokens(base.DatabaseCase):

    def setUp(self):
        for table in ("client_owner", "client_secret", "client", "account",
                      "audit", "revocation"):
            self.sql(f"delete from wardgate.{table}")
        self.add_client()
        self.add_secret(KEY)
        for who, login in ((ANN, "ann"), (BEN, "ben")):
            self.sql("insert into wardgate.account (account_id, login, roles,"
                     f" passphrase) values ('{who}', '{login}', '{{developer}}',"
                     " 'scrypt$')")
        self.sql("insert into wardgate.client_owner (client_id, account_id)"
                 f" values ('{CLIENT}', '{ANN}')")

    def fill(self, many, key, program="token", status=200):
        self.sql(
            "insert into wardgate.audit (at, trace_id, program, client_id,"
            " secret_key_id, token_id, tenant_id, interaction, status)"
            " select now() - i * interval '1 s', gen_random_uuid(),"
            f" '{program}', '{CLIENT}', '{key}', 'jti' || i, '{TENANT}',"
            f" 'token', {status} from generate_series(1, {many}) as i")

    def ask(self, call):
        return self.sql(f"select * from wardgate.{call}", "wg_admin")

    def test_only_tokens_that_were_issued_with_it_newest_first(self):
        self.fill(3, KEY)
        self.fill(2, KEY, status=401)
        self.fill(2, KEY, program="facade")
        self.fill(2, "ijklmnop")
        call = f"portal_secret_tokens('{ANN}', '{CLIENT}', '{KEY}', 30, {{}})"
        self.assertEqual(
            [line.split("|")[4] for line in
             self.ask(call.format("0, 100")).splitlines()],
            ["jti1", "jti2", "jti3"])
        self.assertIn("jti2", self.ask(call.format("1, 1")))
        row = self.ask(f"portal_secret_hospitals('{ANN}', '{CLIENT}',"
                       f" '{KEY}', 30)")
        self.assertEqual(row.split("|")[:3], [TENANT, "", "3"])

    def test_nobody_else_gets_them_or_ends_it(self):
        for call in (f"portal_secret_tokens('{BEN}', '{CLIENT}', '{KEY}', 1,"
                     " 0, 1)",
                     f"portal_secret_hospitals('{BEN}', '{CLIENT}', '{KEY}',"
                     " 1)",
                     f"portal_secret_breach('{BEN}', '{CLIENT}', '{KEY}', '')"):
            self.refused(f"select * from wardgate.{call}", "wg_admin", "WG404")
        self.refused("select * from wardgate.portal_secret_breach("
                     f"'{ANN}', '{CLIENT}', 'nosuchid', '')", "wg_admin",
                     "WG404")
        self.assertEqual(self.sql("select count(*) from wardgate.revocation"),
                         "0")

    def test_a_breach_ends_and_revokes_with_its_reason(self):
        for outcome in ("changed", "unchanged"):
            self.assertEqual(self.ask(f"portal_secret_breach('{ANN}',"
                                      f" '{CLIENT}', '{KEY}', 'on a forum')"),
                             outcome)
        self.assertEqual(self.sql(
            "select kind, key, why from wardgate.revocation"),
            f"secret|{CLIENT}/{KEY}|on a forum")
        self.assertEqual(self.sql(
            "select count(*) from wardgate.audit where interaction ="
            " 'revoke-secret' and made_by = 'wg_admin (ann)'"
            " or interaction = 'revoke-secret' and made_by like '%(ann)'"), "2")

    def test_a_long_trail_is_not_read_for_it(self):
        self.fill(20, KEY)
        self.fill(30000, "ijklmnop")
        self.sql("analyze wardgate.audit")
        plan = json.loads(self.sql(
            "explain (analyze, format json) select * from wardgate.audit as a"
            f" where a.secret_key_id = '{KEY}' and a.client_id = '{CLIENT}'"
            " and a.program = 'token' and a.interaction = 'token'"
            " and a.status = 200 and a.at > now() - interval '30 days'"
            " order by a.at desc limit 100"))
        read = []

        def walk(node):
            if "Plans" not in node:
                read.append(node["Actual Rows"]
                            + node.get("Rows Removed by Filter", 0))
            for below in node.get("Plans", ()):
                walk(below)
        walk(plan[0]["Plan"])
        self.assertLessEqual(sum(read), 20)
