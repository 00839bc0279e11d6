# test_fill.py - names that a hospital left out: found once, or left out
# SPDX-License-Identifier: Apache-2.0
#
# A hospital that fails on demand (tests/rig/provider.py) counts who is asked
# for. Whatever it says about a Location or a Practitioner, the record that
# refers to it is answered.

import json
import threading
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e import test_cgi
from tests.e2e.contract import Calls, at
from tests.e2e.faults import (FACES, MARK, Faulty, bundle, dumps, says,
                              says_json)
from tests.e2e.hostile import rows
from tests.e2e.test_provider_lists import matches
from tests.rig import place
from tests.rig.crowd import put_tenant, remove_tenant

setUpModule = behind_lighttpd

MOST, AT_ONCE = 50, 8       # fill_references, fill_parallel
BED = "Ward 4, Bed 12"


def encounter(number, *references, patient="p1", **more):
    """R4; where the patient is, by reference."""
    return {"resourceType": "Encounter", "id": f"e{number}",
            "subject": {"reference": f"Patient/{patient}"},
            "location": [{"location": {"reference": r}, "status": "active"}
                         for r in references], **more}


def displays(record):
    return [spot["location"].get("display") for spot in record["location"]]


class Names(Faulty):
    letter = "5"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.double.put(
            {"resourceType": "Location", "id": "l1", "name": BED},
            {"resourceType": "Location", "id": "l2", "description": "Hall"},
            {"resourceType": "Medication", "id": "m1",
             "code": {"text": "Gabapentin"}},
            {"resourceType": "Organization", "id": "o1", "name": "Fjord"},
            {"resourceType": "Practitioner", "id": "d1", "name": [
                {"use": "old", "text": "Mina Mori"},
                {"family": "Sato", "given": ["Mina"], "prefix": ["Dr"]}]},
            {"resourceType": "Practitioner", "id": "d2", "name": {
                "family": ["Sato"], "given": ["Mina"], "prefix": ["Dr"]}},
            *({"resourceType": "Location", "id": f"many{n}",
               "name": f"Place {n}"} for n in range(MOST + 20)))

    def asked(self, what="Encounter/e1", face="R4", **headers):
        """(answer, what the hospital was asked for)"""
        before = len(self.double.seen)
        answer = self.ask(what, face, **headers)
        self.assertEqual(answer.status, 200, answer)
        self.clean(answer)
        return answer, [s.path.removeprefix(f"/{MARK}/")
                        for s in self.double.seen[before:]]

    def filled(self, record, face="R4", about=None):
        """(the record as it arrives, what was asked besides)"""
        about = about or f"{record['resourceType']}/{record['id']}"
        self.double.on(f"/{MARK}/{about}", says_json(record))
        answer, seen = self.asked(about, face)
        self.assertEqual(seen[0], about)
        return answer.json, seen[1:]

    def audited_lookups(self, answer):
        return rows(self.env, "select coalesce(lookups, 0), upstream_status "
                    "from wardgate.audit where at > now() - interval '1 hour' "
                    f"and trace_id = '{answer.header['x-trace-id']}'")


