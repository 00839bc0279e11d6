# test_faces.py - every call of the app, at every face, over every hospital
# SPDX-License-Identifier: Apache-2.0
#
# Nine combinations of face and provider, over the real-life wards of WG_SAMPLES
# and the made-up ones. The app speaks as it does at that face; what it gets
# must be what is true in the ward, must be of the face's version, and must show
# the fields that the app shows (shown.py). Behind lighttpd alone: behind Apache
# the programs are the same.

import concurrent.futures
import json
import os
import unittest
from urllib.parse import quote, urlencode

from tests.e2e import shown, wards
from tests.e2e.contract import ids, when
from tests.e2e.wards import VERSIONS, fold, instant
from tests.fhir import validate
from tests.rig.client import Env
from tests.rig.crowd import put_tenant, remove_tenant, sample
from tests.rig.house import House

ASKERS = 4
SOME = 4
MR_SYSTEM = {"dstu2": "http://hl7.org/fhir/v2/0203",
             "stu3": "http://hl7.org/fhir/v2/0203",
             "r4": "http://terminology.hl7.org/CodeSystem/v2-0203"}
NEWEST = {"dstu2": "_sort:desc=date", "stu3": "_sort=-date",
          "r4": "_sort=-date"}
JSON = {"dstu2": "application/json+fhir", "stu3": "application/fhir+json",
        "r4": "application/fhir+json"}


def order_type(version):
    return "MedicationOrder" if version == "dstu2" else "MedicationRequest"


def renamed(kind, version):
    """A type as that version calls it."""
    return order_type(version) if kind.startswith("Medication") else kind


class Counter:
    """At one face of the gateway, in front of one hospital."""

    def __init__(self, env, ward, face, tenant, few):
        self.env, self.ward, self.face = env, ward, face
        self.token = env.token(tenant)
        self.model = MODELS[face]
        self.records = {f"{kind}/{r['id']}": r
                        for kind, all_ in ward.all.items() for r in all_}
        self.wrong, self.seen = [], set()
        self.few = few

    def __repr__(self):
        return f"{self.face} face of {self.ward}"

    def patients(self):
        """Of a made-up ward some: they are there for the fields that no real
        record has."""
        return self.ward.index["patients"][::SOME if self.few else 1]

    def say(self, what):
        self.wrong.append(f"{self}: {what}")

    def check(self, held, what):
        if not held:
            self.say(what)
        return held

    # ---- asking ----

    def ask(self, method, path, **more):
        answer = self.env.fhir(method, path, self.token, self.face.upper(),
                               **more)
        if not self.check(answer.status == 200,
                          f"{method} {path} {str(more)[:90]}: {answer}"):
            return None
        self.check(answer.header["content-type"].startswith(JSON[self.face]),
                   f"{path}: {answer.header['content-type']}")
        return answer.json

    def searchset(self, bundle, what, kind, total):
        """The records of a searchset that must say this total."""
        if not bundle:
            return []
        kind = renamed(kind, self.face)
        found = [e["resource"] for e in bundle.get("entry", ())
                 if e.get("search", {}).get("mode") != "outcome"]
        self.check((bundle["resourceType"], bundle.get("type")) ==
                   ("Bundle", "searchset"), f"{what}: no searchset")
        self.check(bundle.get("total") == total and
                   type(bundle.get("total")) is int,
                   f"{what}: total {bundle.get('total')}, not {total}")
        for one in found:
            self.check(one["resourceType"] == kind,
                       f"{what}: a {one['resourceType']}")
            self.look_at(one, what)
        return found

    def found(self, path, kind, total):
        return self.searchset(self.ask("GET", path), path, kind, total)

    def people(self, total=None, **form):
        """ids of the patients that a search finds, and their total."""
        bundle = self.ask("POST", "Patient/_search", form=form)
        if not bundle:
            return []
        found = ids(bundle)
        self.check(bundle.get("total") == (len(found) if total is None
                                           else total),
                   f"Patient {form}: total {bundle.get('total')}, "
                   f"{len(found)} found")
        return found

    # ---- one record, as it is shown ----

    def look_at(self, resource, what):
        kind = renamed(resource["resourceType"], self.ward.version)
        record = self.records.get(f"{kind}/{resource.get('id')}")
        if not self.check(record is not None,
                          f"{what}: {kind}/{resource.get('id')} is no record "
                          "of the ward"):
            return
        for said in shown.missing(resource, self.face, record,
                                  self.ward.version, self.records.get,
                                  self.seen):
            self.say(f"{kind}/{record['id']}: {said}")
        if self.face != self.ward.version:
            self.look_at_shape(resource, record)

    def look_at_shape(self, resource, record):
        """A converted record is valid, but for what was wrong before."""
        said = []
        validate.resource(self.model, resource, "",
                          lambda at, why: said.append(f"{at}: {why}"))
        if said and not self.was_wrong(record):
            self.say(f"{record['id']}: {said[:3]}")

    def was_wrong(self, record):
        said = []
        validate.resource(MODELS[self.ward.version], record, "",
                          lambda at, why: said.append(why))
        return said


