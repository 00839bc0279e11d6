# test_metrics.py - the figures of all processes are sums that are exactly right
# SPDX-License-Identifier: Apache-2.0
#
# Eight processes of token and facade instead of two; ten thousand requests, and
# some processes started anew meanwhile; then the figures, asked again and again
# of different processes of metadata, are ten thousand. Whoever is killed takes
# nothing with him that was counted.

import concurrent.futures
import json
import re
import subprocess
import threading
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from tests.e2e import behind_lighttpd
from tests.e2e.hostile import Hostile, rows
from tests.rig import place
from tests.rig.client import FORM, raw_answer, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import PROCESSES, House

setUpModule = behind_lighttpd

WORKERS = 8
REQUESTS = 10_000
THREADS = 16
KILLED_REQUESTS = 3000
TENANT = "3e7a1c5a-0000-4000-8000-000000000001"
SLUG = "figures"
LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\S+)$')
NAME = re.compile(r"wardgate_[a-z_]+$")
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-")


class Figures(dict):
    """(name, labels as a frozenset of pairs) -> value."""

    def __init__(self, text):
        self.types, self.helps = {}, {}
        for line in text.splitlines():
            if line.startswith("#"):
                _, what, name, rest = line.split(" ", 3)
                {"TYPE": self.types, "HELP": self.helps}[what][name] = rest
                continue
            hit = LINE.match(line)
            if not hit:
                raise ValueError(line)
            key = hit[1], frozenset(re.findall(r'(\w+)="([^"]*)"',
                                               hit[2] or ""))
            if key in self:
                raise ValueError(f"twice: {line}")
            self[key] = float(hit[3])

    def sum(self, name, **labels):
        wanted = set(labels.items())
        return sum(v for (n, has), v in self.items()
                   if n == f"wardgate_{name}" and wanted <= has)