class Found(Names):
    def test_every_reference_that_is_shown_on_every_face(self):
        for face, record, path, seen in (
                ("DSTU2", {"resourceType": "Patient", "careProvider": [
                    {"reference": "Practitioner/d2"}]},
                 "careProvider.display", "Practitioner/d2"),
                ("STU3", {"resourceType": "Patient", "generalPractitioner": [
                    {"reference": "Practitioner/d1"}]},
                 "generalPractitioner.display", "Practitioner/d1"),
                ("R4", {"resourceType": "Patient", "generalPractitioner": [
                    {"reference": "Practitioner/d1"}]},
                 "generalPractitioner.display", "Practitioner/d1"),
                *((face, {"resourceType": "Encounter", "location": [
                    {"location": {"reference": "Location/l1"}}]},
                   "location.location.display", "Location/l1")
                  for face in FACES),
                ("DSTU2", {"resourceType": "MedicationOrder", "prescriber": {
                    "reference": "Practitioner/d2"}},
                 "prescriber.display", "Practitioner/d2"),
                ("STU3", {"resourceType": "MedicationRequest", "requester": {
                    "agent": {"reference": "Practitioner/d1"}}},
                 "requester.agent.display", "Practitioner/d1"),
                ("R4", {"resourceType": "MedicationRequest", "requester": {
                    "reference": "Practitioner/d1"}},
                 "requester.display", "Practitioner/d1"),
                *((face, {"resourceType": "MedicationOrder" if face == "DSTU2"
                          else "MedicationRequest", "medicationReference": {
                              "reference": "Medication/m1"}},
                   "medicationReference.display", "Medication/m1")
                  for face in FACES),
                ("DSTU2", {"resourceType": "Coverage", "issuer": {
                    "reference": "Organization/o1"}},
                 "issuer.display", "Organization/o1"),
                ("R4", {"resourceType": "Coverage", "payor": [
                    {"reference": "Organization/o1"}]},
                 "payor.display", "Organization/o1")):
            with self.subTest(face=face, path=path):
                found, asked = self.filled({**record, "id": "x1"}, face)
                self.assertTrue(at(found, path), found)
                self.assertEqual(asked, [seen])

    def test_on_every_face_of_every_hospital(self):
        named = {"DSTU2": "careProvider", "STU3": "generalPractitioner",
                 "R4": "generalPractitioner"}
        accepts = {"DSTU2": "application/json+fhir"}
        heads = []

        def listen(x):
            heads.append(x.seen.headers["accept"])
            return True
        self.double.on(f"/{MARK}/Practitioner", listen)
        for theirs in FACES:
            who = "d2" if theirs == "DSTU2" else "d1"
            self.double.on(f"/{MARK}/Patient/gp", says_json({
                "resourceType": "Patient", "id": "gp", named[theirs]: [
                    {"reference": f"Practitioner/{who}"}]}))
            for face in FACES:
                answer = self.env.fhir("GET", "Patient/gp",
                                       self.tokens[theirs], face)
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(
                    [d["display"] for d in answer.json[named[face]]],
                    ["Dr Mina Sato"])
                self.assertEqual(heads.pop(), accepts.get(
                    theirs, "application/fhir+json"))

    def test_each_record_is_asked_once(self):
        inside = f"{self.double.base}/{MARK}"
        self.double.on(f"/{MARK}/Encounter", says_json(bundle(
            encounter(1, "Location/l1", "Location/l2"),
            encounter(2, f"{inside}/Location/l1", "Location/l1/_history/3"),
            encounter(3, "Location/l1"), total=3)))
        answer, seen = self.asked("Encounter?patient=p1")
        self.assertEqual(seen[0], "Encounter")
        self.assertEqual(sorted(seen[1:]), ["Location/l1", "Location/l2"])
        self.assertEqual(
            [displays(e["resource"]) for e in answer.json["entry"]],
            [[BED, "Hall"], [BED, BED], [BED]])
        self.assertEqual(self.audited_lookups(answer), [["2", "200"]])

    def test_by_the_name_that_the_hospital_gives_itself(self):
        inside = "http://inside.example:8080/fhir"
        one = bundle(encounter(1, f"{inside}/Location/l1"), total=1)
        one["entry"][0]["fullUrl"] = f"{inside}/Encounter/e1"
        self.double.on(f"/{MARK}/Encounter", says_json(one))
        answer, seen = self.asked("Encounter?patient=p1")
        self.assertEqual(seen[1:], ["Location/l1"])
        spot = answer.json["entry"][0]["resource"]["location"][0]
        self.assertEqual(spot["location"], {
            "reference": f"{self.env['WG_FHIR_R4']}/Location/l1",
            "display": BED})

    def test_what_is_in_the_answer_is_not_asked_for(self):
        inner = {"resourceType": "Location", "id": "in", "name": "Inside"}
        found, asked = self.filled(
            encounter(1, "#in", "#out", contained=[inner]))
        self.assertEqual((displays(found), asked), (["Inside", None], []))
        # a record that comes along unasked does not leave, its name does
        here = f"{self.double.base}/{MARK}"
        for url, reference in ((None, "Location/in"),
                               (f"{here}/Location/in", "Location/in"),
                               ("urn:uuid:1", "urn:uuid:1")):
            both = bundle(encounter(1, reference), inner, total=1)
            both["entry"][1] |= {"search": {"mode": "include"}}
            if url:
                both["entry"][1]["fullUrl"] = url
            self.double.on(f"/{MARK}/Encounter", says_json(both))
            answer, seen = self.asked("Encounter?patient=p1")
            self.assertEqual(seen, ["Encounter"])
            self.assertEqual(matches(answer), ["e1"])
            self.assertEqual(
                displays(answer.json["entry"][0]["resource"]), ["Inside"])

    def test_an_answer_that_lacks_nothing_asks_nothing(self):
        full = encounter(1, "Location/l1")
        full["location"][0]["location"]["display"] = "as it is"
        found, asked = self.filled(full)
        self.assertEqual((displays(found), asked), (["as it is"], []))
        answer, seen = self.asked("Patient/p1")
        self.assertEqual(seen, ["Patient/p1"])
        self.assertEqual(self.audited_lookups(answer), [["0", "200"]])

    def test_an_answer_that_did_not_change_asks_nothing(self):
        self.double.put(encounter("same", "Location/l1"))
        answer, seen = self.asked("Encounter/esame")
        self.assertEqual(seen[1:], ["Location/l1"])
        before = len(self.double.seen)
        again = self.ask("Encounter/esame", **{
            "If-None-Match": answer.header["etag"]})
        self.assertEqual(again.status, 304)
        self.assertEqual(len(self.double.seen) - before, 1)

    def test_the_hospital_is_asked_as_it_always_is(self):
        heads = []

        def listen(x):
            heads.append(x.seen.headers)
            return True
        self.double.on(f"/{MARK}/Location/l1", listen)
        self.double.on(f"/{MARK}/Encounter/e1",
                       says_json(encounter(1, "Location/l1")))
        answer, _ = self.asked()
        self.assertEqual(heads[0]["accept"], "application/fhir+json")
        self.assertIn(answer.header["x-trace-id"], heads[0]["traceparent"])
        self.assertEqual(heads[0]["x-request-id"],
                         answer.header["x-trace-id"])
        self.assertNotIn("authorization", heads[0])
        self.assertNotIn("if-none-match", heads[0])

    def test_the_present_place_comes_first(self):
        spots = [{"location": {"display": name}, **more} for name, more in (
            ("old", {"status": "completed"}), ("now", {"status": "active"}),
            ("next", {"status": "planned"}))]
        for face in FACES:
            moved = {"resourceType": "Encounter", "id": "e1",
                     "patient" if face == "DSTU2" else "subject":
                     {"reference": "Patient/p1"}, "location": spots}
            found, _ = self.filled(moved, face)
            self.assertEqual(displays(found), ["now", "old", "next"])
            self.double.on(f"/{MARK}/Encounter",
                           says_json(bundle(moved, total=1)))
            answer, _ = self.asked("Encounter?patient=p1&_count=1", face)
            self.assertEqual(displays(answer.json["entry"][0]["resource"]),
                             ["now", "old", "next"])

    def test_a_tenant_whose_mode_is_links_gets_what_the_hospital_says(self):
        tenant = "fa517009-0000-4000-8000-0000000000fa"
        self.addCleanup(remove_tenant, self.house, tenant)
        put_tenant(self.house, tenant, name="Links", fhir_version="R4",
                   client=self.env["WG_CLIENT_ID"], mode="links",
                   provider_url=f"{self.double.base}/{MARK}")
        plain = encounter(1, "Location/l1", type=[
            {"coding": [{"code": "1"}], "text": "Visit"}])
        plain["location"].insert(0, {"location": {"display": "old"}})
        self.double.on(f"/{MARK}/Encounter/e1", says(dumps(plain)))
        before = len(self.double.seen)
        answer = self.env.fhir("GET", "Encounter/e1", self.env.token(tenant),
                               "R4")
        self.assertEqual(answer.text, dumps(plain))
        self.assertEqual(len(self.double.seen) - before, 1)


