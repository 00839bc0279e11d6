# test_killed.py - any process may die at any instant, and nothing is lost
# SPDX-License-Identifier: Apache-2.0
#
# Under load, kill -9 of random victims: any process of token, facade,
# metadata, rehearsal and the keeper, any process of PostgreSQL, the postmaster
# itself. What was answered is in the audit; tokens and settings that were
# answered for count afterwards; no answer is half of one; nobody is refused
# for it; and everything comes back by itself.
#
# Behind Apache only: what is proved here does not lie in the web server. `make
# check` kills 200 times, `make soak` (WG_SOAK) 1,000; WG_SEED repeats a run.

import json
import os
import random
import signal
import subprocess
import time
import unittest

from tests.rig import place
from tests.rig.client import Env, request
from tests.rig.crowd import (Crowd, Wards, audit_rows, form, now_us,
                             put_tenant, remove_tenant, sample, unaudited,
                             unit)
from tests.rig.house import PROGRAMS, House

SOAK = bool(os.environ.get("WG_SOAK"))
KILLS = int(os.environ.get("WG_KILLS") or (1000 if SOAK else 200))
SEED = int(os.environ.get("WG_SEED") or random.randrange(1 << 32))
BACK_WAIT_S = 60
NOTICED_US = 100_000    # then PostgreSQL knows that one of its own is dead
CALM_S = 2      # without deaths, at the end
TOKEN_LIFE_US = 540_000_000     # a little less than its ten minutes
SETTING_EVERY = 8               # kills
OUTAGE = (0, 500, 502, 503, 504)

# Of a hundred deaths.
VICTIMS = {**dict.fromkeys(PROGRAMS, 16), "keep": 3, "backend": 26,
           "postmaster": 7}
TENANTS = [f"{n:08x}-dead-4000-8000-00000000{n:04x}" for n in range(1, 5)]

# Case -> status of its token and of its record, when nothing is broken.
CASES = {"read": (200, 200), "search": (200, 200), "real": (200, 200),
         "absent": (200, 404), "stranger": (401, None), "meta": (None, 200),
         "keys": (None, 200)}
PROOF = ("read", "search", "real", "meta", "keys")  # of having come back


def patiently(call, *args):
    """The story's own work, which may meet a database that is coming back."""
    until = time.monotonic() + BACK_WAIT_S
    while True:
        try:
            return call(*args)
        except (RuntimeError, place.Advice):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@unittest.skipUnless(SOAK or os.environ.get("WG_SERVER") == "apache",
                     "heavy, and the same behind every web server")
