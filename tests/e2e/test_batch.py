# test_batch.py - many requests in one, each answered as if it had come alone
# SPDX-License-Identifier: Apache-2.0
#
# The app asks for seven things about a patient at once. In a batch nothing that
# goes wrong with one entry may be felt by another, no entry may be left out of
# the answer or of the audit trail, and a slow one costs its own time once.

import concurrent.futures
import os
import signal
import threading
import time

from tests.e2e import once
from tests.e2e.batches import (WHILE_S, Double, Hurried, batch, code, get,
                               outcome, plain, post, wrong)
from tests.e2e.contract import Calls
from tests.e2e.faults import FACES, TYPES, dumps, says
from tests.e2e.hostile import request, rows
from tests.fhir import validate
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

MEDICATION = {"DSTU2": "MedicationOrder", "STU3": "MedicationRequest",
              "R4": "MedicationRequest"}


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


@once
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


@once
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


@once
class InTime(Hurried):

    letter = "f"

    def test_what_there_is_no_time_for_is_said_in_its_place(self):
        """The second entry is cut off, those after it are not begun."""
        self.met("Patient/b2", "hang")
        before = len(self.double.seen)
        with concurrent.futures.ThreadPoolExecutor(len(FACES)) as pool:
            answers = list(pool.map(lambda face: self.hurry(face, *(
                get(f"Patient/b{n}") for n in range(1, 6))), FACES))
        for answer in answers:
            self.assertEqual([code(e) for e in answer.json["entry"]], [
                (200, None), (504, "provider_timeout"),
                *[(504, "deadline")] * 3])
        self.assertEqual(len(self.double.seen), before + 2 * len(FACES))


@once
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
