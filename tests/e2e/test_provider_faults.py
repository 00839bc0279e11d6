# test_provider_faults.py - what a broken hospital does, and what is told of it
# SPDX-License-Identifier: Apache-2.0
#
# Rows U3, U6, U8, U10 and U14 of the hostile requests, and the matrix of
# failures: for each its status, reason code and audit row, on every face.

import os
import time
import unittest

from tests.e2e.faults import (ASKS, FACES, LATE, MARK, Faulty, bundle,
                              dumps, observation, says)
from tests.rig import place
from tests.rig.crowd import put_tenant

LIGHTTPD = os.environ.get("WG_SERVER") == "lighttpd"    # there, all of it
BAD, LARGE = "provider_unreadable", "provider_too_large"
AUTH = "provider_refused_us"
FAILED, AWAY = "provider_failed", "provider_redirect"

STATUSES = (    # sent, status, reason, how often it may be asked
    # a search again, once without _total, after a look at the statement
    (400, 400, "provider_refused_request", (1, 2, 3)),
    (401, 502, AUTH, 1), (403, 502, AUTH, 1), (407, 502, AUTH, 1),
    (404, 404, "not_found", 1), (410, 410, "gone", 1),
    (412, 400, "provider_refused_request", 1),
    (422, 400, "provider_refused_request", 1),
    (429, 429, "provider_limit", 1),
    (500, 502, FAILED, 1), (505, 502, FAILED, 1),
    (502, 502, FAILED, 2), (504, 502, FAILED, 2),
    (503, 503, "provider_busy", 2),
    (201, 502, BAD, 1), (202, 502, BAD, 1), (206, 502, BAD, 1),
    (300, 502, AWAY, 1), (304, 502, BAD, 1), (600, 502, BAD, 1),
    (999, 502, BAD, 1),
)

WIRE = (        # what it does, status, reason, status seen
    ("close", 502, BAD, 0), ("reset", 502, BAD, 0),
    ("hang", 504, LATE, 0), ("halfhead", 504, LATE, 200),
    ("delay-3000", 504, LATE, 0), ("slowbody-3000", 504, LATE, 200),
    ("stalled", 504, LATE, 200), ("drip-100", 504, LATE, 200),
    ("driphead-100", 504, LATE, 0),
    ("cut", 502, BAD, 200), ("short", 502, BAD, 200),
    ("chunkjunk", 502, BAD, 200), ("chunkcut", 502, BAD, 200),
    ("http09", 502, BAD, 0), ("nothttp", 502, BAD, 0),
    ("interim", 502, LARGE, 0), ("heads-200", 502, LARGE, 200),
    ("heads-90-1100", 502, LARGE, 200),     # not too many, and 100 kB
    ("bighead", 502, LARGE, 200), ("trailers-200", 502, LARGE, 200),
    ("endless", 502, LARGE, 200), ("huge", 502, LARGE, 200),
    ("bomb-256", 502, LARGE, 200), ("gzipjunk", 502, BAD, 200),
    ("coding-br", 502, BAD, 200), ("twice", 502, BAD, 200),
)

BODIES = (      # a name, what it answers with 200
    ("page", says("<!DOCTYPE html><p>zq7secret", kind="text/html")),
    ("page as JSON", says("<!DOCTYPE html><p>zq7secret")),
    ("XML", says('<Patient xmlns="http://hl7.org/fhir"/>',
                 kind="application/fhir+xml")),
    ("XML as JSON", says('<Patient xmlns="http://hl7.org/fhir"/>')),
    ("text", says("zq7secret", kind="text/plain")),
    ("no type", says('{"resourceType":"Patient","id":"p1"}', kind=None)),
    ("Latin", says('{"resourceType":"Patient","id":"p1"}',
                   kind="application/json; charset=ISO-8859-1")),
    ("nothing", says("")), ("blanks", says("  \n ")),
    ("list", says('[{"resourceType":"Patient","id":"p1"}]')),
    ("string", says('"zq7secret"')), ("number", says("7")),
    ("null", says("null")), ("no members", says("{}")),
    ("no resourceType", says('{"id":"p1"}')),
    ("number as type", says('{"resourceType":7,"id":"p1"}')),
    ("half", says('{"resourceType":"Patient","id":"p1","active":tr')),
    ("two", says('{"resourceType":"Patient","id":"p1"}{"x":1}')),
    ("twice", says('{"resourceType":"Patient","id":"p1","id":"p2"}')),
    ("NaN", says('{"resourceType":"Patient","id":"p1","x":NaN}')),
    ("not UTF-8", says(b'{"resourceType":"Patient","id":"p1","x":"\xff"}')),
    ("UTF-16", says('{"resourceType":"Patient","id":"p1"}'.encode("utf-16"))),
    ("NUL", says(b'{"resourceType":"Patient","id":"p1","x":"\x00"}')),
    ("other type", says('{"resourceType":"Binary","id":"p1"}')),
    ("outcome", says('{"resourceType":"OperationOutcome","id":"p1",'
                     '"issue":[{"severity":"error","code":"processing",'
                     '"diagnostics":"zq7secret"}]}')),
)

