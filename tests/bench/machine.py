# machine.py - CPU time and memory of processes, from /proc
# SPDX-License-Identifier: Apache-2.0
#
# Processes are found as trees below a root and told apart by the name of
# their program. The time of a child that has ended and was waited for is in
# its parent's books (cutime, cstime), so nothing is lost when a server ends a
# worker in mid-run.

import glob
import os

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def stat_of(pid):
    """Fields of /proc/PID/stat after the name, or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def name_of(pid):
    """The file name of the program that runs."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).split()[0]
    except (OSError, IndexError):
        return "?"


def tree(roots):
    """Process ids of the roots and all below them."""
    parent = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = stat_of(entry)
            if stat:
                parent[int(entry)] = int(stat[1])
    found = {pid for pid in roots if pid in parent}
    grown = True
    while grown:
        more = {p for p, up in parent.items() if up in found} - found
        found |= more
        grown = bool(more)
    return found


def cpu(roots, leave_out=()):
    """CPU seconds so far by program name: user and system time of every
    process in the trees, their ended children included."""
    spent = {}
    for pid in tree(roots):
        stat, name = stat_of(pid), name_of(pid)
        if stat and name not in leave_out:
            ticks = sum(map(int, stat[11:15]))
            spent[name] = spent.get(name, 0) + ticks * TICK_S
    return spent


def switches(roots, leave_out=()):
    """Context switches so far by program name, of the threads that live. What
    a program costs is often how many hands a request goes through."""
    made = {}
    for pid in tree(roots):
        name = name_of(pid)
        if name in leave_out:
            continue
        for status in glob.glob(f"/proc/{pid}/task/*/status"):
            try:
                with open(status) as f:
                    made[name] = made.get(name, 0) + sum(
                        int(line.split()[1]) for line in f
                        if "ctxt_switches" in line)
            except OSError:
                continue
    return made


def between(before, after):
    """What was added, by program; one that was not there counts whole."""
    return {name: value - before.get(name, 0)
            for name, value in after.items()}


def pss_kb(pid):
    """Proportional share of memory in KiB; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def memory(roots, leave_out=()):
    """PSS in MB by program name: all its processes, and the largest one."""
    held = {}
    for pid in tree(roots):
        name = name_of(pid)
        if name not in leave_out:
            held.setdefault(name, []).append(pss_kb(pid) / 1024)
    return {name: {"all": sum(mb), "largest": max(mb)}
            for name, mb in held.items()}
