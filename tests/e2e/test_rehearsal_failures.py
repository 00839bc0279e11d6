# test_rehearsal_failures.py - each failure on demand, seen from both sides
# SPDX-License-Identifier: Apache-2.0

import json
import socket
import time
import unittest

from tests.e2e import wards
from tests.rig import client
from tests.rig.client import Env

JSON = {"dstu2": "application/json+fhir; charset=utf-8",
        "stu3": "application/fhir+json; charset=utf-8",
        "r4": "application/fhir+json; charset=utf-8"}

# What a client of the gateway gets: status, reason. rehearsal(8) says so too.
THROUGH = {
    "400": (400, "provider_refused_request"),
    "401": (502, "provider_refused_us"),
    "403": (502, "provider_refused_us"),
    "404": (404, "not_found"), "410": (410, "gone"),
    "429": (429, "provider_limit"), "500": (502, "provider_failed"),
    "503": (503, "provider_busy"), "slow-200": (200, None),
    "cut": (502, "provider_unreadable"), "html": (502, "provider_unreadable"),
    "xml": (502, "provider_unreadable"), "huge": (502, "provider_too_large"),
    "endless": (502, "provider_too_large"),
    "version": (502, "provider_unreadable"),
    "redirect": (502, "provider_redirect"),
    "wrongtype": (502, "provider_unreadable"),
    "notjson": (502, "provider_unreadable"),
    "empty": (502, "provider_unreadable"), "bom": (200, None),
}


