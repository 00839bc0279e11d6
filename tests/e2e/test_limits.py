# test_limits.py - how often a client, a tenant, a source of failures may come
# SPDX-License-Identifier: Apache-2.0
#
# The house's programs are started again with small limits, and with the local
# address as a proxy of ours, so that a story says by X-Forwarded-For where it
# comes from. Two processes of each program share every count.

import json
import time

from tests.e2e.hostile import Hostile, rows
from tests.rig import place
from tests.rig.client import request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

RATE, BURST = 1, 60         # of a client; of a tenant the same rate
TENANT_BURST = 20
FAILURES = 10
SETTINGS = {"client_rate": RATE, "client_burst": BURST, "tenant_rate": RATE,
            "tenant_burst": TENANT_BURST, "batch_entries": TENANT_BURST,
            "failures_per_minute": FAILURES, "trusted_proxies": "127.0.0.1"}
TENANTS = [f"{n:08x}-11a1-4000-8000-000000000011" for n in range(1, 11)]
PROGRAMS = ("token", "facade")


def set_lines(house, more):
    """wardgate.conf with these settings; its text before."""
    before = house.conf.read_text()
    kept = [line for line in before.splitlines()
            if line.partition("=")[0].strip() not in more]
    place.write(house.conf, "\n".join(
        kept + [f"{k} = {v}" for k, v in more.items()]) + "\n")
    return before


def start_again(house, env, signal=15, programs=PROGRAMS):
    for name in programs:
        old = set(house.rig.pids(name))
        house.rig("signal", name=name, signal=signal)
        until = time.monotonic() + 60
        while (old & set(house.rig.pids(name))
               or len(house.rig.pids(name)) < len(old)):
            if time.monotonic() > until:
                raise place.Advice(f"{name} does not start again")
            time.sleep(0.05)
    house.env, house.base = env, env["WG_BASE"]
    house.wait_ready()