class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.dice = random.Random(SEED)
        cls.client = cls.house.add_client("Killed")
        cls.stranger = cls.house.add_client("Killed, a stranger")
        cls.wards = cls.enterClassContext(Wards(delay_ms=60))
        for n, tenant in enumerate(TENANTS):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=f"Killed {n}",
                       fhir_version="R4", client=cls.client[0],
                       provider_url=cls.wards.base("R4", f"w{n}"))
        found = request("GET", cls.env["WG_BASE"] +
                        "/rehearsal/stu3/Patient?_count=1")
        cls.patient = found.json["entry"][0]["resource"]["id"]

    # ---- the load ----

    def unit(self, case, n):
        client, tenant = self.client, TENANTS[n % len(TENANTS)]
        target, method, body = "/fhir/r4/Patient/1", "GET", "-"
        if case == "search":
            target, method = "/fhir/r4/Patient/_search", "POST+"
            body = "family=mark&_count=4"
        elif case == "real":
            client = self.env["WG_CLIENT_ID"], self.env["WG_CLIENT_SECRET"]
            tenant = self.env["WG_TENANT_STU3"]
            target = f"/fhir/stu3/Patient/{self.patient}"
        elif case == "absent":
            target = "/fhir/r4/Patient/absent"
        elif case == "stranger":
            client, method = (client[0], self.stranger[1]), "-"
        elif case == "meta":
            return unit("meta -", "-", "GET", "/fhir/r4/metadata")
        elif case == "keys":
            return unit("keys -", "-", "GET", "/oauth2/jwks")
        return unit(f"{case} {tenant}", form(*client, tenant), method, target,
                    body)

    def plan(self):
        cases = ["read"] * 8 + ["search"] * 4 + ["real"] * 4 + [
            "absent", "stranger", "meta", "keys"]
        return [self.unit(case, n) for n in range(16) for case in cases]

    # ---- the deaths ----

    def victim(self, kind):
        """A process id, or None when there is none of the kind just now."""
        if kind == "postmaster":
            return self.house.cluster.postmaster()
        if kind == "backend":
            pids = set(self.house.cluster.backends()) - {
                self.house.cluster.postmaster()}
        else:
            pids = self.house.rig.pids(kind)
        return self.dice.choice(sorted(pids)) if pids else None

    def order(self):
        """Who dies when: everybody in their share, shuffled."""
        kinds = [kind for kind, share in VICTIMS.items()
                 for _ in range(max(1, share * KILLS // 100))]
        self.dice.shuffle(kinds)
        return kinds

    def kill(self, kind):
        """One of the kind dies; when, in us."""
        while True:
            pid = self.victim(kind)
            try:
                if pid:
                    os.kill(pid, signal.SIGKILL)
                    return now_us()
            except ProcessLookupError:
                pass
            time.sleep(0.01)    # it is just being replaced

    def complete(self):
        return all(len(s["pids"]) == self.counts[name]
                   for name, s in self.house.rig("status").items())

    def await_back(self, crowd, who, when):
        """Until each kind of request that was begun after the death has been
        answered well, and all processes are there again."""
        missing, until = set(PROOF), time.monotonic() + BACK_WAIT_S
        while missing or not self.complete():
            for r in crowd.news():
                case = r.label.split()[0]
                if r.began > when + NOTICED_US and r.kind == "first" and \
                        r.status == CASES[case][1]:
                    missing.discard(case)
            if time.monotonic() > until:
                self.fail(f"{BACK_WAIT_S} s after the death of {who}, no "
                          f"{missing}: {self.house.rig('status')}")
            time.sleep(0.01)

    # ---- settings that are made meanwhile ----

    def begin_setting(self, n):
        """A change of settings, under way; (process, what it will have made).
        By turns a client, a tenant, and the end of a secret."""
        if n % 3 == 0:
            return self.start(*self.house.program("wardgate"), "client",
                              "add", f"Made under fire {n}"), ("client", n)
        if n % 3 == 1:
            tenant = f"{n:08x}-f19e-4000-8000-000000000000"
            self.addCleanup(patiently, remove_tenant, self.house, tenant)
            return self.start(
                "psql", "-qX", "-v", f"tenant={tenant}", "-v",
                f"name=Under fire {n}", "-v", "fhir_version=R4", "-v",
                f"provider_url={self.wards.base('R4', 'fire')}", "-f",
                str(place.TOP / "sql/onboard/tenant.sql"),
                self.env["WG_DB"]), ("tenant", tenant)
        client, secret = patiently(self.house.add_client,
                                   f"Ends under fire {n}")
        return self.start(
            *self.house.program("wardgate"), "client", "secret", "invalidate",
            client, secret[4:12]), ("secret", (client, secret))

    def start(self, *argv):
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self.house.home,
            env=self.house.cluster.environment())

    def end_setting(self, process, made):
        """Only what was answered for counts."""
        if process.wait(BACK_WAIT_S) == 0:
            self.settings.append(made)

    def setting_holds(self, kind, what):
        if kind == "client":
            names = json.loads(self.house.operator("client", "list", "--json"))
            return f'"Made under fire {what}"' in json.dumps(names)
        if kind == "tenant":
            return self.house.cluster.psql(
                "select count(*) from wardgate.provider "
                f"where tenant_id = '{what}'") == "1"
        client, secret = what
        return self.env.ask_token(
            TENANTS[0], client_id=client, client_secret=secret).status == 401

    # ---- the story ----

    def test_whoever_dies_nothing_that_was_answered_is_lost(self):
        print(f"seed {SEED} ... ", end="", flush=True)
        began = now_us()
        self.counts = {name: len(s["pids"]) for name, s in
                       self.house.rig("status").items()}
        self.settings, deaths = [], self.order()
        with Crowd(self.env.port, self.plan(), clients=24, rate=140,
                   keep_every=30) as crowd:
            for n, who in enumerate(deaths):
                setting = None
                if n % SETTING_EVERY == 0:
                    setting = self.begin_setting(n // SETTING_EVERY)
                time.sleep(self.dice.uniform(0, 0.15))
                when = self.kill(who)
                if setting:
                    self.end_setting(*setting)
                self.await_back(crowd, who, when)
            time.sleep(CALM_S)
            crowd.stop()
            took = (now_us() - began) / 1e6
            results, tokens = crowd.results(), crowd.tokens()
        self.judge(results, audit_rows(self.house, began))
        self.judge_settings()
        self.judge_tokens(tokens)
        print(f"{len(deaths)} deaths, {len(results)} answers, {len(self.settings)} "
              f"settings, {took:.0f} s ... ", end="")

    def none(self, things):
        if things:
            self.fail(f"seed {SEED}\n" + sample(things))

    def wrong(self, r):
        case = r.label.split()[0]
        right = CASES[case][0 if r.kind == "token" else 1]
        if r.status != right:
            return r.status not in OUTAGE
        if r.kind == "token" or case not in ("read", "search"):
            return r.says == "half"
        return r.says != f"w{TENANTS.index(r.label.split()[1])}"

    def judge(self, results, kept):
        self.none([r for r in results if self.wrong(r)])
        lost = []
        for r in results:
            case, tenant = r.label.split()
            if case in ("meta", "keys") or not r.trace or r.status == 503:
                continue
            issued = r.says.split("/")[1] if r.kind == "token" \
                and r.status == 200 else None
            why = unaudited(r, kept.get(r.trace),
                            "" if case == "stranger" else tenant, issued)
            if why:
                lost.append((r, why))
        self.none(lost)
        good = sum(r.status in CASES[r.label.split()[0]] for r in results)
        # PostgreSQL may need longer to come back than it is left in peace
        self.assertGreater(good, len(results) / 10, "hardly anything worked")

    def judge_settings(self):
        self.assertGreater(len(self.settings), KILLS / SETTING_EVERY / 3)
        self.none([s for s in self.settings if not self.setting_holds(*s)])

    def judge_tokens(self, tokens):
        """Those that were handed out in between and have not ended still
        open their door."""
        live = [(label, token) for label, began, token in tokens
                if began > now_us() - TOKEN_LIFE_US]
        self.assertGreater(len(live), 20)
        plan = []
        for label, token in live:
            case, tenant = label.split()
            path = f"/fhir/stu3/Patient/{self.patient}" if case == "real" \
                else "/fhir/r4/Patient/2"
            plan.append(unit(f"{case} {tenant}", "-", "GET", path, "-",
                             f"Authorization: Bearer {token}"))
        with Crowd(self.env.port, plan, units=len(plan)) as crowd:
            crowd.wait(60)
            self.none([r for r in crowd.results() if r.status != 200])


if __name__ == "__main__":
    unittest.main()
