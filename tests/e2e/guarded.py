# guarded.py - a hospital that lets in who shows a token, and its token endpoint
# SPDX-License-Identifier: Apache-2.0
#
#     with Guarded() as hospital:
#         hospital.fhir                    its FHIR base
#         hospital.token_url               where tokens are had
#     hospital.says = {"access_token": "a\r\nb"}      instead of a good one
#     hospital.end()                       every token counts for nothing
#     hospital.asked                       forms of token requests, as dicts
#     hospital.calls                       what became of each request: `read`,
#                                          `401`, `token`, `no token`, `held`
#                                          (the endpoint waits), `find`
#     hospital.used                        secrets and kids that were good for a
#                                          token
#     Smart(jwks_url)                      the same, for who signs with a key of
#                                          that set

import base64
import subprocess
import tempfile
import threading
import time
from urllib.parse import parse_qs, unquote

from tests.e2e import jwt
from tests.rig import client as web
from tests.rig.provider import Provider

CLIENT, SECRET = "wardgate at guarded", "s+e:c%20ret/"
REALM = {"WWW-Authenticate": 'Bearer realm="innermost ward"'}


class Guarded(Provider):
    def __init__(self, version="R4", tls=None, port=0):
        super().__init__(version, tls, port=port)
        self.secrets = {(CLIENT, SECRET)}
        self.life, self.says, self.status, self.wait_s = 3600, None, 200, 0
        self.more = ()
        self.asked, self.good, self.numbers = [], set(), 0
        self.calls, self.used = [], set()
        self.owner = {}     # token -> whom it was given to
        self.guard = threading.Lock()
        self.on("/r4", self.admit)
        self.on("/login/token", self.token)
        self.put({"resourceType": "Patient", "id": "p-101",
                  "birthDate": "1970-01-01"})

    @property
    def fhir(self):
        return f"{self.base}/r4"

    @property
    def token_url(self):
        return f"{self.base}/login/token"

    def end(self):
        with self.guard:
            self.good.clear()

    # ---- who is it

    def knows(self, x):
        scheme, _, token = x.seen.headers.get("authorization",
                                              "").partition(" ")
        with self.guard:
            return scheme == "Bearer" and token in self.good

    def admit(self, x):
        fine = self.knows(x)
        self.calls.append("read" if fine else "401")
        if not fine:
            x.outcome(401, "nobody we know", REALM.items())
        return fine

    def client_of(self, x, form):
        """By the secret in the body, or Basic: never both."""
        line = x.seen.headers.get("authorization", "")
        if line.startswith("Basic "):
            pair = base64.b64decode(line[6:]).decode()
            client, _, secret = map(unquote, pair.partition(":"))
            if "client_secret" in form or "client_id" in form:
                return None
        else:
            client, secret = form.get("client_id"), form.get("client_secret")
        if (client, secret) not in self.secrets:
            return None
        self.used.add(secret)
        return client

    def issue(self, client):
        with self.guard:
            self.numbers += 1
            token = f"guarded-{self.port}-{self.numbers}"
            self.good.add(token)
            self.owner[token] = client
        return {"access_token": token, "token_type": "Bearer",
                **({"expires_in": self.life} if self.life else {})}

    def token(self, x):
        form = {name: values[0] for name, values in parse_qs(
            x.seen.body.decode(), strict_parsing=True).items()}
        self.asked.append(form)
        if self.wait_s:
            self.calls.append("held")
            x.sleep(self.wait_s)
        if self.status != 200:
            x.answer({"error": "told to"}, self.status, "application/json",
                     self.more)
        elif self.says is not None:
            x.answer(self.says, kind="application/json")
        elif form.get("grant_type") != "client_credentials" \
                or (client := self.client_of(x, form)) is None:
            self.calls.append("no token")
            x.answer({"error": "invalid_client"}, 401, "application/json",
                     REALM.items())
        else:
            self.calls.append("token")
            x.answer(self.issue(client), kind="application/json",
                     more=[("Cache-Control", "no-store")])


URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Smart(Guarded):
    """SMART Backend Services. jwks_url may be set later; `kids` are those that
    signed. says_where: `well-known`, `statement`, or nowhere; `names`: what it
    says there."""

    def __init__(self, jwks_url=None, says_where="well-known", **more):
        super().__init__(**more)
        self.jwks_url, self.says_where = jwks_url, says_where
        self.names = self.token_url
        self.kids, self.seen_jti = [], set()
        self.on("/r4/.well-known/smart-configuration", self.configuration)
        self.on("/r4/metadata", self.statement)

    def configuration(self, x):
        self.calls.append("find")
        if self.says_where == "well-known":
            x.answer({"token_endpoint": self.names,
                      "grant_types_supported": ["client_credentials"]},
                     kind="application/json")
        else:
            x.outcome(404, "no such thing")

    def statement(self, x):
        uris = [{"url": "authorize", "valueUri": f"{self.base}/no"},
                {"url": "token", "valueUri": self.names}]
        x.answer({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1",
                  "rest": [{"mode": "server", **(
                      {"security": {"extension": [
                          {"url": URIS, "extension": uris}]}}
                      if self.says_where == "statement" else {})}]})

    def key_of(self, kid):
        """As the hospital fetches it, from where it was told."""
        return {k["kid"]: k for k in web.request(
            "GET", self.jwks_url).json["keys"]}.get(kid)

    def client_of(self, x, form):
        if form.get("client_assertion_type") != ASSERTION \
                or "client_secret" in form or "authorization" in x.seen.headers:
            return None
        token = form.get("client_assertion", "")
        head, _ = jwt.parts(token)[:2]
        key = self.key_of(head["kid"])
        if not key or (head["typ"], head["alg"]) != ("JWT", key["alg"]):
            return None
        with tempfile.TemporaryDirectory() as folder:
            try:
                head, claims = jwt.believed(token, key, folder)
            except subprocess.CalledProcessError:
                return None
        now = time.time()
        if claims["iss"] != CLIENT or claims["sub"] != CLIENT \
                or claims["aud"] != self.token_url \
                or not now < claims["exp"] <= now + 300 \
                or claims["jti"] in self.seen_jti:
            return None
        self.seen_jti.add(claims["jti"])
        self.kids.append(head["kid"])
        self.used.add(head["kid"])
        return CLIENT
