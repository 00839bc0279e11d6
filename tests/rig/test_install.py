# test_install.py - make install puts everything where its files say it is
# SPDX-License-Identifier: Apache-2.0

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from tests.rig import place

PREFIX = "/usr/local"
FILES = """sbin/wardgate libexec/wardgate/metadata libexec/wardgate/token
libexec/wardgate/facade libexec/wardgate/rehearsal share/man/man8/wardgate.8
share/man/man8/token.8 share/man/man5/wardgate.conf.5
share/wardgate/sql/migrations/0001_first.sql
share/wardgate/sql/onboard/tenant.sql
share/wardgate/www/errors/fhir-404.html lib/systemd/system/wardgate.target
lib/sysusers.d/wardgate.conf lib/tmpfiles.d/wardgate.conf
share/wardgate/prometheus/wardgate.rules.yml share/wardgate/grafana/wardgate.json
share/doc/wardgate/README.md""".split()


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Path(tempfile.mkdtemp(prefix="wg-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.at = cls.root / PREFIX[1:]
        cls.install()

    @classmethod
    def install(cls):
        subprocess.run(
            ["make", "-s", "install", f"DESTDIR={cls.root}",
             f"PREFIX={PREFIX}", f"BUILD={place.build_dir()}"], cwd=place.TOP,
            check=True, stdout=subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items()
                 if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})

    def test_everything_is_there(self):
        for name in FILES:
            self.assertTrue((self.at / name).is_file(), name)
        conf = self.root / "etc/wardgate/wardgate.conf"
        self.assertEqual(conf.stat().st_mode & 0o777, 0o640)

    def test_installing_again_keeps_the_settings(self):
        conf = self.root / "etc/wardgate/wardgate.conf"
        conf.write_text("public_base = https://mine.example\n")
        self.install()
        self.assertIn("mine.example", conf.read_text())

    def test_what_the_files_name_is_where_they_say(self):
        named = set()
        for folder in ("lib", "share/wardgate", "share/man"):
            for path in (self.at / folder).rglob("*"):
                if path.is_file():
                    named |= set(re.findall(
                        r"(/usr/[\w/.-]*wardgate[\w/.-]*\w)\b",
                        path.read_text(errors="replace")))
        self.assertTrue(named)
        for name in named:
            if "conf-available" not in name:
                self.assertTrue((self.root / name[1:]).exists(), name)

    def test_the_command_runs_and_knows_its_migrations(self):
        wardgate = self.at / "sbin/wardgate"
        done = subprocess.run([wardgate, "--version"], text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^wardgate \d+\.\d+\.\d+\n$")
        self.assertIn(f"{PREFIX}/share/wardgate/sql/migrations".encode(),
                      wardgate.read_bytes())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd here")
    def test_systemd_understands_the_units(self):
        units = self.at / "lib/systemd/system"
        names = ["wardgate.target", "wardgate-keep.service",
                 "wardgate-probe.service", "wardgate-probe.timer"] + [
            f"wardgate-{p}@1.service" for p in
            ("token", "metadata", "facade", "rehearsal")]
        done = subprocess.run(
            ["systemd-analyze", "verify", *names], text=True,
            capture_output=True,
            env={**os.environ, "SYSTEMD_UNIT_PATH":
                 f"{units}:/usr/lib/systemd/system:/lib/systemd/system"})
        ours = [line for line in done.stderr.splitlines() if "wardgate" in line
                and "is not executable" not in line and "man " not in line]
        self.assertEqual(ours, [])

    def test_every_service_wears_the_same_hardening(self):
        units = self.at / "lib/systemd/system"
        for path in units.glob("*.service"):
            drop_in = path.with_name(path.name + ".d") / "hardening.conf"
            self.assertIn("NoNewPrivileges=yes", drop_in.read_text())
            text = path.read_text()
            if "Type=oneshot" not in text:
                self.assertIn("Restart=always", text)
            self.assertRegex(text, r"\nUser=wg_\w+\n")


if __name__ == "__main__":
    unittest.main()
