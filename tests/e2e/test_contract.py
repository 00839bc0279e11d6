# test_contract.py - every call of the app, at every address it may use
# SPDX-License-Identifier: Apache-2.0
#
# The wards are known (tests/e2e/wards.py makes them again), so each answer is
# held against what is true there. A name matches that contains the text, and a
# number without a system is a record number.

import json
import unittest

from tests.e2e import wards
from tests.e2e.contract import Calls, at, ids, when
from tests.e2e.filled import filled
from tests.e2e.wards import fold, instant

NEWEST = ("_sort:desc=date", "sort:desc=date", "_sort=-date",
          "_sort%3Adesc=date", "_sort:DESC=date")
OLDEST = ("_sort:asc=date", "_sort=date", "sort=date")

# Fields the app shows: what must be there in every record, per version.
MUST = {
    "dstu2": {
        "Patient": ("name.family", "name.given", "gender", "birthDate",
                    "identifier.type.coding.code"),
        "Observation": ("code.coding.code", "effectiveDateTime effectivePeriod",
                        "valueQuantity.value component.valueQuantity.value"),
        "Condition": ("code.coding.display",),
        "Encounter": ("status", "type.coding.display"),
        "AllergyIntolerance": ("substance.text", "substance.coding.display",
                               "status"),
        "MedicationOrder": (
            "dateWritten", "prescriber.display",
            "medicationReference.display medicationCodeableConcept.text"),
        "Coverage": ("issuer", "plan"),
    },
    "stu3": {
        "Patient": ("name.family", "name.given", "gender", "birthDate",
                    "identifier.type.coding.code"),
        "Observation": ("code.coding.code", "effectiveDateTime effectivePeriod",
                        "valueQuantity.value component.valueQuantity.value"),
        "Condition": ("code.coding.display",),
        "Encounter": ("status", "type.coding.display"),
        "AllergyIntolerance": ("code.text", "code.coding.display",
                               "clinicalStatus", "verificationStatus"),
        "MedicationRequest": (
            "authoredOn", "requester.agent.display",
            "medicationReference.display medicationCodeableConcept.text"),
        "Coverage": ("grouping.groupDisplay", "grouping.planDisplay",
                     "period", "subscriberId"),
    },
}


def is_record_number(identifier):
    return any(c["code"] == "MR"
               for c in identifier.get("type", {}).get("coding", ()))


class People(Calls):
    def of(self, place, test):
        return [p["id"] for p in place.ward.all["Patient"] if test(p)]

    def holds(self, patient, key, value):
        return any(fold(value) in fold(part)
                   for name in patient["name"]
                   for part in wards.Ward.parts(name, *key))

    def test_by_id_and_by_record_number(self):
        for place, p in self.everyone():
            for name in ("id", "_id"):
                bundle, found = self.people(place, **{name: p["id"]})
                self.assertEqual((bundle["total"], found), (1, [p["id"]]))
            bundle, found = self.people(place, identifier=p["mrn"])
            self.assertIn(p["id"], found)
            self.assertEqual(bundle["total"], len(found))
            self.assertEqual(found, self.of(place, lambda r: any(
                i["value"] == p["mrn"] and is_record_number(i)
                for i in r["identifier"])))

    def test_by_name(self):
        keys = {"family": ("family",), "given": ("given",), "name": ()}
        for place, p in self.everyone():
            for name, key in keys.items():
                value = p["given" if name == "given" else "family"]
                want = self.of(place, lambda r: self.holds(r, key, value))
                for form in ({name: value}, {name: value.upper()},
                             {name: fold(value)}):
                    bundle, found = self.people(place, **form)
                    self.assertEqual((bundle["total"], found),
                                     (len(want), want), form)
                self.assertIn(p["id"], want)

    def test_by_birth_date_and_gender(self):
        for place, p in self.everyone():
            day, sex = p["birthDate"], p["gender"]
            want = self.of(place, lambda r: r["birthDate"] == day)
            self.assertEqual(self.people(place, birthdate=day)[1], want)
            other = "female" if sex == "male" else "male"
            for gender in (sex, other):
                self.assertEqual(
                    self.people(place, birthdate=day, gender=gender)[1],
                    self.of(place, lambda r: r["birthDate"] == day and
                            r["gender"] == gender))

    def test_all_of_it_at_once(self):
        for place, p in self.everyone():
            bundle, found = self.people(
                place, family=p["family"], given=p["given"],
                birthdate=p["birthDate"], gender=p["gender"],
                identifier=p["mrn"], id=p["id"], _count="5")
            self.assertEqual((bundle["total"], found), (1, [p["id"]]))
            self.assertEqual(self.people(
                place, family=p["family"], given="Nobody")[0]["total"], 0)

    def test_count_limits_the_page_and_not_the_total(self):
        for place in self.places:
            part = "m"      # is in somebody's name
            want = self.of(place, lambda r: self.holds(r, (), part))
            self.assertGreater(len(want), 1, place)
            bundle, found = self.people(place, name=part, _count="1")
            self.assertEqual((bundle["total"], found), (len(want), want[:1]))

    def test_the_same_number_is_somebody_else_in_another_hospital(self):
        by_number = {}
        for place in self.places[:3]:
            for p in place.ward.index["patients"]:
                _, found = self.people(place, identifier=p["mrn"])
                person = self.good(place.ask("GET", f"Patient/{found[0]}"))
                by_number.setdefault(p["mrn"], []).append((
                    json.dumps(person["name"][0]["family"]),
                    person["birthDate"]))
        for mrn, people in by_number.items():
            self.assertEqual(len(people), 3, mrn)
            self.assertEqual(len(set(people)), 3, mrn)


