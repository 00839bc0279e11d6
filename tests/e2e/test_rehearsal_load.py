# test_rehearsal_load.py - wards are made, loaded and replaced as a whole
# SPDX-License-Identifier: Apache-2.0

import json
import tempfile
import threading
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e import wards
from tests.rig import client
from tests.rig.client import Env

setUpModule = behind_lighttpd

LINE = '{"resourceType":"Patient","id":"one","multipleBirthInteger":%s}'


class Making(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.wards = wards.default_wards(cls.env)

    def test_made_wards_are_valid_fhir(self):
        for ward in self.wards:
            for path in sorted(ward.folder.glob("*.ndjson")):
                self.assertEqual(wards.validate(ward.version, path), "")

    def test_the_same_seed_makes_the_same_bytes(self):
        for ward in self.wards:
            with tempfile.TemporaryDirectory() as again, \
                    tempfile.TemporaryDirectory() as other:
                wards.rehearsal(self.env, "make", "--fhir", ward.version,
                                again)
                wards.rehearsal(self.env, "make", "--seed=2", ward.version,
                                other)
                for path in ward.folder.iterdir():
                    self.assertEqual((Path(again) / path.name).read_bytes(),
                                     path.read_bytes())
                self.assertNotEqual(
                    (Path(other) / "Patient.ndjson").read_bytes(),
                    (ward.folder / "Patient.ndjson").read_bytes())

    def test_one_number_is_another_person_in_each_ward(self):
        who = [{(p["mrn"], p["id"]): (p["family"], p["given"])
                for p in ward.index["patients"]} for ward in self.wards]
        self.assertEqual(set(who[0]), set(who[1]))
        self.assertEqual(set(who[0]), set(who[2]))
        for key in who[0]:
            self.assertEqual(len({w[key] for w in who}), 3, key)

    def share(self, ward, kind, *paths):
        """Share of a type's resources in which every path leads somewhere."""
        def at(value, path):
            if isinstance(value, list):
                return any(at(v, path) for v in value)
            if not path:
                return value not in (None, "", [], {})
            return isinstance(value, dict) and \
                at(value.get(path[0]), path[1:])
        rows = ward.all[kind]
        return sum(all(at(r, p.split(".")) for p in paths)
                   for r in rows) / len(rows)

    def test_what_the_app_shows_is_there_for_most(self):
        old = ("status", "recordedDate", "substance.text")
        new = ("clinicalStatus", "verificationStatus", "code.text")
        shown = {
            "Patient": ("name.family", "name.given", "gender", "birthDate",
                        "identifier.type.coding.code", "name.use",
                        "name.prefix"),
            "Condition": ("code.coding.display", "severity"),
            "Encounter": ("status", "type.coding.display", "period.start",
                          "location.location.display"),
            "AllergyIntolerance": (
                "note.text", "reaction.substance.text", "text.div",
                "reaction.substance.coding", "reaction.manifestation.text",
                "reaction.manifestation.coding"),
        }
        own = {
            "dstu2": (("Patient", "careProvider.display"),
                      ("Condition", "dateRecorded"),
                      ("AllergyIntolerance", *old),
                      ("AllergyIntolerance", "substance.coding.display"),
                      ("MedicationOrder", "dateWritten", "prescriber.display",
                       "dosageInstruction.text", "text.div"),
                      ("Coverage", "issuer.display", "plan", "subscriber")),
            "stu3": (("Patient", "generalPractitioner.display"),
                     ("Condition", "assertedDate"),
                     ("AllergyIntolerance", "assertedDate", *new),
                     ("AllergyIntolerance", "code.coding.display"),
                     ("MedicationRequest", "authoredOn",
                      "requester.agent.display", "dosageInstruction.text"),
                     ("Coverage", "grouping.groupDisplay",
                      "grouping.planDisplay", "period", "subscriberId")),
            "r4": (("Patient", "generalPractitioner.display"),
                   ("Condition", "recordedDate"),
                   ("AllergyIntolerance", "recordedDate", *new),
                   ("MedicationRequest", "authoredOn", "requester.display",
                    "dosageInstruction.text"),
                   ("Coverage", "class.name", "payor.display", "period",
                    "subscriberId")),
        }
        for ward in self.wards:
            for kind, *paths in (*((k, *p) for k, p in shown.items()),
                                 *own[ward.version]):
                self.assertGreater(self.share(ward, kind, *paths), 0.8,
                                   f"{ward} {kind} {paths}")
            drugs = ward.all[ward.order_type]
            self.assertGreater(
                sum("text" in d.get("medicationCodeableConcept", {}) or
                    "display" in d.get("medicationReference", {})
                    for d in drugs) / len(drugs), 0.8)
            for o in ward.all["Observation"]:
                for part in o.get("component", [o]):
                    self.assertTrue(part["code"]["coding"][0]["display"])
                    self.assertIn("value", part["valueQuantity"])
            self.assertTrue(any(len(e["location"]) > 1
                                for e in ward.all["Encounter"]))
            raw = b"".join(ward.lines["Observation"])
            self.assertIn(b'"value":0.0', raw)
            self.assertRegex(raw, rb'"value":3\d\.\d0,')


class Loading(unittest.TestCase):
    NAME = "load-story"

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.base = f"{cls.env['WG_BASE']}/rehearsal/{cls.NAME}"

    def load(self, *lines, name="Patient.ndjson", version="R4"):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / name).write_bytes(b"\n".join(
                s if isinstance(s, bytes) else s.encode() for s in lines))
            return wards.rehearsal(self.env, "load", self.NAME, version,
                                   folder)

    def read(self, path="Patient/one"):
        return client.request("GET", f"{self.base}/{path}")

    def test_lines_stay_as_they_are(self):
        line = '{ "id":"one", "resourceType":"Patient",\t"extension":[' \
            '{"url":"urn:x","valueDecimal":72.0},{"url":"urn:x",' \
            '"valueDecimal":1.50E+2},{"url":"urn:\\u00e9\\/",' \
            '"valueString":"\\ud83c\\udfe5 é"}]}'
        status, out, err = self.load("\ufeff" + line + "\r", "", " ",
                                     line.replace("one", "two"))
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(self.read().body, line.encode())
        self.assertIn(line.encode(), self.read("Patient").body)
        self.assertEqual(self.read("Patient").json["total"], 2)

    def test_a_bad_line_is_named_and_changes_nothing(self):
        self.assertEqual(self.load(LINE % "1")[0], 0)
        for bad, words in (
                ('{"resourceType":"Patient","id":"x"', ":2: "),
                ('{"resourceType":"Patient","id":"x","id":"y"}', ":2: "),
                ('{"resourceType":"Condition","id":"x"}', "not Patient"),
                ('{"resourceType":"Patient"}', "no FHIR id"),
                ('{"resourceType":"Patient","id":"a b"}', "no FHIR id"),
                ('[]', ":2: "), (b'{"id":"\xff"}', ":2: "),
                (LINE % "2", "")):   # the same id twice
            status, out, err = self.load(LINE % "3", bad)
            self.assertEqual(status, 1, bad)
            self.assertIn(words, err)
            self.assertEqual(self.read().text, LINE % "1")

    def test_folders_and_words_that_make_no_sense(self):
        for args, code in ((("load", "x", "R5"), 2), (("load", "x"), 2),
                           (("load", "X", "R4"), 1),
                           (("load", "x", "R4", "/nowhere"), 1),
                           (("load", "x", "R4", "/nowhere", "more"), 2),
                           (("make", "--seed=0", "R4", "/tmp/x"), 2),
                           (("make", "R4", "/dev/null/x"), 1),
                           (("unload",), 2)):
            status, out, err = wards.rehearsal(self.env, *args)
            self.assertEqual(status, code, args)
            self.assertTrue(err.startswith(("rehearsal: ", "usage: ")), err)
        status, out, err = self.load(LINE % "1", name="Nothing.ndjson")
        self.assertEqual(status, 1)
        self.assertIn("Nothing.ndjson", err)
        status, out, err = self.load(LINE % "1",
                                     name="MedicationOrder.ndjson")
        self.assertIn("R4 has no such type", err)
        status, out, err = self.load("", name="notes.txt")
        self.assertIn("no <Type>.ndjson", err)

    def test_a_ward_may_change_its_version(self):
        self.load(LINE % "1", version="R4")
        self.assertIn("fhir+json", self.read().header["content-type"])
        self.load(LINE % "2", version="DSTU2")
        for _ in range(60):    # each thread has to notice once
            answer = self.read()
            self.assertEqual((answer.status, answer.text),
                             (200, LINE % "2"))
            self.assertIn("json+fhir", answer.header["content-type"])
            self.assertEqual(self.read("metadata").json["resourceType"],
                             "Conformance")
        status, out, err = wards.rehearsal(self.env, "--json", "list")
        self.assertIn({"name": self.NAME, "fhir_version": "DSTU2"},
                      json.loads(out)["wards"])

    def test_readers_see_the_old_ward_or_the_new_one(self):
        lines = [LINE.replace("one", f"p{i}") % "%d" for i in range(300)]
        seen, stop = set(), threading.Event()

        def reader():
            while not stop.is_set():
                bundle = self.read("Patient?_count=1000").json
                seen.add((bundle["total"], frozenset(
                    e["resource"]["multipleBirthInteger"]
                    for e in bundle["entry"])))

        self.load(*(s % 0 for s in lines))
        readers = [threading.Thread(target=reader) for _ in range(3)]
        for thread in readers:
            thread.start()
        for n in range(1, 9):
            self.assertEqual(self.load(*(s % n for s in lines))[0], 0)
        stop.set()
        for thread in readers:
            thread.join()
        for total, values in seen:
            self.assertEqual((total, len(values)), (300, 1))
        self.assertGreater(len(seen), 1)


if __name__ == "__main__":
    unittest.main()
