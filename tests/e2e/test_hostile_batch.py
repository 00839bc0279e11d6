# test_hostile_batch.py - hostile batches, rows B
# SPDX-License-Identifier: Apache-2.0
#
# What is wrong with an entry is that entry's failure: it stands between good
# ones, which stay good, and for its sake nobody is asked anything.

import concurrent.futures

from tests.e2e.batches import Double, batch, code, get, post
from tests.e2e.faults import FACES, MARK, dumps


class HostileBatch(Double):

    own = {"total_ms": 5000, "can_batch": "off"}
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
        with concurrent.futures.ThreadPoolExecutor(len(FACES)) as pool:
            answers = list(pool.map(lambda face: self.send(
                *(get(f"Patient/{fault}") for fault in want),
                *(get(f"Patient/b{n}") for n in range(30)), face=face), FACES))
        for answer in answers:
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
