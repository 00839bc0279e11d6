# test_upauth.py - hospitals that want a token, which the gateway gets itself
# SPDX-License-Identifier: Apache-2.0
#
# The hospital and its token endpoint are a double (guarded.py). What is seen of
# each kind of credential in each of its states stands in test_upauth_matrix.py;
# here is what else such a hospital may do, and what it must never be given.

import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import CLIENT, Guarded, Smart
from tests.e2e.upauth import (AWAY, NO_TOKEN, READS, TENANT, UNOPENED,
                              Story)
from tests.rig import place
from tests.rig.client import request
from tests.rig.crowd import put_tenant
from tests.rig.house import PROCESSES, House

setUpModule = behind_lighttpd


class Oauth(Story):
    def setUp(self):
        self.hospital = self.enterContext(Guarded())

    def guarded(self, **more):
        """(tenant, the app's token) of one that gets tokens."""
        tenant = self.new()
        return tenant, self.put(tenant, self.hospital,
                                **self.oauth(tenant, self.hospital, **more))

    def test_what_else_is_asked_for_is_asked_with_each_token(self):
        _, token = self.guarded(
            token_scope="https://fhir/.default",
            token_resource="https://r/&x", token_audience="them")
        for _ in range(READS):
            self.opens(token)
        self.assertLessEqual(len(self.hospital.asked), PROCESSES)
        for form in self.hospital.asked:
            self.assertEqual(
                (form["scope"], form["resource"], form["audience"]),
                ("https://fhir/.default", "https://r/&x", "them"))

    def test_a_search_shows_the_token_too(self):
        _, token = self.guarded()
        found = self.env.fhir("GET", "Patient?_id=p-101", token, "R4")
        self.assertEqual((found.status, found.json["total"]), (200, 1), found)
        self.assertNotIn("401", self.hospital.calls)

    def test_what_does_not_open_and_what_is_wrong_look_the_same(self):
        self.hospital.secrets.clear()
        _, token = self.guarded()
        wrong = self.shut(token, NO_TOKEN)
        tenant = self.new()     # what was sealed for another one
        settings = self.oauth(self.new(), self.hospital)
        token = self.put(tenant, self.hospital, **settings)
        self.assertEqual(self.shut(token, UNOPENED).body, wrong.body)

    def test_an_endpoint_that_fails_or_is_not_there(self):
        self.hospital.status = 503
        _, token = self.guarded()
        self.shut(token, AWAY)
        self.assertEqual(self.hospital.calls, [])
        _, token = self.guarded(
            url=f"http://127.0.0.1:{place.free_port()}/token")
        self.shut(token, AWAY)

    def test_U12_what_is_no_token_is_never_sent(self):
        good = {"access_token": "guarded-u12", "token_type": "Bearer"}
        for says in ({**good, "expires_in": 0}, {**good, "expires_in": -1},
                     {**good, "token_type": "mac", "expires_in": 60},
                     {**good, "access_token": "a\r\nX-Evil: 1"},
                     {**good, "much": "x" * 70_000}, "<html>"):
            with self.subTest(says=says):
                self.hospital.says = says
                _, token = self.guarded()
                self.shut(token, NO_TOKEN)
        self.assertEqual(self.hospital.calls, [])

    def test_U12_odd_lives_are_clamped_or_read(self):
        for life in ("3600", 10 ** 12, 1):
            with self.subTest(life=life):
                self.hospital.life = life
                _, token = self.guarded()
                self.opens(token)
                self.opens(token)

    def test_U12_no_redirect_of_an_endpoint_is_followed(self):
        with Guarded() as other:
            self.hospital.status = 307
            self.hospital.more = (("Location", other.token_url),)
            _, token = self.guarded()
            self.shut(token, NO_TOKEN)
            self.assertEqual(other.seen, [])

    def test_the_secret_goes_to_no_other_endpoint(self):
        """Who can change the address cannot have the secret sent there."""
        with Guarded() as other:
            tenant = self.new()
            settings = self.oauth(tenant, self.hospital)
            settings["token_url"] = other.token_url
            token = self.put(tenant, self.hospital, **settings)
            self.shut(token, UNOPENED)
            self.assertEqual(other.seen, [])

    def test_a_token_goes_to_no_other_hospital(self):
        tenant, token = self.guarded()
        self.opens(token)
        with Guarded() as other:
            put_tenant(self.house, tenant, provider_url=f"{other.base}/r4")
            House.heard()
            self.shut(token, UNOPENED)
            self.assertEqual(other.seen, [])

    def test_what_cannot_be_sealed(self):
        for words, said in (
                (("--oauth",), "--token-url"),
                (("--basic", "--token-url", "https://t.example/"),
                 "only with --oauth"),
                (("--oauth", "--token-url", "ftp://t.example/"),
                 "no http URL")):
            with self.subTest(said), \
                    self.assertRaisesRegex(place.Advice, said):
                self.house.operator("seal", *words, "--url",
                                    self.hospital.base, self.new(),
                                    typed="s\ns\n")


