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
import subprocess
import unittest
from pathlib import Path

from tests.e2e import test_assertion
from tests.rig import node, place

SOURCE = place.TOP / "tests/clients"
RUN_S = 120


def ready():
    """(node, folder in which the stories can run)"""
    try:
        return node.ready(SOURCE)
    except node.Absent as why:
        raise unittest.SkipTest(str(why))


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
