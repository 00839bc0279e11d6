# test_search_emulated.py - searches that a hospital's server cannot do alone
# SPDX-License-Identifier: Apache-2.0
#
# Tenants of our own lead to the made-up wards, with a failure in the address:
# a server that does not sort, that refuses :contains, that only takes GET. The
# answers are held against what is true in the ward, and the requests that
# reached it against what should have been tried.

import json
import unittest
from pathlib import Path
from urllib.parse import unquote_plus

from tests.e2e import behind_lighttpd
from tests.e2e import wards
from tests.e2e.contract import ids, when
from tests.e2e.hostile import rows
from tests.e2e.wards import fold, instant
from tests.rig.client import Env, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

ODD_LINKS = ("", "/~relative", "/~internal", "/~getpages")


def notes(answer):
    """(severity, code) of what an answer says about itself."""
    return [(i["severity"], i["code"])
            for e in answer.json.get("entry", ())
            if e["resource"]["resourceType"] == "OperationOutcome"
            for i in e["resource"]["issue"]]


def link(answer, relation):
    return next((li["url"] for li in answer.json.get("link", ())
                 if li["relation"] == relation), None)


def matches(answer):
    return [e["resource"]["id"] for e in answer.json.get("entry", ())
            if e["search"]["mode"] == "match"]


class Story(unittest.TestCase):
    """Base; tests nothing itself."""

    made = 0

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.wards = {w.version.upper(): w
                     for w in wards.default_wards(cls.env)}

    def hospital(self, version, faults="", url=None, **more):
        """A tenant of that kind; its number."""
        Story.made += 1
        tenant = f"e0{Story.made:06}-0000-4000-8000-0000000000e5"
        self.addCleanup(remove_tenant, self.house, tenant)
        put_tenant(
            self.house, tenant, name=f"Limited {Story.made}",
            fhir_version=version, client=self.env["WG_CLIENT_ID"],
            provider_url=url or self.wards[version].base + faults, **more)
        return tenant

    def ask(self, tenant, path, face, form=None, status=200):
        answer = self.env.fhir("POST" if form is not None else "GET", path,
                               self.env.token(tenant), face, {}, form)
        self.assertEqual(answer.status, status, answer)
        return answer

    def follow(self, tenant, url, status=200):
        answer = request("GET", url, {
            "Authorization": f"Bearer {self.env.token(tenant)}"})
        self.assertEqual(answer.status, status, answer)
        return answer

    def pages(self, tenant, path, face, relation="next"):
        """The answers of a search, page by page."""
        answer = self.ask(tenant, path, face)
        while True:
            yield answer
            url = link(answer, relation)
            if not url:
                return
            self.assertTrue(url.startswith(self.env[f"WG_FHIR_{face}"]))
            answer = self.follow(tenant, url)

    def asked(self, began):
        """What reached the wards since then: (METHOD path, query, body), but
        for the look-ups of names."""
        text = Path(self.env["WG_REHEARSAL_LOG"]).read_bytes()[began:]
        for line in text.decode().splitlines():
            address, body = line.split("\t")
            head, _, query = address.partition("?")
            if "/Practitioner/" in head or "/Location/" in head \
                    or "/Medication/" in head or "/Organization/" in head:
                continue
            yield head, unquote_plus(query), unquote_plus(body)

    def mark(self):
        return Path(self.env["WG_REHEARSAL_LOG"]).stat().st_size


