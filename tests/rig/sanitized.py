# sanitized.py - stories in a house whose programs were built with a sanitizer
# SPDX-License-Identifier: Apache-2.0
#
# usage: BUILD=build/asan python3 -m tests.rig.sanitized STORY...
#
# What a sanitizer has to say is kept in files of its own; one such file makes
# this fail, whatever the stories say. Leaks are for the unit tests: a program
# that forbids ptrace cannot look for its own.

import os
import shutil
import subprocess
import sys

from tests.rig import place

OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
           "UBSAN_OPTIONS": "print_stacktrace=1",
           "TSAN_OPTIONS": "second_deadlock_stack=1"}


def main():
    reports = place.new_home("wg-san-")
    env = {**os.environ, **{name: f"{value}:log_path={reports}/report"
                            for name, value in OPTIONS.items()}}
    try:
        done = subprocess.run([sys.executable, "-B", "-m", "tests.rig.stories",
                               "lighttpd", *sys.argv[1:]], env=env)
        found = sorted(reports.iterdir())
        for path in found:
            print(f"---- {path.name}\n{path.read_text(errors='replace')}")
        print(f"{len(found)} reports")
        return 1 if found else done.returncode
    finally:
        shutil.rmtree(reports, ignore_errors=True)


if __name__ == "__main__":
    place.quiet_exit(main)
