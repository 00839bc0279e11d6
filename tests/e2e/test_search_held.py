# test_search_held.py - every page is held against what was asked for
# SPDX-License-Identifier: Apache-2.0
#
# Hospitals whose servers pass over a parameter, or the order, and whose first
# page fits by chance: what is wrong shows on a later page only.

import json
import time
import unittest
from urllib.parse import unquote_plus

from tests.e2e import behind_lighttpd
from tests.e2e.hostile import rows
from tests.e2e.test_search_emulated import Story, link, matches, notes
from tests.rig.client import request
from tests.rig.crowd import put_tenant
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

FACES = ("DSTU2", "STU3", "R4")
WITHHELD = ("warning", "security")
AT_LEAST = ("warning", "incomplete")


def person(number, born, family="Miller"):
    return {"resourceType": "Patient", "id": number, "birthDate": born,
            "gender": "female", "name": [{"family": family}]}


def measured(number, when, patient="p1", kind="vital-signs"):
    return {"resourceType": "Observation", "id": number, "status": "final",
            "code": {"text": "pulse"}, "effectiveDateTime": when,
            "category": [{"coding": [{"code": kind}]}],
            "subject": {"reference": f"Patient/{patient}"}}


BORN = "1980-01-01"
PEOPLE = [[person("1", BORN), person("2", BORN)],
          [person("3", "1999-09-09", "Stranger"), person("4", BORN)],
          [person("5", BORN), person("6", BORN)],
          [person("7", "1999-09-09", "Stranger")]]
BORN_THEN = ["1", "2", "4", "5", "6"]


class Held(Story):
    def serve(self, pages, self_link=None, count=None, total=True, **more):
        """A hospital that always sends these pages, whatever is asked.
        self_link: function of the page's number; count: what a question for
        the number gets."""
        double = self.enterContext(Provider("R4"))

        def says(x):
            query = dict(p.split("=") for p in x.seen.query.split("&")
                         if "=" in p)
            form = x.seen.body.decode()
            if count and ("_summary=count" in x.seen.query + form):
                return count(x)
            number = int(query.get("page", 0))
            links = [{"relation": "self", "url": self_link(number)
                      if self_link else x.seen.path}]
            if number + 1 < len(pages):
                links.append({"relation": "next",
                              "url": f"?page={number + 1}"})
            if number:
                links.append({"relation": "previous",
                              "url": f"?page={number - 1}"})
            return x.answer(json.dumps({
                "resourceType": "Bundle", "type": "searchset", "link": links,
                **({"total": sum(map(len, pages))} if total else {}),
                "entry": [{"resource": r, "search": {"mode": "match"}}
                          for r in pages[number]]}))
        for kind in ("Patient", "Observation"):
            double.on(f"/r4/{kind}", says)
        return self.hospital("R4", url=double.base + "/r4", **more), double

    def chain(self, tenant, first):
        """first and all pages behind it"""
        found = [first]
        while link(found[-1], "next"):
            found.append(self.follow(tenant, link(found[-1], "next")))
        return found


