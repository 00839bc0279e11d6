# test_web.py - what the shipped web-server files let through, and what not
# SPDX-License-Identifier: Apache-2.0
#
# Real lighttpd and Apache; in place of the programs stands echo.c, which says
# what it was told.

import re
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from tests.rig import client, place, services, web

ECHO = place.build_dir() / "rig/echo"
PROGRAMS = ("metadata", "token", "facade", "rehearsal")

ROUTES = """
/oauth2/token token
/oauth2/introspect token
/oauth2/revoke token
/oauth2/authorize metadata
/oauth2/jwks metadata
/oauth2/jwks/1f3c metadata
/.well-known/oauth-authorization-server metadata
/.well-known/oauth-authorization-server/fhir metadata
/healthz metadata
/readyz metadata
/metrics metadata
/fhir/metadata metadata
/fhir/r4/metadata metadata
/fhir/stu3/.well-known/smart-configuration metadata
/fhir/.well-known/smart-configuration metadata
/fhir facade
/fhir/ facade
/fhir/dstu2 facade
/fhir/r4/Patient/1 facade
/fhir/Patient/_search facade
/fhir/r5/metadata facade
/fhir/r4/metadata/ facade
/fhir/r4/metadatax facade
/fhir/r4/Patient/metadata facade
/rehearsal/r4/Patient rehearsal
""".split()

NOWHERE = ("/", "/nothing", "/fhirx", "/oauth2", "/oauth2/", "/oauth2/tokens",
           "/oauth2/token/", "/healthzz", "/wardgate-errors/fhir-404.html",
           "/errors/fhir-404.html", "/rehearsals")


