# hosts.py - a gateway of two hosts: two networks, one database and its standby
# SPDX-License-Identifier: Apache-2.0
#
# For stories that are told apart (apart.py): the process that tells them is in
# a network of its own, and so is each host:
#
#     with Site() as site:
#         site.hosts[0].env.token("R4")            asked at the first host
#         site.hosts[1].cut(); site.hosts[1].mend()
#         site.follow(); site.promote()            a standby; and it takes over
#
# The teller's network holds the database servers, each with an address of its
# own. Two pairs of virtual cables lead to each host: what the host asks the
# database goes through one, what the teller asks the host through the other.
# A host is a house: own keys (copies of the first one's), own shared memory,
# programs twice, web server, provider. Its supervisor holds its network.

import json
import os
import secrets
import shutil
import subprocess
import time

from tests.rig import apart, client, place, services, web
from tests.rig.cluster import DATABASE, OWNER, ROLES, Cluster
from tests.rig.house import House

ADDRESSES = {"a": "10.77.0.1", "b": "10.77.0.2"}    # of the database servers
PORT = 8080
PROCESSES = {"metadata": 2, "token": 2, "facade": 2, "admin": 1,
             "rehearsal": 1}
TENANT = "0000b057-1ab1-4000-8000-{:012d}"
FOLLOWER = "wg_follower"
WAIT_S = 60

HBA = f"""host   {DATABASE}  {",".join([OWNER, *ROLES])}  10.77.0.0/16  scram-sha-256
host   replication  {FOLLOWER}  10.77.0.0/16  scram-sha-256
"""

