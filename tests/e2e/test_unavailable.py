# test_unavailable.py - the database is away; and how fast a change bites
# SPDX-License-Identifier: Apache-2.0
#
# Without a database nothing is granted and no record leaves: 503 with
# Retry-After, from the moment on that nothing can be written down. What needs
# no database keeps answering, the reasons are told, and all comes back without
# a restart. A change of what the programs trust bites in all processes within
# one second.
#
# Behind lighttpd only: what is proved here does not lie in the web server.

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import time
import unittest

from tests.rig import place
from tests.rig.client import Env, request
from tests.rig.crowd import Wards, audit_rows, now_us, put_tenant, sample
from tests.rig.house import HEARD_S, House

TENANT = "0000a7a1-1ab1-4000-8000-000000000001"
AWAY_S = 3
ANSWER_S = 20       # longest wait for a 503: two waits for the database,
                    # of two seconds each, on a busy machine
QUICK_S = 1         # shorter than one of those waits
BACK_S = 60
AT_ONCE = 30        # askers, fewer than a process of token has threads
STILL = ("/fhir/metadata", "/fhir/dstu2/metadata", "/fhir/r4/metadata",
         "/oauth2/jwks", "/healthz", "/.well-known/smart-configuration",
         "/.well-known/oauth-authorization-server")
WORKING = ("token", "facade", "metadata", "keep")


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "slow, and the same behind every web server")
class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.wards = cls.enterClassContext(Wards())
        cls.pool = cls.enterClassContext(
            concurrent.futures.ThreadPoolExecutor(AT_ONCE))
        cls.client, cls.secret = cls.house.add_client("Unavailable")
        cls.addClassCleanup(cls.script, "remove", links="end")
        cls.put()

    @classmethod
    def put(cls):
        put_tenant(cls.house, TENANT, name="Unavailable", fhir_version="R4",
                   client=cls.client,
                   provider_url=cls.wards.base("R4", "here"))

    @classmethod
    def script(cls, name, **more):
        cls.house.cluster.psql_file(
            place.TOP / f"sql/onboard/{name}.sql", tenant=TENANT, **more)

    def sql(self, text):
        return self.house.cluster.psql(text)

    # ---- asking ----

    def ask(self, secret=None):
        """A token request."""
        return self.timed(lambda: self.env.ask_token(
            TENANT, client_id=self.client,
            client_secret=secret or self.secret))

    def read(self, token):
        return self.timed(lambda: self.env.fhir("GET", "Patient/1", token,
                                                "R4"))

    @staticmethod
    def timed(call):
        began = time.monotonic()
        answer = call()
        answer.began, answer.took_s = began, time.monotonic() - began
        return answer

    def token(self, secret=None):
        answer = self.ask(secret)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def many(self, *calls, times=AT_ONCE):
        """Each call so often, all at once: {call: [answer]}."""
        asked = [(call, self.pool.submit(call)) for _ in range(times)
                 for call in calls]
        got = {call: [] for call in calls}
        for call, future in asked:
            got[call].append(future.result())
        return got

    def working(self, *calls):
        """Everywhere, and remembered everywhere."""
        for call, answers in self.many(*calls).items():
            wrong = [a for a in answers if a.status != 200]
            self.assertFalse(wrong, sample(wrong, 3))

    def checks(self):
        answer = request("GET", self.env["WG_BASE"] + "/readyz")
        return answer.status, {c["name"]: c["ok"]
                               for c in answer.json["checks"]}