class Limits(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        before = set_lines(cls.house, SETTINGS)
        cls.addClassCleanup(start_again, cls.house, cls.env)
        cls.addClassCleanup(place.write, cls.house.conf, before)
        start_again(cls.house, cls.env)
        cls.place = iter(range(1, 250))

    def setUp(self):
        self.began = time.monotonic()

    def passed_at_most(self, burst, per_s=RATE):
        """So many passed if all counted together since the test began."""
        return burst + (time.monotonic() - self.began) * per_s + 1

    def client(self):
        return dict(zip(("client_id", "client_secret"),
                        self.house.add_client("Limited")))

    def tenant(self, n, *clients):
        for who in clients:
            put_tenant(self.house, TENANTS[n], name=f"Limited {n}",
                       fhir_version="R4", client=who["client_id"],
                       provider_url=self.env["WG_BASE"] + "/rehearsal/r4")
        self.addCleanup(remove_tenant, self.house, TENANTS[n])
        return TENANTS[n]

    def source(self):
        """An address that nobody has come from yet."""
        return {"X-Forwarded-For": f"203.0.113.{next(self.place)}"}

    def ask(self, who, tenant, source=None, **more):
        form = {"grant_type": "client_credentials", "scope": tenant, **who,
                **more}
        return request("POST", self.env["WG_TOKEN_URL"],
                       {"Content-Type": "application/json", **(source or {})},
                       json.dumps(form))

    def token(self, who, tenant):
        answer = self.ask(who, tenant)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["access_token"]

    def read(self, token, source=None):
        return self.env.fhir("GET", "Patient?identifier=none", token, "R4",
                             headers=source)

    def until_limited(self, ask, most=300):
        """The first answer that is 429, asking again and again."""
        for _ in range(most):
            answer = ask()
            if answer.status == 429:
                return answer
        self.fail(f"never refused: {answer}")

    def limited(self, answer, limit):
        """What every 429 of ours says besides its body."""
        wait = int(answer.header["retry-after"])
        self.assertGreaterEqual(wait, 1)
        self.assertEqual(answer.header["ratelimit-limit"], str(limit))
        self.assertEqual(answer.header["ratelimit-remaining"], "0")
        self.assertEqual(answer.header["ratelimit-reset"], str(wait))

    # ---- clients ----

    def test_a_client_has_a_burst_and_a_rate_over_all_processes(self):
        who, other = self.client(), self.client()
        tenant = self.tenant(0, who, other)
        nowhere = {"scope": TENANTS[-1]}    # not granted: no tenant is drawn on
        answers = [self.ask(who, tenant, **nowhere)
                   for _ in range(BURST + 30)]
        good = [a for a in answers if a.status == 400]
        bad = [a for a in answers if a.status != 400]
        self.assertGreaterEqual(len(good), BURST)
        self.assertLessEqual(len(good), self.passed_at_most(BURST))
        for answer in bad[:3]:
            self.safe(answer, 429, "temporarily_unavailable", "limit_client")
            self.limited(answer, BURST)
        self.assertEqual(self.ask(other, tenant).status, 200)

    def test_a_client_is_told_what_is_left_and_nobody_else(self):
        who, here = self.client(), self.source()
        tenant = self.tenant(9, who)
        answers = [self.ask(who, tenant) for _ in range(4)]
        answers.append(self.read(answers[0].json["access_token"]))
        left = [int(a.header["ratelimit-remaining"]) for a in answers]
        more = self.passed_at_most(0)   # came back meanwhile
        for n, (answer, rest) in enumerate(zip(answers, left), 1):
            self.assertLess(rest, BURST)
            self.assertIn(rest - BURST + n, range(-1, int(more) + 1))
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.header["ratelimit-limit"], str(BURST))
            self.assertGreaterEqual(int(answer.header["ratelimit-reset"]), 1)
        for answer in (self.failures(who, here, 1)[0], self.read(None),
                       self.read("made.up.token", here)):
            self.assertEqual(answer.status, 401)
            self.assertFalse([h for h in answer.header
                              if h.startswith("ratelimit")])

    def test_tokens_and_records_come_from_one_limit(self):
        who = self.client()
        token = self.token(who, self.tenant(1, who))
        self.until_limited(lambda: self.ask(who, TENANTS[-1]))
        answer = self.until_limited(lambda: self.read(token), BURST // 2)
        self.safe(answer, 429, "limit_client", "limit_client")
        self.limited(answer, BURST)
        self.assertEqual(answer.json["issue"][0]["code"], "throttled")

    def test_what_cannot_be_answered_counts_for_the_client(self):
        who = self.client()
        token = self.token(who, self.tenant(7, who))
        before = self.audits(who)
        for path, status, reason in (("Binary/1", 404, "type_not_served"),
                                     ("Patient/" + "x" * 65, 400, "id_malformed"),
                                     ("Patient?_format=xml", 406,
                                      "format_refused")):
            def ask():
                return self.env.fhir("GET", path, token, "R4")
            self.safe(ask(), status, reason, reason)
        answer = self.until_limited(ask)
        self.safe(answer, 429, "limit_client", "limit_client")
        self.limited(answer, BURST)
        told = self.audits(who) - before
        self.assertGreaterEqual(told, BURST - 1)
        self.assertLessEqual(told, self.passed_at_most(BURST) + 1)

    def audits(self, who):
        return int(rows(self.env, "select count(*) from wardgate.audit where "
                        f"client_id = '{who['client_id']}'")[0][0])

    def test_who_holds_a_dead_token_of_a_client_does_not_draw_on_it(self):
        who = self.client()
        tenant = self.tenant(8, who)
        dead, good = self.token(who, tenant), self.token(who, tenant)
        form = {**who, "token": dead}
        self.assertEqual(request(
            "POST", self.env["WG_BASE"] + "/oauth2/revoke",
            {"Content-Type": "application/json"}, json.dumps(form)).status,
            200)
        self.house.heard()
        for path in ("Patient?identifier=none", "Binary/1"):
            told = {self.env.fhir("GET", path, dead, "R4").status
                    for _ in range(BURST)}
            self.assertEqual(told, {401})
        self.assertEqual(self.read(good).status, 200)

    def test_who_has_not_shown_who_it_is_draws_on_no_client(self):
        who = self.client()
        tenant = self.tenant(2, who)
        for _ in range(BURST + 20):
            self.ask({**who, "client_secret": "wrong"}, tenant, self.source())
        self.assertEqual(self.ask(who, tenant).status, 200)

    # ---- tenants ----

    def test_a_tenant_at_its_limit_does_not_slow_another(self):
        one, two = self.client(), self.client()
        busy, calm = self.tenant(3, one, two), self.tenant(4, two)
        first, second = self.token(one, busy), self.token(two, busy)
        good = []

        def ask():
            good.append(self.read(first))
            return good[-1]
        answer = self.until_limited(ask)
        good.pop()
        self.assertEqual({a.status for a in good}, {200})
        self.assertGreaterEqual(len(good), TENANT_BURST - 2)    # two tokens
        self.assertLessEqual(len(good), self.passed_at_most(TENANT_BURST))
        self.safe(answer, 429, "limit_tenant", "limit_tenant")
        self.limited(answer, TENANT_BURST)
        self.until_limited(lambda: self.read(second), TENANT_BURST - 5)
        self.assertEqual(self.read(self.token(two, calm)).status, 200)

    def test_each_entry_of_a_batch_is_a_request_to_the_hospital(self):
        who = self.client()
        token = self.token(who, self.tenant(5, who))
        answer = self.batch(token, TENANT_BURST - 5)
        self.assertEqual(answer.status, 200, answer)
        answer = self.batch(token, TENANT_BURST)
        self.safe(answer, 429, "limit_tenant", "limit_tenant")
        self.limited(answer, TENANT_BURST)
        self.assertEqual(answer.json["resourceType"], "OperationOutcome")

    def batch(self, token, entries):
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": "Patient?identifier=none"}}
            for _ in range(entries)]}
        return self.env.fhir(
            "POST", "", token, "R4", body=json.dumps(bundle),
            headers={"Content-Type": "application/fhir+json"})

    # ---- sources ----

    def failures(self, who, source, n):
        return [self.ask({**who, "client_secret": "wrong"}, TENANTS[-1],
                         source) for _ in range(n)]

    def test_C5_failures_slow_their_source_and_lock_nobody_out(self):
        who = self.client()
        tenant, here = self.tenant(6, who), self.source()
        answers = self.failures(who, here, 100)
        told = [a for a in answers if a.status == 401]
        self.assertGreaterEqual(len(told), FAILURES)
        self.assertLessEqual(len(told), self.passed_at_most(
            FAILURES, FAILURES / 60))
        for answer in [a for a in answers if a.status != 401][-3:]:
            self.safe(answer, 429, "temporarily_unavailable", "limit_source")
            self.limited(answer, FAILURES)
        self.safe(told[0], 401, "invalid_client", "secret_malformed")
        self.assertEqual(self.ask(who, tenant, here).status, 200)
        self.assertEqual(self.ask(who, tenant).status, 200)
        self.assertEqual(self.failures(who, self.source(), 1)[0].status, 401)

    def test_unknown_and_wrong_look_alike_there_too(self):
        who, here = self.client(), self.source()
        self.failures(who, here, FAILURES + 3)
        stranger = {**who, "client_id": TENANTS[-1]}
        one, two = (self.until_limited(
            lambda: self.failures(x, here, 1)[0]).body for x in (who, stranger))
        self.assertEqual(one, two)

    def test_a_kill_gives_nobody_a_new_start(self):
        who, here = self.client(), self.source()
        told = self.failures(who, here, FAILURES)
        start_again(self.house, self.env, signal=9)
        told += self.failures(who, here, FAILURES)
        good = [a.status for a in told].count(401)
        self.assertGreaterEqual(good, FAILURES)
        self.assertLessEqual(good, self.passed_at_most(
            FAILURES, FAILURES / 60))

    def test_made_up_tokens_are_failures_and_missing_ones_are_not(self):
        here = self.source()
        answers = [self.read(None, here) for _ in range(FAILURES + 5)]
        self.assertEqual({a.status for a in answers}, {401})
        self.safe(self.read("made.up.token", here), 401, "token_refused",
                  "token_malformed")
        answer = self.until_limited(lambda: self.read("made.up.token", here))
        self.safe(answer, 429, "limit_source", "limit_source")
        self.assertEqual(answer.json["issue"][0]["code"], "throttled")

    def test_a_whole_network_of_IPv6_is_one_source(self):
        who = self.client()
        told = [self.failures(who, {"X-Forwarded-For": f"2001:db8:5:6::{n:x}"},
                              1)[0].status for n in range(4 * FAILURES)]
        self.assertLessEqual(told.count(401), self.passed_at_most(
            FAILURES, FAILURES / 60))
        self.assertEqual(set(told), {401, 429})

    def test_what_a_caller_says_of_himself_is_not_believed(self):
        who, mine = self.client(), f"198.51.100.{next(self.place)}"
        others = iter(range(250))

        def fail():
            other = f"192.0.2.{next(others)}"
            return self.failures(who, {"X-Forwarded-For": f"{other}, {mine}",
                                       "Forwarded": f"for={other}"}, 1)[0]
        answer = self.until_limited(fail, 200)
        kept = rows(self.env, "select host(source) from wardgate.audit where "
                    f"trace_id = '{answer.header['x-trace-id']}' "
                    "and at > now() - interval '1 hour'")
        self.assertEqual(kept, [[mine]])
