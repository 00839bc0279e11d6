# test_doctor.py - the doctor names each classic fault, and what to do
# SPDX-License-Identifier: Apache-2.0
#
# A healthy house has no fault. Then each fault is made in it, seen named by
# `wardgate doctor`, and taken away again. What callers see is looked at through
# a proxy that spoils one thing.

import contextlib
import http.server
import json
import socket
import subprocess
import tempfile
import threading
import unittest
from email.utils import formatdate
from time import time

from tests.e2e import behind_lighttpd
from tests.e2e.test_limits import set_lines, start_again
from tests.rig import place
from tests.rig.authority import OVER, Authority
from tests.rig.client import Env, request
from tests.rig.house import House
from tests.rig.provider import Provider, certificate

setUpModule = behind_lighttpd

DONE, REFUSED = 0, 3
TAKEN = ("content-type", "www-authenticate")


class Front:
    """A web server before the gateway; spoil(path, answer) may change what
    comes back, strip takes a request's field away, writes sets some."""

    def __init__(self, target, strip=None, spoil=None, skew_s=0, writes=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                fields = {k: v for k, v in self.headers.items()
                          if k.lower() not in ("host", strip)}
                fields.update(writes)
                got = request("GET", target + self.path, fields)
                status, body = got.status, got.body.replace(
                    target.encode(), front.base.encode())
                if spoil:
                    status, body = spoil(self.path, status, body)
                self.send_response(status)
                for name in TAKEN:
                    if name in got.header:
                        self.send_header(name, got.header[name])
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def date_time_string(self, timestamp=None):
                return formatdate(time() + skew_s, usegmt=True)

            def log_message(self, *what):
                pass

        front = self
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *why):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.keys = cls.house.home / "keys"

    def doctor(self, *words, conf=None):
        argv = self.house.program("wardgate")
        if conf:
            argv[argv.index("-c") + 1] = str(conf)
        return subprocess.run(
            [*argv, "doctor", "--sockets", str(self.house.home / "run"),
             *words, "--json"], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.house.home, env=self.house.cluster.environment(),
            **place.drop())

    def run_doctor(self, *words, conf=None):
        """(exit code, what it said)"""
        done = self.doctor(*words, conf=conf)
        self.assertIn(done.returncode, (DONE, REFUSED), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def finds(self, subject, words, state="fault", conf=None, act="",
              offline=False):
        """There is such a finding; it says what to do."""
        code, said = self.run_doctor(*(["--offline"] if offline else []),
                                     conf=conf)
        self.assertEqual(code, REFUSED if said["faults"] else DONE)
        found = [f for f in said["findings"] if f["state"] == state and
                 f["subject"] == subject and words in f["found"]]
        self.assertTrue(found, [f for f in said["findings"]
                                if f["state"] != "ok"])
        self.assertTrue(found[0]["what_to_do"], found)
        self.assertIn(act, found[0]["what_to_do"])
        if state == "fault":
            self.assertEqual(code, REFUSED)
        return said

    @contextlib.contextmanager
    def mode(self, path, mode):
        before = path.stat().st_mode & 0o7777
        path.chmod(mode)
        try:
            yield
        finally:
            path.chmod(before)

    @contextlib.contextmanager
    def away(self, path):
        kept = path.with_name(f".{path.name}.away")
        path.rename(kept)
        try:
            yield
        finally:
            kept.rename(path)

    def sql(self, text, user="postgres"):
        return self.house.cluster.psql(text, user).strip()

    @contextlib.contextmanager
    def done(self, text, undo):
        self.sql(text)
        try:
            yield
        finally:
            self.sql(undo)

    def kid(self):
        return self.sql(
            "select kid from wardgate.signing_key where stage = 'use'")

    def settings(self, **changed):
        """Settings like the house's, but for some."""
        lines = [line for line in self.house.conf.read_text().splitlines()
                 if line.split(" ")[0] not in changed]
        lines += [f"{k} = {v}" for k, v in changed.items()]
        path = self.house.home / "doctor.conf"
        place.write(path, "\n".join(lines) + "\n")
        self.addCleanup(path.unlink, missing_ok=True)
        return path


class Healthy(Story):
    def test_a_healthy_house_has_no_fault(self):
        code, said = self.run_doctor()
        bad = [f for f in said["findings"]
               if f["state"] not in ("ok", "warning")]
        self.assertEqual((bad, said["faults"], code), ([], 0, DONE))
        subjects = {f["subject"] for f in said["findings"]}
        self.assertLessEqual(
            {"peppers", "signing keys", "public keys", "cursor key",
             "socket of token", "socket of facade", "socket of metadata",
             "database", "database: schema", "database: audit",
             "database: roles", "database: durability", "database: secrets",
             "database: keeper", "clock of the database", "key that signs",
             "its public half", "public base", "Authorization", "readiness",
             "clock of the public base", "published keys",
             "source of requests"}, subjects)

    def test_people_read_a_table_and_a_verdict(self):
        text = self.house.operator("doctor", "--offline", "--sockets",
                                   str(self.house.home / "run"))
        self.assertIn("faults: 0\n", text)
        self.assertRegex(text, r"(?m)^ok +peppers ")

    def test_no_secret_is_told(self):
        said = json.dumps(self.run_doctor())
        for file in (self.keys / "pepper" / "1", self.keys / "cursor"):
            self.assertNotIn(file.read_text().strip(), said)


class Files(Story):
    def test_secrets_that_others_may_read(self):
        private = self.keys / "signing" / f"{self.kid()}.pem"
        for subject, path in (("peppers", self.keys / "pepper" / "1"),
                              ("signing keys", private),
                              ("cursor key", self.keys / "cursor"),
                              ("portal key", self.keys / "portal")):
            with self.subTest(subject), self.mode(path, 0o644):
                self.finds(subject, "has mode 0644", offline=True,
                           act=f"chmod 0640 {path}")

    def test_public_keys_that_others_may_write(self):
        public = self.keys / "public" / f"{self.kid()}.pem"
        with self.mode(public, 0o664):
            self.finds("public keys", "others may write it", offline=True,
                       act=f"chmod go-w {public}")

    def test_keys_that_are_not_there(self):
        kid = self.kid()
        for subject, path in (
                ("key that signs", self.keys / "signing" / f"{kid}.pem"),
                ("its public half", self.keys / "public" / f"{kid}.pem"),
                ("cursor key", self.keys / "cursor")):
            with self.subTest(subject), self.away(path):
                self.finds(subject, "No such file", offline=True)
        with self.away(self.keys / "pepper" / "1"):
            self.finds("peppers", "is empty", offline=True)

    def test_sockets(self):
        path = self.house.home / "run" / "token.sock"
        with self.mode(path, 0o666):
            self.finds("socket of token", "everybody on this host",
                       offline=True, act="chmod 0660")
        with self.mode(path, 0o600):
            self.finds("socket of token", "its group", offline=True)
        with self.away(path):
            self.finds("socket of token", "No such file", offline=True,
                       act="--sockets")
            place.write(path, "")
            self.finds("socket of token", "is no socket", offline=True)
            path.unlink()
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(path))        # and does not listen
                path.chmod(0o660)
                place.give(path)
            self.finds("socket of token", "nobody listens", offline=True,
                       act="start the program's socket")
            path.unlink()

    def test_settings_that_cannot_be_trusted(self):
        for mode, text, words in (
                (0o666, "", "chmod o-w"),
                (0o640, "no_such_setting = 1\n", "no_such_setting"),
                (0o640, "database = host=/x password=y\n", "password")):
            path = self.settings()
            place.write(path, path.read_text().replace(
                "database =", "#" if "database" in text else "database =")
                + text)
            path.chmod(mode)
            with self.subTest(words):
                done = self.doctor("--offline", conf=path)
                self.assertNotIn(done.returncode, (DONE,), done.stdout)
                self.assertIn(words, done.stdout + done.stderr)