class Outage(Story):
    def setUp(self):
        """What the story before did to the database may take a moment."""
        super().setUp()
        self.await_back(self.ask)

    def lives(self):
        """What would change if anything were started again."""
        return {name: (s["starts"], s["pids"]) for name, s in
                self.house.rig("status").items() if name in WORKING}

    def refusals(self, answers, word):
        """503, in its shape, with a time to come back, and soon enough."""
        for a in answers:
            self.assertEqual(a.status, 503, a)
            self.assertRegex(a.header.get("retry-after", ""), r"^[1-9]\d*$")
            self.assertEqual(a.header["cache-control"], "no-store")
            self.assertEqual(a.reason, word, a)
            self.assertNotIn("mark-", a.text)
            self.assertLess(a.took_s, ANSWER_S)

    def still(self):
        """What needs no database answers without waiting for it: whatever
        does, waits each time."""
        for path in STILL:
            until = time.monotonic() + BACK_S
            while True:
                answer = self.timed(lambda: request(
                    "GET", self.env["WG_BASE"] + path))
                self.assertEqual(answer.status, 200, path)
                if answer.took_s < QUICK_S:
                    break
                self.assertLess(time.monotonic(), until, path)

    def await_back(self, read):
        until = time.monotonic() + BACK_S
        while True:
            got = [self.ask().status, read().status, self.checks()[0]]
            if got == [200] * 3:
                return
            if time.monotonic() > until:
                self.fail(f"{BACK_S} s later: {got}")
            time.sleep(0.05)

    def asks_during(self, read, seconds):
        """Asks until the time is up; answers by program, all of them."""
        until, told, asked = time.monotonic() + seconds, {}, []
        while time.monotonic() < until:
            asked += [(name, self.pool.submit(call))
                      for name, call in (("token", self.ask), ("facade", read))]
            time.sleep(0.05)
            if time.monotonic() > until - seconds / 2:
                self.still()
        for name, future in asked:
            told.setdefault(name, []).append(future.result())
        return told

    def without(self, down, up, read, seconds=AWAY_S, ready=False, trust=0):
        """The story of one outage; down and up are what is done to it, trust
        the seconds for which what is remembered may still be believed."""
        self.working(self.ask, read)
        lives = self.lives()
        down()
        try:
            time.sleep(trust)
            told = self.asks_during(read, seconds)
            status, checks = self.checks()
        finally:
            up()
        self.refusals(told["token"], "temporarily_unavailable")
        self.refusals(told["facade"], "unavailable")
        self.assertEqual((status, checks["database"]),
                         (200, True) if ready else (503, False), checks)
        self.await_back(read)
        self.assertEqual(self.lives(), lives, "something was started again")
        self.working(self.ask, read)
        longest = max(a.took_s for answers in told.values() for a in answers)
        print(f"{sum(map(len, told.values()))} times 503 within {longest:.1f} "
              "s ... ", end="")

    def test_a_database_that_hangs(self):
        token = self.token()

        def send(which):    # the first makes the others
            for pid in (self.house.cluster.postmaster(),
                        *self.house.cluster.backends()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, which)
        self.without(lambda: send(signal.SIGSTOP),
                     lambda: send(signal.SIGCONT), lambda: self.read(token))

    def test_a_database_that_is_stopped(self):
        token = self.token()
        self.without(lambda: self.house.rig("stop", name="postgres"),
                     lambda: self.house.rig("start", name="postgres"),
                     lambda: self.read(token))

    def test_a_commit_that_never_ends(self):
        """As with a synchronous standby that is gone: rows are written, and
        durable nowhere else."""
        token = self.token()

        def standby(name):
            self.house.cluster.configure(synchronous_standby_names=name)
        self.without(lambda: standby("nobody"), lambda: standby(""),
                     lambda: self.read(token), ready=True)

    def test_a_trail_that_may_not_be_written_by_the_programs(self):
        token, rights = self.token(), ("on function wardgate.audit_write("
                                       "wardgate.audit_row[])")
        self.without(
            lambda: self.sql(f"revoke execute {rights} "
                             "from wg_token, wg_facade"),
            lambda: self.sql(f"grant execute {rights} to wg_token, wg_facade"),
            lambda: self.read(token), 1.5, ready=True)

    def test_a_trail_that_takes_no_rows(self):
        token = self.token()
        self.without(
            lambda: self.sql("revoke insert on wardgate.audit from wg_owner"),
            lambda: self.sql("grant insert on wardgate.audit to wg_owner"),
            lambda: self.read(token), 1.5, ready=True)

    def test_a_trail_that_is_locked(self):
        token, psql = self.token(), []

        def lock():
            psql.append(subprocess.Popen(
                ["psql", "-qX", self.env["WG_DB"]], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            psql[0].stdin.write("begin; lock table wardgate.audit in access "
                                "exclusive mode; \\echo locked\n")
            psql[0].stdin.flush()
            self.assertEqual(psql[0].stdout.readline(), "locked\n")

        def release():
            psql[0].communicate("rollback;\n")
        self.without(lock, release, lambda: self.read(token), ready=True)

    def test_a_directory_that_cannot_be_confirmed(self):
        """A17 by itself: the trail could be written."""
        token = self.token()
        asked = {"wg_token": ("client_for_token(uuid, text)",
                              "route_for_token(uuid, uuid)"),
                 "wg_facade": ("route_for_facade(uuid, uuid)",)}

        def rights(verb, to):
            for role, functions in asked.items():
                for f in (*functions, "changes_since(bigint)"):
                    self.sql(f"{verb} execute on function wardgate.{f} "
                             f"{to} {role}")
        self.without(lambda: rights("revoke", "from"),
                     lambda: rights("grant", "to"),
                     lambda: self.read(token), 1.5, ready=True, trust=HEARD_S)

    def test_what_was_answered_around_an_outage_is_in_the_trail(self):
        token = self.token()
        began, until = now_us(), time.monotonic() + BACK_S
        asked = []
        self.addCleanup(self.house.rig, "start", name="postgres")
        for n in range(60):
            if n == 20:
                self.house.rig("stop", name="postgres")
            if n == 30:
                while not any(f.done() and f.result().status == 503
                              for f in asked[40:]):
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.05)
                self.house.rig("start", name="postgres")
            asked += [self.pool.submit(self.ask),
                      self.pool.submit(self.read, token)]
            time.sleep(0.05)
        answers = [f.result() for f in asked]
        self.await_back(lambda: self.read(token))
        kept = audit_rows(self.house, began)
        answered = [a for a in answers if a.status != 503]
        self.assertEqual({a.status for a in answers}, {200, 503})
        lost = [a for a in answered if a.header["x-trace-id"] not in kept]
        self.assertFalse(lost, sample(lost, 3))

    def test_a_statement_asked_for_with_a_token_is_that_of_everybody(self):
        url = self.env["WG_FHIR_R4"] + "/metadata"
        token = self.token()
        fields = {"Authorization": f"Bearer {token}"}
        plain = request("GET", url)

        def is_the_hospitals():
            until = time.monotonic() + BACK_S
            while request("GET", url, fields).body == plain.body:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
        is_the_hospitals()
        self.house.rig("stop", name="postgres")
        try:
            got = request("GET", url, fields)
        finally:
            self.house.rig("start", name="postgres")
        self.assertEqual((got.status, got.body), (200, plain.body))
        self.await_back(lambda: self.read(token))
        is_the_hospitals()

    def test_a_server_that_takes_no_writes_is_not_ready(self):
        def session(text):
            self.sql(f"alter role wg_metadata {text}; "
                     "grant wg_metadata to wg_owner")
            self.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                     "where usename = 'wg_metadata'")
            self.sql("revoke wg_metadata from wg_owner")
        self.addCleanup(self.await_checks, 200, writable=True)
        self.addCleanup(session, "reset default_transaction_read_only")
        session("set default_transaction_read_only = on")
        self.await_checks(503, writable=False, database=True)

    def await_checks(self, status, **expected):
        until = time.monotonic() + BACK_S
        while True:
            got, checks = self.checks()
            if got == status and expected.items() <= checks.items():
                return
            if time.monotonic() > until:
                self.fail(f"{got} {checks}")
            time.sleep(0.1)


