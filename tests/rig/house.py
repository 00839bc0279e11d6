# house.py - a whole gateway: cluster, keys, wards, programs, web server
# SPDX-License-Identifier: Apache-2.0
#
#     with House.fresh("lighttpd") as house:
#         env = client.Env(house.env)
#         house.rig("signal", name="facade", signal=9)   # the supervisor
#         house.cluster.psql("select 1")
#
# Everything lies in house.home, a temporary folder; House.remove leaves
# nothing of it, whatever has crashed meanwhile. A house that runs already is
# House(home), where home is WG_HOME of its variables.

import json
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from tests.rig import client, place, services, web
from tests.rig.authority import CLIENT_USE, SERVER, Authority
from tests.rig.cluster import Cluster

PROGRAMS = ("metadata", "token", "facade", "admin", "rehearsal")
FACES = ("DSTU2", "STU3", "R4")
PROCESSES = 2
HEARD_S = 1.0   # within which a committed change bites in every process

# Tenant of each face, and the one whose provider is switched off.
TENANTS = {
    "DSTU2": ("d5702000-0000-4000-8000-000000000002", "Harbour Hospital"),
    "STU3": ("57030000-0000-4000-8000-000000000003", "North General"),
    "R4": ("40000000-0000-4000-8000-000000000004", "Hillside Clinic"),
    "DOWN": ("d0300000-0000-4000-8000-00000000dead", "Closed Infirmary"),
}

SETTINGS = """public_base = {base}
operator_name = wardgate demonstration
database = host={home}/db dbname=wardgate
signing_key_dir = {home}/keys/signing
public_key_dir = {home}/keys/public
pepper_dir = {home}/keys/pepper
cursor_key_file = {home}/keys/cursor
portal_key_file = {home}/keys/portal
portal_dir = {home}/portal
sealing_key_dir = {home}/keys/sealing
provider_http = loopback
shared_dir = {home}/shared
client_rate = 0
tenant_rate = 0
failures_per_minute = 0
provider_requests = 1024
provider_patience_s = 0
breaker_calls = 0
breaker_time_outs = 0
"""


