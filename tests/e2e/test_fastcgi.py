# test_fastcgi.py - peers on a program's socket that no web server would be
# SPDX-License-Identifier: Apache-2.0
#
# Each program runs once more beside the house, with few threads and short
# waits, on a socket of its own. Whatever is sent there: the process stays the
# same, and the next good request is answered.

import contextlib
import os
import re
import time
import unittest
from urllib.parse import urlencode

from tests.e2e import once
from tests.rig import fastcgi as f
from tests.rig import place
from tests.rig.client import Env
from tests.rig.house import House

THREADS = 4
SOCKET_S = 1.0     # socket_wait_ms: silence, where it is what is looked at
WHOLE_S = 3.0      # request_wait_ms: everything
BUSY_S = 0.25      # busy_wait_ms
HELD_S = 60.0      # the silence that those are granted who hold a worker
SLACK_S = 60.0     # of a busy machine

SETTINGS = {
    "socket_wait_ms": int(HELD_S * 1000),
    "request_wait_ms": int(HELD_S * 2000),
    "busy_wait_ms": int(BUSY_S * 1000),
    "facade_threads": THREADS,
    "other_threads": THREADS,
}

PROGRAMS = ("token", "facade", "metadata")
PATHS = {"token": "/oauth2/token", "facade": "/fhir/r4/Patient/1",
         "metadata": "/oauth2/jwks", "rehearsal": "/rehearsal/r4/metadata"}
USUAL = {"token": 200, "facade": 401, "metadata": 200, "rehearsal": 200}


class Shaped(unittest.TestCase):
    """What who finds no worker is told."""

    def check_shape(self, name, answer):
        kind = answer.header["content-type"]
        if name == "facade":
            self.assertTrue(re.match(r"application/(json\+fhir|fhir\+json)",
                                     kind), kind)
            self.assertEqual(answer.json["resourceType"], "OperationOutcome")
            self.assertEqual(answer.reason, "unavailable")
        else:
            self.assertTrue(kind.startswith("application/json"), kind)
            self.assertTrue(answer.json["error_description"])
            self.assertEqual(answer.json["error"], {
                "token": "temporarily_unavailable",
                "metadata": "unavailable"}[name])


@once
class Door(Shaped):
    """The programs' sockets; the class itself tests nothing."""

    own = {}    # settings that differ

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.bin = place.build_dir() / "bin"
        if (cls.house.home / "bin").exists():
            cls.bin = cls.house.home / "bin"
        conf = place.write(cls.house.home / "door.conf",
                           cls.house.conf.read_text() + "".join(
                               f"{name} = {value}\n" for name, value in
                               {**SETTINGS, **cls.own}.items()))
        cls.addClassCleanup(conf.unlink)
        for name in PROGRAMS:
            cls.start(name, conf)

    @classmethod
    def start(cls, name, conf):
        cls.house.rig("add", service={
            "name": f"door-{name}", "argv": [str(cls.bin / name), "-c",
                                             str(conf)],
            "socket": str(cls.path(name))})
        cls.house.rig("start", name=f"door-{name}")
        cls.addClassCleanup(cls.house.rig, "remove", name=f"door-{name}")
        f.wait_listening(cls.path(name))

    @classmethod
    def path(cls, name):
        return cls.house.home / "run" / f"door-{name}.sock"

    def setUp(self):
        self.pids = {n: self.house.rig.pids(f"door-{n}") for n in PROGRAMS}

    def tearDown(self):
        for name in PROGRAMS:
            self.good(name)
            self.assertEqual(self.house.rig.pids(f"door-{name}"),
                             self.pids[name], f"{name} was started again")

    # ---- good requests ----

    def form(self):
        return urlencode({
            "grant_type": "client_credentials",
            "client_id": self.env["WG_CLIENT_ID"],
            "client_secret": self.env["WG_CLIENT_SECRET"],
            "scope": self.env["WG_TENANT_R4"]}).encode()

    def variables(self, name, body=b""):
        if name == "token":
            return f.post(PATHS[name], body)
        return f.get(PATHS[name])

    def good(self, name):
        """A good request of each program and its usual answer. Who was so slow
        to say it that he was taken for somebody who stalls says it again."""
        body = self.form() if name == "token" else b""
        request = f.request(self.variables(name, body), body)
        while True:
            began = time.monotonic()
            with f.Link(self.path(name)) as link:
                link.send(request)
                late = time.monotonic() - began > SOCKET_S / 4
                answer = link.answer()
            if answer or not late:
                break
        self.assertIsNotNone(answer, f"{name} does not answer")
        self.assertEqual(answer.status, USUAL[name], answer)

    def said(self, name, data, half_close=True):
        """What comes back for these bytes, until the other side closes."""
        with f.Link(self.path(name)) as link:
            link.send(data)
            if half_close:
                link.half_close()
            return link.answer(), link

    def soon_good(self, name, wait_s):
        """The same, but workers may be held for a while yet."""
        until = time.monotonic() + wait_s
        while True:
            body = self.form() if name == "token" else b""
            answer = f.ask(self.path(name), self.variables(name, body), body)
            if answer and answer.status != 503:
                break
            self.assertLess(time.monotonic(), until, f"{name} stays busy")
            time.sleep(0.05)
        self.assertEqual(answer.status, USUAL[name], answer)


