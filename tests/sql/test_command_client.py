# test_command_client.py - wardgate client and wardgate key, against a database
# SPDX-License-Identifier: Apache-2.0

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import stat
import subprocess
import unittest

from tests.rig import place
from tests.rig.cluster import Cluster

TENANT = "57030000-0000-4000-8000-000000000003"
OTHER = "40000000-0000-4000-8000-000000000004"
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
SECRET = re.compile(r"wg1_([a-z2-7]{8})_[A-Za-z0-9_-]{43}([A-Za-z0-9_-]{6})$")
DONE, FAILED, MISUSED, REFUSED = range(4)


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Operator:
    """A database with the schema, settings, and the command wardgate."""

    def __init__(self):
        self.db = Cluster.fresh()
        self.keys = place.folder(self.db.home / "keys")
        self.conf = self.db.home / "wardgate.conf"
        place.write(self.conf, "\n".join((
            "public_base = http://127.0.0.1:8080",
            f"database = host={self.db.sockets} dbname=wardgate",
            f"signing_key_dir = {self.keys}/signing",
            f"public_key_dir = {self.keys}/public",
            f"pepper_dir = {self.keys}/pepper",
            f"cursor_key_file = {self.keys}/cursor",
            f"portal_key_file = {self.keys}/portal",
            f"sealing_key_dir = {self.keys}/sealing",
            "secret_life_days = 100", "secret_life_max_days = 200",
            "secrets_per_client = 3", "")))
        self.bin = shutil.copy2(place.build_dir() / "bin/wardgate",
                                self.db.home)
        place.give(self.bin)
        shutil.copytree(place.TOP / "sql/migrations",
                        self.db.home / "migrations")
        self("migrate", "apply", "--dir", str(self.db.home / "migrations"))
        self.db.psql_file(place.TOP / "sql/onboard/policy.sql",
                          production_probe="advised")
        for slug, tenant in (("one", TENANT), ("two", OTHER)):
            self.db.psql("insert into wardgate.tenant (tenant_id, slug, name) "
                         f"values ('{tenant}', '{slug}', 'Ward')")

    def run(self, *words, typed=""):
        return subprocess.run(
            [self.bin, "-c", str(self.conf), *words], text=True,
            input=typed, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.db.environment(),
            cwd=self.db.home, **place.drop())

    def __call__(self, *words, code=DONE):
        """What it answers, as JSON; with another code, its error."""
        done = self.run(*words, "--json")
        if done.returncode != code:
            raise AssertionError(
                f"{words}: {done.returncode} {done.stdout}{done.stderr}")
        return json.loads(done.stdout if code == DONE  # after log lines
                          else done.stderr.splitlines()[-1])

    def client(self, *more):
        return self("client", "add", "An app", *more)["client_id"]

    def asked(self, sql):
        """What the owner is answered, as text."""
        return self.db.psql(sql).strip()

    def changes(self):
        return int(self.asked("select n from wardgate.change"))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.wardgate = Operator()
        cls.addClassCleanup(cls.wardgate.db.remove)
        for kind in ("signing", "pepper", "cursor"):
            cls.wardgate("key", "make", kind)

    def listed(self, name, *words):
        return self.wardgate(*words)[name]