class Together(Names):
    """Bounded, and at the same time."""

    letter = "6"

    def test_so_many_are_asked_for_and_no_more(self):
        references = [f"Location/many{n}" for n in range(MOST + 20)]
        found, asked = self.filled(encounter(1, *references))
        self.assertEqual(sorted(asked), sorted(references[:MOST]))
        self.assertEqual(displays(found), [
            f"Place {n}" for n in range(MOST)] + [None] * 20)

    def test_so_many_at_once_and_no_more(self):
        """Nobody is answered before eight are there."""
        gate = threading.Barrier(AT_ONCE)
        lock, now, most = threading.Lock(), [0], [0]

        def count(x):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            gate.wait(20)
            with lock:
                now[0] -= 1
            return True
        self.double.on(f"/{MARK}/Location/many", count)
        n = 2 * AT_ONCE
        found, _ = self.filled(encounter(
            1, *(f"Location/many{i}" for i in range(n))))
        self.assertEqual(displays(found), [f"Place {i}" for i in range(n)])
        self.assertEqual(most[0], AT_ONCE)

    def test_a_hospital_that_has_enough_is_left_alone(self):
        for fault in ("status-429-30", "status-503-30"):
            self.double.off()
            self.double.on(f"/{MARK}/Location", fault)
            found, asked = self.filled(encounter(
                1, *(f"Location/many{n}" for n in range(MOST))))
            self.assertEqual(displays(found), [None] * MOST)
            self.assertLessEqual(len(asked), AT_ONCE)


