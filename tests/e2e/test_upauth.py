# test_upauth.py - hospitals that want a token, which the gateway gets itself
# SPDX-License-Identifier: Apache-2.0
#
# The hospital and its token endpoint are a double (guarded.py). Each story has
# tenants of its own: a process remembers tokens, and failures for a second.

import json
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import CLIENT, SECRET, Guarded, Smart
from tests.rig import place
from tests.rig.client import Env, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import PROCESSES, House

setUpModule = behind_lighttpd

TENANT = "000a07a0-07a0-4000-8000-{:012x}"
READS = 8


class Story(unittest.TestCase):
    numbers = iter(range(1, 1000))

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Upauth")

    def setUp(self):
        self.hospital = self.enterContext(Guarded())

    def wardgate(self, *words, typed=""):
        return json.loads(self.house.operator(*words, "--json", typed=typed))

    def tenant(self, hospital=None, **more):
        """A new one of this hospital, which has no credential yet."""
        tenant = TENANT.format(next(self.numbers))
        self.addCleanup(remove_tenant, self.house, tenant)
        put_tenant(self.house, tenant, name=f"Guarded {tenant[-4:]}",
                   fhir_version="R4", client=self.client, search_post="off",
                   provider_url=f"{(hospital or self.hospital).base}/r4",
                   **more)
        answer = self.env.ask_token(tenant, client_id=self.client,
                                    client_secret=self.secret)
        return tenant, answer.json["access_token"]

    def seal(self, tenant, secret=SECRET, url=None):
        return self.wardgate(
            "seal", "--oauth", "--token-url", url or self.hospital.token_url,
            tenant, typed=secret + "\n")["credential"]

    def give(self, tenant, **more):
        """An oauth credential, in force at once for a new tenant."""
        put_tenant(self.house, tenant, **{
            "auth": "oauth", "token_client": CLIENT,
            "token_url": self.hospital.token_url,
            "credential": more.pop("box", None) or self.seal(tenant), **more})

    def guarded(self, **more):
        tenant, token = self.tenant()
        self.give(tenant, **more)
        return token

    def read(self, token):
        return self.env.fhir("GET", "Patient/p-101", token, "R4")

    def opens(self, token):
        answer = self.read(token)
        self.assertEqual(answer.status, 200, answer)

    def why(self, answer):
        return self.wardgate("why", answer.header["x-trace-id"])["reason"]

    def shut(self, token, status, reason, kept):
        """What a stranger is told, and what the trail keeps."""
        answer = self.read(token)
        self.assertEqual((answer.status, answer.reason), (status, reason),
                         answer)
        self.assertNotIn("www-authenticate", answer.header)
        for word in ("realm", "innermost", "invalid_client", "guarded",
                     "token endpoint", SECRET, CLIENT):
            self.assertNotIn(word, answer.text)
        self.assertEqual(self.why(answer), kept)
        return answer

    def refused(self, token):
        return self.shut(token, 502, "provider_refused_us", "provider_token")


