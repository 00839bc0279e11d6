# test_provider_lists.py - what a hospital's searchsets may lead to, and what not
# SPDX-License-Identifier: Apache-2.0
#
# Records about somebody else, records of other types, page links that lead
# elsewhere, totals that are missing: seen from the client.

import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.faults import (FACES, MARK, Faulty, bundle, observation,
                              says_json)
from tests.e2e.hostile import request, rows

setUpModule = behind_lighttpd

# The element that names the patient, per version.
SUBJECTS = {
    "Observation": ("subject", "subject", "subject"),
    "Condition": ("patient", "subject", "subject"),
    "Encounter": ("patient", "subject", "subject"),
    "AllergyIntolerance": ("patient", "patient", "patient"),
    "MedicationOrder": ("patient", None, None),
    "MedicationRequest": (None, "subject", "subject"),
    "Coverage": ("subscriber", "beneficiary", "beneficiary"),
}


def matches(answer):
    return [e["resource"]["id"] for e in answer.json.get("entry", ())
            if e["resource"]["resourceType"] != "OperationOutcome"]


def notes(answer):
    """(issue code, sentence) of what an answer says about itself."""
    return [(i["code"], i["details"]["text"])
            for e in answer.json.get("entry", ())
            if e["resource"]["resourceType"] == "OperationOutcome"
            for i in e["resource"]["issue"]]


def link(answer, relation):
    return next((li["url"] for li in answer.json.get("link", ())
                 if li["relation"] == relation), None)


class Lists(Faulty):
    letter = "4"

    def search(self, body, what="search", face="R4", calls=1, **headers):
        fault = body if callable(body) else says_json(body)
        return self.meets([fault], 200, "ok", 200, what, face, calls,
                          **headers)


