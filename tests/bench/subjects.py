# subjects.py - what is measured: our programs, and what stands beside them
# SPDX-License-Identifier: Apache-2.0
#
# A Work is one request (or two, the second with the token of the first) asked
# of one side; a Subject is our work first and the others' beside it. All go to
# the same provider, through the same load client, in turns.

import json
import subprocess
from dataclasses import dataclass, field

from tests.bench import machine, upstream

READ = f"Patient/{upstream.PATIENT}"
PROVIDER = "/fhir/r4"  # path of the provider's base, for those that pass it on
FORM = "application/x-www-form-urlencoded"
RIGHT_TOKEN = '"access_token"'
RIGHT_READ = "Marlowe"
RIGHT_SEARCH = "searchset"
RIGHT_DSTU2 = '"comments":"Taken at rest'  # "note":[{"text": in R4
RIGHT_METADATA = "CapabilityStatement"


@dataclass
class Ask:
    """One request: where it goes, its bytes, and a piece of a right answer."""
    port: int
    request: bytes
    right: str


@dataclass
class Work:
    name: str
    side: object             # has roots() and leave_out
    asks: list
    fresh: object = None     # makes a file of n tokens, each used once
    delay_ms: int = 0        # of the database's disk
    warm_s: float = 0.5      # of load that is not measured
    sides: list = field(default_factory=list)  # more whose cost counts
    rate: float = 20000.0    # units a second, as last seen
    rounds: list = field(default_factory=list)

    def roots(self):
        return [pid for side in [self.side, *self.sides]
                for pid in side.roots()]


@dataclass
class Subject:
    key: str
    title: str
    works: list


def get(port, path, right, token=False):
    bearer = "Authorization: Bearer {}\r\n" if token else ""
    return Ask(port, (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                      "Accept: application/fhir+json\r\n"
                      f"{bearer}\r\n").encode(), right)


def post(port, path, form, right):
    return Ask(port, (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                      f"Content-Type: {FORM}\r\n"
                      f"Content-Length: {len(form)}\r\n\r\n{form}").encode(),
               right)


def books(work):
    """What our side of this work has used up so far."""
    roots, leave_out = work.roots(), work.side.leave_out
    return {"switches": machine.switches(roots, leave_out),
            "cpu_us": machine.cpu(roots, leave_out)}


# ---- the load client --------------------------------------------------------

class Load:
    """Runs build/bench/load on a Work and adds what the machine says."""

    def __init__(self, program, home, users):
        self.program, self.home, self.users = program, home, users

    def argv(self, work, seconds, values, users):
        argv = [self.program, "-c", str(users), "-s", str(seconds)]
        for ask, flag in zip(work.asks, ("-e", "-E")):
            argv += [flag, ask.right]
        if values:
            argv += ["-v", str(values)]
        for i, ask in enumerate(work.asks):
            path = self.home / f"request-{abs(hash(ask.request))}-{i}"
            path.write_bytes(ask.request)
            argv += [str(ask.port), str(path)]
        return argv

    def begin(self, work, seconds, users=None):
        """The load client, started, with tokens enough for what is likely.
        Returns it and our side's books as they stood just before."""
        values = None
        if work.fresh:
            values = work.fresh(int(work.rate * seconds * 1.5) + 1000)
        argv = self.argv(work, seconds, values, users or self.users)
        before = books(work)
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        process.values = values
        return process, before

    @staticmethod
    def end(process):
        said = process.communicate()[0]
        if process.values:
            process.values.unlink()
        if process.returncode:
            raise RuntimeError(f"the load client failed: {process.args}")
        return json.loads(said)

    def measure(self, work, seconds):
        """One run: figures of the load client, CPU per unit, memory."""
        process, before = self.begin(work, seconds)
        said = self.end(process)
        units = max(said["units"], 1)
        after = books(work)
        for name, per_unit in (("cpu_us", 1e6), ("switches", 1)):
            added = machine.between(before[name], after[name])
            said[name + "_by"] = {program: value * per_unit / units
                                  for program, value in added.items()}
            said[name] = sum(said[name + "_by"].values())
        held = machine.memory(work.roots(), work.side.leave_out)
        said["pss_mb"] = sum(m["all"] for m in held.values())
        said["wrong"] = said["unexpected"] + said["broken"]
        work.rate = max(said["rate"], 100.0)
        return said


# ---- the subjects -----------------------------------------------------------

def token_subject(ours, peers):
    works = [our_token(ours)]
    if peers.constant:
        works.append(Work("bare constant", peers.constant, [
            post(peers.constant.port, "/oauth2/token", ours.form(),
                 RIGHT_TOKEN)]))
    if peers.glewlwyd:
        works.append(glewlwyd_token(peers))
    if peers.oidc:
        works.append(oidc_token(peers))
    return Subject("token", "A token (client credentials, ES256)", works)


def our_token(ours):
    return Work("wardgate", ours, [
        post(ours.port, "/oauth2/token", ours.form(), RIGHT_TOKEN)])


def glewlwyd_token(peers):
    return Work("glewlwyd", peers.glewlwyd, [
        post(peers.glewlwyd.port, "/api/oidc/token", peers.glewlwyd.form(),
             RIGHT_TOKEN)], rate=150.0)


