# house.py - our side: programs, database, a client, tenants, tokens
# SPDX-License-Identifier: Apache-2.0
#
# A house of tests/rig behind lighttpd, whose database's disk can be told to be
# slow. Its tenants here all stand for the bench's own provider, R4.

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.e2e.portal import COOKIE, Person
from tests.rig import client
from tests.rig import house as rig

TENANTS = 16  # that take turns
FACE = "/fhir/r4"
# Not part of what is measured: the supervisor, and the provider to practise on.
LEAVE_OUT = (Path(sys.executable).resolve().name, "rehearsal")
PROGRAMS = ("facade", "metadata", "token")
SIGN_IN_S = 20


def tenant_id(number):
    """GUIDs that tell themselves apart from everything else's."""
    return f"{number:08x}-be9c-4000-8000-000000000000"


class RigHouse(rig.House):
    """Without wards, and with more for the database server's command line."""

    slow = {}
    preload = None  # into facade
    database_more = []

    def run(self, name, argv, **more):
        if name == "postgres":
            argv = [*argv, *self.database_more]
            more["env"] = {**more.get("env", {}), **self.slow}
        super().run(name, argv, **more)

    def environment(self, name):
        more = {"LD_PRELOAD": self.preload} if self.preload and \
            name == "facade" else {}
        return {**super().environment(name), **more}

    def load_wards(self, folder):
        pass


class House:
    leave_out = LEAVE_OUT
    face = FACE
    programs = PROGRAMS

    def __init__(self, build, home, slow, provider, processes=rig.PROCESSES,
                 database_more=(), preload=None, settings=""):
        self.build, self.home, self.files = build, home, 0
        made = type("BenchHouse", (RigHouse,), {
            "slow": slow, "preload": preload,
            "database_more": list(database_more)})
        self.house = made.fresh("lighttpd", processes=processes,
                                settings=settings)
        try:
            self.port = self.house.port
            self.client = self.house.env["WG_CLIENT_ID"]
            self.secret = self.house.env["WG_CLIENT_SECRET"]
            self.tenants = [tenant_id(n) for n in range(TENANTS)]
            for n, tenant in enumerate(self.tenants):
                self.house.add_tenant(tenant, f"Bench {n}", provider, "R4",
                                      self.client)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.house.remove()

    def roots(self):
        """Process ids of everything that runs, as it is just now."""
        status = self.house.rig("status")
        return [pid for service in status.values() for pid in service["pids"]]

    def psql(self, sql, role="wg_owner"):
        return self.house.cluster.psql(sql, role)

    # ---- what people do ----

    def signed_in(self):
        """A developer with an app: its name, and the cookie of the session."""
        who = Person(client.Env(self.house.env))
        env, name = self.house.env, "Bench app"
        until = time.monotonic() + SIGN_IN_S
        while who.sign_in(env["WG_PORTAL_DEVELOPER_USER"],
                          env["WG_PORTAL_DEVELOPER_PASSWORD"]).status != 200:
            if time.monotonic() > until:
                raise RuntimeError(f"nobody signs in: {who.page}")
        who.get("/clients/new")
        page = who.post("/clients/new", name=name, purpose="", mail="")
        if name not in page.words:
            raise RuntimeError(f"there is no app: {page}")
        return name, f"{COOKIE}={who.cookie}"

    # ---- what clients send and get ----

    def form(self):
        return (f"grant_type=client_credentials&client_id={self.client}"
                f"&client_secret={self.secret}&scope={self.tenants[0]}")

    def mint(self, count, tenants=None):
        """A new file with so many new tokens, for the tenants in turns; the
        caller removes it."""
        signing = sorted((self.house.home / "keys/signing").glob("*.pem"))
        self.files += 1
        path = self.home / f"tokens-{self.port}-{self.files}"
        with open(path, "wb") as f:
            subprocess.run(
                [str(self.build / "mint"), str(self.house.conf),
                 signing[0].stem, self.client, self.secret[4:12], str(count)],
                input="".join(t + "\n" for t in tenants or self.tenants)
                .encode(), stdout=f, check=True)
        return path

    def fetch(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}",
                                    timeout=10) as answer:
            return answer.read()

    def metadata(self):
        return self.fetch(f"{FACE}/metadata")

    def jwk(self):
        return json.dumps(json.loads(self.fetch("/oauth2/jwks"))["keys"][0])
