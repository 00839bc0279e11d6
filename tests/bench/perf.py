# perf.py - where the time of one subject goes, by perf(1)
# SPDX-License-Identifier: Apache-2.0

import shutil
import subprocess

from tests.bench import machine, subjects

ROWS = 100
PAGES = "4096"  # of room a core, so that no sample is lost


def run(stand, load, key, seconds):
    """Load on our side of the subject while perf looks at the whole machine, by
    its clock: many threads are more than it watches by name, and a virtual
    machine has no counters. Only what is ours is told. Writes
    build/bench/profile-KEY.txt. 0, or 1 without perf."""
    if not shutil.which("perf"):
        print("perf is not there (package linux-perf): no profile.")
        return 1
    work = subjects.MAKERS[key](stand.ours, stand.peers).works[0]
    load.measure(work, 1)
    data = stand.home / "perf.data"
    pids = ",".join(map(str, sorted(machine.tree(work.roots()))))
    process, _ = load.begin(work, seconds + 1)
    seen = subprocess.run(["perf", "record", "-q", "-a", "-e", "cpu-clock",
                           "-F", "199", "--call-graph", "dwarf,4096",
                           "-m", PAGES, "-o", str(data), "--", "sleep", str(seconds)])
    said = load.end(process)
    if seen.returncode:
        print("perf may not look (kernel.perf_event_paranoid): no profile.")
        return 1
    text = "\n".join([
        report(data, pids, "comm"), report(data, pids, "comm,dso"),
        report(data, pids, "comm,dso,symbol"),
        report(data, pids, "comm,symbol", with_callees=True)])
    to = stand.build / f"profile-{key}.txt"
    to.write_text(f"{work.name}, {key}: {said['rate']:.0f} units/s\n\n{text}")
    print(to.read_text())
    return 0


def report(data, pids, sort, with_callees=False):
    """One view of the samples: each place's own time, or with what it
    called."""
    done = subprocess.run(
        ["perf", "report", "-i", str(data), "--stdio", "--pid", pids,
         "--percentage", "relative",
         "--children" if with_callees else "--no-children", "-g", "none",
         "--percent-limit", "0.5", "--sort", sort],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rows = [" ".join(line.split()).rstrip(" -")
            for line in done.stdout.splitlines()
            if line.strip() and not line.startswith("#")]
    if with_callees:  # our own functions, and the libraries' by name
        rows = [row for row in rows if "[k]" not in row and "0x" not in row]
    title = f"by {sort}" + (", with what it calls" if with_callees else "")
    return f"---- {title}\n" + "\n".join(rows[:ROWS]) + "\n"
