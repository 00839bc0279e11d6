# test_command.py - the command wardgate: migrate, keep, audit tail, its frame
# SPDX-License-Identifier: Apache-2.0

import json
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from tests.rig import place
from tests.sql import base
from tests.sql.base import CLIENT, TENANT, TENANT2

DONE, FAILED, MISUSED, REFUSED = range(4)
WARDGATE = place.build_dir() / "bin/wardgate"


class Command:
    """Runs the command over one database."""

    def argv(self, role, *words):
        return [str(WARDGATE), "--database",
                self.server.dsn(self.name, role), *words]

    def run_command(self, *words, role=base.OWNER):
        return subprocess.run(self.argv(role, *words), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)

    def done(self, *words, role=base.OWNER):
        """It exits with 0; its JSON."""
        ran = self.run_command(*words, "--json", role=role)
        self.assertEqual(ran.returncode, DONE, ran.stderr)
        return json.loads(ran.stdout)

    def no(self, code, words, *args, role=base.OWNER):
        """It exits with this code and says these words."""
        ran = self.run_command(*args, role=role)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        self.assertIn(words, ran.stderr)
        return ran


class Migrate(Command, unittest.TestCase):

    def setUp(self):
        self.server = base.Server.get()
        self.name = self.server.create()
        self.dir = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)
        self.addCleanup(self.server.drop, self.name)
        for path in base.migrations():
            shutil.copy(path, self.dir)
        self.last = len(base.migrations())

    def add(self, text, name="next"):
        path = self.dir / f"{self.last + 1:04}_{name}.sql"
        path.write_text(text)
        return path

    def verb(self, verb):
        return ("migrate", verb, "--dir", str(self.dir))

    def states(self):
        return [m["state"] for m in self.done(*self.verb("status"))
                ["migrations"]]

    def test_from_nothing_to_verified(self):
        self.assertEqual(self.states(), ["pending"] * self.last)
        self.no(REFUSED, "run `wardgate migrate apply`",
                *self.verb("verify"))
        found = self.done(*self.verb("apply"))
        self.assertEqual([m["number"] for m in found["applied"]],
                         list(range(1, self.last + 1)))
        self.assertEqual(found["schema"], self.last)
        self.assertEqual(self.done(*self.verb("apply"))["applied"], [])
        self.assertEqual(self.states(), ["applied"] * self.last)
        self.done(*self.verb("verify"))

    def test_a_migration_that_fails_leaves_nothing(self):
        self.done(*self.verb("apply"))
        bad = self.add("create table wardgate.half ();\n\nselect wrong;\n")
        ran = self.no(FAILED, "nothing of it is left", *self.verb("apply"))
        self.assertIn("line 3", ran.stderr)
        self.assertIn(bad.name, ran.stderr)
        self.assertEqual(self.states()[-1], "pending")
        self.assertEqual(self.server.run(
            self.name, None, "-c", "select to_regclass('wardgate.half')"), "")
        bad.write_text("create table wardgate.half ();\n")
        self.assertEqual([m["name"] for m in
                          self.done(*self.verb("apply"))["applied"]],
                         [bad.name])

    def test_what_was_applied_must_stay_as_it_was(self):
        self.add("select 1;\n")
        self.done(*self.verb("apply"))
        self.add("select 2;\n")
        self.assertEqual(self.states()[-1], "altered")
        for verb in ("apply", "verify"):
            self.no(REFUSED, "was altered after it was applied",
                    *self.verb(verb))

    def test_older_programs_do_not_touch_a_newer_schema(self):
        newer = self.add("select 1;\n")
        self.done(*self.verb("apply"))
        newer.unlink()
        self.assertEqual(self.states()[-1], "missing")
        self.no(REFUSED, "older than the database", *self.verb("apply"))

    def test_folders_that_are_not_in_order_are_refused(self):
        for name, words in (("0009_gap.sql", "is not here, but later ones"),
                            ("0001_twin.sql", "two files have the number"),
                            ("1_short.sql", "is not named"),
                            ("0000_zero.sql", "is not named"),
                            ("0002-dash.sql", "is not named"),
                            ("0002_Upper.sql", "is not named")):
            with self.subTest(name):
                path = self.dir / name
                path.write_text("select 1;\n")
                self.no(FAILED, words, *self.verb("status"))
                path.unlink()
        (self.dir / "notes.txt").write_text("not a migration")
        self.assertEqual(len(self.states()), self.last)
        self.no(FAILED, "cannot be read", "migrate", "status", "--dir",
                "/nonexistent")

    def test_two_operators_at_once_apply_once(self):
        ran = [subprocess.Popen(
            self.argv(base.OWNER, *self.verb("apply"), "--json"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(3)]
        said = [p.communicate(timeout=60) for p in ran]
        self.assertEqual([p.returncode for p in ran], [DONE] * 3, said)
        applied = [len(json.loads(out)["applied"]) for out, _ in said]
        self.assertEqual(sorted(applied), [0, 0, self.last])


class Keep(Command, base.DatabaseCase):

    def test_one_round_says_what_it_did(self):
        self.sql("""
            do $$ declare t text; begin
              for t in select inhrelid::regclass from pg_inherits
                        where inhparent = 'wardgate.audit'::regclass
                          and inhrelid <> 'wardgate.audit_default'::regclass
              loop execute 'drop table ' || t; end loop;
            end $$""")
        self.add_client()
        self.sql("update wardgate.change_log set at = now() - interval '2 h'")
        old = int(self.sql("select count(*) from wardgate.change_log"))
        self.assertGreater(old, 0)
        for _ in range(3):
            self.sql(f"""
                select wardgate.cursor_handle_put('{CLIENT}', '{TENANT}',
                  '\\x01', now() - interval '2 hours')""")
        for n in range(2):
            self.sql(f"""
                select wardgate.revocation_put('token',
                  array[repeat('{n}', 22)], now() - interval '1 s', null,
                  '')""")
        once = ("keep", "--once")
        self.assertEqual(self.done(*once, role="wg_keeper"), {
            "partitions_made": 4, "changes_cleared": old, "cursors_cleared": 3,
            "assertions_cleared": 0, "revocations_cleared": 2,
            "uses_cleared": 0, "uses_behind_s": 0,
            "traffic_cleared": 0, "traffic_behind_s": 0,
            "sessions_cleared": 0, "failures_cleared": 0,
            "proposals_expired": 0,
            "keys_withdrawn": 0,
            "audit_stray": False, "jwks_fetched": 0, "secrets_told": 0})
        self.assertEqual(self.done(*once, role="wg_keeper"), {
            "partitions_made": 0, "changes_cleared": 0, "cursors_cleared": 0,
            "assertions_cleared": 0, "revocations_cleared": 0,
            "uses_cleared": 0, "uses_behind_s": 0,
            "traffic_cleared": 0, "traffic_behind_s": 0,
            "sessions_cleared": 0, "failures_cleared": 0,
            "proposals_expired": 0,
            "keys_withdrawn": 0,
            "audit_stray": False, "jwks_fetched": 0, "secrets_told": 0})

    def test_it_goes_on_until_it_is_told_to_stop(self):
        self.sql("truncate wardgate.cursor_handle")
        with subprocess.Popen(
                self.argv("wg_keeper", "keep", "--every", "1"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True) as keeper:
            for _ in range(2):
                self.sql(f"""
                    select wardgate.cursor_handle_put('{CLIENT}', '{TENANT}',
                      '\\x01', now() - interval '2 hours')""")
                until = time.monotonic() + 20
                while self.sql("select count(*) from wardgate.cursor_handle"
                               ) != "0":
                    self.assertLess(time.monotonic(), until)
                    self.assertIsNone(keeper.poll())
                    time.sleep(0.1)
            keeper.send_signal(signal.SIGTERM)
            _, said = keeper.communicate(timeout=20)
        self.assertEqual(keeper.returncode, DONE)
        events = [json.loads(line)["event"] for line in said.splitlines()]
        self.assertEqual(events[0], "keep_started")
        self.assertEqual(events[-1], "keep_stopped")

    def test_another_role_cannot_keep(self):
        ran = self.no(FAILED, "42501", "keep", "--once", role="wg_facade")
        self.assertEqual(ran.stdout, "")


class Loss(Command, base.DatabaseCase):

    def setUp(self):
        self.sql("delete from wardgate.loss; delete from wardgate.provider;"
                 " delete from wardgate.tenant")
        self.add_tenant(slug="mary")
        self.add_tenant(TENANT2, slug="anne")
        self.sql(f"""
            insert into wardgate.loss (tenant_id, from_version, to_version,
                   element, fate, times)
            values ('{TENANT}', 'R4', 'STU3', 'Patient.photo', 'dropped', 2),
                   ('{TENANT}', 'R4', 'STU3', 'Patient.link', 'other code', 9),
                   ('{TENANT2}', 'DSTU2', 'R4', 'Patient.animal', 'extension',
                    1)""")

    def loss(self, *words):
        return self.done("loss", *words, role="wg_operator")["losses"]

    def test_it_tells_one_tenant_or_all_the_most_frequent_first(self):
        self.assertEqual([r["element"] for r in self.loss()],
                         ["Patient.animal", "Patient.link", "Patient.photo"])
        for name in ("mary", TENANT, TENANT.upper()):
            found = self.loss(name)
            self.assertEqual([r["times"] for r in found], [9, 2])
        first = found[0]
        self.assertEqual(
            {k: first[k] for k in ("tenant_id", "slug", "name",
                                   "from_version", "to_version", "fate")},
            {"tenant_id": TENANT, "slug": "mary", "name": "Hospital",
             "from_version": "R4", "to_version": "STU3",
             "fate": "other code"})
        self.assertEqual(len(first), 10)

    def test_people_see_a_table(self):
        ran = self.run_command("loss", "mary", role="wg_operator")
        lines = ran.stdout.splitlines()
        self.assertEqual(lines[0].split(), [
            "slug", "from_version", "to_version", "element", "fate", "times",
            "last_at"])
        self.assertIn("Patient.link", lines[1])
        self.sql("delete from wardgate.loss")
        ran = self.run_command("loss", role="wg_operator")
        self.assertEqual(ran.stdout, "no losses\n")

    def test_a_tenant_that_is_not_there_is_refused(self):
        self.no(REFUSED, "There is no tenant", "loss", "nobody",
                role="wg_operator")
        self.no(MISUSED, "", "loss", "mary", "anne", role="wg_operator")
        self.no(FAILED, "", "loss", role="wg_auditor")


class Tail(Command, base.DatabaseCase):

    TRACE = "0193455e8e40c0ffee0123456789abcd"

    def setUp(self):
        self.sql("truncate wardgate.audit")

    def write(self, at="now()", tenant=TENANT, reason="none",
              trace="gen_random_uuid()"):
        self.sql(f"""
            insert into wardgate.audit (at, trace_id, program, status, reason,
                   tenant_id, source, duration_us)
            values ({at}, {trace}, 'facade', 200, '{reason}', '{tenant}',
                   '10.0.0.1', 42)""")

    def tail(self, *words):
        return self.done("audit", "tail", *words, role="wg_auditor")["rows"]

    def test_rows_come_whole_and_in_order(self):
        for age in (3, 1, 2):
            self.write(f"now() - interval '{age} min'", reason=f"r{age}")
        self.assertEqual([r["reason"] for r in self.tail()],
                         ["r3", "r2", "r1"])
        self.assertEqual([r["reason"] for r in self.tail("-n", "1")], ["r1"])
        row = self.tail("-n", "1")[0]
        self.assertEqual(len(row), 27)
        self.assertEqual(
            (row["source"], row["status"], row["duration_us"], row["face"],
             row["tenant_id"]), ("10.0.0.1", 200, 42, None, TENANT))

    def test_filters(self):
        self.write(tenant=TENANT2)
        self.write(f"wardgate.trace_time('{self.TRACE}')",
                   trace=f"'{self.TRACE}'")
        self.assertEqual([r["tenant_id"] for r in
                          self.tail("--tenant", TENANT2)], [TENANT2])
        for spelled in (self.TRACE, self.TRACE.upper()):
            self.assertEqual([r["trace_id"] for r in
                              self.tail("--trace", spelled)], [self.TRACE])
        self.assertEqual(self.tail("--trace", "0" * 31 + "1"), [])

    def test_people_see_a_table_and_no_control_characters(self):
        self.write(reason="a\x1b[2Jb")
        ran = self.run_command("audit", "tail", role="wg_auditor")
        head, line = ran.stdout.splitlines()
        self.assertEqual(head.split()[:5],
                         ["at", "trace_id", "entry", "program", "status"])
        self.assertIn("a?[2Jb", line)
        self.sql("truncate wardgate.audit")
        ran = self.run_command("audit", "tail", role="wg_auditor")
        self.assertEqual(ran.stdout, "no rows\n")

    def test_following_misses_nothing_and_repeats_nothing(self):
        self.write("now() - interval '2 s'", reason="before")
        with subprocess.Popen(
                self.argv("wg_auditor", "audit", "tail", "--follow",
                          "--json"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True) as tail:
            first = json.loads(tail.stdout.readline())["rows"]
            self.assertEqual([r["reason"] for r in first], ["before"])
            self.write(reason="new")
            # Committed late: it began before one that was told already.
            found = json.loads(tail.stdout.readline())["rows"]
            self.assertEqual([r["reason"] for r in found], ["new"])
            self.write("now() - interval '20 s'", reason="late")
            found = json.loads(tail.stdout.readline())["rows"]
            self.assertEqual([r["reason"] for r in found], ["late"])
            tail.send_signal(signal.SIGTERM)
            rest, _ = tail.communicate(timeout=20)
        self.assertEqual((tail.returncode, rest), (DONE, ""))

    def test_only_the_auditor_reads(self):
        self.no(FAILED, "42501", "audit", "tail", role="wg_operator")


class Frame(Command, base.DatabaseCase):

    def test_usage(self):
        for words in ((), ("nonsense",), ("migrate",), ("audit", "tai")):
            self.no(MISUSED, "usage: wardgate", *words)
        for words, said in (
                (("keep", "--sometimes"), '"--sometimes" is not understood'),
                (("keep", "--every"), "--every is given twice, or its value"),
                (("keep", "--every", "0"), "a number from 1 to 3600"),
                (("keep", "--every", "1", "--every", "2"), "given twice"),
                (("keep", "--once=1"), "given twice, or its value"),
                (("keep", "more"), '"more" is not understood'),
                (("audit", "tail", "-n", "x"), "a number from 1 to"),
                (("audit", "tail", "--tenant", "x"), "must be a GUID"),
                (("audit", "tail", "--trace", "x"), "32 hexadecimal")):
            with self.subTest(words):
                ran = self.no(MISUSED, said, *words)
                self.assertEqual(ran.stdout, "")

    def test_help_and_version_need_nothing(self):
        for words, said in ((["--help"], "usage: wardgate"),
                            (["--version"], "wardgate ")):
            ran = subprocess.run([str(WARDGATE), *words], text=True,
                                 capture_output=True)
            self.assertEqual((ran.returncode, ran.stderr), (DONE, ""))
            self.assertTrue(ran.stdout.startswith(said))

    def test_help_and_manual_agree(self):
        shown = subprocess.run([str(WARDGATE), "--help"], text=True,
                               capture_output=True).stdout
        page = subprocess.run(
            [place.tool("mandoc", "mandoc"), "-T", "ascii",
             str(base.TOP / "cgi/wardgate.8")],
            text=True, capture_output=True, check=True).stdout
        page = " ".join("".join(
            c for i, c in enumerate(page)
            if c != "\b" and page[i + 1:i + 2] != "\b").split())
        verbs = [line.split() for line in shown.splitlines()
                 if line.startswith("  wardgate ")]
        self.assertGreater(len(verbs), 15)
        for words in verbs:
            verb = " ".join(w for w in words[1:] if w.islower()
                            and w[0].isalpha())
            self.assertIn(verb, page)
            for option in (w.strip("[]") for w in words if "--" in w):
                self.assertIn(option, page, verb)

    def test_a_database_that_is_away(self):
        ran = subprocess.run(
            [str(WARDGATE), "--database", "host=/nonexistent dbname=x",
             "--json", "keep", "--once"], text=True, capture_output=True)
        self.assertEqual(ran.returncode, FAILED)
        said = json.loads(ran.stderr.splitlines()[-1])
        self.assertIn("/nonexistent", said["error_description"])

    def test_settings_are_needed_without_a_database(self):
        ran = subprocess.run(
            [str(WARDGATE), "-c", "/nonexistent.conf", "keep", "--once"],
            text=True, capture_output=True)
        self.assertEqual(ran.returncode, FAILED)
        self.assertIn("/nonexistent.conf", ran.stderr)

    def test_nobody_reading_is_a_failure(self):
        with subprocess.Popen(
                self.argv("wg_owner", "migrate", "status", "--dir",
                          str(base.TOP / "sql/migrations")),
                stdout=open("/dev/full", "w"), stderr=subprocess.PIPE,
                text=True) as ran:
            _, said = ran.communicate(timeout=20)
        self.assertEqual(ran.returncode, FAILED)
        self.assertIn("could not be written", said)


if __name__ == "__main__":
    unittest.main()
