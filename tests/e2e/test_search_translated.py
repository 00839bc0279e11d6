# test_search_translated.py - a search means the same at every face
# SPDX-License-Identifier: Apache-2.0
#
# Three wards, one per version, hold a record for every status, class and
# category that their version knows. At each face all of a patient's records
# are read once; what a search by a parameter must find is then told from what
# these show at that face. So names, codes and code systems that changed are
# held against the conversion of the records themselves.

import itertools
import json
import shutil
import tempfile
import unittest
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e import wards
from tests.e2e.contract import ids
from tests.e2e.wards import instant, listed
from tests.rig.client import Env
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

FACES = ("DSTU2", "STU3", "R4")
OLD, NEW = "http://hl7.org/fhir/", "http://terminology.hl7.org/CodeSystem/"
MEDICATION = {"DSTU2": "MedicationOrder", "STU3": "MedicationRequest",
              "R4": "MedicationRequest"}
SUBJECT = {"DSTU2": "patient", "STU3": "subject", "R4": "subject"}

# Per type: search parameter -> element, and the faces that have it.
ALL, LATER, FIRST = FACES, FACES[1:], FACES[:1]
TOKENS = {
    "Condition": {
        "clinicalstatus": ("clinicalStatus", FIRST),
        "clinical-status": ("clinicalStatus", LATER),
        "verification-status": ("verificationStatus", LATER),
        "category": ("category", ALL)},
    "Encounter": {"status": ("status", ALL), "class": ("class", LATER)},
    "AllergyIntolerance": {
        "status": ("status", FIRST),
        "clinical-status": ("clinicalStatus", LATER),
        "verification-status": ("verificationStatus", LATER),
        "category": ("category", ALL)},
    "Observation": {"status": ("status", ALL), "category": ("category", ALL)},
    "Medication": {"status": ("status", ALL)},
}
DATES = {
    "Condition": {"DSTU2": ("date-recorded", "dateRecorded"),
                  "STU3": ("asserted-date", "assertedDate"),
                  "R4": ("recorded-date", "recordedDate")},
    "Encounter": {f: ("date", "period.start") for f in FACES},
    "AllergyIntolerance": {"DSTU2": ("date", "recordedDate"),
                           "STU3": ("date", "assertedDate"),
                           "R4": ("date", "recordedDate")},
    "Observation": {f: ("date", "effectiveDateTime") for f in FACES},
    "Medication": {"DSTU2": ("datewritten", "dateWritten"),
                   "STU3": ("authoredon", "authoredOn"),
                   "R4": ("authoredon", "authoredOn")},
}
CLINICAL = {"DSTU2": "active relapse remission resolved inactive",
            "STU3": "active recurrence inactive remission resolved",
            "R4": "active recurrence relapse inactive remission resolved"}
VERIFIED = {"DSTU2": "provisional differential confirmed refuted "
                     "entered-in-error unknown",
            "STU3": "provisional differential confirmed refuted "
                    "entered-in-error unknown",
            "R4": "unconfirmed provisional differential confirmed refuted "
                  "entered-in-error"}
ENCOUNTER = {"DSTU2": "planned arrived in-progress onleave finished cancelled"}
ENCOUNTER["STU3"] = ENCOUNTER["R4"] = \
    ENCOUNTER["DSTU2"] + " triaged entered-in-error unknown"
CLASSES = {"DSTU2": "inpatient outpatient ambulatory emergency home field "
                    "daytime virtual other",
           "STU3": "IMP ACUTE AMB EMER HH FLD SS VR PRENC"}
CLASSES["R4"] = CLASSES["STU3"]
OBSERVED = {"DSTU2": "registered preliminary final amended cancelled "
                     "entered-in-error unknown"}
OBSERVED["STU3"] = OBSERVED["R4"] = OBSERVED["DSTU2"] + " corrected"
ORDERED = {"DSTU2": "active on-hold completed entered-in-error stopped draft"}
ORDERED["STU3"] = ORDERED["R4"] = ORDERED["DSTU2"] + " cancelled unknown"
ALLERGIC = "active unconfirmed confirmed inactive resolved refuted " \
    "entered-in-error"


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