class Conversation(Door):
    """What is said, and in which order."""

    def hung_up_on(self, data):
        for name in PROGRAMS:
            answer, link = self.said(name, data)
            self.assertIsNone(answer)
            self.assertEqual(link.records, [])

    def test_what_never_becomes_a_request_is_hung_up_on(self):
        some = f.params(f.get("/oauth2/jwks"), end=False)
        for data in (b"", b"\1", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                     f.record(77), f.record(f.VALUES, b"", 0),
                     f.record(f.VALUES, f.pair("FCGI_MAX_CONNS", "") * 8, 0),
                     f.begin(), f.begin() + some, some,
                     f.begin() + f.stdin(b"x"), f.begin() + f.begin(),
                     f.begin() + f.record(f.ABORT),
                     f.begin(f.AUTHORIZER) + some, f.begin(request=0) + some,
                     f.record(f.BEGIN, b"\0\1\0\0\0\0\0\0", padding=8),
                     f.record(f.BEGIN, b"\0\1", version=2),
                     f.begin() + f.record(77) + some,
                     f.begin() + f.record(f.VALUES, b"", 0) + some,
                     f.begin() + some + f.record(f.PARAMS, b"", padding=200)):
            self.hung_up_on(data)

    def test_parameters_of_any_size_are_survived(self):
        big = f.get("/oauth2/jwks", HTTP_X="y" * 60000)
        answer, _ = self.said("metadata", f.request(big))
        self.assertEqual(answer.status, 200)
        variables = f.get("/oauth2/jwks", HTTP_X="y" * (8 << 20))
        self.hung_up_on(f.begin() + f.params(variables) + f.stdin())
        fields = {f"HTTP_{n}": "y" * 30000 for n in range(4)}
        for many in (f.get("/oauth2/jwks", **fields), [("X", "")] * 100000):
            for name in PROGRAMS:
                answer, link = self.said(
                    name, f.begin() + f.params(many) + f.stdin())
                self.assertEqual(answer.status, 431, answer)
                self.assertEqual(link.ends(), 1)

    def test_lengths_that_lie_are_survived(self):
        for lie in (b"\xff\xff\xff\xff\xff\xff\xff\xff", b"\x01\xff\xff\xff\xff",
                    b"\x80\x01\x00\x01\x01", b"\x7f\x7f" + b"a" * 100,
                    b"\xff", b"\x01\x80"):
            self.hung_up_on(f.begin() + f.record(f.PARAMS, lie)
                            + f.record(f.PARAMS) + f.stdin())

    def test_names_and_values_that_could_pose_as_others_are_refused(self):
        for name, value in (("A\0B", "x"), ("A", "x\0y"),
                            ("REQUEST_METHOD=POST\0", "x"),
                            ("REQUEST_URI=/admin", "x")):
            self.hung_up_on(f.request([*f.get("/oauth2/jwks").items(),
                                       (name, value)]))

    def test_variables_that_decide_stand_once(self):
        for name in PROGRAMS:
            for twice in ("REQUEST_METHOD", "REQUEST_URI", "CONTENT_LENGTH",
                          "CONTENT_TYPE", "HTTP_AUTHORIZATION", "REMOTE_ADDR",
                          "HTTP_CONTENT_ENCODING"):
                pairs = [*self.variables(name).items(), (twice, "1"),
                         (twice, "1")]
                answer, _ = self.said(name, f.request(pairs))
                self.assertIn(answer.status, (400, 404), (twice, answer))

    def test_a_request_over_many_small_records_is_one_request(self):
        body = self.form()
        variables = b"".join(f.pair(*p)
                             for p in f.post("/oauth2/token", body).items())
        answer, link = self.said(
            "token", f.begin() + f.stream(f.PARAMS, variables, size=3)
            + f.stream(f.STDIN, body, size=1))
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(link.ends(), 1)


