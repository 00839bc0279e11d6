# test_scope.py - what a token and a grant cover, and nothing else
# SPDX-License-Identifier: Apache-2.0
#
# SMART system scopes beside the tenant ID narrow a token; the types of a grant
# narrow what its client reads (minimum necessary). Both hold for reads,
# searches, entries of batches and the statement with a token.

import json
import uuid

from tests.e2e import behind_lighttpd
from tests.e2e import jwt
from tests.e2e.hostile import Hostile, rows
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

TENANT = "5c09e000-0000-4000-8000-000000000001"
TYPES = {"DSTU2": ("Patient", "Observation", "Condition", "Encounter",
                   "AllergyIntolerance", "MedicationOrder", "Coverage",
                   "Location")}
TYPES["STU3"] = TYPES["R4"] = tuple(
    "MedicationRequest" if t == "MedicationOrder" else t
    for t in TYPES["DSTU2"])


class Narrowing(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Scopes")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)
        cls.put(name="Scopes", slug="scopes", fhir_version="R4",
                provider_url=f"{cls.env['WG_BASE']}/rehearsal/r4")

    @classmethod
    def put(cls, **more):
        put_tenant(cls.house, TENANT, client=cls.client, **more)

    def setUp(self):
        if rows(self.env, "select 1 from wardgate.client_grant where "
                f"client_id = '{self.client}' and types <> '{{}}'"):
            self.put(types="all")
            self.house.heard()

    def ask(self, words=""):
        return self.env.ask_token(
            f"{TENANT} {words}".strip(), client_id=self.client,
            client_secret=self.secret)

    def token(self, words=""):
        answer = self.ask(words)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def search(self, kind, token, face="R4"):
        person = "_id" if kind in ("Patient", "Location") else "patient"
        return self.env.fhir("GET", f"{kind}?{person}=no-such-id", token, face)

    def read(self, kind, token, face="R4"):
        return self.env.fhir("GET", f"{kind}/no-such-id", token, face)

    def covers(self, token, reads, searches, face="R4"):
        """Nothing but these types, by their names at the face."""
        for kind in TYPES[face]:
            with self.subTest(kind=kind, face=face):
                got = self.read(kind, token, face)
                if kind in reads:
                    self.assertEqual(got.status, 404, got)
                else:
                    self.safe(got, 403, "type_not_granted",
                              "type_not_granted")
                got = self.search(kind, token, face)
                if kind in searches:
                    self.assertEqual(got.status, 200, got)
                else:
                    self.safe(got, 403, "type_not_granted",
                              "type_not_granted")

    def listed(self, token, face):
        said = self.env.fhir("GET", "metadata", token, face).json
        return [r["type"] for r in said["rest"][0]["resource"]]


class Scopes(Narrowing):
    def test_S7_a_scope_narrows_what_the_token_reads(self):
        for words, reads, searches in (
                ("system/Patient.read", ["Patient"], ["Patient"]),
                ("system/Patient.r", ["Patient"], []),
                ("system/Patient.s system/Coverage.r", ["Coverage"],
                 ["Patient"]),
                ("system/*.s", [], TYPES["R4"]),
                ("system/*.read", TYPES["R4"], TYPES["R4"])):
            with self.subTest(words):
                self.covers(self.token(words), reads, searches)

    def test_a_type_has_one_meaning_at_all_faces(self):
        token = self.token("system/MedicationOrder.rs")
        for face, name in (("DSTU2", "MedicationOrder"),
                           ("STU3", "MedicationRequest"),
                           ("R4", "MedicationRequest")):
            self.covers(token, [name], [name], face)

    def test_the_answer_and_the_token_say_what_was_granted(self):
        for words, said in (
                ("", ""), ("system/*.read", "system/*.read"),
                ("system/Coverage.read system/Patient.read",
                 "system/Patient.read system/Coverage.read"),
                ("system/Patient.rs system/Patient.rs", "system/Patient.rs")):
            with self.subTest(words):
                answer = self.ask(words)
                wanted = f"{TENANT} {said}".strip()
                self.assertEqual(answer.json["scope"], wanted)
                claims = jwt.parts(answer.json["access_token"])[1]
                self.assertEqual(claims["scope"], wanted)

    def test_the_statement_of_a_token_leaves_out_the_rest(self):
        token = self.token("system/Patient.read system/MedicationRequest.r")
        for face in TYPES:
            self.assertEqual(self.listed(token, face),
                             ["Patient", TYPES[face][5]])

    def test_the_statement_lists_no_interaction_that_is_refused(self):
        token = self.token("system/Patient.r system/Coverage.s "
                           "system/Location.rs")
        for face in TYPES:
            rest = self.env.fhir("GET", "metadata", token, face).json["rest"][0]
            said = {r["type"]: r for r in rest["resource"]}
            self.assertEqual(
                {kind: [i["code"] for i in r["interaction"]]
                 for kind, r in said.items()},
                {"Patient": ["read"], "Coverage": ["search-type"],
                 "Location": ["read", "search-type"]})
            self.assertEqual({k for k, r in said.items() if "searchParam" in r},
                             {"Coverage", "Location"})
            self.covers(token, ["Patient", "Location"],
                        ["Coverage", "Location"], face)
            self.assertIn("Patient (search)", rest["documentation"])
            self.assertIn("Coverage (read)", rest["documentation"])


class Grants(Narrowing):
    def test_a_grant_narrows_tokens_that_were_issued_before(self):
        before = self.token()
        self.covers(before, TYPES["R4"], TYPES["R4"])
        self.put(types="Patient, coverage", purpose="Billing")
        self.house.heard()
        for token in (before, self.token(), self.token("system/*.read")):
            self.covers(token, ["Patient", "Coverage"],
                        ["Patient", "Coverage"])
        self.put(types="all")
        self.covers(before, TYPES["R4"], TYPES["R4"])

    def test_a_scope_asks_for_no_more_than_the_grant_has(self):
        self.put(types="Patient,Coverage")
        self.house.heard()
        self.assertEqual(self.ask("system/*.read").json["scope"],
                         f"{TENANT} system/Patient.read system/Coverage.read")
        self.assertEqual(
            self.ask("system/Patient.rs system/Condition.rs").json["scope"],
            f"{TENANT} system/Patient.rs")
        self.safe(self.ask("system/Condition.rs"), 400, "invalid_scope",
                  "scope_refused")
        self.assertEqual(self.ask().json["scope"], TENANT)

    def test_entries_of_a_batch_are_refused_one_by_one(self):
        self.put(types="Patient,Condition")
        self.house.heard()
        urls = ["Patient?_id=no-such-id", "Coverage?patient=no-such-id",
                "Condition/no-such-id", "Location/no-such-id"]
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": u}} for u in urls]}
        got = self.env.fhir(
            "POST", "", self.token(), "R4",
            {"Content-Type": "application/fhir+json"}, body=json.dumps(batch))
        self.assertEqual(got.status, 200, got)
        answers = [e["response"] for e in got.json["entry"]]
        self.assertEqual([a["status"][:3] for a in answers],
                         ["200", "403", "404", "403"])
        for at in (1, 3):
            self.assertEqual(
                answers[at]["outcome"]["issue"][0]["details"]["coding"][0]
                ["code"], "type_not_granted")
        kept = rows(self.env, "select status, reason from wardgate.audit "
                    f"where trace_id = '{got.header['x-trace-id']}' "
                    "and entry > 0 order by entry")
        self.assertEqual([k[0] for k in kept], ["200", "403", "404", "403"])
        self.assertEqual(kept[1][1], "type_not_granted")

    def test_the_statement_says_what_is_not_granted(self):
        self.put(types="Patient,Observation")
        token = self.token()
        for face in TYPES:
            self.assertEqual(self.listed(token, face),
                             ["Patient", "Observation"])
        said = self.env.fhir("GET", "metadata", token, "R4").text
        self.assertIn("Not granted: Condition, Encounter", said)
        self.assertEqual(len(self.listed(None, "R4")), 8)

    def test_the_command_sets_and_shows_types_and_purpose(self):
        said = json.loads(self.house.operator(
            "client", "grant", self.client, TENANT, "--types",
            "Patient,MedicationOrder", "--purpose", "Discharge letters",
            "--json"))
        self.assertEqual(said["outcome"], "changed")
        grant, = json.loads(self.house.operator(
            "client", "grants", self.client, "--json"))["grants"]
        self.assertEqual((grant["types"], grant["purpose"]),
                         ("Patient MedicationRequest", "Discharge letters"))
        said = json.loads(self.house.operator(
            "client", "grant", self.client, TENANT, "--json"))
        self.assertEqual(said["outcome"], "unchanged")

    def test_another_clients_grant_is_its_own(self):
        other, secret = self.house.add_client(f"other {uuid.uuid4()}")
        self.house.operator("client", "grant", other, TENANT)
        self.put(types="Patient")
        token = self.env.ask_token(TENANT, client_id=other,
                                   client_secret=secret).json["access_token"]
        self.covers(token, TYPES["R4"], TYPES["R4"])