class Clients(Case):
    def test_an_app_is_added_listed_disabled_and_enabled(self):
        w = self.wardgate
        made = w("client", "add", "Demo", "--purpose", "care", "--contact",
                 "a@example.org")
        self.assertEqual(made["outcome"], "created")
        row = [r for r in self.listed("clients", "client", "list")
               if r["client_id"] == made["client_id"]][0]
        self.assertEqual(
            (row["name"], row["purpose"], row["contact"], row["disabled_at"]),
            ("Demo", "care", "a@example.org", None))
        before = w.changes()
        for verb, outcome in (("disable", "changed"), ("disable", "unchanged"),
                              ("enable", "changed"), ("enable", "unchanged")):
            self.assertEqual(
                w("client", verb, made["client_id"])["outcome"], outcome)
        self.assertEqual(w.changes(), before + 4)  # and what that revokes

    def test_an_id_may_be_chosen_and_adding_twice_changes_nothing(self):
        w = self.wardgate
        chosen = "0f8fad5b-d9cb-469f-a165-70867728950e"
        for outcome in ("created", "unchanged"):
            self.assertEqual(w("client", "add", "--id", chosen.upper(), "X"),
                             {"client_id": chosen, "outcome": outcome})
        self.assertEqual(w("client", "add", "--id", chosen, "Y")["outcome"],
                         "changed")

    def test_an_app_and_its_grants_come_together_or_not_at_all(self):
        w = self.wardgate
        made = w("client", "add", "Both", "--tenant", f"{TENANT},{OTHER}")
        self.assertEqual(made["tenants"],
                         [{"tenant_id": TENANT}, {"tenant_id": OTHER}])
        grants = self.listed("grants", "client", "grants", made["client_id"])
        self.assertEqual({g["tenant_id"] for g in grants}, {TENANT, OTHER})
        refused = w("client", "add", "Neither", "--tenant",
                    f"{TENANT} {NOBODY}", code=REFUSED)
        self.assertIn(NOBODY, refused["error_description"])
        self.assertEqual(w.asked("select count(*) from wardgate.client "
                                 "where name = 'Neither'"), "0")

    def test_a_grant_is_given_and_ended(self):
        w = self.wardgate
        app = w.client()
        for verb, outcome, state in (
                ("grant", "created", "live"), ("grant", "unchanged", "live"),
                ("ungrant", "changed", "ended"),
                ("ungrant", "unchanged", "ended"),
                ("grant", "changed", "live")):
            self.assertEqual(
                w("client", verb, app, TENANT.upper())["outcome"], outcome)
            grant, = self.listed("grants", "client", "grants", app)
            self.assertEqual(grant["state"], state)
        w("client", "grant", app, TENANT, "--until", "2099-01-01")
        grant, = self.listed("grants", "client", "grants", "--tenant", TENANT,
                             app)
        self.assertEqual(grant["ended_at"][:19], "2099-01-01T00:00:00")

    def test_what_is_not_there_is_refused_with_a_sentence(self):
        app = self.wardgate.client()
        for words in (("disable", NOBODY), ("enable", NOBODY),
                      ("grant", NOBODY, TENANT), ("grant", app, NOBODY),
                      ("ungrant", app, TENANT), ("secret", "add", NOBODY),
                      ("secret", "list", NOBODY),
                      ("secret", "invalidate", app, "abcdefgh"),
                      ("grant", app, TENANT, "--until", "2020-01-01")):
            with self.subTest(words):
                said = self.wardgate("client", *words, code=REFUSED)
                self.assertRegex(said["error_description"], r"\.$")

    def test_wrong_usage_is_told_before_anything_is_done(self):
        before = self.wardgate.changes()
        for words in (("add",), ("add", "A", "B"), ("add", "--purpose"),
                      ("add", "A", "--id", "7"), ("add", "A", "--tenant", "x"),
                      ("add", "A", "--frob", "x"), ("list", "x"),
                      ("disable",), ("disable", "x"), ("secret", "add"),
                      ("secret", "add", NOBODY, "--days", "0"),
                      ("secret", "add", NOBODY, "--days", "201"),
                      ("secret", "add", NOBODY, "--days", "-1"),
                      ("secret", "add", NOBODY, "--days", "9", "--no-expiry"),
                      ("secret", "add", NOBODY, "--start", "2026-02-30"),
                      ("secret", "add", NOBODY, "--start", "tomorrow"),
                      ("secret", "invalidate", NOBODY),
                      ("secret", "invalidate", NOBODY, "ABCDEFGH"),
                      ("grant", NOBODY), ("grant", NOBODY, TENANT, "x")):
            with self.subTest(words):
                self.assertEqual(
                    self.wardgate.run("client", *words).returncode, MISUSED)
        self.assertEqual(self.wardgate.changes(), before)

    def test_hostile_names_stay_text(self):
        w = self.wardgate
        name = "x'); drop table wardgate.client; -- \"<b>\\"
        w("client", "add", name)
        self.assertIn(name, [c["name"] for c in
                             self.listed("clients", "client", "list")])
        for bad in ("", "two\nlines", "x" * 201, "a\u202eb"):
            with self.subTest(bad):
                w("client", "add", bad, code=REFUSED)


