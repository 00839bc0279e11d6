# test_portal_keys.py - operators see which keys there are, and whether all is well
# SPDX-License-Identifier: Apache-2.0

import datetime
import json
import re
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.test_portal import Story

setUpModule = behind_lighttpd

STATES = ("good", "not known from here", "to be looked at", "fault")


class Keys(Story):
    def listed(self):
        return json.loads(self.house.operator("key", "list", "--json"))

    def test_every_key_stands_there_with_what_comes_next(self):
        who = self.person("operator", phone=True)
        page = who.get("/keys")
        self.assertEqual(page.status, 200, page)
        known = self.listed()
        kids = [k["kid"] for name in ("signing_keys", "sealing_keys")
                for k in known[name]]
        self.assertTrue(kids)
        for kid in kids:
            self.assertIn(f"<code>{kid}</code>", page.text)
        for command in ("key rotate", "key rotate seal", "key make pepper",
                        "key rotate cursor", "key withdraw"):
            self.assertIn(f"<code>wardgate {command}", page.text)
        today = datetime.datetime.now(datetime.timezone.utc)
        self.assertIn(f"{today:%Y}", page.words)

    def test_nothing_secret_is_there(self):
        who = self.person("operator", phone=True)
        text, looked = who.get("/keys").text, set()
        self.assertNotIn("PRIVATE", text)
        for folder in ("pepper", "sealing", "signing"):
            for path in sorted(self.house.home.glob(f"keys/{folder}*/*")):
                for line in path.read_text().splitlines():
                    if len(line) > 30:
                        looked.add(folder)
                        self.assertNotIn(line, text, path.name)
        self.assertEqual(looked, {"pepper", "sealing", "signing"})

    def test_keys_that_could_not_be_fetched_say_why(self):
        client, _ = self.house.add_client("Publisher")
        self.addCleanup(self.house.operator, "client", "disable", client)
        self.addCleanup(self.house.cluster.psql, "delete from wardgate."
                        f"client_jwks_url where client_id = '{client}'")
        self.house.cluster.psql(
            "insert into wardgate.client_jwks_url (client_id, url, error,"
            f" tried_at) values ('{client}', 'https://keys.example/jwks',"
            " 'nobody <b>answers</b>', now() + interval '1 hour')")
        who = self.person("operator", phone=True)
        page = who.get("/keys")
        card = [c for c in page.text.split("<article") if client in c][0]
        self.assertIn("https://keys.example/jwks", card)
        self.assertIn("nobody &lt;b&gt;answers", card)
        self.assertIn("failed", card)

    def test_only_operators_see_keys_and_health(self):
        for roles, phone in (("developer,auditor", False), ("admin", True)):
            who = self.person(roles, phone)
            for path in ("/keys", "/health"):
                self.assertNotIn(f'href="/admin{path}"', who.page.text)
                self.assertEqual(who.get(path).status, 404)


class Health(Story):
    def cards(self, page):
        """{subject: card}"""
        return {re.search("<h2>(.*?)</h2>", c, re.S)[1].strip(): c
                for c in page.text.split("<article")[1:]}

    def test_every_part_has_a_state_by_word_and_what_to_do(self):
        who = self.person("operator", phone=True)
        page = who.get("/health")
        self.assertEqual(page.status, 200, page)
        cards = self.cards(page)
        for subject in ("Schema of the database",
                        "Does the database take writes",
                        "Trail: this month and the next",
                        "Trail: months ahead", "Size of the database",
                        "Trail: rows outside of all months",
                        "Log of changes", "Programs and their versions",
                        "Key that signs tokens", "Secrets that end",
                        "Room on the disk", "Certificates",
                        "The keeper, and the summing up of the trail"):
            self.assertIn(subject, cards)
        self.assertNotIn("", cards, "a finding about nothing")
        for subject, card in cards.items():
            word, = re.findall(r'class="state[^"]*">([^<]+)<', card)
            self.assertIn(word, STATES, subject)
            self.assertEqual("What to do:" in card, word != "good", subject)
        self.assertRegex(cards["Programs and their versions"],
                         r"token/\d+\.\d+\.\d+ \(\d+\)")

    def test_what_is_wrong_stands_first_and_is_counted(self):
        self.house.cluster.psql(
            "insert into wardgate.audit_default (at, trace_id, program,"
            " status, token_id) values (now() + interval '30 years',"
            " gen_random_uuid(), 'token', 200, 'health-story')")
        self.addCleanup(self.house.cluster.psql, "delete from wardgate."
                        "audit_default where token_id = 'health-story'")
        who = self.person("operator", phone=True)
        page = who.get("/health")
        self.assertRegex(page.words, r"\d+ faults?: requests are refused")
        words = [re.search(r'class="state[^"]*">([^<]+)<', c)[1]
                 for c in page.text.split("<article")[1:]]
        order = ["fault", "to be looked at", "not known from here", "good"]
        self.assertEqual(words, sorted(words, key=order.index))
        self.assertIn("fault", self.cards(page)[
            "Trail: rows outside of all months"])


if __name__ == "__main__":
    unittest.main()
