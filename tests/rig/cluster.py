# cluster.py - a private PostgreSQL cluster, on a Unix socket only
# SPDX-License-Identifier: Apache-2.0
#
# In a test:
#     with Cluster.fresh() as db:
#         db.psql("select 1")                # as the owner, wg_owner
#         subprocess.run(["prog"], env={"DSN": db.dsn("wg_token")})
# By hand:
#     python3 -m tests.rig.cluster start     prints folder and libpq string
#     python3 -m tests.rig.cluster stop DIR
#
# The database is `wardgate`, owned by wg_owner, which may create roles. Local
# connections are trusted: the socket lies in a folder that only the run user
# (and root) can enter. fsync stays on, as what is promised rests on it.

import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.rig import place

DATABASE = "wardgate"
OWNER = "wg_owner"
ROLES = ("wg_metadata wg_token wg_facade wg_admin wg_rehearsal wg_keeper "
         "wg_operator wg_auditor").split()
IPC_RMID = 0

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 128MB
dynamic_shared_memory_type = mmap
max_wal_size = 512MB
jit = off
max_parallel_workers_per_gather = 0
autovacuum_naptime = 20s
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u '
log_min_messages = warning
log_checkpoints = off
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""

HBA = """# Only who can enter the socket's folder gets here.
local  all       postgres  trust
local  {database}  {names}  trust
"""


def server_bin(name):
    """A program of the PostgreSQL server: 15 if there, else the newest."""
    homes = sorted(glob.glob("/usr/lib/postgresql/*/bin"),
                   key=lambda p: float(Path(p).parent.name), reverse=True)
    homes.sort(key=lambda p: Path(p).parent.name != "15")
    return place.tool(name, "postgresql-15", os.pathsep.join(homes))


