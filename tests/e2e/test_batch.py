# test_batch.py - many requests in one, each answered as if it had come alone
# SPDX-License-Identifier: Apache-2.0
#
# The app asks for seven things about a patient at once. In a batch nothing that
# goes wrong with one entry may be felt by another, no entry may be left out of
# the answer or of the audit trail, and a slow one costs its own time once.

import json
import os
import signal
import threading
import time

from tests.e2e.contract import Calls
from tests.e2e.faults import FACES, MARK, TYPES, Faulty, dumps, says
from tests.e2e.hostile import request, rows
from tests.fhir import validate
from tests.rig import fastcgi, place
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

JSON = "application/fhir+json"
WHILE_S = 20        # a story that waits so long for its calls has failed
MEDICATION = {"DSTU2": "MedicationOrder", "STU3": "MedicationRequest",
              "R4": "MedicationRequest"}


def get(url, method="GET", **more):
    return {"request": {"method": method, "url": url, **more}}


def batch(*entries, **more):
    return {"resourceType": "Bundle", "type": "batch", "entry": list(entries),
            **more}


def outcome(entry):
    """The OperationOutcome of a failed entry, wherever its version has it."""
    return entry["response"].get("outcome") or entry.get("resource")


def code(entry):
    """(status, reason code or None)"""
    status = int(entry["response"]["status"].split()[0])
    if status < 400:
        return status, None
    return status, outcome(entry)["issue"][0]["details"]["coding"][0]["code"]


def call_url(call, start):
    """The url of the one entry of a hospital's batch that begins so."""
    (found,) = [e["request"]["url"] for e in json.loads(call.body)["entry"]
                if e["request"]["url"].startswith(start)]
    return found


def call_tag(call):
    (found,) = [e["request"]["ifNoneMatch"]
                for e in json.loads(call.body)["entry"]
                if "ifNoneMatch" in e["request"]]
    return found


def strip(entry):
    """Without what is sealed anew each time, and what only a header tells."""
    entry = json.loads(dumps(entry))
    entry["response"].pop("lastModified", None)
    if "resource" in entry:
        entry["resource"] = plain(entry["resource"])
    return entry


def post(env, token, face, body, path="", **fields):
    if not isinstance(body, (str, bytes)):
        body = dumps(body)
    headers = {"Content-Type": JSON,
               **{k.replace("_", "-"): v for k, v in fields.items()}}
    return env.fhir("POST", path, token, face, headers, body=body)


def wrong(model, answer):
    """What the validator has against a batch-response and all within it."""
    said = []

    def say(where, why):
        said.append(f"{where}: {why}")

    validate.resource(model, answer, "", say)
    for entry in answer.get("entry", ()):
        inner = [entry.get("resource"), entry["response"].get("outcome")]
        inner += [e["resource"] for e in (inner[0] or {}).get("entry", ())]
        for resource in filter(None, inner):
            validate.resource(model, resource, "", say)
    urls = [e["fullUrl"] for e in answer.get("entry", ()) if "fullUrl" in e]
    if len(urls) != len(set(urls)):
        said.append("a fullUrl stands twice")
    return said


def seven(version, who):
    """The reads of the app, as it writes them."""
    return [f"Patient/{who}",
            f"Observation?patient={who}&category=vital-signs"
            "&_sort:desc=date&_count=50",
            f"Condition?patient={who}&_count=100",
            f"Encounter?patient={who}&_sort:desc=date&_count=1",
            f"AllergyIntolerance?patient={who}",
            f"{MEDICATION[version]}?patient={who}&_count=100",
            f"Coverage?patient={who}"]


def plain(resource):
    """Without the links to other pages, which are sealed anew each time."""
    if resource["resourceType"] != "Bundle":
        return resource
    return {**resource, "link": [e for e in resource["link"]
                                 if "_cursor=" not in e["url"]]}