class Body(Door):
    """What comes after the parameters."""

    def token(self, length, sent, end=True, close=True):
        variables = f.post("/oauth2/token", sent)
        variables["CONTENT_LENGTH"] = str(length)
        if length is None:
            del variables["CONTENT_LENGTH"]
        return self.said("token", f.begin() + f.params(variables)
                         + f.stdin(sent, end=end), close)[0]

    def test_the_body_is_as_long_as_it_says(self):
        form = self.form()
        self.assertEqual(self.token(len(form), form).status, 200)
        self.assertEqual(self.token(None, form).status, 200)
        for length in (len(form) + 1, len(form) + 5000, len(form) - 1, 0, 1):
            answer = self.token(length, form)
            self.assertEqual(answer.status, 400, (length, answer))
            self.assertEqual(answer.json["error"], "invalid_request")

    def test_a_body_that_is_cut_off_gets_no_token(self):
        form = self.form()
        for length in (len(form), None):
            answer = self.token(length, form, end=False)
            self.assertEqual(answer.status, 400, answer)

    def test_what_may_not_follow_cuts_the_body(self):
        form = self.form()
        for more in (f.params(f.get("/oauth2/jwks")), f.record(f.ABORT),
                     f.record(77), f.record(f.DATA, b"x"),
                     f.record(f.VALUES, f.pair("FCGI_MPXS_CONNS", "") * 9, 0),
                     f.begin() + f.params(f.get("/oauth2/jwks")),
                     f.record(f.STDIN, b"x", request=2), b"junk and more"):
            answer, link = self.said("token", f.begin() + f.params(
                f.post("/oauth2/token", form)) + f.stdin(form, end=False)
                + more)
            self.assertEqual(answer.status, 400, (more, answer))
            self.assertEqual(link.ends(), 1)

    def test_what_nobody_reads_is_never_the_next_request(self):
        """The refused request asks to keep the connection, and its body holds
        another one that would be answered."""
        inner = f.request(f.get("/oauth2/jwks"), flags=f.KEEP)
        for name in PROGRAMS:
            outer = f.begin(flags=f.KEEP) + f.params(
                f.post("/nothing/here", inner))
            for data in (outer + f.stdin(inner) + inner,
                         outer + f.stdin(inner, end=False),
                         outer + f.stdin(inner * 100) + inner * 100,
                         outer + f.stdin(b"a" * 300000) + inner):
                answer, link = self.said(name, data)
                self.assertIn(answer.status, (401, 404), answer)
                self.assertEqual(link.ends(), 1)
                self.assertNotIn(b"keys", answer.body)

    def test_a_large_body_nobody_reads_does_not_lose_the_refusal(self):
        for name in PROGRAMS:
            answer, link = self.said(name, f.request(
                f.post("/nothing/here", b"a" * 1000000), b"a" * 1000000),
                half_close=False)
            self.assertIn(answer.status, (401, 404), answer)