class Oauth(Story):
    def test_good_in_the_body_and_as_basic(self):
        for auth in ("", "basic"):
            with self.subTest(auth or "body"):
                self.hospital.asked.clear()
                token = self.guarded(
                    token_auth=auth, token_scope="https://fhir/.default",
                    token_resource="https://r/&x", token_audience="them")
                for _ in range(READS):
                    self.opens(token)
                self.assertLessEqual(len(self.hospital.asked), PROCESSES)
                for form in self.hospital.asked:
                    self.assertEqual(
                        (form["scope"], form["resource"], form["audience"]),
                        ("https://fhir/.default", "https://r/&x", "them"))
                    self.assertEqual("client_secret" in form, not auth)

    def test_a_search_and_a_batch_show_the_token_too(self):
        token = self.guarded()
        found = self.env.fhir("GET", "Patient?_id=p-101", token, "R4")
        self.assertEqual((found.status, found.json["total"]), (200, 1), found)
        for seen in self.hospital.seen:
            if seen.path.startswith("/r4"):
                self.assertRegex(seen.headers.get("authorization", ""),
                                 "^Bearer guarded-")

    def test_expired_and_ended_tokens_are_had_anew_unnoticed(self):
        token = self.guarded()
        for _ in range(READS):
            self.opens(token)
        self.hospital.end()     # the hospital has forgotten all of them
        had = len(self.hospital.asked)
        for _ in range(READS):
            self.opens(token)
        self.assertLessEqual(len(self.hospital.asked), had + PROCESSES)

    def test_rotated_the_new_secret_is_used_when_it_is_there(self):
        tenant, token = self.tenant()
        self.give(tenant)
        self.opens(token)
        self.hospital.secrets[CLIENT] = "another one"
        self.hospital.end()
        self.give(tenant, box=self.seal(tenant, "another one"))
        House.heard()
        for _ in range(READS):
            self.opens(token)

    def test_wrong_secrets_are_told_to_the_owner_alone(self):
        tenant, token = self.tenant()
        self.give(tenant, box=self.seal(tenant, "not this one"))
        wrong = self.refused(token)
        other, token = self.tenant()
        self.give(other, box=self.seal(tenant))     # sealed for another one
        self.assertEqual(
            self.shut(token, 502, "provider_refused_us",
                      "provider_credential").body, wrong.body)

    def test_slow_or_failing_endpoints_end_with_the_deadline(self):
        for name, value in (("wait_s", 60), ("status", 503)):
            with self.subTest(name=name, value=value):
                hospital = self.hospital = self.enterContext(Guarded())
                setattr(hospital, name, value)
                tenant, token = self.tenant(total_ms=800)
                self.give(tenant)
                self.shut(token, 504, "provider_token_unavailable",
                          "provider_token_unavailable")
                self.assertFalse([s for s in hospital.seen
                                  if s.path.startswith("/r4")])

    def test_an_endpoint_that_is_not_there(self):
        tenant, token = self.tenant()
        url = f"http://127.0.0.1:{place.free_port()}/token"
        self.give(tenant, token_url=url, box=self.seal(tenant, url=url))
        self.shut(token, 504, "provider_token_unavailable",
                  "provider_token_unavailable")

    def test_without_expires_in_a_token_is_used_for_a_while(self):
        self.hospital.life = None
        token = self.guarded()
        for _ in range(READS):
            self.opens(token)
        self.assertLessEqual(len(self.hospital.asked), PROCESSES)

    def test_U12_what_is_no_token_is_never_sent(self):
        good = {"access_token": "guarded-u12", "token_type": "Bearer"}
        for says in ({**good, "expires_in": 0}, {**good, "expires_in": -1},
                     {**good, "token_type": "mac", "expires_in": 60},
                     {**good, "access_token": "a\r\nX-Evil: 1"},
                     "<html>"):
            with self.subTest(says=says):
                self.hospital.says = says
                self.refused(self.guarded())
        self.assertFalse([s for s in self.hospital.seen
                          if s.path.startswith("/r4")])

    def test_U12_odd_lives_are_clamped_or_read(self):
        for life in ("3600", 10 ** 12, 1):
            with self.subTest(life=life):
                self.hospital.life = life
                token = self.guarded()
                self.opens(token)
                self.opens(token)

    def test_no_redirect_of_an_endpoint_is_followed(self):
        with Guarded() as other:
            self.hospital.status = 307
            self.hospital.more = (("Location", other.token_url),)
            self.refused(self.guarded())
            self.assertEqual(other.seen, [])

    def test_the_secret_goes_to_no_other_endpoint(self):
        """Who can change the address cannot have the secret sent there."""
        with Guarded() as other:
            tenant, token = self.tenant()
            self.give(tenant, token_url=other.token_url)
            self.shut(token, 502, "provider_refused_us",
                      "provider_credential")
            self.assertEqual(other.seen, [])

    def test_a_token_goes_to_no_other_hospital(self):
        tenant, token = self.tenant()
        self.give(tenant)
        self.opens(token)
        with Guarded() as other:
            put_tenant(self.house, tenant, provider_url=f"{other.base}/r4")
            House.heard()
            self.shut(token, 502, "provider_refused_us",
                      "provider_credential")
            self.assertEqual(other.seen, [])

    def test_what_cannot_be_sealed(self):
        tenant, _ = self.tenant()
        for words, said in (
                (("--oauth",), "--token-url"),
                (("--basic", "--token-url", "https://t.example/"),
                 "only with --oauth"),
                (("--oauth", "--token-url", "ftp://t.example/"),
                 "no http URL")):
            with self.subTest(said), \
                    self.assertRaisesRegex(place.Advice, said):
                self.house.operator("seal", *words, tenant, typed="s\ns\n")


class Rehearsed(Story):
    def test_a_ward_that_wants_tokens_can_be_practised_on(self):
        base = f"{self.env['WG_BASE']}/rehearsal/r4/~oauth"
        tenant, token = self.tenant()
        put_tenant(self.house, tenant, provider_url=base)
        self.shut(token, 502, "provider_refused_us", "provider_refused_us")
        url = f"{base}/token"
        self.give(tenant, token_url=url, token_client="gateway",
                  box=self.seal(tenant, "rehearsal-only", url))
        House.heard()
        self.opens(token)