MODELS = {version: validate.Model(version) for version in VERSIONS}


# ---- the calls of the app, for one patient at one counter -----------------------

def find_the_patient(at, p):
    """By each parameter of the form; every search must find this one."""
    people, ward = at.ward.all["Patient"], at.ward
    middle = p["family"][1:-1] or p["family"]
    holds = {key: [r["id"] for r in people if any(
        fold(value) in fold(part) for name in r["name"]
        for part in wards.Ward.parts(name, *keys))]
        for key, keys, value in (("family", ("family",), middle),
                                 ("given", ("given",), p["given"][1:]),
                                 ("name", (), p["family"]))}
    forms = {
        "id": ({"id": p["id"]}, [p["id"]]),
        "identifier": ({"identifier": p["mrn"]},
                       [r["id"] for r in people
                        if number_of(r, ward.version) == p["mrn"]]),
        "family": ({"family": middle}, holds["family"]),
        "contains": ({"family:contains": middle}, holds["family"]),
        "given": ({"given": p["given"][1:]}, holds["given"]),
        "birthdate": ({"birthdate": p["birthDate"], "gender": p["gender"]},
                      [r["id"] for r in people
                       if r.get("birthDate", "")[:10] == p["birthDate"] and
                       r.get("gender") == p["gender"]]),
    }
    if at.face == "dstu2":
        forms["name"] = ({"name": p["family"]}, holds["name"])
    for key, (form, want) in forms.items():
        got = at.people(**form, _count="50")
        at.check(sorted(got) == sorted(want) and p["id"] in got,
                 f"Patient by {key} {form}: {got}, not {want}")


def number_of(patient, version):
    """The medical record number of a patient, by the type of identifier."""
    return next((i["value"] for i in patient["identifier"]
                 for c in i.get("type", {}).get("coding", ())
                 if (c.get("system"), c.get("code")) ==
                 (MR_SYSTEM[version], "MR")), None)


def read_the_patient(at, p):
    person = at.ask("GET", f"Patient/{p['id']}")
    if person:
        at.look_at(person, "read")
        at.check(number_of(person, at.face) == p["mrn"],
                 f"Patient/{p['id']}: record number "
                 f"{number_of(person, at.face)}, not {p['mrn']}")


def vital_signs(at, p):
    mine = at.ward.vital_signs(p["id"])
    at.check(len(mine) == p["counts"]["vital-signs"], "the index is wrong")
    found = at.found(f"Observation?patient={p['id']}&category=vital-signs"
                     f"&{NEWEST[at.face]}&_count=30", "Observation",
                     len(mine))
    times = [when(o) for o in found]
    at.check(times == sorted(map(when, mine), reverse=True)[:30],
             f"Observation of {p['id']}: not the newest first")


def last_place(at, p):
    """One encounter, and the bed that the patient lies in."""
    found = at.found(f"Encounter?patient={p['id']}&{NEWEST[at.face]}&_count=1",
                     "Encounter", p["counts"]["Encounter"])
    if not at.check(len(found) == 1, f"{len(found)} encounters"):
        return
    mine = at.ward.about("Encounter", p["id"])
    newest = max(instant(e["period"]["start"]) for e in mine)
    at.check(instant(found[0]["period"]["start"]) == newest,
             f"{p['id']}: not the last encounter")
    beds = shown.values(found[0], "location[0].location.display")
    places = at.records[f"Encounter/{found[0]['id']}"]["location"]
    if len(places) == 1 or any(w["status"] == "active" for w in places):
        at.check(beds == [p["bed"]],
                 f"{p['id']} lies in {beds}, not {p['bed']}")
    where = shown.values(found[0], "location[0].location.reference")
    place = where and at.ask("GET", where[0].removeprefix(
        f"{at.env['WG_FHIR_' + at.face.upper()]}/"))
    at.check(place and place["resourceType"] == "Location",
             f"{p['id']}: no Location at {where}")


