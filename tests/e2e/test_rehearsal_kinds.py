# test_rehearsal_kinds.py - wards that want a credential, each of its kind
# SPDX-License-Identifier: Apache-2.0
#
# The tenants are made as the demo makes them (rig/kinds.py).

import functools
import http.client
import json
import ssl
import subprocess
import tempfile
import time
import unittest
import uuid
from urllib.parse import urlencode, urlsplit

from tests.e2e import jwt
from tests.rig import kinds, place
from tests.rig.authority import CLIENT_USE, Authority
from tests.rig.client import FORM, Answer, Env, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

TENANT = "000c1d00-0c1d-4000-8000-{:012x}"
KIND = {k.name: k for k in kinds.KINDS}
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PAGE = 7


class Story(unittest.TestCase):
    numbers = iter(range(1, 1000))

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Kinds")

    def tenant(self, kind, **more):
        """(tenant, the app's token)"""
        tenant = TENANT.format(next(self.numbers))
        self.addCleanup(remove_tenant, self.house, tenant)
        kinds.add(self.house, self.env, kind, self.client, tenant,
                  name=f"Kind {tenant[-4:]}", **more)
        answer = self.env.ask_token(tenant, client_id=self.client,
                                    client_secret=self.secret)
        self.assertEqual(answer.status, 200, answer)
        return tenant, answer.json["access_token"]

    def read(self, token):
        return self.env.fhir("GET", "Patient/p-101", token, "R4")

    def refused(self, token, kept):
        """Seen from outside, and as the trail keeps it."""
        answer = self.read(token)
        self.assertEqual((answer.status, answer.reason),
                         (502, "provider_refused_us"), answer)
        told = json.loads(self.house.operator(
            "why", answer.header["x-trace-id"], "--json"))
        self.assertEqual(told["reason"], kept)


