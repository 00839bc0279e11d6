# test_truth.py - with a token the statement is that of one hospital
# SPDX-License-Identifier: Apache-2.0
#
# A hospital that can little stands behind a ward of STU3: its operator says
# so. What the statement leaves out or marks must be so, and nobody else gets
# to read it: any other token gives the statement that everybody gets.

import json
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e import jwt
from tests.fhir import validate
from tests.rig.client import Env, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import FACES, House

setUpModule = behind_lighttpd

TENANT = "0000717e-1ab1-4000-8000-000000000001"
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NAME = 'St. "Mary" & <Sons>'
LIMITED = {"search_post": "off", "can_contains": "off", "can_sort": "off",
           "can_total": "off", "can_batch": "off",
           "coverage_person": "none"}
USUAL = {"search_post": "on", "can_contains": "auto", "can_sort": "auto",
         "can_total": "auto", "can_batch": "auto",
         "coverage_person": "auto", "mode": "translate",
         "fhir_version": "STU3"}
PLAIN = ("cache-control", "etag", "vary", "content-type")


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Truth")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)
        cls.put(name=NAME, slug="truth", client=cls.client,
                provider_url=f"{cls.env['WG_BASE']}/rehearsal/stu3")

    @classmethod
    def put(cls, **more):
        put_tenant(cls.house, TENANT, **{**USUAL, **more})

    @classmethod
    def token(cls):
        answer = cls.env.ask_token(TENANT, client_id=cls.client,
                                   client_secret=cls.secret)
        return answer.json["access_token"]

    def get(self, face, token=None, **headers):
        fields = {k.replace("_", "-"): v for k, v in headers.items()}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        return request("GET", f"{self.env[f'WG_FHIR_{face}']}/metadata",
                       fields)

    def truth(self, face, token=None):
        got = self.get(face, token or self.token())
        self.assertEqual(got.status, 200, got)
        self.assertEqual(got.header["cache-control"], "no-store")
        self.assertIn("Authorization", got.header["vary"])
        self.assertNotIn("etag", got.header)
        said = []
        validate.resource(validate.Model(face.lower()), got.json, "",
                          lambda where, what: said.append(f"{where}: {what}"))
        self.assertEqual(said, [])
        return got.json

    @staticmethod
    def types(statement):
        return {r["type"]: r
                for r in statement["rest"][0].get("resource", ())}

    def params(self, statement, kind):
        return {p["name"]: p["documentation"]
                for p in self.types(statement)[kind]["searchParam"]}

    def plain(self, face, token=None):
        """What everybody gets; with this token it must be the same."""
        got = self.get(face, token)
        self.assertEqual(got.status, 200)
        return got.body, [got.header.get(n) for n in PLAIN]


