# run.py - runs the tests in parts, one line each, and one sum at the end
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.run [--list] [PART...]
#
# Without parts: all of them. `quick` stands for the parts that need neither a
# database nor a web server. The last line is `N passed, N failed`, with
# `, N skipped` where some were; the exit status is 0 only if nothing failed,
# and a part without any test counts as one skipped. With the part `hostile` the
# line before it says which rows of tests/hostile.tsv are covered and which are
# open. What a part printed is in build/check/PART.log, and on the terminal when
# it failed.

import concurrent.futures
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.house import check_hostile
from tests.rig import place

TOP = place.TOP
BUILD = place.build_dir()
LOGS = BUILD / "check"
PYTHON = [sys.executable or "python3", "-B"]
TAIL = 60


class Part:
    """Something to run, and how to read its counts.

    run()  a list of command lines, each a list
    read   text of one command and its exit status -> (passed, failed, skipped)
    jobs   how many commands may run side by side
    """

    def __init__(self, name, what, run, read, jobs=1, env=None):
        self.name, self.what, self.run = name, what, run
        self.read, self.jobs, self.env = read, jobs, env or {}


# ---- reading counts: text and exit status of one command ----

def summary_line(text, status):
    """`N passed, N failed[, N skipped]` on the last line that has it."""
    hits = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$",
                      text, re.M)
    return tuple(int(n or 0) for n in hits[-1]) if hits else (0, 1, 0)


def cmocka(text, status):
    """cmocka's own groups; a test that began and did not end has failed."""
    ran = len(re.findall(r"^\[ RUN      \]", text, re.M))
    passed = len(re.findall(r"^\[       OK \]", text, re.M))
    skipped = len(set(re.findall(r"^\[  SKIPPED \] ([A-Za-z_]\w*)$", text,
                                 re.M)))
    return passed, ran - passed - skipped, skipped


def replay(text, status):
    """A fuzz target over its corpus: every input is a test."""
    hit = re.search(r"^(\d+) inputs$", text, re.M)
    if hit and status == 0:
        return int(hit[1]), 0, 0
    return max(len(text.splitlines()) - 1, 0), 1, 0


def unittests(text, status):
    """Python's unittest, run verbosely. A class or module that is skipped as a
    whole is one skipped, and none that ran."""
    ran = re.findall(r"^Ran (\d+) tests? in", text, re.M)
    if not ran:
        return 0, 1, 0
    counts = dict.fromkeys(("failures", "errors", "skipped",
                            "unexpected successes"), 0)
    for name, number in re.findall(
            r"(failures|errors|skipped|unexpected successes)=(\d+)",
            text.splitlines()[-1]):
        counts[name] = int(number)
    skipped = counts.pop("skipped")
    wholes = len(re.findall(r"^setUp(?:Class|Module) \(.*\.\.\. skipped ", text, re.M))
    failed = sum(counts.values()) or int(status != 0)
    passed = int(ran[-1]) + wholes - failed - skipped
    return max(passed, 0), failed, skipped


def exit_status(text, status):
    """One command, one test."""
    return (1, 0, 0) if status == 0 else (0, 1, 0)


# ---- the parts ----

SQL_JOBS = 4


def python_module(name):
    return [*PYTHON, "-m", name]


def discover(folder):
    """The unittest modules of a folder, a command each."""
    modules = sorted((TOP / folder).glob("test_*.py"))
    return [[*python_module("unittest"), "-v",
             ".".join(m.relative_to(TOP).with_suffix("").parts)]
            for m in modules]


def dealt(folder, hands):
    """The same in so many commands, the longest first: what a process makes
    for all its tests, a cluster and the schema in it, it makes once."""
    modules = sorted((TOP / folder).glob("test_*.py"),
                     key=lambda m: -m.stat().st_size)
    names = [".".join(m.relative_to(TOP).with_suffix("").parts)
             for m in modules]
    return [[*python_module("unittest"), "-v", *names[n::hands]]
            for n in range(hands)]


def unit_programs():
    """The unit tests that are built and still have a source, and whether each
    asks a database."""
    for path in sorted((BUILD / "unit").glob("test_*")):
        source = TOP / "tests/unit" / f"{path.name}.c"
        if os.access(path, os.X_OK) and not path.suffix and source.exists():
            yield str(path), "WG_TEST_DB" in source.read_text()


def units():
    return [[path] for path, asks in unit_programs() if not asks]


def units_with_database():
    return [[*python_module("tests.rig.with_db"), path]
            for path, asks in unit_programs() if asks]


def replays():
    return [[str(p), str(TOP / "tests/fuzz/corpus" / p.name[5:])]
            for p in sorted((BUILD / "replay").glob("fuzz_*"))
            if os.access(p, os.X_OK) and not p.suffix
            and (TOP / "tests/fuzz" / f"{p.name}.c").exists()]


def stresses():
    """Many threads at once; under TSan by `make tsan`, which also has those
    that take long and ask a database."""
    return [[str(BUILD / "stress" / p.stem)]
            for p in sorted((TOP / "tests/tsan").glob("tsan_*.c"))
            if "WG_TEST_DB" not in p.read_text()]


def manuals():
    tool = place.tool("mandoc", "mandoc")
    return [[tool, "-T", "lint", "-W", "warning", str(p)]
            for p in sorted((TOP / "cgi").glob("*.[58]"))]


