# test_logs.py - one line per request, whatever stands in the request
# SPDX-License-Identifier: Apache-2.0
#
# Our logs are lines of JSON, one for each request, with fields of a list. The
# logs of the web servers, as we ship their formats, are lines too. Whatever
# comes from outside cannot make a line more, a line longer than can be read, or
# a character that steers a terminal. What is sent goes over bare sockets: a
# client library would not send most of it.

import contextlib
import itertools
import json
import re
import time
from urllib.parse import quote_from_bytes, urlencode

from tests.e2e.hostile import Hostile, rows
from tests.rig import place
from tests.rig.client import FORM, raw, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

TENANT = "106f11e5-0000-4000-8000-00000000000a"
PROGRAMS = ("token", "facade", "metadata", "admin")
LINE_MAX, WEB_LINE_MAX = 4096, 4 * 16384 + 512
FIELDS = {"time", "level", "program", "pid", "event", "why", "trace", "parent",
          "route", "method", "reason", "client", "tenant", "file", "signal",
          "key_id", "status", "ms", "count", "bytes", "line", "bare", "days"}
REQUEST = {"time", "level", "program", "pid", "event", "method", "trace",
           "reason", "status", "ms"}
WEB_LINE = re.compile(
    rb'127\.0\.0\.1 \[[0-9A-Za-z/: +-]+\] '
    rb'"(?:[^"]|\\")*" \d{3} (?:\d+|-) \d+$')
STEERING = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|"
                      rb"\xe2\x80[\xae\xab]")
FALSE = b'{"event":"forged"}'
HOSTILE = {
    "newline": b"a\n" + FALSE,
    "return": b"a\r\n" + FALSE,
    "NUL": b"a\0" + FALSE,
    "escape": b"\x1b[31mred\x1b]0;title\x07\x9b2J",
    "JSON": b'","event":"forged","x":"',
    "backslash": b"\\\\\\n\\",
    "format": b"%n%n%s%s%s%x%%",
    "direction": "\u202eforged\u2028\u0085".encode(),
    "no UTF-8": b"\xff\xfe\xed\xa0\x80",
    "delete": b"\x7f\x01\x08",
    "one megabyte": b"x" * 1_000_000,
}
HEADERS = ("User-Agent", "Referer", "X-Request-Id", "traceparent",
           "tracestate", "Cookie", "Accept", "Content-Type", "Prefer",
           "Authorization", "Host", "X-Forwarded-For", "If-None-Match",
           "Content-Length", "X-Tenant")
FORMS = ("client_id", "client_secret", "scope", "grant_type",
         "client_assertion")