class Order(Story):
    """Newest first is newest first, whoever has to see to it."""

    def walk(self, version, faults, count, sort="-date"):
        ward = self.wards[version]
        tenant = self.hospital(version, faults)
        for patient in ward.index["patients"][:3]:
            mine = ward.vital_signs(patient["id"])
            order = sorted(mine, key=when, reverse=sort[0] == "-")
            shown = []
            for page in self.pages(
                    tenant, f"Observation?patient={patient['id']}"
                    f"&category=vital-signs&_sort={sort}&_count={count}",
                    version):
                self.assertEqual(page.json["total"], len(mine))
                self.assertEqual(notes(page),
                                 [("information", "informational")])
                self.assertNotIn("ward.internal", page.text)
                entries = [e["resource"] for e in page.json["entry"]
                           if e["search"]["mode"] == "match"]
                self.assertLessEqual(len(entries), count)
                shown += entries
            self.assertEqual([when(o) for o in shown],
                             [when(o) for o in order])
            self.assertEqual(sorted(o["id"] for o in shown),
                             sorted(o["id"] for o in mine))

    def test_a_server_that_passes_over_sort(self):
        for version in self.wards:
            for odd in ODD_LINKS:
                with self.subTest(version=version, links=odd):
                    self.walk(version, f"/~nosort{odd}", 7)

    def test_a_server_that_refuses_sort(self):
        for version in self.wards:
            with self.subTest(version=version):
                self.walk(version, "/~refusesort", 7)
                self.walk(version, "/~refusesort/~nototal/~getonly", 5,
                          "date")

    def test_the_last_known_place_is_asked_for_one_by_one(self):
        for version, ward in self.wards.items():
            for fault in ("/~nosort", "/~refusesort"):
                tenant = self.hospital(version, fault)
                for patient in ward.index["patients"]:
                    mine = ward.about("Encounter", patient["id"])
                    answer = self.ask(
                        tenant, f"Encounter?patient={patient['id']}"
                        "&_sort:desc=date&_count=1", version)
                    newest = max(instant(e["period"]["start"]) for e in mine)
                    found = answer.json["entry"][0]["resource"]
                    self.assertEqual(instant(found["period"]["start"]),
                                     newest)
                    self.assertEqual(answer.json["total"], len(mine))
                    self.assertEqual(len(matches(answer)), 1)

    def test_a_server_that_passes_over_count(self):
        for version, ward in self.wards.items():
            for odd in ODD_LINKS + ("/~nototal",):
                tenant = self.hospital(version, f"/~nocount{odd}")
                patient = ward.index["patients"][0]["id"]
                mine = ward.about("Observation", patient)
                shown = []
                for page in self.pages(
                        tenant, f"Observation?patient={patient}"
                        "&_sort=-date&_count=5", version):
                    self.assertEqual(page.json["total"], len(mine))
                    self.assertLessEqual(len(matches(page)), 5)
                    self.assertEqual(notes(page),
                                     [("information", "informational")])
                    shown += matches(page)
                self.assertEqual(len(shown), len(mine))
                self.assertEqual(sorted(shown), sorted(o["id"] for o in mine))

    def test_there_is_a_way_back(self):
        ward = self.wards["R4"]
        tenant = self.hospital("R4", "/~nosort")
        path = f"Observation?patient={ward.index['patients'][0]['id']}" \
            "&_sort=-date&_count=4"
        there = [matches(p) for p in self.pages(tenant, path, "R4")]
        last = list(self.pages(tenant, path, "R4"))[-1]
        back = [matches(last)]
        while link(last, "previous"):
            last = self.follow(tenant, link(last, "previous"))
            back.append(matches(last))
        self.assertEqual(back[-1], there[0])
        self.assertEqual(matches(self.follow(tenant, link(
            list(self.pages(tenant, path, "R4"))[1], "first"))), there[0])

    def test_what_was_found_out_is_not_tried_again(self):
        ward = self.wards["R4"]
        tenant = self.hospital("R4", "/~refusesort")
        path = f"Encounter?patient={ward.index['patients'][0]['id']}" \
            "&_sort=-date"
        self.ask(tenant, path, "R4")
        began = self.mark()
        self.ask(tenant, path, "R4")
        tried = list(self.asked(began))
        pids = len(self.house.rig.pids("facade"))
        self.assertLessEqual(len(tried), 1 if pids == 1 else 6, tried)
        if pids == 1:
            self.assertNotIn("_sort", tried[0][1])

    def test_the_operators_word_is_taken(self):
        ward = self.wards["R4"]
        patient = ward.index["patients"][0]["id"]
        path = f"Encounter?patient={patient}&_sort=-date&_count=1"
        for word, sorts in (("off", False), ("on", True)):
            tenant = self.hospital("R4", can_sort=word)
            began = self.mark()
            self.ask(tenant, path, "R4")
            (_, query, _), = self.asked(began)
            self.assertEqual("_sort" in query, sorts, query)


