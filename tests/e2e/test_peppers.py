# test_peppers.py - secrets move from one pepper to the next, and nobody notices
# SPDX-License-Identifier: Apache-2.0
#
# The runbook of wardgate(8) in a house of its own: a pepper is made and named,
# each secret is stored under it when it is next used, under load and without a
# refusal; what is never used is invalidated; then the old file goes, and all
# processes do without it.

import json
import os
import signal
import time
import unittest

from tests.rig import place
from tests.rig.client import Env
from tests.rig.crowd import Crowd, form, sample, unit
from tests.rig.house import House

CLIENTS = 6
WAIT_S = 60


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "the same behind every web server")
class Runbook(unittest.TestCase):
    def setUp(self):
        self.house = self.enterContext(House.fresh("lighttpd"))
        self.env = Env(self.house.env)
        self.tenant = self.env["WG_TENANT_STU3"]

    def wardgate(self, *words):
        return json.loads(self.house.operator(*words, "--json"))

    def no(self, what, *words):
        with self.assertRaisesRegex(place.Advice, what):
            self.house.operator(*words)

    def peppers(self):
        """version -> (in use, file, secrets)"""
        return {p["version"]: (p["in_use"], p["file"], p["secrets"])
                for p in self.wardgate("key", "status")["peppers"]}

    def add_client(self, name):
        client, secret = self.house.add_client(name)
        self.house.operator("client", "grant", client, self.tenant)
        return client, secret

    def ask(self, client, secret):
        return self.env.ask_token(self.tenant, client_id=client,
                                  client_secret=secret)

    def rows(self):
        """What is stored: key id -> (version, hash)"""
        text = self.house.cluster.psql(
            "select key_id, pepper_version, encode(hash, 'hex') "
            "from wardgate.client_secret")
        return {k: (int(v), h) for k, v, h in
                (line.split("|") for line in text.splitlines())}

    def await_needed(self, version, needed):
        until = time.monotonic() + WAIT_S
        while (got := self.peppers())[version][2] != needed:
            if time.monotonic() > until:
                self.fail(got)
            time.sleep(0.2)

    def restart(self, name):
        """Every process of it dies and comes back."""
        before = set(self.house.rig.pids(name))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + WAIT_S
        while len(now := set(self.house.rig.pids(name)) - before) < \
                len(before):
            if time.monotonic() > until:
                self.fail(now)
            time.sleep(0.1)
        self.house.wait_ready()

    def test_a_pepper_is_changed_under_load(self):
        clients = [self.add_client(f"Pepper {n}") for n in range(CLIENTS)]
        idle = self.add_client("Pepper, idle")
        ended = self.add_client("Pepper, ended")
        self.house.operator("client", "secret", "invalidate", ended[0],
                            ended[1][4:12])
        before, used = self.rows(), [c[1][4:12] for c in clients]
        live = len(before) - 1
        plan = [unit("read", form(*c, self.tenant), "GET",
                     "/fhir/stu3/Patient/absent") for c in clients]
        with Crowd(self.env.port, plan, clients=8, rate=80) as crowd:
            self.no("cannot be read", "key", "use", "pepper", "2")
            made = self.wardgate("key", "make", "pepper")
            self.assertEqual(made["version"], 2)
            self.house.heard()
            self.assertEqual(self.rows(), before)   # not before it is named
            self.assertEqual(self.peppers(), {1: (False, "good", live),
                                              2: (False, "good", 0)})
            self.no("No newer pepper", "key", "remove", "pepper", "1")
            self.assertEqual(self.wardgate("key", "use", "pepper",
                                           "2")["outcome"], "changed")
            self.await_needed(2, CLIENTS)
            self.house.heard()
            crowd.stop()
            results = crowd.results()
        wrong = [r for r in results
                 if r.status != (200 if r.kind == "token" else 404)]
        self.assertFalse(wrong, sample(wrong))
        after = self.rows()
        self.assertEqual({k for k in after if after[k] != before[k]},
                         set(used))
        self.assertEqual({after[k][0] for k in used}, {2})
        print(f"{len(results)} answers ... ", end="")

        self.assertEqual(self.wardgate("key", "use", "pepper",
                                       "2")["outcome"], "unchanged")
        self.no("never back", "key", "use", "pepper", "1")
        self.no("this pepper still", "key", "remove", "pepper",
                "1")
        for key in ("WG_CLIENT", "WG_CLIENT2"):
            self.assertEqual(self.ask(self.env[f"{key}_ID"],
                                      self.env[f"{key}_SECRET"]).status, 200)
        self.await_needed(1, 1)     # only the idle one is left
        self.house.operator("client", "secret", "invalidate", idle[0],
                            idle[1][4:12])
        self.assertEqual(self.wardgate("key", "remove", "pepper",
                                       "1")["outcome"], "removed")
        self.assertEqual(self.peppers(),
                         {2: (True, "good", CLIENTS + 2)})
        self.restart("token")
        for client in clients:
            self.assertEqual(self.ask(*client).status, 200)
        for client in (idle, ended):    # as ever, without its pepper too
            self.assertEqual(self.ask(*client).status, 401)