class Database(Story):
    def seeded(self, subject, words, text, undo, act="", state="fault"):
        with self.done(text, undo):
            self.finds(f"database: {subject}", words, state, act=act,
                       offline=True)

    def test_that_does_not_answer(self):
        conf = self.settings(
            database=f"host={self.house.home} dbname=wardgate")
        self.finds("database", "No such file", conf=conf, offline=True)

    def test_roles_that_are_too_strong(self):
        for words, text, undo in (
                ("wg_token is a superuser", "alter role wg_token superuser",
                 "alter role wg_token nosuperuser"),
                ("wg_facade is a superuser or may",
                 "alter role wg_facade bypassrls",
                 "alter role wg_facade nobypassrls"),
                ("wg_facade is a member of wg_owner",
                 "grant wg_owner to wg_facade",
                 "revoke wg_owner from wg_facade"),
                ("wg_token owns objects",
                 "alter table wardgate.policy owner to wg_token",
                 "alter table wardgate.policy owner to wg_owner"),
                ("wg_facade may select wardgate.client_secret",
                 "grant select on wardgate.client_secret to wg_facade",
                 "revoke select on wardgate.client_secret from wg_facade")):
            with self.subTest(words):
                self.seeded("roles", words, text, undo)

    def test_commits_that_are_not_kept(self):
        self.seeded("durability", "for the role or database wg_token",
                    "alter role wg_token set synchronous_commit = off",
                    "alter role wg_token reset synchronous_commit")
        self.seeded("durability", "for the role or database wardgate",
                    "alter database wardgate set synchronous_commit = off",
                    "alter database wardgate reset synchronous_commit")

    def test_a_schema_that_is_too_new(self):
        self.seeded("schema", "install the newer programs",
                    "insert into wardgate.migration (number, name, sha256) "
                    "values (999, 'later', sha256(''))",
                    "delete from wardgate.migration where number = 999")

    def test_months_without_room(self):
        name = self.sql("select 'audit_' || to_char(now() at time zone 'UTC' "
                        "+ interval '1 month', 'YYYY_MM')")
        self.seeded("audit", "no audit partition for",
                    f"alter table wardgate.{name} rename to elsewhere",
                    f"alter table wardgate.elsewhere rename to {name}")

    def test_secrets_that_end(self):
        client, secret = self.house.add_client("Doctor's")
        for words, end in (("expired at", "- interval '1 day'"),
                           ("ends at", "+ interval '3 days'")):
            with self.subTest(words):
                self.seeded(
                    "secrets", f"the secret {secret[4:12]} of Doctor's "
                    f"({client}) {words}",
                    "update wardgate.client_secret set not_before = now() - "
                    f"interval '9 days', not_after = now() {end} "
                    f"where client_id = '{client}'",
                    "update wardgate.client_secret set not_after = null "
                    f"where client_id = '{client}'",
                    "wardgate client secret add", "warning")
        self.house.operator("client", "disable", client)

    def test_certificates_for_hospitals_that_end(self):
        tenant = self.env["WG_TENANT_R4"]
        slug = self.sql("select slug from wardgate.tenant where tenant_id = "
                        f"'{tenant}'")
        with tempfile.TemporaryDirectory() as folder:
            soon, good = (Authority(folder, name, days)
                          for name, days in (("soon", "9"), ("good", "90")))
            texts = (("warning", "ends on", soon.pem()),
                     ("fault", "ended on 2020",
                      good.pem() + good.revocations(until=OVER)))
        for state, words, ca in texts:
            with self.subTest(words), self.done(
                    "insert into wardgate.provider_tls (tenant_id, ca) values"
                    f" ('{tenant}', '{ca}')", "delete from "
                    f"wardgate.provider_tls where tenant_id = '{tenant}'"):
                self.finds("certificates", "the CA or the revocation list of "
                           f"the server of {slug} {words}", state, act=tenant,
                           offline=True)

    def test_a_clock_that_goes_otherwise(self):
        """As the doctor's role sees it: a clock of our own in its path."""
        for skew, words in (("- interval '2 min'", "behind this host's"),
                            ("+ interval '2 min'", "ahead of this host's")):
            with self.subTest(words), self.done(
                    f"""create schema skewed;
                        create function skewed.clock_timestamp() returns
                          timestamptz language sql as
                          $$ select pg_catalog.clock_timestamp() {skew} $$;
                        grant usage on schema skewed to wg_operator;
                        alter role wg_operator in database wardgate
                          set search_path = skewed, pg_catalog""",
                    """alter role wg_operator in database wardgate
                          reset search_path;
                        drop schema skewed cascade"""):
                self.finds("clock of the database", words, offline=True,
                           act="NTP")

    def test_a_keeper_that_sleeps(self):
        self.house.rig("stop", name="keep")     # its next round would mend it
        self.addCleanup(self.house.rig, "start", name="keep")
        self.seeded("keeper", "the last round",
                    "update wardgate.roll_up set done_to = done_to - "
                    "interval '1 day'",
                    "update wardgate.roll_up set done_to = now() - "
                    "interval '1 minute'", "wardgate keep", "warning")