class Batch(Names):
    """One answer, however many entries it has."""

    letter = "a"

    def batch(self, *paths):
        """(the resources of the answer, what was asked besides; the statement
        is read when a first batch comes)"""
        before = len(self.double.seen)
        answer = self.env.fhir(
            "POST", "", self.tokens["R4"], "R4",
            {"Content-Type": "application/fhir+json"}, body=dumps({
                "resourceType": "Bundle", "type": "batch", "entry": [
                    {"request": {"method": "GET", "url": p}}
                    for p in paths]}))
        self.assertEqual(answer.status, 200, answer)
        self.clean(answer)
        self.batched = answer
        return [e["resource"] for e in answer.json["entry"]], sorted(
            s.path.removeprefix(f"/{MARK}/")
            for s in self.double.seen[before:]
            if "/Encounter" not in s.path and
            not s.path.endswith("/metadata"))

    def encounters(self, *references):
        for n, which in enumerate(references):
            self.double.on(f"/{MARK}/Encounter/e{n}x",
                           says_json(encounter(f"{n}x", *which)))
        return [f"Encounter/e{n}x" for n in range(len(references))]

    def test_each_record_is_asked_once(self):
        found, asked = self.batch(*self.encounters(
            *[["Location/l1", "Location/l2"], ["Location/l1"]] * 5,
            ["Location/none", "Location/l2"]))
        self.assertEqual([displays(e) for e in found],
                         [[BED, "Hall"], [BED]] * 5 + [[None, "Hall"]])
        self.assertEqual(asked, ["Location/l1", "Location/l2",
                                 "Location/none"])
        kept = rows(self.env, "select sum(lookups) from wardgate.audit "
                    "where at > now() - interval '1 hour' and trace_id = "
                    f"'{self.batched.header['x-trace-id']}'")
        self.assertEqual(kept, [["3"]])

    def test_so_many_are_asked_for_and_no_more(self):
        found, asked = self.batch(*self.encounters(*[
            [f"Location/many{n}" for n in range(i, i + 7)]
            for i in range(0, MOST + 20, 7)]))
        self.assertEqual(len(asked), MOST)
        self.assertEqual(len(set(asked)), MOST)
        named = [d for e in found for d in displays(e) if d]
        self.assertEqual(len(named), MOST)

    def test_so_many_at_once_and_no_more(self):
        lock, now, most = threading.Lock(), [0], [0]

        def count(x):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            x.sleep(0.02)
            with lock:
                now[0] -= 1
            return True
        self.double.on(f"/{MARK}/Location/many", count)
        paths = self.encounters(*[
            [f"Location/many{n}" for n in range(i, i + 5)]
            for i in range(0, 40, 5)])
        found, asked = self.batch(*paths)
        self.assertEqual(len(asked), 40)
        self.assertEqual([d for e in found for d in displays(e)],
                         [f"Place {n}" for n in range(40)])
        self.assertLessEqual(most[0], AT_ONCE)

    def test_one_that_hangs_costs_its_own_name(self):
        self.double.on(f"/{MARK}/Location/l1", "hang")
        found, asked = self.batch(*self.encounters(
            ["Location/l1"], ["Location/l2"], ["Location/l1", "Location/l2"]))
        self.assertEqual([displays(e) for e in found],
                         [[None], ["Hall"], [None, "Hall"]])
        self.assertEqual(asked, ["Location/l1", "Location/l2"])