class Names(Story):
    """A name is found by what it contains."""

    def person(self, version):
        """Somebody, and a part of the family name that is not its start."""
        for patient in self.wards[version].index["patients"]:
            family = fold(patient["family"])
            if len(family) > 4 and family.isalpha() and family.isascii():
                return patient, family[1:4]
        return None

    def holders(self, version, part, key="family", starts=False):
        def fits(text):
            return fold(text).startswith(part) if starts \
                else part in fold(text)
        return [p["id"] for p in self.wards[version].all["Patient"]
                if any(fits(x) for name in p["name"]
                       for x in wards.Ward.parts(name, key))]

    def test_by_a_server_that_knows_contains_at_once(self):
        for version in self.wards:
            tenant = self.hospital(version)
            _, part = self.person(version)
            began = self.mark()
            answer = self.ask(tenant, "Patient/_search", version,
                              {"family": part})
            self.assertEqual(matches(answer), self.holders(version, part))
            self.assertEqual(notes(answer), [])
            (head, query, body), = self.asked(began)
            self.assertTrue(head.startswith("POST "), head)
            self.assertEqual(query, "")
            self.assertIn(f"family:contains={part}", body)

    def test_where_something_else_narrows_the_search(self):
        for version in self.wards:
            for more in ("", "/~nototal/~getpages", "/~getonly"):
                tenant = self.hospital(version, "/~nocontains" + more)
                patient, part = self.person(version)
                answer = self.ask(tenant, "Patient/_search", version, {
                    "family": part, "birthdate": patient["birthDate"]})
                people = self.wards[version].all["Patient"]
                want = [p["id"] for p in people
                        if p["birthDate"] == patient["birthDate"]
                        and p["id"] in self.holders(version, part)]
                self.assertIn(patient["id"], want)
                self.assertEqual(matches(answer), want)
                self.assertEqual(answer.json["total"], len(want))
                self.assertEqual(notes(answer),
                                 [("information", "informational")])

    def test_where_nothing_does_it_is_said_what_may_be_missing(self):
        for version in self.wards:
            tenant = self.hospital(version, "/~nocontains")
            _, part = self.person(version)
            start = fold(self.person(version)[0]["family"])[:2]
            for text in (part, start):
                answer = self.ask(tenant, "Patient/_search", version,
                                  {"family": text})
                self.assertEqual(
                    matches(answer),
                    self.holders(version, text, starts=True))
                self.assertEqual(notes(answer),
                                 [("warning", "not-supported")])

    def test_exact_is_left_as_it_is(self):
        tenant = self.hospital("R4", "/~nocontains")
        patient, _ = self.person("R4")
        answer = self.ask(tenant, "Patient/_search", "R4",
                          {"family:exact": patient["family"]})
        self.assertIn(patient["id"], matches(answer))
        self.assertEqual(notes(answer), [])

    def test_no_name_stands_in_an_address_unless_there_is_no_other_way(self):
        patient, part = self.person("R4")
        form = {"family": part, "birthdate": patient["birthDate"]}
        for fault in ("", "/~nocontains", "/~nototal"):
            tenant = self.hospital("R4", fault)
            began = self.mark()
            self.ask(tenant, "Patient/_search", "R4", form)
            for head, query, _ in self.asked(began):
                if "_search" in head or "metadata" in head:
                    self.assertEqual(query, "", head)
        tenant = self.hospital("R4", "/~getonly")
        self.ask(tenant, "Patient/_search", "R4", form)


class Numbers(Story):
    def test_a_number_is_a_record_number_on_every_page(self):
        for version, ward in self.wards.items():
            tenant = self.hospital(version)
            for patient in ward.index["patients"][::4]:
                for count in ("0", "1", "50"):
                    answer = self.ask(
                        tenant, "Patient/_search", version,
                        {"identifier": patient["mrn"], "_count": count})
                    self.assertEqual(answer.json["total"], 1)
                    self.assertEqual(
                        matches(answer),
                        [] if count == "0" else [patient["id"]])
                    self.assertEqual(notes(answer), [])

    def test_the_hospitals_own_system_is_sent_along(self):
        ward = self.wards["R4"]
        person = ward.all["Patient"][0]
        number = next(i for i in person["identifier"] for c in
                      i["type"]["coding"] if c["code"] == "MR")
        tenant = self.hospital("R4", mrn_system=number["system"])
        began = self.mark()
        answer = self.ask(tenant, "Patient/_search", "R4",
                          {"identifier": number["value"]})
        self.assertEqual(matches(answer), [person["id"]])
        (_, _, body), = self.asked(began)
        self.assertIn(f"identifier={number['system']}|{number['value']}",
                      body)

    def test_only_the_number_of_what_is_filtered(self):
        patient, part = Names.person(self, "R4")
        tenant = self.hospital("R4", "/~nocontains/~nototal")
        answer = self.ask(tenant, "Patient/_search", "R4", {
            "family": part, "birthdate": patient["birthDate"],
            "_count": "0"})
        self.assertEqual(answer.json["total"], 1)
        self.assertEqual(matches(answer), [])


