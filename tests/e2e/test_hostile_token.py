# test_hostile_token.py - hostile requests at the token endpoint, rows T, C, S
# SPDX-License-Identifier: Apache-2.0

import base64
import gzip
import json
import socket
import threading
from urllib.parse import quote, urlencode

from tests.e2e.hostile import Hostile, request, rows
from tests.rig import place
from tests.rig.client import FORM, basic, raw_answer
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

NOBODY = "99999999-9999-4999-8999-999999999999"


class Endpoint(Hostile):
    """Ways to ask that the stories share."""

    def tearDown(self):
        self.good()

    def form(self, **more):
        form = {"grant_type": "client_credentials",
                "client_id": self.env["WG_CLIENT_ID"],
                "client_secret": self.env["WG_CLIENT_SECRET"],
                "scope": self.env["WG_TENANT_STU3"], **more}
        return {k: v for k, v in form.items() if v is not None}

    def post(self, body, kind=FORM, query="", **headers):
        fields = {"Content-Type": kind} if kind else {}
        fields.update(headers)
        if isinstance(body, dict):
            body = urlencode(body)
        return request("POST", self.env["WG_TOKEN_URL"] + query, fields, body)

    def ask(self, **more):
        return self.post(self.form(**more))

    def raw(self, head, body=b""):
        text = (f"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Connection: close\r\n{head}\r\n").encode()
        return raw_answer(self.env.port, text + body)

    def wrong_secret(self):
        """Well formed, nobody's: a real key id with other random bytes."""
        mine = self.env["WG_CLIENT_SECRET"]
        return secret_text(mine[4:12], "A" * 43)


def secret_text(key_id, random):
    import hashlib
    text = f"wg1_{key_id}_{random}"
    bits = int.from_bytes(hashlib.sha256(text.encode()).digest()[:5], "big") >> 4
    alphabet = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                "0123456789-_")
    return text + "".join(alphabet[bits >> (30 - 6 * i) & 63] for i in range(6))