class Failing(Names):
    """What cannot be found out is left out, and costs nothing else."""

    letter = "7"

    def test_whatever_a_record_is_instead(self):
        wrong = {"resourceType": "Location", "id": "l1", "name": "zq7secret"}
        deep = '{"resourceType":"Location","id":"l1","x":' + "[" * 200 + \
            "]" * 200 + ',"name":"zq7secret"}'
        for fault in (
                "status-404", "status-410", "status-401", "status-403",
                "status-400", "status-500", "status-503", "status-304",
                "status-204", "redirect-302", "redirect-302-self",
                "redirect-307-meta", "html", "xml", "text", "notype", "junk",
                "other", "cut", "short", "close", "reset", "http09",
                "nothttp", "gzipjunk", "endless", "heads-300",
                says(""), says("null"), says("[]"), says("{}"), says(deep),
                says_json({**wrong, "resourceType": "Practitioner"}),
                says_json({**wrong, "id": "l2"}),
                says_json({**wrong, "id": None}),
                says_json({**wrong, "name": ""}),
                says_json({**wrong, "name": "zq7secret\u0007"}),
                says_json({**wrong, "name": "zq7secret" * 200}),
                says_json({**wrong, "name": ["zq7secret"]}),
                says_json({**wrong, "description": "x" * (1 << 20)}),
                says_json({**wrong, "x": [0] * 60000})):
            with self.subTest(fault=fault):
                self.double.off()
                self.double.on(f"/{MARK}/Location/l1", fault)
                found, asked = self.filled(
                    encounter(1, "Location/l2", "Location/l1"))
                self.assertEqual(displays(found), ["Hall", None])
                # a connection that broke when used again is made anew
                self.assertEqual(set(asked), {"Location/l1", "Location/l2"})

    def test_who_never_answers_is_not_waited_for_long(self):
        faults = ("hang", "halfhead", "stalled", "drip-1000")
        for n, fault in enumerate(faults):
            self.double.on(f"/{MARK}/Location/many{n}", fault)
        found, asked = self.filled(encounter(
            1, *(f"Location/many{n}" for n in range(len(faults))),
            "Location/l2"))
        self.assertEqual(displays(found), [None] * len(faults) + ["Hall"])
        self.assertEqual(len(asked), len(faults) + 1)

    def test_a_look_up_that_fails_is_not_the_status_of_the_request(self):
        self.double.on(f"/{MARK}/Location", "status-404")
        self.double.on(f"/{MARK}/Encounter/e1",
                       says_json(encounter(1, "Location/l1")))
        answer, _ = self.asked()
        self.assertEqual(self.audited_lookups(answer), [["1", "200"]])
        self.assertEqual(self.audited(answer), ("ok", 200))