class Others(Lists):
    """Whoever asks about one patient never gets another's record."""

    def test_records_about_somebody_else_are_withheld(self):
        for n, face in enumerate(FACES):
            for kind, elements in SUBJECTS.items():
                if not elements[n]:
                    continue
                found = [{"resourceType": kind, "id": f"{kind}-{who}",
                          elements[n]: {"reference": f"Patient/{who}"}}
                         for who in ("p2", "p1", "p11", "p3")]
                # below R4 the statement is looked at first for a Coverage
                answer = self.search(bundle(*found, total=4),
                                     f"{kind}?patient=p1", face,
                                     (1, 2) if kind == "Coverage" else 1)
                self.assertEqual(matches(answer), [f"{kind}-p1"])
                self.assertEqual(answer.json["total"], 1)
                self.assertNotIn("p2", answer.text)
                if (kind, face) == ("Coverage", "DSTU2"):
                    # asked for as Patient/p1/Coverage, where others belong
                    self.assertEqual(notes(answer), [])
                    continue
                self.assertEqual([c for c, _ in notes(answer)], ["security"])
                self.assertIn("3 records", notes(answer)[0][1])

    def test_references_in_every_spelling(self):
        base = f"{self.double.base}/{MARK}"
        for reference, kept in (
                ("Patient/p1", True), (f"{base}/Patient/p1", True),
                ("Patient/p1/_history/2", True),
                ("Patient/p2", False), ("Patient/P1", False),
                (f"{base}/Patient/p2", False), ("Practitioner/p1", False),
                ("p1", False), ("#p1", False), ("", False),
                ("Patient/p2?x=Patient/p1", False)):
            one = observation(1)
            one["subject"]["reference"] = reference
            answer = self.search(bundle(one, total=1))
            self.assertEqual(matches(answer), ["o1"] if kept else [],
                             reference)
            self.assertEqual(answer.json["total"], int(kept))
        for subject in (None, {}, {"display": "p1"}, "Patient/p1", [], 7):
            one = {**observation(1), "subject": subject}
            answer = self.search(bundle(one, total=1))
            self.assertEqual(matches(answer), [], subject)

    def test_nor_on_a_later_page(self):
        def pages(x):
            first = "_offset" not in x.seen.query
            x.answer(bundle(
                observation(1, "p1" if first else "p2"), observation(2),
                total=4, link=[{"relation": "next", "url":
                                "Observation?_offset=2"}] if first else []))
        self.double.on(f"/{MARK}", pages)
        first = self.ask("search")
        self.assertEqual(matches(first), ["o1", "o2"])
        later = request("GET", link(first, "next"), {
            "Authorization": f"Bearer {self.tokens['R4']}"})
        self.assertEqual(matches(later), ["o2"], later)
        self.assertEqual([c for c, _ in notes(later)], ["security"])

    def test_a_person_asked_for_by_id_is_nobody_else(self):
        people = [{"resourceType": "Patient", "id": who}
                  for who in ("p2", "p1", "p3")] + [
                      {"resourceType": "Patient"}]
        for what in ("form", "Patient?_id=p1", "Patient?id=p1"):
            answer = self.search(bundle(*people, total=4), what)
            self.assertEqual(matches(answer), ["p1"])
            self.assertEqual(answer.json["total"], 1)
            self.assertEqual([c for c, _ in notes(answer)], ["security"])
            self.assertNotIn("p2", answer.text)

    def test_nor_are_two_on_any_page(self):
        def pages(x):
            n = 3 if "page=2" in x.seen.target else 1
            x.answer(bundle(
                *({"resourceType": "Patient", "id": f"p{i}"}
                  for i in (n, n + 1)), total=4,
                link=[{"relation": "next", "url": "Patient?page=2"}]
                if n == 1 else []))
        answer = self.search(pages, "Patient?_id=p2,p3&_count=2", calls=3)
        self.assertEqual((matches(answer), answer.json["total"]),
                         (["p2", "p3"], 2))
        self.assertEqual([c for c, _ in notes(answer)], ["security"])
        self.assertIn("2 records", notes(answer)[0][1])

    def test_records_of_other_types_are_left_out(self):
        for other in ("Practitioner", "Patient", "Binary", "Bundle"):
            answer = self.search(bundle(
                observation(1), {"resourceType": other, "id": "zq7secret"},
                observation(2), total=2))
            self.assertEqual(matches(answer), ["o1", "o2"])
            self.assertEqual(answer.json["total"], 2)
            self.assertEqual([c for c, _ in notes(answer)],
                             ["not-supported"])

    def test_the_audit_trail_says_whose_records_were_asked_for(self):
        answer = self.search(bundle(observation(1), observation(2, "p2"),
                                    total=2))
        kept = rows(self.env, "select patient_id, matches, returned, "
                    "interaction, resource_type, face from wardgate.audit "
                    f"where trace_id = '{answer.header['x-trace-id']}'")
        self.assertEqual(kept, [["p1", "1", "1", "search-type",
                                 "Observation", "R4"]])

    def test_the_audit_trail_says_whose_record_was_read(self):
        for subject, whose in (("Patient/p2", "p2"), ("Group/g1", "")):
            one = observation(1)
            one["subject"]["reference"] = subject
            answer = self.search(one, "Observation/o1", "STU3")
            self.assertEqual(rows(
                self.env, "select patient_id, returned, interaction from "
                "wardgate.audit where trace_id = "
                f"'{answer.header['x-trace-id']}'"), [[whose, "1", "read"]])


    def test_the_audit_trail_says_whose_record_was_found(self):
        """By its id, or a patient by name: when all are about one."""
        for found, total, whose in (
                ([observation(1), observation(2)], 2, "p1"),
                ([observation(1), observation(2, "p2")], 2, ""),
                ([], 0, "")):
            ids = ",".join(o["id"] for o in found) or "o9"
            answer = self.search(bundle(*found, total=total),
                                 f"Observation?_id={ids}")
            self.assertEqual(rows(
                self.env, "select patient_id, returned from wardgate.audit"
                f" where trace_id = '{answer.header['x-trace-id']}'"),
                [[whose, str(total)]], answer)

    def test_it_says_so_when_the_record_is_the_same_as_before(self):
        """The hospital's own 304 would name nobody."""
        for what, whose, passed_on in (("Observation/o1", "p1", False),
                                       ("Patient/p1", "p1", True)):
            tag = self.ask(what).header["etag"]
            again = self.ask(what, **{"If-None-Match": tag})
            self.assertEqual((again.status, again.body, again.header["etag"]),
                             (304, b"", tag))
            self.assertEqual(
                "if-none-match" in self.double.seen[-1].headers, passed_on)
            self.assertEqual(rows(
                self.env, "select status, patient_id, resource_id, "
                "interaction from wardgate.audit where trace_id = "
                f"'{again.header['x-trace-id']}'"),
                [["304", whose, what.split("/")[1], "read"]])
            other = self.ask(what, **{"If-None-Match": 'W/"x"'})
            self.assertEqual(other.status, 200)


