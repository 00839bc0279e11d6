# test_portal_rotation.py - a secret is changed on the pages, and nobody notices
# SPDX-License-Identifier: Apache-2.0
#
# An app takes tokens all the time, first with the old secret, then on some of its
# machines with the new one, then on all, while its owner makes the new secret and
# ends the old one on the pages. No request with a right secret is refused; one
# machine that was forgotten is, by every process, within a second.

import itertools
import json
import re
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.portal import PHRASE, Person
from tests.e2e.watched import Watch
from tests.rig.client import Env
from tests.rig.house import HEARD_S, House

setUpModule = behind_lighttpd

MANY = 40       # answers to wait for at each step
WAIT_S = 60


class Rotation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        login = f"rotation{time.time_ns()}"
        cls.house.add_account(login, "developer", PHRASE)
        cls.addClassCleanup(cls.house.cluster.psql, "delete from "
                            f"wardgate.account where login = '{login}'")
        cls.who = Person(cls.env)
        cls.who.sign_in(login)
        cls.who.get("/clients/new")
        page = cls.who.post("/clients/new", name="Rotation", purpose="",
                            mail="")
        cls.client = re.search(r'id="client_id">([^<]+)<', page.text)[1]
        cls.house.operator("client", "grant", cls.client,
                           cls.env["WG_TENANT_R4"])

    def secret(self):
        self.who.get(f"/clients/{self.client}/secrets/new")
        page = self.who.post(f"/clients/{self.client}/secrets/new",
                             label="rotated", days="30")
        return re.search(r'id="secret">([^<]+)<', page.text)[1]

    def end(self, secret):
        """When the button is pressed, and when the page says that it is done."""
        path = f"/clients/{self.client}/secrets/{secret[4:12]}/end"
        page = self.who.get(path)
        self.assertIn(secret[4:12], page.words)
        pressed = time.monotonic()
        page = self.who.post(path)
        self.assertIn("done=", page.path, page)
        return pressed, time.monotonic()

    def ask(self, secret):
        answer = self.env.ask_token("R4", client_id=self.client,
                                    client_secret=secret)
        answer.secret = secret
        return answer

    def more(self, answers):
        """Until the app asked a while longer."""
        wanted, until = len(answers) + MANY, time.monotonic() + WAIT_S
        while len(answers) < wanted:
            self.assertLess(time.monotonic(), until, "nobody asks")
            time.sleep(0.01)

    def answered_by(self, answers):
        """Which processes."""
        traces = {a.header.get("x-trace-id") for a in answers}
        with open(self.house.home / "log/token.log", "rb") as log:
            events = [json.loads(line) for line in log if line.endswith(b"\n")]
        return {e["pid"] for e in events
                if e["event"] == "request" and e["trace"] in traces}

    def test_new_secrets_work_at_once_and_old_ones_until_they_are_ended(self):
        old = self.secret()
        deployed, turn = [old] * 4, itertools.count()
        calls = {"app": lambda _: self.ask(deployed[next(turn) % 4]),
                 "forgotten": lambda _: self.ask(old)}
        with Watch([None], calls) as watch:
            app, forgotten = watch.told["app"], watch.told["forgotten"]
            self.more(app)
            new = self.secret()
            deployed[:2] = [new] * 2
            self.more(app)
            deployed[2:] = [new] * 2
            self.more(app)
            pressed, ended = self.end(old)
            until = time.monotonic() + WAIT_S
            late = []
            while not self.answered_by(late) >= set(
                    self.house.rig.pids("token")):
                self.assertLess(time.monotonic(), until, "not all answer")
                self.more(app)
                late = [a for a in forgotten if a.began > ended + HEARD_S]
        late = [a for a in forgotten if a.began > ended + HEARD_S]
        # Of an answer that was still under way nobody can say which it is.
        app = [a for a in app
               if a.secret == new or a.began + a.took_s < pressed]
        self.assertEqual({a.secret for a in app}, {old, new})
        # 503: too busy a machine, which says nothing of the secret
        self.assertEqual({a.status for a in app} - {503}, {200})
        self.assertEqual({a.status for a in late} - {503}, {401})
        self.assertEqual({a.status for a in forgotten} - {503}, {200, 401})


if __name__ == "__main__":
    unittest.main()