class Backend(Story):
    """SMART Backend Services."""

    def signed_for(self, hospital, **more):
        """(tenant, kid, the app's token) of one with a key in use."""
        tenant = self.new()
        token = self.put(tenant, hospital, auth="smart", token_client=CLIENT,
                         **more)
        made = self.wardgate("key", "make", "provider", tenant)
        hospital.jwks_url = made["jwks_url"]
        return tenant, made["kid"], token

    def keys(self, tenant):
        answer = request("GET", f"{self.env['WG_BASE']}/oauth2/jwks/{tenant}")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header["content-type"],
                         "application/jwk-set+json")
        return answer

    def test_wherever_the_endpoint_is_named(self):
        for where, given in (("statement", False), ("nowhere", True)):
            with self.subTest(where):
                hospital = self.enterContext(Smart(says_where=where))
                _, kid, token = self.signed_for(
                    hospital, token_scope="system/*.read",
                    **({"token_url": hospital.token_url} if given else {}))
                self.opens(token)
                self.assertEqual(hospital.kids, [kid])
                self.assertEqual([f["scope"] for f in hospital.asked],
                                 ["system/*.read"])

    def test_no_key_and_no_endpoint_are_told_to_the_owner(self):
        hospital = self.enterContext(Smart(says_where="nowhere"))
        token = self.put(self.new(), hospital, auth="smart",
                         token_client=CLIENT)
        self.shut(token, UNOPENED)
        *_, token = self.signed_for(hospital)
        self.shut(token, NO_TOKEN)
        self.assertEqual(hospital.asked, [])

    def test_U1_an_endpoint_where_nobody_may_go_is_not_asked(self):
        """However the server names it."""
        for url in ("https://169.254.169.254/token", "https://[::]/token",
                    "https://10.1.2.3/token", "file:///etc/passwd"):
            with self.subTest(url):
                hospital = self.enterContext(Smart())
                hospital.names = url
                *_, token = self.signed_for(hospital)
                self.shut(token, NO_TOKEN)
                self.assertEqual(hospital.calls, ["find"])

    def test_a_set_tells_nobody_which_tenants_there_are(self):
        nobody = self.keys(TENANT.format(0xabcdef))
        without = self.new()
        self.put(without, self.enterContext(Guarded()))
        self.assertEqual(self.keys(without).body, nobody.body)
        self.assertEqual(nobody.json, {"keys": []})
        for path in ("x", "", TENANT.format(1) + "/x"):
            answer = request("GET",
                             f"{self.env['WG_BASE']}/oauth2/jwks/{path}")
            self.assertEqual(answer.status, 404, (path, answer))

    def test_keys_are_sealed_anew_with_all_others(self):
        tenant, kid, token = self.signed_for(self.enterContext(Smart()))
        self.opens(token)
        steps = []
        while not steps or steps[-1] != "remove":
            steps.append(self.wardgate("key", "rotate", "seal")["step"])
        self.assertIn("reseal", steps)
        put_tenant(self.house, tenant, search_post="on")    # opens it again
        House.heard()
        self.opens(token)


del Story   # only what is made of it runs here

if __name__ == "__main__":
    unittest.main()