class Shape(Endpoint):
    def test_T1_only_post(self):
        for method in ("GET", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH"):
            answer = request(method, self.env["WG_TOKEN_URL"])
            self.assertEqual(answer.status, 405, (method, answer))
            self.assertEqual(answer.header.get("allow"), "POST")
            self.assertFalse([h for h in answer.header
                              if h.startswith("access-control")])
            self.assertEqual(self.audited(answer), ("method_refused", 405))

    def test_T2_credentials_in_the_query(self):
        for query in ("?client_secret=x", "?grant_type=client_credentials",
                      "?client%5Fid=x", "?a=b&scope=x", "?grant-type=x"):
            self.safe(self.post(self.form(), query=query), 400,
                      "invalid_request", "credential_in_query")

    def test_T3_repeated_parameters(self):
        once = urlencode(self.form())
        for more in ("client_id=" + self.env["WG_CLIENT_ID"], "client_id=x",
                     "scope=x", "scope=", "grant_type=client_credentials"):
            self.safe(self.post(once + "&" + more), 400, "invalid_request",
                      "parameter_repeated")
        self.safe(self.post(once + "&client_id[]=x"), 400, "invalid_request",
                  "request_malformed")

    def test_T4_two_methods_of_authentication(self):
        who = self.env["WG_CLIENT_ID"]
        secret = self.env["WG_CLIENT_SECRET"]
        both = self.post(self.form(), Authorization=basic(who, secret))
        self.safe(both, 400, "invalid_request", "request_malformed")
        other = self.post(self.form(client_secret=None,
                                    client_id=self.env["WG_CLIENT2_ID"]),
                          Authorization=basic(who, secret))
        self.safe(other, 400, "invalid_request", "request_malformed")

    def test_T5_content_types(self):
        for kind in (None, "text/plain", "multipart/form-data; boundary=x",
                     FORM + "; charset=utf-16", "application/xml", FORM + "x"):
            self.safe(self.post(urlencode(self.form()), kind), 400,
                      "invalid_request", "media_type")
        twice = self.raw(f"Content-Type: {FORM}\r\nContent-Type: text/plain\r\n"
                         "Content-Length: 1\r\n", b"x")
        self.assertEqual(twice.status, 400, twice)
        fine = self.post(json.dumps(self.form()), "application/json")
        self.assertEqual(fine.status, 200, fine)

    def test_T6_nothing_in_the_body(self):
        for body in ("", "&&&==", "&", "=", "a", "&" * 40):
            self.safe(self.post(body), 400, "invalid_request",
                      "request_malformed")

    def test_T7_too_much(self):
        big = self.post(self.form(x="y" * 20000))
        self.safe(big, 413, "invalid_request", "request_too_large")
        many = self.post("&".join(f"p{i}=1" for i in range(33)))
        self.safe(many, 400, "invalid_request", "too_many_parts")
        for size in (1 << 20, 1 << 30):
            answer = self.raw(f"Content-Type: {FORM}\r\n"
                              f"Content-Length: {size}\r\n", b"a" * 65536)
            if answer:
                self.edge(answer, 413)

    def test_T8_percent_tricks(self):
        once = urlencode(self.form(client_secret=None))
        for bad in ("%", "%z1", "%00", "%C0%80", "%FF", "%F5%80%80%80",
                    "%ED%A0%80"):
            self.safe(self.post(f"{once}&client_secret={bad}"), 400,
                      "invalid_request", "request_malformed")
        self.safe(self.post(f"{once}&client_secret=a+b"), 401,
                  "invalid_client", "secret_malformed")

    def test_T11_chunked_bodies(self):
        body = urlencode(self.form()).encode()
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        head = f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n"
        answer = self.raw(head, chunked)
        self.assertEqual(answer.status, 200, answer)
        both = self.raw(head + f"Content-Length: {len(body)}\r\n", chunked)
        if both:
            self.assertIn(both.status, (200, 400), both)

    def test_T12_lengths(self):
        for length in ("-1", "+5", "0x10", "5,5", "9" * 20):
            answer = self.raw(f"Content-Type: {FORM}\r\n"
                              f"Content-Length: {length}\r\n", b"aaaaa")
            if answer:
                self.assertIn(answer.status, (400, 413), (length, answer))

    def test_T13_compressed_bodies(self):
        body = gzip.compress(urlencode(self.form()).encode())
        answer = self.post(body, **{"Content-Encoding": "gzip"})
        self.safe(answer, 415, "invalid_request", "content_encoding")

    def test_T14_slow_bodies_keep_nobody_waiting(self):
        links = []
        for _ in range(100):
            link = socket.create_connection(("127.0.0.1", self.env.port), 10)
            link.sendall(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Type: application/x-www-form-urlencoded\r\n"
                         b"Content-Length: 100\r\n\r\ng")
            links.append(link)
            self.addCleanup(link.close)
        for _ in range(20):
            self.good()

    def test_F14_JSON_that_others_accept(self):
        good = json.dumps(self.form(), separators=(",", ":"))
        self.assertEqual(self.post(good, "application/json").status, 200)
        scope = f'"{self.env["WG_TENANT_STU3"]}"'
        for body in ("[]", "7", "null", "{}", "{", good + "{}", good + "\0",
                     "\ufeff" + good, good.replace("{", '{"scope":"x",', 1),
                     good.replace('"scope"', '"sc\\u006fpe":"x","scope"'),
                     good.replace("{", '{"x":' + "[" * 3000 + "]" * 3000
                                  + ",", 1),
                     good.replace("{", '{"x":NaN,', 1),
                     good.replace("{", '{"x":1e400,', 1),
                     good.replace("{", '{"x":' + "9" * 30 + ",", 1),
                     good.replace("{", '{"x":"\\ud800",', 1),
                     good.replace("{", '{"x":"\\u0000",', 1),
                     good.replace(scope, "7"), good.replace(scope, "[]"),
                     good.replace(scope, f"[{scope}]"),
                     good.replace(scope, "null"),
                     good.replace(scope, "true")):
            with self.subTest(body[:70]):
                answer = self.post(body, "application/json")
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(self.audited(answer)[0],
                              ("request_malformed", "parameter_repeated",
                               "scope_malformed"))

    def test_T15_other_grants(self):
        for grant in ("password", "refresh_token", "authorization_code",
                      "urn:ietf:params:oauth:grant-type:jwt-bearer",
                      "CLIENT_CREDENTIALS"):
            self.safe(self.ask(grant_type=grant), 400,
                      "unsupported_grant_type", "grant_type")
        self.safe(self.ask(grant_type=""), 400, "invalid_request",
                  "request_malformed")

    def test_T16_both_spellings_of_grant_type(self):
        fine = {"grant-type": "client_credentials"}
        self.assertEqual(self.ask(grant_type=None, **fine).status, 200)
        self.assertEqual(self.ask(**fine).status, 200)
        self.safe(self.ask(**{"grant-type": "password"}), 400,
                  "invalid_request", "parameter_repeated")

    def test_T16_the_published_line_breaks(self):
        body = (f"grant-type=client_credentials\r\n"
                f"&client_id={self.env['WG_CLIENT_ID']}\r\n"
                f"&client_secret={self.env['WG_CLIENT_SECRET']}\r\n"
                f"&scope=+{self.env['WG_TENANT_STU3'].upper()}%0d%0a\r\n")
        answer = self.post(body)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["scope"], self.env["WG_TENANT_STU3"])

    def test_T17_basic(self):
        who, secret = self.env["WG_CLIENT_ID"], self.env["WG_CLIENT_SECRET"]
        rest = self.form(client_id=None, client_secret=None)
        good = basic(who, secret)
        for scheme in ("Basic", "basic", "BASIC"):
            answer = self.post(rest, Authorization=scheme + good[5:])
            self.assertEqual(answer.status, 200, answer)
        escaped = basic(quote(who), quote(secret, safe="").replace("_", "%5F"))
        self.assertEqual(self.post(rest, Authorization=escaped).status, 200)

        def code(data):
            return "Basic " + base64.b64encode(data).decode()
        for bad in ("Basic  " + good[6:], good + "=", good + " x", "Basic ****",
                    "Basic", code(b"nocolon"), code(b"a\0b:c"),
                    code(b"\xff:x"), code(b"x" * 900)):
            self.safe(self.post(rest, Authorization=bad), 400,
                      "invalid_request", "request_malformed")
        huge = self.post(rest, Authorization="Basic " + "A" * 20480)
        self.assertIn(huge.status, (400, 431), huge)
        for wrong in (basic(who, self.wrong_secret()), basic(who, "x")):
            answer = self.post(rest, Authorization=wrong)
            self.assertEqual(answer.status, 401, answer)
            self.assertTrue(answer.header["www-authenticate"].startswith(
                "Basic "), answer.headers)