class Server:
    """Tests for both servers; the classes at the end name one each."""

    server = ""

    @classmethod
    def setUpClass(cls):
        cls.home = place.new_home()
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        cls.web = web.Web(cls.home, cls.server, place.free_port())
        cls.web.prepare()
        cls.port = cls.web.port
        cls.rig = services.launch(cls.home)
        cls.addClassCleanup(cls.rig, "end")
        echo = shutil.copy(ECHO, cls.home / "echo")
        place.give(echo)
        for name in PROGRAMS:
            cls.rig("add", service={
                "name": name, "argv": [str(echo), name], "count": 4,
                "socket": str(cls.home / "run" / f"{name}.sock")})
            cls.rig("start", name=name)
        cls.rig("add", service={"name": "web", "argv": cls.web.argv()})
        cls.rig("start", name="web")
        cls.web.wait_ready()

    def ask(self, method, path, headers=None, body=None):
        return client.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers, body)

    def heard(self, *args, **more):
        """What the program was told; fails if the web server answered."""
        answer = self.ask(*args, **more)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def refused(self, answer, *statuses):
        """The web server's own answer, in the shape of the address."""
        self.assertIsNotNone(answer)
        self.assertIn(answer.status, statuses, answer)
        self.assertIn("error" if "json;" in answer.header["content-type"] or
                      answer.header["content-type"] == "application/json"
                      else "issue", answer.json, answer)
        return answer

    def test_each_address_reaches_its_program(self):
        for path, name in zip(ROUTES[::2], ROUTES[1::2]):
            with self.subTest(path):
                self.assertEqual(self.heard("GET", path)["program"], name)

    def test_other_addresses_reach_none(self):
        for path in NOWHERE:
            with self.subTest(path):
                self.refused(self.ask("GET", path), 404, 403)

    def test_the_address_arrives_as_it_was_sent(self):
        for path in ("/fhir/Patient?family=de%20la+Cruz&x=%2f",
                     "/fhir/Patient?", "/fhir/%50atient/1?a=b",
                     "/oauth2/token?client_secret=x"):
            with self.subTest(path):
                self.assertEqual(self.heard("GET", path)["REQUEST_URI"], path)

    def test_addresses_that_could_be_read_in_two_ways_are_refused(self):
        for path in ("/fhir/a%2fb", "/fhir/../fhir/b", "/fhir/%2e%2e/b",
                     "/fhir/a%00b", "/fhir/./b/../c"):
            answer = self.ask("GET", path)
            with self.subTest(path):
                if answer.status == 200:
                    # Let through: then as sent, and the program refuses it.
                    self.assertEqual(answer.json["REQUEST_URI"], path)
                else:
                    self.refused(answer, 400, 404)

    def test_authorization_arrives_and_two_are_never_taken_for_one(self):
        heard = self.heard("GET", "/fhir/Patient/1",
                           {"Authorization": "Bearer abc"})
        self.assertEqual(heard["HTTP_AUTHORIZATION"], "Bearer abc")
        answer = self.ask("GET", "/fhir/Patient/1",
                          [("Authorization", "Bearer a"),
                           ("Authorization", "Bearer b")])
        if answer.status == 200:
            self.assertNotIn(answer.json.get("HTTP_AUTHORIZATION"),
                             ("Bearer a", "Bearer b"))

    def test_a_token_of_eight_kibibytes_passes_and_a_huge_head_does_not(self):
        token = "Bearer " + "a" * 8192
        heard = self.heard("GET", "/fhir/Patient/1", {"Authorization": token})
        self.assertEqual(heard["HTTP_AUTHORIZATION"], token)
        answer = self.ask("GET", "/fhir/Patient/1", {"X-Long": "a" * 20000})
        self.refused(answer, 431, 400)

    def test_bodies_arrive_with_their_length(self):
        for size in (0, 1, 20000, 1 << 20):
            with self.subTest(size):
                heard = self.heard("POST", "/fhir", {}, b"x" * size)
                self.assertEqual(heard["body"], size)
                self.assertEqual(int(heard.get("CONTENT_LENGTH") or 0), size)
        self.assertEqual(
            self.heard("POST", "/oauth2/token", {}, b"x" * 16384)["body"],
            16384)

    def test_bodies_far_over_the_limit_end_at_the_door(self):
        self.refused(self.ask("POST", "/fhir", {}, b"x" * 1500000), 413)
        answer = self.ask("POST", "/oauth2/token", {}, b"x" * 200000)
        self.assertIn("error", self.refused(answer, 413).json)

    def test_slow_bodies_hold_no_program(self):
        part = (b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 100\r\n\r\na")
        links = [client.socket.create_connection(("127.0.0.1", self.port))
                 for _ in range(30)]
        try:
            for link in links:
                link.sendall(part)
            self.heard("POST", "/oauth2/token", {}, b"a=b")
        finally:
            for link in links:
                link.close()

    def test_a_chunked_body_arrives(self):
        answer = client.raw_answer(
            self.port, b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
            b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn(b'"body": 7,', answer.body)

    def test_ambiguous_lengths_are_refused_or_settled(self):
        for fields in (b"Content-Length: -1", b"Content-Length: +5",
                       b"Content-Length: 5,5", b"Content-Length: 0x10",
                       b"Content-Length: 99999999999999999999"):
            with self.subTest(fields):
                answer = client.raw_answer(
                    self.port, b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: close\r\n" + fields + b"\r\n\r\nhello")
                self.refused(answer, 400, 413)

    def test_a_request_without_a_version_of_http_reaches_no_program(self):
        self.assertNotIn(b"REQUEST_URI",
                         client.raw(self.port, b"GET /fhir/x\r\n\r\n"))

    def test_a_method_that_the_server_refuses_is_refused_in_json(self):
        answer = self.ask("TRACE", "/fhir/x")
        if answer.status != 200:    # else the program is asked
            self.refused(answer, 405)

    def test_garbage_gets_a_short_json_answer(self):
        for data in (b"\x16\x03\x01\x02 hello\r\n\r\n",
                     b"GET /fhir HTTP/1.1\r\n\r\n",
                     b"GET /fhir HTTP/1.1\r\nHost: a b\r\n\r\n",
                     b"GET fhir HTTP/1.1\r\nHost: x\r\n\r\n"):
            with self.subTest(data):
                self.refused(client.raw_answer(self.port, data), 400)

    def test_a_proxy_header_does_not_become_a_variable(self):
        heard = self.heard("GET", "/fhir/x", {"Proxy": "http://evil"})
        self.assertNotIn("HTTP_PROXY", heard)

    def test_a_program_that_dies_midway_is_an_error_in_the_right_shape(self):
        answer = self.ask("GET", "/fhir/Patient/1", {"X-Echo": "die"})
        self.assertIn("issue", self.refused(answer, 500, 502, 503).json)
        answer = self.ask("POST", "/oauth2/token", {"X-Echo": "die"}, b"a=b")
        self.assertIn("error", self.refused(answer, 500, 502, 503).json)

    def test_errors_of_the_programs_pass_untouched(self):
        for status in ("401 Unauthorized", "404 Not Found", "413 Too Large",
                       "503 Service Unavailable"):
            answer = self.ask("GET", "/fhir/x", {"X-Echo": f"status {status}"})
            self.assertEqual(answer.status, int(status[:3]))
            self.assertEqual(answer.json["program"], "facade")

    def test_answers_may_not_be_sniffed(self):
        answer = self.ask("GET", "/fhir/Patient/1")
        self.assertEqual(answer.header["x-content-type-options"], "nosniff")

    def test_refusals_of_the_server_itself_are_not_kept_by_caches(self):
        for path in ("/oauth2/token", "/fhir/r4"):
            answer = self.ask("POST", path, {"X-Echo": "die"}, b"a=b")
            self.refused(answer, 500, 502, 503)
            self.assertEqual(answer.header["cache-control"], "no-store")
            self.assertEqual(answer.header["x-content-type-options"],
                             "nosniff")

    def test_a_program_that_is_not_there_is_503_and_comes_back(self):
        self.rig("remove", name="token")
        try:
            for _ in range(3):
                answer = self.ask("POST", "/oauth2/token", {}, b"a=b")
                self.assertIn("error", self.refused(answer, 503).json)
        finally:
            self.rig("add", service={
                "name": "token", "argv": [str(self.home / "echo"), "token"],
                "count": 4, "socket": str(self.home / "run/token.sock")})
            self.rig("start", name="token")
        until = time.monotonic() + 60   # lighttpd looks again each second
        while self.ask("POST", "/oauth2/token", {}, b"a=b").status != 200:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)

    def test_processes_share_a_socket_and_are_replaced_when_killed(self):
        before = set(self.rig.pids("metadata"))
        self.assertEqual(len(before), 4)
        self.rig("signal", name="metadata", signal=9)
        until = time.monotonic() + 60
        while len(after := set(self.rig.pids("metadata"))) < 4 or \
                before & after:
            self.assertLess(time.monotonic(), until)
        for _ in range(20):
            self.heard("GET", "/healthz")

    def test_logs_hold_neither_query_nor_credentials(self):
        mark = "Zq7secret"
        for path in (f"/fhir/Patient?family={mark}", f"/nothing?{mark}",
                     f"/fhir/a%2fb?{mark}", f"/fhir/../x?{mark}",
                     f"/oauth2/token?client_secret={mark}",
                     f"/rehearsal/r4/Patient?family={mark}"):
            self.ask("GET", path, {"Authorization": f"Bearer {mark}",
                                   "Referer": f"http://x/?{mark}"})
        self.ask("GET", f"/fhir/x?{mark}", {"X-Echo": "die"})
        client.raw(self.port, f"GET /fhir?{mark} HTTP/1.1\r\n\r\n".encode())
        client.raw(self.port, f"GET fhir?{mark} HTTP/1.1\r\nHost: x\r\n\r\n"
                   .encode())
        self.rig("stop", name="web")    # flushes what is buffered
        self.rig("start", name="web")
        self.web.wait_ready()
        logs = "".join(p.read_text() for p in (self.home / "log").iterdir())
        self.assertIn("/fhir/Patient", logs)
        self.assertNotIn(mark, logs)


class Lighttpd(Server, unittest.TestCase):
    server = "lighttpd"

    def test_debian_takes_the_file_beside_its_own(self):
        main = Path("/etc/lighttpd/lighttpd.conf")
        if not main.exists():
            self.skipTest(f"no {main} here")
        text = main.read_text()
        text = re.sub(r'include "/etc/lighttpd/conf-enabled.*',
                      f'include "{self.home}/web/50-wardgate.conf"', text)
        for other in ("10-accesslog", "10-fastcgi", "05-setenv"):
            text = text.replace(
                f'include "{self.home}/web/50',
                f'include "/etc/lighttpd/conf-available/{other}.conf"\n'
                f'include "{self.home}/web/50')
        path = place.write(self.home / "web/debian.conf", text)
        done = subprocess.run(["lighttpd", "-tt", "-f", str(path)],
                              text=True, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_head_over_sixteen_kibibytes_is_431(self):
        answer = self.ask("GET", "/fhir/x", {"X-Long": "a" * 17000})
        self.assertEqual(answer.status, 431)


class Apache(Server, unittest.TestCase):
    server = "apache"


if __name__ == "__main__":
    unittest.main()