class Parameters(Held):
    def test_a_later_page_shows_nobody_who_was_not_asked_for(self):
        for face in FACES:
            tenant, _ = self.serve(PEOPLE)
            first = self.ask(tenant, "Patient/_search", face,
                             {"birthdate": BORN, "_count": "2"})
            self.assertEqual((matches(first), notes(first)), (["1", "2"], []))
            pages = self.chain(tenant, first)
            self.assertEqual([matches(p) for p in pages],
                             [["1", "2"], ["4"], ["5", "6"], []])
            for page in pages:
                self.assertNotIn("Stranger", page.text)
            # a total that counts strangers is not claimed any more
            self.assertEqual([p.json["total"] for p in pages[1:]], [1, 2, 0])
            self.assertEqual([notes(p) for p in pages[1:]],
                             [[WITHHELD], [AT_LEAST], [WITHHELD]])
            said = [i["details"]["text"] for e in pages[1].json["entry"]
                    if e["search"]["mode"] == "outcome"
                    for i in e["resource"]["issue"]]
            self.assertIn("passed over birthdate and sent 1 record", said[0])
            back = self.follow(tenant, link(pages[2], "previous"))
            self.assertEqual(matches(back), ["4"])

    def test_what_was_withheld_is_in_the_audit_trail(self):
        tenant, _ = self.serve(PEOPLE)
        first = self.ask(tenant, "Patient/_search", "R4",
                         {"birthdate": BORN, "_count": "2"})
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual(rows(
            self.env, "select matches, returned from wardgate.audit where "
            f"trace_id = '{later.header['x-trace-id']}'"), [["1", "1"]])

    def test_nobody_but_who_was_asked_for_by_id(self):
        tenant, _ = self.serve([[person("1", BORN)],
                                [person("2", BORN), person("3", BORN)]])
        first = self.ask(tenant, "Patient/_search", "R4",
                         {"_id": "1,3", "_count": "1"})
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(first), matches(later)), (["1"], ["3"]))
        self.assertEqual((later.json["total"], notes(later)), (1, [WITHHELD]))

    def test_a_page_whose_own_link_leaves_a_parameter_out(self):
        """The next ones are held against it by their own word alone."""
        pages = [[measured("a", "2026-03-03"), measured("b", "2026-03-02")],
                 [measured("c", "2026-03-01", kind="laboratory"),
                  measured("d", "2026-02-01")]]
        where = "http://ward.test/r4/Observation?patient=p1&_count=2"
        tenant, _ = self.serve(pages, lambda n: where + (
            "" if n else "&category=vital-signs"))
        first = self.ask(tenant, "Observation?patient=p1&category=vital-signs"
                         "&_count=2", "R4")
        self.assertEqual((matches(first), notes(first)), (["a", "b"], []))
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(later), notes(later)), (["d"], [WITHHELD]))

    def test_the_first_page_tells_when_it_leaves_a_parameter_out(self):
        """Then all pages are looked through, though the first one fits."""
        pages = [[measured("a", "2026-03-03"), measured("b", "2026-03-02")],
                 [measured("c", "2026-03-01", kind="laboratory"),
                  measured("d", "2026-02-01")]]
        tenant, _ = self.serve(
            pages, lambda n: "/r4/Observation?patient=p1&_count=2")
        first = self.ask(tenant, "Observation?patient=p1&category=vital-signs"
                         "&_count=2", "R4")
        self.assertEqual((matches(first), first.json["total"]),
                         (["a", "b"], 3))
        self.assertEqual(notes(first), [("information", "informational")])
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(later), later.json["total"]), (["d"], 3))

    def test_pages_that_are_counted_are_held_against_it(self):
        tenant, _ = self.serve(PEOPLE, total=False, count=lambda x:
                               x.outcome(400, "no"))
        first = self.ask(tenant, "Patient/_search", "R4",
                         {"birthdate": BORN, "_count": "2"})
        self.assertEqual(first.json["total"], 5)
        self.assertEqual(notes(first), [("information", "informational")])
        shown = [m for p in self.chain(tenant, first) for m in matches(p)]
        self.assertEqual(shown, BORN_THEN)

    def test_pages_that_are_put_in_order_are_held_against_it(self):
        tenant, _ = self.serve(PEOPLE, can_sort="off")
        first = self.ask(tenant, "Patient/_search", "R4", {
            "birthdate": BORN, "_sort": "family", "_count": "3"})
        self.assertEqual((matches(first), first.json["total"]),
                         (["1", "2", "4"], 5))
        self.assertEqual(set(notes(first)), {("information", "informational")})
        shown = [m for p in self.chain(tenant, first) for m in matches(p)]
        self.assertEqual(shown, BORN_THEN)

    def test_a_name_that_is_passed_over_in_silence(self):
        """A search for nobody finds somebody: that tells."""
        tenant, double = self.serve(PEOPLE)
        first = self.ask(tenant, "Patient/_search", "R4",
                         {"family": "mill", "_count": "2"})
        self.assertEqual((matches(first), notes(first)), (["1", "2"], []))
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(later), notes(later)), (["4"], [WITHHELD]))
        self.assertNotIn("Stranger", later.text)
        asked = [s.body for s in double.seen if b"wardgate" in s.body]
        self.assertEqual(len(asked), 1)
        self.assertIn(b"family:contains=wardgate", unquote_plus(
            asked[0].decode()).encode())

    def test_a_category_that_is_passed_over_in_silence(self):
        pages = [[measured("a", "2026-03-03"),
                  measured("b", "2026-03-02", kind="laboratory")],
                 [measured("c", "2026-03-01")]]
        for face in FACES:
            tenant, _ = self.serve(pages)
            path = "Observation?patient=p1&category=vital-signs&_count=2"
            first = self.ask(tenant, path, face)
            self.assertEqual((matches(first), first.json["total"]),
                             (["a", "c"], 2))
            self.assertEqual(notes(first), [("information", "informational")])

    def test_a_server_with_its_own_way_of_finding_names_is_believed(self):
        """It finds nobody where there is nobody; asked once by a process."""
        tenant, double = self.serve(PEOPLE)
        rules = double.rules

        def says(x):
            return x.answer({"resourceType": "Bundle", "type": "searchset",
                             "total": 0}) if b"wardgate" in x.seen.body \
                else True
        double.rules = [(path, (says, *faults)) for path, faults in rules]
        for _ in range(3):
            first = self.ask(tenant, "Patient/_search", "R4",
                             {"family": "meyer", "_count": "2"})
            pages = self.chain(tenant, first)
            self.assertEqual([m for p in pages for m in matches(p)],
                             ["1", "2", "3", "4", "5", "6", "7"])
            self.assertEqual([n for p in pages for n in notes(p)], [])
            self.assertEqual({p.json["total"] for p in pages}, {7})
        asked = [s for s in double.seen if b"wardgate" in s.body]
        self.assertIn(len(asked),
                      range(1, len(self.house.rig.pids("facade")) + 1))

    def test_only_the_number(self):
        tenant, _ = self.serve(PEOPLE)
        for _ in range(2):
            answer = self.ask(tenant, "Patient/_search", "R4",
                              {"birthdate": BORN, "_count": "0"})
            self.assertEqual((matches(answer), answer.json["total"]), ([], 5))
            self.assertEqual(notes(answer), [("information",
                                              "informational")])

    def test_two_parameters_are_passed_over(self):
        """One shows on the first page; the other one only when more records
        are asked for."""
        man = {**person("3", BORN, "Stranger"), "gender": "male"}
        woman = person("2", "1999-09-09", "Stranger")
        short, (everybody,) = ([[person("1", BORN), woman], [man]],
                               [[person("1", BORN), woman, man]])
        tenant, double = self.serve(short)
        rules = double.rules

        def says(x):
            many = "_count=250" in x.seen.body.decode()
            return x.answer(json.dumps({
                "resourceType": "Bundle", "type": "searchset",
                "entry": [{"resource": r, "search": {"mode": "match"}}
                          for r in everybody]})) if many else True
        double.rules = [(path, (says, *faults)) for path, faults in rules]
        answer = self.ask(tenant, "Patient/_search", "R4", {
            "birthdate": BORN, "gender": "female", "_count": "2"})
        self.assertEqual((matches(answer), answer.json["total"]), (["1"], 1))
        self.assertNotIn("Stranger", answer.text)

    def test_a_search_that_is_too_long_for_a_link_is_kept_and_held(self):
        names = ",".join(f"qz{n}name" for n in range(90))
        tenant, _ = self.serve(PEOPLE)
        first = self.ask(tenant, "Patient/_search", "R4", {
            "family": f"{names},r", "name": f"{names},e",
            "birthdate": BORN, "_count": "2"})
        url = link(first, "next")
        self.assertLess(len(url), 400)  # the number of a row
        later = self.follow(tenant, url)
        self.assertEqual((matches(later), notes(later)), (["4"], [WITHHELD]))