class Truth(Story):
    def test_what_a_limited_hospital_cannot_is_emulated_or_left_out(self):
        self.put(**LIMITED)
        for face in FACES:
            with self.subTest(face):
                statement = self.truth(face)
                note = statement["rest"][0]["documentation"]
                batch = statement["rest"][0].get("interaction", [{}])[0]
                note += batch.get("documentation", "")
                for words in ("POST to _search", "_sort", "Bundle.total",
                              "batch"):
                    self.assertIn(f"Emulated: {words}", note)
                patient = self.params(statement, "Patient")
                self.assertIn("Emulated: The hospital's server finds only "
                              "names that begin", patient["family"])
                self.assertNotIn("patient",
                                 self.params(statement, "Coverage"))
                coverage = self.types(statement)["Coverage"]["interaction"]
                self.assertIn("Missing: searches by patient.",
                              [i.get("documentation") for i in coverage])

    def test_what_it_can_is_native(self):
        self.put(can_contains="on", can_sort="on", can_total="on",
                 coverage_person="beneficiary")
        statement = self.truth("STU3")
        note = statement["rest"][0]["documentation"]
        for words in ("Native: _sort.", "Native: Bundle.total."):
            self.assertIn(words, note)
        self.assertEqual(note.count("Emulated"), 0)
        self.assertTrue(self.params(statement, "Coverage")["patient"]
                        .endswith("Native, asked as beneficiary."))

    def test_conversion_is_told_and_whose_records_they_are(self):
        for face in FACES:
            for words, switch in (("kept in extensions", "on"),
                                  ("is left out, unless", "off")):
                self.put(write_extensions=switch)
                statement = self.truth(face)
                self.assertIn(f"records of {NAME}, whose server speaks STU3",
                              statement["implementation"]["description"])
                for kind, entry in self.types(statement).items():
                    said = entry["interaction"][0]["documentation"]
                    if face == "STU3":
                        self.assertEqual(said, "Native.", kind)
                    else:
                        self.assertIn("Converted from STU3", said, kind)
                        self.assertIn(words, said, kind)

    def test_what_was_learned_is_told_until_the_provider_changes(self):
        self.put()
        self.assertEqual(len(self.types(self.truth("R4"))), 8)
        self.learned({"version": "STU3", "told": True, "facts": {
            "sort": {"works": False, "by": "seen"}}, "types": {
                "Patient": {"params": ["birthdate"], "subject": False},
                "Observation": {"subject": False}}})
        for face in FACES:
            with self.subTest(face):
                statement = self.truth(face)
                self.assertEqual(set(self.types(statement)),
                                 {"Patient", "Observation"})
                note = statement["rest"][0]["documentation"]
                self.assertIn("Emulated: _sort", note)
                self.assertRegex(note, "Missing: Condition, Encounter, .*")
                patient = self.params(statement, "Patient")
                self.assertTrue(patient["birthdate"].endswith("Native."))
                self.assertIn("Emulated", patient["gender"])
        self.put(can_sort="on")
        self.assertIn("has not been asked yet",
                      self.truth("R4")["rest"][0]["documentation"])
        self.assertEqual(len(self.types(self.truth("R4"))), 8)

    def test_what_the_facade_finds_out_is_told(self):
        """By searches alone: the server refuses, and says what it has."""
        where = f"{self.env['WG_BASE']}/rehearsal/stu3/~nocontains/~refusesort"
        self.put(provider_url=where)
        self.addCleanup(self.put, provider_url=where.split("/~")[0])
        self.house.heard()
        token = self.token()
        self.assertIn("has not been asked yet",
                      self.truth("R4")["rest"][0]["documentation"])
        for face in FACES:
            for path in ("Patient?family=a&_sort=birthdate",
                         "Coverage?patient=1"):
                got = self.env.fhir("GET", path, token, face)
                self.assertEqual(got.status, 200, got)
            statement = self.truth(face)
            note = statement["rest"][0]["documentation"]
            self.assertIn("Emulated: _sort", note)
            self.assertNotIn("has not been asked yet", note)
            self.assertIn("Emulated", self.params(statement, "Patient")[
                "family"])
            self.assertIn("Native",
                          self.params(statement, "Coverage")["patient"])

    def learned(self, facts):
        kept = self.house.cluster.psql(
            "select wardgate.found_put(tenant_id, revision, "
            f"'{json.dumps(facts)}') from wardgate.provider "
            f"where tenant_id = '{TENANT}'")
        self.assertEqual(kept.strip(), "t")

    def test_in_mode_links_other_faces_promise_nothing_and_give_nothing(self):
        self.put(mode="links")
        self.house.heard()
        token = self.token()
        own = self.env["WG_FHIR_STU3"]
        self.assertEqual(len(self.types(self.truth("STU3", token))), 8)
        for face in ("DSTU2", "R4"):
            with self.subTest(face):
                statement = self.truth(face, token)
                self.assertIn(
                    f"read them at {own}",
                    statement["implementation"]["description"])
                for rest in statement.get("rest", ()):
                    self.assertNotIn("resource", rest)
                got = self.env.fhir("GET", "Patient/1", token, face)
                self.assertEqual((got.status, got.reason),
                                 (501, "face_other_version"))
                self.assertIn(own, got.text)

    def test_addresses_are_those_of_the_other_documents(self):
        token = self.token()
        smart = request("GET", self.env["WG_BASE"] +
                        "/.well-known/smart-configuration").json
        for face in FACES:
            rest = self.truth(face, token)["rest"][0]
            uris = {e["url"]: e["valueUri"] for outer in
                    rest["security"]["extension"]
                    for e in outer["extension"]}
            self.assertEqual(uris["token"], smart["token_endpoint"])
            self.assertEqual(uris["authorize"],
                             smart["authorization_endpoint"])
            self.assertNotIn("rehearsal", json.dumps(rest))

    def test_the_default_face_tells_the_truth_of_its_version(self):
        token = self.token()
        got = request("GET", self.env["WG_FHIR"] + "/metadata", {
            "Authorization": f"Bearer {token}",
            "Accept": "application/fhir+json; fhirVersion=4.0"})
        self.assertEqual(got.json["fhirVersion"], "4.0.1")
        self.assertIn("speaks STU3",
                      got.json["implementation"]["description"])
        head = request("HEAD", self.env["WG_FHIR"] + "/metadata",
                       {"Authorization": f"Bearer {token}"})
        self.assertEqual((head.status, head.body), (200, b""))
        got = self.get("R4", token, Accept="application/fhir+xml")
        self.assertEqual(got.status, 406)

    def test_hospitals_differ(self):
        told = {}
        for face in FACES:
            got = self.get("R4", self.env.token(face)).json
            told[face] = got["implementation"]["description"]
            self.assertIn(f"speaks {face}", told[face])
        self.assertEqual(len(set(told.values())), len(FACES))