class Logs(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.provider = cls.enterClassContext(Provider("R4"))
        cls.provider.put({"resourceType": "Patient", "id": "1"})
        cls.client, cls.secret = cls.house.add_client("Logs")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)
        put_tenant(cls.house, TENANT, name="Logs", fhir_version="R4",
                   client=cls.client, provider_url=cls.provider.base + "/r4")
        cls.access = f"{cls.env['WG_SERVER']}-access.log"
        cls.error = f"{cls.env['WG_SERVER']}-error.log"

    def setUp(self):
        self.at = {path: path.stat().st_size
                   for path in (self.house.home / "log").iterdir()}

    def token(self):
        answer = self.env.ask_token(TENANT, client_id=self.client,
                                    client_secret=self.secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    # ---- reading ----

    def since(self, name):
        """Lines of a log since the test began."""
        path = self.house.home / "log" / name
        until = time.monotonic() + 60
        while True:     # a line that is being written may be seen in part
            with open(path, "rb") as file:
                file.seek(self.at.get(path, 0))
                text = file.read()
            if text[-1:] in (b"", b"\n") or time.monotonic() > until:
                break
            time.sleep(0.01)
        self.assertEqual(text[-1:], b"\n" if text else b"", name)
        return text.split(b"\n")[:-1]

    def harmless(self, name, line, most):
        self.assertLessEqual(len(line), most, (name, line[:200]))
        self.assertIsNone(STEERING.search(line), (name, line[:300]))

    def ours(self):
        """Lines of our programs: each JSON of its own, with known fields."""
        told = []
        for name in PROGRAMS:
            for line in self.since(f"{name}.log"):
                self.harmless(name, line, LINE_MAX)
                one = json.loads(line)
                self.assertLessEqual(set(one), FIELDS, line)
                self.assertEqual(one["program"], name)
                self.assertNotEqual(one["event"], "forged")
                told.append(one)
        return told

    def requests(self, traces):
        """The lines of these requests, when each has one: it is written
        when the answer has left."""
        until = time.monotonic() + 60
        while True:
            lines = [li for li in self.ours() if li["event"] == "request"]
            mine = [li for li in lines if li["trace"] in traces]
            if len(mine) >= len(traces) or time.monotonic() > until:
                break
            time.sleep(0.1)
        self.assertEqual(sorted(li["trace"] for li in mine), sorted(traces))
        return mine

    def web(self):
        """Lines of the web server's logs, which it may have held back, and how
        many of them are of looking whether it is there again."""
        self.house.rig("stop", name="web")
        self.house.rig("start", name="web")
        looked = self.await_web()
        for line in self.since(self.error):
            self.harmless(self.error, line, WEB_LINE_MAX)
            self.assertRegex(line, rb"^[\[\d]", "a line of its own making")
        lines = self.since(self.access)
        for line in lines:
            self.harmless(self.access, line, WEB_LINE_MAX)
            self.assertRegex(line, WEB_LINE)
            self.assertNotIn(b'"forged"', line)
        return lines, looked

    def await_web(self):
        until = time.monotonic() + 60
        for tries in itertools.count(1):
            with contextlib.suppress(OSError):
                if self.env.ask_token("R4").status == 200:
                    return tries
            self.assertLess(time.monotonic(), until, "no web server")
            time.sleep(0.05)

    # ---- sending ----

    def send(self, head, body=b""):
        """Trace id of what a program of ours answered; None: it was not
        asked, or the answer broke off."""
        got = raw(self.env.port, head + b"\r\nConnection: close\r\n" +
                  (b"Content-Length: %d\r\n\r\n" % len(body)
                   if b"\r\nContent-Length" not in head else b"\r\n") + body)
        hit = re.search(rb"(?i)\r\nx-trace-id: ([0-9a-f]{32})\r\n", got)
        return hit and hit[1].decode()

    def everywhere(self, value, token):
        """Trace ids of requests that carry it in every place."""
        bearer = b"Authorization: Bearer " + token.encode()
        read = b"GET /fhir/r4/Patient/1 HTTP/1.1\r\n"
        for name in HEADERS:
            more = b"" if name == "Authorization" else b"\r\n" + bearer
            host = b"" if name == "Host" else b"\r\nHost: x"
            yield self.send(read + name.encode() + b": " + value + host + more)
        sent = (value, quote_from_bytes(value, safe="").encode())
        for text in sent:
            for path in (b"/fhir/r4/Patient/%s", b"/fhir/r4/%s/1",
                         b"/fhir/r4/Patient?identifier=%s",
                         b"/fhir/r4/Patient?%s=1", b"/%s",
                         b"/oauth2/%s", b"/fhir/r4/metadata?x=%s",
                         b"/admin/%s", b"/admin/clients?x=%s"):
                yield self.send(b"GET " + path.replace(b"%s", text) +
                                b" HTTP/1.1\r\nHost: x\r\n" + bearer)
            yield self.send(text + b" /fhir/r4/Patient/1 HTTP/1.1\r\nHost: x")
        for name in FORMS:
            form = {"grant_type": "client_credentials", "scope": TENANT,
                    "client_id": self.client, "client_secret": self.secret}
            yield self.send(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
                            b"Content-Type: " + FORM.encode(),
                            urlencode({**form, name: value}).encode())
            text = value.decode("utf-8", "replace")
            yield self.send(b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
                            b"Content-Type: application/json",
                            json.dumps({**form, name: text}).encode())
        for url in (value.decode("latin-1"), "Patient/" +
                    value.decode("utf-8", "replace")):
            yield self.send(
                b"POST /fhir/r4 HTTP/1.1\r\nHost: x\r\n" + bearer +
                b"\r\nContent-Type: application/fhir+json", json.dumps({
                    "resourceType": "Bundle", "type": "batch", "entry": [
                        {"request": {"method": "GET", "url": url}}]}).encode())

    # ---- stories ----

    def test_L2_whatever_is_sent_is_one_line_and_escaped(self):
        token, asked, traces = self.token(), 0, []
        for what, value in HOSTILE.items():
            with self.subTest(what):
                got = list(self.everywhere(value, token))
                asked += len(got)
                traces += [trace for trace in got if trace]
        self.assertGreater(len(traces), 150)
        self.requests(traces)
        kept = rows(self.env, "select trace_id, count(*) filter (where entry "
                    "= 0), bool_or(a::text ~ '[\\x01-\\x1f\\x7f]'), max(length("
                    "a::text)) from wardgate.audit as a where at > now() - "
                    "interval '15 min' and program in ('token', 'facade') "
                    "group by 1")
        kept = {t.replace("-", ""): (n, odd, int(most))
                for t, n, odd, most in kept}
        mine = [kept[t] for t in traces if t in kept]
        self.assertGreater(len(mine), 100)
        for n, odd, most in mine:
            self.assertEqual((n, odd), ("1", "f"))
            self.assertLess(most, 4000)
        lines, looked = self.web()
        self.assertGreater(len(lines), 100)
        self.assertLessEqual(len(lines), asked + 20 + looked)

    def test_L2_what_a_hospital_sends_is_one_line_and_escaped(self):
        token, traces = self.token(), []
        for what, value in HOSTILE.items():
            for where in ("type", "body", "field", "id", "status"):
                with self.subTest(what, where=where):
                    self.provider.on("/r4", self.said(where, value))
                    try:
                        got = request(
                            "GET", self.env["WG_FHIR_R4"] + "/Patient/1",
                            {"Authorization": f"Bearer {token}"})
                    finally:
                        self.provider.off("/r4")
                    traces.append(got.header["x-trace-id"])
        mine = self.requests(traces)
        self.assertGreater(len({li["reason"] for li in mine}), 1)
        self.web()

    @staticmethod
    def said(where, value):
        """An answer with the value in that place."""
        body = {"resourceType": "Patient", "id": "1"}

        def answer(x):
            kind, more, status = b"application/fhir+json", b"", b"200 OK"
            text = json.dumps(body).encode()
            if where == "type":
                kind = value
            elif where == "field":
                more = b"Location: " + value + b"\r\n"
            elif where == "body":
                text = value
            elif where == "id":
                text = json.dumps({**body, "id": value.decode(
                    "utf-8", "replace")}).encode()
            else:
                status = b"500 " + value
            x.raw(b"HTTP/1.1 %s\r\nContent-Type: %s\r\n%sContent-Length: %d"
                  b"\r\n\r\n" % (status, kind, more, len(text)) + text)
        return answer

    def test_L2_names_of_clients_cannot_steer_a_terminal(self):
        for what, value in HOSTILE.items():
            if what in ("NUL", "one megabyte"):     # no word of a command
                continue
            text = value.decode("utf-8", "surrogateescape")
            with self.subTest(what):
                try:
                    made = json.loads(self.house.operator(
                        "client", "add", text, "--json"))
                except place.Advice:
                    continue
                self.house.operator("client", "disable", made["client_id"])
                secret = json.loads(self.house.operator(
                    "client", "secret", "add", made["client_id"], "--json"))
                self.env.ask_token(TENANT, client_id=made["client_id"],
                                   client_secret=secret["client_secret"])
        listed = self.house.operator("client", "list").encode()
        self.assertIsNone(STEERING.search(listed))
        self.ours()

    def test_every_request_has_one_line_with_what_may_be_told(self):
        token, traces = self.token(), {}
        for path, program, route, status in (
                ("/fhir/r4/Patient/absent", "facade", "/fhir*", 404),
                ("/fhir/r4/Patient?identifier=none", "facade", "/fhir*", 200),
                ("/fhir/metadata", "metadata", "/fhir/metadata", 200),
                ("/oauth2/jwks", "metadata", "/oauth2/jwks", 200),
                ("/oauth2/token", "token", "/oauth2/token", 405),
                ("/healthz", "metadata", "/healthz", 200)):
            answer = request("GET", self.env["WG_BASE"] + path,
                             {"Authorization": f"Bearer {token}"})
            self.assertEqual(answer.status, status, answer)
            traces[answer.header["x-trace-id"]] = (program, route, status)
        for line in self.requests(list(traces)):
            program, route, status = traces[line["trace"]]
            self.assertEqual((line["program"], line["status"]),
                             (program, status))
            self.assertLessEqual(REQUEST, set(line))
            self.assertLessEqual(set(line), REQUEST | {"route", "why", "bare"})
            self.assertEqual(line.get("route", route), route)

    def test_a_trace_is_taken_continued_and_sent_on(self):
        trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        token, asked = self.token(), self.env["WG_FHIR_R4"] + "/Patient/1"
        for given, taken in (
                (f"00-{trace}-{span}-01", trace),
                (f"00-{trace}-{span}-00", trace),
                (f"00-{'0' * 32}-{span}-01", None),
                (f"00-{trace}-{'0' * 16}-01", None),
                (f"ff-{trace}-{span}-01", None),
                (f"00-{trace.upper()}-{span}-01", None),
                (f"00-{trace}-{span}", None), ("", None)):
            with self.subTest(given):
                answer = request("GET", asked, {
                    "Authorization": f"Bearer {token}", "traceparent": given})
                own = answer.header["x-trace-id"]
                sent = self.provider.seen[-1].headers["traceparent"]
                self.assertRegex(sent, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$")
                _, theirs, theirspan, flags = sent.split("-")
                self.assertEqual(theirs, taken or own)
                self.assertNotEqual(theirspan, span)
                if taken:
                    self.assertEqual(flags, given[-2:])
                line = self.requests([own])[0]
                self.assertEqual(line.get("parent"), taken)
                kept = rows(self.env, "select coalesce(parent_trace, '') from "
                            f"wardgate.audit where trace_id = '{own}'")
                self.assertEqual(kept, [[taken or ""]])
