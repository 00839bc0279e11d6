# test_run.py - the runner counts what was run, and crashes are failures
# SPDX-License-Identifier: Apache-2.0

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tests import run
from tests.house import check_hostile
from tests.rig import place

FINE = """[==========] Running 2 test(s).
[ RUN      ] one_is_one
[       OK ] one_is_one
[ RUN      ] two_is_two
[       OK ] two_is_two
[==========] 2 test(s) run.
[  PASSED  ] 2 test(s).
"""
FAILING = """[==========] Running 3 test(s).
[ RUN      ] one_is_one
[       OK ] one_is_one
[ RUN      ] two_is_three
2 != 3
[  FAILED  ] two_is_three
[ RUN      ] not_here
[  SKIPPED ] not_here
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] not_here
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] two_is_three
 1 FAILED TEST(S)
"""


def quietly(part):
    run.LOGS.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        return run.run_part(part)


class Counting(unittest.TestCase):
    def test_cmocka(self):
        for text, status, counts in (
                (FINE, 0, (2, 0, 0)), (FAILING, 1, (1, 1, 1)),
                (FINE[:100], 134, (1, 1, 0)), ("", 1, (0, 0, 0))):
            self.assertEqual(run.cmocka(text, status), counts)

    def test_unittest(self):
        for text, status, counts in (
                ("Ran 3 tests in 0.1s\n\nOK\n", 0, (3, 0, 0)),
                ("Ran 3 tests in 0.1s\n\nOK (skipped=1)\n", 0, (2, 0, 1)),
                ("setUpClass (a.B) ... skipped 'no c'\nRan 3 tests in 1s\n\n"
                 "OK (skipped=2)\n", 0, (2, 0, 2)),
                ("setUpModule (a) ... skipped 'no c'\nRan 3 tests in 1s\n\n"
                 "OK (skipped=1)\n", 0, (3, 0, 1)),
                ("Ran 4 tests in 1s\n\nFAILED (failures=1, errors=1, "
                 "skipped=1)\n", 1, (1, 2, 1)),
                ("Ran 1 test in 1s\n\nFAILED (unexpected successes=1)\n", 1,
                 (0, 1, 0)),
                ("Traceback ...\n", 1, (0, 1, 0))):
            self.assertEqual(run.unittests(text, status), counts)

    def test_corpora(self):
        self.assertEqual(run.replay("a\nb\n2 inputs\n", 0), (2, 0, 0))
        self.assertEqual(run.replay("a\nb\nERROR: AddressSanitizer\n", 1),
                         (2, 1, 0))

    def test_summaries(self):
        self.assertEqual(run.summary_line("3 passed, 1 failed", 1), (3, 1, 0))
        self.assertEqual(
            run.summary_line("x\n3 passed, 0 failed, 2 skipped\n", 0),
            (3, 0, 2))
        self.assertEqual(run.summary_line("nothing", 0), (0, 1, 0))

    def test_what_is_open_of_the_hostile_requests_is_named(self):
        rows = [{"id": i, "state": s} for i, s in (
            ("T1", "covered"), ("C2", "open"), ("U1", "open"))]
        self.assertEqual(check_hostile.summary(rows),
                         "1 covered, 2 open: C2 U1")
        self.assertEqual(check_hostile.summary(rows[:1]), "1 covered, 0 open")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), \
                mock.patch("sys.argv", ["run", "hostile"]):
            run.main()
        self.assertRegex(said.getvalue().splitlines()[-2],
                         r"^hostile    \d+ covered, \d+ open")

    def test_a_command_that_ends_badly_has_failed_whatever_it_counted(self):
        part = run.Part("test-run", "", lambda: [["sh", "-c", "exit 3"]],
                        lambda text, status: (5, 0, 0))
        self.assertEqual(quietly(part), [5, 1, 0])

    def test_a_command_that_is_not_there_has_failed(self):
        part = run.Part("test-run", "", lambda: [["/nowhere/program"]],
                        run.exit_status)
        self.assertEqual(quietly(part), [0, 1, 0])


class Packages(unittest.TestCase):
    def test_with_all_packages_there_nothing_is_fetched(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("apt-get", "sudo"):
                fake = Path(folder, name)
                fake.write_text(f"#!/bin/sh\ntouch {folder}/called\nexit 1\n")
                fake.chmod(0o755)
            done = subprocess.run(
                [place.TOP / "etc/deps-install", "build", "run", "test"],
                env={"PATH": f"{folder}:/usr/bin:/bin"})
            self.assertEqual(done.returncode, 0)
            self.assertFalse(Path(folder, "called").exists())


if __name__ == "__main__":
    unittest.main()