DEEP = '{"resourceType":"Patient","id":"p1","x":' + "[" * 3000 + "]" * 3000 \
    + "}"

# A resource that only one version has, told by its elements.
OF_ONE_VERSION = {
    "DSTU2": '{"resourceType":"Patient","id":"p1","name":[{"family":["x"]}],'
             '"careProvider":[{"display":"x"}]}',
    "STU3": '{"resourceType":"Patient","id":"p1","name":[{"family":"x"}],'
            '"animal":{"species":{"text":"x"}}}',
    "R4": '{"resourceType":"Observation","id":"o1","category":[{}],'
          '"note":[{"text":"x"}],"encounter":{"display":"x"}}',
}


class Matrix(Faulty):
    """Every failure, asked for in every way."""

    letter = "1"

    def test_F15_every_status_has_its_own_answer(self):
        for sent, status, reason, calls in STATUSES:
            for what in ASKS:
                self.meets([f"status-{sent}"], status, reason, sent, what,
                           calls=calls)

    def test_F15_the_outcome_is_in_the_version_of_the_face(self):
        seen = set()
        for sent, status, reason, calls in STATUSES:
            if reason not in seen:
                for face in FACES:
                    self.meets([f"status-{sent}"], status, reason, sent,
                               face=face, calls=calls)
            seen.add(reason)
        for fault, status, reason, upstream in WIRE:
            if reason not in seen:
                for face in FACES:
                    self.meets([fault], status, reason, upstream, face=face)
            seen.add(reason)
        self.assertEqual(len(seen), 11)

    def test_F15_patience_is_passed_on(self):
        for fault, status, after in (
                ("status-429-7", 429, "7"), ("status-503-30", 503, "30"),
                ("status-503-0", 503, "2"), ("status-503-99999", 503, "3600"),
                ("status-503-soon", 503, "2")):
            answer = self.meets([fault], status, {
                429: "provider_limit", 503: "provider_busy"}[status], status)
            self.assertEqual(answer.header.get("retry-after"), after, fault)
        answer = self.meets(["afterdate-60"], 503, "provider_busy", 503)
        self.assertIn(int(answer.header["retry-after"]), range(50, 62))

    def test_U6_broken_HTTP_is_never_a_record(self):
        for fault, status, reason, upstream in WIRE:
            # what ends before its first byte may be asked again: the
            # connection was an old one
            calls = (1, 2) if fault in ("close", "reset") else 1
            for what in ("read", "search") if LIGHTTPD else ("read",):
                self.meets([fault], status, reason, upstream, what,
                           calls=calls)

    def test_U6_odd_HTTP_that_is_fine(self):
        for fault in ("chunked", "gzip", "last", "interim-3", "delay-200",
                      "slowbody-200", "trailers-3", "heads-40"):
            for what in ASKS:
                answer = self.meets([fault], 200, "ok", 200, what)
                self.assertEqual(self.content(answer),
                                 self.content(self.ask(what)), fault)

    @staticmethod
    def content(answer):
        """Without page links, which are never the same twice."""
        return {k: v for k, v in answer.json.items() if k != "link"}

    def test_U6_a_second_answer_is_nobody_elses(self):
        for _ in range(6):
            answer = self.meets(["smuggled"], 200, "ok", 200)
            self.assertEqual(answer.json["id"], "p1")
            time.sleep(0.15)    # what comes later still nobody can tell apart
            self.good()

    def test_U8_what_is_not_the_FHIR_asked_for_goes_no_further(self):
        for name, fault in BODIES:
            for what in ASKS:
                with self.subTest(name):
                    self.meets([fault], 502, BAD, 200, what)
        self.meets([says(DEEP)], 502, LARGE, 200)

    def test_F14_numbers_travel_as_text(self):
        numbers = ("72.0", "1.00", "0.1", "1e2", "-0", "1e400", "-1E-400",
                   "9" * 40, "0.10000000000000001", "1234567890.1234567890")
        text = ",".join(f'"n{i}":{n}' for i, n in enumerate(numbers))
        body = '{"resourceType":"Patient","id":"p1",' + text + "}"
        for sent in (body, "\ufeff" + body):
            answer = self.meets([says(sent)], 200, "ok", 200)
            self.assertEqual(answer.text, body)

    def test_F14_JSON_that_costs_too_much(self):
        body = '{"resourceType":"Patient","id":"p1","x":[' \
            + "{}," * (2 << 20) + "{}]}"
        for _ in range(3):
            self.meets([says(body)], 502, LARGE, 200)
        for text in ("\\ud800", "\\udc00\\ud800", "\\ud800x"):
            self.meets([says('{"resourceType":"Patient","id":"p1","x":"'
                             + text + '"}')], 502, BAD, 200)

    def test_U8_another_record_than_the_one_asked_for(self):
        for body in ('{"resourceType":"Patient","id":"p2"}',
                     '{"resourceType":"Patient"}',
                     '{"resourceType":"Patient","id":["p1"]}',
                     dumps(observation(1)), dumps(bundle(observation(1)))):
            self.meets([says(body)], 502, BAD, 200)

    def test_U8_another_version_than_the_one_agreed(self):
        for mine in FACES:
            for theirs, body in OF_ONE_VERSION.items():
                if mine == theirs:
                    continue
                kind, number = ("Observation", "o1") if theirs == "R4" \
                    else ("Patient", "p1")
                self.meets([says(body)], 502, BAD, 200, f"{kind}/{number}",
                           mine)

    def test_U8_searchsets_that_are_none(self):
        one = dumps(observation(1))
        for body in ('{"resourceType":"Bundle"}',
                     '{"resourceType":"Bundle","type":"batch-response"}',
                     '{"resourceType":"Bundle","type":"searchset","total":-1}',
                     '{"resourceType":"Bundle","type":"searchset",'
                     '"total":1.5}',
                     '{"resourceType":"Bundle","type":"searchset",'
                     '"total":"many"}',
                     '{"resourceType":"Bundle","type":"searchset",'
                     '"entry":{}}',
                     '{"resourceType":"Bundle","type":"searchset",'
                     '"entry":[7]}',
                     '{"resourceType":"Bundle","type":"searchset",'
                     '"entry":[{"fullUrl":"x"}]}', one):
            for what in ("search", "form"):
                self.meets([says(body)], 502, BAD, 200, what)

    def test_U3_nobody_is_sent_elsewhere(self):
        for number in (301, 302, 303, 307, 308):
            for where in ("", "-self", "-meta"):
                for what in ASKS:
                    self.meets([f"redirect-{number}{where}"], 502, AWAY,
                               number, what)
        self.meets(["refresh"], 502, BAD, 200)

    def test_U10_our_credential_is_our_own_affair(self):
        for number in (401, 403):
            answer = self.meets([f"status-{number}"], 502, AUTH, number)
            self.assertNotIn("realm", answer.text + str(answer.headers))

    def test_U16_records_are_data(self):
        body = dumps({
            "resourceType": "Patient", "id": "p1", "text": {
                "status": "generated", "div":
                '<div xmlns="http://www.w3.org/1999/xhtml" onload="x()">'
                "<script>x()</script></div>"},
            "photo": [{"url": "http://10.0.0.1/secret"}],
            "name": [{"text": "</script>\u2028"}]})
        answer = self.meets([says(body)], 200, "ok", 200)
        self.assertEqual(answer.text, body)
        self.assertEqual(answer.header["x-content-type-options"], "nosniff")
        self.assertTrue(answer.header["content-type"].startswith(
            "application/fhir+json"))


