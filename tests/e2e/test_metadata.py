# test_metadata.py - what anyone may know, and that all of it is true
# SPDX-License-Identifier: Apache-2.0

import base64
import contextlib
import hashlib
import html.parser
import json
import os
import subprocess
import time
import unittest

from tests.e2e import once
from tests.fhir import validate
from tests.rig import client

FACES = {"DSTU2": ("1.0.2", "application/json+fhir"),
         "STU3": ("3.0.1", "application/fhir+json"),
         "R4": ("4.0.1", "application/fhir+json")}
CAPABILITIES = ["client-confidential-symmetric",
                "client-confidential-asymmetric", "permission-v1",
                "permission-v2"]
OAUTH_URIS = ("http://fhir-registry.smarthealthit.org/StructureDefinition/"
              "oauth-uris")
SERVICE = "https://hl7.org/fhir/ValueSet/restful-security-service"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOID = {"meta", "link", "br", "hr", "img", "input"}
WAIT_S = 60


class Nesting(html.parser.HTMLParser):
    """Notes what is left open or closed wrongly, and every attribute."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.seen = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


class Story(unittest.TestCase):
    def setUp(self):
        self.env = client.Env.read()
        self.base = self.env["WG_BASE"]

    def get(self, path, method="GET", **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        body = None if method in ("GET", "HEAD") else b""
        return client.request(method, self.base + path, fields, body)

    def statement(self, face, **headers):
        path = f"/fhir/{face.lower()}" if face else "/fhir"
        return self.get(path + "/metadata", **headers)

    def oauth_uris(self, statement):
        outer = [e for e in statement["rest"][0]["security"]["extension"]
                 if e["url"] == OAUTH_URIS]
        self.assertEqual(len(outer), 1)
        return {e["url"]: e["valueUri"] for e in outer[0]["extension"]}


class Statements(Story):
    def test_each_face_states_its_version_without_a_token(self):
        for face, (number, media) in FACES.items():
            with self.subTest(face):
                got = self.statement(face)
                self.assertEqual(got.status, 200)
                self.assertEqual(got.header["content-type"],
                                 f"{media}; charset=utf-8")
                self.assertEqual(got.json["fhirVersion"], number)
                self.assertEqual(got.json["rest"][0]["mode"], "server")
                said = []
                validate.resource(
                    validate.Model(face.lower()), got.json, "",
                    lambda where, what: said.append(f"{where}: {what}"))
                self.assertEqual(said, [])

    def test_the_service_is_coded_twice_the_standard_first(self):
        for face in FACES:
            service = self.statement(face).json["rest"][0]["security"][
                "service"]
            codings = service[0]["coding"]
            self.assertEqual([c["code"] for c in codings], ["OAuth"] * 2)
            self.assertEqual(
                codings[0]["system"],
                "http://terminology.hl7.org/CodeSystem/"
                "restful-security-service" if face == "R4" else
                "http://hl7.org/fhir/restful-security-service")
            self.assertEqual(codings[1]["system"], SERVICE)

    def test_a_token_that_is_none_changes_nothing(self):
        plain = self.statement("STU3")
        for value in ("Bearer x", "Basic eDp5", "Bearer "):
            got = self.statement("STU3", Authorization=value)
            self.assertEqual((got.status, got.body), (200, plain.body))

    def test_addresses_come_from_the_settings_never_from_host(self):
        lines = ("GET /fhir/metadata HTTP/1.1", "Host: evil.example",
                 "X-Forwarded-Host: evil.example", "Connection: close")
        got = client.raw_answer(
            self.env.port, "\r\n".join((*lines, "", "")).encode())
        self.assertIsNotNone(got)
        self.assertNotIn("evil", got.text)
        text = self.statement("").text
        self.assertIn(f'"{self.base}/oauth2/token"', text)
        self.assertNotIn("rehearsal", text)

    def test_accept_chooses_among_json_only(self):
        got = self.statement("", Accept="application/fhir+json; "
                                        "fhirVersion=1.0")
        self.assertEqual(got.json["resourceType"], "Conformance")
        self.assertIn("Accept", got.header["vary"])
        for accept in ("application/fhir+xml", "text/html",
                       "application/fhir+json; fhirVersion=3.0"):
            got = self.statement("R4", Accept=accept)
            self.assertEqual((got.status, got.reason),
                             (406, "format_refused"))
        self.assertEqual(self.get("/fhir/metadata?_format=xml").status, 406)
        self.assertEqual(self.statement("R4", Accept=BROWSER).status, 200)

    def test_who_has_it_is_told_so(self):
        got = self.statement("R4")
        tag = got.header["etag"]
        again = self.statement("R4", If_None_Match=f'"x", {tag}')
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertIn("max-age", got.header["cache-control"])
        head = self.get("/fhir/r4/metadata", "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.header["etag"], tag)

    def test_it_can_only_be_read(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            got = self.get("/fhir/r4/metadata", method)
            self.assertEqual((got.status, got.reason),
                             (405, "method_refused"), method)
            self.assertEqual(got.header["allow"].replace(" ", ""),
                             "GET,HEAD")

    def test_what_it_lists_is_served_and_nothing_else(self):
        for face in FACES:
            token = self.env.token(face)
            listed = self.statement(face).json["rest"][0]["resource"]
            for entry in listed:
                kind = entry["type"]
                self.assertEqual([i["code"] for i in entry["interaction"]],
                                 ["read", "search-type"])
                got = self.env.fhir("GET", f"{kind}/no-such-id", token, face)
                self.assertEqual((got.status, got.reason),
                                 (404, "not_found"), kind)
                got = self.env.fhir("GET", f"{kind}?_id=no-such-id", token,
                                    face)
                self.assertEqual((got.status, got.json["total"]), (200, 0))
            for kind in ("Practitioner", "MedicationStatement", "Binary"):
                got = self.env.fhir("GET", f"{kind}/1", token, face)
                self.assertEqual((got.status, got.reason),
                                 (404, "type_not_served"))


class Documents(Story):
    def test_three_documents_tell_the_same_truth(self):
        server = self.get("/.well-known/oauth-authorization-server").json
        for face in ("", *FACES):
            path = f"/fhir/{face.lower()}" if face else "/fhir"
            smart = self.get(path + "/.well-known/smart-configuration",
                             Accept="text/plain").json
            self.assertEqual(smart.pop("capabilities"), CAPABILITIES)
            self.assertEqual(smart, server)
            self.assertEqual(
                self.oauth_uris(self.statement(face).json),
                {"token": server["token_endpoint"],
                 "authorize": server["authorization_endpoint"]})
        self.assertEqual(server["issuer"], self.base)
        self.assertEqual(server["token_endpoint"],
                         self.env["WG_TOKEN_URL"])
        self.assertEqual(self.get("/.well-known/smart-configuration").json,
                         {**server, "capabilities": CAPABILITIES})
        self.assertEqual(self.get("/.well-known/openid-configuration").status,
                         404)

    def test_what_they_say_is_how_it_behaves(self):
        server = self.get("/.well-known/oauth-authorization-server").json
        token = self.env.token()
        head, claims = (json.loads(base64.urlsafe_b64decode(p + "=="))
                        for p in token.split(".")[:2])
        self.assertEqual(claims["iss"], server["issuer"])
        keys = self.get(server["jwks_uri"][len(self.base):])
        self.assertEqual(keys.header["content-type"],
                         "application/jwk-set+json")
        self.assertIn("max-age", keys.header["cache-control"])
        self.assertIn(head["kid"], [k["kid"] for k in keys.json["keys"]])
        for key in keys.json["keys"]:
            self.assertEqual((key["kty"], key["crv"], key["alg"], key["use"]),
                             ("EC", "P-256", "ES256", "sig"))
            self.assertNotIn("d", key)
        # what each method and algorithm gets: test_hostile_token.py,
        # test_assertion.py
        self.assertEqual(server["token_endpoint_auth_methods_supported"],
                         ["client_secret_post", "client_secret_basic",
                          "private_key_jwt"])
        self.assertEqual(
            server["token_endpoint_auth_signing_alg_values_supported"],
            ["RS256", "RS384", "PS256", "ES256", "ES384"])
        for word in server["scopes_supported"]:
            got = self.env.ask_token(
                scope=f"{self.env['WG_TENANT_STU3']} {word}")
            self.assertEqual((got.status, got.json.get("scope")),
                             (200, f"{self.env['WG_TENANT_STU3']} {word}"))
        self.assertEqual(self.env.ask_token(grant_type="password").reason,
                         "unsupported_grant_type")


class Authorize(Story):
    PATH = ("/oauth2/authorize?response_type=code&client_id=x"
            "&redirect_uri=https%3A%2F%2Fevil.example%2Fcb&state=s")

    def test_a_program_is_told_that_nobody_signs_in(self):
        for method in ("GET", "POST"):
            got = self.get(self.PATH, method)
            self.assertEqual((got.status, got.reason),
                             (400, "unsupported_response_type"))
            self.assertNotIn("location", got.header)
            self.assertNotIn("evil", got.text)
            self.assertEqual(got.header["cache-control"], "no-store")
        got = client.request("POST", self.base + "/oauth2/authorize",
                             {"Content-Type": client.FORM},
                             "response_type=token")
        self.assertEqual(got.reason, "unsupported_response_type")
        self.assertEqual(self.get("/oauth2/authorize").reason,
                         "invalid_request")

    def test_a_person_reads_a_page(self):
        got = self.get(self.PATH + "&x=%3Cscript%3E", Accept=BROWSER)
        self.assertEqual(got.status, 400)
        self.assertTrue(got.header["content-type"].startswith("text/html"))
        self.assertIn("default-src 'none'",
                      got.header["content-security-policy"])
        self.assertNotIn("evil", got.text)
        page = Nesting(got.text)
        self.assertEqual((page.open, page.wrong), ([], []))
        self.assertIn(("html", {"lang": "en"}), page.seen)
        tags = [tag for tag, _ in page.seen]
        self.assertEqual(tags.count("h1"), 1)
        self.assertIn("main", tags)
        self.assertNotIn("script", tags)


class FacePage(Story):
    def test_a_browser_at_a_face_sees_what_this_is(self):
        for path in ("/fhir", "/fhir/", "/fhir/r4"):
            got = self.get(path, Accept=BROWSER)
            self.assertEqual(got.status, 200, path)
            page = Nesting(got.text)
            self.assertEqual((page.open, page.wrong), ([], []))
            links = [a.get("href", "") for tag, a in page.seen if tag == "a"]
            ours = [h for h in links if h.startswith(self.base)]
            self.assertTrue(ours)
            for href in ours:
                self.assertEqual(client.request("GET", href).status, 200)

    def test_it_reads_well_in_a_browser(self):
        got = self.get("/fhir/stu3", Accept=BROWSER)
        self.assertEqual(got.header["content-type"],
                         "text/html; charset=utf-8")
        page = Nesting(got.text)
        tags = [tag for tag, _ in page.seen]
        self.assertTrue(got.text.startswith("<!DOCTYPE html>"))
        self.assertIn(("html", {"lang": "en"}), page.seen)
        self.assertIn(("meta", {
            "name": "viewport",
            "content": "width=device-width, initial-scale=1"}), page.seen)
        self.assertEqual([tags.count(t) for t in
                          ("title", "main", "h1", "script", "img")],
                         [1, 1, 1, 0, 0])
        self.assertIn("FHIR STU3 (3.0.1)", got.text)
        for face in FACES:
            self.assertIn(f"<code>{self.base}/fhir/{face.lower()}</code>",
                          got.text)
        # a browser applies the style only if the policy names its hash
        style = got.text.split("<style>")[1].split("</style>")[0]
        digest = hashlib.sha256(style.encode()).digest()
        self.assertIn(f"'sha256-{base64.b64encode(digest).decode()}'",
                      got.header["content-security-policy"])
        self.assertNotIn("style=", got.text)


@once
class Health(Story):
    def ready(self):
        """(status, {name: (ok, why)})"""
        got = self.get("/readyz")
        return got.status, {c["name"]: (c["ok"], c["why"])
                            for c in got.json["checks"]}

    def await_ready(self, status):
        """Each process looks once a second: until several agree."""
        until, agreed = time.monotonic() + WAIT_S, 0
        while agreed < 8:
            got, checks = self.ready()
            agreed = agreed + 1 if got == status else 0
            if time.monotonic() > until:
                self.fail(f"{got} {checks}")
            time.sleep(0.03)
        return checks

    def sql(self, text):
        subprocess.run(["psql", self.env["WG_DB"], "-qX", "-v",
                        "ON_ERROR_STOP=1", "-c", text],
                       check=True, stdout=subprocess.DEVNULL)

    @contextlib.contextmanager
    def broken(self, name, how, mend):
        """Breaks one thing; that and nothing else is named, then mends it."""
        self.await_ready(200)
        how()
        try:
            checks = self.await_ready(503)
            self.assertFalse(checks[name][0])
            yield checks
        finally:
            mend()
        self.assertTrue(all(ok for ok, _ in self.await_ready(200).values()))

    def test_alive_is_alive(self):
        got = self.get("/healthz")
        self.assertEqual((got.status, got.json), (200, {"alive": True}))
        self.assertEqual(got.header["cache-control"], "no-store")

    def test_all_is_well(self):
        checks = self.await_ready(200)
        self.assertEqual(list(checks), ["database", "schema", "writable",
                                        "audit", "keys"])

    def test_a_schema_out_of_range_is_named(self):
        with self.broken(
                "schema",
                lambda: self.sql("insert into wardgate.migration values "
                                 "(99999, 'x', sha256('x'))"),
                lambda: self.sql("delete from wardgate.migration "
                                 "where number = 99999")) as checks:
            self.assertIn("99999", checks["schema"][1])
            self.assertTrue(checks["audit"][0] and checks["keys"][0])

    def test_a_missing_audit_partition_is_named(self):
        name = time.strftime("audit_%Y_%m", time.gmtime())
        with self.broken(
                "audit",
                lambda: self.sql(f"alter table wardgate.{name} "
                                 f"rename to {name}_away"),
                lambda: self.sql(f"alter table wardgate.{name}_away "
                                 f"rename to {name}")) as checks:
            self.assertIn(name[6:].replace("_", "-"), checks["audit"][1])
            self.assertTrue(checks["schema"][0] and checks["keys"][0])

    def test_missing_keys_are_named(self):
        folder = os.path.join(self.env["WG_HOME"], "keys/public")
        with self.broken("keys",
                         lambda: os.rename(folder, folder + ".away"),
                         lambda: os.rename(folder + ".away", folder)) \
                as checks:
            self.assertTrue(checks["database"][0])
            self.assertEqual(self.get("/oauth2/jwks").status, 200)

    def test_without_the_database_all_documents_still_answer(self):
        def down():
            self.sql("alter role wg_metadata nologin; "
                     "grant wg_metadata to wg_owner")
            self.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                     "where usename = 'wg_metadata'")

        def up():
            self.sql("alter role wg_metadata login; "
                     "revoke wg_metadata from wg_owner")

        with self.broken("database", down, up) as checks:
            self.assertTrue(checks["keys"][0])
            for path in ("/fhir/metadata", "/fhir/dstu2/metadata",
                         "/oauth2/jwks", "/healthz",
                         "/.well-known/smart-configuration",
                         "/.well-known/oauth-authorization-server"):
                self.assertEqual(self.get(path).status, 200, path)


if __name__ == "__main__":
    unittest.main()
