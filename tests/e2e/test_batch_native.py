# test_batch_native.py - hospitals that take batches themselves, well or badly
# SPDX-License-Identifier: Apache-2.0
#
# Whether a batch goes to the hospital as one or entry by entry is nobody's
# business but ours: what comes out is the same.

import json

from tests.e2e import behind_lighttpd
from tests.e2e.batches import (WHILE_S, Double, Hurried, batch, code, get,
                               strip)
from tests.e2e.faults import FACES, MARK, dumps, says

setUpModule = behind_lighttpd


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


class FoundOut(Hurried):
    """Nobody says whether this hospital takes batches."""

    letter = "0"
    own = {"total_ms": 1000 * WHILE_S, "can_batch": "auto"}
    settings = """
request_wait_ms = 8000
provider_wait_ms = 7900
batch_parallel = 1
"""     # half of it goes to a batch that hangs

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