class Links(Lists):
    """Page links are ours, and lead to the hospital alone."""

    def paged(self, url):
        return bundle(observation(1), observation(2), total=4,
                      link=[{"relation": "self", "url": "http://x/?a=zq7secret"},
                            {"relation": "next", "url": url}])

    def test_links_that_lead_elsewhere_are_not_followed(self):
        base = f"{self.double.base}/{MARK}"
        for url in ("http://evil.example/fhir/Observation?page=2",
                    "//evil.example/x", "file:///etc/passwd",
                    "javascript:alert(1)", "gopher://evil.example/",
                    f"http://x@evil.example/{MARK}/Observation",
                    f"{base}/../other/Observation", f"{base}x/Observation",
                    f"{base}/%2e%2e/other", f"{base}/Observation/..",
                    f"{self.double.base}/Observation?page=2",
                    f"{base}/Observation?x=" + "y" * 20000):
            answer = self.search(self.paged(url))
            self.assertIsNone(link(answer, "next"), url)
            self.assertEqual([c for c, _ in notes(answer)], ["incomplete"],
                             url)
            self.assertEqual(matches(answer), ["o1", "o2"])

    def test_links_under_the_hospital_are_followed_there(self):
        base = f"{self.double.base}/{MARK}"
        for url in (f"{base}/Observation?page=2", "Observation?page=2",
                    "?page=2", f"/{MARK}/Observation?page=2",
                    f"http://inside.example:8080/{MARK}/Observation?page=2",
                    f"HTTP://127.0.0.1:{self.double.port}/{MARK}/Observation"
                    "?page=2"):
            answer = self.search(self.paged(url))
            ours = link(answer, "next")
            self.assertTrue(ours.startswith(
                self.env["WG_FHIR_R4"] + "/Observation?_cursor="), ours)
            self.assertNotIn("inside.example", answer.text)
            self.double.on(f"/{MARK}", says_json(self.paged(url)))
            before = len(self.double.seen)
            later = request("GET", ours, {
                "Authorization": f"Bearer {self.tokens['R4']}"})
            self.double.off()
            self.assertEqual(later.status, 200, later)
            self.assertEqual([s.target for s in self.double.seen[before:]],
                             [f"/{MARK}/Observation?page=2"])
            self.assertEqual(later.json["total"], 4)

    def next_of(self, found, url):
        """What the hospital is asked by the link to the next page."""
        found = {**found, "link": [{"relation": "next", "url": url}]}
        ours = link(self.search(found), "next")
        if not ours:
            return []
        self.double.on(f"/{MARK}", says_json(found))
        before = len(self.double.seen)
        request("GET", ours,
                {"Authorization": f"Bearer {self.tokens['R4']}"})
        self.double.off()
        return [s.target for s in self.double.seen[before:]]

    def test_the_place_of_the_hospital_is_ours_everywhere(self):
        base, ours = f"{self.double.base}/{MARK}", self.env["WG_FHIR_R4"]
        one = {**observation(1), "encounter": {
            "reference": f"{base}/Encounter/e1"}, "performer": [
                {"reference": f"{base}/Practitioner/d1/_history/3"},
                {"reference": "http://other.example/fhir/Practitioner/2"}]}
        found = bundle(one, total=1)
        found["entry"][0]["fullUrl"] = f"{base}/Observation/o1"
        answer = self.search(found)
        entry = answer.json["entry"][0]
        self.assertEqual(entry["fullUrl"], f"{ours}/Observation/o1")
        self.assertEqual(entry["resource"]["encounter"]["reference"],
                         f"{ours}/Encounter/e1")
        self.assertEqual(
            [p["reference"] for p in entry["resource"]["performer"]],
            [f"{ours}/Practitioner/d1/_history/3",
             "http://other.example/fhir/Practitioner/2"])
        del found["entry"][0]["fullUrl"]
        entry = self.search(found).json["entry"][0]
        self.assertEqual(entry["fullUrl"], f"{ours}/Observation/o1")


    def test_a_hospital_that_calls_itself_by_another_name(self):
        inside = "http://inside.example:8080/fhir"
        ours = self.env["WG_FHIR_R4"]
        one = {**observation(1), "encounter": {
            "reference": f"{inside}/Encounter/e1"}}
        one["subject"]["reference"] = f"{inside}/Patient/p1"
        found = bundle(one, observation(2), total=2)
        for entry in found["entry"]:
            entry["fullUrl"] = f"{inside}/Observation/{entry['resource']['id']}"
        answer = self.search(found)
        self.assertNotIn("inside.example", answer.text)
        self.assertEqual([e["fullUrl"] for e in answer.json["entry"]],
                         [f"{ours}/Observation/o1", f"{ours}/Observation/o2"])
        self.assertEqual(answer.json["entry"][0]["resource"]["encounter"],
                         {"reference": f"{ours}/Encounter/e1"})
        self.assertEqual(self.next_of(found, f"{inside}/Observation?page=2"),
                         [f"/{MARK}/Observation?page=2"])
        self.assertEqual(self.next_of(found, f"{inside}?_getpages=7"),
                         [f"/{MARK}?_getpages=7"])
        self.assertEqual(self.next_of(found, "http://inside.example:8080/x"),
                         [])
        urn = "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e"
        found["entry"][0]["fullUrl"] = urn
        self.assertEqual(self.search(found).json["entry"][0]["fullUrl"], urn)