class Absent(Faulty):
    letter = "2"

    def test_F15_nobody_listens(self):
        for face, tenant in self.tenants.items():
            put_tenant(self.house, tenant, provider_url="http://127.0.0.1:"
                       f"{place.free_port()}/{MARK}")
            self.addCleanup(put_tenant, self.house, tenant,
                            provider_url=f"{self.double.base}/{MARK}")
        self.house.heard()
        for face in FACES:
            for what in ASKS:
                self.meets([], 504, "provider_unreachable", 0, what, face,
                           calls=0)
        self.doCleanups()
        self.house.heard()
        self.all_audited()

    def test_F15_the_tenant_that_is_switched_off(self):
        answer = self.env.fhir("GET", "Patient/p-101",
                               self.env.token("DOWN"), "STU3")
        self.assertEqual((answer.status, answer.reason),
                         (504, "provider_unreachable"))
        self.assertEqual(self.audited(answer), ("provider_unreachable", 504))


@unittest.skipUnless(LIGHTTPD, "slow, and the same behind every web server")
class Slow(Faulty):
    letter = "3"
    own = {"total_ms": 19000}

    def test_U14_a_byte_now_and_then_is_too_slow(self):
        self.double.on(f"/{MARK}/Patient", "drip-500")
        start = time.monotonic()
        answer = self.ask("read")
        took = time.monotonic() - start
        self.double.off()
        self.refusal(answer, "provider_timeout", "R4")
        self.clean(answer)
        self.assertLess(took, 18, "the whole deadline was waited for")


if __name__ == "__main__":
    unittest.main()
