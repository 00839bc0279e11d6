# test_hosts.py - two hosts, one database: what ends, what fails, what takes over
# SPDX-License-Identifier: Apache-2.0
#
# What is ended at one host is refused by every process of both within one
# second, and stays so when everything was killed. A host that the database
# cannot be reached from grants nothing, and comes back by itself. Keys and
# secrets are exchanged on both while they work, and nobody notices. A standby
# takes over without a restart of anything, without the loss of anything that
# was answered for, and the old primary is believed no more.
#
# Told in networks of their own (rig/apart.py); skipped where none can be made.
# Behind lighttpd only: what is proved here does not lie in the web server.

import concurrent.futures
import contextlib
import itertools
import json
import os
import signal
import time
from urllib.parse import urlencode

from tests.e2e import behind_lighttpd
from tests.e2e.jwt import parts
from tests.e2e.watched import Watch, timed
from tests.rig import place
from tests.rig.apart import Apart
from tests.rig.client import FORM, request
from tests.rig.crowd import audit_rows, now_us, sample
from tests.rig.hosts import Site

setUpModule = behind_lighttpd

LIVE_S = 1.0    # a change bites within one second
TRUST_S = 0.9   # what is remembered counts so long without a database
ANSWER_S = 30   # longest wait for a 503: two for the database, of 2 s each
BACK_S = 60
LOAD_S = 1.5    # of load after every step
KNOWN_S = 6     # before a new key of page cursors may seal
ALONE_S = 2.5   # longer than a wait for the database
AT_ONCE = 12    # askers of one host, so that every process answers soon
TAKEN = {200, 404}      # the record asked for is of nobody
REFUSED = {400, 401, 403, 503}
OURS = ("token", "facade", "metadata")


class Story(Apart):
    @classmethod
    def begin(cls):
        cls.site = cls.enterClassContext(Site())
        cls.hosts = cls.site.hosts
        cls.pool = cls.enterClassContext(
            concurrent.futures.ThreadPoolExecutor(AT_ONCE))
        cls.numbers = itertools.count(2)

    @staticmethod
    def patiently(call, *words):
        """Again, when the machine is too busy: what is done stays done."""
        until = time.monotonic() + BACK_S
        while True:
            try:
                return call(*words)
            except place.Advice:
                if time.monotonic() > until:
                    raise

    def party(self):
        """(client, secret, tenant), of its own."""
        n = next(self.numbers)
        client, secret = self.patiently(self.site.add_client, f"Party {n}")
        return client, secret, self.site.add_tenant(n, client)

    @staticmethod
    def ask(host, client, secret, tenant):
        return host.env.ask_token(tenant, client_id=client,
                                  client_secret=secret)

    def token(self, party=None, host=None):
        host, until = host or self.hosts[0], time.monotonic() + BACK_S
        while True:
            answer = self.ask(host, *party) if party else \
                host.env.ask_token("R4")
            if answer.status != 503 or time.monotonic() > until:
                self.assertEqual(answer.status, 200, answer)
                return answer.json["access_token"]

    @staticmethod
    def reader(token):
        return lambda host: host.env.fhir("GET", "Patient/x", token, "R4")

    def asker(self, party):
        return lambda host: self.ask(host, *party)

    def operator(self, *words):
        return self.patiently(self.site.operator, *words)

    def everywhere(self, call, right, program="facade", hosts=None):
        """Each process of the program, on each host, answers so. 503 says
        nothing, as on a machine that is too busy: it is asked again."""
        for host in hosts or self.hosts:
            seen, until = set(), time.monotonic() + BACK_S
            while not seen >= set(host.rig.pids(program)):
                answers = list(self.pool.map(timed, [call] * AT_ONCE,
                                             [host] * AT_ONCE))
                answers = [a for a in answers if a.status != 503]
                wrong = [a for a in answers if a.status not in right]
                self.assertFalse(wrong, sample(wrong, 3))
                seen |= host.who(program, answers)
                self.assertLess(time.monotonic(), until, "not all answer")

    def dead(self, *tokens):
        for token in tokens:
            self.everywhere(self.reader(token), {401})

    def alive(self, *tokens):
        for token in tokens:
            self.everywhere(self.reader(token), TAKEN)

    def await_back(self, hosts=None):
        """Every process answers well again."""
        for host in hosts or self.hosts:
            self.site.await_ready(host)
            until = time.monotonic() + BACK_S
            while True:
                with contextlib.suppress(AssertionError):
                    self.alive(self.token(host=host))
                    break
                self.assertLess(time.monotonic(), until)

    def kill_programs(self, hosts):
        for host in hosts:
            for name in ("keep", *OURS, "rehearsal"):
                with contextlib.suppress(KeyError):
                    for pid in host.rig.pids(name):
                        os.kill(pid, signal.SIGKILL)

    def ready(self, host):
        answer = request("GET", host.env["WG_BASE"] + "/readyz")
        return answer.status, {c["name"]: c["ok"]
                               for c in answer.json["checks"]}


