# test_manners.py - links, tags, types of JSON: what surrounds the records
# SPDX-License-Identifier: Apache-2.0

import time
import unittest
from urllib.parse import parse_qsl, urlsplit

from tests.e2e.contract import Calls, ids
from tests.e2e.hostile import rows
from tests.rig.client import request


class Manners(Calls):
    """Links, tags, methods: what a client relies on around the records."""

    def test_self_and_next_lead_through_all_pages(self):
        for place in self.places:
            patient = place.ward.index["patients"][2]["id"]
            mine = place.ward.about("Observation", patient)
            url, found, pages = f"Observation?patient={patient}&_count=6" \
                "&_sort=-date", [], 0
            answer = place.ask("GET", url)
            while True:
                bundle = self.searchset(answer, "Observation", len(mine))
                links = {k["relation"]: k["url"] for k in bundle["link"]}
                for link in links.values():
                    self.assertTrue(link.startswith(
                        place.base + "/Observation?"), link)
                if not pages:
                    self.assertEqual(
                        set(parse_qsl(urlsplit(links["self"]).query)) -
                        {("_sort", "-date"), ("_sort:desc", "date")},
                        {("patient", patient), ("_count", "6")})
                for entry in bundle["entry"]:
                    self.assertEqual(
                        entry["fullUrl"],
                        f"{place.base}/Observation/{entry['resource']['id']}")
                found, pages = found + ids(bundle), pages + 1
                if "next" not in links:
                    break
                answer = request("GET", links["next"], {
                    "Authorization": f"Bearer {place.token}"})
            self.assertEqual(sorted(found), sorted(o["id"] for o in mine))
            self.assertEqual(pages, (len(mine) + 5) // 6)

    def test_self_finds_the_same_again(self):
        for place in self.places:
            p = place.ward.index["patients"][1]
            answer = place.ask("POST", "Patient/_search", {
                "family": p["family"], "gender": p["gender"], "_count": "3"})
            mine = next(k["url"] for k in answer.json["link"]
                        if k["relation"] == "self")
            again = request("GET", mine, {
                "Authorization": f"Bearer {place.token}"})
            self.assertEqual(ids(self.good(again)), ids(answer.json))
            self.assertEqual(again.json["total"], answer.json["total"])

    def test_who_has_a_record_is_told_so(self):
        for place in self.places:
            patient = place.ward.index["patients"][0]["id"]
            encounter = place.ward.about("Encounter", patient)[0]["id"]
            for path in (f"Patient/{patient}", f"Encounter/{encounter}"):
                answer = place.ask("GET", path)
                tag = answer.header["etag"]
                self.assertRegex(tag, r'^W/"[^"]+"$')
                for sent in (tag, f'"x", {tag}'):
                    again = place.ask("GET", path, If_None_Match=sent)
                    self.assertEqual((again.status, again.body), (304, b""),
                                     sent)
                    self.assertEqual(again.header["etag"], tag)
                for other in ('W/"0"', '"x"', "x"):
                    again = place.ask("GET", path, If_None_Match=other)
                    self.assertEqual((again.status, again.body),
                                     (200, answer.body), other)

    def test_a_tag_of_one_hospital_is_none_in_another(self):
        tags = {p.version: p.ask("GET", "Patient/p-101").header["etag"]
                for p in self.places[:3]}
        for place in self.places[:3]:
            for version, tag in tags.items():
                status = place.ask("GET", "Patient/p-101",
                                   If_None_Match=tag).status
                self.assertEqual(status, 304 if version == place.version
                                 else 200)

    def test_head_is_get_without_its_body(self):
        for place in self.places:
            patient = place.ward.index["patients"][0]["id"]
            for path in (f"Patient/{patient}",
                         f"Condition?patient={patient}"):
                get, head = place.ask("GET", path), place.ask("HEAD", path)
                self.assertEqual((head.status, head.body), (200, b""))
                for name in ("content-type", "etag", "vary", "cache-control"):
                    self.assertEqual(head.header.get(name),
                                     get.header.get(name), name)

    def test_each_version_speaks_its_own_type_of_JSON(self):
        for place in self.places:
            kind = "application/json+fhir" if place.version == "DSTU2" \
                else "application/fhir+json"
            for accept in (None, "*/*", "application/json",
                           "application/fhir+json", "application/json+fhir",
                           "application/fhir json", "text/html, */*;q=0.1"):
                headers = {"Accept": accept} if accept else {}
                answer = place.ask("GET", "Patient/p-101", **headers)
                self.good(answer)
                self.assertEqual(answer.header["content-type"],
                                 f"{kind}; charset=utf-8", accept)

    def test_the_default_address_reads_its_version_or_what_is_asked(self):
        for place in self.places[:3]:
            number = {"DSTU2": "1.0", "STU3": "3.0", "R4": "4.0"}[
                place.version]
            plain = self.env.fhir("GET", "Patient/p-101", place.token)
            self.good(plain)
            self.assertEqual(
                plain.header["content-type"].split(";")[0],
                "application/json+fhir" if self.default == "DSTU2"
                else "application/fhir+json")
            asked = self.env.fhir(
                "GET", "Patient/p-101", place.token, headers={
                    "Accept": f"application/fhir+json; fhirVersion={number}"})
            self.assertEqual(asked.body,
                             place.ask("GET", "Patient/p-101").body)

    def test_a_token_before_every_call_as_the_app_does(self):
        for place in self.places:
            for kind in ("Condition", "Coverage"):
                tenant = self.env[f"WG_TENANT_{place.version}"]
                place.token = self.env.token(tenant.upper())
                self.good(place.ask("GET", f"{kind}?patient=p-101"))

    def test_what_was_asked_is_in_the_audit_trail_and_no_name(self):
        place = self.places[1]
        name = place.ward.index["patients"][0]["family"]
        before = time.time()
        self.people(place, family=name)
        found = str(rows(self.env, "select a::text from wardgate.audit a "
                         f"where at >= to_timestamp({before - 1})"))
        self.assertIn("search-type", found)
        self.assertNotIn(name, found)


if __name__ == "__main__":
    unittest.main()