class Through(Story):
    def through(self, subject, words, act="", state="fault", **front):
        with Front(self.env["WG_BASE"], **front) as seen:
            conf = self.settings(public_base=seen.base)
            return self.finds(subject, words, state, conf=conf, act=act)


class Outside(Through):
    def test_a_front_that_spoils_nothing_is_healthy(self):
        with Front(self.env["WG_BASE"]) as front:
            code, said = self.run_doctor(
                conf=self.settings(public_base=front.base))
        self.assertEqual((code, said["faults"]), (DONE, 0), said)

    def test_authorization_that_is_stripped(self):
        self.through("Authorization", "strips the Authorization field",
                     "CGIPassAuth", strip="authorization")

    def test_a_base_that_calls_itself_otherwise(self):
        def spoil(path, status, body):
            return status, body.replace(b'"issuer":"http://127.0.0.1',
                                        b'"issuer":"http://elsewhere')
        self.through("public base", "calls itself http://elsewhere",
                     "public_base", spoil=spoil)

    def test_a_base_where_something_else_answers(self):
        self.through("public base", "not as this gateway (status 200)",
                     "web server",
                     spoil=lambda path, status, body: (200, b"<html>"))

    def test_a_certificate_that_nobody_vouches_for(self):
        with tempfile.TemporaryDirectory() as folder, \
                Provider("R4", tls=certificate(folder)) as front:
            conf = self.settings(public_base=front.base)
            self.finds("public base", "certificate", conf=conf,
                       act="its certificate")

    def test_a_base_where_nobody_answers(self):
        conf = self.settings(public_base="http://127.0.0.1:1")
        self.finds("public base", "cannot be reached", conf=conf)

    def test_clocks_that_differ(self):
        for skew, words in ((-120, "s behind this host's"),
                            (120, "s ahead of this host's")):
            self.through("clock of the public base", words, "NTP",
                         skew_s=skew)

    def test_a_gateway_that_is_not_ready(self):
        def spoil(path, status, body):
            return (503 if path == "/readyz" else status), body
        self.through("readiness", "/readyz answers 503", "/readyz names",
                     spoil=spoil)

    def test_a_key_that_is_not_published(self):
        kid = self.kid()

        def spoil(path, status, body):
            return status, body.replace(kid.encode(), b"x" * 43)
        self.through("published keys", kid, f"copy {kid}.pem", spoil=spoil)


class Proxies(Through):
    """A proxy on this host, which the settings name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        before = set_lines(cls.house, {"trusted_proxies": "127.0.0.1"})
        cls.addClassCleanup(start_again, cls.house, cls.env)
        cls.addClassCleanup(place.write, cls.house.conf, before)
        start_again(cls.house, cls.env)

    def test_a_proxy_that_passes_on_what_a_caller_wrote(self):
        self.through("source of requests", "may choose the address",
                     "X-Forwarded-For", "warning")

    def test_a_proxy_that_nobody_named(self):
        self.through("source of requests", "taken for one from 203.0.113.5",
                     "trusted_proxies", "warning",
                     writes={"X-Forwarded-For": "203.0.113.5"})