def paths_about(at, p):
    """(kind, path, total) of the searches that need nothing else."""
    for kind in ("Condition", "AllergyIntolerance", "Coverage",
                 order_type(at.face)):
        total = p["counts"][renamed(kind, at.ward.version)]
        yield kind, f"{kind}?patient={quote(p['id'])}&_count=100", total


def everything_else(at, p):
    for kind, path, total in paths_about(at, p):
        found = at.found(path, kind, total)
        at.check(len(found) == total, f"{path}: {len(found)} of {total}")
        if kind == "AllergyIntolerance":    # as one text spells it
            at.found(path.replace("patient=", "Patient="), kind, total)
        for one in found[:1]:
            mine = at.ask("GET", f"{kind}/{one['id']}")
            at.check(mine == one, f"{kind}/{one['id']} read is not what was "
                     "found")


def all_at_once(at, p):
    """One batch: the patient, and what is known about them."""
    urls = [f"Patient/{p['id']}"] + [
        path for _, path, _ in paths_about(at, p)] + [
        "Encounter?" + urlencode({"patient": p["id"], "_count": 1}) +
        f"&{NEWEST[at.face]}"]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": url}} for url in urls]}
    answer = at.ask("POST", "", body=json.dumps(batch),
                    headers={"Content-Type": JSON[at.face]})
    if not answer:
        return
    entries = answer.get("entry", [])
    if not at.check(answer.get("type") == "batch-response" and
                    len(entries) == len(urls),
                    f"batch: {answer.get('type')} of {len(entries)}"):
        return
    totals = [None, *(t for _, _, t in paths_about(at, p)),
              p["counts"]["Encounter"]]
    for url, entry, total in zip(urls, entries, totals):
        status = entry.get("response", {}).get("status", "")
        if not at.check(status.startswith("200"), f"{url} in a batch: {entry}"):
            continue
        one = entry["resource"]
        if total is None:
            at.look_at(one, f"{url} in a batch")
        else:
            at.searchset(one, f"{url} in a batch", url.partition("?")[0],
                         total)


# The first need nothing but searches; a batch asks for all of it once more.
CALLS = (find_the_patient, read_the_patient, vital_signs, last_place,
         everything_else, all_at_once)


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "the same behind every web server")
class Faces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        house = House(cls.env["WG_HOME"])
        places, cls.counters = wards.all_wards(cls.env), []
        for n, ward in enumerate(places):
            tenant = f"face5000-0000-4000-8000-{n:012x}"
            cls.addClassCleanup(remove_tenant, house, tenant)
            put_tenant(house, tenant, name=ward.name,
                       fhir_version=ward.version.upper(),
                       client=cls.env["WG_CLIENT_ID"], provider_url=ward.base)
            few = not ward.name.startswith("sample")
            cls.counters += [Counter(cls.env, ward, face, tenant, few)
                             for face in VERSIONS]
        cls.pool = cls.enterClassContext(
            concurrent.futures.ThreadPoolExecutor(ASKERS))

    def ask_all(self, call, counters):
        jobs = [self.pool.submit(call, at, p) for at in counters
                for p in at.patients()]
        for job in jobs:
            job.result()

    def each_patient(self, call):
        for at in self.counters:
            at.wrong.clear()
        self.ask_all(call, self.counters)
        for at in self.counters:
            with self.subTest(at=at):
                if at.wrong:
                    self.fail("\n" + sample(sorted(set(at.wrong))))

    def test_the_index_counts_what_is_in_the_ward(self):
        for at in self.counters:
            for kind, total in at.ward.index["totals"].items():
                self.assertEqual(len(at.ward.all[kind]), total)
                if kind in at.ward.index["patients"][0]["counts"]:
                    self.assertEqual(total, sum(
                        p["counts"][kind] for p in at.ward.index["patients"]))


    def test_every_field_of_the_table_is_shown_somewhere(self):
        """A path that no record ever has would excuse every record: at each
        face each field is seen in some hospital."""
        for call in (read_the_patient, vital_signs, last_place,
                     everything_else):
            self.ask_all(call, [at for at in self.counters if at.few])
        for face in VERSIONS:
            seen = set().union(*(at.seen for at in self.counters
                                 if at.face == face))
            self.assertEqual([], [
                f"{face} {row.kind}: {row.name}" for row in shown.ROWS
                if getattr(row, face) and row not in seen])


def story(call):
    def test(self):
        self.each_patient(call)
    return test


for one_call in CALLS:
    setattr(Faces, f"test_{one_call.__name__}", story(one_call))


if __name__ == "__main__":
    unittest.main()