def stories(server):
    """The stories of tests/e2e against one web server, in one house."""
    return [[*python_module("tests.rig.stories"), server]]


PARTS = (
    Part("house", "order, doors, names, settings",
         lambda: [python_module("tests.house.check_house")], summary_line),
    Part("hostile", "hostile requests, and who tests them",
         lambda: [python_module("tests.house.check_hostile")], summary_line),
    Part("conform", "clauses of standards, and who tests them",
         lambda: [python_module("tests.house.check_conformance")],
         summary_line),
    Part("words", "the portal's words in all languages",
         lambda: [python_module("tests.house.check_words")], summary_line),
    Part("alerts", "alert rules and the board: figures that there are",
         lambda: [python_module("tests.house.check_alerts")], summary_line),
    Part("unit", "modules, under ASan and UBSan", units, cmocka, jobs=2),
    Part("unit-db", "modules that ask a database", units_with_database,
         cmocka, jobs=2),
    Part("fuzz", "fuzz targets over their corpora", replays, replay, jobs=2),
    Part("stress", "many threads at once, under ASan and UBSan", stresses,
         exit_status),
    Part("man", "manual pages", manuals, exit_status),
    Part("fhir", "conversion against the definitions of FHIR",
         lambda: discover("tests/fhir"), unittests, jobs=2),
    Part("rig", "the rig itself", lambda: discover("tests/rig"), unittests,
         jobs=2),
    Part("sql", "schema, functions, scripts",
         lambda: dealt("tests/sql", SQL_JOBS), unittests, jobs=SQL_JOBS),
    Part("lighttpd", "stories behind lighttpd",
         lambda: stories("lighttpd"), unittests),
    Part("apache", "stories behind Apache",
         lambda: stories("apache"), unittests),
    Part("demo", "what a newcomer meets",
         lambda: discover("tests/demo"), unittests),
)
QUICK = ("house", "hostile", "conform", "words", "alerts", "unit", "fuzz", "stress", "fhir", "man")


# ---- running ----

RUNNING = set()


def run_one(argv, env):
    try:
        process = subprocess.Popen(
            argv, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env={**os.environ, **env})
    except OSError as why:
        return f"{argv[0]}: {why}\n", 127
    RUNNING.add(process)
    text = process.communicate()[0]
    RUNNING.discard(process)
    return text.decode("utf-8", "replace"), process.returncode


def end(pool):
    """We were told to: so is what runs, and no more of it is begun."""
    pool.shutdown(wait=False, cancel_futures=True)
    for process in list(RUNNING):
        process.terminate()


def run_part(part):
    """(passed, failed, skipped); prints the part's line."""
    start = time.monotonic()
    try:
        commands = part.run()
    except place.Advice as why:
        print(f"{part.name:10} {why}")
        return 0, 1, 0
    total, shown = [0, 0, 0], []
    with concurrent.futures.ThreadPoolExecutor(part.jobs) as pool, \
            open(LOGS / f"{part.name}.log", "w") as log:
        try:
            done = list(pool.map(lambda a: run_one(a, part.env), commands))
        except KeyboardInterrupt:
            end(pool)
            raise
        for argv, (text, status) in zip(commands, done):
            log.write(f"$ {' '.join(argv)}\n{text}\nexit {status}\n\n")
            counts = part.read(text, status)
            if counts[1] == 0 and status != 0:
                counts = (counts[0], 1, counts[2])
            if counts[1]:
                shown.append((argv, text, status))
            total = [a + b for a, b in zip(total, counts)]
    if not any(total):
        total[2 if not commands else 1] = 1
    report(part, total, shown, time.monotonic() - start)
    return total


def report(part, total, shown, seconds):
    for argv, text, status in shown:
        print(f"---- {' '.join(argv)}: exit {status}")
        lines = text.rstrip().splitlines()
        if len(lines) > TAIL:
            print(f"  ... all of it in {LOGS / (part.name + '.log')}")
        print("\n".join(lines[-TAIL:]))
    print(f"{part.name:10} {part.what:36} {counted(total):32} "
          f"{seconds:6.1f} s", flush=True)


def counted(total):
    passed, failed, skipped = total
    more = f", {skipped} skipped" if skipped else ""
    return f"{passed} passed, {failed} failed{more}"


def hostile_line():
    """A list that cannot be read has failed its part, which said why."""
    try:
        said = check_hostile.summary([row for _, row in check_hostile.read()])
    except SystemExit as why:
        said = str(why)
    return f"{'hostile':10} {said}"


def chosen(names):
    known = {p.name for p in PARTS}
    wanted = set()
    for name in names:
        wanted |= set(QUICK) if name == "quick" else {name}
    if wanted - known:
        raise place.Advice("There is no part named "
                           f"{', '.join(sorted(wanted - known))}; "
                           f"there are {', '.join(p.name for p in PARTS)}.")
    return [p for p in PARTS if not wanted or p.name in wanted]


def main():
    args = sys.argv[1:]
    if args == ["--list"]:
        for part in PARTS:
            print(f"{part.name:10} {part.what}")
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    total, parts = [0, 0, 0], chosen(args)
    for part in parts:
        total = [a + b for a, b in zip(total, run_part(part))]
    if any(part.name == "hostile" for part in parts):
        print(hostile_line())
    print(counted(total))
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    place.quiet_exit(main)
