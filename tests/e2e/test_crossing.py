# test_crossing.py - no answer ever crosses from one hospital to another
# SPDX-License-Identifier: Apache-2.0
#
# Sixteen tenants whose hospitals hold the same ids; a fresh token for every
# request; hospitals that answer after random delays; and meanwhile tenants
# whose hospital becomes another one, also that of another tenant. Every record
# says which hospital it is from (tests/rig/wards.c), so each answer can be held
# against the map as it was: the old hospital may answer what was asked up to
# one second after the change was committed, the new one what was answered
# after the change was begun, and nobody else ever.
#
# Behind lighttpd only: what is proved here does not lie in the web server.
# `make check` sends 6,000 requests, `make soak` (WG_SOAK) 100,000.

import os
import random
import threading
import unittest

from tests.rig.client import Env
from tests.rig.crowd import (Crowd, Wards, audit_rows, form, now_us,
                             put_tenant, remove_tenant, sample, unaudited,
                             unit)
from tests.rig.house import HEARD_S, House

SOAK = bool(os.environ.get("WG_SOAK"))
REQUESTS = 100_000 if SOAK else 6_000
RATE = 350 if SOAK else 210     # units of work a second
# Else no more than one process of token has threads: whichever process gets
# them, nobody hears 503 from a machine that is slow.
CLIENTS = 64 if SOAK else 32
WAVE_S = 2.5                    # between two changes of the map
LIVE_US = int(HEARD_S * 1e6)
VERSIONS = ("DSTU2", "STU3", "R4", "R4")
TENANTS = 16
ABSENT = "99999999-c405-4000-8000-000000000000"

# What a unit of work is, its share, and what its answers must be: the status
# of the token and of the record, None where it is not asked for.
CASES = {
    "read": (26, 200, 200), "observation": (10, 200, 200),
    "search": (16, 200, 200), "by-get": (16, 200, 200),
    "token": (8, 200, None), "other-client": (8, 200, 200),
    "absent": (3, 200, 404), "other-type": (2, 200, 404),
    "other-face": (2, 200, 200), "other-tenant": (3, 200, 403),
    "wrong-secret": (2, 401, None), "not-granted": (2, 400, None),
    "no-token": (1, None, 401), "bad-token": (1, None, 401),
}
REFUSED = ("wrong-secret", "no-token", "bad-token")  # before a tenant is known


class Map:
    """Which hospital stands behind which tenant, and since when."""

    def __init__(self):
        self.lock = threading.Lock()
        self.spans = {}     # tenant number -> [(ward, before_us, after_us)]

    def put(self, tenant, ward, span):
        with self.lock:
            self.spans.setdefault(tenant, []).append((ward, *span))

    def now(self, tenant):
        return self.spans[tenant][-1][0]

    def allowed(self, tenant, began, ended):
        """Hospitals whose records an answer of that time may hold."""
        spans = self.spans[tenant]
        return {ward for n, (ward, before, _) in enumerate(spans)
                if ended >= before and (
                    n + 1 == len(spans)
                    or began < spans[n + 1][2] + LIVE_US)}

    def changes(self):
        return sum(len(spans) - 1 for spans in self.spans.values())


@unittest.skipUnless(SOAK or os.environ.get("WG_SERVER") == "lighttpd",
                     "heavy, and the same behind every web server")
