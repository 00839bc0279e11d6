# upauth.py - what stories of hospitals with a credential share
# SPDX-License-Identifier: Apache-2.0
#
#     tenant = self.new()                          one that there is not yet
#     token = self.put(tenant, hospital, **self.oauth(tenant, hospital))
#     self.opens(token)
#     self.shut(token, NO_TOKEN)
#
# Each story has tenants of its own: a process remembers tokens, and failures
# for a second. Of a new tenant everything counts at once.

import json
from typing import NamedTuple, Optional

from tests.e2e.guarded import CLIENT, SECRET
from tests.e2e.hostile import Hostile, rows
from tests.rig.crowd import put_tenant
from tests.rig.house import House

TENANT = "000a07a0-07a0-4000-8000-{:012x}"
READS = 8


class Told(NamedTuple):
    """What a caller is told, and what the trail keeps."""
    status: int
    reason: Optional[str]
    kept: str


RECORD = Told(200, None, "ok")
REFUSED = Told(502, "provider_refused_us", "provider_refused_us")
NO_TOKEN = Told(502, "provider_refused_us", "provider_token")
UNOPENED = Told(502, "provider_refused_us", "provider_credential")
AWAY = Told(504, *["provider_token_unavailable"] * 2)
UNREACHED = Told(504, *["provider_unreachable"] * 2)

# Of what hospitals say and what is told them; strangers read none of it.
INNER = ("realm", "innermost", "invalid_client", "guarded", "certificate",
         "token endpoint", "wgbox1", SECRET, CLIENT)


class Story(Hostile):
    """Base of the stories; the class itself tests nothing."""

    numbers = iter(range(1, 1000))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Upauth")
        cls.tenants = []
        cls.addClassCleanup(cls.remove)

    @classmethod
    def remove(cls):
        """All that there are, at once."""
        rows(cls.env, "select r.outcome from unnest(array["
             + ", ".join(f"'{t}'" for t in cls.tenants) +
             "]::text[]) as t, wardgate.tenant_remove(t) as r")

    def wardgate(self, *words, typed=""):
        return json.loads(self.house.operator(*words, "--json", typed=typed))

    def new(self):
        return TENANT.format(next(self.numbers))

    def put(self, tenant, hospital, **more):
        """A tenant of this hospital; the app's token for it."""
        self.tenants.append(tenant)
        put_tenant(self.house, tenant, **{
            "name": f"Guarded {tenant[-4:]}", "fhir_version": "R4",
            "client": self.client, "search_post": "off",
            "provider_url": hospital.fhir, **more})
        answer = self.env.ask_token(tenant, client_id=self.client,
                                    client_secret=self.secret)
        return answer.json["access_token"]

    # ---- credentials, as tenant.sql takes them ----

    def seal(self, tenant, hospital, kind, typed, *more):
        return self.wardgate("seal", kind, "--url", hospital.fhir,
                             *more, tenant, typed=typed)["credential"]

    def oauth(self, tenant, hospital, secret=SECRET, url=None, **more):
        url = url or hospital.token_url
        box = self.seal(tenant, hospital, "--oauth", f"{secret}\n",
                        "--token-url", url)
        return {"auth": "oauth", "token_client": CLIENT, "token_url": url,
                "credential": box, **more}

    def basic(self, tenant, hospital, user, word):
        return {"auth": "basic", "credential": self.seal(
            tenant, hospital, "--basic", f"{user}\n{word}\n")}

    def header(self, tenant, hospital, line):
        return {"auth": "header", "credential": self.seal(
            tenant, hospital, "--header", f"{line}\n")}

    def certificate(self, tenant, hospital, ca, pair):
        """A certificate and its key, and who vouches for the hospital."""
        cert, key = pair
        return {"provider_ca": ca.pem(), "certificate": cert.read_text(),
                "certificate_key": self.seal(
                    tenant, hospital, "--certificate-key", key.read_text())}

    # ---- reading ----

    def read(self, token):
        return self.env.fhir("GET", "Patient/p-101", token, "R4")

    def opens(self, token):
        answer = self.read(token)
        self.assertEqual(answer.status, 200, answer)

    def told(self, answer):
        """What is told and kept; nothing of the hospital is told."""
        if answer.status != 200:
            self.assertNotIn("www-authenticate", answer.header)
            for word in INNER:
                self.assertNotIn(word, answer.text)
        return Told(answer.status, answer.reason, self.audited(answer)[0])

    def shut(self, token, told):
        answer = self.read(token)
        self.assertEqual(self.told(answer), told, answer)
        return answer