class NoTruth(Story):
    """Every other token changes nothing, byte for byte."""

    def setUp(self):
        self.put()
        self.before = {face: self.plain(face) for face in FACES}

    def unchanged(self, token, why):
        for face in FACES:
            self.assertEqual(self.plain(face, token), self.before[face],
                             f"{face}: {why}")

    def test_without_a_token_it_is_the_same_as_ever(self):
        for face in FACES:
            body, head = self.plain(face)
            self.assertNotIn(b"Native", body)
            self.assertEqual(head[0], "public, max-age=300")
            self.truth(face)
            self.assertEqual(self.plain(face), self.before[face])

    def test_a_token_that_is_broken(self):
        good = self.token()
        data, _, signature = good.rpartition(".")
        for why, token in (
                ("junk", "x"), ("three parts", "a.b.c"),
                ("no signature", data + "."), ("long", "x" * 9000),
                ("another end", data + "." + signature[::-1]),
                ("more behind", good + " x")):
            with self.subTest(why):
                self.unchanged(token, why)
        for value in ("Bearer ", "Bearer", f"Basic {good}", good):
            with self.subTest(value[:6]):
                got = self.get("R4", Authorization=value)
                self.assertEqual((got.status, got.body),
                                 (200, self.before["R4"][0]))

    def test_a_token_that_is_foreign_or_over(self):
        forge = jwt.Forge(self.env)
        key = Path(tempfile.mkdtemp()) / "key.pem"
        self.addCleanup(shutil.rmtree, key.parent)
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1",
                        "-genkey", "-noout", "-out", str(key)], check=True)
        claims = jwt.parts(self.token())[1]
        now = int(time.time())
        self.assertIn(b"speaks STU3", self.get(
            "R4", forge.token(claims=claims)).body, "the forge works")
        for why, token in (
                ("another's key", forge.token(claims=claims, key=key)),
                ("no algorithm", forge.token({**forge.head, "alg": "none"},
                                             claims, lambda d: b"")),
                ("expired", forge.token(claims={
                    **claims, "iat": now - 900, "nbf": now - 900,
                    "exp": now - 600})),
                ("another audience", forge.token(
                    claims={**claims, "aud": "https://else.example"})),
                ("another issuer", forge.token(
                    claims={**claims, "iss": "https://else.example"})),
                ("a tenant that is none", forge.token(claims={
                    **claims, "scope": "0000717e-1ab1-4000-8000-00000000dead"
                })),
                ("a tenant that is not granted", forge.token(claims={
                    **claims, "scope": self.env["WG_TENANT_R4"]})),
                ("a client that is none", forge.token(claims={
                    **claims, "sub": NOBODY, "client_id": NOBODY})),
                ("a secret that is none", forge.token(
                    claims={**claims, "cred": "zzzzzzzz"}))):
            with self.subTest(why):
                self.unchanged(token, why)

    def test_a_token_that_no_longer_counts(self):
        """At once: nothing here is remembered. What is given again needs a
        new token."""
        database = self.house.cluster.psql
        for why, do, undo in (
                ("suspended",
                 "update wardgate.tenant set state = 'suspended'",
                 "update wardgate.tenant set state = 'active'"),
                ("grant ended",
                 "update wardgate.client_grant set ended_at = now()",
                 "update wardgate.client_grant set ended_at = null"),
                ("no provider",
                 "delete from wardgate.provider", None)):
            with self.subTest(why):
                token = self.token()
                where = f" where tenant_id = '{TENANT}'"
                self.assertNotEqual(self.plain("R4", token),
                                    self.before["R4"])
                database(do + where)
                self.unchanged(token, why)
                if undo:
                    database(undo + where)
                    self.house.heard()
        self.put(provider_url=f"{self.env['WG_BASE']}/rehearsal/stu3")
        self.truth("R4", token)


if __name__ == "__main__":
    unittest.main()
