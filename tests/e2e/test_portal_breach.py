# test_portal_breach.py - a secret that leaked: ended in one step, and what it got
# SPDX-License-Identifier: Apache-2.0

import csv
import io
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.test_portal import Story

setUpModule = behind_lighttpd


class Breach(Story):
    def made(self):
        """(person, client, key id, secret, tenant ids it may ask for)"""
        who = self.person()
        client = self.app(who)
        secret = self.secret(who, client)
        tenants = [self.env["WG_TENANT_R4"], self.env["WG_TENANT_STU3"]]
        for tenant in tenants:
            self.house.operator("client", "grant", client, tenant)
        return who, client, secret[4:12], secret, tenants

    def token(self, client, secret, tenant):
        return self.env.ask_token(tenant, client_id=client,
                                  client_secret=secret)

    def works(self, token):
        return self.env.search("Patient", "R4", token, family="zz").status

    def trail(self, client):
        return self.house.cluster.psql(
            "select interaction || ' ' || made_by || ' ' || coalesce(detail,"
            f" '') from wardgate.audit where client_id = '{client}'"
            " and made_by is not null order by at")

    def test_P10_ends_secret_and_tokens_in_one_step_and_lists_them(self):
        who, client, key, secret, tenants = self.made()
        got = [self.token(client, secret, t).json["access_token"]
               for t in (*tenants, tenants[0])]
        self.assertEqual([self.works(t) for t in got], [200] * 3)
        place = f"/clients/{client}/secrets/{key}"
        page = who.get(f"{place}/end")
        self.assertIn("Invalidate now and revoke its tokens", page.words)
        page = who.post(f"{place}/breach", why="seen on a forum")
        self.assertEqual(page.path, f"{place}/tokens?done=revoked")
        self.house.heard()
        self.assertEqual([self.works(t) for t in got], [401] * 3)
        self.assertEqual(self.token(client, secret, tenants[0]).status, 401)
        self.assertIn("It got 3 tokens.", page.words)
        for tenant in tenants:
            self.assertIn(tenant, page.text)
        acts = self.trail(client)
        self.assertIn(f"change-secret wg_admin ({who.login})", acts)
        self.assertIn(f"revoke-secret wg_admin ({who.login}) seen on a forum",
                      acts)
        file = who.get(f"{place}/tokens.csv")
        self.assertEqual(file.header["content-type"],
                         "text/csv; charset=utf-8")
        self.assertIn("attachment", file.header["content-disposition"])
        rows = list(csv.DictReader(io.StringIO(file.text)))
        self.assertEqual([r["tenant_id"] for r in rows],
                         [tenants[0], tenants[1], tenants[0]])
        for row in rows:
            self.assertRegex(row["token_id"], "^'?[A-Za-z0-9_-]{22}$")
            self.assertIn(row["token_id"].lstrip("'"), page.text)
            self.assertRegex(row["at"], r"^20\d\d-.*Z$")

    def test_a_plain_end_ends_its_tokens_too_and_says_so(self):
        who, client, key, secret, tenants = self.made()
        token = self.token(client, secret, tenants[0]).json["access_token"]
        place = f"/clients/{client}/secrets/{key}"
        page = who.get(f"{place}/end")
        self.assertIn("all tokens that it got count for nothing", page.words)
        who.post(f"{place}/end")
        self.house.heard()
        self.assertEqual(self.works(token), 401)
        page = who.get(f"{place}/tokens")
        self.assertIn("It got 1 token.", page.words)
        self.assertIn("None of these tokens works any more.", page.words)
        self.assertNotIn("revoke-secret", self.trail(client))
        who.get(f"{place}/end")
        page = who.post(f"{place}/breach", why="a\u202eb")
        self.assertEqual(page.status, 400)
        page = who.post(f"{place}/breach")
        self.assertEqual(page.status, 200, "one that has ended already")
        self.assertIn("revoke-secret", self.trail(client))

    def test_the_list_goes_back_as_far_as_asked_and_takes_odd_numbers(self):
        who, client, key, _, tenants = self.made()
        self.house.cluster.psql(
            "insert into wardgate.audit (at, trace_id, program, client_id,"
            " secret_key_id, token_id, tenant_id, interaction, status, source)"
            " select now() - i * interval '40 days', gen_random_uuid(),"
            f" 'token', '{client}', '{key}', '=cmd' || i, '{tenants[0]}',"
            " 'token', 200, '192.0.2.9' from generate_series(0, 1) as i")
        place = f"/clients/{client}/secrets/{key}/tokens"
        self.assertIn("It got 1 token.", who.get(place).words)
        page = who.get(f"{place}?days=50")
        self.assertIn("It got 2 tokens.", page.words)
        self.assertIn("192.0.2.0/24", page.words)
        self.assertIn("'=cmd0", who.get(f"{place}.csv?days=50").text)
        self.assertEqual(len(who.get(
            f"{place}.csv?days=50&part=2").text.splitlines()), 1)
        for odd in ("days=0", "days=-1", "days=401", "days=x", "part=0",
                    "days=9999999999999"):
            for end in ("", ".csv"):
                self.assertEqual(who.get(f"{place}{end}?{odd}").status, 200,
                                 odd)

    def test_P9_is_for_whoever_keeps_the_app(self):
        _, client, key, *_ = self.made()
        other, operator = self.person(), self.person("operator", phone=True)
        place = f"/clients/{client}/secrets/{key}"
        for path in ("/tokens", "/tokens.csv"):
            self.assertEqual(other.get(place + path).status, 404)
            self.assertEqual(operator.get(place + path).status, 200)
        other.get("/account")
        self.assertEqual(other.post(f"{place}/breach").status, 404)
        who = self.person()
        mine = self.app(who)
        for path in ("/tokens", "/tokens.csv"):
            page = who.get(f"/clients/{mine}/secrets/{key}{path}")
            self.assertEqual(page.status, 404, "the secret of another app")
        self.assertNotIn("revoke-secret", self.trail(client))


if __name__ == "__main__":
    unittest.main()
