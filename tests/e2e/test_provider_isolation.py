# test_provider_isolation.py - a hospital that is down costs the others nothing
# SPDX-License-Identifier: Apache-2.0
#
# Row U15 of the hostile requests. The facade is started again with its breakers
# on and small shares; two processes of it count together. What is told are
# counts, never how long something took.

import threading
import time
from collections import Counter
from pathlib import Path

from tests.e2e import behind_lighttpd
from tests.e2e.faults import MARK, observation
from tests.e2e.hostile import Hostile
from tests.e2e.test_limits import set_lines, start_again
from tests.rig import place
from tests.rig.client import request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

setUpModule = behind_lighttpd

SHARE = 4           # requests of one hospital in a process
PROCESSES = 2
LATE = 3            # time-outs in a row
SETTINGS = {"provider_requests": SHARE, "provider_patience_s": 300,
            "breaker_calls": 20, "breaker_percent": 50,
            "breaker_time_outs": LATE, "breaker_pause_ms": 600000}
FLOOD = 1000
USERS = 12
WAIT_S = 60         # for what must come some day
PAUSES = {"provider_paused", "provider_full"}


class Isolated(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        before = set_lines(cls.house, SETTINGS)
        cls.addClassCleanup(start_again, cls.house, cls.env)
        cls.addClassCleanup(place.write, cls.house.conf, before)
        start_again(cls.house, cls.env)
        cls.double = cls.enterClassContext(Provider())
        cls.double.put({"resourceType": "Patient", "id": "p1",
                        "active": True}, *map(observation, range(3)))
        cls.made = 0

    def tearDown(self):
        self.double.off()

    def hospital(self, **more):
        """Its path at the double, its tenant, and a token for it."""
        type(self).made += 1
        path = f"/{MARK}{self.made}"
        tenant = f"15001a7e-0000-4000-8000-0000000000{self.made:02}"
        self.addCleanup(remove_tenant, self.house, tenant)
        put_tenant(self.house, tenant, name=f"Isolated {self.made}",
                   fhir_version="R4", client=self.env["WG_CLIENT_ID"],
                   provider_url=self.double.base + path, connect_ms=5000,
                   **{"total_ms": 100000, **more})
        return path, tenant, self.env.token(tenant)

    def read(self, token):
        return self.env.fhir("GET", "Patient/p1", token, "R4")

    def at_once(self, token, times, users):
        """Many users ask for the same; all answers."""
        answers, lock = [], threading.Lock()
        turns = iter(range(times))

        def user():
            while True:
                with lock:
                    if next(turns, None) is None:
                        return
                answer = self.read(token)
                with lock:
                    answers.append(answer)
        threads = [threading.Thread(target=user) for _ in range(users)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(len(answers), times)
        return answers

    def asked(self, path):
        """How often the hospital heard of us."""
        return sum(x.path.startswith(path + "/") for x in
                   list(self.double.seen))

    def until_fine(self, token):
        until = time.monotonic() + WAIT_S
        while (answer := self.read(token)).status != 200:
            self.assertLess(time.monotonic(), until, answer)
            time.sleep(0.1)

    # ---- stories ----

    def test_U15_one_is_down_and_the_others_work(self):
        path, tenant, token = self.hospital(total_ms=1000)
        _, _, well = self.hospital()
        self.double.on(path, "hang")
        others, stop = [], threading.Event()

        def other():
            while not stop.is_set() or len(others) < 20:
                others.append(self.read(well).status)
        busy = threading.Thread(target=other)
        busy.start()
        answers = self.at_once(token, FLOOD, USERS)
        stop.set()
        busy.join()
        self.assertEqual(set(others), {200})
        told = Counter((a.status, a.reason) for a in answers)
        self.assertEqual(set(told) - {(503, r) for r in PAUSES},
                         {(504, "provider_timeout")}, told)
        # what was on its way when the last of LATE came back, and no more
        self.assertLessEqual(self.asked(path), LATE + SHARE * PROCESSES)
        for answer in answers:
            self.assertRegex(answer.header.get("retry-after", ""), r"^\d+$")
        self.safe(self.read(token), 503, "provider_paused",
                  "provider_paused")
        self.assertIn('wardgate_breaker_state{tenant="isolated-%d"} 2'
                      % (self.made - 1), self.metrics())
        self.double.off()       # well again, and somebody says so
        put_tenant(self.house, tenant, http2="on")
        self.house.heard()
        self.assertEqual(self.read(token).status, 200)

    def metrics(self):
        return request("GET", self.env["WG_BASE"] + "/metrics").text

    def test_U15_a_trial_lets_all_in_again(self):
        before = set_lines(self.house, {**SETTINGS, "breaker_pause_ms": 500})
        self.addCleanup(start_again, self.house, self.env)
        self.addCleanup(place.write, self.house.conf, before)
        start_again(self.house, self.env)
        path, _, token = self.hospital()
        self.double.on(path, "status-503")
        told = Counter(a.reason for a in self.at_once(token, 60, 4))
        self.assertEqual(set(told), {"provider_busy", "provider_paused"})
        self.double.off()
        self.until_fine(token)
        for _ in range(10):
            self.assertEqual(self.read(token).status, 200)

    def test_patience_is_had_by_all_processes(self):
        for sent, status, reason in (("status-429-60", 429, "provider_limit"),
                                     ("status-503-60", 503, "provider_busy")):
            path, tenant, token = self.hospital()
            self.double.on(path, sent)
            self.safe(self.read(token), status, reason, reason)
            self.double.off()
            for answer in self.at_once(token, 40, 4):
                self.assertEqual((answer.status, answer.reason),
                                 (status, reason))
                self.assertIn(int(answer.header["retry-after"]),
                              range(1, 61))
            self.assertEqual(self.asked(path), 1)
            put_tenant(self.house, tenant, http2="on")
            self.house.heard()
            self.assertEqual(self.read(token).status, 200)

    def test_a_hospital_has_its_share_and_no_more(self):
        path, _, token = self.hospital()
        _, _, well = self.hospital()
        release, told = threading.Event(), []
        self.addCleanup(release.set)
        self.double.on(path, lambda x: release.wait(WAIT_S))
        users = [threading.Thread(target=lambda: told.append(
            self.read(token))) for _ in range(20)]
        for user in users:
            user.start()
        until = time.monotonic() + WAIT_S
        while self.asked(path) + len(told) < 20:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        held = self.asked(path)
        for _ in range(20):
            self.assertEqual(self.read(well).status, 200)
        self.double.off()
        release.set()
        for user in users:
            user.join()
        self.assertIn(held, range(SHARE, SHARE * PROCESSES + 1))
        self.assertEqual(Counter((a.status, a.reason) for a in told),
                         {(503, "provider_full"): 20 - held,
                          (200, None): held})

    def test_a_hospitals_own_rate_is_kept(self):
        path, _, token = self.hospital(calls_per_s=2)
        began = time.monotonic()
        told = Counter((a.status, a.reason)
                       for a in self.at_once(token, 40, 8))
        took = time.monotonic() - began
        self.assertLessEqual(self.asked(path), 2 + 2 * took + 1)
        self.assertEqual(set(told), {(200, None), (429, "provider_quota")})
