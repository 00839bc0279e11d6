# test_clients.py - OAuth libraries of others get tokens here, and use them
# SPDX-License-Identifier: Apache-2.0
#
# The stories are in tests/clients, a file for each library; the libraries are
# those of the lock file there, installed below the build folder when they are
# not yet. Skipped where npm is not installed or cannot fetch them.
#
# Behind lighttpd only: what is proved here does not lie in the web server.

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from tests.e2e import test_assertion
from tests.rig import place

SOURCE = place.TOP / "tests/clients"
NODE_MIN = 20       # the first with everything that the libraries stand on
INSTALL_S = 90
RUN_S = 120
NPM = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline",
       "--fetch-retries=0", "--fetch-timeout=15000")
# What npm says when the fault is in our files, or in what it was given.
OURS = re.compile(r"code (EINTEGRITY|EUSAGE|EJSONPARSE)\b")


def tools():
    """npm and node; skips without them."""
    found = [shutil.which(name) for name in ("npm", "node")]
    if not all(found):
        raise unittest.SkipTest("npm or node is not installed")
    version = subprocess.run([found[1], "--version"], capture_output=True,
                             text=True).stdout
    hit = re.match(r"v(\d+)\.", version)
    if not hit or int(hit[1]) < NODE_MIN:
        raise unittest.SkipTest(f"node is older than {NODE_MIN}")
    return found


def install(npm, folder):
    """The libraries of the lock file, unless they are there."""
    lock = (SOURCE / "package-lock.json").read_text()
    mark = folder / "installed"
    if mark.exists() and mark.read_text() == lock:
        return
    mark.unlink(missing_ok=True)
    try:
        done = subprocess.run([npm, *NPM], cwd=folder, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        raise unittest.SkipTest("npm did not get the libraries in time")
    if OURS.search(done.stderr):
        raise AssertionError(f"npm refuses tests/clients: {done.stderr}")
    if done.returncode:
        why = re.search(r"code (\w+)", done.stderr)
        raise unittest.SkipTest("npm cannot fetch the libraries: "
                                f"{why[1] if why else done.returncode}")
    mark.write_text(lock)


def ready():
    """(node, folder in which the stories can run)"""
    npm, node = tools()
    folder = place.build_dir() / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    for path in SOURCE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    install(npm, folder)
    return node, folder


@unittest.skipUnless(os.environ.get("WG_SERVER") == "lighttpd",
                     "the same behind every web server")
class Libraries(test_assertion.Asserting):
    @classmethod
    def setUpClass(cls):
        cls.node, cls.stories = ready()
        super().setUpClass()
        secret = json.loads(cls.house.operator(
            "client", "secret", "add", cls.who, "--json"))["client_secret"]
        cls.told = json.dumps({
            "base": cls.env["WG_BASE"], "fhir": cls.env["WG_FHIR"],
            "tenant": cls.env["WG_TENANT_STU3"],
            "strange": cls.env["WG_TENANT_R4"],
            "id": cls.who, "secret": secret,
            "keys": [{"alg": key.alg, "kid": key.kid,
                      "pem": Path(key.path).read_text()}
                     for key in cls.keys.values()]})

    def kept(self, library):
        """Each story of a library is true."""
        done = subprocess.run(
            [self.node, "drive.mjs", library], cwd=self.stories,
            input=self.told, capture_output=True, text=True, timeout=RUN_S,
            env={"PATH": os.environ["PATH"]})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        outcomes = json.loads(done.stdout)
        self.assertTrue(outcomes)
        for sentence, wrong in outcomes:
            with self.subTest(sentence):
                self.assertIsNone(wrong, wrong)

    def test_oauth4webapi(self):
        self.kept("oauth4webapi")

    def test_openid_client(self):
        self.kept("openid_client")

    def test_smart_backend_services(self):
        self.kept("smart")
