# test_edge.py - web server and programs together, at the edges of HTTP
# SPDX-License-Identifier: Apache-2.0

import time
import unittest
from pathlib import Path

from tests.rig import client
from tests.rig.client import FORM, Env, raw_answer, request

BACK_S = 60     # lighttpd looks again each second

# Addresses that a careless reader takes for another one.
CROOKED = ("/fhir/Patient/../../admin", "/fhir/r4/%2e%2e/stu3/Patient/1",
           "/fhir/r4/%252e%252e/x", "/fhir/r4/..;/Patient/1",
           "/fhir/r4//Patient/1", "/fhir/r4/\\..\\Patient", "/fhir/r4/a%2fb",
           "/fhir/r4/Patient;a=b/1", "/fhir/%72%34/metadata",
           "/fhir/r4/Patient/%31")


class Edge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()

    def is_refusal(self, answer, *statuses):
        self.assertIsNotNone(answer)
        self.assertIn(answer.status, statuses, answer)
        body = answer.json
        self.assertIsNotNone(body, answer)
        self.assertTrue("error" in body or
                        body.get("resourceType") == "OperationOutcome", answer)
        self.assertTrue(answer.reason, answer)

    def test_no_part_of_an_answer_is_served(self):
        url = self.env["WG_FHIR_R4"] + "/metadata"
        answer = client.request("GET", url, {"Range": "bytes=0-10"})
        self.assertEqual(answer.status, 200, answer)
        self.assertIsNotNone(answer.json)

    def test_crooked_addresses_are_refused_and_reach_no_hospital(self):
        token = self.env.token("R4")
        mark = "edge-crooked"
        for path in CROOKED:
            with self.subTest(path):
                self.is_refusal(request(
                    "GET", f"{self.env['WG_BASE']}{path}?identifier={mark}",
                    {"Authorization": f"Bearer {token}"}), 400, 404)
        with open(self.env["WG_REHEARSAL_LOG"]) as log:
            self.assertNotIn(mark, log.read())

    def test_an_absolute_address_of_another_host_is_refused(self):
        answer = raw_answer(self.env.port, b"GET http://evil/fhir/r4/Patient/1 "
                            b"HTTP/1.1\r\nHost: evil\r\n"
                            b"Connection: close\r\n\r\n")
        self.is_refusal(answer, 400, 401, 404)

    def test_links_never_come_from_the_host_header(self):
        answer = raw_answer(self.env.port, b"GET /fhir/r4/metadata HTTP/1.1\r\n"
                            b"Host: evil.example\r\n"
                            b"X-Forwarded-Host: evil.example\r\n"
                            b"Connection: close\r\n\r\n")
        self.assertEqual(answer.status, 200)
        self.assertNotIn(b"evil.example", answer.body)

    def test_bodies_over_the_programs_limits_are_413_in_their_shape(self):
        answer = request("POST", self.env["WG_TOKEN_URL"],
                         {"Content-Type": FORM}, b"a" * 16385)
        self.is_refusal(answer, 413)
        self.assertIn("error", answer.json)
        answer = self.env.fhir("POST", "Patient/_search", self.env.token("R4"),
                               "R4", {"Content-Type": FORM}, body=b"a" * 16385)
        self.is_refusal(answer, 413)
        self.assertIn("issue", answer.json)

    def test_huge_bodies_are_413_and_the_next_request_is_fine(self):
        answer = request("POST", self.env["WG_TOKEN_URL"],
                         {"Content-Type": FORM}, b"a" * (4 << 20))
        self.is_refusal(answer, 413)
        self.env.token("R4")

    def test_a_huge_head_is_refused(self):
        answer = request("GET", self.env["WG_FHIR_R4"] + "/metadata",
                         {"X-Long": "a" * 20000})
        self.is_refusal(answer, 431, 400)

    def test_a_chunked_token_request_works(self):
        form = (f"grant_type=client_credentials&client_id="
                f"{self.env['WG_CLIENT_ID']}&client_secret="
                f"{self.env['WG_CLIENT_SECRET']}&scope="
                f"{self.env['WG_TENANT_R4']}").encode()
        half = len(form) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                          for part in (form[:half], form[half:]))
        answer = raw_answer(
            self.env.port, b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: " + FORM.encode() + b"\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn(b"access_token", answer.body)

    def test_a_huge_chunked_body_is_413(self):
        chunk = b"%x\r\n%s\r\n" % (20000, b"a" * 20000)
        answer = raw_answer(
            self.env.port, b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: " + FORM.encode() + b"\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5 +
            b"0\r\n\r\n")
        self.is_refusal(answer, 413)

    def test_a_body_that_is_cut_off_gets_no_token(self):
        form = b"grant_type=client_credentials&client_id=x"
        answer = client.raw(
            self.env.port, b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: " + FORM.encode() + b"\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            b"%x\r\n%s\r\nzz\r\n" % (len(form), form))
        self.assertNotIn(b"access_token", answer)

    def test_two_authorization_fields_are_refused(self):
        token = self.env.token("R4")
        fields = [("Authorization", f"Bearer {token}"),
                  ("Authorization", "Bearer x")]
        for pair in (fields, fields[::-1]):
            self.is_refusal(request(
                "GET", self.env["WG_FHIR_R4"] + "/Patient?gender=female",
                pair), 400, 401)

    def test_methods_that_do_not_exist_are_refused_everywhere(self):
        for path in ("/oauth2/token", "/fhir/r4/Patient/1",
                     "/fhir/r4/metadata", "/healthz"):
            for method in ("PUT", "TRACE", "PROPFIND"):
                with self.subTest(path=path, method=method):
                    answer = request(method, self.env["WG_BASE"] + path)
                    self.assertIn(answer.status, (401, 405, 501), answer)

    def test_other_addresses_are_404_as_json(self):
        for path in ("/", "/nothing", "/oauth2/nothing", "/fhirx", "/administer"):
            with self.subTest(path):
                self.is_refusal(request(
                    "GET", self.env["WG_BASE"] + path), 404, 403)

    def test_a_program_that_is_not_there_is_an_error_in_its_shape(self):
        asked = {"token": ("POST", "/oauth2/token", b"a=b"),
                 "facade": ("GET", "/fhir/r4/Patient/1", None),
                 "metadata": ("GET", "/fhir/metadata", None)}
        for name, (method, path, body) in asked.items():
            sock = Path(self.env["WG_HOME"]) / f"run/{name}.sock"
            away = sock.rename(sock.with_suffix(".away"))
            try:
                with self.subTest(name):
                    answer = request(method, self.env["WG_BASE"] + path, {},
                                     body)
                    self.is_refusal(answer, 502, 503)
                    self.assertEqual("error" in answer.json, name == "token")
            finally:
                away.rename(sock)
            self.comes_back(method, path, body)

    def comes_back(self, method, path, body):
        until = time.monotonic() + BACK_S
        while request(method, self.env["WG_BASE"] + path, {},
                      body).status >= 500:
            self.assertLess(time.monotonic(), until, path)
            time.sleep(0.05)

    def test_every_answer_of_a_program_can_be_traced(self):
        for path in ("/fhir/r4/metadata", "/fhir/r4/Patient/1", "/healthz",
                     "/oauth2/token"):
            answer = request("GET", self.env["WG_BASE"] + path,
                             {"X-Request-Id": "edge-1"})
            with self.subTest(path):
                self.assertRegex(answer.header.get("x-trace-id", ""),
                                 r"^[0-9a-f]{32}$")
                self.assertEqual(answer.header["x-request-id"], "edge-1")
                self.assertEqual(answer.header["x-content-type-options"],
                                 "nosniff")

    def test_head_is_get_without_its_body(self):
        url = self.env["WG_FHIR_R4"] + "/metadata"
        get, head = request("GET", url), request("HEAD", url)
        self.assertEqual(head.status, 200)
        self.assertEqual(head.body, b"")
        self.assertEqual(head.header["content-type"],
                         get.header["content-type"])


if __name__ == "__main__":
    unittest.main()