def oidc_token(peers):
    return Work("oidc-provider", peers.oidc, [
        post(peers.oidc.port, "/token", peers.oidc.form(), RIGHT_TOKEN)],
        rate=1000.0, warm_s=8)  # its compiler works while it runs


def our_get(ours, path, right):
    return Work("wardgate", ours, [
        get(ours.port, f"{ours.face}/{path}", right, token=True)],
        fresh=ours.mint)


def beside(ours, peers, path, right):
    """The same records through the others."""
    path = f"{PROVIDER}/{path}"
    if peers.nginx:
        yield Work("nginx plain proxy", peers.nginx,
                   [get(peers.nginx.port, path, right)])
    if peers.apache:
        yield Work("Apache + mod_oauth2", peers.apache, [
            get(peers.apache.ports["wardgate"], path, right, token=True)],
            fresh=ours.mint)
    if peers.constant:
        yield Work("bare constant", peers.constant, [
            get(peers.constant.port, path, RIGHT_TOKEN)])
    if peers.proxy:
        yield Work("bare proxy", peers.proxy,
                   [get(peers.proxy.port, path, right)])


def read_subject(ours, peers):
    return Subject("read", "Read of 1 KB, a fresh token every time", [
        our_get(ours, READ, RIGHT_READ),
        *beside(ours, peers, READ, RIGHT_READ)])


def search_subject(ours, peers):
    path = upstream.SEARCH
    return Subject("search", "Search of 40 KB, a fresh token every time", [
        our_get(ours, path, RIGHT_SEARCH),
        *beside(ours, peers, path, RIGHT_SEARCH)])


def convert_subject(ours, _):
    """The same search of the same R4 provider, at another face and at its
    own: what conversion costs."""
    works = [Work(name, ours, [get(ours.port, f"{face}/{upstream.SEARCH}",
                                   right, token=True)], fresh=ours.mint)
             for name, face, right in (
                 ("wardgate", "/fhir/dstu2", RIGHT_DSTU2),
                 ("wardgate, R4 face", ours.face, RIGHT_SEARCH))]
    return Subject("convert", "Search of 40 KB at the DSTU2 face over an R4 "
                   "provider, and at its own", works)


def metadata_subject(ours, peers):
    """The others pass on or hold the very bytes that ours makes."""
    right = RIGHT_METADATA
    return Subject("metadata", "Metadata, no token", [
        Work("wardgate", ours,
             [get(ours.port, f"{ours.face}/metadata", right)]),
        *beside(ours, peers, "metadata", right)])


def our_unit(ours):
    return Work("wardgate", ours, our_token(ours).asks +
                our_get(ours, READ, RIGHT_READ).asks)


def their_unit(peers):
    read = get(peers.apache.ports["glewlwyd"], f"{PROVIDER}/{READ}",
               RIGHT_READ, token=True)
    return Work("glewlwyd + mod_oauth2", peers.glewlwyd,
                glewlwyd_token(peers).asks + [read], sides=[peers.apache],
                rate=150.0)


def unit_subject(ours, peers):
    works = [our_unit(ours)]
    if peers.constant and peers.proxy:
        works.append(Work("bare constant + bare proxy", peers.constant, [
            post(peers.constant.port, "/oauth2/token", ours.form(),
                 RIGHT_TOKEN),
            get(peers.proxy.port, f"{PROVIDER}/{READ}", RIGHT_READ,
                token=True)], sides=[peers.proxy]))
    if peers.glewlwyd and "glewlwyd" in getattr(peers.apache, "ports", ()):
        works.append(their_unit(peers))
    return Subject("unit", "Token, then read with it: the unit of work",
                   works)


def page_subject(ours, peers):
    """What somebody who is signed in sees first: session and list are asked of
    the database each time."""
    def ask(port, right, cookie):
        return Ask(port, (f"GET /admin/clients HTTP/1.1\r\n"
                          f"Host: 127.0.0.1:{port}\r\n"
                          f"Cookie: {cookie}\r\n\r\n").encode(), right)

    name, cookie = ours.signed_in()
    works = [Work("wardgate", ours, [ask(ours.port, name, cookie)])]
    if peers.constant:
        works.append(Work("bare constant", peers.constant, [
            ask(peers.constant.port, RIGHT_TOKEN, cookie)]))
    return Subject("page", "A page of the portal, signed in", works)


def delayed(work, delay_ms):
    work.delay_ms = delay_ms
    work.name = f"{work.name}, {delay_ms} ms"
    work.rate /= 1 + delay_ms
    return work


def delay_subject(ours, peers):
    """What an answer costs and how long it takes when a commit is slow."""
    works = []
    for name, make in (("token", our_token), ("unit", our_unit),
                       ("read", lambda o: our_get(o, READ, RIGHT_READ))):
        for delay_ms in (0, 2, 10):
            work = delayed(make(ours), delay_ms)
            work.name = f"{name}: {work.name}"
            works.append(work)
    if peers.glewlwyd:
        for delay_ms in (0, 2, 10):
            work = delayed(glewlwyd_token(peers), delay_ms)
            work.name = f"token: {work.name}"
            works.append(work)
    return Subject("delay", "With every commit delayed by 0, 2 and 10 ms",
                   works)


MAKERS = {"token": token_subject, "read": read_subject,
          "search": search_subject, "convert": convert_subject,
          "metadata": metadata_subject,
          "unit": unit_subject, "page": page_subject, "delay": delay_subject}