class Coverages(Story):
    """Whose Coverage it is has no parameter in DSTU2, another one in STU3."""

    def each(self, faults, expected=None, **more):
        for version, ward in self.wards.items():
            if callable(expected) and not expected(version):
                continue
            tenant = self.hospital(version, faults, **more)
            for patient in ward.index["patients"][:4]:
                with self.subTest(version=version, faults=faults):
                    yield version, ward, patient["id"], self.ask(
                        tenant, f"Coverage?patient={patient['id']}", version)

    def test_by_the_parameter_that_the_server_lists(self):
        for faults in ("", "/~strict", "/~noperson", "/~strict/~noperson",
                       "/~noperson/~relative", "/~noperson/~nototal"):
            for _, ward, patient, answer in self.each(faults):
                mine = ward.about("Coverage", patient)
                self.assertEqual(ids(answer.json), [c["id"] for c in mine])
                self.assertEqual(answer.json["total"], len(mine))
                self.assertEqual(notes(answer), [])

    def test_none_at_all_is_an_empty_answer_with_a_warning(self):
        for faults in ("/~noperson/~nocompartment",):
            for version, _, _, answer in self.each(faults):
                self.assertEqual(answer.json["total"], 0)
                self.assertEqual(matches(answer), [])
                self.assertEqual(notes(answer),
                                 [("warning", "not-supported")], version)

    def test_the_operator_says_how(self):
        for _, ward, patient, answer in self.each(
                "", coverage_person="compartment"):
            self.assertEqual(ids(answer.json),
                             [c["id"] for c in ward.about("Coverage",
                                                          patient)])
        for _, _, _, answer in self.each("", coverage_person="none"):
            self.assertEqual(notes(answer), [("warning", "not-supported")])
        for _, ward, patient, answer in self.each(
                "", lambda v: v == "STU3", coverage_person="beneficiary"):
            self.assertEqual(ids(answer.json),
                             [c["id"] for c in ward.about("Coverage",
                                                          patient)])


    def test_who_is_insured_by_somebody_else(self):
        """Whose it is, a face without beneficiary does not show."""
        double = self.enterContext(Provider("R4"))
        double.put({"resourceType": "Coverage", "id": "c1",
                    "status": "active", "payor": [{"display": "Fund"}],
                    "subscriber": {"reference": "Patient/parent"},
                    "beneficiary": {"reference": "Patient/child"}})
        for word in ("on", "off"):
            tenant = self.hospital("R4", url=double.base + "/r4",
                                   write_extensions=word)
            for face in ("DSTU2", "STU3", "R4"):
                answer = self.ask(tenant, "Coverage?patient=child", face)
                self.assertEqual((matches(answer), notes(answer)),
                                 (["c1"], []), face)


class Straight(Story):
    """What every server can goes out at once, and the statement is not read."""

    def test_one_request_each(self):
        kinds = ("Observation?{}&category=vital-signs&_sort=-date&_count=5",
                 "Condition?{}&_count=50", "Encounter?{}&_sort=-date&_count=1",
                 "AllergyIntolerance?{}")
        for version, ward in self.wards.items():
            tenant = self.hospital(version)
            who = ward.index["patients"][0]["id"]
            asks = [k.format(f"patient={who}") for k in kinds]
            asks.append(f"{ward.order_type}?patient={who}&_count=20")
            if version == "R4":
                asks.append(f"Coverage?patient={who}")
            for path in asks:
                began = self.mark()
                self.ask(tenant, path, version)
                tried = list(self.asked(began))
                self.assertEqual(len(tried), 1, tried)
            began = self.mark()
            self.ask(tenant, "Patient/_search", version, {
                "family": "a", "given": "a", "birthdate": "1980-05-17"})
            tried = list(self.asked(began))
            self.assertEqual(len(tried), 1, tried)

    def test_a_bad_request_is_not_asked_over_and_over_once_it_is_known(self):
        tenant = self.hospital("R4", "/~400")
        path = "Encounter?patient=p-101&_sort=-date"
        began = self.mark()
        self.ask(tenant, path, "R4", status=400)
        self.assertLessEqual(len(list(self.asked(began))), 5)


