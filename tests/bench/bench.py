# bench.py - make bench: what a token and a record cost, beside others
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.bench.bench [--rounds N] [--seconds S] [--users N]
#            [--only KEY[,KEY]] [--minutes M] [--samples N] [--profile KEY]
#
# Starts a house of its own, the provider behind it and the peers beside it, on
# free loopback ports in a temporary folder, and measures them in turns:
# round 1 A B C, round 2 A B C, ... Results: build/bench/bench.md, bench.json.
# Keys: token read search convert metadata unit page delay memory directory
# batch timing flat isolation.

import argparse
import os
import shutil
import sys
import time
from types import SimpleNamespace

from tests.bench import (batch, directory, flat, isolation, machine, peer_oidc,
                         peers, perf, report, subjects, timing)
from tests.bench.house import House
from tests.bench.upstream import Upstream
from tests.rig import place

KEYS = (*subjects.MAKERS, "memory", "directory", "batch", "timing", "flat",
        "isolation")
MEMORY_MB = 64

# figure, subject, our work's and the other's name, what is compared: cpu is
# ours divided by theirs, rate likewise, cheaper is theirs divided by ours
TARGETS = (
    ("token: CPU beside the bare constant answer",
     "token", "bare constant", "cpu", "<=", 3.0),
    ("token: cheaper than glewlwyd",
     "token", "glewlwyd", "cheaper", ">=", 25.0),
    ("token: cheaper than oidc-provider",
     "token", "oidc-provider", "cheaper", ">", 1.0),
    ("read: CPU beside the bare proxy",
     "read", "bare proxy", "cpu", "<=", 2.5),
    ("read: throughput beside Apache + mod_oauth2",
     "read", "Apache + mod_oauth2", "rate", ">=", 1.5),
    ("search of 40 KB: CPU beside the bare proxy",
     "search", "bare proxy", "cpu", "<=", 3.0),
    ("search of 40 KB: CPU at the DSTU2 face beside the R4 face",
     "convert", "wardgate, R4 face", "cpu", "<=", 3.0),
    ("a page of the portal: CPU beside the bare constant answer",
     "page", "bare constant", "cpu", "<=", 5.0),
    ("token and read: cheaper than glewlwyd + mod_oauth2",
     "unit", "glewlwyd + mod_oauth2", "cheaper", ">=", 12.0),
)
RATIOS = {
    "cpu": lambda ours, theirs: ours["cpu_us"] / theirs["cpu_us"],
    "rate": lambda ours, theirs: ours["rate"] / theirs["rate"],
    "cheaper": lambda ours, theirs: theirs["cpu_us"] / ours["cpu_us"],
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def compare(value, relation, bound):
    return {"<=": value <= bound, ">=": value >= bound,
            ">": value > bound}[relation]


# ---- what runs ----------------------------------------------------------------

class Stand:
    """Our house, the provider and the peers; started and stopped together."""

    def __init__(self, keys):
        self.build = place.build_dir() / "bench"
        self.home = place.new_home("wg-bench-")
        self.home.chmod(0o755)  # servers that drop root read their files here
        self.delay = self.home / "delay-us"
        self.set_delay(0)
        self.delay.chmod(0o644)
        self.peers = SimpleNamespace(constant=None, proxy=None, nginx=None,
                                     apache=None, glewlwyd=None, oidc=None)
        self.upstream = Upstream(self.tool("static_upstream"), self.home)
        self.ours = None
        try:
            self.ours = House(self.build, self.home, self.slow(),
                              self.upstream.base)
            self.upstream.start(self.ours.metadata())
            if set(keys) & set(subjects.MAKERS):
                self.start_peers()
        except BaseException:
            self.stop()
            raise

    def tool(self, name):
        """A bench program where every user can run it."""
        to = self.home / name
        shutil.copy(self.build / name, to)
        to.chmod(0o755)
        return str(to)

    def slow(self):
        return {"LD_PRELOAD": self.tool("slow_sync.so"),
                "SLOW_SYNC": str(self.delay)}

    def set_delay(self, ms):
        with open(self.delay, "r+b" if self.delay.exists() else "wb") as f:
            f.write((ms * 1000).to_bytes(4, sys.byteorder))

    def start_peers(self):
        up = self.upstream.port
        self.try_peer("constant", lambda: peers.Bare(
            self.home, "constant", [self.tool("bare_constant")]))
        self.try_peer("proxy", lambda: peers.Bare(
            self.home, "proxy", [self.tool("bare_proxy"),
                                 f"http://127.0.0.1:{up}"]))
        self.try_peer("nginx", lambda: peers.Nginx(self.home, up))
        self.try_peer("glewlwyd", lambda: peers.Glewlwyd(
            self.home, self.slow()))
        self.try_peer("oidc", lambda: peer_oidc.OidcProvider(self.home))
        jwks = {"wardgate": self.ours.jwk()}
        if self.peers.glewlwyd:
            jwks["glewlwyd"] = self.peers.glewlwyd.jwk()
        self.try_peer("apache", lambda: peers.Apache(self.home, up, jwks))

    def try_peer(self, name, start):
        try:
            setattr(self.peers, name, start())
        except peers.Missing as why:
            say(f"bench: {why}")

    def stop(self):
        for peer in vars(self.peers).values():
            if peer:
                peer.stop()
        if self.ours:
            self.ours.stop()
        self.upstream.stop()
        shutil.rmtree(self.home, ignore_errors=True)


# ---- measuring ----------------------------------------------------------------

def run_rounds(stand, load, todo, rounds, seconds):
    for subject in todo:
        for work in subject.works:
            stand.set_delay(work.delay_ms)
            load.measure(work, work.warm_s)
    for number in range(1, rounds + 1):
        for subject in todo:
            for work in subject.works:
                stand.set_delay(work.delay_ms)
                said = load.measure(work, seconds)
                work.rounds.append(said)
                say(f"round {number} {subject.key:9}{work.name:28}"
                    f"{said['cpu_us']:8.0f} us {said['rate']:9.0f}/s"
                    + (f"  {said['wrong']} wrong: {said['status']}"
                       if said["wrong"] else ""))
    stand.set_delay(0)


def run_memory(stand, load, minutes):
    """Mixed load for so many minutes; then PSS of each program's largest
    process, in MB."""
    ours = stand.ours
    works = [(subjects.our_token(ours), 8)]
    works += [(subjects.our_get(ours, subjects.READ, subjects.RIGHT_READ), 12)]
    works += [(subjects.our_get(ours, subjects.upstream.SEARCH,
                                subjects.RIGHT_SEARCH), 8)]
    works += [(subjects.metadata_subject(ours, stand.peers).works[0], 4)]
    for work, _ in works:
        work.rate = 4000.0
    until = time.monotonic() + minutes * 60
    wrong, answers = 0, {}
    while (left := until - time.monotonic()) > 0:
        begun = [load.begin(work, min(left, 20), users)[0]
                 for work, users in works]
        for (work, _), process in zip(works, begun):
            said = load.end(process)
            work.rate = max(said["rate"], 100.0)
            wrong += said["unexpected"] + said["broken"]
            for status, count in said["status"].items():
                answers[status] = answers.get(status, 0) + count
    held = machine.memory(ours.roots(), ours.leave_out)
    return {"minutes": minutes, "wrong": wrong, "answers": answers,
            "programs": held}


def memory_text(found):
    rows = [[name, f"{mb['largest']:.1f}", f"{mb['all']:.1f}"]
            for name, mb in sorted(found["programs"].items())]
    answers = ", ".join(f"{count:,} × {status}" for status, count in
                        sorted(found["answers"].items()))
    return (f"## Memory after {found['minutes']:g} minutes of mixed load\n\n"
            + report.table(["program", "largest process, PSS MB", "all"],
                           rows) + f"\n\nAnswers: {answers}.")


# ---- the verdict ----------------------------------------------------------------

def judge(figures, memory, tenants, batched, timed, flatness, programs):
    """One row per target: found, met or missed; None: not measured."""
    rows = []
    for what, key, other, kind, relation, bound in TARGETS:
        works = figures.get(key, {})
        value = None
        if "wardgate" in works and other in works:
            value = RATIOS[kind](works["wardgate"], works[other])
        rows.append({"what": what, "subject": key,
                     "bound": f"{relation} {bound:g} ×", "value": value,
                     "found": "" if value is None else f"{value:.2f} ×",
                     "met": None if value is None else
                     compare(value, relation, bound)})
    for name in programs:
        value = (memory or {"programs": {}})["programs"].get(name, {}).get(
            "largest")
        rows.append({"what": f"memory of {name} under mixed load",
                     "subject": "memory", "profile": "read", "bound": f"< {MEMORY_MB} MB",
                     "value": value,
                     "found": "" if value is None else f"{value:.1f} MB",
                     "met": None if value is None else value < MEMORY_MB})
    return (rows + directory.judge(tenants) + batch.judge(batched)
            + timing.judge(timed) + flat.judge(flatness))


def options():
    p = argparse.ArgumentParser(prog="make bench")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--users", type=int, default=32)
    p.add_argument("--minutes", type=float, default=10,
                   help="of mixed load before memory is looked at")
    p.add_argument("--samples", type=int, default=10000,
                   help="of each cause of a refusal")
    p.add_argument("--only", default="", help="of " + ", ".join(KEYS))
    p.add_argument("--profile", choices=tuple(subjects.MAKERS))
    args = p.parse_args()
    args.only = [k for k in args.only.split(",") if k] or list(KEYS)
    if set(args.only) - set(KEYS):
        p.error("--only knows " + ", ".join(KEYS))
    return args


def run(args):
    stand = Stand(args.only)
    try:
        load = subjects.Load(stand.tool("load"), stand.home, args.users)
        if args.profile:
            return perf.run(stand, load, args.profile, args.seconds)
        return measure(stand, load, args)
    finally:
        stand.stop()


def measure(stand, load, args):
    todo = [subjects.MAKERS[key](stand.ours, stand.peers)
            for key in args.only if key in subjects.MAKERS]
    result = {"machine": report.machine_facts(), "settings": {
        "rounds": args.rounds, "seconds": args.seconds, "users": args.users}}
    run_rounds(stand, load, todo, args.rounds, args.seconds)
    figures = {s.key: {w.name: report.medians(w) for w in s.works}
               for s in todo}
    texts = [report.subject_table(s, figures[s.key]) for s in todo]
    result["subjects"] = figures
    result["rounds"] = {s.key: {w.name: w.rounds for w in s.works}
                        for s in todo}
    memory = tenants = batched = timed = flatness = isolated = None
    if "token" in args.only:
        texts.append(yardstick(result))
    if "memory" in args.only:
        memory = result["memory"] = run_memory(stand, load, args.minutes)
        texts.append(memory_text(memory))
    if "directory" in args.only:
        tenants = result["directory"] = directory.run(stand, load, args)
        texts.append(directory.text(tenants))
    if "batch" in args.only:
        batched = result["batch"] = batch.run(stand, load, args)
        texts.append(batch.text(batched))
    if "timing" in args.only:
        timed = result["timing"] = timing.run(stand, args)
        texts.append(timing.text(timed))
    if "isolation" in args.only:
        isolated = result["isolation"] = isolation.run(stand, load, args)
        texts.append(isolation.text(isolated))
    if "flat" in args.only:
        flatness = result["flat"] = flat.run(stand, load, args)
        texts.append(flat.text(flatness))
    targets = judge(figures, memory, tenants, batched, timed, flatness,
                    stand.ours.programs) + isolation.judge(isolated)
    result["targets"] = targets
    report.write(stand.build, result, [report.target_table(targets), *texts])
    print((stand.build / "bench.md").read_text())
    return 0 if all(t["met"] is not False for t in targets) else 1


def yardstick(result):
    try:
        speed = result["openssl"] = peers.openssl_speed(1)
    except peers.Missing as why:
        return f"openssl speed: {why}"
    return (f"Yardstick, `openssl speed ecdsap256`: {speed['sign_us']:.0f} µs "
            f"a signature, {speed['verify_us']:.0f} µs a verification.")


if __name__ == "__main__":
    os.chdir(place.TOP)
    place.quiet_exit(lambda: run(options()))