class Cluster:
    """One cluster in `home`: data in home/pg, its socket in home/db."""

    def __init__(self, home):
        self.home = Path(home)
        self.data = self.home / "pg"
        self.sockets = self.home / "db"
        self.log = self.home / "pg.log"
        self.process = None
        self.ours = False

    @classmethod
    def fresh(cls):
        """A new cluster in a new temporary folder, started."""
        cluster = cls(place.new_home("wg-db-"))
        cluster.ours = True
        try:
            cluster.create()
            cluster.start()
            cluster.populate()
        except BaseException:
            cluster.remove()
            raise
        return cluster

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.remove()

    # ---- making it ----

    def create(self):
        """initdb and the settings; nothing runs yet."""
        place.folder(self.sockets)
        done = self.run_as_user([
            server_bin("initdb"), "-D", str(self.data), "-U", "postgres",
            "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            "--no-instructions"])
        if done.returncode:
            raise place.Advice("initdb failed: " + done.stdout[-400:].strip())
        with open(self.data / "postgresql.conf", "a") as f:
            f.write(SETTINGS.format(sockets=self.sockets))
        (self.data / "pg_hba.conf").write_text(HBA.format(
            database=DATABASE, names=",".join([OWNER, *ROLES])))

    def populate(self):
        """The database and the role that owns it."""
        self.psql(f"create role {OWNER} login createrole", "postgres",
                  "postgres")
        self.psql(f"create database {DATABASE} owner {OWNER}", "postgres",
                  "postgres")
        self.psql("revoke all on schema public from public", "postgres")

    def run_as_user(self, argv):
        return subprocess.run(
            argv, cwd=self.home, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=self.environment(), **place.drop())

    def environment(self):
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith("PG") and not k.startswith("LC_")}
        return {**kept, "LC_ALL": "C.UTF-8", "HOME": str(self.home)}

    # ---- running it ----

    def argv(self):
        """The command line of the server, for a supervisor."""
        return [server_bin("postgres"), "-D", str(self.data)]

    def start(self, wait_s=60):
        self.clear_leftovers()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.argv(), cwd=self.home, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self.environment(),
                start_new_session=True, **place.drop())
        self.wait_ready(wait_s)

    def wait_ready(self, wait_s=60):
        """Until it answers; raises Advice with the log's end if it does not."""
        until = time.monotonic() + wait_s
        while not self.answers():
            died = self.process and self.process.poll() is not None
            if died or time.monotonic() > until:
                raise place.Advice("PostgreSQL does not start: " + self.tail())
            time.sleep(0.05)

    def answers(self):
        ready = subprocess.run(
            [place.tool("pg_isready", "postgresql-client-15"), "-q", "-h",
             str(self.sockets), "-U", "postgres", "-d", "postgres"])
        return ready.returncode == 0

    def tail(self):
        try:
            return self.log.read_text(errors="replace")[-600:].strip()
        except OSError:
            return "no log"

    def postmaster(self):
        """Process id of the server, or None. Survives us: read from its file."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            if os.path.samefile(f"/proc/{pid}/cwd", self.data):
                return pid
        except (OSError, ValueError, IndexError):
            pass
        return None

    def send(self, which):
        pid = self.postmaster()
        if pid:
            os.kill(pid, which)
        return pid

    def stop(self, how=signal.SIGINT, wait_s=60):
        """Fast shutdown (SIGINT); SIGQUIT and SIGKILL are crashes."""
        pid = self.send(how)
        if self.process:
            self.process.wait(wait_s)
            self.process = None
        until = time.monotonic() + wait_s
        while pid and self.backends() and time.monotonic() < until:
            time.sleep(0.02)

    def kill(self):
        self.stop(signal.SIGKILL)

    def backends(self):
        """Process ids of everything that runs in this cluster."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.path.samefile(
                        f"/proc/{entry}/cwd", self.data):
                    exe = os.readlink(f"/proc/{entry}/exe")
                    if os.path.basename(exe).startswith("postgres"):
                        found.append(int(entry))
            except OSError:
                continue
        return found

    def clear_leftovers(self):
        """After a crash: wait for orphans to go, end those that do not."""
        if self.postmaster():
            return
        until = time.monotonic() + 5
        while self.backends() and time.monotonic() < until:
            time.sleep(0.05)
        for pid in self.backends():
            os.kill(pid, signal.SIGKILL)

    def forget_shared_memory(self):
        """A killed server leaves its System V segment; its file names it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            segment = int(lines[6].split()[1])
        except (OSError, ValueError, IndexError):
            return
        ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)

    def remove(self):
        """Stop it, and leave nothing."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        for pid in self.backends():
            os.kill(pid, signal.SIGKILL)
        self.forget_shared_memory()
        shutil.rmtree(self.home if self.ours else self.data,
                      ignore_errors=True)

    # ---- using it ----

    def dsn(self, role=OWNER, database=DATABASE):
        """libpq connection string."""
        text = f"host={self.sockets} dbname={database}"
        return f"{text} user={role}" if role else text

    def psql(self, sql, role=OWNER, database=DATABASE):
        """Run SQL text; returns unaligned rows as text, raises on error."""
        return self.psql_run(["-c", sql], role, database)

    def psql_file(self, path, role=OWNER, database=DATABASE, **variables):
        """Run a file with psql variables."""
        sets = [x for k, v in variables.items() for x in ("-v", f"{k}={v}")]
        return self.psql_run([*sets, "-f", str(path)], role, database)

    def psql_run(self, args, role, database):
        done = subprocess.run(
            [place.psql(), "-XqAt", "-v",
             "ON_ERROR_STOP=1", self.dsn(role, database), *args],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env=self.environment())
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def configure(self, **settings):
        """Settings of the server, None: its own again; returns when every
        process of it goes by them. A new session has them only after all
        others were told."""
        def server(text):
            return self.psql(text, "postgres", "postgres")
        for name, value in settings.items():
            server(f"alter system reset {name}" if value is None else
                   f"alter system set {name} = '{value}'")
        before = server("select pg_conf_load_time()")
        server("select pg_reload_conf()")
        until = time.monotonic() + 60
        while server("select pg_conf_load_time()") == before:
            if time.monotonic() > until:
                raise place.Advice("PostgreSQL does not read its settings.")
            time.sleep(0.02)


def main():
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb == "start" and len(sys.argv) == 2:
        cluster = Cluster.fresh()
        print(cluster.home)
        print(cluster.dsn())
    elif verb == "stop" and len(sys.argv) == 3:
        cluster = Cluster(sys.argv[2])
        if not (cluster.data / "PG_VERSION").exists():
            raise place.Advice(f"{sys.argv[2]} holds no cluster of ours.")
        cluster.ours = True
        cluster.remove()
    else:
        print("usage: python3 -m tests.rig.cluster start | stop DIR",
              file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    place.quiet_exit(main)