class Maker:
    """The records of one version."""

    def __init__(self, version):
        self.version, self.number, self.all = version, 0, {}

    def system(self, name, old=None):
        return NEW + name if self.version == "R4" else OLD + (old or name)

    def add(self, kind, **more):
        self.number += 1
        whose = "subject" if kind == "Observation" else \
            "patient" if kind == "AllergyIntolerance" else \
            SUBJECT[self.version]
        self.all.setdefault(kind, []).append({
            "resourceType": kind, "id": f"x{self.number}",
            whose: {"reference": "Patient/p1"},
            **{k: v for k, v in more.items() if v is not None}})

    @property
    def day(self):
        return f"2026-{1 + self.number % 12:02}-{1 + self.number * 5 % 28:02}"

    def conditions(self):
        def status(system, code):
            return concept(self.system(system), code) \
                if self.version == "R4" and code else code
        when = {"DSTU2": "dateRecorded", "STU3": "assertedDate",
                "R4": "recordedDate"}[self.version]
        category = concept(OLD + "condition-category", "diagnosis")
        pairs = itertools.zip_longest(CLINICAL[self.version].split(),
                                      VERIFIED[self.version].split())
        for clinical, verified in pairs:
            self.add("Condition", code={"text": "x"},
                     clinicalStatus=status("condition-clinical", clinical),
                     verificationStatus=status("condition-ver-status",
                                               verified or "confirmed"),
                     category=category if self.version == "DSTU2"
                     else [category], **{when: self.day})

    def encounters(self):
        pairs = itertools.zip_longest(ENCOUNTER[self.version].split(),
                                      CLASSES[self.version].split(),
                                      fillvalue=None)
        for status, kind in pairs:
            if self.version != "DSTU2" and kind:
                kind = {"system": self.system("v3-ActCode", "v3/ActCode"),
                        "code": kind}
            self.add("Encounter", status=status or "planned",
                     **{"class": kind}, period={"start": self.day})
        if self.version == "STU3":
            self.add("Encounter", status="planned", period={
                "start": self.day}, **{"class": {"code": "ambulatory"}})
        for end in ("2026-12-30", None):
            if self.version != "DSTU2":
                self.add("Encounter", status="unknown", period={
                    "start": self.day, **({"end": end} if end else {})},
                    **{"class": {"system": self.system("v3-ActCode",
                                                       "v3/ActCode"),
                                 "code": "AMB"}})

    def allergies(self):
        if self.version == "DSTU2":
            for status in ALLERGIC.split() + [None]:
                self.add("AllergyIntolerance", substance={"text": "x"},
                         status=status, category="other", criticality="CRITH",
                         recordedDate=self.day)
            return
        when = "assertedDate" if self.version == "STU3" else "recordedDate"
        for clinical, verified in itertools.product(
                ("active", "inactive", "resolved", None),
                ("unconfirmed", "confirmed", "refuted", "entered-in-error")
                + ((None,) if self.version == "R4" else ())):
            if self.version == "R4":
                clinical = clinical and concept(
                    NEW + "allergyintolerance-clinical", clinical)
                verified = verified and concept(
                    NEW + "allergyintolerance-verification", verified)
            self.add("AllergyIntolerance", code={"text": "x"},
                     clinicalStatus=clinical, verificationStatus=verified,
                     category=["food" if clinical else "biologic"],
                     **{when: self.day})

    def observations(self):
        for status in OBSERVED[self.version].split():
            category = concept(self.system("observation-category"),
                               "vital-signs" if self.number % 2 else "survey")
            self.add("Observation", code={"text": "x"}, status=status,
                     category=category if self.version == "DSTU2"
                     else [category], effectiveDateTime=self.day)

    def orders(self):
        when = "dateWritten" if self.version == "DSTU2" else "authoredOn"
        absent = [] if self.version == "R4" else [None]
        for status in ORDERED[self.version].split() + absent:
            self.add(MEDICATION[self.version], status=status,
                     intent=None if self.version == "DSTU2" else "order",
                     medicationCodeableConcept={"text": "x"},
                     **{when: self.day})

    def write(self, folder):
        self.all["Patient"] = [{"resourceType": "Patient", "id": "p1"}]
        for make in (self.conditions, self.encounters, self.allergies,
                     self.observations, self.orders):
            make()
        for kind, rows in self.all.items():
            (folder / f"{kind}.ndjson").write_text(
                "".join(json.dumps(r) + "\n" for r in rows))


def codings(value):
    """(system, code) of what a token element shows; a code has no system."""
    for one in listed(value):
        if isinstance(one, str):
            yield None, one
        else:
            for coding in one.get("coding", [one]):
                if coding.get("code"):
                    yield coding.get("system"), coding["code"]


