# hour.py - for stories about what is counted by the hour
# SPDX-License-Identifier: Apache-2.0
#
#     class Case(hour.Case): ...
#
# What is written in one hour and looked at in the next is of the hour before. A
# story that fails while an hour ends is told once more, from its setUp: then it
# has most of an hour. One that fails otherwise has failed.

import time
import unittest


def now():
    return int(time.time() // 3600)


def left_s():
    return 3600 - time.time() % 3600


class Case(unittest.TestCase):
    NEAR_S = 600    # longer than any story takes

    def _callSetUp(self):
        self.began, self.near = now(), left_s() < self.NEAR_S
        super()._callSetUp()

    def _callTestMethod(self, method):
        if not self.near:
            return super()._callTestMethod(method)
        outcome = self._outcome
        self._outcome = None    # its subtests tell nobody: they end it
        try:
            return super()._callTestMethod(method)
        except unittest.SkipTest:
            raise
        except Exception:
            if now() == self.began:
                raise
        finally:
            self._outcome = outcome
        print("an hour ended ... ", end="")
        self.tearDown()
        self.doCleanups()
        self.setUp()
        return super()._callTestMethod(method)