SETTINGS = """database = host={addresses} dbname={name} target_session_attrs=read-write
database_passfile = {home}/passwords
trusted_proxies = 10.78.0.0/16
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Server(Cluster):
    """A database server at an address."""

    def __init__(self, home, address):
        super().__init__(place.folder(home))
        self.address = address

    def argv(self):
        return [*super().argv(), "-c", f"listen_addresses={self.address}",
                "-c", f"unix_socket_directories={self.sockets}"]


class Host(House):
    def __init__(self, site, n):
        super().__init__(place.folder(site.home / f"h{n}"), "lighttpd", PORT)
        self.site, self.n = site, n
        self.address = f"10.78.{n}.2"
        self.pids, self.read = {}, {}
        base = f"http://{self.address}:{PORT}"
        self.env = client.Env(
            WG_BASE=base, WG_TOKEN_URL=base + "/oauth2/token",
            WG_FHIR=base + "/fhir", WG_FHIR_R4=base + "/fhir/r4")

    @property
    def cluster(self):
        return self.site.primary

    @cluster.setter
    def cluster(self, own):
        """It has none of its own."""

    def prepare(self):
        """The network, and the files of one that does not run yet."""
        self.rig = services.launch(self.home, under=apart.UNSHARE)
        self.plug("data", f"10.77.{self.n}")
        self.plug("web", f"10.78.{self.n}")
        self.there("ip", "route", "add", "10.77.0.0/24", "via",
                   f"10.77.{self.n}.1")
        self.web = web.Web(self.home, self.server, PORT, "0.0.0.0")
        self.web.prepare()
        self.place_programs()
        self.write_settings(SETTINGS.format(
            addresses=",".join(ADDRESSES.values()), name=DATABASE,
            home=self.home))
        place.write(self.home / "passwords", f"*:*:*:*:{self.site.word}\n")

    def there(self, *words):
        subprocess.run(["nsenter", "-t", str(self.rig.process.pid), "-n",
                        *words], check=True)

    def plug(self, name, net):
        here = f"{name}{self.n}"
        ip("link", "add", here, "type", "veth", "peer", "name", name,
           "netns", str(self.rig.process.pid))
        ip("addr", "add", f"{net}.1/24", "dev", here)
        ip("link", "set", here, "up")
        self.there("ip", "addr", "add", f"{net}.2/24", "dev", name)
        for device in (name, "lo"):
            self.there("ip", "link", "set", device, "up")

    def cut(self):
        """Nothing comes from or goes to the database any more; nobody is
        told."""
        ip("link", "set", f"data{self.n}", "down")

    def mend(self):
        ip("link", "set", f"data{self.n}", "up")

    def copy_keys(self, other):
        """Those that are not here yet."""
        def copy(there, here):
            if not os.path.exists(here):
                place.give(shutil.copy2(there, here))
        shutil.copytree(other.home / "keys", self.home / "keys",
                        copy_function=copy, dirs_exist_ok=True)

    def begin(self):
        for name, count in PROCESSES.items():
            self.run(name, self.program(name), count=count,
                     socket=str(self.home / "run" / f"{name}.sock"),
                     env=self.environment(name))
        self.run("web", self.web.argv())
        if self.n == 1:
            self.run("keep", self.program("wardgate") + ["keep"])

    def lives(self):
        """What would change if anything were started again."""
        return {name: (s["starts"], s["pids"])
                for name, s in self.rig("status").items()}

    def who(self, program, answers):
        """Which processes of a program gave some of these answers."""
        with open(self.home / "log" / f"{program}.log", "rb") as f:
            f.seek(self.read.get(program, 0))
            lines = f.read().split(b"\n")
        self.read[program] = f_end(self.read.get(program, 0), lines)
        for line in lines[:-1]:
            event = json.loads(line)
            if event["event"] == "request":
                self.pids[event["trace"]] = event["pid"]
        return {self.pids.get(a.header.get("x-trace-id"))
                for a in answers} - {None}

    def remove(self):
        try:
            self.rig("end")
        except (OSError, RuntimeError, ValueError):
            pass
        services.end_leftovers(self.home)


def f_end(start, lines):
    """Where the last whole line ends."""
    return start + sum(len(line) + 1 for line in lines[:-1])


class Site:
    def __init__(self):
        self.home = place.new_home("wg-hosts-")
        self.word = secrets.token_hex(16)
        self.servers = {name: Server(self.home / name, address)
                        for name, address in ADDRESSES.items()}
        self.primary = self.servers["a"]
        self.rig = services.Remote(self.home)
        self.hosts = []

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.keep_logs()
            self.remove()
            raise
        return self

    def __exit__(self, *why):
        self.remove()

    def up(self):
        ip("link", "set", "lo", "up")
        for address in ADDRESSES.values():
            ip("addr", "add", f"{address}/32", "dev", "lo")
        self.rig = services.launch(self.home)
        self.make_database()
        self.hosts = [Host(self, 1), Host(self, 2)]
        for host in self.hosts:
            host.prepare()
        first, second = self.hosts
        first.migrate()
        for role in ROLES:
            self.primary.psql(f"alter role {role} password '{self.word}'")
        self.primary.psql_file(place.TOP / "sql/onboard/policy.sql",
                               provider_http="loopback",
                               production_probe="advised")
        first.make_keys()
        second.copy_keys(first)
        first.command(*first.program("rehearsal"), "load", "r4", "R4")
        for host in self.hosts:
            host.begin()
        who, secret = self.add_client("Two hosts")
        tenant = self.add_tenant(1, who)
        for host in self.hosts:
            host.env.update(WG_CLIENT_ID=who, WG_CLIENT_SECRET=secret,
                            WG_TENANT_R4=tenant)
            self.await_ready(host)

    def make_database(self):
        self.primary.create()
        with open(self.primary.data / "pg_hba.conf", "a") as f:
            f.write(HBA)
        self.start("a")
        self.primary.populate()
        self.root(f"alter role {OWNER} password '{self.word}'",
                  f"create role {FOLLOWER} login replication "
                  f"password '{self.word}'")

    def root(self, *statements):
        for text in statements:
            done = self.primary.psql(text, "postgres", "postgres")
        return done

    def start(self, name):
        server = self.servers[name]
        if name not in self.rig("status"):
            self.rig("add", service={
                "name": name, "argv": server.argv(), "stop": "INT",
                "env": {"LC_ALL": "C.UTF-8"}})
        server.clear_leftovers()
        self.rig("start", name=name)
        server.wait_ready()

    def crash(self, name):
        """All of it at once, and it stays away."""
        server = self.servers[name]
        self.rig("stop", name=name, how=9)
        for pid in server.backends():
            os.kill(pid, 9)
        server.forget_shared_memory()

    # ---- a standby ----

    def follow(self):
        """b follows a, and a commits nothing that b does not have."""
        b = self.servers["b"]
        passwords = place.write(b.home / "passwords", f"*:*:*:*:{self.word}\n")
        place.folder(b.sockets)
        done = b.run_as_user([
            place.tool("pg_basebackup", "postgresql-client-15"), "-D",
            str(b.data), "-c", "fast", "--no-sync", "-R", "-d",
            f"host={ADDRESSES['a']} user={FOLLOWER} passfile={passwords} "
            "application_name=b"])
        if done.returncode:
            raise place.Advice(done.stdout)
        self.start("b")
        # after the copy of a's settings: b waits for nobody when it leads
        self.root("alter system set synchronous_standby_names = 'b'",
                  "select pg_reload_conf()")
        self.wait(lambda: self.root("select sync_state from "
                                    "pg_stat_replication") == "sync")

    def leader(self):
        """The name of the primary."""
        return next(n for n, s in self.servers.items() if s is self.primary)

    def promote(self):
        self.primary = self.servers["b"]
        self.root("select pg_promote()")

    def wait(self, good, wait_s=WAIT_S):
        until = time.monotonic() + wait_s
        while not good():
            if time.monotonic() > until:
                raise place.Advice("It does not come about.")
            time.sleep(0.05)

    # ---- who is there ----

    def operator(self, *words):
        return json.loads(self.hosts[0].operator("--json", *words))

    def add_client(self, name):
        return self.hosts[0].add_client(name)

    def add_tenant(self, n, who):
        tenant = TENANT.format(n)
        self.hosts[0].add_tenant(tenant, f"Ward {n}",
                                 f"http://127.0.0.1:{PORT}/rehearsal/r4", "R4",
                                 who)
        return tenant

    def await_ready(self, host):
        last = []

        def ready():
            try:
                last[:] = [client.request("GET", host.env["WG_BASE"] +
                                          "/readyz"),
                           host.env.ask_token("R4")]
            except OSError as why:
                last[:] = [why]
                return False
            return [a.status for a in last] == [200, 200]
        try:
            self.wait(ready)
        except place.Advice:
            raise place.Advice(f"A host does not get ready: {last}")

    # ---- down ----

    def keep_logs(self):
        kept = place.build_dir() / "last-logs"
        shutil.rmtree(kept, ignore_errors=True)
        for host in self.hosts:
            shutil.copytree(host.home / "log", kept / host.home.name,
                            dirs_exist_ok=True)
        shutil.copytree(self.home / "log", kept / "servers",
                        dirs_exist_ok=True)

    def remove(self):
        for host in self.hosts:
            host.remove()
        try:
            self.rig("end")
        except (OSError, RuntimeError, ValueError):
            pass
        services.end_leftovers(self.home)
        for server in self.servers.values():
            if server.data.exists():
                server.remove()
        shutil.rmtree(self.home, ignore_errors=True)


__all__ = ["Site", "Host"]