class Time(Door):
    """Peers that take their time. All start together; all are cut."""

    own = {"socket_wait_ms": int(SOCKET_S * 1000),
           "request_wait_ms": int(WHOLE_S * 1000), "provider_wait_ms": 2000}

    def test_who_stalls_is_cut_and_nobody_else_notices(self):
        body = self.form()
        request = f.params(f.post("/oauth2/token", body))
        stalls = (b"", b"\1\1", f.begin(), f.begin() + request[:20],
                  f.begin() + request)
        links = [(data, f.Link(self.path(name)))
                 for name in PROGRAMS for data in stalls[:3]]
        for data, link in links:
            self.addCleanup(link.close)
            link.send(data)
        for name in PROGRAMS:
            self.good(name)
        for data, link in links:
            self.assertTrue(link.closed_within(SOCKET_S + SLACK_S), data)
        for data in stalls[3:]:
            with f.Link(self.path("token")) as link:
                link.send(data)
                self.good("token")
                answer = link.answer()
                if answer:
                    self.assertEqual(answer.status, 400, answer)
                self.assertEqual(answer is None, data is stalls[3])

    def test_who_drips_is_cut_in_the_end(self):
        """A byte now and then is no silence, but the whole time is bounded."""
        body = self.form()
        slow = {"params": f.begin() + f.record(
            f.PARAMS, f.pair("A", "x" * 5000)),
            "body": f.begin() + f.params(f.post("/oauth2/token", body))
            + f.record(f.STDIN, body)}
        start = {"params": 20, "body": len(slow["body"]) - len(body)}
        links = {kind: f.Link(self.path("token")) for kind in slow}
        at = dict(start)
        for kind, link in links.items():
            self.addCleanup(link.close)
            link.send(slow[kind][:at[kind]])
        until = time.monotonic() + WHOLE_S + SLACK_S
        cut = set()
        while len(cut) < len(links) and time.monotonic() < until:
            for kind in links.keys() - cut:
                if not links[kind].send(slow[kind][at[kind]:at[kind] + 1]):
                    cut.add(kind)
                at[kind] += 1
            time.sleep(SOCKET_S / 10)
        self.assertEqual(cut, set(links), "dripping peers are not cut")

    def test_who_does_not_read_the_answer_is_given_up(self):
        """Megabytes that nobody takes, for every worker."""
        self.start("rehearsal", self.house.home / "door.conf")
        pids = self.house.rig.pids("door-rehearsal")
        path = self.path("rehearsal")
        links = [f.Link(path) for _ in range(THREADS)]
        for link in links:
            self.addCleanup(link.close)
            link.send(f.request(f.get("/rehearsal/r4/~huge-8/Patient")))
        self.soon_good("rehearsal", WHOLE_S + 8 * 1024 / 32 + SLACK_S)
        for link in links:
            link.read()
            self.assertEqual(link.ends(), 0, "a cut answer looks whole")
        self.assertEqual(self.house.rig.pids("door-rehearsal"), pids)

    def test_hundreds_that_say_nothing_take_no_place(self):
        for name in PROGRAMS:
            links = [f.Link(self.path(name)) for _ in range(500)]
            try:
                for _ in range(20):
                    self.good(name)
            finally:
                for link in links:
                    link.close()

    def test_hundreds_that_come_and_go_leave_nothing(self):
        for name in PROGRAMS:
            pid = self.pids[name][0]
            before = self.descriptors(pid)
            for i in range(300):
                with f.Link(self.path(name)) as link:
                    if i % 3:
                        link.send(f.begin()[:8 * (i % 3)])
            self.soon_good(name, SLACK_S)
            until = time.monotonic() + SOCKET_S + SLACK_S
            while self.descriptors(pid) > before + THREADS \
                    and time.monotonic() < until:
                time.sleep(0.05)
            self.assertLessEqual(self.descriptors(pid), before + THREADS)

    def descriptors(self, pid):
        try:
            return len(os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:   # it hides itself from its own user
            self.skipTest("needs root to look")


class Busy(Door):
    """More connections than workers, which are held until they are let go."""

    @contextlib.contextmanager
    def holding(self, name):
        """Every worker waits for the rest of a request."""
        links = [f.Link(self.path(name)) for _ in range(THREADS)]
        try:
            for link in links:
                link.send(f.begin())
            self.soon_busy(name)
            yield
        finally:
            for link in links:
                link.close()
            self.soon_good(name, SLACK_S)

    def soon_busy(self, name):
        """A link that said its first word may still be on its way to a worker,
        and who comes behind it may overtake it once."""
        until = time.monotonic() + SLACK_S
        while time.monotonic() < until:
            answer = f.ask(self.path(name), self.variables(name))
            if answer and answer.status == 503:
                return
        self.fail(f"{name} has workers left")

    def test_who_finds_no_worker_is_told_to_come_again(self):
        for name in PROGRAMS:
            with self.holding(name):
                start = time.monotonic()
                answer = f.ask(self.path(name), self.variables(name))
                took = time.monotonic() - start
            self.assertIsNotNone(answer, f"{name} hangs up")
            self.assertEqual(answer.status, 503, answer)
            self.assertLess(took, HELD_S, "told too late")
            self.assertRegex(answer.header["retry-after"], r"^[1-9][0-9]*$")
            self.assertEqual(answer.header["cache-control"], "no-store")
            self.assertRegex(answer.header["x-request-id"], "^[0-9a-f]{32}$")
            self.assertNotIn("set-cookie", answer.header)
            self.check_shape(name, answer)

    def test_even_with_a_body_behind_it(self):
        body = self.form() * 40
        with self.holding("token"):
            answer = f.ask(self.path("token"), f.post("/oauth2/token", body),
                           body)
        self.assertEqual(answer.status, 503, answer)

    def test_the_queue_is_bounded_and_everyone_hears_something(self):
        body = self.form()
        with self.holding("token"):
            links = [f.Link(self.path("token")) for _ in range(300)]
            for link in links:
                self.addCleanup(link.close)
                link.send(f.request(f.post("/oauth2/token", body), body))
            heard = {link.answer().status for link in links}
        self.assertLessEqual(heard, {200, 503})


class Web(Shaped):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])

    def test_the_web_server_passes_it_on(self):
        """In the house itself: every worker of both processes is held."""
        path = self.house.home / "run/token.sock"
        links = [f.Link(path) for _ in range(80)]
        try:
            for link in links:
                link.send(f.begin())
            until = time.monotonic() + SLACK_S
            while True:
                answer = self.env.ask_token("R4")
                if answer.status == 503 or time.monotonic() > until:
                    break
        finally:
            for link in links:
                link.close()
        self.assertEqual(answer.status, 503, answer)
        self.check_shape("token", answer)
        self.assertRegex(answer.header["retry-after"], r"^[1-9][0-9]*$")
        until = time.monotonic() + SLACK_S
        while (answer := self.env.ask_token("R4")).status != 200:
            self.assertEqual(answer.status, 503, answer)
            self.assertLess(time.monotonic(), until, "it stays busy")


if __name__ == "__main__":
    unittest.main()
