# test_assertion.py - clients that sign instead of sending a secret
# SPDX-License-Identifier: Apache-2.0
#
# private_key_jwt (RFC 7523, SMART Backend Services), with the keys of a client
# registered by value. The house runs two token processes and two facades, so
# what holds for many requests holds across processes.

import atexit
import concurrent.futures
import functools
import json
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e import behind_lighttpd
from tests.e2e import jwt
from tests.e2e.hostile import Hostile, request, rows
from tests.rig import place
from tests.rig.client import FORM, basic
from tests.rig.house import House

setUpModule = behind_lighttpd

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGS = ("RS256", "RS384", "PS256", "ES256", "ES384")


@functools.cache
def key_pairs():
    """(folder, {algorithm: key}), made once for all stories: it takes long."""
    folder = tempfile.TemporaryDirectory(prefix="wardgate-keys-")
    atexit.register(folder.cleanup)
    Path(folder.name).chmod(0o711)    # the command reads key sets
    return folder, {alg: jwt.KeyPair(folder.name, alg, f"my-{alg}")
                    for alg in ALGS}


class Asserting(Hostile):
    """A client of its own with one key of each algorithm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.folder, cls.keys = key_pairs()
        cls.who = cls.client_with([k.jwk() for k in cls.keys.values()])

    @classmethod
    def client_with(cls, jwks):
        who = json.loads(cls.house.operator(
            "client", "add", "signs", "--tenant", cls.env["WG_TENANT_STU3"],
            "--json"))["client_id"]
        cls.register(who, jwks)
        return who

    @classmethod
    def register(cls, who, jwks):
        path = Path(cls.folder.name) / f"{uuid.uuid4()}.json"
        path.write_text(json.dumps({"keys": jwks}))
        place.give(path)
        return json.loads(cls.house.operator(
            "client", "jwks", who, "--file", str(path), "--json"))

    def claims(self, **more):
        """Good claims; None drops one."""
        who, now = more.pop("who", self.who), int(time.time())
        own = {"iss": who, "sub": who, "aud": self.env["WG_TOKEN_URL"],
               "exp": now + 240, "jti": str(uuid.uuid4()), **more}
        return {k: v for k, v in own.items() if v is not None}

    def assertion(self, alg="ES384", key=None, head=None, sign=None, **more):
        key = key or self.keys[alg]
        fields = {"alg": key.alg, "kid": key.kid, "typ": "JWT", **(head or {})}
        fields = {k: v for k, v in fields.items() if v is not None}
        return jwt.make(None, fields, self.claims(**more), sign or key.sign)

    def send(self, assertion, headers=None, **more):
        form = {"grant_type": "client_credentials",
                "client_assertion_type": TYPE, "client_assertion": assertion,
                "scope": self.env["WG_TENANT_STU3"], **more}
        form = {k: v for k, v in form.items() if v is not None}
        return request("POST", self.env["WG_TOKEN_URL"],
                       {"Content-Type": FORM, **(headers or {})},
                       urlencode(form))

    def refused(self, assertion, reason, **more):
        answer = self.send(assertion, **more)
        self.safe(answer, 401, "invalid_client", f"assertion_{reason}")
        return answer

    def token(self, **more):
        answer = self.send(self.assertion(**more))
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def reads(self, token):
        return self.env.fhir("GET", "Patient?_id=nobody", token, "STU3").status


class Good(Asserting):
    def test_each_algorithm_gets_a_token_that_reads_records(self):
        for alg in ALGS:
            with self.subTest(alg):
                token = self.token(alg=alg)
                self.assertEqual(self.reads(token), 200)
                claims = jwt.parts(token)[1]
                self.assertEqual(claims["client_id"], self.who)
                self.assertEqual(claims["scope"], self.env["WG_TENANT_STU3"])

    def test_a_token_carries_the_credential_id_of_its_key(self):
        shown = json.loads(self.house.operator("client", "jwks", self.who,
                                               "--json"))["keys"]
        creds = {key["alg"]: key["cred"] for key in shown}
        self.assertEqual(sorted(creds), sorted(ALGS))
        answer = self.send(self.assertion("RS384"))
        claims = jwt.parts(answer.json["access_token"])[1]
        self.assertEqual(claims["cred"], creds["RS384"])
        trace = answer.header["x-trace-id"]
        self.assertEqual(rows(self.env, "select secret_key_id from "
                              f"wardgate.audit where trace_id = '{trace}'"),
                         [[creds["RS384"]]])

    def test_a_token_lives_five_minutes_at_most(self):
        answer = self.send(self.assertion())
        claims = jwt.parts(answer.json["access_token"])[1]
        self.assertEqual(answer.json["expires_in"], 300)
        self.assertEqual(claims["exp"] - claims["iat"], 300)

    def test_the_issuer_is_an_audience_too(self):
        self.token(aud=self.env["WG_BASE"])
        self.token(aud=[self.env["WG_TOKEN_URL"]])

    def test_types_that_are_taken(self):
        for typ in (None, "JWT", "client-authentication+jwt"):
            self.token(head={"typ": typ})

    def test_client_id_may_stand_beside_it_if_it_is_the_same(self):
        answer = self.send(self.assertion(), client_id=self.who.upper())
        self.assertEqual(answer.status, 200, answer)
        self.refused(self.assertion(), "claims",
                     client_id=self.env["WG_CLIENT_ID"])

    def test_json_bodies_carry_assertions_too(self):
        body = {"grant_type": "client_credentials",
                "client_assertion_type": TYPE,
                "client_assertion": self.assertion(),
                "scope": self.env["WG_TENANT_STU3"]}
        answer = request("POST", self.env["WG_TOKEN_URL"],
                         {"Content-Type": "application/json"},
                         json.dumps(body))
        self.assertEqual(answer.status, 200, answer)


class Shape(Asserting):
    def test_one_method_of_authentication_per_request(self):
        secret = self.env["WG_CLIENT_SECRET"]
        for more in ({"client_secret": secret},
                     {"headers": {"Authorization": basic(self.who, secret)}},
                     {"client_assertion_type": None},
                     {"client_assertion": None}):
            answer = self.send(self.assertion(), **more) \
                if "client_assertion" not in more else self.send(None)
            self.safe(answer, 400, "invalid_request", "request_malformed")

    def test_another_type_of_assertion_is_refused(self):
        for kind in (TYPE + "x", TYPE.replace("jwt", "saml2"), "x"):
            self.refused(self.assertion(), "malformed",
                         client_assertion_type=kind)

    def test_every_refusal_is_the_same_answer(self):
        first = self.send("x")
        for answer in (self.send(self.assertion(exp=1)),
                       self.send(self.assertion(head={"kid": "x"})),
                       self.send(self.assertion(who=str(uuid.uuid4()))),
                       self.env.ask_token(client_secret="x")):
            self.assertEqual((answer.status, answer.body), (401, first.body))
            self.assertEqual({h for h, _ in answer.headers},
                             {h for h, _ in first.headers})


class Claims(Asserting):
    def test_C8_times(self):
        now = int(time.time())
        for times, reason in (
                ({"exp": str(now + 60)}, "claims"),
                ({"exp": now + 60.5}, "claims"), ({"exp": 1e300}, "claims"),
                ({"exp": -1}, "claims"), ({"exp": None}, "claims"),
                ({"exp": now - 120}, "expired"), ({"exp": now + 900}, "life"),
                ({"exp": 2 ** 40}, "claims"),
                ({"iat": now + 200, "exp": now + 290}, "not_yet_valid"),
                ({"nbf": now + 200}, "not_yet_valid"),
                ({"iat": str(now)}, "claims"), ({"nbf": True}, "claims"),
                ({"iat": now - 3600}, "life")):
            with self.subTest(**times):
                self.refused(self.assertion(**times), reason)

    def test_clocks_may_differ_by_a_minute(self):
        now = int(time.time())
        for times in ({"exp": now - 30}, {"exp": now + 330},
                      {"iat": now + 30, "exp": now + 60}, {"nbf": now + 30}):
            with self.subTest(**times):
                self.token(**times)

    def test_audience_is_one_text_that_names_us(self):
        own = self.env["WG_TOKEN_URL"]
        for aud in (None, "", 1, [], [own, "x"], own + "/", own + "?",
                    self.env["WG_BASE"] + "/fhir", own.upper(), {"a": own}):
            with self.subTest(aud=aud):
                self.refused(self.assertion(aud=aud), "audience")

    def test_issuer_subject_and_jti(self):
        for claims in ({"iss": None}, {"sub": None}, {"iss": "x"},
                       {"sub": self.env["WG_CLIENT_ID"]}, {"jti": None},
                       {"jti": ""}, {"jti": 7}, {"jti": "j" * 257}):
            with self.subTest(**claims):
                self.refused(self.assertion(**claims), "claims")

    def test_clients_that_may_not(self):
        self.safe(self.send(self.assertion(who=str(uuid.uuid4()))), 401,
                  "invalid_client", "client_unknown")
        self.refused(self.assertion(who=self.env["WG_CLIENT_ID"]),
                     "key_unknown")
        who = self.client_with([self.keys["ES256"].jwk()])
        self.house.operator("client", "disable", who)
        self.safe(self.send(self.assertion("ES256", who=who)), 401,
                  "invalid_client", "client_disabled")


class Keys(Asserting):
    def test_C10_algorithms(self):
        public = jwt.openssl("pkey", "-in", self.keys["RS256"].path, "-pubout")
        own = self.keys["RS256"]
        for head, reason in (({"alg": "none"}, "malformed"),
                             ({"alg": "nOnE"}, "malformed"),
                             ({"alg": "HS256"}, "malformed"),
                             ({"alg": "rs256"}, "malformed"),
                             ({"alg": ["RS256"]}, "malformed"),
                             ({"alg": None}, "malformed"),
                             ({"kid": "my-ES256"}, "key_unknown"),
                             ({"alg": "PS256"}, "key_unknown"),
                             ({"alg": "RS384"}, "key_unknown")):
            with self.subTest(**head):
                self.refused(self.assertion(key=own, head=head,
                                            sign=jwt.hs256(public)), reason)
                self.refused(self.assertion(key=own, head=head), reason)

    def test_C11_keys_that_come_along_are_not_looked_at(self):
        mine = jwt.KeyPair(self.folder.name, "ES256", "mine")
        for head in ({"jwk": mine.jwk()}, {"jku": "http://127.0.0.1:1/keys"},
                     {"x5u": "http://127.0.0.1:1/x"}, {"x5c": ["AAAA"]}):
            with self.subTest(head=list(head)):
                self.refused(self.assertion(key=mine, head=head),
                             "key_unknown")
                self.refused(self.assertion(
                    key=mine, head={**head, "kid": "my-ES256"}),
                    "key_unknown" if "jku" in head else "signature")
                if "jku" not in head:
                    self.token(head=head)

    def test_C12_kids(self):
        for kid in ("../../etc/passwd", "' OR 1=1--", "x" * 2000, "my-ES384 ",
                    "MY-ES384", "", "my-ES384\0", "%00"):
            with self.subTest(kid=kid[:20]):
                self.refused(self.assertion(head={"kid": kid}),
                             "malformed" if "\0" in kid else "key_unknown")
        for kid in (None, 1, ["my-ES384"], {"a": 1}):
            with self.subTest(kid=kid):
                self.refused(self.assertion(head={"kid": kid}), "malformed")

    def test_C13_bad_keys_are_not_registered(self):
        rsa, ec = self.keys["RS384"].jwk(), self.keys["ES256"].jwk()
        small = jwt.KeyPair(self.folder.name, "RS256", "small", 1024).jwk()
        who = self.client_with([ec])
        for words, bad in (
                ("fewer than 2048 bits", [small]),
                ("has an e", [{**rsa, "e": "AQ"}]),
                ("has an e", [{**rsa, "e": "Aw"}]),
                ("has an e", [{**rsa, "e": "AQAA"}]),
                ("has no n", [{**rsa, "n": jwt.b64(b"\xff" * 2048)}]),
                ("off its curve", [{**ec, "x": ec["y"]}]),
                ("off its curve", [{**ec, "x": "A" * 43, "y": "A" * 43}]),
                ("not for its curve", [{**ec, "alg": "ES384"}]),
                ("not for its curve", [{**ec, "alg": "RS256"}]),
                ("private or symmetric", [{**ec, "d": "A" * 43}]),
                ("use other than sig", [{**ec, "use": "enc"}]),
                ("without verify", [{**ec, "key_ops": ["encrypt"]}]),
                ("private or symmetric",
                 [{"kty": "oct", "k": "AAAA", "kid": "x"}]),
                ("has no kid", [{**ec, "kid": None}]),
                ("alg other than", [{**ec, "alg": "HS256"}]),
                ("kid of another key", [ec, ec]), ("no keys", []),
                ("21 keys", [{**ec, "kid": str(i)} for i in range(21)])):
            with self.subTest(words, bad=str(bad)[:40]), \
                    self.assertRaisesRegex(place.Advice, words):
                self.register(who, bad)
        self.assertEqual(self.send(self.assertion("ES256", who=who)).status,
                         200)

    def test_C14_signatures(self):
        key, other = self.keys["ES256"], jwt.KeyPair(
            self.folder.name, "ES256", "other")
        for name, sign in (
                ("none", lambda d: b""), ("20 kB", lambda d: b"x" * 4000),
                ("63", lambda d: key.sign(d)[:63]),
                ("65", lambda d: key.sign(d) + b"\0"),
                ("zeros", lambda d: bytes(64)),
                ("r = 0", lambda d: bytes(32) + key.sign(d)[32:]),
                ("s = 0", lambda d: key.sign(d)[:32] + bytes(32)),
                ("DER", lambda d: jwt.es256(key.path, d)),
                ("other", other.sign), ("all ones", lambda d: b"\xff" * 64)):
            with self.subTest(name):
                self.refused(
                    self.assertion("ES256", sign=sign),
                    "malformed" if name == "none" else "signature")

    def test_C15_shapes(self):
        good = self.assertion()
        head, claims, sig = good.split(".")
        twice = jwt.b64(b'{"alg":"ES384","alg":"ES384","kid":"my-ES384"}')
        deep = jwt.b64(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}")
        for text in ("." * 64, "..", ".", "a.b.c", good + ".x", good + "=",
                     good[:-1], f"{head}.{claims}", f"{head}..{sig}",
                     f"{head}.{jwt.b64(b'[]')}.{sig}",
                     f"{twice}.{claims}.{sig}", f"{deep}.{claims}.{sig}",
                     f"{head}.{claims}\n.{sig}", f"{head}.{claims}.{sig}!",
                     good + "A" * 9000):
            with self.subTest(text[:30]):
                answer = self.send(text)
                self.safe(answer, 401, "invalid_client",
                          ("assertion_malformed", "assertion_signature",
                           "assertion_key_unknown"))
        for head in ({"crit": ["b64"], "b64": False}, {"crit": []},
                     {"typ": "at+jwt"}, {"typ": 1}, {"typ": "dpop+jwt"}):
            self.refused(self.assertion(head=head), "malformed")
        answer = self.send("A" * (20 << 20))
        self.assertEqual(answer.status, 413, answer)

    def test_C16_tokens_are_no_assertions_and_assertions_no_tokens(self):
        self.refused(self.env.token("STU3"), "malformed")
        answer = self.env.fhir("GET", "Patient?_id=x", self.assertion(),
                               "STU3")
        self.safe(answer, 401, "token_refused", "token_malformed")

    def test_C4_keys_are_no_secret(self):
        answer = self.env.ask_token(client_id=self.client_with(
            [self.keys["ES256"].jwk()]), client_secret="")
        self.safe(answer, 401, "invalid_client", "client_absent")


class Once(Asserting):
    def test_C17_an_assertion_counts_once(self):
        used = self.assertion()
        self.assertEqual(self.send(used).status, 200)
        for _ in range(6):
            self.refused(used, "replayed")

    def test_C17_of_many_at_the_same_moment_one_gets_a_token(self):
        used = self.assertion()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.send(used), range(16)))
        self.assertEqual(sorted(a.status for a in answers),
                         [200] + [401] * 15)

    def test_a_jti_is_one_clients_own(self):
        jti = str(uuid.uuid4())
        who = self.client_with([self.keys["ES256"].jwk()])
        self.token(alg="ES256", jti=jti)
        self.token(alg="ES256", jti=jti, who=who)
        self.refused(self.assertion("RS256", jti=jti), "replayed")

    def test_a_bad_signature_uses_nothing_up(self):
        jti = str(uuid.uuid4())
        self.refused(self.assertion(sign=lambda d: b"x" * 96, jti=jti),
                     "signature")
        self.token(jti=jti)

    def test_C17_it_is_remembered_when_every_process_is_new(self):
        used = self.assertion()
        self.assertEqual(self.send(used).status, 200)
        for name in ("token", "facade"):
            self.house.rig("signal", name=name, signal=9)
        end = time.monotonic() + 60
        while (answer := self.send(used)).status != 401:
            self.assertEqual(answer.status // 100, 5, answer)
            self.assertLess(time.monotonic(), end, "they never came back")
            time.sleep(0.1)
        self.assertEqual(self.audited(answer), ("assertion_replayed", 401))


class Change(Asserting):
    def test_a_new_key_works_at_once(self):
        who = self.client_with([self.keys["ES256"].jwk()])
        self.token(alg="ES256", who=who)
        self.register(who, [self.keys["ES256"].jwk(),
                            self.keys["ES384"].jwk()])
        self.token(alg="ES384", who=who)

    def test_tokens_of_a_key_that_is_removed_die_within_a_second(self):
        old, new = self.keys["ES256"], self.keys["ES384"]
        who = self.client_with([old.jwk(), new.jwk()])
        dead, lives = (self.token(alg=a, who=who) for a in ("ES256", "ES384"))
        self.assertEqual((self.reads(dead), self.reads(lives)), (200, 200))
        self.register(who, [new.jwk()])
        self.house.heard()
        for _ in range(8):
            answer = self.env.fhir("GET", "Patient?_id=nobody", dead, "STU3")
            self.safe(answer, 401, "token_refused", "token_secret_invalidated")
            self.refused(self.assertion("ES256", who=who), "key_unknown")
        self.assertEqual(self.reads(lives), 200)

    def test_another_key_under_the_same_kid_is_another_credential(self):
        one, two = (jwt.KeyPair(tempfile.mkdtemp(dir=self.folder.name),
                                "ES256", "same") for _ in range(2))
        who = self.client_with([one.jwk()])
        token = self.token(key=one, who=who)
        self.register(who, [two.jwk()])
        self.house.heard()
        self.assertEqual(self.reads(token), 401)
        self.refused(self.assertion(key=one, who=who), "signature")
        self.token(key=two, who=who)

    def test_a_key_that_two_clients_share_ends_for_one_of_them(self):
        shared = self.keys["ES256"]
        one, two = (self.client_with([shared.jwk()]) for _ in range(2))
        ended, lives = (self.token(alg="ES256", who=w) for w in (one, two))
        self.register(one, [self.keys["ES384"].jwk()])
        self.house.heard()
        for _ in range(6):
            self.assertEqual((self.reads(ended), self.reads(lives)),
                             (401, 200))
        self.house.operator("revoke", "secret", two, next(
            k["cred"] for k in json.loads(self.house.operator(
                "client", "jwks", two, "--json"))["keys"]))
        self.house.heard()
        self.assertEqual(self.reads(lives), 401)

    def test_without_keys_there_are_no_tokens(self):
        who = self.client_with([self.keys["ES256"].jwk()])
        token = self.token(alg="ES256", who=who)
        said = json.loads(self.house.operator("client", "jwks", who, "--none",
                                              "--json"))
        self.assertEqual(said["outcome"], "removed")
        self.house.heard()
        self.assertEqual(self.reads(token), 401)
        self.refused(self.assertion("ES256", who=who), "key_unknown")