class Hostile(Names):
    """Only records of the hospital that have a name are ever asked for."""

    letter = "8"

    def test_what_leads_elsewhere_is_never_asked(self):
        here = f"{self.double.base}/{MARK}"
        for reference in (
                "../admin", "../Location/l1", "Location/..", "Location/.",
                "/admin", f"/{MARK}/Location/l1", "Location/l1/../../admin",
                "Location/%2e%2e", "Location/l1?_format=json", "Location/l1#x",
                "Location/l1/$everything", "Location/l1/_history",
                "Location/l1\n", "Location/ l1", "Location", "l1", " ",
                "metadata", "Patient/p1", "Observation/o1", "Binary/b1",
                "location/l1", f"{here}/../Location/l1",
                f"{here}//Location/l1", f"{here}/Location/../admin",
                f"{here}/Patient/p1", f"{here}/admin", here, f"{here}/",
                f"{here}x/Location/l1", f"{here}/Location/l1?x=1",
                f"{self.double.base}/Location/l1",
                f"{self.double.base}/other/Location/l1",
                f"http://x@127.0.0.1:{self.double.port}/{MARK}/Location/l1",
                f"http://127.0.0.1:{self.double.port + 1}/{MARK}/Location/l1",
                f"https://127.0.0.1:{self.double.port}/{MARK}/Location/l1",
                f"//127.0.0.1:{self.double.port}/{MARK}/Location/l1",
                "http://169.254.169.254/", "http://169.254.169.254/Location/l1",
                "http://evil.example/Location/l1",
                f"{self.env['WG_BASE']}/rehearsal/r4/Location/l-1",
                f"{self.env['WG_FHIR_R4']}/Location/l1",
                "file:///etc/passwd", "javascript:alert(1)", "urn:uuid:1",
                "#l1", "#", "Location/" + "1" * 65, "Location/" + "x" * 9999):
            with self.subTest(reference=reference[:80]):
                self.double.on(f"/{MARK}/Encounter/e1",
                               says_json(encounter(1, reference)))
                before = len(self.double.seen)
                answer = self.ask("Encounter/e1")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(len(self.double.seen) - before, 1)
                self.assertEqual(displays(answer.json), [None])

    def test_odd_places_are_tidied_at_most(self):
        filled = {"reference": "Location/l1", "display": BED}
        for odd, tidy in (
                (None, None), ([], None), ({}, None), ([None], None),
                ([{"location": None}], None),
                ([{"location": {"reference": ""}}], None),
                (7, [7]), ("Location/l1", ["Location/l1"]), ([7], [7]),
                (["x"], ["x"]),
                ([[{"location": {"reference": "Location/l1"}}]],) * 2,
                ([{"location": "Location/l1"}],) * 2,
                ([{"location": {"reference": {"a": 1}}}],) * 2,
                ([{"location": {"reference": ["Location/l1"]}}],
                 [{"location": filled}]),
                ([{"location": {"reference": "Location/l1",
                                "_display": {"extension": []}}}],
                 [{"location": filled}])):
            with self.subTest(odd=odd):
                record = {"resourceType": "Encounter", "id": "e1"}
                found, asked = self.filled({**record, "location": odd})
                self.assertEqual(found, {**record, "location": tidy}
                                 if tidy else record)
                self.assertEqual(asked, ["Location/l1"] if tidy == [
                    {"location": filled}] else [])

    def test_a_thousand_references_to_one_long_name(self):
        self.double.put({"resourceType": "Location", "id": "long",
                         "name": "x" * 1024})
        found, asked = self.filled(encounter(1, *["Location/long"] * 1000))
        self.assertEqual(asked, ["Location/long"])
        named = [d for d in displays(found) if d]
        self.assertGreater(len(named), 400)
        self.assertLess(sum(map(len, named)), 1 << 19)


