# test_odd_request.py - the same thing asked in another way gets the same answer
# SPDX-License-Identifier: Apache-2.0
#
# What a request asks for may stand in its address, its form or its fields, in
# one spelling or another. No way of asking leads around a rule.

import unittest
from urllib.parse import quote

from tests.rig.client import FORM, Env, raw_answer

R4_JSON = "application/fhir+json; fhirVersion=4.0"


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.token = cls.env.token("STU3")

    def raw(self, path, head, body=b""):
        """POST below the default face, head and body as given."""
        text = (f"POST /fhir/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {self.token}\r\n"
                f"Connection: close\r\n{head}\r\n")
        return raw_answer(self.env.port, text.encode() + body)


class Versions(Story):
    """The default face answers in the version that is asked for, whatever
    the hospital behind it speaks."""

    def in_r4(self, answer):
        self.assertEqual(answer.status, 200, answer)
        same = self.env.fhir("GET", "Patient?family=a", self.token, face="R4")
        self.assertEqual([e["resource"] for e in answer.json["entry"]],
                         [e["resource"] for e in same.json["entry"]])

    def test_a_version_in_the_accept_field(self):
        self.in_r4(self.env.fhir("GET", "Patient?family=a", self.token, None,
                                   {"Accept": R4_JSON}))

    def test_a_version_in_the_address(self):
        for name in ("_format", "%5Fformat", "_f%6Frmat"):
            self.in_r4(self.env.fhir(
                "GET", f"Patient?family=a&{name}={quote(R4_JSON)}",
                self.token))

    def test_a_version_in_the_form(self):
        self.in_r4(self.env.fhir("POST", "Patient/_search", self.token,
                                   form={"family": "a", "_format": R4_JSON}))

    def test_xml_in_the_form(self):
        answer = self.env.fhir("POST", "Patient/_search", self.token,
                               form={"family": "a", "_format": "xml"})
        self.assertEqual((answer.status, answer.reason),
                         (406, "format_refused"))

    def test_two_formats(self):
        answer = self.env.fhir("POST", "Patient/_search?_format=json",
                               self.token, form={"family": "a",
                                                 "_format": "xml"})
        self.assertEqual((answer.status, answer.reason),
                         (400, "parameter_repeated"))


class Methods(Story):
    def test_what_a_refusal_allows_is_answered(self):
        read = ["GET", "HEAD"]      # a batch is posted to the face itself
        for path, more in (("Patient/p-101", []), ("Patient?family=a", []),
                           ("", ["POST"])):
            refused = self.env.fhir("DELETE", path, self.token, "STU3")
            self.assertEqual(refused.status, 405, refused)
            allowed = refused.header["allow"].replace(" ", "").split(",")
            self.assertEqual(allowed, read + more)
            for method in read:
                answer = self.env.fhir(method, path, self.token, "STU3")
                self.assertEqual(answer.status, 200, (method, path, answer))


class Heads(Story):
    def test_many_large_fields_are_too_large_together(self):
        fields = {f"X-{n}": "a" * 15000 for n in range(6)}
        answer = self.env.fhir("GET", "Patient/p-101", self.token, None, fields)
        self.assertEqual((answer.status, answer.reason),
                         (431, "head_too_large"))
        self.assertEqual(self.env.fhir("GET", "Patient/p-101",
                                       self.token).status, 200)


class Bodies(Story):
    BODY = b"gender=female"
    CHUNKED = b"d\r\ngender=female\r\n0\r\n\r\n"

    def test_a_body_counts_however_its_length_is_told(self):
        for head, body in ((f"Content-Length: {len(self.BODY)}\r\n",
                            self.BODY),
                           ("Transfer-Encoding: chunked\r\n", self.CHUNKED)):
            typed = self.raw("Patient/_search",
                             f"Content-Type: {FORM}\r\n{head}", body)
            self.assertEqual((typed.status, typed.reason),
                             (400, "search_unselective"))
            bare = self.raw("Patient/_search?family=a", head, body)
            self.assertEqual((bare.status, bare.reason), (415, "media_type"))

    def test_no_body_needs_no_type(self):
        answer = self.raw("Patient/_search?family=a", "Content-Length: 0\r\n")
        self.assertEqual(answer.status, 200, answer)


if __name__ == "__main__":
    unittest.main()
