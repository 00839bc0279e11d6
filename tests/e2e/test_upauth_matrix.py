# test_upauth_matrix.py - every kind of credential in every state it can be in
# SPDX-License-Identifier: Apache-2.0
#
# TABLE says for each kind and each case what each read in turn is told, what
# the trail keeps of it, and what the hospital saw meanwhile (guarded.py, calls);
# or why there is no such case. One process of the facade is at work, so that
# there is one memory of tokens, and calls can be counted.

import base64
import concurrent.futures
import tempfile
import threading
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.guarded import CLIENT, SECRET, Guarded, Smart
from tests.e2e.upauth import (AWAY, NO_TOKEN, RECORD, REFUSED, UNREACHED,
                              Story)
from tests.e2e.walled import Walled
from tests.rig import place
from tests.rig.authority import CLIENT_USE, MISNAMED, SERVER, Authority
from tests.rig.client import request
from tests.rig.crowd import put_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

PATIENCE_S = 30
CROWD = 4           # at once, where a token is slow to come
SLOW_S = 0.4
SHORT_MS = 5000     # the deadline where it never comes

# ---- what must be seen ----

NO_END = "it has no end"
NO_TOKENS = "it has no token that could be forgotten"
NO_ENDPOINT = "it has no token endpoint"
NO_TLS = "a server's certificate is told with the kinds that speak TLS"
NOTHING = "there is nothing that could be replaced"

STATIC = {          # the same with every request, and never a second time
    "good": [(RECORD, "read")] * 2,
    "expired": [(RECORD, "read"), (REFUSED, "401")],
    "rotated": [(RECORD, "read")],
    "forgotten": NO_TOKENS,
    "wrong": [(REFUSED, "401")],
    "slow": NO_ENDPOINT,
    "silent": NO_ENDPOINT,
    "lasting": NO_ENDPOINT,
    "server expired": NO_TLS,
    "server misnamed": NO_TLS,
}
TOKEN = {           # one is had, kept, and had anew once
    "good": [(RECORD, "token, read"), (RECORD, "read")],
    "expired": [(RECORD, "token, read")],
    "rotated": [(RECORD, "401, token, read")],
    "forgotten": [(RECORD, "token, read"), (RECORD, "401, token, read"),
                  (RECORD, "read")],
    "wrong": [(NO_TOKEN, "no token")],
    "slow": [(RECORD, "held, token" + ", read" * CROWD)],
    "silent": [(AWAY, "held")],
    "lasting": [(RECORD, "token, read"), (RECORD, "read")],
    "server expired": NO_TLS,
    "server misnamed": NO_TLS,
}
SMART = {           # the same, once it is known where
    case: seen if case in ("rotated", "expired") or isinstance(seen, str)
    else [(seen[0][0], f"find, {seen[0][1]}"), *seen[1:]]
    for case, seen in TOKEN.items()}
WALLED = {          # refused before anything is asked
    "expired": [(REFUSED, "")],
    "wrong": [(REFUSED, "")],
    "server expired": [(UNREACHED, "")],
    "server misnamed": [(UNREACHED, "")],
}
TABLE = {
    "none": {**STATIC, "expired": NO_END, "rotated": NOTHING},
    "basic": STATIC,
    "header": STATIC,
    "oauth, body": TOKEN,
    "oauth, basic": TOKEN,
    "smart RS384": SMART,
    "smart ES384": SMART,
    "certificate": {**STATIC, **WALLED},
    # of both the certificate is looked at first, by the endpoint too
    "certificate, oauth": {**TOKEN, **WALLED, "expired": [(NO_TOKEN, "")],
                           "wrong": [(NO_TOKEN, "no token")],
                           "server expired": [(AWAY, "")],
                           "server misnamed": [(AWAY, "")]},
}


# ---- the kinds: a hospital, a tenant, and what may happen to both ----

class Kind:
    """Of one case. `used` of the hospital comes to be `proof` once what was
    renewed is shown; until `withdraw` the former one is taken too."""

    between = {}        # case -> method, called after the first read

    def __init__(self, story, case):
        self.story, self.case = story, case
        self.tenant = story.new()
        self.hospital = story.enterContext(self.double())
        self.hospital.wait_s = {"slow": SLOW_S, "silent": 2 * PATIENCE_S}.get(
            case, 0)
        self.begin()
        self.token = story.put(self.tenant, self.hospital, **self.settings(),
                               **({"total_ms": SHORT_MS}
                                  if case == "silent" else {}))
        self.finish()

    def double(self):
        return Guarded()

    def begin(self):
        """What the hospital takes, before the tenant is there."""

    def finish(self):
        """What needs the tenant."""

    def stage(self):
        """What is to be known a second before the renewal."""

    def replace(self, *how):
        put_tenant(self.story.house, self.tenant, **self.settings(*how))

    # ---- reading ----

    def read(self):
        return self.story.read(self.token)

    def step(self):
        """What a read is told, and what the hospital saw; several at once
        are told the same."""
        before, many = len(self.hospital.calls), \
            CROWD if self.case == "slow" else 1
        with concurrent.futures.ThreadPoolExecutor(many) as pool:
            answers = list(pool.map(lambda _: self.read(), range(many)))
        told, = {self.story.told(answer) for answer in answers}
        return told, ", ".join(self.hospital.calls[before:])

    def play(self, reads):
        seen = [self.step()]
        if self.case in self.between:
            self.between[self.case](self)
        while len(seen) < reads:
            seen.append(self.step())
        return seen


