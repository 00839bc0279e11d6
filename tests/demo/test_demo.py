# test_demo.py - the demo comes up, says what to try, and leaves nothing
# SPDX-License-Identifier: Apache-2.0

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.rig import client, kinds, place, services

NAMES = """WG_BASE WG_TOKEN_URL WG_FHIR WG_FHIR_DSTU2 WG_FHIR_STU3 WG_FHIR_R4
WG_CLIENT_ID WG_CLIENT_SECRET WG_CLIENT2_ID WG_CLIENT2_SECRET WG_TENANT_DSTU2
WG_TENANT_STU3 WG_TENANT_R4 WG_TENANT_DOWN WG_REHEARSAL_TLS WG_PORTAL WG_PORTAL_USER
WG_PORTAL_PASSWORD WG_PORTAL_TOTP WG_DB WG_REHEARSAL_LOG""".split()


class Demo(unittest.TestCase):
    """A build folder of its own, so a demo that runs is not disturbed."""

    user = None     # a pwd entry: drop to it
    source = place.TOP

    @classmethod
    def setUpClass(cls):
        cls.top = Path(tempfile.mkdtemp(prefix="wg-demo-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.build = cls.top / "build"
        cls.build.mkdir()
        (cls.build / "bin").symlink_to(place.build_dir() / "bin")
        if cls.user:
            for path in (cls.top, cls.build):
                os.chown(path, cls.user.pw_uid, cls.user.pw_gid)
        cls.addClassCleanup(cls.demo, "down")

    @classmethod
    def run_as(cls, argv, **more):
        drop = {"user": cls.user.pw_uid, "group": cls.user.pw_gid,
                "extra_groups": []} if cls.user else {}
        env = {**os.environ, "BUILD": str(cls.build),
               "HOME": str(cls.top), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(argv, cwd=cls.source, text=True, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=180, **drop, **more)

    @classmethod
    def demo(cls, *args):
        python = "/usr/bin/python3" if cls.user else "python3"
        return cls.run_as([python, "-m", "tests.rig.demo", *args])

    def up(self, *args):
        done = self.demo("up", *args)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.addCleanup(self.demo, "down")
        self.env = client.Env.read(self.build / "demo/env")
        self.home = Path(self.env["WG_HOME"])
        return done.stdout

    def gone(self):
        self.assertFalse((self.build / "demo").exists())
        self.assertFalse(self.home.exists())
        self.assertEqual(list(services.leftovers(self.home)), [])
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.env.port), 1)


class Newcomer(Demo):
    def commands(self, text):
        """(heading, command, what is promised) of each step."""
        return re.findall(r"^\d\. (.*)\n\n   (.*)\n\n   (.*)\n", text, re.M)

    def test_the_printed_commands_do_what_is_printed_below_them(self):
        steps = self.commands(self.up())
        self.assertLessEqual(len(steps), 7)
        script = "set -eu\n" + "".join(
            f"{command}\nprintf '\\n\\036\\n'\n" for _, command, _ in steps[:-1])
        done = self.run_as(["bash", "-c", script])
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stdout.split("\n\036\n")
        self.assertIn('"fhirVersion":"4.0.1"', said[0].replace(" ", ""))
        self.assertIn('"expires_in":600', done.stderr.replace(" ", ""))
        first, other = (client.json.loads(s) for s in said[2:4])
        self.assertEqual([b["total"] for b in (first, other)], [1, 1])
        people = [b["entry"][0]["resource"]["name"][0]["family"]
                  for b in (first, other)]
        self.assertNotEqual(*people)
        signs = client.json.loads(said[4])
        self.assertEqual(len(signs["entry"]), 3)
        self.assertGreater(signs["total"], 3)
        self.assertGreaterEqual(len(said[5].splitlines()), 6)
        self.assertEqual(steps[-1][1], "make demo-stop")

    def test_each_kind_of_hospital_answers_and_the_variables_are_true(self):
        rows = re.findall(r"^   \S.*  (\d{3}) +\$WG_TENANT_(\w+)$", self.up(),
                          re.M)
        self.assertEqual(rows, [
            ("200", name) for name in ("R4", *(k.name for k in kinds.KINDS))
        ] + [("504", "DOWN")])
        for status, name in rows:
            answer = self.env.fhir("GET", "Patient/p-102",
                                   self.env.token(name), "R4")
            self.assertEqual(str(answer.status), status, (name, answer))
        self.variables()

    def variables(self):
        """All there, and true."""
        for name in NAMES:
            self.assertTrue(self.env.get(name), name)
        answer = client.request("GET", self.env["WG_FHIR"] + "/metadata")
        self.assertEqual(answer.status, 200)
        for face in ("DSTU2", "STU3", "R4"):
            found = self.env.search("Patient", face, self.env.token(face),
                                    identifier="nobody-7")
            self.assertEqual(found.status, 200, found)
        self.assertEqual(self.env.ask_token("R4", "2").status, 400)
        self.assertEqual(self.env.ask_token("STU3", "2").status, 200)
        log = Path(self.env["WG_REHEARSAL_LOG"]).read_text()
        self.assertIn("nobody-7", log)

    def test_a_second_start_says_so(self):
        self.up()
        again = self.demo("up")
        self.assertEqual(again.returncode, 0)
        self.assertIn("running already", again.stdout)

    def test_stopping_leaves_nothing(self):
        self.up("--server=apache")
        self.assertEqual(self.demo("down").returncode, 0)
        self.gone()
        self.assertIn("No demo is running", self.demo("down").stdout)

    def test_stopping_leaves_nothing_after_a_crash_either(self):
        self.up()
        for which in ("supervisor", "postgres", "facade"):
            pattern = {"supervisor": f"tests.rig.services {self.home}",
                       "postgres": f"postgres -D {self.home}",
                       "facade": f"facade -c {self.home}"}[which]
            for pid in pids(pattern):
                os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.demo("down").returncode, 0)
        self.gone()

    def test_a_start_after_a_crash_clears_away_what_was_left(self):
        self.up()
        for pid in pids(f"tests.rig.services {self.home}"):
            os.kill(pid, signal.SIGKILL)
        before = self.home
        self.assertIn("Clearing away", self.up())
        self.assertFalse(before.exists())

    def test_a_taken_port_is_one_line_of_advice(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            done = self.demo("up", f"--port={s.getsockname()[1]}")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^wardgate: Port \d+ is taken: .*\n$")

    def test_missing_programs_are_one_line_of_advice(self):
        done = self.run_as(["env", "PATH=/nowhere", "/usr/bin/python3", "-c",
                            "from tests.rig import place\n"
                            "place.SEARCH = '/nowhere'\n"
                            "place.quiet_exit(lambda: place.tool('lighttpd', "
                            "'lighttpd'))"])
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^wardgate: .*apt-get install.*\n$")


def pids(pattern):
    """Processes whose command line holds the pattern."""
    for entry in os.listdir("/proc"):
        try:
            words = Path(f"/proc/{entry}/cmdline").read_text()
        except OSError:
            continue
        if entry.isdigit() and pattern in words.replace("\0", " "):
            yield int(entry)


@unittest.skipUnless(os.getuid() == 0, "needs root to become somebody else")
class OrdinaryUser(Demo):
    @classmethod
    def setUpClass(cls):
        cls.user = pwd.getpwnam("nobody")
        super().setUpClass()
        if not place.reachable(place.TOP):
            cls.copy_source()

    @classmethod
    def copy_source(cls):
        """Below /root nobody can read: a copy that everybody can."""
        cls.source = cls.top / "source"
        for part in ("etc", "sql", "www", "tests/rig"):
            shutil.copytree(place.TOP / part, cls.source / part)
        shutil.copy(place.TOP / "tests/__init__.py", cls.source / "tests")
        (cls.build / "bin").unlink()
        shutil.copytree(place.build_dir() / "bin", cls.build / "bin")

    def test_the_demo_works_for_an_ordinary_user_too(self):
        self.up()
        self.assertEqual(self.home.stat().st_uid, self.user.pw_uid)
        for pid in services.leftovers(self.home):
            self.assertEqual(Path(f"/proc/{pid}").stat().st_uid,
                             self.user.pw_uid)
        self.assertEqual(self.demo("down").returncode, 0)
        self.gone()


if __name__ == "__main__":
    unittest.main()
