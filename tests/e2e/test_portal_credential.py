# test_portal_credential.py - what a hospital's server wants to see, set on its page
# SPDX-License-Identifier: Apache-2.0

import re
import time
import unittest
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import CLIENT, SECRET, Guarded, Smart
from tests.e2e.test_portal import Story
from tests.rig.client import request

setUpModule = behind_lighttpd

PASSWORD = "rehearsal-only"     # of the wards ~basic and ~bearer


class Case(Story):
    def setUp(self):
        self.tenant = str(uuid.uuid4())
        self.place = f"/tenants/{self.tenant}/credential"
        self.addCleanup(self.house.cluster.psql,
                        f"select wardgate.tenant_remove('{self.tenant}')")

    def hospital(self, ward=None, url=None):
        """A token for it; it has no credential yet."""
        client, secret = self.house.add_client("Credential")
        self.addCleanup(self.house.operator, "client", "disable", client)
        self.house.add_tenant(
            self.tenant, "Guarded Wing", url or
            f"{self.env['WG_BASE']}/rehearsal/r4/~{ward}", "R4", client)
        return self.env.ask_token(self.tenant, client_id=client,
                                  client_secret=secret).json["access_token"]

    def read(self, token):
        self.house.heard()
        return self.env.fhir("GET", "Patient/p-101", token, "R4").status

    def operator(self):
        return self.person("operator", phone=True)

    def set(self, who, **form):
        who.get(self.place)
        return who.post(self.place, **form)

    def everything(self):
        """Rows of all that is stored of it, and the trail."""
        return self.house.cluster.psql(
            "select c::text from wardgate.provider_credential as c"
            f" where tenant_id = '{self.tenant}' union all"
            " select k::text from wardgate.provider_key as k"
            f" where tenant_id = '{self.tenant}' union all"
            " select s::text from wardgate.provider_tls as s"
            f" where tenant_id = '{self.tenant}' union all"
            " select a::text from wardgate.audit as a"
            f" where tenant_id = '{self.tenant}' union all"
            " select p::text from wardgate.proposal as p"
            f" where tenant_id = '{self.tenant}'")


class Signed(Case):
    """Tokens that the gateway signs for."""

    def setUp(self):
        super().setUp()
        self.keys = f"/tenants/{self.tenant}/keys"
        self.double = self.enterContext(Smart())

    def kid(self, page, stage):
        """The key of the page that is at that stage."""
        card = [c for c in page.text.split("<article") if stage in c][0]
        return re.search(r"<h3><code>([^<]+)<", card)[1]

    def published(self):
        return [k["kid"] for k in request(
            "GET", self.double.jwks_url).json["keys"]]

    def age(self, kid):
        """The hospital has had an hour."""
        self.house.cluster.psql(
            "update wardgate.provider_key set made_at = made_at - interval"
            " '1 hour', retired_at = retired_at - interval '1 hour' where"
            f" kid = '{kid}'")

    def test_keys_are_made_used_and_removed_in_stages(self):
        token = self.hospital(url=f"{self.double.base}/r4")
        who = self.operator()
        page = who.get(self.keys)
        self.assertIn("There is none yet.", page.words)
        self.double.jwks_url = re.search(r'id="jwks_url">([^<]+)<',
                                         page.text)[1]
        self.assertEqual(who.post(self.keys, alg="HS256").status, 400)
        page = who.post(self.keys, alg="ES384")
        self.assertIn("The key is made, and signs.", page.words)
        old = self.kid(page, "in use")
        self.set(who, auth="smart", token_client=CLIENT, token_auth="basic",
                 token_scope="system/*.read")
        for path in (f"/tenants/{self.tenant}", self.keys, self.place):
            page = who.get(path)
            self.assertIn(CLIENT, page.text, path)
        self.assertIn('<option value="smart" selected', page.text)
        self.assertEqual(self.read(token), 200)

        who.get(self.keys)
        page = who.post(self.keys, alg="RS384")
        new = self.kid(page, "not in use yet")
        for words in ("does not sign yet", "RS384", "It may sign from",
                      "The next one is published"):
            self.assertIn(words, page.words)
        for path, words in ((f"{new}/use", "may not be known"),
                            (f"{old}/remove", "is in use")):
            page = who.post(f"{self.keys}/{path}")
            self.assertEqual(page.status, 409, page)
            self.assertIn(words, page.words)
        self.age(new)
        self.assertIn("Safe now, unless", who.get(self.keys).words)
        page = who.post(f"{self.keys}/{new}/use")
        self.assertIn("The key signs now.", page.words)
        self.assertIn("What it signed counts until", page.words)
        self.double.end()
        self.assertEqual(self.read(token), 200)
        self.assertEqual((self.double.kids[0], self.double.kids[-1]),
                         (old, new))
        self.age(old)
        self.assertIn("nothing that it signed", who.get(self.keys).words)
        page = who.post(f"{self.keys}/{old}/remove")
        self.assertIn("published no more", page.words)
        until = time.monotonic() + 60
        while self.published() != [new]:
            self.assertLess(time.monotonic(), until, self.published())
            time.sleep(0.2)
        self.assertEqual(who.post(f"{self.keys}/{old}/use").status, 404)
        page = who.get(f"/tenants/{self.tenant}/history")
        for act in ("add", "change", "remove"):
            self.assertIn(f"wg_admin ({who.login}) {act}-provider-key",
                          page.words)
        self.assertNotIn("PRIVATE", self.everything())

    def test_who_was_told_of_a_key_need_not_wait(self):
        self.hospital(url=f"{self.double.base}/r4")
        who, unsigned = self.operator(), "no key is in use yet"
        self.assertIn(unsigned, self.set(who, auth="smart",
                                         token_client=CLIENT).words)
        for _ in range(2):
            who.get(self.keys)
            page = who.post(self.keys, alg="ES384")
        new = self.kid(page, "not in use yet")
        page = who.post(f"{self.keys}/{new}/use", now="yes")
        self.assertEqual(self.kid(page, "in use"), new)
        self.assertNotIn(unsigned, who.get(f"/tenants/{self.tenant}").words)