class Tokenless(Kind):
    """Shows the same line with each request."""

    def begin(self):
        self.takes = {"neither" if self.case == "wrong" else self.line("old")}
        self.proof = {self.line("new")}
        self.hospital.knows = self.knows

    def knows(self, x):
        shown = x.seen.headers.get(self.field)
        self.hospital.used.add(shown)
        return shown in self.takes

    def expire(self):
        self.takes.clear()

    def renew(self):
        self.takes.add(self.line("new"))
        self.replace("new")

    def withdraw(self):
        self.takes.remove(self.line("old"))

    field = "authorization"
    between = {"expired": expire}


class Nothing(Tokenless):
    def line(self, word):
        return None

    def settings(self):
        return {}


class Basic(Tokenless):
    def line(self, word):
        pair = f"{CLIENT}:{word}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def settings(self, word="old"):
        return self.story.basic(self.tenant, self.hospital, CLIENT, word)


class Header(Tokenless):
    field = "x-api-key"

    def line(self, word):
        return word

    def settings(self, word="old"):
        return self.story.header(self.tenant, self.hospital,
                                 f"X-Api-Key: {word}")


class Oauth(Kind):
    auth = "body"
    new = "the new one"
    proof = {new}

    def begin(self):
        self.hospital.life = {"expired": 1, "lasting": None}.get(self.case,
                                                                 3600)
        if self.case == "wrong":
            self.hospital.secrets = {(CLIENT, self.new)}

    def settings(self, secret=SECRET):
        return self.story.oauth(self.tenant, self.hospital, secret,
                                token_auth=self.auth)

    def forget(self):
        self.hospital.end()

    def renew(self):
        self.hospital.secrets.add((CLIENT, self.new))
        self.replace(self.new)

    def withdraw(self):
        self.hospital.secrets.remove((CLIENT, SECRET))
        self.forget()

    def play(self, reads):
        """Until its time is over a token is good: then there is no call."""
        if self.case != "expired":
            return super().play(reads)
        self.story.assertEqual(self.step()[0], RECORD)
        self.hospital.life = 3600
        seen = []

        def over():
            seen[:] = [self.step()]
            return seen != [(RECORD, "read")]
        self.story.until(over)
        return seen

    between = {"forgotten": forget}


class OauthBasic(Oauth):
    auth = "basic"


class Backend(Oauth):
    """SMART Backend Services; the key is replaced in stages."""

    def double(self):
        return Smart()

    def settings(self):
        return {"auth": "smart", "token_client": CLIENT}

    def key(self, verb, *more):
        return self.story.wardgate("key", verb, "provider", *more)

    def finish(self):
        made = self.key("make", "--alg", self.alg, self.tenant)
        self.story.assertEqual(made["stage"], "use")
        self.old, url = made["kid"], made["jwks_url"]
        self.hospital.jwks_url = url if self.case != "wrong" \
            else url.replace(self.tenant, self.story.new())

    def published(self):
        keys = request("GET", self.hospital.jwks_url).json["keys"]
        for key in keys:
            self.story.assertEqual((key["alg"], key["use"]),
                                   (self.alg, "sig"))
            self.story.assertNotIn("d", key)
        return [key["kid"] for key in keys]

    def refuses(self, words, *command):
        with self.story.assertRaisesRegex(place.Advice, words):
            self.key(*command)

    def stage(self):
        step = self.key("rotate", self.tenant)
        self.story.assertEqual((step["step"], step["stage"]),
                               ("publish", "published"))
        self.kid, self.proof = step["kid"], {step["kid"]}
        self.refuses("may not be known", "rotate", self.tenant)
        self.refuses("in use", "remove", self.tenant, self.old)

    def renew(self):
        self.story.assertEqual(self.published(), [self.old, self.kid])
        self.key("use", "--now", self.tenant, self.kid)

    def withdraw(self):
        listed = self.key("list", self.tenant)
        self.story.assertEqual(listed["jwks_url"], self.hospital.jwks_url)
        self.story.assertEqual(
            {k["kid"]: k["stage"] for k in listed["provider_keys"]},
            {self.old: "retired", self.kid: "use"})
        step = self.key("rotate", self.tenant)
        self.story.assertEqual((step["step"], step["kid"]),
                               ("remove", self.old))
        self.story.until(lambda: self.published() == [self.kid])
        self.forget()


class BackendRsa(Backend):
    alg = "RS384"


class BackendEc(Backend):
    alg = "ES384"


