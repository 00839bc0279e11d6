# test_hostile_facade.py - hostile requests at the FHIR endpoint, rows A and F
# SPDX-License-Identifier: Apache-2.0

import json
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from tests.e2e import jwt
from tests.e2e.hostile import Hostile, request, rows
from tests.rig.client import raw_answer

FACE = "STU3"


class Facade(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forge = jwt.Forge(cls.env)
        cls.token = cls.env.token(FACE)
        cls.patient = cls.somebody(FACE)

    @classmethod
    def somebody(cls, face):
        """A patient's id, told by the hospital itself."""
        found = request("GET", f"{cls.env['WG_BASE']}/rehearsal/"
                        f"{face.lower()}/Patient?_count=1")
        return found.json["entry"][0]["resource"]["id"]

    def get(self, path=None, token=None, **headers):
        return self.env.fhir("GET", path or f"Patient/{self.patient}",
                             token or self.env.token(FACE), FACE, headers)

    def refused(self, token, reason):
        answer = self.get(token=token)
        self.safe(answer, 401, "token_refused", reason)
        self.assertEqual(answer.header["www-authenticate"],
                         'Bearer realm="wardgate", error="invalid_token"')

    def tearDown(self):
        self.assertEqual(self.get().status, 200)


class Tokens(Facade):
    def test_A1_no_bearer_token(self):
        url = f"{self.env['WG_FHIR_STU3']}/Patient/{self.patient}"
        for value in (None, "", "Bearer", "Bearer ", "Basic eDp5", "x"):
            fields = {} if value is None else {"Authorization": value}
            answer = request("GET", url, fields)
            self.safe(answer, 401, "token_absent", "token_absent")
            self.assertEqual(answer.header["www-authenticate"],
                             'Bearer realm="wardgate"')

    def test_A2_spelling_of_the_scheme(self):
        url = f"{self.env['WG_FHIR_STU3']}/Patient/{self.patient}"
        for scheme in ("bearer", "BEARER"):
            answer = request("GET", url,
                             {"Authorization": f"{scheme} {self.token}"})
            self.assertEqual(answer.status, 200, answer)
        for between in ("  ", "\t", " \t"):
            answer = request("GET", url,
                             {"Authorization": f"Bearer{between}{self.token}"})
            self.assertEqual(answer.status, 401, answer)

    def test_A3_two_authorization_fields(self):
        text = (f"GET /fhir/stu3/Patient/{self.patient} HTTP/1.1\r\n"
                f"Host: 127.0.0.1\r\nConnection: close\r\n"
                f"Authorization: Bearer {self.token}\r\n"
                f"Authorization: Bearer {self.token}\r\n\r\n")
        answer = raw_answer(self.env.port, text.encode())
        self.assertIn(answer.status, (400, 401), answer)

    def test_A4_tokens_elsewhere_are_not_looked_for(self):
        url = f"{self.env['WG_FHIR_STU3']}/Patient/{self.patient}"
        self.safe(request("GET", f"{url}?access_token={self.token}"), 401,
                  "token_absent", "token_absent")
        self.safe(request("GET", url, {"Cookie": f"access_token={self.token}"}),
                  401, "token_absent", "token_absent")
        self.safe(self.env.fhir("POST", "Patient/_search", None, FACE,
                                form={"access_token": self.token}), 401,
                  "token_absent", "token_absent")

    def test_A5_times(self):
        now, f = int(time.time()), self.forge
        rows_ = [
            ({"exp": now - 62}, "token_expired"),
            ({"exp": -5}, ("token_expired", "token_claims")),
            ({"nbf": now + 75}, "token_not_yet_valid"),
            ({"iat": now + 75}, "token_not_yet_valid"),
            ({"exp": None}, "token_claims"),
            ({"exp": str(now + 300)}, "token_claims"),
            ({"exp": now + 300.5}, "token_claims"),
            ({"exp": True}, "token_claims"),
            ({"iat": None}, "token_claims"),
            ({"nbf": None}, "token_claims"),
        ]
        for change, reason in rows_:
            with self.subTest(change):
                self.refused(f.token(claims=f.now(**change)), reason)
        text = jwt.dumps(f.now()).replace(str(f.now()["exp"]), "1e300", 1)
        self.refused(f.token(claims=text), "token_claims")
        now = int(time.time())
        fine = f.token(claims=f.now(exp=now - 30, iat=now - 300,
                                    nbf=now - 300))
        self.assertEqual(self.get(token=fine).status, 200)

    def test_A6_issuer_and_audience(self):
        f = self.forge
        base = self.env["WG_BASE"]
        for change, reason in (
                ({"iss": "https://evil.example"}, "token_issuer"),
                ({"iss": base + "/"}, "token_issuer"),
                ({"iss": None}, "token_claims"),
                ({"aud": base}, "token_audience"),
                ({"aud": base + "/fhir/stu3"}, "token_audience"),
                ({"aud": [base + "/fhir", "x"]},
                 ("token_audience", "token_claims")),
                ({"aud": None}, ("token_audience", "token_claims"))):
            with self.subTest(change):
                self.refused(f.token(claims=f.now(**change)), reason)

    def test_A6_claims_that_do_not_agree(self):
        f = self.forge
        for change in ({"sub": self.env["WG_CLIENT2_ID"]}, {"scope": "x"},
                       {"scope": self.env["WG_TENANT_DSTU2"].upper()},
                       {"scope": None}, {"scope": "-"},
                       {"client_id": None}, {"jti": None}, {"jti": 7},
                       {"cred": "x"}, {"cred": None}):
            with self.subTest(change):
                self.refused(f.token(claims=f.now(**change)), "token_claims")

    def test_A7_algorithms_and_keys(self):
        f = self.forge
        public = (f.home / f"keys/public/{f.kid}.pem").read_bytes()

        def head(**more):
            return {**f.head, **more}
        bad = ("token_malformed", "token_key_unknown", "token_signature",
               "token_claims")
        for alg in ("none", "nOnE", "HS256", "RS256", "ES384", "es256", None):
            for sign in (lambda d: b"", jwt.hs256(public), None):
                self.refused(f.token(head=head(alg=alg), sign=sign), bad)
        with tempfile.TemporaryDirectory() as folder:
            for curve in ("prime256v1", "secp384r1"):
                other = Path(folder) / curve
                subprocess.run(["openssl", "ecparam", "-name", curve,
                                "-genkey", "-noout", "-out", str(other)],
                               check=True)
                self.refused(f.token(key=other), "token_signature"
                             if curve == "prime256v1" else bad)
        for kid in ("x", f.kid + "x", "../" + f.kid, f.kid.lower(), "", 7, None,
                    ["x"], "' or 1=1--"):
            self.refused(f.token(head=head(kid=kid)), bad)

    def test_A7_signatures(self):
        f = self.forge
        good = f.token()
        data, sig = good.rsplit(".", 1)
        raw = jwt.unb64(sig)
        for other in (b"", raw[:63], raw + b"\0", b"\0" * 64,
                      b"\0" * 32 + raw[32:], raw[:32] + b"\0" * 32,
                      raw * 60, bytes([raw[0] ^ 1]) + raw[1:],
                      jwt.es256(f.key, data.encode())):
            self.refused(f"{data}.{jwt.b64(other)}",
                         ("token_signature", "token_malformed"))
        head, claims, _ = good.split(".")
        changed = jwt.b64(jwt.text(f.now(scope=self.env["WG_TENANT_R4"])))
        self.refused(f"{head}.{changed}.{sig}", "token_signature")

    def test_A9_types_and_extensions(self):
        f = self.forge
        for more in ({"typ": "JWT"}, {"typ": "AT+JWT"}, {"typ": None},
                     {"typ": "client-authentication+jwt"}, {"typ": "dpop+jwt"},
                     {"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"},
                     {"jku": "http://127.0.0.1:1/"}, {"x5u": "http://x/"},
                     {"jwk": {}}, {"x5c": []}, {"cty": "JWT"}):
            with self.subTest(more):
                self.refused(f.token(head={**f.head, **more}),
                             ("token_malformed", "token_claims"))
        self.refused(f.token() + ".x.y", "token_malformed")

    def test_A10_json_that_others_accept(self):
        f = self.forge
        good = jwt.dumps(f.now())
        bad = ("token_malformed", "token_claims")
        for text in ("[]", "7", '"x"', "", "{", good + " {}", good + "\0",
                     "\ufeff" + good, good.replace("{", '{"exp":1,', 1),
                     good.replace('"jti"', '"j\\u0074i":"x","jti"', 1),
                     good.replace(f.now()["jti"], "a\\u0000b" + "A" * 15, 1),
                     '{"a":' * 800 + "1" + "}" * 800):
            with self.subTest(text[:60]):
                self.refused(f.token(claims=text), bad)
        head = jwt.dumps(f.head)
        for text in ("[]", head + head, head.replace("{", '{"alg":"none",', 1),
                     "\ufeff" + head):
            self.refused(f.token(head=text), "token_malformed")
        one, two, three = f.token().split(".")
        for token in (f"{one}.{two}", f"{one}..{three}", "..", "...",
                      f"{one}.{two}.{three}.", f"{one}={two}", "a.b.c",
                      f"{one}.{two}.{three}=", f"{one}.{two}.{three}!"):
            self.refused(token, ("token_malformed", "token_signature"))

    def test_A11_long_tokens(self):
        f = self.forge
        for size in (6000, 7900, 12000):
            answer = self.get(token=f.token(claims=f.now(pad="x" * size)))
            self.assertIn(answer.status, (200, 401) if size < 7000 else
                          (400, 401, 431), answer)
        answer = self.get(token="a" * 1000000)
        self.assertIn(answer.status, (400, 401, 431))

    def test_A12_no_other_tenant_can_be_named(self):
        other = self.env["WG_TENANT_R4"]
        mine = self.env["WG_TENANT_STU3"]
        self.safe(self.get(f"{other}/Patient/{self.patient}"), 403,
                  "tenant_other", "tenant_other")
        for value in (other, other.upper(), "x", f"{mine} {other}"):
            self.safe(self.get(**{"X-Tenant": value}), 403, "tenant_other",
                      "tenant_other")
        here = self.get()
        for more in ({"X-Tenant": mine.upper()}, {"X-Tenant-Id": other},
                     {"Host": f"{other}.example"}, {"Tenant": other}):
            there = self.get(**more)
            self.assertEqual((there.status, there.body), (200, here.body))
        listed = self.get(f"Patient/{self.patient}?tenant={other}")
        self.assertEqual((listed.status, listed.body), (200, here.body))

    def test_a_token_of_one_tenant_never_reads_another(self):
        token = self.env.token("R4")
        mine, theirs = self.get(), self.get(token=token)
        self.assertEqual((mine.status, theirs.status), (200, 200))
        self.assertNotEqual(mine.json["identifier"], theirs.json["identifier"])

    def test_A18_junk_does_not_hurt(self):
        dice = random.Random(18)
        for _ in range(200):
            junk = ".".join(jwt.b64(dice.randbytes(dice.randrange(1, 200)))
                            for _ in range(3))
            self.assertEqual(self.get(token=junk).status, 401)


    def test_A19_a_clock_that_is_five_minutes_off(self):
        f = self.forge
        for ahead, status in ((300, 401), (70, 401), (50, 200), (-300, 200)):
            now = int(time.time())
            fresh = f.token(claims=f.now(iat=now + ahead, nbf=now + ahead,
                                         exp=now + ahead + 600))
            self.assertEqual(self.get(token=fresh).status, status, ahead)
        for past, status in ((300, 401), (70, 401), (50, 200)):
            now = int(time.time())
            old = f.token(claims=f.now(iat=now - 900, nbf=now - 900,
                                       exp=now - past))
            self.assertEqual(self.get(token=old).status, status, past)


class Requests(Facade):
    def raw(self, target, method="GET", more=""):
        text = (f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Connection: close\r\nAuthorization: Bearer "
                f"{self.env.token(FACE)}\r\n{more}\r\n")
        return raw_answer(self.env.port, text.encode("latin-1"))

    def test_F1_paths(self):
        who = self.patient
        for path in (f"Patient/../../admin", f"Patient/%2e%2e/{who}",
                     f"Patient/%252e%252e/{who}", f"Patient/..;/{who}",
                     f"Patient//{who}", f"Patient/..\\{who}",
                     f"Patient%2f{who}", f"Patient;a=b/../{who}",
                     f"./Patient/{who}", f"Patient/{who}/.",
                     f"Patient/{who}%00", "Patient/a b", "Patient/é"):
            answer = self.raw(f"/fhir/stu3/{path}")
            self.assertIn(answer.status, (400, 403, 404, 405), (path, answer))
            self.assertIsNotNone(answer.json, (path, answer))

    def test_F5_what_the_contract_does_not_have(self):
        who = self.patient
        for method, path, status in (
                ("GET", f"Patient/{who}/$everything", 405),
                ("GET", "$export", 405), ("GET", "Patient/$export", 405),
                ("GET", "_history", 405), ("GET", f"Patient/{who}/_history", 405),
                ("GET", f"Patient/{who}/_history/1", 405),
                ("GET", f"Patient/{who}/Observation", 405),
                ("GET", "?_type=Patient", 405),
                ("GET", "Patient/_search", 405),
                ("POST", "Patient", 405), ("PUT", f"Patient/{who}", 405),
                ("PATCH", f"Patient/{who}", 405),
                ("DELETE", f"Patient/{who}", 405), ("DELETE", "Patient", 405),
                ("POST", "_search", 405),
                ("GET", "Practitioner/1", 404), ("GET", "patient/1", 404),
                ("GET", "MedicationOrder/1", 404), ("GET", "Bundle", 404),
                ("GET", "Patient/a_b", 400), ("GET", "Patient/" + "a" * 65, 400)):
            with self.subTest(method + " " + path):
                answer = self.env.fhir(method, path, self.env.token(FACE), FACE,
                                       body="{}" if method != "GET" else None)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.json["resourceType"],
                                 "OperationOutcome")
                if status == 405:
                    self.assertTrue(answer.header.get("allow"), answer.headers)
                self.assertEqual(self.audited(answer)[1], status)

    def test_F7_parameters_that_leak(self):
        who = self.patient
        for query in ("_include=Patient:organization", "_revinclude=x",
                      "_has:Observation:patient:code=1", "_filter=x",
                      "_query=x", "subject:Patient.name=x", "patient.name=x",
                      "_include:iterate=x"):
            self.safe(self.get(f"Observation?patient={who}&{query}"), 400,
                      "parameter_refused", "parameter_refused")
        self.safe(self.get("Patient?ssn=1"), 400, "search_unselective",
                  "search_unselective")
        self.safe(self.get("Observation?category=vital-signs"), 400,
                  "search_unselective", "search_unselective")
        self.safe(self.get(f"Observation?patient={who}&ssn=1",
                           Prefer="handling=strict"), 400,
                  "parameter_unknown", "parameter_unknown")
        dropped = self.get(f"Observation?patient={who}&ssn=1&_elements=id")
        self.assertEqual(dropped.status, 200, dropped)
        notes = [e["resource"] for e in dropped.json["entry"]
                 if e["resource"]["resourceType"] == "OperationOutcome"]
        self.assertIn("ssn", json.dumps(notes))
        clamped = self.get(f"Observation?patient={who}&_count=999999")
        self.assertEqual(clamped.status, 200, clamped)

    def test_F14_numbers_that_must_be_read(self):
        where = f"Observation?patient={self.patient}&_count="
        for count in ("1e400", "-1", "%2B5", "5.0", "0x10", "x", "5,5",
                      "%EF%BC%95"):
            self.safe(self.get(where + count), 400, "parameter_refused",
                      "parameter_refused")
        for count in ("9" * 30, "1000", "1001"):
            self.assertEqual(self.get(where + count).status, 200, count)

    def test_F7_only_json(self):
        for query, accept in (("?_format=xml", None),
                              ("?_format=application/fhir%2Bxml", None),
                              ("", "application/fhir+xml"), ("", "text/html")):
            fields = {"Accept": accept} if accept else {}
            self.safe(self.get(f"Patient/{self.patient}{query}", **fields), 406,
                      "format_refused", "format_refused")

    def test_F9_control_characters_in_values(self):
        for value in ("a%0d%0aX:%20y", "a%00", "%ff", "%c0%80", "a%7f"):
            answer = self.get(f"Patient?family={value}")
            self.assertEqual(answer.status, 400, answer)
            self.assertNotIn("x", answer.header)
        fine = self.get("Patient?family=%C3%A9%22%27%3B--%26")
        self.assertEqual(fine.status, 200, fine)

    def test_F10_fields_that_move_others(self):
        here = self.get()
        for field, value in (
                ("X-Forwarded-Host", "evil.example"), ("Host", "evil.example"),
                ("X-Forwarded-Proto", "gopher"), ("X-Original-URL", "/admin"),
                ("X-Rewrite-URL", "/admin"), ("Forwarded", "host=evil.example"),
                ("X-HTTP-Method-Override", "DELETE"), ("If-None-Exist", "x")):
            answer = self.get(**{field: value})
            self.assertEqual((answer.status, answer.body),
                             (200, here.body), (field, answer))

    def test_F10_nothing_of_it_reaches_the_provider(self):
        mark = f"canary{random.randrange(10**9)}"
        self.get(**{"X-Forwarded-For": mark, "Cookie": mark, "From": mark})
        log = Path(self.env["WG_REHEARSAL_LOG"]).read_text()
        self.assertNotIn(mark, log)
        self.assertNotIn(self.token, log)

    def test_F12_proxies_are_not_believed(self):
        answer = self.get(Proxy="http://127.0.0.1:1")
        self.assertEqual(answer.status, 200, answer)

    def test_F13_request_ids(self):
        for sent, taken in (("abc-1._X", True), ("a" * 64, True),
                            ("a" * 65, False), ("a" * 6000, False),
                            ('a"}', False), ("a b", False), ("é", False)):
            answer = self.get(**{"X-Request-Id": sent})
            self.assertEqual(answer.status, 200, answer)
            back = answer.header["x-request-id"]
            self.assertEqual(back == sent, taken, back)
        escape = self.get(**{"X-Request-Id": "\x1b[1m"})
        self.assertIn(escape.status, (200, 400), escape)
        self.assertNotIn("\x1b", str(escape.headers))
        one = self.get(**{"X-Request-Id": "same"})
        two = self.get(**{"X-Request-Id": "same"})
        self.assertNotEqual(one.header["x-trace-id"], two.header["x-trace-id"])
        kept = rows(self.env, "select trace_id from wardgate.audit where "
                    "request_id = 'same' and at > now() - interval '1 minute'")
        self.assertGreaterEqual(len({r[0] for r in kept}), 2)

    def test_F14_forms_over_their_limit(self):
        answer = self.env.search("Patient", FACE, self.env.token(FACE),
                                 family="x" * 17000)
        self.safe(answer, 413, "request_too_large", "request_too_large")
        answer = self.env.fhir("POST", "Patient/_search", self.env.token(FACE),
                               FACE, {"Content-Type": "application/json"},
                               body="{}")
        self.safe(answer, 415, "media_type", "media_type")

    def test_F16_numbers_keep_their_text(self):
        answer = self.get(f"Observation?patient={self.patient}"
                          "&category=vital-signs&_count=100")
        values = [line for line in answer.text.split('"value":')[1:]]
        self.assertTrue(values)
        texts = {v.lstrip().split(",")[0].split("}")[0].strip()
                 for v in values}
        self.assertTrue([t for t in texts if t.endswith("0") and "." in t],
                        f"no decimal with its zero among {texts}")

    def test_F18_sockets_are_for_the_web_server_alone(self):
        home = Path(self.env["WG_HOME"])
        found = [p for p in home.rglob("*.sock")]
        self.assertTrue(found)
        for path in found:
            self.assertEqual(os.stat(path).st_mode & 0o007, 0, path)