class App(Calls):
    """Over the wards of the rehearsal provider, at every address."""

    def test_the_seven_reads_of_the_app_are_as_each_alone(self):
        models = {f: validate.Model(f.lower()) for f in FACES}
        for where, patient in self.everyone():
            urls = seven(where.version, patient["id"])
            answer = post(self.env, where.token, where.face,
                          batch(*map(get, urls)))
            body = self.good(answer)
            self.assertEqual(answer.header["content-type"],
                             TYPES[where.version])
            self.assertEqual((body["resourceType"], body["type"]),
                             ("Bundle", "batch-response"))
            self.assertEqual(wrong(models[where.version], body), [])
            self.assertEqual(len(body["entry"]), len(urls))
            for url, entry in zip(urls, body["entry"]):
                alone = where.ask("GET", url)
                self.assertEqual(entry["response"]["status"], "200 OK")
                self.assertEqual(plain(entry["resource"]), plain(alone.json),
                                 url)

    def test_a_record_keeps_its_place_its_tag_and_its_time(self):
        for where, patient in self.everyone():
            url = f"Patient/{patient['id']}"
            alone = where.ask("GET", url)
            answer = post(self.env, where.token, where.face, batch(get(url)))
            entry = self.good(answer)["entry"][0]
            self.assertEqual(entry["fullUrl"], f"{where.base}/{url}")
            self.assertEqual(entry["response"]["etag"], alone.header["etag"])
            if "last-modified" in alone.header:
                self.assertRegex(entry["response"]["lastModified"],
                                 r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            known = get(url, ifNoneMatch=alone.header["etag"])
            answer = post(self.env, where.token, where.face, batch(known))
            (entry,) = self.good(answer)["entry"]
            self.assertEqual(list(entry), ["response"])
            self.assertEqual(entry["response"]["status"], "304 Not Modified")
            self.assertEqual(entry["response"]["etag"], alone.header["etag"])

    def test_every_spelling_of_the_address_and_of_json_is_taken(self):
        where = self.places[0]
        who = where.ward.index["patients"][0]["id"]
        whole = batch(*(get(u) for u in (
            f"Patient/{who}", f"/Patient/{who}", f"./Patient/{who}",
            f"{where.base}/Patient/{who}")), get(
                f"Patient/_search?_id={who}", "POST"))
        for path in ("", "/"):
            for kind in ("application/fhir+json", "application/json+fhir",
                         "application/json", "application/json;charset=UTF-8"):
                answer = request("POST", where.base + path, {
                    "Authorization": f"Bearer {where.token}",
                    "Content-Type": kind}, "\ufeff" + dumps(whole))
                found = [e["resource"] for e in self.good(answer)["entry"]]
                self.assertEqual([r["id"] for r in found[:4]], [who] * 4)
                self.assertEqual(found[4]["total"], 1)

    def test_prefer_and_accept_hold_for_every_entry(self):
        where = self.places[-1]     # the default address
        who = where.ward.index["patients"][0]["id"]
        entries = batch(get(f"Condition?patient={who}&colour=red"),
                        get(f"Condition?patient={who}&_format=xml"),
                        get(f"Condition?patient={who}"))
        answer = post(self.env, where.token, None, entries)
        self.assertEqual([code(e) for e in self.good(answer)["entry"]],
                         [(200, None), (406, "format_refused"), (200, None)])
        answer = post(self.env, where.token, None, entries,
                      Prefer="handling=strict")
        self.assertEqual([code(e) for e in self.good(answer)["entry"]],
                         [(400, "parameter_unknown"), (406, "format_refused"),
                          (200, None)])
        number = {"DSTU2": "1.0", "STU3": "3.0", "R4": "4.0"}[where.version]
        other = "4.0" if number != "4.0" else "3.0"
        answer = post(self.env, where.token, None, batch(*(
            get(f"Condition?patient={who}&_format=application/fhir%2Bjson"
                f"%3BfhirVersion%3D{n}") for n in (number, other))))
        self.assertEqual([code(e) for e in self.good(answer)["entry"]],
                         [(200, None), (406, "format_refused")])

    def test_an_empty_batch_has_an_empty_answer(self):
        where = self.places[0]
        for whole in (batch(), {"resourceType": "Bundle", "type": "batch"}):
            answer = post(self.env, where.token, where.face, whole)
            self.assertEqual(self.good(answer), {
                "resourceType": "Bundle", "type": "batch-response"})


class EveryWay(Calls):
    """Each face over each ward, whose server takes batches: what comes out is
    what each entry would have got alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        house = House(cls.env["WG_HOME"])
        cls.own = cls.places[:len(FACES)]
        cls.tokens = {}
        for n, where in enumerate(cls.own):
            tenant = f"fa01700{n}-0000-4000-8000-0000000000fb"
            cls.addClassCleanup(remove_tenant, house, tenant)
            put_tenant(house, tenant, name=f"Batch {where.version}",
                       fhir_version=where.version, can_batch="on",
                       client=cls.env["WG_CLIENT_ID"],
                       provider_url=where.ward.base)
            cls.tokens[where.version] = cls.env.token(tenant)

    def test_native_batches_say_what_their_entries_say_alone(self):
        for where in self.own:
            patient = where.ward.index["patients"][0]
            for face in FACES:
                urls = seven(face, patient["id"])
                token = self.tokens[where.version]
                with self.subTest(provider=where.version, face=face):
                    answer = self.good(post(self.env, token, face,
                                            batch(*map(get, urls))))
                    alone = [self.env.fhir("GET", url, token, face)
                             for url in urls]
                    for entry, one in zip(answer["entry"], alone):
                        self.assertEqual(code(entry)[0], one.status, one)
                        if one.status == 200:
                            self.assertEqual(plain(entry["resource"]),
                                             plain(one.json))


class Double(Faulty):
    """A hospital without batch of its own, that does what a story wants."""

    letter = "b"
    own = {"total_ms": 1000 * WHILE_S, "can_batch": "off"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.double.put(*({"resourceType": "Patient", "id": f"b{n}",
                          "active": True} for n in range(100)))

    def met(self, path, *faults):
        """From now on requests for this path meet these."""
        self.double.on(f"/{MARK}/{path}", *faults)

    def send(self, *entries, face="R4", **headers):
        """A batch, and what came of it entry by entry."""
        answer = post(self.env, self.tokens[face], face, batch(*entries),
                      **headers)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["type"], "batch-response")
        self.assertEqual(len(answer.json["entry"]), len(entries))
        self.assertEqual(wrong(self.models[face], answer.json), [])
        self.clean(answer)
        self.trail(answer)
        return answer

    def trail(self, answer):
        """The rows of a batch: its own, and one for each entry that says the
        same as the answer does. Returns them."""
        found = rows(self.env, "select entry, coalesce(interaction, ''), "
                     "status, reason, coalesce(returned, -1), "
                     "coalesce(resource_id, ''), coalesce(patient_id, ''), "
                     "tenant_id is not null and token_id is not null "
                     "and client_id is not null and source is not null, "
                     "coalesce(upstream_status, 0) "
                     "from wardgate.audit where trace_id = "
                     f"'{answer.header['x-trace-id']}' "
                     "and at > now() - interval '1 hour' order by entry")
        entries = answer.json["entry"]
        self.assertEqual([int(r[0]) for r in found],
                         list(range(len(entries) + 1)))
        self.assertEqual(found[0][1:5],
                         ["batch", "200", "ok", str(len(entries))])
        for row, entry in zip(found[1:], entries):
            status, reason = code(entry)
            self.assertEqual(int(row[2]), status)
            if reason != "unavailable":
                self.assertEqual(row[3], reason or "ok")
        self.assertEqual({r[7] for r in found}, {"t"})
        return found


class Honest(Double):

    def test_22_of_25_are_good_and_3_fail_rightly(self):
        """The slow entry is held until all others are answered: it costs its
        own time, and only once."""
        fails = {3: (404, "not_found"), 11: (502, "provider_failed"),
                 19: (429, "provider_limit")}
        says_so = {3: 404, 11: 500, 19: 429}
        others, seen = threading.Event(), []

        def acts(x):
            n = int(x.seen.path.rpartition("b")[2])
            if n == 7:
                return others.wait(WHILE_S)
            seen.append(n)
            if len(seen) == 24:
                others.set()
            return n not in says_so or x.outcome(says_so[n], "as told")

        self.met("Patient/", acts)
        for face in FACES:
            with self.subTest(face):
                others.clear()
                seen.clear()
                answer = self.send(*(get(f"Patient/b{n}") for n in range(25)),
                                   face=face)
                self.assertTrue(others.is_set())
                for n, entry in enumerate(answer.json["entry"]):
                    self.assertEqual(code(entry), fails.get(n, (200, None)))
                    if n not in fails:
                        self.assertEqual(entry["resource"]["id"], f"b{n}")
                kept = self.trail(answer)
                self.assertEqual([r[5] for r in kept],
                                 [""] + [f"b{n}" for n in range(25)])
                self.assertEqual([r[6] for r in kept],
                                 [""] + [f"b{n}" for n in range(25)])

    def test_eight_are_asked_at_once_and_never_more(self):
        """As many as may wait for each other at the hospital."""
        at_once, most = threading.Barrier(8), []
        lock, inside = threading.Lock(), [0]

        def meets(x):
            with lock:
                inside[0] += 1
                most.append(inside[0])
            try:
                at_once.wait(WHILE_S)
            finally:
                with lock:
                    inside[0] -= 1
            return True

        self.met("Patient/", meets)
        answer = self.send(*(get(f"Patient/b{n}") for n in range(40)))
        self.assertEqual({code(e) for e in answer.json["entry"]},
                         {(200, None)})
        self.assertEqual(max(most), 8)

    def test_an_entry_says_when_to_come_back(self):
        self.met("Patient/b1", "status-429-7")
        self.met("Patient/b2", "status-503-9")
        for face in FACES:
            answer = self.send(get("Patient/b1"), get("Patient/b2"), face=face)
            self.assertEqual([outcome(e)["issue"][0]["diagnostics"]
                              for e in answer.json["entry"]],
                             ["Retry-After: 7", "Retry-After: 9"])

    def test_the_same_record_twice_is_answered_twice(self):
        for face in FACES:
            answer = self.send(*[get("Patient/b1")] * 3, face=face)
            self.assertEqual([e["resource"]["id"]
                              for e in answer.json["entry"]], ["b1"] * 3)

    def test_many_batches_at_once_do_not_mix(self):
        results = {}

        def one(k):
            answer = self.send(*(get(f"Patient/b{k * 12 + n}")
                                 for n in range(12)))
            results[k] = [e["resource"]["id"] for e in answer.json["entry"]]

        crowd = [threading.Thread(target=one, args=(k,)) for k in range(8)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        self.assertEqual(results, {
            k: [f"b{k * 12 + n}" for n in range(12)] for k in range(8)})

    def test_the_largest_answers_give_way(self):
        """32 MiB is what all answers may be together."""
        large = (b'{"resourceType":"Patient","id":"%s","text":{"status":'
                 b'"generated","div":"<div xmlns=\\"http://www.w3.org/1999/'
                 b'xhtml\\">%s</div>"}}')
        for n in range(4):
            self.met(f"Patient/b{n}", says(
                large % (f"b{n}".encode(), b"y" * ((9 + n) << 20))))
        answer = self.send(*(get(f"Patient/b{n}") for n in range(6)))
        self.assertEqual([code(e) for e in answer.json["entry"]], [
            (200, None), (200, None), (200, None), (413, "batch_too_large"),
            (200, None), (200, None)])

    def test_searches_in_a_batch_page_like_any_other(self):
        answer = self.send(get("Observation?patient=p1&_count=2"))
        found = answer.json["entry"][0]["resource"]
        self.assertEqual((found["type"], found["total"]), ("searchset", 5))
        ours = self.env["WG_FHIR_R4"]
        later = next(k["url"] for k in found["link"]
                     if k["relation"] == "next")
        answer = self.send(get(later), get(later.removeprefix(ours + "/")))
        self.assertEqual(
            [[e["resource"]["id"] for e in entry["resource"]["entry"]]
             for entry in answer.json["entry"]], [["o2", "o3"]] * 2)


class Hurried(Double):
    """A facade of its own beside the house's, with little time for a request
    and one entry at a time."""

    settings = """
request_wait_ms = 1500
provider_wait_ms = 1400
batch_parallel = 1
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        program = cls.house.home / "bin/facade"
        if not program.exists():
            program = place.build_dir() / "bin/facade"
        conf = place.write(cls.house.home / "batch.conf",
                           cls.house.conf.read_text() + cls.settings)
        cls.addClassCleanup(conf.unlink)
        cls.socket = cls.house.home / "run/batch-facade.sock"
        cls.house.rig("add", service={
            "name": "batch-facade", "argv": [str(program), "-c", str(conf)],
            "socket": str(cls.socket)})
        cls.house.rig("start", name="batch-facade")
        cls.addClassCleanup(cls.house.rig, "remove", name="batch-facade")
        fastcgi.wait_listening(cls.socket)

    def hurry(self, face, *entries):
        body = dumps(batch(*entries)).encode()
        answer = fastcgi.ask(self.socket, fastcgi.post(
            f"/fhir/{face.lower()}", body, JSON,
            HTTP_AUTHORIZATION=f"Bearer {self.tokens[face]}"), body)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(wrong(self.models[face], answer.json), [])
        self.trail(answer)
        return answer


class InTime(Hurried):

    letter = "f"

    def test_what_there_is_no_time_for_is_said_in_its_place(self):
        """The second entry is cut off, those after it are not begun."""
        self.met("Patient/b2", "delay-5000")
        for face in FACES:
            before = len(self.double.seen)
            answer = self.hurry(face, *(get(f"Patient/b{n}")
                                        for n in range(1, 6)))
            self.assertEqual([code(e) for e in answer.json["entry"]], [
                (200, None), (504, "provider_timeout"),
                *[(504, "deadline")] * 3])
            self.assertEqual(len(self.double.seen), before + 2)


class FoundOut(Hurried):
    """Nobody says whether this hospital takes batches."""

    letter = "0"
    own = {"total_ms": 1000 * WHILE_S, "can_batch": "auto"}

    def calls(self):
        """What reaches the hospital for three good reads, below its base."""
        before = len(self.double.seen)
        answer = self.hurry("R4", *(get(f"Patient/b{n}") for n in (1, 2, 3)))
        self.assertEqual([e["resource"]["id"] for e in answer.json["entry"]],
                         ["b1", "b2", "b3"])
        return sorted((s.method, s.target.removeprefix(f"/{MARK}"))
                      for s in self.double.seen[before:])

    def test_it_is_found_out_and_given_up(self):
        alone = [("GET", f"/Patient/b{n}") for n in (1, 2, 3)]
        whole, statement = [("POST", "")], [("GET", "/metadata")]

        self.double.batches = True
        self.assertEqual(self.calls(), alone + statement)
        self.assertEqual(self.calls(), whole)
        for fault in ("status-503", "hang"):    # it may be better next time
            self.double.on(f"/{MARK}", lambda x, fault=fault:
                           x.seen.method != "POST"
                           or self.double.meet(x, fault))
            self.assertEqual(self.calls(), alone + whole)
            self.double.off()
            self.assertEqual(self.calls(), whole)
        self.double.batches = False             # now it does not know them
        self.assertEqual(self.calls(), alone + whole)
        self.assertEqual(self.calls(), alone)


class HostileBatch(Double):

    own = {"total_ms": 1000, "can_batch": "off"}
    letter = "c"

    def setUp(self):
        super().setUp()
        self.before = len(self.double.seen)

    def asked(self):
        return [s.target for s in self.double.seen[self.before:]]

    def refused(self, entries, want, face="R4"):
        """Each entry stands between two good ones, which stay good."""
        answer = self.send(get("Patient/b1"), *entries, get("Patient/b2"),
                           face=face)
        found = [code(e) for e in answer.json["entry"]]
        self.assertEqual(found[0], (200, None))
        self.assertEqual(found[-1], (200, None))
        for entry, got, good in zip(entries, found[1:-1], want):
            self.assertEqual(got, good, entry)
        self.assertEqual(sorted(self.asked()),
                         [f"/{MARK}/Patient/b1", f"/{MARK}/Patient/b2"])
        return answer

    def test_B1_urls_that_lead_elsewhere(self):
        ours = self.env["WG_FHIR_R4"]
        host = ours.split("//")[1].split("/")[0]
        urls = [f"http://127.0.0.1:{self.double.port}/{MARK}/Patient/b3",
                f"//127.0.0.1:{self.double.port}/{MARK}/Patient/b3",
                "https://evil.example/", "//evil.example", "http:evil",
                "\\\\evil", "/\\evil", "http://u:p@evil.example/",
                f"http://u@{host}/fhir/r4/Patient/b3",
                f"{ours}@evil.example/Patient/b3",
                f"{ours}.evil.example/Patient/b3", f"{ours}/../admin",
                f"{self.env['WG_FHIR_STU3']}/Patient/b3", ours, f"{ours}/",
                "Patient/b3#x", "#", "", "/", "?_type=Patient", " Patient/b3",
                "Patient/b3 ", "Patient/%62%33", "Patient/../Patient/b3",
                "Patient//b3", "Patient/b3;a=b", "file:///etc/passwd",
                "Patient/b3\r\nHost: evil", "Patient?name=\n", "Pati\u0435nt/b3",
                "x" * 9000]
        want = [(400, "entry_malformed")] * (len(urls) - 1) + \
            [(414, "address_too_long")]
        self.refused([get(u) for u in urls], want)

    def test_B1_places_that_are_not_served(self):
        want = {"metadata": (404, "type_not_served"),
                "Practitioner/1": (404, "type_not_served"),
                "/fhir/r4/Patient/b3": (404, "type_not_served"),
                "_history": (405, "interaction_not_served"),
                "$export": (405, "interaction_not_served"),
                "Patient/b3/_history": (405, "interaction_not_served"),
                "Patient/b3/$everything": (405, "interaction_not_served"),
                "Patient/b3/": (405, "interaction_not_served"),
                "Patient/_search?name=x": (405, "interaction_not_served"),
                "Patient/b_3": (400, "id_malformed"),
                "Patient/.": (400, "entry_malformed"),
                "Condition": (400, "search_unselective"),
                "Condition?patient=p1&_include=x": (400, "parameter_refused"),
                "Condition?patient=p1&_format=xml": (406, "format_refused")}
        self.refused(map(get, want), want.values())

    def test_B3_other_bundles_than_a_batch(self):
        entries = [get("Patient/b1")]
        bodies = [batch(*entries, type=kind) for kind in (
            "transaction", "searchset", "Batch", "batch ", "", None, 1,
            ["batch"], "batch-response")]
        bodies += [{"resourceType": "Bundle", "entry": entries},
                   {"resourceType": "Patient", "type": "batch"},
                   {"type": "batch"}, [], "", "x", batch(*entries, entry={}),
                   '{"resourceType":"Bundle","type":"batch","type":"batch"}',
                   '{"resourceType":"Bundle","type":"batch"} x',
                   '{"resourceType":"Bundle","type":"batch","x":NaN}']
        for body in bodies:
            with self.subTest(str(body)[:60]):
                answer = post(self.env, self.tokens["R4"], "R4", body)
                self.safe(answer, 400, "request_malformed",
                          "request_malformed")
        self.assertEqual(self.asked(), [])

    def test_B3_bodies_that_are_no_json(self):
        body = dumps(batch(get("Patient/b1")))
        for kind in ("application/fhir+xml", "text/plain", "",
                     "application/x-www-form-urlencoded",
                     "application/json; charset=utf-16",
                     "application/fhir+json; fhirVersion=3.0"):
            answer = post(self.env, self.tokens["R4"], "R4", body,
                          Content_Type=kind)
            self.safe(answer, 415, "media_type", "media_type")
        answer = post(self.env, self.tokens["R4"], "R4", body,
                      Content_Encoding="gzip")
        self.safe(answer, 415, "content_encoding", "content_encoding")
        self.assertEqual(self.asked(), [])

    def test_B3_without_a_token_nothing_is_read(self):
        answer = post(self.env, None, "R4", batch(get("Patient/b1")))
        self.safe(answer, 401, "token_absent", "token_absent")

    def test_B4_too_many_and_too_much(self):
        token = self.tokens["R4"]
        for n in (101, 10000):
            answer = post(self.env, token, "R4",
                          batch(*[get("Patient/b1")] * n))
            self.safe(answer, 413, "request_too_large", "request_too_large")
        answer = post(self.env, token, "R4", batch(
            {**get("Patient/b1"), "resource": {"x": "y" * (1100 << 10)}}))
        self.safe(answer, 413, "request_too_large", "request_too_large")
        deep = '{"resourceType":"Bundle","type":"batch","entry":' + \
            "[" * 100 + "]" * 100 + "}"
        answer = post(self.env, token, "R4", deep)
        self.safe(answer, 400, "too_many_parts", "too_many_parts")
        self.assertEqual(self.asked(), [])
        answer = self.send(*[get("Patient/b1")] * 100)
        self.assertEqual({code(e) for e in answer.json["entry"]},
                         {(200, None)})

    def test_B4_entries_and_methods_of_any_shape(self):
        bad = (400, "entry_malformed")
        write = (405, "interaction_not_served")
        want = [({}, bad), (None, bad), (7, bad), ([], bad), ("x", bad),
                ({"request": None}, bad), ({"request": {}}, bad),
                ({"request": "GET Patient/b3"}, bad),
                ({"request": {"method": "GET"}}, bad),
                ({"request": {"url": "Patient/b3"}}, bad),
                ({"request": {"method": 7, "url": "Patient/b3"}}, bad),
                (get(["Patient/b3"]), bad), (get("Patient/b3", "get"), bad),
                (get("Patient/b3", "GET "), bad), (get("Patient/b3", ""), bad),
                (get("Patient/b3", "TRACE"), bad),
                (get("Patient/b3", "PUT"), write),
                (get("Patient/b3", "PATCH"), write),
                (get("Patient/b3", "DELETE"), write),
                (get("Patient", "POST"), write),
                (get("Patient/b3", "POST"), write),
                (get("", "POST"), bad), (get("/", "POST"), bad),
                ({**get("Patient/_search?name=x", "POST"),
                  "resource": {"resourceType": "Parameters"}}, bad)]
        self.refused([e for e, _ in want], [w for _, w in want])

    def test_B4_head_is_a_method_of_r4(self):
        self.refused([get("Patient/b3", "HEAD")] * 2,
                     [(405, "interaction_not_served")] * 2, "STU3")
        answer = self.send(get("Patient/b3", "HEAD"))
        self.assertEqual(code(answer.json["entry"][0]), (200, None))
        self.assertNotIn("resource", answer.json["entry"][0])

    def test_B5_entries_that_hang_fail_flood_and_lead_away(self):
        """Whoever of them is hurt, the good ones are not."""
        want = {"hang": (504, "provider_timeout"),
                "status-500": (502, "provider_failed"),
                "status-401": (502, "provider_refused_us"),
                "huge-1073741824": (502, "provider_too_large"),
                "bomb-256": (502, "provider_too_large"),
                "redirect-302-meta": (502, "provider_redirect"),
                "redirect-302-self": (502, "provider_redirect"),
                "cut": (502, "provider_unreadable"),
                "junk": (502, "provider_unreadable"),
                "html": (502, "provider_unreadable"),
                "other": (502, "provider_unreadable"),
                "close": (502, "provider_unreadable"),
                "drip-300": (504, "provider_timeout")}
        for fault in want:
            self.met(f"Patient/{fault}", fault)
        for face in FACES:
            answer = self.send(*(get(f"Patient/{fault}") for fault in want),
                               *(get(f"Patient/b{n}") for n in range(30)),
                               face=face)
            found = [code(e) for e in answer.json["entry"]]
            self.assertEqual(found[len(want):], [(200, None)] * 30)
            self.assertEqual(dict(zip(want, found)), want)

    def test_B6_conditions_and_script(self):
        script = "<script>alert(1)</script>"
        answer = self.send(
            {"fullUrl": script, **get(
                "Patient/b1", ifMatch=script, ifNoneExist=script,
                ifModifiedSince=script, ifNoneMatch=script)},
            {"fullUrl": script, "resource": {"resourceType": "Patient"},
             **get("Patient", "POST", ifNoneExist="identifier=1")},
            get(f"Patient/{script}"), get(f"Condition?{script}=1&patient=p1"))
        self.assertEqual([code(e) for e in answer.json["entry"]],
                         [(200, None), (405, "interaction_not_served"),
                          (400, "entry_malformed"), (404, "not_found")])
        self.assertNotIn("alert", answer.text)
        for seen in self.double.seen[self.before:]:
            self.assertNotIn("alert", str(seen.headers) + seen.target)

    def test_B7_another_tenant(self):
        other, own = self.tenants["STU3"], self.tenants["R4"]
        ours = self.env["WG_FHIR_R4"]
        want = [(f"{other}/Patient/b3", (403, "tenant_other")),
                (f"/{other.upper()}/Patient/b3", (403, "tenant_other")),
                (f"{ours}/{other}/Patient/b3", (403, "tenant_other")),
                (f"{own}/Patient/b3", (404, "type_not_served"))]
        self.refused([get(u) for u, _ in want], [w for _, w in want])
        for name, reason in ((other, "tenant_other"), ("x", "tenant_other")):
            answer = post(self.env, self.tokens["R4"], "R4",
                          batch(get("Patient/b1")), X_Tenant=name)
            self.safe(answer, 403, reason, reason)


class Native(Double):
    """A hospital that takes batches itself."""

    own = {"total_ms": 1000 * WHILE_S, "can_batch": "on"}
    letter = "e"

    def setUp(self):
        super().setUp()
        self.double.batches = True
        self.before = len(self.double.seen)

    def seen(self):
        return self.double.seen[self.before:]

    def calls(self):
        """(method, below the base) of what reached the hospital."""
        return [(s.method, s.target.removeprefix(f"/{MARK}"))
                for s in self.seen()]

    def mixed(self):
        """Entries of all kinds, and what must come of each."""
        tag = self.ask("Patient/b1").header["etag"]
        self.before = len(self.double.seen)
        return [(get("Patient/b1"), 200), (get("Patient/gone"), 404),
                (get("//evil"), 400), (get("Patient/b1", ifNoneMatch=tag), 304),
                (get("Observation?patient=p1&_count=2"), 200),
                (get("Patient/_search?_id=p1", "POST"), 200),
                (get("Patient/b2", "DELETE"), 405),
                (get("Patient/b2", "HEAD"), 200),
                (get("Condition?colour=red"), 400)]

    def test_one_request_and_the_same_answers(self):
        mixed = self.mixed()
        entries = [e for e, _ in mixed]
        native = self.send(*entries)
        (call,) = self.seen()
        self.assertEqual((call.method, call.path.rstrip("/")),
                         ("POST", f"/{MARK}"))
        self.assertEqual([e["request"] for e in json.loads(call.body)["entry"]],
                         [{"method": "GET", "url": "Patient/b1"},
                          {"method": "GET", "url": "Patient/gone"},
                          {"method": "GET", "url": "Patient/b1",
                           "ifNoneMatch": call_tag(call)},
                          {"method": "GET",
                           "url": call_url(call, "Observation")},
                          {"method": "GET", "url": call_url(call, "Patient?")},
                          {"method": "GET", "url": "Patient/b2"}])
        self.assertEqual([code(e)[0] for e in native.json["entry"]],
                         [status for _, status in mixed])
        self.double.batches = False
        alone = self.send(*entries)
        self.assertEqual([strip(e) for e in native.json["entry"]],
                         [strip(e) for e in alone.json["entry"]])

    def test_its_statuses_mean_what_they_mean_alone(self):
        want = {404: (404, "not_found"), 410: (410, "gone"),
                401: (502, "provider_refused_us"),
                403: (502, "provider_refused_us"),
                429: (429, "provider_limit"), 503: (503, "provider_busy"),
                500: (502, "provider_failed"), 302: (502, "provider_redirect"),
                422: (400, "provider_refused_request"),
                201: (502, "provider_unreadable")}
        for status in want:
            self.met(f"Patient/s{status}", f"status-{status}")
        for face in FACES:
            self.before = len(self.double.seen)
            answer = self.send(*(get(f"Patient/s{n}") for n in want),
                               get("Patient/b1"), face=face)
            self.assertEqual([code(e) for e in answer.json["entry"]],
                             [*want.values(), (200, None)])
            self.assertEqual(len(self.seen()), 1)
            kept = self.trail(answer)
            self.assertEqual([int(r[8]) for r in kept],
                             [200, *want, 200])

    def test_a_batch_that_comes_to_nothing_is_asked_one_by_one(self):
        short = {"resourceType": "Bundle", "type": "batch-response",
                 "entry": [{"response": {"status": "200 OK"}}]}
        for fault in ("status-400", "status-404", "status-405", "status-500",
                      "status-501", "status-503", "status-403", "junk", "html",
                      "close", "redirect-302-self", says(dumps(short)),
                      says(dumps(batch()))):
            with self.subTest(str(fault)):
                def meets(x):
                    if x.seen.method != "POST":
                        return True
                    return self.double.meet(x, fault)

                self.double.on(f"/{MARK}", meets)
                self.before = len(self.double.seen)
                answer = self.send(get("Patient/b1"), get("Patient/b2"),
                                   get("Patient/gone"))
                self.assertEqual([code(e)[0] for e in answer.json["entry"]],
                                 [200, 200, 404])
                calls = self.calls()
                self.assertEqual(calls[0], ("POST", ""))
                self.assertEqual(sorted(c for c in calls if c[0] == "GET"), [
                    ("GET", "/Patient/b1"), ("GET", "/Patient/b2"),
                    ("GET", "/Patient/gone")])
                self.double.off()

    def test_a_hospital_that_asks_for_patience_is_left_alone(self):
        self.double.on(f"/{MARK}", "status-429-7")
        answer = self.send(get("Patient/b1"), get("Patient/b2"))
        self.assertEqual([code(e) for e in answer.json["entry"]],
                         [(429, "provider_limit")] * 2)
        self.assertEqual(len(self.seen()), 1)

    def test_what_an_entry_does_not_tell_is_asked_again(self):
        odd = {"resourceType": "Bundle", "type": "batch-response", "entry": [
            {"response": {"status": "200"}}, {"response": {}}, {},
            {"response": {"status": "200"},
             "resource": {"resourceType": "Patient", "id": "b4"}}]}

        def meets(x):
            return x.seen.method != "POST" or x.answer(odd)

        self.double.on(f"/{MARK}", meets)
        answer = self.send(*(get(f"Patient/b{n}") for n in range(1, 5)))
        self.assertEqual([e["resource"]["id"] for e in answer.json["entry"]],
                         ["b1", "b2", "b3", "b4"])
        self.assertEqual(sorted(self.calls()[1:]), [
            ("GET", f"/Patient/b{n}") for n in (1, 2, 3)])

    def test_a_record_of_somebody_else_is_not_passed_on(self):
        other = {"resourceType": "Bundle", "type": "batch-response", "entry": [
            {"response": {"status": "200"},
             "resource": {"resourceType": "Patient", "id": "b2"}},
            {"response": {"status": "200"},
             "resource": {"resourceType": "Patient", "id": "b1"}}]}
        self.double.on(f"/{MARK}", lambda x: x.answer(other))
        answer = self.send(get("Patient/b1"), get("Patient/b2"))
        self.assertEqual([code(e) for e in answer.json["entry"]],
                         [(502, "provider_unreadable")] * 2)

    def test_a_single_question_is_asked_as_such(self):
        self.send(get("Patient/b1"), get("//evil"))
        self.assertEqual(self.calls(), [("GET", "/Patient/b1")])


class Kept(Double):

    letter = "d"

    def test_without_its_trail_nothing_of_a_batch_leaves(self):
        whole = batch(get("Patient/b1"), get("Patient/nobody"))
        self.addCleanup(rows, self.env,
                        "grant insert on wardgate.audit to wg_owner")
        rows(self.env, "revoke insert on wardgate.audit from wg_owner")
        answer = post(self.env, self.tokens["R4"], "R4", whole)
        self.assertEqual((answer.status, answer.reason), (503, "unavailable"))
        self.assertNotIn("b1", answer.text)
        rows(self.env, "grant insert on wardgate.audit to wg_owner")
        self.send(*whole["entry"])

    def test_a_process_that_dies_answers_for_nothing(self):
        held, reached = threading.Event(), threading.Semaphore(0)
        self.addCleanup(held.set)

        def holds(x):
            reached.release()
            held.wait(WHILE_S)

        self.met("Patient/b9", holds)
        since = rows(self.env, "select now()")[0][0]
        answers = []

        def ask():
            try:
                answers.append(post(self.env, self.tokens["R4"], "R4", batch(
                    *(get(f"Patient/b{n}") for n in range(10)))))
            except OSError:
                pass

        crowd = [threading.Thread(target=ask) for _ in range(4)]
        for thread in crowd:
            thread.start()
        for _ in crowd:
            self.assertTrue(reached.acquire(timeout=WHILE_S))
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        held.set()
        for thread in crowd:
            thread.join()
        self.comes_back()
        self.assertNotIn(200, [a.status for a in answers])
        kept = rows(self.env, "select count(*) from wardgate.audit where "
                    f"at >= '{since}' and tenant_id = '{self.tenants['R4']}' "
                    "and program = 'facade' and interaction = 'batch'")
        self.assertEqual(kept, [["1"]])     # of the one after it

    def comes_back(self):
        """The supervisor starts new processes; they answer batches."""
        until = time.monotonic() + WHILE_S
        while time.monotonic() < until:
            found = sorted(self.house.rig.pids("facade"))
            if len(found) == len(self.pids) and \
                    not set(found) & set(self.pids):
                break
            time.sleep(0.05)
        type(self).pids = found
        self.double.off()
        self.assertEqual(len(self.send(get("Patient/b1"),
                                       get("Patient/b2")).json["entry"]), 2)