class Backend(Story):
    """SMART Backend Services."""

    def signed_for(self, alg=None, hospital=None, **more):
        """(tenant, kid, the app's token) of one with a key in use."""
        hospital = self.hospital = hospital or self.enterContext(Smart())
        tenant, token = self.tenant(total_ms=more.pop("total_ms", ""))
        made = self.wardgate("key", "make", "provider",
                             *(["--alg", alg] if alg else []), tenant)
        self.assertEqual(made["stage"], "use")
        hospital.jwks_url = made["jwks_url"]
        put_tenant(self.house, tenant, auth="smart", token_client=CLIENT,
                   **more)
        return tenant, made["kid"], token

    def keys(self, tenant):
        answer = request("GET", f"{self.env['WG_BASE']}/oauth2/jwks/{tenant}")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header["content-type"],
                         "application/jwk-set+json")
        return answer

    def test_good_with_either_algorithm_and_wherever_the_endpoint_is_named(
            self):
        for alg, where, given in (
                ("ES384", "well-known", False), ("RS384", "statement", False),
                (None, "nowhere", True)):
            with self.subTest(alg=alg, where=where):
                hospital = self.enterContext(Smart(says_where=where))
                _, kid, token = self.signed_for(
                    alg, hospital, token_scope="system/*.read",
                    **({"token_url": hospital.token_url} if given else {}))
                for _ in range(READS):
                    self.opens(token)
                self.assertEqual(set(hospital.kids), {kid})
                self.assertLessEqual(len(hospital.asked), PROCESSES)
                self.assertEqual({f["scope"] for f in hospital.asked},
                                 {"system/*.read"})

    def test_expired_tokens_are_signed_for_anew(self):
        *_, token = self.signed_for()
        self.opens(token)
        self.hospital.end()
        for _ in range(READS):
            self.opens(token)

    def test_a_key_is_rotated_in_stages_and_nobody_is_refused(self):
        tenant, old, token = self.signed_for()
        self.opens(token)
        step = self.wardgate("key", "rotate", "provider", tenant)
        self.assertEqual((step["step"], step["stage"]),
                         ("publish", "published"))
        new = step["kid"]
        House.heard()
        both = self.keys(tenant).json["keys"]
        self.assertEqual([k["kid"] for k in both], [old, new])
        for key in both:
            self.assertEqual((key["kty"], key["use"], key["alg"]),
                             ("EC", "sig", "ES384"))
            self.assertNotIn("d", key)
        with self.assertRaisesRegex(place.Advice, "may not be known"):
            self.house.operator("key", "rotate", "provider", tenant)
        with self.assertRaisesRegex(place.Advice, "in use"):
            self.house.operator("key", "remove", "provider", tenant, old)
        self.opens(token)
        self.assertEqual(set(self.hospital.kids), {old})
        self.wardgate("key", "use", "provider", "--now", tenant, new)
        House.heard()
        for _ in range(READS):
            self.opens(token)
        self.assertEqual(self.hospital.kids[-1], new)
        listed = self.wardgate("key", "list", "provider", tenant)
        self.assertEqual(listed["jwks_url"], self.hospital.jwks_url)
        self.assertEqual({k["kid"]: k["stage"]
                          for k in listed["provider_keys"]},
                         {old: "retired", new: "use"})
        step = self.wardgate("key", "rotate", "provider", tenant)
        self.assertEqual((step["step"], step["kid"]), ("remove", old))
        House.heard()
        self.assertEqual([k["kid"] for k in self.keys(tenant).json["keys"]],
                         [new])
        self.opens(token)

    def test_wrong_a_key_that_the_hospital_does_not_know(self):
        tenant, _, token = self.signed_for()
        self.hospital.jwks_url = \
            f"{self.env['WG_BASE']}/oauth2/jwks/{TENANT.format(0xabc)}"
        self.refused(token)

    def test_no_key_and_no_endpoint_are_told_to_the_owner(self):
        self.hospital = self.enterContext(Smart())
        tenant, token = self.tenant()
        put_tenant(self.house, tenant, auth="smart", token_client=CLIENT)
        self.shut(token, 502, "provider_refused_us", "provider_credential")
        *_, token = self.signed_for(
            hospital=self.enterContext(Smart(says_where="nowhere")))
        self.refused(token)
        self.assertEqual(self.hospital.asked, [])

    def test_slow_endpoints_end_with_the_deadline(self):
        hospital = self.enterContext(Smart())
        hospital.wait_s = 60
        *_, token = self.signed_for(hospital=hospital, total_ms=800)
        self.shut(token, 504, "provider_token_unavailable",
                  "provider_token_unavailable")

    def test_without_expires_in_a_token_is_used_for_a_while(self):
        hospital = self.enterContext(Smart())
        hospital.life = None
        *_, token = self.signed_for(hospital=hospital)
        for _ in range(READS):
            self.opens(token)
        self.assertLessEqual(len(hospital.asked), PROCESSES)

    def test_a_set_tells_nobody_which_tenants_there_are(self):
        nobody = self.keys(TENANT.format(0xabcdef))
        without, _ = self.tenant()
        self.assertEqual(self.keys(without).body, nobody.body)
        self.assertEqual(nobody.json, {"keys": []})
        for path in ("x", "", TENANT.format(1) + "/x"):
            answer = request("GET",
                             f"{self.env['WG_BASE']}/oauth2/jwks/{path}")
            self.assertEqual(answer.status, 404, (path, answer))

    def test_keys_are_sealed_anew_with_all_others(self):
        tenant, kid, token = self.signed_for()
        self.opens(token)
        steps = []
        while not steps or steps[-1] != "remove":
            steps.append(self.wardgate("key", "rotate", "seal")["step"])
        self.assertIn("reseal", steps)
        put_tenant(self.house, tenant, search_post="on")    # opens it again
        House.heard()
        self.opens(token)


if __name__ == "__main__":
    unittest.main()