class Pages(Story):
    """Handles of the gateway's own pages."""

    def first(self, **more):
        tenant = self.hospital("R4", "/~nosort", **more)
        who = self.wards["R4"].index["patients"][0]["id"]
        path = f"Observation?patient={who}&_sort=-date&_count=3"
        return tenant, who, self.ask(tenant, path, "R4")

    def test_they_are_good_for_their_tenant_alone_and_as_they_are(self):
        tenant, _, first = self.first()
        url = link(first, "next")
        other = self.hospital("R4", "/~nosort")
        self.follow(other, url, 400)
        base, text = url.split("_cursor=")
        for at in (0, 5, len(text) // 2, len(text) - 1):
            letter = "A" if text[at] != "A" else "B"
            self.follow(tenant, f"{base}_cursor={text[:at]}{letter}"
                        f"{text[at + 1:]}", 400)
        self.follow(tenant, url.replace("/Observation?", "/Condition?"), 400)

    def test_they_end_with_the_providers_row(self):
        tenant, _, first = self.first()
        put_tenant(self.house, tenant, can_sort="off")
        self.house.heard()
        self.follow(tenant, link(first, "next"), 400)

    def test_they_hold_nothing_to_read_and_long_searches_too(self):
        ward = self.wards["R4"]
        tenant = self.hospital("R4", "/~nosort")
        names = ",".join(f"qz{n}name" for n in range(60))
        answer = self.ask(tenant, "Patient/_search", "R4", {
            "family": f"{names},a", "_sort": "-birthdate", "_count": "2"})
        self.assertEqual(notes(answer), [("information", "informational")])
        url = link(answer, "next")
        self.assertNotIn("qz1name", url)
        self.assertLess(len(url), 3000)
        later = self.follow(tenant, url)
        shown = matches(answer) + matches(later)
        born = {p["id"]: p["birthDate"] for p in ward.all["Patient"]}
        self.assertEqual(len(shown), 4)
        dates = [born[i] for i in shown]
        self.assertEqual(dates, sorted(dates, reverse=True))

    def test_the_audit_trail_says_whose_they_are(self):
        tenant, who, first = self.first()
        total = first.json["total"]
        later = self.follow(tenant, link(first, "next"))
        for answer in (first, later):
            kept = rows(self.env, "select patient_id, matches, returned from "
                        "wardgate.audit where trace_id = "
                        f"'{answer.header['x-trace-id']}'")
            self.assertEqual(kept, [[who, str(total), "3"]])


class PassedOver(Story):
    """Servers that answer as if what they do not know had not been asked."""

    @staticmethod
    def person(number, family, born, gender, *numbers):
        return {"resourceType": "Patient", "id": number, "gender": gender,
                "birthDate": born, "name": [{"family": family}],
                "identifier": [{"value": value, "type": {"coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                    "code": kind}]}} for kind, value in numbers]}

    def serve(self, honest):
        """honest: its self link tells what it has done."""
        double = self.enterContext(Provider("R4"))
        double.put(
            self.person("1", "M\u00fcller", "1980-01-01", "female",
                        ("MR", "123")),
            self.person("2", "Strau\u00df", "1980-01-02", "male",
                        ("MR", "124"), ("AN", "123")),
            self.person("3", "Miller", "1980-01-01", "male", ("MR", "125")),
            self.person("4", "Smith", "1980-01-01", "female", ("MR", "126")))

        def says(x):
            bundle = double.searchset(x, "Patient")
            if honest:
                bundle["link"][0]["url"] = f"{double.base}/r4/Patient?_count=2"
            x.answer(bundle)
        double.on("/r4/Patient", says)
        return self.hospital("R4", url=double.base + "/r4"), double

    def found(self, tenant, face, **form):
        """ids of all pages, and what the first one says of itself"""
        answer = first = self.ask(tenant, "Patient/_search", face,
                                  {**form, "_count": "2"})
        ids = matches(answer)
        while link(answer, "next"):
            answer = self.follow(tenant, link(answer, "next"))
            ids += matches(answer)
        self.assertEqual(first.json["total"], len(ids))
        return ids, notes(first)

    def test_nobody_else_is_shown(self):
        told = [("information", "informational")]
        for honest in (True, False):
            tenant, _ = self.serve(honest)
            for face in ("DSTU2", "STU3", "R4"):
                for form, ids in (
                        ({"birthdate": "1980-01-01"}, ["1", "3", "4"]),
                        ({"birthdate": "1980-01-02"}, ["2"]),
                        ({"identifier": "urn:x|123"}, []),
                        ({"_id": "1", "gender": "male"}, []),
                        ({"family:contains": "m", "gender": "female"},
                         ["1", "4"])):
                    with self.subTest(honest=honest, face=face, **form):
                        got, said = self.found(tenant, face, **form)
                        self.assertEqual(got, ids)
                        self.assertEqual(set(said), set(told))

    def test_names_by_the_servers_own_word(self):
        tenant, _ = self.serve(True)
        got, said = self.found(tenant, "R4", family="ULL")
        self.assertEqual(got, ["1"])
        self.assertEqual(set(said), {("information", "informational")})
        tenant, _ = self.serve(False)   # a search for nobody tells
        self.assertEqual(self.found(tenant, "R4", family="iller"),
                         (["3"], [("information", "informational")]))

    def test_a_number_of_another_kind_is_no_sign_of_it(self):
        tenant, double = self.serve(False)
        self.assertEqual(self.found(tenant, "R4", identifier="123"),
                         (["1"], []))
        self.assertEqual(len(double.seen), 1)


class Endless(Story):
    """Servers whose pages do not end, or lead round in a circle."""

    def serve(self, pages):
        double = self.enterContext(Provider("R4"))
        double.on("/", pages)
        return self.hospital("R4", url=double.base + "/r4"), double

    @staticmethod
    def page(number, more):
        entries = [{"resource": {
            "resourceType": "Observation", "id": f"o{number}-{n}",
            "status": "final", "code": {"text": "pulse"},
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": f"2026-01-{1 + (number * 7 + n) % 28:02}"},
            "search": {"mode": "match"}} for n in range(2)]
        return {"resourceType": "Bundle", "type": "searchset",
                "entry": entries,
                "link": [{"relation": "next", "url": more}]}

    def test_what_was_not_read_is_said(self):
        def pages(x):
            query = dict(p.split("=") for p in x.seen.query.split("&"))
            number = int(query.get("page", 0))
            x.answer(json.dumps(self.page(number, f"?page={number + 1}")))
        tenant, double = self.serve(pages)
        answer = self.ask(tenant, "Observation?patient=p1&_sort=-date"
                          "&_count=3", "R4")
        self.assertEqual(answer.json["total"], 40)
        self.assertEqual(notes(answer), [("information", "informational"),
                                         ("warning", "incomplete")])
        self.assertEqual(len(matches(answer)), 3)
        dates = [e["resource"]["effectiveDateTime"]
                 for e in answer.json["entry"]
                 if e["search"]["mode"] == "match"]
        self.assertEqual(dates, sorted(dates, reverse=True))
        self.assertLessEqual(len(double.seen), 22)

    def test_a_circle_is_left(self):
        def pages(x):
            x.answer(json.dumps(self.page(0, "?page=1")))
        tenant, double = self.serve(pages)
        answer = self.ask(tenant, "Observation?patient=p1&status=final"
                          "&_sort=date", "R4")
        self.assertIn(("warning", "incomplete"), notes(answer))
        self.assertLessEqual(len(double.seen), 5)

    def test_what_comes_twice_is_shown_once(self):
        def circle(x):
            page = 2 if "page=1" in x.seen.query else 1
            x.answer(json.dumps({**self.page(page, f"?page={page}"), "entry":
                                 self.page(page, "")["entry"]
                                 + self.page(3, "")["entry"]}))
        tenant, double = self.serve(circle)
        answer = self.ask(tenant, "Observation?patient=p1&_sort=-date", "R4")
        self.assertEqual(answer.json["total"], 6)
        self.assertEqual(len(set(matches(answer))), len(matches(answer)))
        self.assertIn(("warning", "incomplete"), notes(answer))
        self.assertLessEqual(len(double.seen), 6)

    def test_a_page_that_fails_fails_all_of_it(self):
        def pages(x):
            if "page=" in x.seen.query:
                return x.outcome(500, "no")
            return x.answer(json.dumps({
                **self.page(0, "?page=1"),
                "entry": self.page(1, "")["entry"][::-1]
                + self.page(2, "")["entry"]}))
        tenant, _ = self.serve(pages)
        self.ask(tenant, "Observation?patient=p1&_sort=-date", "R4",
                 status=502)

    def test_others_are_withheld_from_our_own_pages_too(self):
        def pages(x):
            one = self.page(0, "")
            one.pop("link")
            one["entry"] = self.page(1, "")["entry"][::-1] + \
                self.page(3, "")["entry"]
            one["entry"][0]["resource"]["subject"]["reference"] = "Patient/p2"
            x.answer(json.dumps(one))
        tenant, _ = self.serve(pages)
        answer = self.ask(tenant, "Observation?patient=p1&_sort=date", "R4")
        self.assertEqual(answer.json["total"], 3)
        self.assertNotIn("Patient/p2", answer.text)
        self.assertIn(("warning", "security"), notes(answer))


if __name__ == "__main__":
    unittest.main()