class Totals(Lists):
    """Bundle.total is always there, and true or said to be a lower bound."""

    def test_none_given_and_all_shown(self):
        for total in ({}, {"total": None}):
            answer = self.search(bundle(observation(1), observation(2),
                                        **total))
            self.assertEqual(answer.json["total"], 2)
            self.assertEqual(notes(answer), [])
        self.assertEqual(self.search(bundle()).json["total"], 0)

    def test_a_number_in_quotes_is_a_number(self):
        answer = self.search(bundle(observation(1), total="3"))
        self.assertEqual(answer.json["total"], 3)

    def pages(self, last, summary):
        """So many pages of two, and what a question for the number gets."""
        def fault(x):
            if "_summary=count" in x.seen.target:
                return summary(x)
            query = dict(p.split("=") for p in x.seen.query.split("&"))
            page = int(query.get("page", 1))
            more = [{"relation": "next", "url": f"?page={page + 1}"}] \
                if page < last else []
            return x.answer(bundle(observation(2 * page),
                                   observation(2 * page + 1), link=more))
        return fault

    def test_it_is_asked_for_when_there_is_more(self):
        answer = self.search(
            self.pages(9, lambda x: x.answer(bundle(total=17))), calls=2)
        self.assertEqual((answer.json["total"], notes(answer)), (17, []))

    def test_it_is_counted_when_nobody_tells(self):
        for summary in (lambda x: x.outcome(400, "zq7secret"),
                        lambda x: x.answer("<html>", kind="text/html"),
                        lambda x: x.answer(bundle())):
            answer = self.search(self.pages(4, summary), calls=5)
            self.assertEqual((answer.json["total"], notes(answer)), (8, []))

    def test_a_list_without_end_is_a_lower_bound(self):
        answer = self.search(
            self.pages(10 ** 6, lambda x: x.outcome(400, "no")), calls=21)
        self.assertEqual(answer.json["total"], 40)
        self.assertEqual([c for c, _ in notes(answer)], ["incomplete"])

    def test_only_the_number(self):
        answer = self.search(
            self.pages(9, lambda x: x.answer(bundle(total=17))),
            "Observation?patient=p1&_count=0")
        self.assertEqual((answer.json["total"], matches(answer)), (17, []))

    def test_only_the_number_where_nobody_tells_it(self):
        for summary in (lambda x: x.outcome(400, "no"),
                        lambda x: x.answer(bundle()),
                        lambda x: x.answer(bundle(observation(1)))):
            answer = self.search(self.pages(4, summary),
                                 "Observation?patient=p1&_count=0", calls=(5, 6, 7))
            self.assertEqual((answer.json["total"], matches(answer),
                              notes(answer)), (8, [], []))

    def test_what_comes_twice_counts_once(self):
        def circle(x):
            page = 2 if "page=1" in x.seen.target else 1
            x.answer(bundle(observation(page), observation(3), link=[
                {"relation": "next", "url": f"?page={page}"}]))
        answer = self.search(circle, calls=4)
        self.assertEqual(answer.json["total"], 3)
        self.assertEqual([c for c, _ in notes(answer)], ["incomplete"])


if __name__ == "__main__":
    unittest.main()
