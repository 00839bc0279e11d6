# apart.py - stories told in a network of their own, where nothing can be broken
# SPDX-License-Identifier: Apache-2.0
#
#     class TwoHosts(Apart):
#         @classmethod
#         def begin(cls): ...             in place of setUpClass
#         def test_something(self): ...
#
# The class is run by a process of its own in a network namespace of its own,
# and what it says of each story is told again here. The namespace has no name:
# it is gone with its last process, and that process ends when we do, however
# we end. Not root, or a root who may not: a user namespace is tried; where that
# is refused too, the stories are skipped and say why.

import faulthandler
import json
import os
import subprocess
import sys
import tempfile
import unittest

from tests.rig import place

INSIDE = "WG_APART"
TRY = "ip link set lo up && ip link add wg0 type veth peer name wg1"
UNSHARE = ["unshare", "-n"]
AS_USER = ["unshare", "-U", "--map-current-user", "--keep-caps", "-n"]
WAIT_S = 300    # then it says where it hangs, and ends


def inside():
    return INSIDE in os.environ


def ways():
    """Command lines that give what follows a network of its own."""
    if os.getuid():
        return [AS_USER]
    user = place.run_user()
    return [UNSHARE, ["setpriv", f"--reuid={user.pw_uid}",
                      f"--regid={user.pw_gid}", "--clear-groups", *AS_USER]]


def way():
    """(the first that works, None) or (None, why there is none)."""
    why = "no way to try"
    for words in ways():
        try:
            done = subprocess.run([*words, "sh", "-c", TRY], text=True,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)
        except OSError as e:
            return None, str(e)
        if not done.returncode:
            return words, None
        why = (done.stderr.strip().splitlines() or ["it failed"])[-1]
    return None, why


def tell(cls, words):
    """Runs the class inside: {story: [outcome, text]}, and all that it said."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    with tempfile.TemporaryFile("w+") as news:
        said = subprocess.run(
            [*words, "setpriv", "--pdeathsig", "KILL", sys.executable, "-B",
             "-m", "tests.rig.apart", name, str(news.fileno())],
            cwd=place.TOP, env={**os.environ, INSIDE: "1"},
            pass_fds=[news.fileno()], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        news.seek(0)
        return dict(map(json.loads, news)), said


class Apart(unittest.TestCase):
    def __init__(self, name="runTest"):
        super().__init__(name)
        if not inside():
            setattr(self, name, self.retell)

    @classmethod
    def setUpClass(cls):
        if inside():
            return cls.begin()
        words, why = way()
        if not words:
            raise unittest.SkipTest("no network of its own can be made here: "
                                    + why)
        cls.told, cls.said = tell(cls, words)

    def retell(self):
        how, text = self.told.get(self._testMethodName, ("error", self.said))
        if how == "skipped":
            self.skipTest(text)
        if how != "fine":
            self.fail(text)
        print(text, end="")


class Told(unittest.TestResult):
    """Outcome and text of each story; what a story prints goes with it."""

    def __init__(self, news):
        super().__init__()
        self.news = news
        self.buffer = True

    def tell(self, test, how, text):
        name = getattr(test, "_testMethodName", None)
        print(f"{test}: {how}\n{text}", file=self._original_stdout)
        if name:
            print(json.dumps([name, [how, text]]), file=self.news, flush=True)

    def addSuccess(self, test):
        self.tell(test, "fine", self._stdout_buffer.getvalue())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell(test, "skipped", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell(test, "failed", self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.tell(test, "error", self.errors[-1][1])


def main():
    name, news = sys.argv[1], int(sys.argv[2])
    os.set_inheritable(news, False)
    faulthandler.dump_traceback_later(WAIT_S, exit=True)
    with open(news, "w") as f:
        unittest.defaultTestLoader.loadTestsFromName(name).run(Told(f))
    return 0


if __name__ == "__main__":
    place.quiet_exit(main)
