# test_secret.py - the life of secrets: exchanged under load, ended, looked at
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import json
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.e2e import behind_lighttpd
from tests.e2e import jwt
from tests.e2e.hostile import Hostile, rows
from tests.rig.client import FORM
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House

setUpModule = behind_lighttpd

TENANT = "3e7a1c5a-0000-4000-8000-000000000009"
REQUESTS = 10_000
THREADS = 8
FEW = 100           # rows beside the trail, for all of them together
# What the keeper clears away meanwhile is of others, and so is most of what it
# counts by the hour: of one app that is a few rows.
WRITTEN = """select relname like 'audit%' as trail,
    sum(n_tup_ins + n_tup_upd)::bigint
  from pg_stat_user_tables where schemaname = 'wardgate'
   and relname <> 'traffic' group by 1 order by 1"""


class Secret(Hostile):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.client, cls.secret = cls.house.add_client("Secrets")
        put_tenant(cls.house, TENANT, name="Secrets", slug="secrets",
                   fhir_version="R4", client=cls.client,
                   provider_url=cls.env["WG_BASE"] + "/rehearsal/r4")
        cls.addClassCleanup(remove_tenant, cls.house, TENANT)

    def operator(self, *words):
        return json.loads(self.house.operator("client", "secret", *words,
                                              "--json"))

    def ask(self, secret):
        return self.env.ask_token(TENANT, client_id=self.client,
                                  client_secret=secret)

    def send(self, secret_now, on):
        """Statuses of token requests, with the secret of each moment."""
        link, statuses = HTTPConnection("127.0.0.1", self.env.port), []
        while on(len(statuses)):
            secret = self.used[threading.get_ident()] = secret_now()
            link.request("POST", "/oauth2/token", urlencode({
                "grant_type": "client_credentials", "scope": TENANT,
                "client_id": self.client, "client_secret": secret}),
                {"Content-Type": FORM})
            got = link.getresponse()
            got.read()
            statuses.append(got.status)
        link.close()
        return statuses

    def all_use(self, secret):
        """Every sender is at a request with this secret, or past it."""
        until = time.monotonic() + 40
        while len(self.used) < THREADS or set(self.used.values()) != {secret}:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def crowd(self, secret_now, on, meanwhile=lambda: None):
        self.used = {}      # thread -> what it sent last
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            parts = [pool.submit(self.send, secret_now, on)
                     for _ in range(THREADS)]
            meanwhile()
            return [s for part in parts for s in part.result()]

    # ---- stories ----

    def test_no_token_outlives_its_secret(self):
        made = self.operator("add", self.client, "--days", "1")
        whole = self.ask(made["client_secret"]).json["expires_in"]
        end = int(time.time()) + 40
        self.assertGreater(whole, 60)
        rows(self.env, "update wardgate.client_secret set not_before = now() -"
             f" interval '1 day', not_after = to_timestamp({end})"
             f" where key_id = '{made['key_id']}'")
        until = time.monotonic() + 10
        while True:  # what was remembered of the secret is told anew
            answer = self.ask(made["client_secret"]).json
            claims = jwt.parts(answer["access_token"])[1]
            if claims["exp"] <= end:
                break
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.assertEqual(claims["exp"], end)
        self.assertEqual(answer["expires_in"], end - claims["iat"])
        self.operator("invalidate", self.client, made["key_id"])

    def test_a_secret_is_exchanged_under_load_and_nobody_is_refused(self):
        old, over = self.operator("add", self.client), threading.Event()
        now = [old["client_secret"]]

        def exchange():
            try:
                new = self.operator("add", self.client)
                self.addCleanup(self.operator, "invalidate", self.client,
                                new["key_id"])
                self.all_use(old["client_secret"])
                now[0] = new["client_secret"]
                self.all_use(new["client_secret"])
                self.operator("invalidate", self.client, old["key_id"])
                self.house.heard()
            finally:
                over.set()
        statuses = self.crowd(lambda: now[0], lambda n: not over.is_set(),
                              exchange)
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.ask(old["client_secret"]).status, 401)

    def written(self):
        """Rows written so far: beside the trail, and to it."""
        return [int(n) for _, n in rows(self.env, WRITTEN)]

    def test_ten_thousand_tokens_write_a_few_rows_beside_the_trail(self):
        before = self.written()
        statuses = self.crowd(lambda: self.secret,
                              lambda n: n < REQUESTS // THREADS)
        self.assertEqual(statuses, [200] * REQUESTS)
        until = time.monotonic() + 40
        while True:  # a session tells its figures, of all tables, a bit later
            others, trail = (a - b for a, b in zip(self.written(), before))
            if trail >= REQUESTS:
                break
            self.assertLess(time.monotonic(), until)
            time.sleep(0.5)
        self.assertLess(others, FEW)
        rows(self.env, "select wardgate.traffic_roll_up('0', '15 min')")
        counted = rows(self.env, "select count(*) from wardgate.traffic"
                       f" where client_id = '{self.client}'")
        self.assertIn(int(counted[0][0]), range(1, 9))