class TwoHosts(Story):
    # ---- what ends ----

    def ways(self):
        """name -> (party, token, what ends it)"""
        ends = {
            "its client revokes it": lambda c, s, t, token: request(
                "POST", self.hosts[0].env["WG_BASE"] + "/oauth2/revoke",
                {"Content-Type": FORM}, urlencode(
                    {"client_id": c, "client_secret": s, "token": token})),
            "token": lambda c, s, t, token: self.operator(
                "revoke", "token", "--", parts(token)[1]["jti"]),
            "secret": lambda c, s, t, token: self.operator(
                "revoke", "secret", c, s[4:12]),
            "client": lambda c, s, t, token: self.operator(
                "revoke", "client", c),
            "grant": lambda c, s, t, token: self.operator(
                "revoke", "grant", c, t),
            "tenant": lambda c, s, t, token: self.operator(
                "revoke", "tenant", t),
            "secret invalidated": lambda c, s, t, token: self.operator(
                "client", "secret", "invalidate", c, s[4:12])}
        parties = self.pool.map(lambda _: self.party(), ends)
        ways = {}
        for (name, end), party in zip(ends.items(), parties):
            token = self.token(party)
            ways[name] = (party, token,
                          lambda e=end, p=party, t=token: e(*p, t))
        return ways

    def bites(self, changes, calls):
        """Each change is seen by every process within a second of its end,
        and from then on. changes: name -> change; calls: name -> call that
        it ends, or name, comma, more."""
        ended = {}
        with Watch(self.hosts, calls) as watch:
            for name, change in changes.items():
                change()
                ended[name] = time.monotonic()
            self.site.wait(lambda: all(
                any(a.began > ended[name.partition(",")[0]] + LIVE_S
                    for a in list(answers))
                for name, answers in watch.told.items()))
        latest = 0
        for name, answers in watch.told.items():
            end = ended[name.partition(",")[0]]
            odd = [a for a in answers if a.status not in TAKEN | REFUSED]
            self.assertFalse(odd, f"{name}: {sample(odd, 3)}")
            taken = [a.began - end for a in answers if a.status in TAKEN]
            latest = max([latest, *taken])
            self.assertLess(max(taken, default=0), LIVE_S, name)
        print(f"{sum(map(len, watch.told.values()))} asked, last accepted "
              f"{latest * 1000:.0f} ms after ... ", end="")

    def withdraw(self):
        """The key in use; the next one is known on both hosts, and the files
        of the old one stay where nobody has been to."""
        self.operator("key", "make", "signing")
        self.hosts[1].copy_keys(self.hosts[0])
        kid, = [k["kid"] for k in self.operator("key", "list")["signing_keys"]
                if k["stage"] == "use"]
        return lambda: self.operator("key", "withdraw", kid)

    def test_what_is_ended_is_refused_everywhere_and_for_ever(self):
        ways, keep = self.ways(), self.party()
        gone = [token for _, token, _ in ways.values()]
        self.alive(*gone)
        calls = {name: self.reader(token)
                 for name, (_, token, _) in ways.items()}
        lost = ways["secret invalidated"][0]
        calls["secret invalidated, asks"] = self.asker(lost)
        self.bites({name: end for name, (_, _, end) in ways.items()}, calls)
        self.dead(*gone)
        kept = self.token(keep)
        self.alive(kept)
        for name, change in (("key", self.withdraw()),
                             ("everything", lambda: self.operator(
                                 "revoke", "all", "--yes"))):
            self.bites({name: change}, {name: self.reader(kept)})
            self.dead(kept)
            gone.append(kept)
            for host in self.hosts:
                kept = self.token(keep, host)
                self.alive(kept)

        self.kill_programs(self.hosts)
        leader = self.site.leader()
        self.site.crash(leader)
        self.site.start(leader)
        self.await_back()
        self.dead(*gone)
        self.everywhere(self.asker(lost), {401}, "token")
        self.alive(kept, self.token(keep))

    # ---- what is exchanged ----

    def exchange(self, kind):
        """Files are made at the first host, and copied."""
        first, second = self.hosts
        step = self.operator("key", *kind)
        second.copy_keys(first)
        return step

    def exchange_signing_key(self):
        kid = self.exchange(["rotate"])["kid"]
        time.sleep(LOAD_S)
        self.site.primary.psql(
            "update wardgate.signing_key set made_at = made_at - "
            f"interval '2 hours' where kid = '{kid}'")
        self.assertEqual(self.operator("key", "rotate")["step"], "use")
        time.sleep(LOAD_S)
        return kid

    def exchange_secret(self, now):
        client, old, _ = now["party"]
        new = self.operator("client", "secret", "add", client)
        now["party"] = (client, new["client_secret"], now["party"][2])
        self.site.wait(lambda: self.of_now(now, now["token"]))
        time.sleep(LOAD_S)
        self.operator("client", "secret", "invalidate", client, old[4:12])
        time.sleep(LOAD_S)

    def exchange_pepper(self):
        made = self.exchange(["make", "pepper"])["version"]
        self.operator("key", "use", "pepper", str(made))
        time.sleep(LOAD_S)

    @staticmethod
    def of_now(now, token):
        """Was it got with the secret of now?"""
        return parts(token)[1]["cred"] == now["party"][1][4:12]

    def with_token(self, now, call):
        """Who was so slow that the secret before was ended asks again."""
        def read(host):
            token = now["token"]
            answer = call(host, token)
            if answer.status == 401 and not self.of_now(now, token):
                answer = call(host, now["token"])
            return answer
        return read

    @staticmethod
    def turner(now):
        """Opens a link that any host made, and makes one."""
        def turn(host, token):
            link = now.get("link")
            if link:
                answer = request("GET", link.replace(now["base"],
                                                     host.env["WG_BASE"]),
                                 {"Authorization": f"Bearer {token}"})
                if answer.status != 200:
                    return answer
            answer = host.env.search("Patient", "R4", token, _count=1,
                                     family="a")
            if answer.status == 200:
                now["link"], = [e["url"] for e in answer.json["link"]
                                if e["relation"] == "next"]
            return answer
        return turn

    def test_keys_and_secrets_are_exchanged_under_load_and_nobody_is_refused(
            self):
        party = self.party()
        now = {"party": party, "token": self.token(party),
               "base": self.hosts[0].base}

        def ask(host):
            party = now["party"]
            answer = self.ask(host, *party)
            if party != now["party"]:
                answer = self.ask(host, *now["party"])
            if answer.status == 200:
                now["token"] = answer.json["access_token"]
            return answer
        calls = {"ask": ask,
                 "read": self.with_token(
                     now, lambda host, token: self.reader(token)(host)),
                 "pages": self.with_token(now, self.turner(now))}
        with Watch(self.hosts, calls) as watch:
            self.assertEqual(self.exchange(["rotate", "cursor"])["step"],
                             "make")
            made = time.monotonic()
            kid = self.exchange_signing_key()
            self.exchange_secret(now)
            self.exchange_pepper()
            time.sleep(max(0, made + KNOWN_S - time.monotonic()))
            for host in self.hosts:
                said = self.patiently(host.operator, "key", "rotate",
                                      "cursor", "--json")
                self.assertEqual(json.loads(said)["step"], "use")
            time.sleep(LOAD_S)
        for name, answers in watch.told.items():
            wrong = [a for a in answers if a.status not in TAKEN | {503}]
            self.assertFalse(wrong, f"{name}: {sample(wrong, 3)}")
            self.assertTrue([a for a in answers if a.status != 503], name)
        self.assertEqual(parts(self.token(now["party"]))[0]["kid"], kid)
        self.alive(now["token"])
        self.everywhere(self.asker(party), {401}, "token")
        print(f"{sum(map(len, watch.told.values()))} answers ... ", end="")

    # ---- a host without the database ----

    def test_a_host_that_is_cut_off_grants_nothing_and_comes_back(self):
        first, second = self.hosts
        party, token = self.party(), self.token()
        self.alive(token, self.token(party))
        lives = second.lives()
        second.cut()
        cut = time.monotonic()
        calls = {"read": self.reader(token), "ask": self.asker(party)}
        try:
            with Watch([second], calls) as watch:
                self.everywhere(self.asker(party), {200}, "token", [first])
                self.everywhere(self.reader(token), TAKEN, hosts=[first])
                self.operator("client", "secret", "invalidate", party[0],
                              party[1][4:12])
                self.site.wait(lambda: not self.sessions(
                    second, self.site.leader()))
                status, checks = self.ready(second)
        finally:
            second.mend()
        mended = time.monotonic()
        for name, answers in watch.told.items():
            wrong = [a for a in answers if a.began > cut + TRUST_S and
                     a.began + a.took_s < mended and a.status != 503]
            self.assertFalse(wrong, f"{name}: {sample(wrong, 3)}")
            self.assertLess(max(a.took_s for a in answers), ANSWER_S, name)
        self.assertEqual((status, checks["database"]), (503, False))
        self.await_back([second])
        print(f"cut off for {mended - cut:.1f} s, back after "
              f"{time.monotonic() - mended:.1f} s ... ", end="")
        self.everywhere(self.asker(party), {401}, "token")
        self.alive(token)
        self.assertEqual(second.lives(), lives, "something was started again")

    def sessions(self, host, name, such=""):
        """How many a server keeps for a host."""
        return int(self.site.servers[name].psql(
            "select count(*) from pg_stat_activity "
            f"where client_addr = '10.77.{host.n}.2' {such}",
            "postgres", "postgres"))

    def believed(self, host, name):
        """Is a server asked for more than who it is? As its query a session
        shows the text that its statements were prepared with; in use, it asks
        several times a second."""
        return self.sessions(host, name, "and query like '%prepare ready%' "
                             "and state_change > now() - interval '1 s'")

    # ---- a standby takes over ----

    def test_a_standby_takes_over_and_nothing_is_lost(self):
        party, ended = self.party(), self.party()
        before = [self.token(), self.token(party), self.token(ended)]
        self.alive(*before)
        self.site.follow()
        lives, began = [h.lives() for h in self.hosts], now_us()
        with Watch(self.hosts, {"read": self.reader(before[0]),
                                "ask": self.asker(party)}) as watch:
            time.sleep(1)
            self.operator("client", "secret", "invalidate", ended[0],
                          ended[1][4:12])
            self.site.crash("a")
            for host in self.hosts:
                self.site.wait(lambda h=host: self.ready(h)[0] == 503)
                self.assertIs(self.ready(host)[1]["database"], False)
            self.site.promote()
            self.await_back()
            promoted = time.monotonic()
        answers = sum(watch.told.values(), [])
        self.assertLessEqual({a.status for a in answers},
                             TAKEN | {401, 503})
        self.assertFalse([a for a in watch.told["read"] if a.status in TAKEN
                          and a.began > promoted])
        kept = audit_rows(self.hosts[0], began)
        lost = [a for a in answers if a.status != 503
                and a.header["x-trace-id"] not in kept]
        self.assertFalse(lost, sample(lost, 3))
        self.assertEqual([h.lives() for h in self.hosts], lives,
                         "something was started again")
        print(f"{len(answers)} answers ... ", end="")
        self.dead(*before)
        self.everywhere(self.asker(ended), {401}, "token")
        self.alive(self.token(party), *[self.token(host=h)
                                        for h in self.hosts])
        self.old_primary_is_not_believed(party)

    def old_primary_is_not_believed(self, party):
        """It comes back alone, the first in the list, and takes writes."""
        self.site.start("a")
        self.addCleanup(self.site.crash, "a")
        self.kill_programs(self.hosts[1:])
        self.await_back()
        token = self.token(party)
        self.bites({"secret": lambda: self.operator(
            "client", "secret", "invalidate", party[0], party[1][4:12])},
            {"secret": self.reader(token), "secret, asks": self.asker(party)})
        self.dead(token)
        self.everywhere(self.asker(party), {401}, "token")
        for host in self.hosts:
            self.site.wait(lambda h=host: not self.believed(h, "a"))

        # alone again, and asked by programs that know nothing of the other:
        # it waits for its standby, and goes on waiting
        self.site.crash("b")
        self.addCleanup(self.site.start, "b")
        self.kill_programs(self.hosts[1:])
        calls = {"ask": lambda host: host.env.ask_token("R4")}
        with Watch(self.hosts, calls) as watch:
            self.site.wait(lambda: self.believed(self.hosts[1], "a"))
            time.sleep(ALONE_S)
        odd = [a for a in watch.told["ask"] if a.status not in (0, 503)]
        self.assertFalse(odd, sample(odd, 3))
        self.assertEqual(self.believed(self.hosts[0], "a"), 0)
        self.site.start("b")
        self.await_back()
        for host in self.hosts:
            self.site.wait(lambda h=host: not self.believed(h, "a"))