class Failures(wards.WardCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.wards = wards.default_wards(cls.env)

    def both(self, ward, name):
        """By address and by id."""
        return (ward.get(f"~{name}/Patient/p-101"),
                ward.get(f"Patient/rehearse-{name}"))

    def beginning(self, ward, path, seconds=20):
        """(fields, body, whole) of an answer, of which 100 KB and so many
        seconds are enough; chunks are put together."""
        target = f"{ward.base}/{path}".split("/", 3)[3]
        until, data = time.monotonic() + seconds, b""
        with socket.create_connection(("127.0.0.1", self.env.port), 20) as s:
            s.sendall(f"GET /{target} HTTP/1.1\r\nHost: x\r\n"
                      "Connection: close\r\n\r\n".encode())
            s.settimeout(0.2)
            while len(data) < 100000 and time.monotonic() < until:
                try:
                    block = s.recv(65536)
                except TimeoutError:
                    continue
                if not block:
                    break
                data += block
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        self.assertEqual(lines[0], "http/1.1 200 ok")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        if fields.get("transfer-encoding") != "chunked":
            return fields, body, \
                len(body) == int(fields.get("content-length", -1))
        parts = b""
        while b"\r\n" in body:
            size, _, body = body.partition(b"\r\n")
            if not int(size, 16):
                return fields, parts, True
            parts += body[:int(size, 16)]
            body = body[int(size, 16) + 2:]
        return fields, parts, False

    def test_statuses(self):
        for ward in self.each():
            for status in (400, 401, 403, 404, 410, 429, 500, 503):
                for answer in (*self.both(ward, status), ward.get(
                        f"Condition?patient=rehearse-{status}")):
                    self.assertEqual(answer.status, status, answer)
                    self.assertEqual(answer.json["resourceType"],
                                     "OperationOutcome")
                    self.assertEqual(answer.header["content-type"],
                                     JSON[ward.version])
                    wait = {429: "7", 503: "11"}.get(status)
                    self.assertEqual(answer.header.get("retry-after"), wait)
                    self.assertEqual("www-authenticate" in answer.header,
                                     status == 401)

    def test_slow(self):
        for ward in self.each():
            for path in ("~slow-400/Patient/p-101",
                         "Patient/rehearse-slow-400",
                         "~slow-200/~slow-400/Patient"):
                start = time.monotonic()
                answer = ward.get(path)
                self.assertEqual(answer.status, 200)
                self.assertGreaterEqual(time.monotonic() - start, 0.4)

    def test_cut(self):
        for ward in self.each():
            true = ward.get("Patient/p-101").body
            for path in ("~cut/Patient/p-101", "Patient/rehearse-cut"):
                fields, body, whole = self.beginning(ward, path)
                self.assertFalse(whole)
                if self.env["WG_SERVER"] == "lighttpd":
                    self.assertEqual(int(fields["content-length"]) // 2,
                                     len(body))
                if "p-101" in path:
                    self.assertEqual(body, true[:len(true) // 2])

    def test_drip(self):
        for ward in self.each():
            _, body, whole = self.beginning(ward, "~drip/Patient/p-101", 1.8)
            self.assertTrue(2 <= len(body) <= 6, body)
            self.assertFalse(whole)

    def test_bodies_that_are_not_fhir(self):
        for ward in self.each():
            for answer in self.both(ward, "html"):
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.header["content-type"],
                                 "text/html; charset=utf-8")
                self.assertIn("Sign in", answer.text)
            for answer in self.both(ward, "xml"):
                self.assertIn("xml", answer.header["content-type"])
                self.assertIn('<Patient xmlns="http://hl7.org/fhir">',
                              answer.text)
            for answer in self.both(ward, "notjson"):
                self.assertEqual(answer.header["content-type"],
                                 JSON[ward.version])
                self.assertIsNone(answer.json)
            for answer in self.both(ward, "empty"):
                self.assertEqual((answer.status, answer.body), (200, b""))

    def test_huge_and_endless(self):
        for ward in self.each():
            answer = ward.get("~huge-3/Patient/p-101")
            self.assertGreater(len(answer.body), 3 << 20)
            self.assertEqual(answer.json["id"], "p-101")
            self.assertEqual(
                ward.get("~huge-1/Patient").json["resourceType"], "Bundle")
            for path in ("~huge/Patient/p-101", "Patient/rehearse-huge"):
                fields, body, _ = self.beginning(ward, path)
                self.assertIn(b'"Patient"', body[:40])
                if self.env["WG_SERVER"] == "lighttpd":
                    self.assertGreater(int(fields["content-length"]),
                                       24 << 20)
            for path in ("~endless/Patient", "Patient/rehearse-endless"):
                fields, body, _ = self.beginning(ward, path)
                self.assertNotIn("content-length", fields)
                self.assertIn(b'"Bundle"', body[:200])

    def test_another_version(self):
        for ward in self.each():
            other = "r4" if ward.version == "dstu2" else "dstu2"
            for path in ("~version/Patient/p-101", "~version/Patient",
                         "Patient/rehearse-version", "~version/metadata",
                         f"~version/{ward.order_type}/m-101-1"):
                answer = ward.get(path)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.header["content-type"], JSON[other])
                text = json.dumps(answer.json)
                self.assertEqual('"Conformance"' in text or
                                 "careProvider" in text or
                                 "MedicationOrder" in text, other == "dstu2")

    def test_another_type(self):
        for ward in self.each():
            for answer in self.both(ward, "wrongtype"):
                self.assertEqual(answer.json["resourceType"], "Organization")
            self.assertEqual(ward.get("~wrongtype/Organization/org-1")
                             .json["resourceType"], "Practitioner")
            self.assertEqual(ward.get("~wrongtype/Condition?patient=p-101")
                             .json["resourceType"], "Condition")

    def test_redirect_leads_to_the_truth(self):
        for ward in self.each():
            answer = ward.get("~redirect/Patient?_count=1")
            self.assertEqual((answer.status, answer.header["location"]),
                             (302, f"{ward.base}/Patient?_count=1"))
            self.assertEqual(ward.get("Patient/rehearse-redirect").status, 302)

    def test_byte_order_mark(self):
        for ward in self.each():
            whole = ward.get("Patient/p-101").body
            self.assertEqual(ward.get("~bom/Patient/p-101").body,
                             b"\xef\xbb\xbf" + whole)

    def test_links_of_all_kinds_lead_on(self):
        for ward in self.each():
            true = ward.found("Condition?_count=1000")[1]
            for name in ("nototal", "getpages", "slow-1", "nototal/~getpages"):
                url, seen = f"{ward.base}/~{name}/Condition?_count=30", []
                while url:
                    bundle = client.request("GET", url).json
                    self.assertEqual("total" in bundle,
                                     "nototal" not in name)
                    seen += [e["resource"]["id"] for e in bundle["entry"]]
                    url = next((k["url"] for k in bundle["link"]
                                if k["relation"] == "next"), None)
                    self.assertTrue(not url or f"/~{name}" in url, url)
                    self.assertEqual("_getpages" in (url or "_getpages"),
                                     "getpages" in name or not url)
                self.assertEqual(seen, true)

    def test_links_that_mislead(self):
        for ward in self.each():
            for path in ("Condition", "Patient/p-101/Condition"):
                links = ward.get(f"~relative/{path}?_count=1").json["link"]
                for link in links:
                    self.assertTrue(
                        link["url"].startswith("Condition?_count=1"), link)
            bundle = ward.get("~internal/Condition?_count=1").json
            for url in [k["url"] for k in bundle["link"]] + \
                    [bundle["entry"][0]["fullUrl"]]:
                self.assertTrue(url.startswith(
                    "http://fhir-node-3.ward.internal:8080/rehearsal/"), url)

    def test_strict_and_getonly(self):
        for ward in self.each():
            self.assertEqual(
                ward.get("~strict/Patient?colour=red").status, 400)
            self.assertEqual(
                ward.get("~strict/Coverage?patient=p-101").status,
                200 if ward.version == "r4" else 400)
            self.assertEqual(
                ward.get("Coverage?patient=p-101").json["total"], 1)
            self.assertEqual(
                ward.post("~getonly/Patient/_search", "_id=x").status, 405)
            self.assertEqual(ward.get("~getonly/Patient?_id=x").status, 200)
            self.assertEqual(client.request(
                "POST", f"{ward.base}/~getonly", {}, "{}").status, 405)

    def test_through_the_gateway_each_has_its_answer(self):
        for ward in self.each():
            face = ward.version.upper()
            token = self.env.token(face)
            for name, (status, reason) in THROUGH.items():
                self.now = f"{ward} {name}"
                answer = self.env.fhir(
                    "GET", f"Patient/rehearse-{name}", token, face)
                self.assertEqual((answer.status, answer.reason),
                                 (status, reason), answer)
                if status == 429 or status == 503:
                    self.assertEqual(answer.header["retry-after"],
                                     {429: "7", 503: "11"}[status])


if __name__ == "__main__":
    unittest.main()