class Metrics(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.addClassCleanup(cls.processes, PROCESSES)
        cls.processes(WORKERS)
        cls.client, cls.secret = cls.house.add_client("Figures")
        put_tenant(cls.house, TENANT, name="Figures", slug=SLUG,
                   fhir_version="R4", client=cls.client,
                   provider_url=cls.env["WG_BASE"] + "/rehearsal/r4")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)

    @classmethod
    def processes(cls, n):
        for name in ("token", "facade"):
            cls.house.rig("remove", name=name)
            cls.house.run(name, cls.house.program(name), count=n,
                          socket=str(cls.house.home / "run" / f"{name}.sock"),
                          env=cls.house.environment(name))
        cls.house.env, cls.house.base = cls.env, cls.env["WG_BASE"]
        cls.house.wait_ready()

    def scrape(self):
        answer = request("GET", self.env["WG_BASE"] + "/metrics")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header["content-type"].lower(),
                         "text/plain; version=0.0.4; charset=utf-8")
        return Figures(answer.text)

    # ---- load ----

    def form(self, secret=None):
        return urlencode({"grant_type": "client_credentials", "scope": TENANT,
                          "client_id": self.client,
                          "client_secret": secret or self.secret})

    def asks(self, n, token):
        """Three tokens, one refusal and one read, over and over."""
        good = ("POST", "/oauth2/token", self.form(), {"Content-Type": FORM})
        bad = ("POST", "/oauth2/token", self.form("x"), {"Content-Type": FORM})
        read = ("GET", "/fhir/r4/Patient?identifier=none", None,
                {"Authorization": f"Bearer {token}"})
        return [(good, good, good, bad, read)[i % 5] for i in range(n)]

    def send(self, asks, done):
        """Statuses of what a program of ours has answered."""
        link, statuses = None, []
        for method, path, body, fields in asks:
            try:
                link = link or HTTPConnection("127.0.0.1", self.env.port,
                                              timeout=40)
                link.request(method, path, body, fields)
                got = link.getresponse()
                got.read()
                if got.getheader("X-Trace-Id"):
                    statuses.append(got.status)
                    done()
            except (OSError, HTTPException):
                link = None
        return statuses

    def load(self, n, token, done=lambda: None):
        asks = self.asks(n, token)
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            parts = [pool.submit(self.send, asks[i::THREADS], done)
                     for i in range(THREADS)]
            return [s for part in parts for s in part.result()]

    def token(self):
        answer = self.env.ask_token(TENANT, client_id=self.client,
                                    client_secret=self.secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    # ---- stories ----

    def test_ten_thousand_requests_to_eight_processes_are_ten_thousand(self):
        token, answered, lock = self.token(), [0], threading.Lock()
        before = self.scrape()

        def done():     # now and then one is started anew
            with lock:
                answered[0] += 1
                if not answered[0] % (REQUESTS // 4):
                    self.end_one(answered[0] // (REQUESTS // 4), "-TERM")
        statuses = self.load(REQUESTS, token, done)
        self.assertEqual(statuses.count(200), REQUESTS * 4 // 5)
        self.assertEqual(statuses.count(401), REQUESTS // 5)
        for _ in range(20):
            self.check_exact(before, self.scrape())

    def check_exact(self, before, after):
        def more(name, **labels):
            return after.sum(name, **labels) - before.sum(name, **labels)
        each = REQUESTS // 5
        self.assertEqual(more("requests_total", program="token"), 4 * each)
        self.assertEqual(more("requests_total", program="token",
                              interaction="token", status="2xx", reason="ok"),
                         3 * each)
        self.assertEqual(more("requests_total", program="facade"), each)
        self.assertEqual(more("tokens_total", result="ok"), 3 * each)
        self.assertEqual(more("tokens_total", result="secret_malformed"), each)
        self.assertEqual(more("facade_requests_total", tenant=SLUG), each)
        self.assertEqual(more("upstream_calls_total", tenant=SLUG,
                              result="ok"), each)
        self.assertEqual(more("versions_total", face="R4", provider="R4"),
                         each)
        self.assertEqual(more("upstream_seconds_count", tenant=SLUG), each)
        self.assertEqual(more("request_seconds_count", program="token",
                              interaction="token"), 4 * each)
        self.assertEqual(more("directory_lookups_total", kind="route"), each)

    def test_who_is_killed_takes_nothing_along(self):
        token, answered, seen = self.token(), [0], []
        lock, over = threading.Lock(), threading.Event()
        before, began = self.scrape(), rows(self.env, "select now()")[0][0]

        def done():
            with lock:
                answered[0] += 1

        def watch():
            while not over.is_set():
                least = answered[0]
                seen.append((least, self.count(self.scrape(), before)))
                self.end_one(len(seen), "-KILL")
                time.sleep(0.1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            watching = pool.submit(watch)
            try:
                self.load(KILLED_REQUESTS, token, done)
            finally:
                over.set()
            watching.result()
        seen.append((answered[0], self.count(self.scrape(), before)))
        self.assertGreater(len(seen), 4)
        for least, counted in seen:
            self.assertLessEqual(least, counted)
        counts = [counted for _, counted in seen]
        self.assertEqual(counts, sorted(counts), "a counter went back")
        audited = int(rows(
            self.env, "select count(*) from wardgate.audit where entry = 0 "
            f"and at >= '{began}' and program in ('token', 'facade')")[0][0])
        self.assertLessEqual(counts[-1], audited)

    @staticmethod
    def count(after, before):
        return sum(f * (after.sum("requests_total", program="token")
                        + after.sum("requests_total", program="facade"))
                   for f, after in ((1, after), (-1, before)))

    def end_one(self, n, how):
        pids = self.house.rig.pids(("token", "facade")[n % 2])
        if pids:
            subprocess.run(["kill", how, str(pids[n % len(pids)])],
                           check=False, stderr=subprocess.DEVNULL)

    def test_the_text_is_what_prometheus_reads(self):
        self.token()
        figures = self.scrape()
        for (name, labels), value in figures.items():
            family = re.sub(r"_(bucket|sum|count)$", "", name) \
                if figures.types.get(name) is None else name
            self.assertRegex(name, NAME)
            self.assertIn(family, figures.types)
            self.assertTrue(figures.helps[family].endswith("."), family)
            self.assertGreaterEqual(value, 0)
            if figures.types[family] == "counter":
                self.assertTrue(name.endswith("_total"), name)
        self.check_histograms(figures)

    def check_histograms(self, figures):
        series = {}
        for (name, labels), value in figures.items():
            if name.endswith("_bucket"):
                bound = dict(labels)["le"]
                rest = frozenset(p for p in labels if p[0] != "le")
                series.setdefault((name[:-7], rest), []).append(
                    (float(bound), value))
        self.assertTrue(series)
        for (name, rest), buckets in series.items():
            counts = [v for _, v in sorted(buckets)]
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(counts[-1], figures[name + "_count", rest])
            self.assertIn((name + "_sum", rest), figures)

    def test_every_figure_is_in_the_manual(self):
        self.token()
        manual = (place.TOP / "cgi/metadata.8").read_text()
        named = set(re.findall(r"^\.It (wardgate_[a-z_]+)", manual, re.M))
        self.assertEqual(set(self.scrape().types) - named, set())

    def test_processes_that_run_are_counted_and_their_word_is_fresh(self):
        until = time.monotonic() + 60
        while {(figures := self.scrape()).sum("processes", program=name)
               for name in ("token", "facade")} != {WORKERS}:
            self.assertLess(time.monotonic(), until, "not all are counted")
            time.sleep(0.1)
        for name in ("token", "facade"):
            self.assertEqual(figures.sum("audit_rows_waiting", program=name),
                             0)
            self.assertIn(("wardgate_change_age_seconds",
                           frozenset({("program", name)})), figures)

    def test_a_secret_that_ends_is_seen_coming(self):
        made = json.loads(self.house.operator(
            "client", "add", "Ending figures", "--json"))
        self.house.operator("client", "secret", "add", made["client_id"],
                            "--days", "3")
        until = time.monotonic() + 60     # the database is asked each 10 s
        while not (figures := self.scrape()).sum(
                "clients_without_secret", within_days="7"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.5)
        self.assertGreater(figures.sum("secret_expiry_timestamp_seconds"),
                           time.time())
        self.assertEqual(figures.sum("clients_without_secret",
                                     within_days="1"), 0)

    def test_nobody_and_nothing_of_a_patient_is_in_it(self):
        token = self.token()
        self.env.fhir("GET", "Patient?identifier=Cnry4711", token, "R4")
        text = request("GET", self.env["WG_BASE"] + "/metrics").text
        for word in (self.client, self.secret, token, "Cnry4711", "127.0.0.1"):
            self.assertNotIn(word, text)
        self.assertIsNone(GUID.search(text))

    def test_only_this_host_may_ask(self):
        """As far as a program can tell: the web server keeps others out."""
        for field in ("X-Forwarded-For: 203.0.113.9", "Forwarded: for=1.1.1.1"):
            answer = raw_answer(self.env.port, (
                f"GET /metrics HTTP/1.1\r\nHost: x\r\n{field}\r\n"
                "Connection: close\r\n\r\n").encode())
            self.assertEqual(answer.status, 404, answer)
