# run.py - runs all SQL tests; the last line is `N passed, N failed`
# SPDX-License-Identifier: Apache-2.0
#
# usage: [WG_TEST_DB=CONNINFO] python3 tests/sql/run.py [NAME...]
#
# NAME: schema, privileges, ...: only those. WG_TEST_DB: see base.py.

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main():
    here = Path(__file__).resolve().parent
    names = sys.argv[1:] or sorted(
        p.stem[5:] for p in here.glob("test_*.py"))
    suite = unittest.defaultTestLoader.loadTestsFromNames(
        [f"tests.sql.test_{n}" for n in names])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    more = f", {skipped} skipped" if skipped else ""
    print(f"{result.testsRun - bad - skipped} passed, {bad} failed{more}")
    return 1 if bad or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