class Clients(Endpoint):
    def refusals(self):
        """name of the cause, form, audit reason"""
        right = self.env["WG_CLIENT_SECRET"]
        return [
            ("unknown client", self.form(client_id=NOBODY),
             "client_unknown"),
            ("no GUID at all", self.form(client_id="x' or 1=1--"),
             "client_unknown"),
            ("wrong secret", self.form(client_secret=self.wrong_secret()),
             "secret_wrong"),
            ("secret of another client",
             self.form(client_secret=self.env["WG_CLIENT2_SECRET"]),
             "secret_wrong"),
            ("prefix only", self.form(client_secret=right[:12]),
             "secret_malformed"),
            ("one character off", self.form(
                client_secret=right[:-1] + ("A" if right[-1] != "A" else "B")),
             "secret_malformed"),
            ("no secret", self.form(client_secret=None), "client_absent"),
            ("empty secret", self.form(client_secret=""), "client_absent"),
            ("no client", self.form(client_id=None), "client_absent"),
        ]

    def test_C1_every_cause_is_the_same_refusal(self):
        bodies = set()
        for name, form, reason in self.refusals():
            with self.subTest(name):
                answer = self.post(form)
                self.safe(answer, 401, "invalid_client", reason)
                bodies.add(answer.body)
        self.assertEqual(len(bodies), 1)

    def lives(self):
        """Secrets of a client of our own, dead in every way: (cause, client,
        secret, audit reason). The last one disables the client."""
        house = House(self.env["WG_HOME"])
        who, secret = house.add_client("hostile lives")

        def another(*more):
            made = json.loads(house.operator("client", "secret", "add", who,
                                             "--json", *more))
            return made["client_secret"]
        rows(self.env, "update wardgate.client_secret set not_after = now() - "
             "interval '1 s', not_before = now() - interval '9 days' "
             f"where key_id = '{secret[4:12]}'")
        yield "expired", who, secret, "secret_expired"
        yield "early", who, another("--start", "2099-01-01",
                                    "--no-expiry"), "secret_not_yet_valid"
        secret = another()
        house.operator("client", "secret", "invalidate", who, secret[4:12])
        yield "invalidated", who, secret, "secret_invalidated"
        secret = another()
        yield "of another", self.env["WG_CLIENT_ID"], secret, "secret_wrong"
        house.operator("client", "disable", who)
        yield "disabled", who, secret, "client_disabled"
        yield "disabled, wrong", who, self.wrong_secret(), "client_disabled"

    def test_C1_a_dead_secret_looks_like_a_wrong_one(self):
        first = self.ask(client_secret=self.wrong_secret())
        for name, who, secret, reason in self.lives():
            with self.subTest(name):
                answer = self.ask(client_id=who, client_secret=secret)
                self.safe(answer, 401, "invalid_client", reason)
                self.assertEqual(answer.body, first.body)
                self.assertEqual({h for h, _ in answer.headers},
                                 {h for h, _ in first.headers})

    def test_C3_a_key_id_alone_is_worth_nothing(self):
        mine = self.env["WG_CLIENT_SECRET"][4:12]
        for random in ("A" * 43, "_" * 42 + "8"):
            self.safe(self.ask(client_secret=secret_text(mine, random)), 401,
                      "invalid_client", "secret_wrong")

    def test_C4_no_secret_stored_is_not_no_secret_sent(self):
        made = rows(self.env, "select client_id from wardgate.client_add("
                    f"'{NOBODY[:-1]}7', 'without secrets', '', '')")[0][0]
        self.safe(self.ask(client_id=made, client_secret=""), 401,
                  "invalid_client", "client_absent")
        self.safe(self.ask(client_id=made,
                           client_secret=self.wrong_secret()), 401,
                  "invalid_client", "secret_wrong")


