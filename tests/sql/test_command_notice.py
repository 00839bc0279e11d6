# test_command_notice.py - wardgate keep tells of secrets that are about to end
# SPDX-License-Identifier: Apache-2.0
#
# Instead of waiting, the life of a secret is moved into the past.

import concurrent.futures
import json

from tests.rig import place
from tests.sql.test_command_client import Case

HOOK = """#!/bin/sh
echo "$WARDGATE_CLIENT_ID|$WARDGATE_CLIENT_NAME|$WARDGATE_CONTACT|\
$WARDGATE_KEY_ID|$WARDGATE_LABEL|$WARDGATE_DAYS|$WARDGATE_NOT_AFTER" >> {out}
env > {out}.env
"""
FAILING = "#!/bin/sh\nexit 7\n"


class Notices(Case):

    def setUp(self):
        w = self.wardgate
        w.asked("delete from wardgate.client_secret")
        self.out = w.db.home / "told"
        for path in (self.out, w.db.home / "told.env"):
            path.unlink(missing_ok=True)
        self.conf = w.conf.read_text()
        self.addCleanup(place.write, w.conf, self.conf)
        self.app = w("client", "add", "Care", "--contact",
                     "a@example.org")["client_id"]

    def hook(self, text):
        path = self.wardgate.db.home / "hook"
        place.write(path, text.format(out=self.out))
        path.chmod(0o755)
        place.write(self.wardgate.conf, f"{self.conf}expiry_hook = {path}\n")

    def secret(self, life=100, label="the first; `one`"):
        return self.wardgate("client", "secret", "add", self.app, "--days",
                             str(life), "--label", label)

    def shift(self, hours, key_id=None):
        """So long ago was all that was stored of the secret."""
        shift = f"interval '{hours} hours'"
        self.wardgate.asked(
            f"update wardgate.client_secret set not_before = not_before - "
            f"{shift}, not_after = not_after - {shift}, created_at = "
            f"created_at - {shift} where key_id = '{key_id}' or "
            f"{key_id is None}")

    def keep(self):
        """How many it told of, and the lines in its log."""
        done = self.wardgate.run("keep", "--once", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return (json.loads(done.stdout)["secrets_told"],
                [json.loads(line) for line in done.stderr.splitlines()])

    def told(self):
        """Days of the notices so far."""
        if not self.out.exists():
            return []
        return [int(line.split("|")[5])
                for line in self.out.read_text().splitlines()]

    def test_each_threshold_is_told_once(self):
        self.hook(HOOK)
        made = self.secret()
        expected = []
        for hours, days in ((69 * 24, None), (24 + 1, 30), (1, None),
                            (16 * 24, 14), (7 * 24, 7), (6 * 24, 1),
                            (20, None)):
            self.shift(hours)
            n, lines = self.keep()
            with self.subTest(days=days):
                self.assertEqual(n, 1 if days else 0)
                self.assertEqual(
                    [(li["event"], li["client"], li["key_id"], li["days"])
                     for li in lines],
                    [("secret_expires", self.app, made["key_id"], days)]
                    if days else [])
                expected += [days] if days else []
                self.assertEqual(self.told(), expected)
                self.assertEqual(self.keep(), (0, []))
        self.assertEqual(expected, [30, 14, 7, 1])

    def test_the_hook_is_told_who_and_never_the_secret(self):
        self.hook(HOOK)
        made = self.secret()
        self.shift(71 * 24)
        self.assertEqual(self.keep()[0], 1)
        line = self.out.read_text().rstrip("\n").split("|")
        self.assertEqual(line[:6], [self.app, "Care", "a@example.org",
                                    made["key_id"], "the first; `one`", "30"])
        self.assertRegex(line[6], r"^20\d\d-\d\d-\d\dT[\d:.]+Z$")
        env = (self.wardgate.db.home / "told.env").read_text()
        self.assertNotIn(made["client_secret"][13:20], env)
        self.assertEqual({name for name in (
            li.split("=")[0] for li in env.splitlines())
            if not name.startswith("WARDGATE_")} - {"PWD", "SHLVL", "_",
                                                    "OLDPWD"}, {"PATH"})

    def test_a_keeper_that_was_away_tells_the_lowest_threshold_alone(self):
        self.hook(HOOK)
        self.secret()
        self.shift(95 * 24)
        self.assertEqual(self.keep()[0], 1)
        self.assertEqual(self.told(), [7])

    def test_nobody_is_told_of_what_is_over_or_was_made_so_short(self):
        self.hook(HOOK)
        self.secret(life=30)
        ended = self.secret()
        dead = self.secret()
        self.wardgate("client", "secret", "invalidate", self.app,
                      dead["key_id"])
        self.shift(101 * 24, ended["key_id"])
        self.shift(80 * 24, dead["key_id"])
        self.assertEqual(self.keep(), (0, []))
        live = self.secret()
        self.shift(80 * 24, live["key_id"])
        self.wardgate("client", "disable", self.app)
        self.assertEqual(self.keep(), (0, []))
        self.wardgate("client", "enable", self.app)
        self.assertEqual(self.keep()[0], 1)

    def test_a_hook_that_fails_is_run_again_after_an_hour(self):
        self.hook(FAILING)
        self.secret()
        self.shift(80 * 24)
        n, lines = self.keep()
        self.assertEqual([li["event"] for li in lines],
                         ["secret_expires", "expiry_hook_failed"])
        self.assertIn("ended with status 7", lines[1]["why"])
        self.hook(HOOK)
        self.assertEqual(self.keep(), (0, []))
        self.wardgate.asked("update wardgate.secret_notice set taken_at ="
                            " now() - interval '61 min'")
        self.assertEqual(self.keep(), (1, []))  # logged already
        self.assertEqual(self.told(), [30])
        self.assertEqual(self.keep(), (0, []))

    def test_without_hook_the_log_tells(self):
        self.secret()
        self.shift(80 * 24)
        n, lines = self.keep()
        self.assertEqual((n, [li["event"] for li in lines]),
                         (1, ["secret_expires"]))
        self.assertEqual(self.keep(), (0, []))

    def test_of_two_keepers_one_tells(self):
        self.hook(HOOK)
        for _ in range(3):
            self.secret()
        self.shift(80 * 24)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(lambda _: self.keep(), range(4)))
        self.assertEqual(len(self.told()) + self.keep()[0], 3)
        events = sum((lines for _, lines in runs), [])
        self.assertEqual(len({li["key_id"] for li in events}), len(events))
