# isolation.py - what the others notice when one hospital hangs, and when eight do
# SPDX-License-Identifier: Apache-2.0
#
# Sixteen hospitals are read from as fast as they answer; eight others are asked
# at a fixed rate by clients of theirs. In turns these eight are well, one of
# them hangs, all of them hang: while their name is looked up, while connecting,
# before the first byte, in the middle of the body. With the shares and breakers
# that are shipped. Figures: p99 of the sixteen beside the rounds in which all
# are well.

import asyncio
import contextlib
import socket
import statistics
import threading
import time

from tests.bench import report, subjects
from tests.bench.directory import restart_facade
from tests.bench.house import House, tenant_id
from tests.rig.provider import Provider

EIGHT = 8
FIRST = 900         # number of the first of the eight tenants
RATE = 80           # requests a second for the eight together
WARM_S = 1.5        # of demand before the others are measured
BOUND = 1.1
SHIPPED = """provider_requests = 0
provider_patience_s = 300
breaker_calls = 20
breaker_time_outs = 5
"""
STATES = {"all well": 0, "one hangs": 1, "eight hang": EIGHT}
PLACES = ("look-up", "connect", "head", "body")


class Deaf:
    """A port whose queue is full: who connects waits."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.waiting = []
        for _ in range(8):
            s = socket.socket()
            s.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                s.connect(("127.0.0.1", self.port))
            self.waiting.append(s)

    def close(self):
        for s in (*self.waiting, self.listener):
            s.close()


class Demand:
    """Requests for the eight, at a fixed rate whatever comes of them."""

    def __init__(self, port, tokens):
        self.port, self.tokens, self.told = port, tokens, {}
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join()
        return self.told

    async def run(self):
        began, n, tasks = time.monotonic(), 0, set()
        while not self.stopping.is_set():
            task = asyncio.create_task(self.one(
                self.tokens[n % len(self.tokens)]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            n += 1
            await asyncio.sleep(max(0, began + n / RATE - time.monotonic()))
        for task in tasks:
            task.cancel()
        self.count("waiting", len(tasks))

    def count(self, what, n=1):
        self.told[what] = self.told.get(what, 0) + n

    async def one(self, token):
        try:
            read, write = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            self.count("refused")
            return
        try:
            write.write((f"GET /fhir/r4/{subjects.READ} HTTP/1.1\r\n"
                         f"Host: 127.0.0.1\r\nConnection: close\r\n"
                         f"Authorization: Bearer {token}\r\n\r\n").encode())
            head = await read.readline()
            await read.read()
            self.count(head[9:12].decode() or "none")
        except OSError:
            self.count("broken")
        finally:
            write.close()


class Eight:
    """Tenants whose servers are well, or hang."""

    def __init__(self, house, well):
        self.house, self.well = house, well
        self.deaf, self.double = Deaf(), Provider("R4")
        self.double.__enter__()
        self.double.on("/head", "hang")
        self.double.on("/body", "stalled")
        self.ill = {"look-up": "https://ward.hang/r4",
                    "connect": f"http://127.0.0.1:{self.deaf.port}/r4",
                    "head": self.double.base + "/head",
                    "body": self.double.base + "/body"}
        self.tenants = [tenant_id(FIRST + n) for n in range(EIGHT)]
        for n, tenant in enumerate(self.tenants):
            house.house.add_tenant(tenant, f"Eight {n}", well, "R4",
                                   house.client)

    def close(self):
        self.double.__exit__()
        self.deaf.close()

    def hang(self, count, turn):
        """So many of them, each in another place than its neighbour; what
        breakers know of them is forgotten, for their rows are new."""
        for n, tenant in enumerate(self.tenants):
            where = PLACES[(n + turn) % len(PLACES)]
            url = self.ill[where] if n < count else self.well
            self.house.psql(
                f"update wardgate.provider set base_url = '{url}', "
                f"http2 = not http2 where tenant_id = '{tenant}'")


def measured(load, house, eight, state, turn, seconds):
    """One round: the load client's figures, and what the eight were told."""
    eight.hang(STATES[state], turn)
    restart_facade(house)   # nothing of the last round holds threads
    work = subjects.our_get(house, subjects.READ, subjects.RIGHT_READ)
    load.measure(work, 0.5)
    path = house.mint(EIGHT * 4, eight.tenants)
    tokens = path.read_text().split()
    path.unlink()
    demand = Demand(house.port, tokens)
    try:
        time.sleep(WARM_S)
        said = load.measure(work, seconds)
    finally:
        said_of_eight = demand.stop()
    return {"p50_us": said["p50_us"], "p99_us": said["p99_us"],
            "rate": said["rate"], "wrong": said["wrong"],
            "eight": said_of_eight}


def rounds(load, house, eight, args):
    found = {state: [] for state in STATES}
    for turn in range(args.rounds):
        for state in STATES:
            found[state].append(measured(load, house, eight, state, turn,
                                         args.seconds))
    return found


def run(stand, load, args):
    with contextlib.ExitStack() as stack:
        house = House(stand.build, stand.home, stand.slow(),
                      stand.upstream.base,
                      preload=stand.tool("hang_lookup.so"),
                      settings=SHIPPED)
        stack.callback(house.stop)
        eight = Eight(house, stand.upstream.base)
        stack.callback(eight.close)
        found = rounds(load, house, eight, args)
    well = found["all well"]
    ratios = {state: statistics.median(
        r["p99_us"] / w["p99_us"] for r, w in zip(found[state], well))
        for state in STATES if STATES[state]}
    return {"rounds": found, "ratios": ratios,
            "wrong": sum(r["wrong"] for s in found.values() for r in s)}


def judge(found):
    return [{"what": f"p99 of the others while {state}", "subject":
             "isolation", "profile": "read", "bound": f"<= {BOUND:g} ×",
             "value": found and found["ratios"][state],
             "found": f"{found['ratios'][state]:.2f} ×" if found else "",
             "met": found and found["ratios"][state] <= BOUND
             and not found["wrong"]}
            for state, count in STATES.items() if count]


def text(found):
    rows = []
    for state, made in found["rounds"].items():
        told = {}
        for one in made:
            for what, n in one["eight"].items():
                told[what] = told.get(what, 0) + n
        rows.append([
            state, *(f"{statistics.median(r[k] for r in made) / by:.1f}"
                     for k, by in (("rate", 1), ("p50_us", 1e3),
                                   ("p99_us", 1e3))),
            " ".join(f"{r['p99_us'] / 1e3:.1f}" for r in made),
            str(sum(r["wrong"] for r in made)),
            ", ".join(f"{n} × {w}" for w, n in sorted(told.items()))])
    return ("## Others, while hospitals hang\n\n" + report.table(
        ["", "others/s", "p50 ms", "p99 ms", "p99 of each round", "wrong",
         "what the eight were told"], rows))