class Change(Story):
    """Each story: what holds is remembered everywhere; then the change; one
    second after its commit every process must know it. What is given again
    needs a new token: those from before its end stay dead."""

    def bites(self, change, again=False, **becomes):
        """becomes: name of a call -> status from then on. Between the commit
        and the end of the second either may be answered."""
        calls = {name: self.calls[name] for name in becomes}
        change()
        live = time.monotonic() + HEARD_S
        while time.monotonic() < live:
            self.many(*calls.values(), times=2)
        if again:
            self.live = self.token()
        for call, answers in self.many(*calls.values()).items():
            name = next(n for n, c in calls.items() if c is call)
            wrong = [a for a in answers if a.status != becomes[name]]
            self.assertFalse(wrong, f"{name}: {sample(wrong, 3)}")
        return {name: self.many(call, times=1)[call][0]
                for name, call in calls.items()}

    def setUp(self):
        self.live = self.token()
        self.calls = {"token": self.ask,
                      "facade": lambda: self.read(self.live)}
        self.working(*self.calls.values())

    def operator(self, *args):
        return lambda: self.house.operator("client", *args)

    def test_who_hears_of_no_change_believes_nothing_remembered(self):
        hearing = "execute on function wardgate.changes_since(bigint)"
        roles = "wg_token, wg_facade"
        self.addCleanup(self.sql, f"grant {hearing} to {roles}")
        self.addCleanup(self.script, "resume")
        self.sql(f"revoke {hearing} from {roles}")
        self.bites(lambda: self.script("suspend"), token=400, facade=403)
        self.bites(lambda: self.script("resume"), True, token=200, facade=200)

    def test_suspend_and_resume(self):
        self.addCleanup(self.script, "resume")
        got = self.bites(lambda: self.script("suspend"), token=400, facade=403)
        self.assertEqual(got["token"].reason, "invalid_scope")
        self.bites(lambda: self.script("resume"), True, token=200, facade=200)

    def test_the_command_does_what_the_scripts_do(self):
        def tenant(*words):
            return lambda: self.house.operator("tenant", *words, TENANT)
        self.addCleanup(self.script, "resume")
        self.bites(tenant("suspend"), token=400, facade=403)
        got = self.bites(tenant("maintenance", "--notice", "Back at six.",
                                "--retry-after", "66"), True, token=200,
                         facade=503)
        self.assertEqual(got["facade"].header["retry-after"], "66")
        self.assertIn("Back at six.", got["facade"].text)
        self.bites(tenant("resume"), token=200, facade=200)

    def test_maintenance_shows_its_notice(self):
        self.addCleanup(self.script, "resume")
        for notice in ("Back at six; ask the ward by telephone.",
                       "\u00fc\u4e16\u754c " * 125):
            got = self.bites(
                lambda: self.script("maintenance", notice=notice,
                                    retry_after_s=77), token=200, facade=503)
            self.assertEqual(got["facade"].header["retry-after"], "77")
            self.assertEqual(
                got["facade"].json["issue"][0]["details"]["text"],
                notice.strip())
        self.bites(lambda: self.script("resume"), token=200, facade=200)

    def test_maintenance_ends_by_itself(self):
        self.addCleanup(self.script, "resume")
        facade, during = self.calls["facade"], []
        for seconds in (4, 12, 36):     # longer, where all of it passes by
            first = time.monotonic() + seconds
            self.script("maintenance", notice="A moment.",
                        until=f"+{seconds} seconds")
            last = time.monotonic() + seconds
            self.house.heard()
            during = [a for a in self.many(facade)[facade]
                      if a.began + a.took_s < first]
            time.sleep(max(0, last - time.monotonic()))
            if during:
                break
        self.assertEqual({a.status for a in during}, {503})
        self.bites(lambda: None, token=200, facade=200)

    def test_a_removed_tenant_and_a_new_one(self):
        self.addCleanup(self.put)
        self.bites(lambda: self.script("remove", links="end"), token=400, facade=403)
        self.bites(self.put, True, token=200, facade=200)

    def test_a_disabled_client(self):
        self.addCleanup(self.house.operator, "client", "enable", self.client)
        got = self.bites(self.operator("disable", self.client),
                         token=401, facade=401)
        self.assertEqual(got["token"].reason, "invalid_client")
        self.bites(self.operator("enable", self.client), True, token=200,
                   facade=200)

    def test_a_grant_that_is_taken_back(self):
        self.addCleanup(self.house.operator, "client", "grant", self.client,
                        TENANT)
        self.bites(self.operator("ungrant", self.client, TENANT),
                   token=400, facade=401)
        self.bites(self.operator("grant", self.client, TENANT), True,
                   token=200, facade=200)

    def test_a_secret_that_is_made_and_ended_beside_another(self):
        made = json.loads(self.house.operator(
            "client", "secret", "add", self.client, "--json"))
        second = made["client_secret"]
        token = self.token(second)      # works at once
        self.calls.update(new=lambda: self.ask(second),
                          used=lambda: self.read(token))
        self.working(*self.calls.values())
        got = self.bites(self.operator("secret", "invalidate", self.client,
                                       second[4:12]),
                         new=401, used=401, token=200, facade=200)
        self.assertEqual(got["new"].reason, "invalid_client")
        self.assertEqual(got["used"].reason, "token_refused")

    def test_a_hospital_that_moved(self):
        self.addCleanup(self.put)
        put_tenant(self.house, TENANT,
                   provider_url=self.wards.base("R4", "there"))
        self.house.heard()
        answers = self.many(self.calls["facade"])[self.calls["facade"]]
        old = [a for a in answers if "mark-there" not in a.text
               or "mark-here" in a.text]
        self.assertFalse(old, sample(old, 3))


if __name__ == "__main__":
    unittest.main()
