# test_provider.py - the provider double does what tests rely on
# SPDX-License-Identifier: Apache-2.0

import json
import socket
import ssl
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from tests.rig import place, provider

PEOPLE = [{"resourceType": "Patient", "id": str(n)} for n in range(5)]
VALUES = [{"resourceType": "Observation", "id": f"o{n}",
           "subject": {"reference": f"Patient/{n % 2}"}} for n in range(6)]


def get(url, data=None, headers=None, context=None):
    request = urllib.request.Request(url, data, headers or {})
    with urllib.request.urlopen(request, timeout=10,
                                context=context) as answer:
        return json.load(answer)


class Serving(unittest.TestCase):
    def setUp(self):
        self.double = provider.Provider().__enter__()
        self.addCleanup(self.double.stop)
        self.double.put(*PEOPLE, *VALUES)

    def test_resources_are_read_by_their_id(self):
        self.assertEqual(get(f"{self.double.base}/r4/Patient/3"), PEOPLE[3])
        with self.assertRaises(urllib.error.HTTPError) as no:
            get(f"{self.double.base}/r4/Patient/9")
        self.assertEqual(no.exception.code, 404)
        no.exception.close()

    def test_a_search_has_pages_that_lead_on(self):
        url, seen = f"{self.double.base}/r4/Patient?_count=2", []
        while url:
            page = get(url)
            self.assertEqual(page["total"], 5)
            seen += [e["resource"]["id"] for e in page["entry"]]
            url = next((li["url"] for li in page["link"]
                        if li["relation"] == "next"), None)
        self.assertEqual(seen, ["0", "1", "2", "3", "4"])

    def test_a_posted_search_is_a_search(self):
        found = get(f"{self.double.base}/r4/Observation/_search",
                    b"patient=1")
        self.assertEqual(found["total"], 3)
        self.assertEqual(self.double.seen[-1].line(),
                         "POST /r4/Observation/_search patient=1")

    def test_faults_are_chosen_by_path_and_by_rule(self):
        for url in ("/~status-429-7/r4/Patient/1", "/r4/Patient/1"):
            self.double.on("/r4/Patient", "status-429-7")
            with self.assertRaises(urllib.error.HTTPError) as no:
                get(self.double.base + url)
            self.assertEqual(no.exception.code, 429)
            self.assertEqual(no.exception.headers["Retry-After"], "7")
            no.exception.close()
        self.double.off("/r4/Patient")
        self.assertEqual(get(f"{self.double.base}/r4/Patient/1"), PEOPLE[1])

    def test_a_rule_may_be_a_function(self):
        self.double.on("/r4/", lambda x: x.answer({"path": x.path}))
        self.assertEqual(get(f"{self.double.base}/r4/Patient/1"),
                         {"path": "/r4/Patient/1"})

    def test_every_fault_says_what_it_does(self):
        for name, fault in provider.FAULTS.items():
            self.assertTrue(fault.__doc__.startswith(name), name)

    def test_an_unknown_fault_is_refused(self):
        with self.assertRaises(urllib.error.HTTPError) as no:
            get(f"{self.double.base}/~nonsense/r4/Patient/1")
        self.assertEqual(no.exception.code, 400)
        no.exception.close()

    def test_the_length_can_lie(self):
        with socket.create_connection(("127.0.0.1", self.double.port)) as s:
            s.sendall(b"GET /~cut/x HTTP/1.1\r\nHost: x\r\n\r\n")
            data = b""
            while part := s.recv(65536):
                data += part
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        self.assertGreater(length, len(body))


class Doors(unittest.TestCase):
    def test_each_request_is_a_line_of_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            with provider.Provider(log=log) as double:
                get(f"{double.base}/echo?a=1")
                get(f"{double.base}/echo", b"b=2")
            self.assertEqual(log.read_text(),
                             "GET /echo?a=1 \nPOST /echo b=2\n")

    def test_tls_is_trusted_only_by_those_who_know_it(self):
        with tempfile.TemporaryDirectory() as folder:
            pair = provider.certificate(folder)
            trusted = ssl.create_default_context(cafile=str(pair[0]))
            with provider.Provider(tls=pair) as double:
                url = f"{double.base}/echo"
                self.assertEqual(get(url, context=trusted)["path"], "/echo")
                with self.assertRaises(urllib.error.URLError):
                    get(url)

    def test_a_free_port_refuses(self):
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(
                ("127.0.0.1", place.free_port()), 5)


if __name__ == "__main__":
    unittest.main()