class Secrets(Case):
    def test_the_database_holds_the_keyed_hash_and_nothing_else_of_it(self):
        w = self.wardgate
        app = w.client()
        made = w("client", "secret", "add", app, "--label", "first")
        text = made["client_secret"]
        fits = SECRET.match(text)
        self.assertEqual(fits[1], made["key_id"])
        self.assertEqual(fits[2], url64(hashlib.sha256(
            text[:-6].encode()).digest())[:6])
        pepper = bytes.fromhex((w.keys / "pepper/1").read_text())
        stored = w.asked("select encode(hash, 'hex') from "
                         f"wardgate.client_secret where client_id = '{app}'")
        self.assertEqual(stored, hmac.new(pepper, text.encode(),
                                          hashlib.sha256).hexdigest())
        dump = w.asked("select string_agg(s::text, ' ') from "
                       "wardgate.client_secret as s")
        self.assertIn("wg1_" + made["key_id"], dump)
        self.assertNotIn(text[13:20], dump)
        self.assertNotIn(text[13:20], w.db.log.read_text())

    def test_it_is_shown_once_on_standard_output(self):
        w = self.wardgate
        app = w.client()
        done = w.run("client", "secret", "add", app)
        secret = re.search(r"^client_secret: (\S+)$", done.stdout, re.M)[1]
        self.assertTrue(SECRET.match(secret))
        self.assertNotIn(secret, done.stderr)
        for words in (("secret", "list", app), ("list",)):
            self.assertNotIn(secret[13:], w.run("client", *words).stdout)

    def test_life_is_as_the_settings_or_the_options_say(self):
        w = self.wardgate
        for words, days in (((), 100), (("--days", "7"), 7),
                            (("--days", "200"), 200), (("--no-expiry",), None)):
            with self.subTest(words):
                app = w.client()
                w("client", "secret", "add", app, *words)
                days_stored = w.asked(
                    "select round(extract(epoch from not_after - not_before) "
                    f"/ 86400) from wardgate.client_secret "
                    f"where client_id = '{app}'")
                self.assertEqual(days_stored, str(days) if days else "")
        app = w.client()
        made = w("client", "secret", "add", app, "--start",
                 "2099-01-31T12:00:00Z", "--days", "1")
        self.assertEqual(made["not_after"], "2099-02-01T12:00:00.000Z")
        row, = self.listed("secrets", "client", "secret", "list", app)
        self.assertEqual(row["state"], "early")

    def test_one_too_many_is_refused_until_one_is_invalidated(self):
        w = self.wardgate
        app = w.client()
        made = [w("client", "secret", "add", app) for _ in range(3)]
        w("client", "secret", "add", app, code=REFUSED)
        before = w.changes()
        for outcome in ("changed", "unchanged"):
            self.assertEqual(w("client", "secret", "invalidate", app,
                               made[0]["key_id"])["outcome"], outcome)
        self.assertEqual(w.changes(), before + 2)  # and what that revokes
        w("client", "secret", "add", app)
        states = [s["state"] for s in
                  self.listed("secrets", "client", "secret", "list", app)]
        self.assertEqual(states, ["invalidated", "live", "live", "live"])

    def test_another_apps_secret_cannot_be_invalidated(self):
        w = self.wardgate
        mine, theirs = w.client(), w.client()
        made = w("client", "secret", "add", theirs)
        w("client", "secret", "invalidate", mine, made["key_id"], code=REFUSED)

    def test_without_pepper_nothing_is_stored(self):
        w = self.wardgate
        app = w.client()
        os.rename(w.keys / "pepper", w.keys / "away")
        try:
            said = w("client", "secret", "add", app, code=FAILED)
        finally:
            os.rename(w.keys / "away", w.keys / "pepper")
        self.assertIn("wardgate key make pepper", said["error_description"])
        self.assertEqual(self.listed("secrets", "client", "secret", "list",
                                     app), [])


class Revocations(Case):
    def test_tokens_end_by_name_and_the_list_says_why(self):
        w = self.wardgate
        app = w.client("--tenant", TENANT)
        key = w("client", "secret", "add", app)["key_id"]
        for words in (("token", "--", "-" * 22), ("secret", app, key),
                      ("client", app), ("grant", app, TENANT),
                      ("tenant", TENANT), ("all",)):
            with self.subTest(words[0]):
                options = ["--why", "It was lost", "--json"]
                if words[0] == "all":
                    options.append("--yes")
                done = w.run("revoke", words[0], *options, *words[1:])
                self.assertEqual(json.loads(done.stdout),
                                 {"outcome": "revoked"}, done.stderr)
        rows = [r for r in self.listed("revocations", "revoke", "list")
                if r["why"] == "It was lost"]
        self.assertEqual({r["kind"]: r["key"] for r in rows}, {
            "token": "-" * 22, "secret": f"{app}/{key}", "client": app,
            "grant": f"{app}/{TENANT}", "tenant": TENANT, "everything": ""})
        self.assertEqual({r["made_by"] for r in rows}, {"wg_operator"})

    def test_what_cannot_be_meant_changes_nothing(self):
        w = self.wardgate
        app = w.client()
        before = w.changes()
        for code, words in (
                (MISUSED, ("all",)), (MISUSED, ("token",)),
                (MISUSED, ("token", "a.token.itself")),
                (MISUSED, ("client", "x")), (MISUSED, ("grant", app)),
                (MISUSED, ("client", app, "--yes")),
                (REFUSED, ("client", NOBODY)), (REFUSED, ("tenant", NOBODY)),
                (REFUSED, ("grant", app, TENANT)),
                (REFUSED, ("secret", app, "abcdefgh")),
                (REFUSED, ("client", app, "--why", "two\nlines")),
                (DONE, ("all", "--dry-run")),
                (DONE, ("client", app, "--dry-run"))):
            with self.subTest(words):
                done = w.run("revoke", *words)
                self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(w.changes(), before)