class House:
    def __init__(self, home, server=None, port=None, say=None):
        self.home = Path(home)
        self.say = say or (lambda text: None)
        self.cluster = Cluster(self.home)
        self.rig = services.Remote(self.home)
        self.conf = self.home / "wardgate.conf"
        self.server, self.port, self.tls_port = server, port, None
        self.bin = (place.build_dir() / "bin").resolve()
        if (self.home / "bin").exists():    # of a house that runs already
            self.bin = self.home / "bin"
        self.env = {}

    @classmethod
    def fresh(cls, server="lighttpd", port=None, wards=None, say=None,
              settings="", processes=PROCESSES, follow=True):
        """A new house, running. settings: more lines for wardgate.conf;
        follow: it ends when this process does."""
        if port:
            web.check_port(port)
        house = cls(place.new_home(), server, port or place.free_port(),
                    say)
        try:
            house.up(wards, settings, processes, follow)
        except BaseException:
            house.keep_logs()
            house.remove()
            raise
        return house

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.remove()

    # ---- up ----

    def up(self, wards, settings, processes, follow):
        self.make_certificates()
        self.web = web.Web(self.home, self.server, self.port,
                           tls_port=self.tls_port)
        self.web.prepare()
        self.place_programs()
        self.say("database")
        self.cluster.create()
        self.rig = services.launch(self.home, follow)
        self.run("postgres", self.cluster.argv(), stop="INT",
                 env={"LC_ALL": "C.UTF-8"})
        self.cluster.wait_ready()
        self.cluster.populate()
        self.write_settings(settings)
        self.migrate()
        self.cluster.psql_file(place.TOP / "sql/onboard/policy.sql",
                               provider_http="loopback",
                               production_probe="advised")
        self.make_keys()
        self.say("wards")
        self.load_wards(wards)
        self.say("programs")
        for name in PROGRAMS:
            self.run(name, self.program(name), count=processes,
                     socket=str(self.home / "run" / f"{name}.sock"),
                     env=self.environment(name))
        self.run("web", self.web.argv())
        self.web.wait_ready()
        self.run("keep", self.program("wardgate") + ["keep"])
        self.say("tenants and clients")
        self.make_env()
        self.wait_ready()

    def make_certificates(self):
        """For the wards that want one: the web server's, ours, and the CA of
        both."""
        while self.tls_port in (None, self.port):
            self.tls_port = place.free_port()
        folder = place.folder(self.home / "tls")
        ca = Authority(folder, "ca", days="400")
        ca.sign("server", SERVER, days="365")
        ca.sign("gateway", CLIENT_USE, days="365")
        for path in folder.iterdir():
            place.give(path)

    def run(self, name, argv, **more):
        self.rig("add", service={"name": name, "argv": argv, **more})
        self.rig("start", name=name)

    def place_programs(self):
        """Where the run user can reach them: below /root it cannot."""
        for name in (*PROGRAMS, "wardgate"):
            if not (self.bin / name).exists():
                raise place.Advice(f"{self.bin / name} is missing: run `make`.")
        if os.getuid() == 0 and not place.reachable(self.bin):
            copies = place.folder(self.home / "bin")
            for name in (*PROGRAMS, "wardgate"):
                place.give(shutil.copy2(self.bin / name, copies))
            self.bin = copies

    def program(self, name):
        return [str(self.bin / name), "-c", str(self.conf)]

    def environment(self, name):
        env = {"WARDGATE_CONF": str(self.conf)}
        if name == "rehearsal":
            env["WARDGATE_REHEARSAL_LOG"] = str(self.home / "rehearsal.log")
        return env

    def write_settings(self, more):
        self.base = f"http://127.0.0.1:{self.port}"
        named = {line.partition("=")[0].strip() for line in more.splitlines()}
        own = SETTINGS.format(base=self.base, home=self.home).splitlines(True)
        place.write(self.conf, "".join(
            line for line in own
            if line.partition("=")[0].strip() not in named) + more)
        place.folder(self.home / "shared")
        keys = place.folder(self.home / "keys")
        for name in ("signing", "public", "pepper", "sealing"):
            place.folder(keys / name)

    def operator(self, *args, typed=""):
        """Run `wardgate ARGS` as the run user; its output as text. typed: what
        it reads on standard input."""
        return self.as_user(*self.program("wardgate"), *args, typed=typed)

    def migrate(self):
        """As ourselves: the run user may not be able to read the files."""
        self.command(*self.program("wardgate"), "migrate", "apply", "--dir",
                     str(place.TOP / "sql/migrations"))

    def as_user(self, *argv, **more):
        return self.command(*argv, **more, **place.drop())

    def command(self, *argv, typed="", **more):
        done = subprocess.run(
            argv, cwd=self.home, text=True, input=typed,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.cluster.environment(), **more)
        if done.returncode:
            raise place.Advice(f"{' '.join(argv)}: exit {done.returncode}\n"
                               + (done.stderr or done.stdout).strip())
        return done.stdout

    def make_keys(self):
        for kind in ("signing", "pepper", "cursor", "portal", "seal"):
            self.operator("key", "make", kind)

    def load_wards(self, folder):
        """Three wards, named after their face; from NDJSON if folder says."""
        for face in FACES:
            name = face.lower()
            args = ["load", name, face]
            if folder:
                args.append(str(Path(folder).resolve() / name))
            self.command(*self.program("rehearsal"), *args)

    # ---- what it is called ----

    def make_env(self):
        closed = place.free_port()     # nobody will listen there
        first = self.add_client("Demonstration app")
        second = self.add_client("Second app")
        for face, (tenant, name) in TENANTS.items():
            version = "STU3" if face == "DOWN" else face
            port = closed if face == "DOWN" else self.port
            url = f"http://127.0.0.1:{port}/rehearsal/{version.lower()}"
            granted = (first, second) if face == "STU3" else (first,)
            for who in granted:
                self.add_tenant(tenant, name, url, version, who[0])
        fhir = self.base + "/fhir"
        self.env = {
            "WG_BASE": self.base,
            "WG_TOKEN_URL": self.base + "/oauth2/token",
            "WG_FHIR": fhir,
            **{f"WG_FHIR_{f}": f"{fhir}/{f.lower()}" for f in FACES},
            "WG_CLIENT_ID": first[0], "WG_CLIENT_SECRET": first[1],
            "WG_CLIENT2_ID": second[0], "WG_CLIENT2_SECRET": second[1],
            **{f"WG_TENANT_{f}": t for f, (t, _) in TENANTS.items()},
            **self.make_people(),
            "WG_DB": self.cluster.dsn(),
            "WG_REHEARSAL_TLS": f"https://127.0.0.1:{self.tls_port}/rehearsal",
            "WG_REHEARSAL_LOG": str(self.home / "rehearsal.log"),
            "WG_HOME": str(self.home),
            "WG_SERVER": self.server,
        }

    def make_people(self):
        """One of each trade at the portal; variables for the operator, who
        signs in with a code, and for the two others."""
        env = {"WG_PORTAL": self.base + "/admin/signin"}
        for prefix, login, roles in (
                ("WG_PORTAL", "operator", "operator,admin"),
                ("WG_PORTAL_DEVELOPER", "developer", "developer"),
                ("WG_PORTAL_AUDITOR", "auditor", "auditor")):
            phrase = secrets.token_urlsafe(18)
            phone = login == "operator"
            made = self.add_account(login, roles, phrase, phone)
            env |= {f"{prefix}_USER": login, f"{prefix}_PASSWORD": phrase}
            if phone:
                env[f"{prefix}_TOTP"] = made["totp_key"]
        return env

    def add_account(self, login, roles, phrase, phone=False):
        """What `wardgate account add` says."""
        return json.loads(self.as_user(
            *self.program("wardgate"), "account", "add", "--json",
            *(["--phone"] if phone else []), "--roles", roles, login,
            typed=phrase + "\n"))

    def add_client(self, name):
        """(client_id, secret)"""
        made = json.loads(self.operator("client", "add", name, "--json"))
        secret = json.loads(self.operator(
            "client", "secret", "add", made["client_id"], "--json"))
        return made["client_id"], secret["client_secret"]

    def add_tenant(self, tenant, name, url, version, who):
        self.cluster.psql_file(
            place.TOP / "sql/onboard/tenant.sql", tenant=tenant, name=name,
            provider_url=url, fhir_version=version, client=who)

    def wait_ready(self, wait_s=60):
        """Until metadata says so and a token can be had."""
        until = time.monotonic() + wait_s
        env = client.Env(self.env)
        while True:
            ready = client.request("GET", self.base + "/readyz")
            token = env.ask_token("STU3")
            if ready.status == 200 and token.status == 200:
                return
            if time.monotonic() > until:
                raise place.Advice("The gateway does not get ready: "
                                   f"{ready}, {token}")
            time.sleep(0.1)

    @staticmethod
    def heard():
        """Until every process knows of what was changed before. What it
        remembers counts for change_trust_ms after its last poll was sent
        (gate/change.h), so within this second yes may be said to what ended,
        and what moved may be looked for where it was. New rows, and what was
        refused, count at once."""
        time.sleep(HEARD_S)

    # ---- down ----

    def keep_logs(self):
        """For whoever wants to know why it did not come up."""
        kept = place.build_dir() / "last-logs"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.home / "log", kept, dirs_exist_ok=True)
        for name in ("pg.log", "supervisor.log"):
            if (self.home / name).exists():
                shutil.copy(self.home / name, kept)

    def remove(self):
        """Every process and the folder; nothing has to be alive for it."""
        try:
            self.rig("end")
        except (OSError, RuntimeError, ValueError):
            pass
        services.end_leftovers(self.home)
        if self.cluster.data.exists():
            self.cluster.remove()
        shutil.rmtree(self.home, ignore_errors=True)
        if self.home.exists():
            raise place.Advice(f"{self.home} cannot be removed by this user.")


__all__ = ["House", "PROGRAMS", "FACES", "TENANTS", "HEARD_S"]
