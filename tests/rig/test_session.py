# test_session.py - a psql that stays asks as a new one would
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import os
import signal
import time
import unittest

from tests.rig import session
from tests.rig.cluster import Cluster


class Staying(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster.fresh())

    def setUp(self):
        self.session = session.Session(self.cluster.dsn())
        self.addCleanup(self.session.close)

    def rows(self, sql):
        return self.session.rows(sql)

    def test_rows_come_as_texts_and_nothing_is_none(self):
        self.assertEqual(self.rows("select 1, 'a b', null"),
                         [["1", "a b", ""]])
        self.assertEqual(self.rows("select 1 where false"), [])
        self.assertEqual(self.rows("select '\\x', ':y', 'it''s; fine'"),
                         [["\\x", ":y", "it's; fine"]])
        self.assertEqual(self.rows("select 1;"), [["1"]])

    def test_what_is_refused_raises_and_the_next_is_answered(self):
        with self.assertRaisesRegex(RuntimeError, "nothing_there"):
            self.rows("select * from nothing_there")
        self.assertEqual(self.rows("select 2"), [["2"]])

    def test_it_outlives_its_server(self):
        first = self.rows("select pg_backend_pid()")
        self.assertEqual(self.rows("select pg_backend_pid()"), first)
        self.cluster.stop()
        with self.assertRaisesRegex(RuntimeError, "failed"):
            self.rows("select 3")
        self.cluster.start()
        self.assertEqual(self.rows("select 3"), [["3"]])
        self.cluster.kill()
        self.cluster.start()
        self.assertEqual(self.rows("select 4"), [["4"]])
        other = set(self.cluster.backends()) - {self.cluster.postmaster()}
        os.kill(max(other), signal.SIGKILL)     # all others are sent away
        until = time.monotonic() + 60
        while not self.cluster.answers() or other & set(
                self.cluster.backends()):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assertEqual(self.rows("select 5"), [["5"]])

    def test_threads_take_turns(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            got = list(pool.map(lambda n: self.rows(f"select {n}"),
                                range(200)))
        self.assertEqual(got, [[[str(n)]] for n in range(200)])


if __name__ == "__main__":
    unittest.main()