class Through(Story):
    """As apps meet them: through the gateway."""

    def test_each_kind_answers_once_it_is_shown_what_it_wants(self):
        for kind in kinds.KINDS:
            with self.subTest(kind.name):
                _, token = self.tenant(kind)
                answer = self.read(token)
                self.assertEqual((answer.status, (answer.json or {}).get("id")),
                                 (200, "p-101"), answer)
                self.pages(token)

    def pages(self, token):
        """All of a list: its second page is the server's, too."""
        seen, path = set(), f"Observation?patient=p-101&_count={PAGE}"
        while path:
            answer = self.env.fhir("GET", path, token, "R4")
            self.assertEqual(answer.status, 200, answer)
            seen |= {e["resource"]["id"] for e in answer.json["entry"]
                     if e["resource"]["resourceType"] == "Observation"}
            following = [link["url"] for link in answer.json["link"]
                         if link["relation"] == "next"]
            path = following and \
                following[0].removeprefix(self.env["WG_FHIR_R4"] + "/")
        self.assertEqual(len(seen), 20)

    def test_without_it_the_ward_refuses_the_gateway(self):
        for kind in kinds.KINDS:
            more = {}
            if kind.ward == "~limited":
                continue
            if kind.ward == "~mtls":
                more["provider_ca"] = (self.house.home / "tls/ca.crt") \
                    .read_text()
            with self.subTest(kind.name):
                _, token = self.tenant(kind._replace(give=kinds.nothing),
                                       **more)
                self.refused(token, "provider_refused_us")

    def test_a_key_that_the_ward_does_not_know_gets_no_token(self):
        tenant, token = self.tenant(KIND["SMART"],
                                    token_client=TENANT.format(0xabc))
        self.refused(token, "provider_token")
        self.assertIn(
            f"publishes none for the tenant {TENANT.format(0xabc)}",
            (self.house.home / "log/rehearsal.log").read_text())
        put_tenant(self.house, tenant, auth="smart", token_client=tenant)
        House.heard()
        self.refused(token, "provider_token")   # SMART wants a scope
        put_tenant(self.house, tenant, auth="smart", token_client=tenant,
                   token_scope="system/*.read")
        House.heard()
        self.assertEqual(self.read(token).status, 200)

    def probed(self, tenant):
        """What a probe finds about the credential."""
        done = subprocess.run(
            [*self.house.program("wardgate"), "probe", "--json", "--patient",
             "p-101", tenant], cwd=self.house.home, capture_output=True,
            text=True, stdin=subprocess.DEVNULL,
            env=self.house.cluster.environment(), **place.drop())
        return next(f"{f['found']} {f['loss'] or ''}"
                    for f in json.loads(done.stdout)["findings"]
                    if f["call"] == "auth")

    def test_a_probe_says_whether_a_ward_takes_what_it_is_shown(self):
        for name in ("SMART", "MTLS"):
            with self.subTest(name):
                self.assertIn("takes our credential",
                              self.probed(self.tenant(KIND[name])[0]))
        tenant, _ = self.tenant(
            KIND["MTLS"]._replace(give=kinds.nothing),
            provider_ca=(self.house.home / "tls/ca.crt").read_text())
        self.assertIn("a credential, or a certificate", self.probed(tenant))

    def test_another_certificate_is_not_let_in(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        cert, key = Authority(folder, "other").sign("gateway", CLIENT_USE)
        for shown in ((cert, key), kinds.pair(self.house, "server")):
            give = functools.partial(kinds.mtls, shown=shown)
            _, token = self.tenant(KIND["MTLS"]._replace(give=give))
            self.refused(token, "provider_refused_us")


class Shown(Story):
    """As the gateway meets them: what a ward says to whom."""

    def tls(self, path, name=None, folder=None, **fields):
        """An answer at the port that asks for a certificate."""
        folder = folder or self.house.home / "tls"
        context = ssl.create_default_context(
            cafile=self.house.home / "tls/ca.crt")
        if name:
            context.load_cert_chain(folder / f"{name}.crt",
                                    folder / f"{name}.key")
        at = urlsplit(self.env["WG_REHEARSAL_TLS"])
        link = http.client.HTTPSConnection(at.hostname, at.port, timeout=40,
                                           context=context)
        self.addCleanup(link.close)
        link.request("GET", path, headers=fields)
        got = link.getresponse()
        return Answer(got.status, got.getheaders(), got.read())

    def test_the_right_certificate_opens_and_the_others_are_told_why(self):
        path = "/rehearsal/r4/~mtls/Patient/p-101"
        other = Authority(self.enterContext(tempfile.TemporaryDirectory()),
                          "other")
        other.sign("gateway", CLIENT_USE)
        for name, folder, status, words in (
                ("gateway", None, 200, "p-101"),
                (None, None, 403, "none was shown"),
                ("server", None, 403, "is of server"),
                ("gateway", other.folder, 403, "does not believe")):
            with self.subTest(name, folder=folder):
                answer = self.tls(path, name, folder)
                self.assertEqual(answer.status, status, answer)
                self.assertIn(words, answer.text)

    def test_a_certificate_is_no_matter_of_headers(self):
        said = {"SSL_CLIENT_VERIFY": "SUCCESS", "Ssl-Client-Verify": "SUCCESS",
                "SSL_CLIENT_S_DN_CN": "gateway",
                "Ssl-Client-S-Dn-Cn": "gateway", "HTTPS": "on",
                "X-SSL-Client-Verify": "SUCCESS"}
        path = "/rehearsal/r4/~mtls/Patient/p-101"
        answer = request("GET", f"{self.env['WG_BASE']}{path}", said)
        self.assertEqual(answer.status, 403, answer)
        self.assertIn("without TLS", answer.text)
        answer = self.tls(path, **said)
        self.assertEqual(answer.status, 403, answer)
        self.assertIn("none was shown", answer.text)

    def test_at_that_port_there_is_nothing_but_wards(self):
        self.assertEqual(self.tls("/rehearsal/r4/Patient/p-101").status, 200)
        for path in ("/fhir/metadata", "/fhir/r4/Patient", "/oauth2/jwks",
                     "/admin/", "/healthz", "/rehearsals"):
            with self.subTest(path):
                self.assertEqual(self.tls(path).status, 403)

    # ---- SMART Backend Services

    def known(self):
        """(tenant, key pair) whose public half the gateway publishes."""
        tenant, _ = self.tenant(KIND["SMART"])
        key = jwt.KeyPair(self.enterContext(tempfile.TemporaryDirectory()),
                          "ES384", f"story{tenant}--")
        self.house.cluster.psql(f"""
            insert into wardgate.provider_key (kid, tenant_id, alg, jwk, box)
            select '{key.kid}', tenant_id, alg, '{json.dumps(key.jwk())}', box
              from wardgate.provider_key where tenant_id = '{tenant}'""")
        return tenant, key

    @property
    def token_url(self):
        return kinds.base_of(self.env, "~smart") + "/token"

    def ask(self, tenant, key, head=(), more=(), scope="system/*.read"):
        """Answer to an assertion that is good but for these."""
        claims = {"iss": tenant, "sub": tenant, "aud": self.token_url,
                  "exp": int(time.time()) + 120, "jti": str(uuid.uuid4()),
                  **dict(more)}
        compact = jwt.make(None, {"alg": key.alg, "kid": key.kid, "typ": "JWT",
                                  **dict(head)}, claims, key.sign)
        return self.post({"grant_type": "client_credentials", "scope": scope,
                          "client_assertion_type": JWT_BEARER,
                          "client_assertion": compact})

    def post(self, form):
        return request("POST", self.token_url, {"Content-Type": FORM},
                       urlencode({k: v for k, v in form.items() if v}))

    def test_an_assertion_is_checked_and_the_refusal_says_what_is_wrong(self):
        tenant, key = self.known()
        now, once = int(time.time()), {"jti": "once"}
        stranger = jwt.KeyPair(
            self.enterContext(tempfile.TemporaryDirectory()), "ES384", key.kid)
        self.assertEqual(self.ask(tenant, key, more=once).status, 200)
        for words, answer in (
                ("used before", self.ask(tenant, key, more=once)),
                ("expired", self.ask(tenant, key, more={"exp": now - 60})),
                ("valid for too long",
                 self.ask(tenant, key, more={"exp": now + 3600})),
                (f"aud is {self.token_url} and",
                 self.ask(tenant, key, more={"aud": self.env["WG_BASE"]})),
                ("no such kid", self.ask(tenant, key, head={"kid": "x"})),
                ("wrong signature", self.ask(tenant, stranger)),
                ("wrong claims", self.ask(tenant, key, more={"iss": "x"})),
                ("make provider", self.ask(TENANT.format(0xdef), key)),
                ("unreadable", self.ask(tenant, key, head={"alg": "none"}))):
            with self.subTest(words):
                self.assertEqual((answer.status, answer.reason),
                                 (401, "invalid_client"), answer)
                self.assertIn(words, answer.json["error_description"])
        answer = self.ask(tenant, key, scope="")
        self.assertEqual((answer.status, answer.reason),
                         (400, "invalid_scope"), answer)
        answer = self.post({"grant_type": "client_credentials",
                            "scope": "system/*.read", "client_id": "gateway",
                            "client_secret": "rehearsal-only"})
        self.assertEqual((answer.status, answer.reason),
                         (401, "invalid_client"), answer)

    def test_its_token_opens_that_kind_alone(self):
        answer = self.ask(*self.known())
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["scope"], "system/*.read")
        shown = {"Authorization": f"Bearer {answer.json['access_token']}"}
        for ward, status in (("~smart", 200), ("~oauth", 401)):
            self.assertEqual(
                request("GET", kinds.base_of(self.env, ward) +
                        "/Patient/p-101", shown).status, status, ward)

    def test_the_token_endpoint_is_named_where_clients_look_for_it(self):
        base = kinds.base_of(self.env, "~smart")
        named = request("GET", f"{base}/.well-known/smart-configuration").json
        self.assertEqual(named["token_endpoint"], self.token_url)
        for version in ("dstu2", "stu3", "r4"):
            base = kinds.base_of(self.env, "~smart", version)
            security = request("GET", f"{base}/metadata") \
                .json["rest"][0]["security"]
            self.assertEqual(security["extension"][0]["extension"],
                             [{"url": "token", "valueUri": f"{base}/token"}])
            self.assertEqual(request("GET", f"{base}/Patient/p-101").status,
                             401)


del Story   # only what is made of it runs here

if __name__ == "__main__":
    unittest.main()
