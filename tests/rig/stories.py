# stories.py - runs the stories of tests/e2e in a house of their own
# SPDX-License-Identifier: Apache-2.0
#
# usage: python3 -m tests.rig.stories lighttpd|apache [MODULE[.CLASS[.TEST]]...]
#
# Brings one house up, runs every tests/e2e/test_*.py (or what is named, as
# test_token.Token.test_x) in it, takes it down. With WG_BASE in the
# environment, or `running` instead of a server, the demo that runs is used.

import os
import sys
import unittest

from tests.rig import client, place
from tests.rig.house import House

E2E = place.TOP / "tests/e2e"


def suite(names):
    modules = names or sorted(p.stem for p in E2E.glob("test_*.py"))
    return unittest.defaultTestLoader.loadTestsFromNames(
        [f"tests.e2e.{m}" for m in modules])


def classes(tests):
    """Of these stories."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from classes(test)
        else:
            yield type(test)


def run(names):
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2)
    stories = suite(names)
    told = set(classes(stories))
    try:
        return 0 if runner.run(stories).wasSuccessful() else 1
    except KeyboardInterrupt:   # unittest leaves what others have begun
        for cls in told:
            cls.doClassCleanups()
        unittest.doModuleCleanups()
        raise


def main():
    server, names = sys.argv[1], sys.argv[2:]
    if server == "running":
        os.environ.update(client.Env.read())
        return run(names)
    with House.fresh(server) as house:
        os.environ.update(house.env)
        status = run(names)
        if status:
            house.keep_logs()
        return status


if __name__ == "__main__":
    place.quiet_exit(main)