class Certified(Kind):
    with_token = False
    proof = {"stranger"}
    clients = {"expired": "late", "wrong": "stranger"}
    servers = {"server expired": "late server",
               "server misnamed": "misnamed server"}

    def double(self):
        return Walled(self.story.pairs[self.servers.get(
            self.case, "server")], self.story.ca, token=self.with_token)

    def settings(self, name=None):
        name = name or self.clients.get(self.case, "ours")
        return self.story.certificate(self.tenant, self.hospital,
                                      self.story.ca, self.story.pairs[name])

    def renew(self):
        self.hospital.demand(self.story.ca, self.story.other)
        self.replace("stranger")

    def withdraw(self):
        self.hospital.demand(self.story.other)


class CertifiedOauth(Certified, Oauth):
    with_token = True
    proof = Certified.proof | Oauth.proof
    clients = {"expired": "late"}

    def settings(self, name=None, secret=SECRET):
        return {**Certified.settings(self, name),
                **Oauth.settings(self, secret)}

    def renew(self):
        self.hospital.demand(self.story.ca, self.story.other)
        self.hospital.secrets.add((CLIENT, self.new))
        self.replace("stranger", self.new)

    def withdraw(self):
        Certified.withdraw(self)
        Oauth.withdraw(self)

    def play(self, reads):
        return Kind.play(self, reads)


KINDS = {"none": Nothing, "basic": Basic, "header": Header,
         "oauth, body": Oauth, "oauth, basic": OauthBasic,
         "smart RS384": BackendRsa, "smart ES384": BackendEc,
         "certificate": Certified, "certificate, oauth": CertifiedOauth}


class Matrix(Story):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        before = len(cls.house.rig.pids("facade"))
        cls.addClassCleanup(cls.house.rig, "count", name="facade",
                            count=before)
        cls.house.rig("count", name="facade", count=1)
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.ca = Authority(folder, "own")
        cls.other = Authority(folder, "other")
        cls.pairs = {name: ca.sign(name, more, days) for name, ca, more, days
                     in (("server", cls.ca, SERVER, "2"),
                         ("late server", cls.ca, SERVER, "-1"),
                         ("misnamed server", cls.ca, MISNAMED, "2"),
                         ("ours", cls.ca, CLIENT_USE, "2"),
                         ("late", cls.ca, CLIENT_USE, "-1"),
                         ("stranger", cls.other, CLIENT_USE, "2"))}

    def setUp(self):
        self.refusals = set()

    def told(self, answer):
        told = super().told(answer)
        if told.reason == "provider_refused_us":
            self.refusals.add(answer.body)
        return told

    def until(self, fits):
        until = time.monotonic() + PATIENCE_S
        while not fits():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def kinds(self, case):
        """Those that have this case, by name."""
        return {name: KINDS[name](self, case) for name in TABLE
                if isinstance(TABLE[name][case], list)}

    def see(self, case, kinds):
        with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
            seen = {name: pool.submit(kind.play, len(TABLE[name][case]))
                    for name, kind in kinds.items()}
        for name, played in seen.items():
            with self.subTest(name):
                self.assertEqual(played.result(), TABLE[name][case])
        # whichever it was, a stranger is told the same
        self.assertLessEqual(len(self.refusals), 1, self.refusals)

    def case(self, case):
        self.see(case, self.kinds(case))

    def test_good(self):
        self.case("good")

    def test_expired(self):
        self.case("expired")

    def test_the_hospital_has_forgotten_the_token(self):
        self.case("forgotten")

    def test_wrong(self):
        self.case("wrong")

    def test_the_endpoint_is_slow_and_asked_once_for_all(self):
        self.case("slow")

    def test_the_endpoint_says_nothing(self):
        self.case("silent")

    def test_without_expires_in_a_token_lasts_a_while(self):
        self.case("lasting")

    def test_U13_the_certificate_of_the_server_has_expired(self):
        self.case("server expired")

    def test_U13_the_certificate_of_the_server_is_for_another_name(self):
        self.case("server misnamed")

    def test_replaced_while_requests_run(self):
        """Nobody is refused, and afterwards only the new one is shown."""
        kinds = self.kinds("rotated")
        over = threading.Event()

        def reads(kind):
            while not over.wait(0.01):
                self.assertEqual(kind.read().status, 200, kind)
        with concurrent.futures.ThreadPoolExecutor(len(kinds)) as pool:
            crowd = [pool.submit(reads, kind) for kind in kinds.values()]
            try:
                for kind in kinds.values():
                    kind.stage()
                House.heard()
                for kind in kinds.values():
                    kind.renew()
                self.until(lambda: all(kind.proof <= kind.hospital.used
                                       for kind in kinds.values()))
            finally:
                over.set()
        for reader in crowd:
            reader.result()
        for kind in kinds.values():
            kind.withdraw()
            kind.hospital.used.clear()
        self.see("rotated", kinds)
        for name, kind in kinds.items():
            self.assertEqual(kind.hospital.used, kind.proof, name)

    def test_every_cell_is_seen_or_has_a_reason_not_to_be(self):
        self.assertEqual(TABLE.keys(), KINDS.keys())
        for name, cells in TABLE.items():
            self.assertEqual(cells.keys(), STATIC.keys(), name)
            for case, cell in cells.items():
                self.assertTrue(cell, (name, case))


del Story   # only what is made of it runs here

if __name__ == "__main__":
    unittest.main()