def at(record, path):
    for name in path.split("."):
        record = (record or {}).get(name)
    return record


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.tenants, cls.seen = {}, {}
        for n, version in enumerate(FACES):
            folder = Path(tempfile.mkdtemp(prefix="wg-codes-"))
            cls.addClassCleanup(shutil.rmtree, folder)
            Maker(version).write(folder)
            name = f"codes-{version.lower()}"
            status, _, err = wards.rehearsal(
                cls.env, "load", name, version.lower(), str(folder))
            if status:
                raise AssertionError(err)
            cls.addClassCleanup(wards.rehearsal, cls.env, "drop", name)
            tenant = f"ea00000{n}-0000-4000-8000-0000000000e6"
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=f"Codes {version}",
                       fhir_version=version, client=cls.env["WG_CLIENT_ID"],
                       provider_url=f"{cls.env['WG_BASE']}/rehearsal/{name}")
            cls.tenants[version] = tenant

    def setUp(self):
        self.wrong = []     # each with what was asked: many may be at once

    def tearDown(self):
        self.assertEqual(self.wrong, [])

    def ask(self, version, face, path):
        answer = self.env.fhir("GET", path,
                               self.env.token(self.tenants[version]), face)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def records(self, version, face, kind):
        """All of the patient's, as that face shows them."""
        key = version, face, kind
        if key not in self.seen:
            found = self.ask(version, face,
                             f"{kind}?patient=p1&_count=200")
            self.seen[key] = [e["resource"] for e in found.get("entry", ())
                              if e["search"]["mode"] == "match"]
            self.equal(found["total"], len(self.seen[key]), key)
        return self.seen[key]

    def combinations(self):
        for version, face, name in itertools.product(FACES, FACES, TOKENS):
            kind = MEDICATION[face] if name == "Medication" else name
            yield version, face, name, kind

    def equal(self, found, want, *what):
        if found != want:
            self.wrong.append((what, found, want))

    def finds(self, version, face, kind, query, want):
        found = self.ask(version, face, f"{kind}?patient=p1&_count=200&"
                         f"{query}")
        what = (f"{version} at the face of {face}", kind, query)
        self.equal(sorted(ids(found)), sorted(want), *what)
        self.equal(found["total"], len(want), *what, "total")

    def test_codes_find_what_is_shown_with_them(self):
        for version, face, name, kind in self.combinations():
            records = self.records(version, face, kind)
            for param, (element, faces) in TOKENS[name].items():
                if face not in faces:
                    continue
                codes = {c for r in records
                         for _, c in codings(at(r, element))}
                codes |= set("active resolved confirmed unknown finished "
                             "relapse recurrence unconfirmed cancelled "
                             "corrected amended AMB other food".split())
                for code in sorted(codes):
                    self.finds(version, face, kind, f"{param}={code}", [
                        r["id"] for r in records
                        if code in [c for _, c in codings(at(r, element))]])

    def test_two_codes_find_either(self):
        for version, face, name, kind in self.combinations():
            records = self.records(version, face, kind)
            for param, (element, faces) in TOKENS[name].items():
                if face not in faces:
                    continue
                codes = sorted({c for r in records
                                for _, c in codings(at(r, element))})
                for pair in zip(codes, codes[1:]):
                    self.finds(
                        version, face, kind, f"{param}={','.join(pair)}",
                        [r["id"] for r in records if set(pair) & {
                            c for _, c in codings(at(r, element))}])

    def test_a_system_is_known_in_either_spelling(self):
        for version, face, name, kind in self.combinations():
            records = self.records(version, face, kind)
            for param, (element, faces) in TOKENS[name].items():
                if face not in faces:
                    continue
                for system, code in sorted({
                        c for r in records
                        for c in codings(at(r, element)) if c[0]}):
                    want = [r["id"] for r in records if (system, code) in
                            codings(at(r, element))]
                    for spelling in self.spellings(system):
                        self.finds(version, face, kind,
                                   f"{param}={spelling}|{code}", want)
                    if element == "category":
                        self.finds(version, face, kind,
                                   f"{param}=urn:x|{code}", [])

    @staticmethod
    def spellings(system):
        name = system.removeprefix(NEW).removeprefix(OLD)
        if name in ("v3-ActCode", "v3/ActCode"):
            return OLD + "v3/ActCode", NEW + "v3-ActCode"
        if name.startswith("allergyintolerance") or not system.startswith(
                (OLD, NEW)):
            return system,
        return OLD + name, NEW + name

    def test_dates_compare_and_sort(self):
        for version, face, name, kind in self.combinations():
            param, element = DATES[name][face]
            records = self.records(version, face, kind)
            days = sorted(at(r, element)[:10] for r in records)
            middle = days[len(days) // 2]
            for prefix, fits in (("ge", lambda d: d >= middle),
                                 ("lt", lambda d: d < middle),
                                 ("", lambda d: d == middle)):
                if kind == "Encounter" and prefix != "lt":
                    continue    # a period may be open
                self.finds(version, face, kind, f"{param}={prefix}{middle}",
                           [r["id"] for r in records
                            if fits(at(r, element)[:10])])
            for sort, back in ((f"_sort=-{param}", True),
                               (f"_sort:asc={param}", False)):
                found = self.ask(version, face, f"{kind}?patient=p1&{sort}"
                                 "&_count=200")
                shown = [instant(at(e["resource"], element))
                         for e in found.get("entry", ())
                         if e["search"]["mode"] == "match"]
                what = (f"{version} at the face of {face}", kind, sort)
                self.equal(shown, sorted(shown, reverse=back), *what)
                self.equal(len(shown), len(records), *what)


if __name__ == "__main__":
    unittest.main()
