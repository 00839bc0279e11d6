# test_cursor_key.py - another key of page cursors, and no link is refused
# SPDX-License-Identifier: Apache-2.0
#
# The runbook of wardgate(8): while the steps are taken, somebody turns pages
# all the time. How long the old key has been old is told by its file's time,
# so the story makes it older than it is instead of waiting a day.

import concurrent.futures
import json
import os
import threading
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.rig.client import Env, request
from tests.rig.crowd import sample
from tests.rig.house import House

setUpModule = behind_lighttpd

READERS = 4
KNOWN_S = 5     # before the new key may seal
LOOK_S = 1.2    # the program looks at its files once a second


class Cursors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.file = cls.house.home / "keys" / "cursor"
        cls.old = cls.file.with_name("cursor.old")

    def rotate(self):
        return json.loads(self.house.operator("key", "rotate", "cursor",
                                              "--json"))

    def link(self, token):
        """To the second page of a search."""
        answer = self.env.search("Patient", "STU3", token, _count=1,
                                 family="a")
        self.assertEqual(answer.status, 200, answer)
        return [e["url"] for e in answer.json["link"]
                if e["relation"] == "next"][0]

    def follow(self, link, token):
        return request("GET", link, {"Authorization": f"Bearer {token}"})

    def turn_pages(self, token):
        """Until told to stop: what was not answered well."""
        wrong, kept = [], self.link(token)
        while not self.stop.is_set():
            new = self.link(token)
            for link in (kept, new):
                answer = self.follow(link, token)
                self.turned += 1
                if answer.status != 200:
                    wrong.append(answer)
        return wrong

    def everywhere(self, link, token, status):
        """In whatever process."""
        for _ in range(20):
            answer = self.follow(link, token)
            self.assertEqual(answer.status, status, answer)

    def test_the_runbook_refuses_no_link(self):
        token = self.env.token("STU3")
        before, first = self.file.read_text(), self.link(token)
        self.stop, self.turned = threading.Event(), 0
        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            readers = [pool.submit(self.turn_pages, token)
                       for _ in range(READERS)]
            try:
                self.assertEqual(self.rotate()["step"], "make")
                self.assertEqual(self.rotate()["step"], "wait")
                self.assertEqual(self.file.read_text(), before)
                time.sleep(KNOWN_S + 1)
                self.assertEqual(self.rotate()["step"], "use")
                self.assertNotEqual(self.file.read_text(), before)
                self.assertEqual(self.old.read_text(), before)
                self.assertEqual(self.rotate()["step"], "wait")
                time.sleep(2 * LOOK_S)
            finally:
                self.stop.set()
            wrong = [a for r in readers for a in r.result()]
        self.assertFalse(wrong, sample(wrong, 3))
        print(f"{self.turned} pages ... ", end="")
        second = self.link(token)
        self.everywhere(first, token, 200)
        long_ago = time.time() - 2 * 86400
        os.utime(self.old, (long_ago, long_ago))
        self.assertEqual(self.rotate()["step"], "remove")
        self.assertFalse(self.old.exists())
        self.everywhere(second, token, 200)     # each process looks
        time.sleep(LOOK_S)
        self.everywhere(second, token, 200)
        self.everywhere(first, token, 400)