class Records(Calls):
    def test_vital_signs_newest_first_in_every_spelling(self):
        for place, p in self.everyone():
            mine = place.ward.vital_signs(p["id"])
            path = f"Observation?patient={p['id']}&category=vital-signs"
            order = sorted((when(o) for o in mine), reverse=True)
            for sort in NEWEST + OLDEST:
                bundle = self.listed(place, f"{path}&{sort}&_count=100",
                                     "Observation", mine)
                times = [when(e["resource"]) for e in bundle["entry"]]
                self.assertEqual(times, order if sort in NEWEST
                                 else order[::-1], sort)
            first = self.searchset(place.ask(
                "GET", f"{path}&_sort=-date&_count=1"), "Observation",
                len(mine))
            self.assertEqual([when(e["resource"]) for e in first["entry"]],
                             order[:1])

    def test_the_last_encounter_says_where_the_patient_is(self):
        for place, p in self.everyone():
            mine = place.ward.about("Encounter", p["id"])
            newest = max(instant(e["period"]["start"]) for e in mine)
            for sort in NEWEST:
                bundle = self.searchset(place.ask(
                    "GET", f"Encounter?patient={p['id']}&{sort}&_count=1"),
                    "Encounter", len(mine))
                found = bundle["entry"][0]["resource"]
                self.assertEqual(len(bundle["entry"]), 1)
                self.assertEqual(instant(found["period"]["start"]), newest)
                self.assertEqual(found["status"], p["currentEncounterStatus"])

    def test_everything_else_about_a_patient(self):
        for place, p in self.everyone():
            for kind in ("Condition", "AllergyIntolerance", "Coverage",
                         place.ward.order_type):
                mine = place.ward.about(kind, p["id"])
                for who in ("patient", "Patient", "PATIENT"):
                    self.listed(place, f"{kind}?{who}={p['id']}&_count=50",
                                kind, mine)
                self.listed(place, f"{kind}?patient=Patient/{p['id']}", kind,
                            mine)
                short = self.searchset(place.ask(
                    "GET", f"{kind}?patient={p['id']}&_count=1"), kind,
                    len(mine))
                self.assertEqual(len(short.get("entry", ())),
                                 min(len(mine), 1))

    def test_nobody_has_nothing(self):
        for place in self.places:
            for kind in ("Observation", "Condition", "Encounter", "Coverage",
                         "AllergyIntolerance", place.ward.order_type):
                bundle = self.searchset(place.ask(
                    "GET", f"{kind}?patient=nobody"), kind, 0)
                self.assertNotIn("entry", bundle)

    def test_every_record_is_read_by_its_reference(self):
        for place in self.places:
            for kind in ("Patient", "Observation", "Condition", "Encounter",
                         "AllergyIntolerance", "Coverage", "Location",
                         place.ward.order_type):
                with self.subTest(place=place, kind=kind):
                    for line in place.ward.lines[kind][:40]:
                        mine = json.loads(line)
                        answer = place.ask("GET", f"{kind}/{mine['id']}")
                        self.assertEqual(self.good(answer), filled(
                            mine, place.ward.resource))

    def test_the_fields_that_the_app_shows(self):
        for place in self.places:
            must = MUST.get(place.ward.version, {})
            for kind, paths in must.items():
                first = place.ward.index["patients"][0]["id"]
                path = f"Patient?_id={first}" if kind == "Patient" else \
                    f"{kind}?patient={first}&_count=100"
                entries = self.good(place.ask("GET", path))["entry"]
                for entry in entries:
                    for either in paths:
                        self.assertTrue(
                            any(at(entry["resource"], p)
                                for p in either.split()),
                            f"{place}: {kind} without {either}: {entry}")

    def test_the_record_number_is_known_by_its_type(self):
        systems = {"dstu2": "http://hl7.org/fhir/v2/0203",
                   "stu3": "http://hl7.org/fhir/v2/0203",
                   "r4": "http://terminology.hl7.org/CodeSystem/v2-0203"}
        for place, p in self.everyone():
            person = self.good(place.ask("GET", f"Patient/{p['id']}"))
            self.assertEqual([
                i["value"] for i in person["identifier"]
                for c in i["type"]["coding"] if c["code"] == "MR" and
                c["system"] == systems[place.ward.version]], [p["mrn"]])

    def test_a_place_is_read_by_the_reference_in_an_encounter(self):
        for place in self.places:
            for p in place.ward.index["patients"][:6]:
                bundle = self.good(place.ask(
                    "GET", f"Encounter?patient={p['id']}&_sort=-date"
                    "&_count=1"))
                for spot in bundle["entry"][0]["resource"]["location"]:
                    where = spot["location"]["reference"]
                    self.assertEqual(self.good(place.ask("GET", where))
                                     ["resourceType"], "Location")


if __name__ == "__main__":
    unittest.main()