class Scope(Endpoint):
    def test_S1_no_scope(self):
        for scope in (None, "", "   ", "\r\n"):
            answer = self.ask(scope=scope)
            self.safe(answer, 400, "invalid_scope", "scope_malformed")
            self.assertIn("tenant ID", answer.json["error_description"])

    def test_S2_more_than_one_guid(self):
        one, other = self.env["WG_TENANT_STU3"], self.env["WG_TENANT_R4"]
        for scope in (f"{one} {other}", f"{one} {one}", one + "x", one + ",",
                      one[:20] + "\t" + one[20:], one[:20] + "\n" + one[20:],
                      "\u00a0" + one, f"{{{one}}}", one.replace("-", "")):
            self.safe(self.ask(scope=scope), 400, "invalid_scope",
                      "scope_malformed")

    def test_S3_unknown_suspended_and_not_granted_are_one_answer(self):
        def ask(tenant):
            return self.post(self.form(
                client_id=self.env["WG_CLIENT2_ID"],
                client_secret=self.env["WG_CLIENT2_SECRET"], scope=tenant))
        unknown = ask("12345678-1234-4234-8234-123456789012")
        granted = ask(self.env["WG_TENANT_R4"])
        suspended = ask(self.suspended())
        self.safe(unknown, 400, "invalid_scope", "tenant_unknown")
        self.safe(granted, 400, "invalid_scope", "tenant_not_granted")
        self.safe(suspended, 400, "invalid_scope", "tenant_suspended")
        for other in (granted, suspended):
            self.assertEqual(unknown.body, other.body)
            self.assertEqual([h for h, _ in unknown.headers],
                             [h for h, _ in other.headers])

    def suspended(self):
        tenant, house = "50592d00-0000-4000-8000-000000000053", \
            House(self.env["WG_HOME"])
        self.addCleanup(remove_tenant, house, tenant)
        put_tenant(house, tenant, name="Suspended", fhir_version="STU3",
                   provider_url=self.env["WG_BASE"] + "/rehearsal/stu3",
                   client=self.env["WG_CLIENT2_ID"])
        house.cluster.psql_file(place.TOP / "sql/onboard/suspend.sql",
                                tenant=tenant)
        return tenant

    def test_S5_guids_that_are_none(self):
        one = self.env["WG_TENANT_STU3"]
        for scope in ("0" * 8 + "-0000-0000-0000-" + "0" * 12,
                      "f" * 8 + "-ffff-ffff-ffff-" + "f" * 12,
                      "g" + one[1:], "\uff11" + one[1:],
                      one.replace("-", "\u2010")):
            self.safe(self.ask(scope=scope), 400, "invalid_scope",
                      "scope_malformed")

    def test_S6_long_scopes(self):
        for n in (300, 10000):
            self.safe(self.ask(scope="a" * n), 400, "invalid_scope",
                      "scope_malformed")
        self.safe(self.ask(scope="a" * 60000), 413, "invalid_request",
                  "request_too_large")

    def test_S7_nothing_widens_a_scope(self):
        one = self.env["WG_TENANT_STU3"]
        for more in ("system/*.*", "system/*.write", "system/Patient.cruds",
                     "system/Patient.rs?name=x", "system/Binary.read",
                     "patient/*.read", "user/*.rs", "openid", ".default"):
            self.safe(self.ask(scope=f"{one} {more}"), 400, "invalid_scope",
                      "scope_refused")
            self.safe(self.ask(scope=more), 400, "invalid_scope",
                      "scope_malformed")
        self.safe(self.ask(scope="system/*.read"), 400, "invalid_scope",
                  "scope_malformed")

    def test_S8_nothing_is_echoed(self):
        for scope in ('"><script>', "a\r\nSet-Cookie: x=y", "\\u0041",
                      "\x1b[31m", "%n%n"):
            answer = self.ask(scope=scope)
            self.safe(answer, 400, "invalid_scope", "scope_malformed")
            self.assertNotIn("<script", answer.text)
            self.assertNotIn("set-cookie", answer.header)