class Crossing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.clients = [cls.house.add_client(f"Crossing {n}") for n in (1, 2)]
        cls.wards = cls.enterClassContext(
            Wards(delay_ms=80, every=40, slow_ms=700))
        cls.map = Map()
        cls.tenants = [f"{n:08x}-c405-4000-8000-00000000{n:04x}"
                       for n in range(1, TENANTS + 1)]
        for n, tenant in enumerate(cls.tenants):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            for client, _ in cls.clients:
                put_tenant(cls.house, tenant, name=f"Crossing {n}",
                           fhir_version=cls.version(n), client=client,
                           provider_url=cls.wards.base(
                               cls.version(n), f"w{n}a"))
            cls.map.put(n, f"w{n}a", (0, 0))

    @staticmethod
    def version(n):
        return VERSIONS[n % len(VERSIONS)]

    # ---- the plan: what the crowd asks ----

    def unit(self, n, case, number):
        dice = random.Random(number)
        (client, secret), tenant = self.clients[0], self.tenants[n]
        face = self.version(n).lower()
        method, path, body, header = "GET", "Patient/1", "-", "-"
        if case == "read":
            path = f"Patient/{dice.randint(1, 9)}"
        elif case == "observation":
            path = f"Observation/{dice.randint(1, 9)}"
        elif case == "search":
            method, path, body = "POST+", "Patient/_search", "family=mark&_count=3"
        elif case == "by-get":
            method, path = "GET+", "Observation?patient=1&_count=3"
        elif case == "token":
            method = "-"
        elif case == "other-client":
            client, secret = self.clients[1]
        elif case == "absent":
            path = "Patient/absent"
        elif case == "other-type":
            path = "Basket/1"
        elif case == "other-face":
            face = {"dstu2": "stu3", "stu3": "r4", "r4": "dstu2"}[face]
        elif case == "other-tenant":
            header = f"X-Tenant: {self.tenants[(n + 1) % TENANTS]}"
        elif case == "wrong-secret":
            method, secret = "-", self.clients[1][1]
        elif case == "not-granted":
            method, tenant = "-", ABSENT
        asks = form(client, secret, tenant)
        if case in ("no-token", "bad-token"):
            asks = "-"
            header = "Authorization: Bearer x.y.z" if case == "bad-token" \
                else "-"
        return unit(f"{n} {case} {number}", asks, method,
                    f"/fhir/{face}/{path}", body, header)

    def plan(self):
        dice = random.Random(16)
        names = list(CASES)
        shares = [CASES[c][0] for c in names]
        plan, requests = [], 0
        while requests < REQUESTS:
            case = dice.choices(names, shares)[0]
            plan.append(self.unit(dice.randrange(TENANTS), case, len(plan)))
            requests += 4 if case in ("search", "by-get") else \
                sum(s is not None for s in CASES[case][1:])
        return plan, requests

    # ---- the changes ----

    def remap(self, wave):
        """A third of the tenants get another hospital: by turns one that
        nobody had, and the one that the next tenant of their version has."""
        chosen = [n for n in range(TENANTS) if n % 3 == wave % 3]
        wards = {n: self.map.now(n) for n in range(TENANTS)}
        for n in chosen:
            version = self.version(n)
            peers = [m for m in range(n + 1, n + TENANTS)
                     if self.version(m % TENANTS) == version]
            ward = f"w{n}n{wave}" if wave % 2 else wards[peers[0] % TENANTS]
            if ward == wards[n]:
                ward = f"w{n}m{wave}"
            self.map.put(n, ward, put_tenant(
                self.house, self.tenants[n],
                provider_url=self.wards.base(version, ward)))

    def remap_until(self, done):
        wave = 0
        while not done.wait(WAVE_S):
            self.remap(wave)
            wave += 1

    # ---- the verdict ----

    def wrong_status(self, result):
        case = result.label.split()[1]
        expected = CASES[case][1 if result.kind == "token" else 2]
        if result.kind == "page" and result.status == 400:
            return not self.moved(result)
        return result.status != expected

    def moved(self, result):
        """Was the tenant's hospital another one shortly before? Then a page
        link is void (it is bound to the hospital's row)."""
        n = int(result.label.split()[0])
        return len(self.map.allowed(n, result.began - 5_000_000,
                                    result.ended)) > 1

    def crossed(self, result):
        n = int(result.label.split()[0])
        if result.kind == "token":
            return result.status == 200 and \
                result.says.split("/")[0] != self.tenants[n]
        if result.status != 200:
            return result.says != ""
        return result.says not in self.map.allowed(n, result.began,
                                                   result.ended)

    def tenant_of(self, result):
        """The tenant that the audit row must name."""
        n, case, _ = result.label.split()
        return "" if case in REFUSED else \
            ABSENT if case == "not-granted" else self.tenants[int(n)]

    def used_cpu(self):
        """CPU ticks of each process that answers."""
        ticks = {}
        for name in ("token", "facade"):
            for pid in self.house.rig.pids(name):
                with open(f"/proc/{pid}/stat") as file:
                    ticks[pid] = int(file.read().rsplit(")")[1].split()[11])
        return ticks

    def test_sixteen_tenants_with_the_same_ids_never_get_each_others(self):
        plan, expected = self.plan()
        began, before = now_us(), self.used_cpu()
        done = threading.Event()
        changes = threading.Thread(target=self.remap_until, args=(done,))
        with Crowd(self.env.port, plan, clients=CLIENTS, rate=RATE,
                   units=len(plan)) as crowd:
            changes.start()
            try:
                crowd.wait(20 * len(plan) / RATE)
            finally:
                done.set()
                changes.join()
            results = crowd.results()
        self.judge(results, audit_rows(self.house, began))
        self.assertGreater(len(results), 0.95 * expected)
        self.assertGreater(self.map.changes(), 10)
        after = self.used_cpu()
        self.assertEqual(len(before), 4, "two processes per program")
        for pid, ticks in before.items():
            self.assertGreater(after[pid], ticks, f"{pid} did nothing")
        print(f"{len(results)} answers, {self.map.changes()} changes of "
              f"hospital, {(now_us() - began) / 1e6:.0f} s ... ", end="")

    def none(self, things):
        if things:
            self.fail(sample(things))

    def judge(self, results, kept):
        crossed = [r for r in results if self.crossed(r)]
        self.none(crossed)
        wrong = [r for r in results if self.wrong_status(r)]
        self.none(wrong)
        half = [r for r in results if r.says == "half"]
        self.none(half)
        lost, jti, seen = [], {}, set()
        for r in results:   # in the order of their ends: a token comes first
            if r.kind == "token" and r.status == 200:
                jti[r.label] = r.says.split("/")[1]
            why = unaudited(r, kept.get(r.trace), self.tenant_of(r),
                            jti.get(r.label, ""))
            if why:
                lost.append((r, why))
            seen.add(r.trace)
        self.none(lost)
        self.assertEqual(len(seen), len(results), "trace ids are used twice")
        tokens = {r.says for r in results if r.kind == "token" and r.says}
        issued = [r for r in results if r.kind == "token" and r.status == 200]
        self.assertEqual(len(tokens), len(issued), "a token was given twice")
        for case in CASES:
            self.assertTrue(any(r.label.split()[1] == case for r in results),
                            f"nobody asked: {case}")

    def test_a_page_link_does_not_outlive_the_hospital_it_is_of(self):
        """Nor a tenant that is removed and made anew, under the same id."""
        tenant = "0000ffff-c405-4000-8000-0000000000ff"
        self.addCleanup(remove_tenant, self.house, tenant)
        client, secret = self.clients[0]

        def put(ward):
            put_tenant(self.house, tenant, name="Crossing, paged",
                       fhir_version="R4", client=client,
                       provider_url=self.wards.base("R4", ward))
            self.house.heard()

        def get(path):
            token = self.env.ask_token(tenant, client_id=client,
                                       client_secret=secret)
            return self.env.fhir("GET", path, token.json["access_token"], "R4")

        def next_page():
            links = get("Observation?patient=1&_count=2").json["link"]
            url = {x["relation"]: x["url"] for x in links}["next"]
            return url.split("/fhir/r4/")[1]

        put("p1")
        pages = [next_page()]
        self.assertIn("mark-p1", get(pages[0]).text)
        put("p2")
        pages.append(next_page())
        self.assertIn("mark-p2", get(pages[1]).text)
        for ward in ("p3", "p4"):
            remove_tenant(self.house, tenant)
            put(ward)
            for page in pages:
                self.assertEqual(get(page).reason, "cursor_refused", ward)

    def test_the_map_says_what_is_allowed(self):
        """The judge itself: at the edges of a change."""
        second, by = 1_000_000, Map()
        by.put(0, "old", (0, 0))
        by.put(0, "new", (10 * second, 11 * second))
        for began, ended, allowed in (
                (8, 9, {"old"}), (9, 10, {"old", "new"}),
                (11, 11.5, {"old", "new"}), (11.99, 14, {"old", "new"}),
                (12, 12.1, {"new"})):
            with self.subTest(began=began):
                self.assertEqual(by.allowed(
                    0, int(began * second), int(ended * second)), allowed)


if __name__ == "__main__":
    unittest.main()
