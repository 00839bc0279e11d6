# test_start.py - no program starts with files that others may read or write
# SPDX-License-Identifier: Apache-2.0
#
# Each program is started by itself, beside those that run, with one file laid
# open; it ends, and its log names the file and what to do. Then the file is as
# before, and the same program starts.

import json
import select
import socket
import subprocess
import time

from tests.e2e import behind_lighttpd
from tests.e2e.hostile import Hostile
from tests.rig import place
from tests.rig.house import House

setUpModule = behind_lighttpd

WAIT_S = 30


class Start(Hostile):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.house = House(cls.env["WG_HOME"])
        cls.keys = cls.house.home / "keys"
        cls.kid = cls.house.cluster.psql(
            "select kid from wardgate.signing_key where stage = 'use'").strip()

    def setUp(self):
        self.path = self.house.home / "run" / "start.sock"
        self.listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listening.close)
        self.listening.bind(str(self.path))
        self.addCleanup(self.path.unlink)
        self.listening.listen(8)
        self.listening.setblocking(False)

    def started(self, program):
        """Does it come up? And the lines of its log until then."""
        process = subprocess.Popen(
            self.house.program(program), stdin=self.listening,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            cwd=self.house.home, env=self.house.cluster.environment(),
            **place.drop())
        lines, until = [], time.monotonic() + WAIT_S
        try:
            while time.monotonic() < until:
                if not select.select([process.stderr], [], [], 1)[0]:
                    continue
                line = process.stderr.readline()
                if not line:
                    return process.wait(WAIT_S) == 0, lines
                lines.append(json.loads(line))
                if lines[-1]["event"] == "ready":
                    return True, lines
            self.fail(f"{program} neither starts nor ends: {lines}")
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    def refuses(self, program, path, mode):
        before = path.stat().st_mode & 0o7777
        path.chmod(mode)
        try:
            up, lines = self.started(program)
        finally:
            path.chmod(before)
        self.assertFalse(up, f"{program} takes {path.name} with {mode:o}")
        said = [li for li in lines if li["event"] == "start_failed"]
        self.assertEqual(len(said), 1, lines)
        self.assertIn(str(path), said[0]["why"])
        self.assertIn("chmod", said[0]["why"])

    def test_L4_files_that_others_may_read_or_write(self):
        private = self.keys / "signing" / f"{self.kid}.pem"
        public = self.keys / "public" / f"{self.kid}.pem"
        shared = self.house.home / "shared"
        for program, files in (
                ("token", ((private, 0o644), (private, 0o660),
                           (self.keys / "pepper" / "1", 0o644),
                           (self.keys / "pepper" / "1", 0o660),
                           (self.house.conf, 0o646), (shared, 0o777))),
                ("facade", ((self.keys / "cursor", 0o644), (public, 0o664),
                            (self.keys / "public", 0o777),
                            (self.house.conf, 0o646), (shared, 0o777))),
                ("admin", ((self.keys / "portal", 0o644),
                           (self.keys / "pepper" / "1", 0o644),
                           (self.house.conf, 0o646))),
                ("metadata", ((self.house.conf, 0o646),))):
            for path, mode in files:
                with self.subTest(program, file=path.name, mode=oct(mode)):
                    self.refuses(program, path, mode)
            up, lines = self.started(program)
            self.assertTrue(up, lines)

    def test_a_password_does_not_stand_in_the_settings(self):
        before = self.house.conf.read_text()
        self.addCleanup(place.write, self.house.conf, before)
        place.write(self.house.conf, before.replace(
            "dbname=wardgate", "dbname=wardgate password=Hunter2"))
        for program in ("token", "facade"):
            up, lines = self.started(program)
            self.assertFalse(up)
            self.assertIn("password", lines[-1]["why"])
            self.assertNotIn("Hunter2", json.dumps(lines))