class Alone(Names):
    """Plain CGI has no second thread, and tells what it logs."""

    letter = "9"
    start, run_cgi = test_cgi.Cgi.start, test_cgi.Cgi.run_cgi
    read = staticmethod(test_cgi.Cgi.read)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bin = place.build_dir() / "bin"
        if (cls.house.home / "bin").exists():
            cls.bin = cls.house.home / "bin"

    def run_facade(self, settings):
        """(answer, the line of the log that tells of the request)"""
        conf = self.house.home / "fill.conf"
        place.write(conf, self.house.conf.read_text() +
                    "log_level = debug\n" + settings)
        self.addCleanup(conf.unlink, missing_ok=True)
        answer, status, log = self.run_cgi("facade", {
            "REQUEST_METHOD": "GET", "REQUEST_URI": "/fhir/r4/Encounter/e1",
            "HTTP_AUTHORIZATION": f"Bearer {self.tokens['R4']}"}, conf=conf)
        self.assertEqual((answer.status, status), (200, 0), log)
        return answer, next(
            e for e in map(json.loads, log.splitlines())
            if e["event"] == "request")

    def test_one_after_the_other_and_what_is_left_bare_is_counted(self):
        self.double.on(f"/{MARK}/Encounter/e1", says_json(encounter(
            1, "Location/l1", "Location/none", "#x", "Location/l2")))
        answer, line = self.run_facade("")
        self.assertEqual(displays(answer.json), [BED, None, None, "Hall"])
        self.assertEqual(line["bare"], 2)
        answer, line = self.run_facade("fill_references = 1\n")
        self.assertEqual(displays(answer.json), [BED, None, None, None])
        self.assertEqual(line["bare"], 3)

    def test_none_at_all_if_the_operator_says_so(self):
        one = encounter(1, "Location/l1", "Location/l2")
        self.double.on(f"/{MARK}/Encounter/e1", says_json(one))
        before = len(self.double.seen)
        answer, line = self.run_facade("fill_references = 0\n")
        self.assertEqual(displays(answer.json), [None, None])
        self.assertEqual(line["bare"], 2)
        self.assertEqual(len(self.double.seen) - before, 1)
        full = encounter(1)
        self.double.on(f"/{MARK}/Encounter/e1", says_json(full))
        _, line = self.run_facade("")
        self.assertNotIn("bare", line)

    def test_a_hospital_that_hangs_costs_the_time_of_the_setting(self):
        """And not each of ten that, one after the other."""
        self.double.on(f"/{MARK}/Location", "hang")
        self.double.on(f"/{MARK}/Encounter/e1", says_json(encounter(
            1, *(f"Location/many{n}" for n in range(10)))))
        before = len(self.double.seen)
        answer, line = self.run_facade("fill_wait_ms = 1000\n")
        self.assertEqual(displays(answer.json), [None] * 10)
        self.assertEqual(line["bare"], 10)
        self.assertEqual(len(self.double.seen) - before, 2)


class Wards(Calls):
    """Nothing that the app shows is bare in a ward that lacks some."""

    SHOWN = {"Patient": ("careProvider", "generalPractitioner"),
             "Coverage": ("issuer", "payor"),
             "MedicationOrder": ("prescriber", "medicationReference"),
             "MedicationRequest": ("requester", "requester.agent",
                                   "medicationReference")}

    def test_every_display_is_there(self):
        for at_place, patient in self.everyone():
            for kind, paths in self.SHOWN.items():
                if kind.startswith("Medication") and \
                        kind != at_place.ward.order_type:
                    continue
                path = f"Patient?_id={patient['id']}" if kind == "Patient" \
                    else f"{kind}?patient={patient['id']}"
                found = self.good(at_place.ask("GET", path))
                for entry in found["entry"]:
                    for path in paths:
                        if at(entry["resource"], f"{path}.reference"):
                            self.assertTrue(at(entry["resource"],
                                               f"{path}.display"), entry)

    def test_the_last_known_place_is_first_and_has_its_name(self):
        for at_place, patient in self.everyone():
            found = self.good(at_place.ask(
                "GET", f"Encounter?patient={patient['id']}&_sort=-date"
                "&_count=1"))
            spots = found["entry"][0]["resource"]["location"]
            self.assertTrue(all(s["location"]["display"] for s in spots))
            active = [s for s in spots if s["status"] == "active"]
            self.assertEqual(spots[:len(active)], active)


if __name__ == "__main__":
    unittest.main()