class Remembered(Held):
    """What a server passes over is known from then on, and told."""

    FORM = {"birthdate": BORN, "_count": "2"}

    def told(self, tenant, face, name):
        """What the statement of one hospital says of a parameter."""
        token = self.env.token(tenant)
        statement = request("GET", f"{self.env[f'WG_FHIR_{face}']}/metadata",
                            {"Authorization": f"Bearer {token}"}).json
        return next(p["documentation"]
                    for r in statement["rest"][0]["resource"]
                    if r["type"] == "Patient"
                    for p in r["searchParam"] if p["name"] == name)

    def test_it_is_told_and_taken_over_from_the_start(self):
        tenant, _ = self.serve(PEOPLE)
        first = self.ask(tenant, "Patient/_search", "R4", self.FORM)
        for face in FACES:
            self.assertNotIn("Emulated", self.told(tenant, face, "birthdate"))
        self.follow(tenant, link(first, "next"))
        for face in FACES:
            self.assertIn("Emulated in part", self.told(tenant, face,
                                                        "birthdate"))
            self.assertNotIn("Emulated", self.told(tenant, face, "gender"))
        # each process finds out for itself, or from the other one later; an
        # odd number now and then, should they take turns
        for n in range(60):
            first = self.ask(tenant, "Patient/_search", "STU3", self.FORM)
            if notes(first):
                break
            for _ in range(1 + n % 2):
                self.follow(tenant, link(first, "next"))
        self.assertEqual(notes(first), [("information", "informational")])
        self.assertEqual(first.json["total"], 5)

    def put(self, tenant, day):
        facts = {"version": "R4", "told": False, "passed": {
            "Patient": {"birthdate": day}}}
        self.assertEqual(self.house.cluster.psql(
            "select wardgate.found_put(tenant_id, revision, "
            f"'{json.dumps(facts)}') from wardgate.provider "
            f"where tenant_id = '{tenant}'").strip(), "t")

    def test_what_another_process_has_seen_is_known_for_two_days(self):
        today = int(time.time()) // 86400
        for day, known in ((today, True), (today - 1, True),
                           (today - 3, False)):
            tenant, double = self.serve(PEOPLE)
            self.put(tenant, day)
            first = self.ask(tenant, "Patient/_search", "R4", self.FORM)
            if known:
                self.assertEqual((matches(first), first.json["total"]),
                                 (["1", "2"], 5))
                self.assertIn(b"birthdate=1980-01-01", double.seen[0].body)
            self.assertEqual(
                "Emulated" in self.told(tenant, "R4", "birthdate"), known)
            self.assertEqual(bool(notes(first)), known, day)

    def test_another_provider_has_not_done_it(self):
        tenant, _ = self.serve(PEOPLE)
        self.put(tenant, int(time.time()) // 86400)
        self.assertIn("Emulated", self.told(tenant, "R4", "birthdate"))
        put_tenant(self.house, tenant, name="Another server",
                   fhir_version="R4", client=self.env["WG_CLIENT_ID"],
                   provider_url=self.wards["R4"].base)
        time.sleep(1)   # a change may take so long
        self.assertNotIn("Emulated", self.told(tenant, "R4", "birthdate"))
        patient = self.wards["R4"].all["Patient"][0]
        first = self.ask(tenant, "Patient/_search", "R4",
                         {"birthdate": patient["birthDate"]})
        self.assertIn(patient["id"], matches(first))
        self.assertEqual(notes(first), [])


class Order(Held):
    def test_an_order_that_breaks_between_pages_is_told(self):
        pages = [[measured("a", "2026-03-03"), measured("b", "2026-03-02")],
                 [measured("c", "2026-03-05"), measured("d", "2026-03-04")]]
        tenant, _ = self.serve(pages)
        path = "Observation?patient=p1&_sort=-date&_count=2"
        first = self.ask(tenant, path, "R4")
        self.assertEqual((matches(first), notes(first)), (["a", "b"], []))
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(later), notes(later)),
                         (["c", "d"], [("warning", "processing")]))
        self.assertEqual(later.json["total"], 4)

    def test_one_that_holds_is_not(self):
        pages = [[measured("a", "2026-03-03"), measured("b", "2026-03-02")],
                 [measured("c", "2026-03-02"), measured("d", "2026-03-01")]]
        tenant, _ = self.serve(pages)
        first = self.ask(
            tenant, "Observation?patient=p1&_sort=-date&_count=2", "DSTU2")
        later = self.follow(tenant, link(first, "next"))
        self.assertEqual((matches(later), notes(later)), (["c", "d"], []))
        back = self.follow(tenant, link(later, "previous"))
        self.assertEqual((matches(back), notes(back)), (["a", "b"], []))


if __name__ == "__main__":
    unittest.main()