class Credential(Case):
    def good(self, token, who, **form):
        self.assertEqual(self.read(token), 502)
        page = self.set(who, **form)
        self.assertEqual(page.path,
                         f"/tenants/{self.tenant}?done=credential", page)
        self.assertIn("for the server " + self.env["WG_BASE"].split("?")[0],
                      page.words)
        self.assertEqual(self.read(token), 200)
        for text in (page.text, who.get(self.place).text, self.everything()):
            self.assertNotIn(PASSWORD, text)
        self.assertNotIn("wgbox1", page.text)

    def test_user_and_password(self):
        token, who = self.hospital("basic"), self.operator()
        self.good(token, who, auth="basic", user="gateway",
                  pass_basic=PASSWORD)
        self.assertIn(f"add-credential|wg_admin ({who.login})",
                      self.house.cluster.psql(
                          "select interaction || '|' || made_by from"
                          " wardgate.audit where tenant_id ="
                          f" '{self.tenant}'"))
        page = self.set(who, auth="none")
        self.assertEqual(page.status, 200)
        self.assertEqual(self.read(token), 502)

    def test_a_header_field(self):
        self.good(self.hospital("bearer"), self.operator(), auth="header",
                  header="Authorization", pass_header=f"Bearer {PASSWORD}")

    def test_a_token_that_the_gateway_gets(self):
        with Guarded() as double:
            token = self.hospital(url=f"{double.base}/r4")
            who = self.operator()
            page = self.set(who, auth="oauth", token_url=double.token_url,
                            token_client=CLIENT, pass_client=SECRET)
            self.assertEqual(page.path,
                             f"/tenants/{self.tenant}?done=credential", page)
            self.assertEqual(self.read(token), 200)
            self.assertNotIn(SECRET, self.everything())

    def test_what_cannot_be_sent_is_refused_and_not_said_again(self):
        self.hospital("basic")
        who = self.operator()
        for form, words in (
                ({"auth": ""}, "Choose one of the ways"),
                ({"auth": "kerberos"}, "Choose one of the ways"),
                ({"auth": "basic", "user": "a:b", "pass_basic": PASSWORD},
                 "may hold a colon"),
                ({"auth": "basic", "pass_basic": PASSWORD}, "Fill in"),
                ({"auth": "basic", "user": "a"}, "Fill in"),
                ({"auth": "basic", "user": "a", "pass_basic": "x\ny"},
                 "control characters"),
                ({"auth": "header", "header": "Host",
                  "pass_header": PASSWORD}, "belongs to the request itself"),
                ({"auth": "header", "header": "X-Key",
                  "pass_header": "a\r\nHost: b"}, "visible ASCII"),
                ({"auth": "header", "header": "X-Key", "pass_header":
                  PASSWORD * 400}, "too long"),
                ({"auth": "oauth", "pass_client": PASSWORD,
                  "token_url": "https://t.example/t"}, "oauth needs"),
                ({"auth": "oauth", "pass_client": PASSWORD,
                  "token_client": "x", "token_url": "ftp://t"}, "http")):
            page = self.set(who, **form)
            self.assertEqual(page.status, 400, form)
            self.assertIn(words, page.words, form)
            self.assertNotIn(PASSWORD, page.text)
        self.assertEqual(self.house.cluster.psql(
            "select count(*) from wardgate.provider_credential where"
            f" tenant_id = '{self.tenant}'").strip(), "0")

    def test_another_server_does_not_get_it(self):
        self.hospital("basic")
        who = self.operator()
        self.set(who, auth="basic", user="gateway", pass_basic=PASSWORD)
        self.house.cluster.psql(
            "update wardgate.provider set base_url = 'https://new.example/r4'"
            f" where tenant_id = '{self.tenant}'")
        page = who.get(f"/tenants/{self.tenant}")
        self.assertIn("is for another server", page.words)
        self.assertIn(self.env["WG_BASE"], page.words)

    def test_P9_only_operators_set_one_and_with_a_proof(self):
        self.hospital("basic")
        for roles, phone in (("developer", False), ("admin", True)):
            who = self.person(roles, phone)
            self.assertEqual(who.get(self.place).status, 404)
            who.get("/account")
            self.assertEqual(who.post(self.place, auth="none").status, 404)
        who = self.operator()
        self.house.cluster.psql(
            "update wardgate.portal_session as s set proved_at = now()"
            " - interval '1 day' from wardgate.account as a where"
            f" a.account_id = s.account_id and a.login = '{who.login}'")
        self.assertEqual(who.get(self.place).path.split("?")[0], "/again")


if __name__ == "__main__":
    unittest.main()
