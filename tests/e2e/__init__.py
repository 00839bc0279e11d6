# __init__.py - end-to-end stories: one test, one promise kept
# SPDX-License-Identifier: Apache-2.0
#
# A story is a plain unittest in tests/e2e/test_SUBJECT.py:
#
#     import unittest
#     from tests.rig.client import Env
#
#     class Token(unittest.TestCase):
#         @classmethod
#         def setUpClass(cls):
#             cls.env = Env.read()
#
#         def test_a_good_secret_gets_a_token_of_ten_minutes(self):
#             answer = self.env.ask_token("STU3")
#             self.assertEqual(answer.status, 200, answer)
#
# make check runs all stories twice, in a house behind lighttpd and in one
# behind Apache. Env holds the WG_* variables of build/demo/env and talks to
# that house: ask_token, token, fhir, search; client.request and client.raw
# send anything else. To reach behind the house:
#
#     from tests.rig.house import House
#     house = House(env["WG_HOME"])
#     house.cluster.psql("select ...")                 as wg_owner
#     house.rig("signal", name="facade", signal=9)     kill; it comes back
#     house.rig("stop", name="postgres"); house.rig("start", name="postgres")
#     house.rig.pids("token"); house.operator("client", "list")
#
# Under load, and to hold many answers against the audit at once: rig/crowd.py.
# With two hosts and a standby, in networks of their own: rig/hosts.py.
#
# The house is shared: leave it as you found it (addCleanup), make clients and
# tenants of your own for what you disable, and assert nothing about counts
# that another story could change. No assertion about time except deadlines
# that the project promises. One server only:
# @unittest.skipUnless(os.environ["WG_SERVER"] == "lighttpd", "why"); a module
# that is about the programs alone says `setUpModule = behind_lighttpd`, a class
# `@once`.
#
# While writing: make demo, then
#     python3 -m tests.rig.stories running test_token.Token.test_x
#
# To build on: hostile.py (what holds for every refusal), faults.py (hospitals
# that fail on demand), contract.py and wards.py (hospitals whose records are
# known), upauth.py, guarded.py and walled.py (hospitals with a credential, with
# tokens, with certificates), jwt.py (tokens of any shape). A story for a row of
# tests/hostile.tsv carries the row's id in its name:
# test_T3_repeated_parameters.

import os
import unittest


# The same for a class, and for those that are made of it.
once = unittest.skipIf(os.environ.get("WG_SERVER") == "apache",
                       "the same behind every web server")


def behind_lighttpd():
    """What a web server has no part in is told once."""
    if os.environ.get("WG_SERVER") == "apache":
        raise unittest.SkipTest("the same behind every web server")
