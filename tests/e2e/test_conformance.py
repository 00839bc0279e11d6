# test_conformance.py - what the standards oblige an authorization server to
# SPDX-License-Identifier: Apache-2.0
#
# tests/conformance.tsv lists the clauses and who tests each; here stands what
# the other stories leave: that the documents are true in every combination,
# that others can verify our tokens with what we publish, and the checks that
# SMART test kits make of a server for backend services.

import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e import jwt
from tests.e2e.hostile import request, rows
from tests.e2e.test_assertion import TYPE, Asserting
from tests.rig.client import FORM, basic

SERVER = "/.well-known/oauth-authorization-server"
SMART = "/fhir/r4/.well-known/smart-configuration"
ENDPOINTS = ("token", "introspection", "revocation")
# SubjectPublicKeyInfo of a point on P-256, up to its coordinates.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                     "04")


def der_signature(raw):
    """ECDSA r | s as DER."""
    half, out = len(raw) // 2, b""
    for part in (raw[:half], raw[half:]):
        part = part.lstrip(b"\0") or b"\0"
        part = b"\0" * (part[0] >> 7) + part
        out += bytes([2, len(part)]) + part
    return bytes([0x30, len(out)]) + out


class Server(Asserting):
    """A client with a secret and keys, and every way to show who it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = json.loads(cls.house.operator(
            "client", "secret", "add", cls.who, "--json"))["client_secret"]
        cls.said = cls.document(SERVER)

    @classmethod
    def document(cls, path):
        return request("GET", cls.env["WG_BASE"] + path).json

    def ask_at(self, endpoint, form, headers=None):
        """A request to an endpoint as the document names it."""
        form = {k: v for k, v in form.items() if v is not None}
        return request("POST", self.said[f"{endpoint}_endpoint"],
                       {"Content-Type": FORM, **(headers or {})},
                       urlencode(form))

    def wanted(self, endpoint):
        """What an endpoint needs beside who asks."""
        if endpoint == "token":
            return {"grant_type": "client_credentials",
                    "scope": self.env["WG_TENANT_STU3"]}
        return {"token": self.token(alg="ES256")}

    def shown(self, method, alg="ES384"):
        """(form, headers) of a way to authenticate."""
        if method == "client_secret_basic":
            return {}, {"Authorization": basic(self.who, self.secret)}
        if method == "client_secret_post":
            return {"client_id": self.who, "client_secret": self.secret}, {}
        return {"client_assertion_type": TYPE,
                "client_assertion": self.assertion(alg)}, {}

    def ask_by(self, endpoint, method, alg="ES384"):
        form, headers = self.shown(method, alg)
        return self.ask_at(endpoint, {**self.wanted(endpoint), **form},
                           headers)


class Documents(Server):
    def test_every_method_and_algorithm_works_at_every_endpoint(self):
        for endpoint in ENDPOINTS:
            methods = self.said[f"{endpoint}_endpoint_auth_methods_supported"]
            algs = self.said[
                f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
            ways = [(m, None) for m in methods if m != "private_key_jwt"] + [
                ("private_key_jwt", alg) for alg in algs]
            self.assertEqual(len(ways), 7)
            for way in ways:
                with self.subTest(endpoint, way=way):
                    answer = self.ask_by(endpoint, *way)
                    self.assertEqual(answer.status, 200, answer)
                    self.assertEqual(answer.header["cache-control"],
                                     "no-store")
                    self.assertEqual(answer.header["pragma"], "no-cache")
                    self.assertEqual(
                        answer.json and answer.json.get("active"),
                        True if endpoint == "introspection" else None)

    def test_what_they_do_not_list_does_not_work(self):
        own = {"kid": "x", "typ": "JWT"}
        for endpoint in ENDPOINTS:
            forged = [jwt.make(None, {**own, "alg": alg}, self.claims(),
                               jwt.hs256(self.secret.encode()))
                      for alg in ("HS256", "HS384", "none", "EdDSA", "ES512",
                                  "PS384")]
            for form, reason in (
                    [({"client_id": self.who}, "client_absent")] +
                    [({"client_assertion_type": TYPE, "client_assertion": a},
                      "assertion_malformed") for a in forged]):
                answer = self.ask_at(endpoint,
                                     {**self.wanted(endpoint), **form})
                self.safe(answer, 401, "invalid_client", reason)
            self.assertEqual(request(
                "GET", self.said[f"{endpoint}_endpoint"]).status, 405)

    def test_each_is_found_where_its_issuer_says(self):
        base = self.env["WG_BASE"]
        for path in (SERVER, SMART):
            answer = request("GET", base + path)
            self.assertEqual(answer.header["content-type"],
                             "application/json")
            said = answer.json
            self.assertEqual(said["issuer"], base)
            for name in ("token_endpoint", "authorization_endpoint",
                         "jwks_uri", "introspection_endpoint",
                         "revocation_endpoint"):
                self.assertTrue(said[name].startswith(base + "/"), name)
            self.assertEqual(said["grant_types_supported"],
                             ["client_credentials"])
            self.assertEqual(said["response_types_supported"], [])
            for name in ("registration_endpoint", "userinfo_endpoint",
                         "code_challenge_methods_supported"):
                self.assertNotIn(name, said)

    def test_others_verify_tokens_with_the_published_keys(self):
        keys = request("GET", self.said["jwks_uri"]).json["keys"]
        token = self.token()
        head, _, sig = jwt.parts(token)
        key, = [k for k in keys if k["kid"] == head["kid"]]
        signed = token.rpartition(".")[0].encode()
        folder = Path(self.folder.name)
        (folder / "spki").write_bytes(
            SPKI + jwt.unb64(key["x"]) + jwt.unb64(key["y"]))
        (folder / "sig").write_bytes(der_signature(sig))
        verify = ("dgst", "-sha256", "-keyform", "DER", "-verify",
                  str(folder / "spki"), "-signature", str(folder / "sig"))
        self.assertIn(b"Verified OK", jwt.openssl(*verify, data=signed))
        with self.assertRaises(Exception):
            jwt.openssl(*verify, data=signed + b"x")


class Requests(Server):
    def test_unknown_parameters_are_ignored_and_empty_ones_not_there(self):
        form, _ = self.shown("client_secret_post")
        for more in ({"resource": self.env["WG_FHIR"], "audience": "x"},
                     {"token_type_hint": "access_token", "Scope": "x"},
                     {"client_assertion": "", "client_assertion_type": ""}):
            answer = self.ask_at("token", {**self.wanted("token"), **form,
                                           **more})
            self.assertEqual(answer.status, 200, answer)
        answer = self.ask_at("token", {**self.wanted("token"), **form,
                                       "scope": ""})
        self.safe(answer, 400, "invalid_scope", "scope_malformed")

    def test_PSS_needs_a_salt_as_long_as_the_digest(self):
        key = self.keys["PS256"]
        self.token(alg="PS256")
        for salt in ("0", "20", "max"):
            def sign(data, salt=salt):
                return jwt.openssl(
                    "dgst", "-sha256", "-sign", key.path, "-sigopt",
                    "rsa_padding_mode:pss", "-sigopt",
                    f"rsa_pss_saltlen:{salt}", data=data)
            self.refused(self.assertion("PS256", sign=sign), "signature")

    def test_a_key_of_another_client_under_the_same_kid_is_not_ours(self):
        mine = self.keys["ES256"]
        theirs = jwt.KeyPair(tempfile.mkdtemp(dir=self.folder.name), "ES256",
                             mine.kid)
        other = self.client_with([theirs.jwk()])
        self.token(key=theirs, who=other)
        self.refused(self.assertion(key=theirs), "signature")
        self.refused(self.assertion(key=mine, who=other), "signature")
        claims = {"iss": other, "sub": self.who}
        self.refused(self.assertion(key=theirs, **claims), "claims")

    def test_every_hint_and_none_find_the_same_token(self):
        form, _ = self.shown("client_secret_post")
        token = self.token()
        for hint in (None, "access_token", "refresh_token", "x"):
            told = self.ask_at("introspection", {
                **form, "token": token, "token_type_hint": hint})
            self.assertIs(told.json["active"], True, hint)
        for hint in ("refresh_token", None):
            answer = self.ask_at("revocation", {
                **form, "token": token, "token_type_hint": hint})
            self.assertEqual((answer.status, answer.body), (200, b""))
        told = self.ask_at("introspection", {**form, "token": token})
        self.assertEqual(told.json, {"active": False})

    def test_a_narrowed_token_is_told_with_its_scope(self):
        form, _ = self.shown("client_secret_post")
        for words in ("system/Patient.read", "system/Patient.rs "
                      "system/Observation.s"):
            scope = f"{self.env['WG_TENANT_STU3']} {words}"
            made = self.ask_at("token", {**self.wanted("token"), **form,
                                         "scope": scope}).json
            self.assertEqual(made["scope"], scope)
            told = self.ask_at("introspection", {
                **form, "token": made["access_token"]}).json
            own = jwt.parts(made["access_token"])[1]
            self.assertEqual(told, {
                "active": True, "token_type": "Bearer",
                **{name: own[name] for name in (
                    "scope", "client_id", "exp", "iat", "nbf", "sub", "aud",
                    "iss", "jti")}})
            self.assertEqual(told["scope"], scope)

    def test_another_clients_token_is_neither_told_nor_ended(self):
        form, _ = self.shown("private_key_jwt")
        strange = self.env.token("STU3")
        told = self.ask_at("introspection", {**form, "token": strange})
        self.assertEqual(told.json, {"active": False})
        kept = rows(self.env, "select client_id, token_id, tenant_id is null "
                    "from wardgate.audit where trace_id = "
                    f"'{told.header['x-trace-id']}'")
        self.assertEqual(kept, [[self.who, jwt.parts(strange)[1]["jti"],
                                 "t"]])
        form, _ = self.shown("private_key_jwt")
        answer = self.ask_at("revocation", {**form, "token": strange})
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(self.reads(strange), 200)


class TestKits(Server):
    """The steps of a kit for SMART backend services, in its order."""

    def form(self, **more):
        return {"grant_type": "client_credentials", "scope":
                f"{self.env['WG_TENANT_STU3']} system/Patient.read",
                "client_assertion_type": TYPE,
                "client_assertion": self.assertion("RS384"), **more}

    def test_discovery_says_what_a_backend_service_needs(self):
        answer = request("GET", self.env["WG_BASE"] + SMART,
                         {"Accept": "application/json"})
        self.assertEqual(answer.status, 200)
        said = answer.json
        for name, kind in (("token_endpoint", str), ("jwks_uri", str),
                           ("capabilities", list),
                           ("grant_types_supported", list),
                           ("scopes_supported", list),
                           ("token_endpoint_auth_methods_supported", list),
                           ("token_endpoint_auth_signing_alg_values_supported",
                            list)):
            self.assertIsInstance(said[name], kind, name)
        self.assertIn("private_key_jwt",
                      said["token_endpoint_auth_methods_supported"])
        self.assertLessEqual(
            {"RS384", "ES384"},
            set(said["token_endpoint_auth_signing_alg_values_supported"]))
        self.assertLessEqual(
            {"client-confidential-asymmetric", "permission-v2"},
            set(said["capabilities"]))

    def test_another_grant_type_fails(self):
        answer = self.ask_at("token", self.form(
            grant_type="not_a_grant_type"))
        self.safe(answer, 400, "unsupported_grant_type", "grant_type")

    def test_another_assertion_type_fails(self):
        answer = self.ask_at("token", self.form(
            client_assertion_type="not_an_assertion_type"))
        self.safe(answer, 401, "invalid_client", "assertion_malformed")

    def test_an_invalid_assertion_fails(self):
        now = int(time.time())
        for more, reason in (
                ({"iss": "not_a_valid_iss"}, "claims"),
                ({"exp": now - 3600}, "expired"),
                ({"exp": now + 3600}, "life"), ({"aud": "x"}, "audience"),
                ({"head": {"kid": "not_a_kid"}}, "key_unknown"),
                ({"sign": lambda d: b"x" * 256}, "signature")):
            answer = self.ask_at("token", self.form(
                client_assertion=self.assertion("RS384", **more)))
            self.safe(answer, 401, "invalid_client", f"assertion_{reason}")

    def test_a_good_request_gets_all_that_the_answer_must_have(self):
        for alg in ("RS384", "ES384"):
            answer = self.ask_at("token", self.form(
                client_assertion=self.assertion(alg)))
            self.assertEqual(answer.status, 200, answer)
            self.assertTrue(answer.header["content-type"].startswith(
                "application/json"))
            self.assertEqual(answer.header["cache-control"], "no-store")
            self.assertEqual(answer.header["pragma"], "no-cache")
            body = answer.json
            self.assertEqual(set(body), {"access_token", "token_type",
                                         "expires_in", "scope"})
            self.assertEqual(body["token_type"].lower(), "bearer")
            self.assertLessEqual(body["expires_in"], 300)
            self.assertIn("system/Patient.read", body["scope"].split())
            got = self.env.fhir("GET", "Patient?_id=nobody",
                                body["access_token"], "STU3")
            self.assertEqual(got.status, 200, got)
