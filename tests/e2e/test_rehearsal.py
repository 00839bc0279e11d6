# test_rehearsal.py - the rehearsal provider answers as FHIR says
# SPDX-License-Identifier: Apache-2.0

import json
import tempfile
import unittest
from urllib.parse import quote, urlencode

from tests.e2e import behind_lighttpd
from tests.e2e import wards
from tests.e2e.wards import WardCase, fold, instant
from tests.rig import client
from tests.rig.client import Env

setUpModule = behind_lighttpd


class Contract(WardCase):
    """Every search of the contract, over every ward, against the files."""

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.wards = wards.all_wards(cls.env)

    def test_a_record_number_finds_its_patient(self):
        for ward, p in self.every_patient():
            holders = [r["id"] for r in ward.all["Patient"]
                       if any(i.get("value") == p["mrn"]
                              for i in r["identifier"])]
            self.assertIn(p["id"], holders)
            total, ids = ward.found(f"Patient?identifier={p['mrn']}")
            self.assertEqual((total, ids), (len(holders), holders))
            system = next(i["system"] for r in ward.all["Patient"]
                          if r["id"] == p["id"] for i in r["identifier"]
                          if i["value"] == p["mrn"])
            self.assertEqual(ward.found(
                f"Patient?identifier={quote(system + '|' + p['mrn'])}"),
                (1, [p["id"]]))
            self.assertEqual(ward.found(
                f"Patient?identifier={quote('urn:other|' + p['mrn'])}")[0], 0)

    def test_an_id_finds_its_patient(self):
        for ward, p in self.every_patient():
            self.assertEqual(ward.found(f"Patient?_id={p['id']}"),
                             (1, [p["id"]]))

    def test_names_match_from_their_beginning(self):
        for ward, p in self.every_patient():
            for key in ("family", "given"):
                start = p[key][:3]
                want = [r["id"] for r in ward.all["Patient"]
                        if any(fold(part).startswith(fold(start))
                               for n in r["name"]
                               for part in ward.parts(n, key))]
                self.assertIn(p["id"], want)
                self.assertEqual(ward.found(
                    f"Patient?{key}={quote(start.swapcase())}"),
                    (len(want), want), start)
            start = fold(p["family"])[:2]
            want = ward.people(lambda part: part.startswith(start))
            self.assertEqual(ward.found(f"Patient?name={quote(start)}")[1],
                             want)

    def test_contains_and_exact_change_that(self):
        for ward, p in self.every_patient():
            middle = p["family"][1:4]
            want = [r["id"] for r in ward.all["Patient"]
                    if any(fold(middle) in fold(part) for n in r["name"]
                           for part in ward.parts(n, "family"))]
            self.assertEqual(ward.found(
                f"Patient?family:contains={quote(middle)}")[1], want, middle)
            want = [r["id"] for r in ward.all["Patient"]
                    if any(p["given"] in ward.parts(n, "given")
                           for n in r["name"])]
            self.assertEqual(ward.found(
                f"Patient?given:exact={quote(p['given'])}")[1], want)
            self.assertNotIn(p["id"], ward.found(
                f"Patient?given:exact={quote(p['given'].upper())}")[1])

    def test_birth_dates_and_gender(self):
        for ward, p in self.every_patient():
            day = p["birthDate"]
            for asked, test in (
                    (day, lambda d: d == day),
                    (day[:7], lambda d: d[:7] == day[:7]),
                    (day[:4], lambda d: d[:4] == day[:4]),
                    ("gt" + day, lambda d: d > day),
                    ("ge" + day, lambda d: d >= day),
                    ("lt" + day, lambda d: d < day),
                    ("le" + day, lambda d: d <= day),
                    ("ne" + day, lambda d: d != day)):
                want = [r["id"] for r in ward.all["Patient"]
                        if test(r["birthDate"]) and r["gender"] == p["gender"]]
                self.assertEqual(ward.found(
                    f"Patient?birthdate={asked}&gender={p['gender']}")[1],
                    want, asked)

    def test_totals_of_each_patient_are_those_of_the_index(self):
        for ward, p in self.every_patient():
            for kind, count in p["counts"].items():
                query = f"{kind}?patient={p['id']}"
                if kind == "vital-signs":
                    query = (f"Observation?patient={p['id']}"
                             "&category=vital-signs&_count=1")
                self.assertEqual(ward.found(query)[0], count, query)

    def test_references_in_every_spelling(self):
        for ward in self.each():
            patient = ward.index["patients"][3]["id"]
            want = [r["id"] for r in ward.about("Condition", patient)]
            for value in (patient, f"Patient/{patient}",
                          f"{ward.base}/Patient/{patient}"):
                self.assertEqual(ward.found(
                    f"Condition?patient={quote(value, safe='')}"),
                    (len(want), want), value)
            self.assertEqual(ward.found(
                f"Patient/{patient}/Condition?_count=100")[1], want)
            self.assertEqual(ward.found(
                f"Condition?patient=http%3A%2F%2Felsewhere%2FPatient%2F"
                f"{patient}")[0], 0)

    def test_newest_first_in_both_spellings(self):
        for ward, p in self.every_patient():
            bundles = [ward.get(f"Observation?patient={p['id']}&category="
                                f"vital-signs&_count=1000&{sort}").json
                       for sort in ("_sort=-date", "_sort:desc=date")]
            ids = [[e["resource"]["id"] for e in b.get("entry", [])]
                   for b in bundles]
            self.assertEqual(ids[0], ids[1])
            times = [instant(e["resource"].get("effectiveDateTime") or
                             e["resource"]["effectivePeriod"]["start"])
                     for e in bundles[0].get("entry", [])]
            self.assertEqual(times, sorted(times, reverse=True))

    def test_the_newest_encounter_is_the_present_one(self):
        for ward, p in self.every_patient():
            bundle = ward.get(f"Encounter?patient={p['id']}&_sort=-date"
                              "&_count=1").json
            self.assertEqual(bundle["total"], p["counts"]["Encounter"])
            present = bundle["entry"][0]["resource"]
            self.assertEqual(present["status"], p["currentEncounterStatus"])
            bed = present["location"][-1]["location"]
            self.assertIn(bed.get("display", p["bed"]), p["bed"])

    def test_dates_of_observations_compare(self):
        for ward in self.each():
            patient = ward.index["patients"][1]["id"]
            seen = [(o["id"], instant(o["effectiveDateTime"]))
                    for o in ward.about("Observation", patient)
                    if "effectiveDateTime" in o]
            edge = sorted(t for _, t in seen)[len(seen) // 2]
            at = wards.datetime.datetime.fromtimestamp(
                edge, wards.datetime.timezone.utc).strftime(
                    "%Y-%m-%dT%H:%M:%SZ")
            for prefix, test in (("ge", lambda t: t >= edge),
                                 ("gt", lambda t: t > edge),
                                 ("le", lambda t: t <= edge),
                                 ("lt", lambda t: t < edge),
                                 ("eq", lambda t: t == edge)):
                got = set(ward.found(f"Observation?patient={patient}&date="
                                     f"{prefix}{at}&_count=1000")[1])
                want = {i for i, t in seen if test(t)}
                self.assertEqual(got & {i for i, _ in seen}, want, prefix)

    def test_codes_with_and_without_system(self):
        for ward in self.each():
            coding = ward.all["Observation"][0]["code"]["coding"][0]
            want = [o["id"] for o in ward.all["Observation"]
                    if any(c.get("code") == coding["code"]
                           for c in o["code"].get("coding", []))]
            for value in (coding["code"],
                          f"{coding['system']}|{coding['code']}"):
                total, ids = ward.found(
                    f"Observation?code={quote(value)}&_count=1000")
                self.assertEqual((total, ids), (len(want), want[:1000]))
            self.assertEqual(ward.found(
                f"Observation?code={quote('|' + coding['code'])}")[0], 0)

    def test_every_resource_comes_back_byte_for_byte(self):
        for ward in self.each():
            for kind, lines in ward.lines.items():
                with self.subTest(f"{ward} {kind}"):
                    pages, url = b"", f"{ward.base}/{kind}?_count=400"
                    while url:
                        answer = client.request("GET", url)
                        self.assertEqual(answer.status, 200)
                        self.assertEqual(answer.json["total"], len(lines))
                        pages += answer.body
                        url = next((k["url"] for k in answer.json["link"]
                                    if k["relation"] == "next"), None)
                    for line in lines:
                        self.assertIn(line, pages)
                    one = json.loads(lines[-1])
                    self.assertEqual(
                        ward.get(f"{kind}/{one['id']}").body, lines[-1])


class Shapes(WardCase):
    """Links, pages, headers, refusals: over the three default wards."""

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.wards = wards.default_wards(cls.env)

    def is_outcome(self, answer, ward, status):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.json["resourceType"], "OperationOutcome")
        self.assertEqual(answer.header["content-type"], self.mime(ward))

    @staticmethod
    def mime(ward):
        old = ward.version == "dstu2"
        return ("application/json+fhir" if old else "application/fhir+json") \
            + "; charset=utf-8"

    def test_pages_lead_through_all_and_back(self):
        for ward in self.each():
            whole = ward.found("Observation?_count=1000&_sort=-date")[1]
            url, seen, last = f"{ward.base}/Observation?_count=77" \
                "&_sort=-date", [], None
            while url:
                bundle = client.request("GET", url).json
                links = {k["relation"]: k["url"] for k in bundle["link"]}
                self.assertEqual(links["self"], url)
                self.assertEqual(links.get("previous"), last)
                self.assertEqual(bundle["total"], len(whole))
                seen += [e["resource"]["id"] for e in bundle["entry"]]
                last, url = url, links.get("next")
            self.assertEqual(seen, whole)

    def test_entries_say_where_they_are_and_why(self):
        for ward in self.each():
            for entry in ward.get("Location").json["entry"]:
                self.assertEqual(entry["search"], {"mode": "match"})
                self.assertEqual(entry["fullUrl"], f"{ward.base}/Location/"
                                 + entry["resource"]["id"])

    def test_counts(self):
        for ward in self.each():
            self.assertEqual(len(ward.found("Observation")[1]), 50)
            self.assertEqual(len(ward.found("Observation?_count=5")[1]), 5)
            for none in ("_count=0", "_summary=count"):
                bundle = ward.get(f"Observation?{none}").json
                self.assertEqual(bundle["total"], 480)
                self.assertNotIn("entry", bundle)
            self.assertEqual(ward.found("Patient?family=nobody"), (0, []))

    def test_form_and_address_count_together(self):
        for ward in self.each():
            p = ward.index["patients"][0]
            answer = ward.post(
                "Patient/_search?_count=1",
                urlencode({"family": p["family"][:2], "_id": p["id"]}))
            self.assertEqual(answer.json["total"], 1)
            self.assertEqual(answer.json["entry"][0]["resource"]["id"],
                             p["id"])
            again = client.request("GET", answer.json["link"][0]["url"])
            self.assertEqual(again.body, answer.body)

    def test_unknown_parameters_are_passed_over_unless_strict(self):
        for ward in self.each():
            self.assertEqual(ward.found("Patient?Patient=x&id=p-101")[0], 24)
            self.is_outcome(ward.get("Patient?colour=red",
                                     Prefer="handling=strict"), ward, 400)

    def test_statements_tell_the_truth(self):
        for ward in self.each():
            answer = ward.get("metadata")
            self.assertEqual(answer.header["content-type"], self.mime(ward))
            for resource in answer.json["rest"][0]["resource"]:
                self.assertIn(resource["type"], ward.all)
                for param in resource["searchParam"]:
                    reply = ward.get(f"{resource['type']}?_count=0&"
                                     f"{param['name']}:missing=false",
                                     Prefer="handling=strict")
                    self.assertEqual(reply.status, 200 if param["name"] !=
                                     "patient" or resource["type"] !=
                                     "Coverage" or ward.version == "r4"
                                     else 400, reply)
            self.assertEqual(
                {r["type"] for r in answer.json["rest"][0]["resource"]},
                set(ward.all))

    def test_what_is_written_is_valid_fhir(self):
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": u}} for u in
            ("Patient/p-101", "Condition?patient=p-101", "Patient/none")]}
        for ward in self.each():
            answers = [ward.get("metadata"), ward.get("Observation?_count=9"),
                       ward.get("Patient/none"), client.request(
                           "POST", ward.base,
                           {"Content-Type": self.mime(ward)},
                           json.dumps(batch))]
            for answer in answers:
                with tempfile.NamedTemporaryFile(suffix=".json") as f:
                    f.write(answer.body)
                    f.flush()
                    self.assertEqual(
                        wards.validate(ward.version, f.name), "")

    def test_a_read_may_be_spared(self):
        for ward in self.each():
            answer = ward.get("Patient/p-102")
            self.assertEqual(answer.header["etag"], 'W/"2"')
            self.assertRegex(answer.header["last-modified"],
                             r"^Thu, 19 Nov 2026 \d\d:00:00 GMT$")
            again = ward.get("Patient/p-102", **{"If-None-Match": 'W/"2"'})
            self.assertEqual((again.status, again.body), (304, b""))

    def test_refusals_are_outcomes_of_the_wards_version(self):
        for ward in self.each():
            for path, status in (
                    ("Patient/none", 404), ("Patient/no_id", 400),
                    ("Nothing/1", 404), ("Patient?birthdate=soon", 400),
                    ("Patient?family:sounds=x", 400),
                    ("Patient?identifier=a|b|c", 400),
                    ("Patient?_page=50", 400), ("?_getpages=x", 400),
                    ("Patient/p-101/_history", 404),
                    ("Patient?_format=xml", 406), ("~nothing/Patient", 404)):
                self.is_outcome(ward.get(path), ward, status)
            self.is_outcome(client.request(
                "PUT", f"{ward.base}/Patient/p-101"), ward, 405)
            self.is_outcome(client.request(
                "POST", f"{ward.base}/Patient/_search",
                {"Content-Type": "application/json"}, "{}"), ward, 415)
            self.is_outcome(client.request(
                "POST", ward.base, {"Content-Type": self.mime(ward)},
                '{"resourceType":"Bundle","type":"transaction"}'), ward, 400)
        gone = client.request("GET", f"{self.env['WG_BASE']}/rehearsal/x/y")
        self.assertEqual(gone.status, 404)
        self.assertIn("dstu2 (DSTU2)", gone.text)

    def test_a_batch_answers_each_entry_in_order(self):
        entries = [("GET", "Patient/p-103", "200"),
                   ("GET", "/Condition?patient=p-103", "200"),
                   ("GET", "./Patient/none", "404"),
                   ("POST", "Patient", "405"), ("get", "Patient/p-1", "405"),
                   ("GET", "http://evil.example/Patient/1", "404"),
                   ("GET", "//evil.example/Patient/1", "404"),
                   ("GET", "Patient/rehearse-429", "429"), (None, None, "400")]
        for ward in self.each():
            batch = {"resourceType": "Bundle", "type": "batch", "entry": [
                {"request": {"method": m, "url": u}} if m else {}
                for m, u, _ in entries]}
            batch["entry"][1]["request"]["url"] = \
                f"{ward.base}/Condition?patient=p-103"
            answer = client.request("POST", ward.base + "/",
                                    {"Content-Type": self.mime(ward)},
                                    json.dumps(batch))
            got = [e["response"]["status"][:3] for e in answer.json["entry"]]
            self.assertEqual(got, [s for _, _, s in entries])
            first, second, third = answer.json["entry"][:3]
            self.assertEqual(first["resource"]["id"], "p-103")
            self.assertEqual(second["resource"]["total"], 3)
            outcome = third["resource"] if ward.version == "dstu2" \
                else third["response"]["outcome"]
            self.assertEqual(outcome["resourceType"], "OperationOutcome")

    def test_requests_are_in_the_log(self):
        with open(self.env["WG_REHEARSAL_LOG"]) as log:
            log.seek(0, 2)
            base = f"{self.env['WG_BASE']}/rehearsal/r4"
            client.request("GET", f"{base}/Patient?family=a%20b")
            client.request("POST", f"{base}/Patient/_search?_count=1",
                           {"Content-Type": client.FORM}, "family=x")
            client.request("POST", base, {"Content-Type": "application/json"},
                           '{\n"resourceType":\t"Bundle"}')
            self.assertEqual(log.read().splitlines(), [
                "GET /rehearsal/r4/Patient?family=a%20b\t",
                "POST /rehearsal/r4/Patient/_search?_count=1\tfamily=x",
                'POST /rehearsal/r4\t{\\n"resourceType":\\t"Bundle"}'])


if __name__ == "__main__":
    unittest.main()