class Keys(Case):
    def mode(self, *path):
        return stat.S_IMODE(os.stat(self.wardgate.keys.joinpath(*path)).st_mode)

    def jwk_thumbprint(self, pem):
        der = subprocess.run(
            ["openssl", "pkey", "-pubin", "-outform", "DER"], check=True,
            input=pem, stdout=subprocess.PIPE).stdout
        x, y = der[-64:-32], der[-32:]
        return url64(hashlib.sha256(
            f'{{"crv":"P-256","kty":"EC","x":"{url64(x)}","y":"{url64(y)}"}}'
            .encode()).digest())

    def test_the_first_signing_key_signs_and_the_next_waits(self):
        w = self.wardgate
        used = [k for k in self.listed("signing_keys", "key", "list")
                if k["stage"] == "use"]
        self.assertEqual(len(used), 1)
        before = w.changes()
        made = w("key", "make", "signing")
        self.assertEqual(made["stage"], "published")
        self.assertEqual(w.changes(), before + 1)
        kid = made["kid"]
        self.assertIn(self.mode("signing", f"{kid}.pem"), (0o600, 0o640))
        self.assertEqual(self.mode("public", f"{kid}.pem"), 0o644)
        private = (w.keys / f"signing/{kid}.pem").read_bytes()
        public = (w.keys / f"public/{kid}.pem").read_bytes()
        self.assertTrue(private.startswith(b"-----BEGIN PRIVATE KEY-----\n"))
        self.assertEqual(subprocess.run(
            ["openssl", "pkey", "-pubout"], input=private, check=True,
            stdout=subprocess.PIPE).stdout, public)
        self.assertEqual(self.jwk_thumbprint(public), kid)

    def test_an_interrupted_making_is_taken_up_again(self):
        w = self.wardgate
        kid = w("key", "make", "signing")["kid"]
        w.asked(f"delete from wardgate.signing_key where kid = '{kid}'")
        row, = [k for k in self.listed("signing_keys", "key", "list")
                if k["kid"] == kid]
        self.assertEqual(row["stage"], "unregistered")
        os.unlink(w.keys / f"public/{kid}.pem")
        before = (w.keys / f"signing/{kid}.pem").read_bytes()
        self.assertEqual(w("key", "make", "signing")["kid"], kid)
        self.assertEqual((w.keys / f"signing/{kid}.pem").read_bytes(), before)
        row, = [k for k in self.listed("signing_keys", "key", "list")
                if k["kid"] == kid]
        self.assertEqual((row["stage"], row["private_file"],
                          row["public_file"]), ("published", "good", "good"))

    def test_without_database_no_key_is_made(self):
        w = self.wardgate
        before = sorted(os.listdir(w.keys / "signing"))
        said = w("key", "make", "signing", "--database",
                 f"host={w.keys} dbname=wardgate", code=FAILED)
        self.assertTrue(said["error_description"])
        self.assertEqual(sorted(os.listdir(w.keys / "signing")), before)

    def test_peppers_are_numbered_and_never_replaced(self):
        w = self.wardgate
        first = (w.keys / "pepper/1").read_text()
        made = w("key", "make", "pepper")
        self.assertEqual(made, {"file": str(w.keys / "pepper/2"),
                                "version": 2})
        self.assertEqual((w.keys / "pepper/1").read_text(), first)
        second = (w.keys / "pepper/2").read_text()
        self.assertRegex(second, r"\A[0-9a-f]{64}\n\Z")
        self.assertNotEqual(first, second)
        self.assertIn(self.mode("pepper", "2"), (0o600, 0o640))
        self.assertEqual(self.listed("peppers", "key", "list"), [
            {"version": 1, "file": "good"}, {"version": 2, "file": "good"}])

    def test_there_is_one_cursor_key(self):
        w = self.wardgate
        before = (w.keys / "cursor").read_text()
        self.assertRegex(before, r"\A[0-9a-f]{64}\n\Z")
        w("key", "make", "cursor", code=REFUSED)
        self.assertEqual((w.keys / "cursor").read_text(), before)

    def test_a_bad_file_shows_in_the_list(self):
        w = self.wardgate
        kid = w("key", "make", "signing")["kid"]
        os.chmod(w.keys / f"signing/{kid}.pem", 0o644)
        os.chmod(w.keys / "cursor", 0o666)
        try:
            listed = w("key", "list")
        finally:
            os.chmod(w.keys / "cursor", 0o600)
            os.chmod(w.keys / f"signing/{kid}.pem", 0o600)
        row, = [k for k in listed["signing_keys"] if k["kid"] == kid]
        self.assertEqual((row["private_file"], row["public_file"]),
                         ("bad", "good"))
        self.assertEqual(listed["cursor_key_file"], "bad")


if __name__ == "__main__":
    unittest.main()