class Sealed(Facade):
    def pages(self, face=FACE, client=""):
        token = self.env.token(face, client)
        answer = self.env.fhir("GET", f"Observation?patient={self.patient}"
                               "&_count=2", token, face)
        self.assertEqual(answer.status, 200, answer)
        return answer, next(link["url"] for link in answer.json["link"]
                            if link["relation"] == "next")

    def follow(self, url, token):
        return request("GET", url, {"Authorization": f"Bearer {token}"})

    def test_every_page_is_reached_and_totals_agree(self):
        answer, url = self.pages()
        total, seen = answer.json["total"], set()
        while True:
            for entry in answer.json["entry"]:
                seen.add(entry["resource"]["id"])
            nexts = [link["url"] for link in answer.json["link"]
                     if link["relation"] == "next"]
            if not nexts:
                break
            answer = self.follow(nexts[0], self.env.token(FACE))
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json["total"], total)
        self.assertEqual(len(seen), total)

    def test_a_cursor_is_good_for_its_client_tenant_type_and_face_alone(self):
        _, url = self.pages()
        other = self.follow(url, self.env.token(FACE, "2"))
        self.safe(other, 400, "cursor_refused", "cursor_refused")
        tenant = self.follow(url.replace("/fhir/stu3/", "/fhir/r4/"),
                             self.env.token("R4"))
        self.safe(tenant, 400, "cursor_refused", "cursor_refused")
        kind = self.follow(url.replace("/Observation?", "/Condition?"),
                           self.env.token(FACE))
        self.safe(kind, 400, "cursor_refused", "cursor_refused")
        self.assertEqual(other.json["issue"], kind.json["issue"])
        face = self.follow(url.replace("/fhir/stu3/", "/fhir/"),
                           self.env.token(FACE))
        self.assertIn(face.status, (400, 501), face)

    def test_one_altered_character_is_enough(self):
        _, url = self.pages()
        base, cursor = url.split("_cursor=")
        token = self.env.token(FACE)
        dice = random.Random(1)
        for at in dice.sample(range(len(cursor)), 20):
            other = cursor[:at] + ("A" if cursor[at] != "A" else "B") \
                + cursor[at + 1:]
            self.safe(self.follow(f"{base}_cursor={other}", token), 400,
                      "cursor_refused", "cursor_refused")

    def test_no_provider_address_leaves(self):
        answer, _ = self.pages()
        self.assertNotIn("/rehearsal/", answer.text)
        for face in ("DSTU2", "STU3", "R4"):
            token = self.env.token(face)
            answer = self.env.search("Patient", face, token,
                                     _id=self.somebody(face))
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn("/rehearsal/", answer.text)
            self.assertTrue(answer.json["entry"][0]["fullUrl"].startswith(
                self.env[f"WG_FHIR_{face}"] + "/Patient/"), answer)
