# crowd.py - many clients, many hospitals, and what the audit says about both
# SPDX-License-Identifier: Apache-2.0
#
#     with Wards(delay_ms=60) as wards:
#         house.cluster.psql_file(..., provider_url=wards.base("R4", "w1"))
#         plan = [unit("a", form(id, secret, tenant), "GET", "/fhir/r4/...")]
#         with Crowd(env.port, plan, rate=200, seconds=10) as crowd:
#             for result in crowd.news(): ...      while it runs
#         results = crowd.results()                after its end
#     kept = audit_rows(house, began_us)           trace id -> Row
#
# The clients and the hospitals are C programs (crowd.c, wards.c): in Python
# they would be what is measured.

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.rig import place

END_WAIT_S = 60


class Result(NamedTuple):
    """One answer; see crowd.c. status 0: none, and `says` why."""
    label: str
    kind: str
    status: int
    trace: str
    began: int
    ended: int
    says: str


class Row(NamedTuple):
    """What the audit kept; tenant and jti may be empty."""
    program: str
    status: int
    tenant: str
    jti: str
    reason: str


def now_us():
    return time.time_ns() // 1000


def unit(label, form="-", method="-", target="-", body="-", header="-"):
    """A line of a plan (crowd_unit.h)."""
    return "\t".join((label, form, method, target, body, header))


def form(client, secret, tenant):
    """The body of a token request."""
    return urlencode({"grant_type": "client_credentials", "client_id": client,
                      "client_secret": secret, "scope": tenant})


def program(name):
    path = place.build_dir() / "rig" / name
    if not path.exists():
        raise place.Advice(f"{path} is missing: run `make tests`.")
    return str(path)


class Wards:
    """Hospitals without number on one loopback port (wards.c)."""

    def __init__(self, delay_ms=0, every=0, slow_ms=0):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1024)
        self.port = self.socket.getsockname()[1]
        self.process = subprocess.Popen(
            [program("wards"), str(self.port), str(delay_ms), str(every),
             str(slow_ms)], stdin=self.socket)

    def base(self, version, ward):
        return f"http://127.0.0.1:{self.port}/{version.lower()}/{ward}"

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.process.kill()
        self.process.wait()
        self.socket.close()


class Crowd:
    """Clients at work from now on; a plan that is not to be repeated says
    units=len(plan)."""

    def __init__(self, port, plan, clients=32, rate=0, seconds=None,
                 units=None, keep_every=0):
        self.folder = Path(tempfile.mkdtemp(prefix="wg-crowd-"))
        (self.folder / "plan").write_text("\n".join(plan) + "\n")
        argv = [program("crowd"), "-c", str(clients)]
        for letter, value in (("-r", rate), ("-s", seconds), ("-n", units)):
            argv += [letter, str(value)] if value else []
        if keep_every:
            argv += ["-k", str(self.folder / "tokens"), "-e", str(keep_every)]
        (self.folder / "results").touch()
        self.file = open(self.folder / "results")
        self.rest = ""
        self.process = subprocess.Popen(
            [*argv, str(port), str(self.folder / "plan"),
             str(self.folder / "results")])

    def news(self):
        """What was answered since the last call."""
        lines = (self.rest + self.file.read()).split("\n")
        self.rest = lines.pop()
        return [self.read(line) for line in lines]

    @staticmethod
    def read(line):
        label, kind, status, trace, began, ended, says = line.split("\t")
        return Result(label, kind, int(status), trace, int(began), int(ended),
                      says)

    def results(self):
        """All of them, from the first."""
        with open(self.folder / "results") as file:
            return [self.read(line.rstrip("\n")) for line in file]

    def tokens(self):
        """(label, began, token) of those that were kept."""
        with open(self.folder / "tokens") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        return [(label, int(began), token) for label, began, token in rows]

    def wait(self, wait_s=None):
        """Until the plan is done; raises if the crowd itself failed."""
        status = self.process.wait(wait_s)
        if status:
            raise RuntimeError(f"the crowd ended with {status}")

    def stop(self):
        """No new unit; those under way are waited for."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.wait(END_WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- the house around them -----------------------------------------------------

def put_tenant(house, tenant, **more):
    """sql/onboard/tenant.sql; returns when it was run: (before, after) us."""
    began = now_us()
    house.cluster.psql_file(place.TOP / "sql/onboard/tenant.sql",
                            tenant=tenant, **more)
    return began, now_us()


def remove_tenant(house, tenant):
    house.cluster.psql_file(place.TOP / "sql/onboard/remove.sql",
                            tenant=tenant, links="end")


def audit_rows(house, since_us):
    """Trace id -> Row, for requests that began since then. A second row under
    the same trace id would be a lie, and raises."""
    text = house.cluster.psql(
        "copy (select replace(trace_id::text, '-', ''), "
        "coalesce(tenant_id::text, ''), coalesce(token_id, ''), "
        "coalesce(reason, ''), program, coalesce(status, 0) "
        "from wardgate.audit "
        f"where at >= to_timestamp({since_us} / 1e6) - interval '5 s' "
        "and entry = 0) "
        "to stdout")
    rows = {}
    for line in text.splitlines():
        trace, tenant, jti, reason, name, status = line.split("\t")
        if trace in rows:
            raise RuntimeError(f"two audit rows of {trace}")
        rows[trace] = Row(name, int(status), tenant, jti, reason)
    return rows


def unaudited(result, row, tenant, jti):
    """What is wrong with the audit row of an answer, or None. row: None if
    there is none; jti: of its token, None if we do not know."""
    program = "token" if result.kind == "token" else "facade"
    if row is None:
        return "no row"
    if (row.program, row.status, row.tenant) != \
            (program, result.status, tenant):
        return str(row)
    if jti is not None and row.jti != jti:
        return f"token {row.jti} instead of {jti}"
    return None


def sample(things, most=12):
    """A few of many, as text for a failure."""
    return "\n".join(map(str, list(things)[:most])) + \
        (f"\n... {len(things)} in all" if len(things) > most else "")