class Success(Endpoint):
    def test_a_token_has_the_four_members_and_the_claims_decided(self):
        answer = self.ask()
        self.assertEqual(answer.header["cache-control"], "no-store")
        self.assertEqual(answer.header["pragma"], "no-cache")
        body = answer.json
        self.assertEqual(set(body), {"access_token", "token_type",
                                     "expires_in", "scope"})
        self.assertEqual(body["token_type"], "Bearer")
        self.assertIs(type(body["expires_in"]), int)
        head, claims, _ = (part(p) for p in body["access_token"].split("."))
        self.assertEqual(head["typ"], "at+jwt")
        self.assertEqual(head["alg"], "ES256")
        self.assertEqual(claims["scope"], self.env["WG_TENANT_STU3"])
        self.assertEqual(claims["sub"], self.env["WG_CLIENT_ID"])
        self.assertEqual(claims["client_id"], claims["sub"])
        self.assertEqual(claims["iss"], self.env["WG_BASE"])
        self.assertEqual(claims["exp"] - claims["iat"], body["expires_in"])
        self.assertEqual(claims["cred"], self.env["WG_CLIENT_SECRET"][4:12])
        self.assertEqual(self.audited(answer), ("ok", 200))

    def test_a_guid_in_capitals_is_answered_in_small_letters(self):
        answer = self.ask(scope=self.env["WG_TENANT_R4"].upper())
        self.assertEqual(answer.json["scope"], self.env["WG_TENANT_R4"])

    def test_many_at_once_get_tokens_of_their_own(self):
        got, lock = [], threading.Lock()

        def one():
            answer = self.ask()
            with lock:
                got.append(answer.json["access_token"])
        threads = [threading.Thread(target=one) for _ in range(40)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(set(got)), 40)


def part(text):
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
