# test_held.py - answers wait for their row in the trail, and no worker with them
# SPDX-License-Identifier: Apache-2.0
#
# token runs once more beside the house, with few threads, while the trail is
# locked: its answers are complete, and none may leave.

import contextlib
import os
import select
import signal
import time

from tests.e2e import behind_lighttpd
from tests.e2e.test_fastcgi import THREADS, Door
from tests.rig import fastcgi as f
from tests.rig.crowd import audit_rows, now_us
from tests.rig.session import Session

setUpModule = behind_lighttpd

MANY = 3 * THREADS
SEEN_S = 0.2    # longer than an answer takes that waits for nothing
ALL_S = 60      # waits that have to end by themselves


class Held(Door):
    own = {"audit_wait_ms": ALL_S * 1000, "database_wait_ms": ALL_S * 1000,
           "socket_wait_ms": ALL_S * 1000, "request_wait_ms": ALL_S * 1000}

    @contextlib.contextmanager
    def locked(self):
        session = Session(self.env["WG_DB"])
        session.rows("begin; lock table wardgate.audit in exclusive mode")
        try:
            yield
        finally:
            session.rows("rollback")
            session.close()

    def asked(self, many=MANY):
        """So many requests on their way."""
        body, links = self.form(), []
        for _ in range(many):
            links.append(f.Link(self.path("token"), ALL_S))
            self.addCleanup(links[-1].close)
            links[-1].send(f.request(f.post("/oauth2/token", body), body))
        self.taken()
        return links

    def taken(self):
        """Until no connection waits for a process any more, as one that came
        after them is hung up on, and a row waits for the trail."""
        with f.Link(self.path("token"), ALL_S) as link:
            link.half_close()
            link.read()
        until = time.monotonic() + ALL_S
        while not int(self.house.cluster.psql(
                "select count(*) from pg_stat_activity where wait_event_type ="
                " 'Lock' and application_name like 'wardgate token/%'",
                "postgres", "postgres")):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)

    def quiet(self, links):
        """None of them is answered while the trail is locked."""
        time.sleep(SEEN_S)
        for link in links:
            link.socket.setblocking(False)
            with self.assertRaises(BlockingIOError):
                link.socket.recv(1)
            link.socket.settimeout(ALL_S)

    def answered(self, links, began):
        answers = [link.answer() for link in links]
        self.assertEqual({a and a.status for a in answers}, {200})
        kept = audit_rows(self.house, began)
        lost = [a for a in answers if a.header["x-trace-id"] not in kept]
        self.assertFalse(lost, lost[:3])
        self.assertEqual({link.ends() for link in links}, {1})

    def signalled(self, number):
        for pid in self.pids["token"]:
            os.kill(pid, number)

    def await_next(self):
        """It was ended, and runs again."""
        until = time.monotonic() + ALL_S
        while set(now := self.house.rig.pids("door-token")) & set(
                self.pids["token"]) or not now:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.pids["token"] = now

    def test_more_answers_wait_than_there_are_workers(self):
        began = now_us()
        with self.locked():
            links = self.asked()
            self.quiet(links)
        self.answered(links, began)

    def test_who_is_told_to_end_answers_first(self):
        began = now_us()
        with self.locked():
            links = self.asked()
            self.quiet(links)
            self.signalled(signal.SIGTERM)
            self.quiet(links)
        self.answered(links, began)
        self.await_next()

    def test_who_is_killed_has_answered_nothing(self):
        with self.locked():
            links = self.asked()
            self.quiet(links)
            self.signalled(signal.SIGKILL)
            self.assertEqual([link.answer() for link in links],
                             [None] * len(links))
        self.await_next()

    def test_who_goes_away_meanwhile_harms_nobody(self):
        began = now_us()
        with self.locked():
            links = self.asked()
            self.quiet(links)
            for link in links[::2]:
                link.close()
        self.answered(links[1::2], began)

    def test_a_row_that_is_not_kept_turns_its_answer_into_a_503(self):
        with self.locked():
            links = self.asked()
            self.quiet(links)
            self.house.cluster.psql(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name like 'wardgate token/%'",
                "postgres", "postgres")
            self.assertTrue(select.select(
                [link.socket for link in links], [], [], ALL_S)[0])
        answers = [link.answer() for link in links]
        said = {a and a.status for a in answers}
        self.assertLessEqual(said, {200, 503})  # 200: not yet at the writer
        self.assertIn(503, said)
        for a in answers:
            if a.status == 503:
                self.assertEqual(a.reason, "temporarily_unavailable")
                self.assertRegex(a.header["retry-after"], r"^[1-9]\d*$")
                self.assertNotIn("access_token", a.text)
