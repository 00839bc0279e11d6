# test_portal_hosts.py - the portal on two hosts: one session, one end, one wait
# SPDX-License-Identifier: Apache-2.0
#
# Behind a balancer each request of somebody may reach another host. What a
# session is, who may no longer, and who failed too often lies in the database,
# which the hosts share; the keys are copies. Told in networks of their own
# (rig/hosts.py); skipped where none can be made.

import re
import time
import unittest

from tests.e2e import behind_lighttpd, test_hosts
from tests.e2e.portal import PHRASE, Person, code

setUpModule = behind_lighttpd


class Portal(test_hosts.Story):
    @classmethod
    def begin(cls):
        super().begin()
        cls.first, cls.second = cls.hosts

    def person(self, roles="developer", phone=False):
        """One somebody, as each of the hosts sees them."""
        login = f"hosts{time.time_ns()}"
        key = self.patiently(self.first.add_account, login, roles, PHRASE,
                             phone).get("totp_key")
        here, there = (Person(host.env) for host in self.hosts)
        for who in (here, there):   # the address that people use is one
            who.base = self.first.base
            who.login, who.key = login, key
        return here, there

    def out(self, who):
        page = who.get("/account")
        self.assertEqual(page.path.split("?")[0], "/signin", page)

    def test_a_session_is_one_on_both_and_ends_on_both(self):
        here, there = self.person("developer,auditor")
        for end in (lambda: here.post("/signout"), lambda: self.roles(here)):
            page = here.sign_in(here.login)
            self.assertEqual(page.path, "/account", page)
            there.cookie = here.cookie
            there.get("/clients/new")       # and the proof of a form is one
            page = there.post("/clients/new", name="Two hosts", purpose="",
                              mail="")
            client = re.search(r'id="client_id">([^<]+)<', page.text)[1]
            self.assertIn("Two hosts", here.get(f"/clients/{client}").words)
            end()
            for who in (here, there):
                self.out(who)

    def roles(self, who):
        self.site.primary.psql(
            "select wardgate.account_roles_set(account_id, 'auditor')"
            f" from wardgate.account where login = '{who.login}'")

    def test_the_steps_of_a_sign_in_may_be_taken_at_different_hosts(self):
        here, there = self.person("admin", True)
        shown = code(here.key)
        for _ in range(2):
            here.cookie = here.page = None
            here.get("/signin")
            page = here.post("/signin", login=here.login, passphrase=PHRASE)
            self.assertEqual(page.path.split("?")[0], "/code", page)
            first, there.cookie = here.cookie, here.cookie
            there.get("/code")
            page = there.post("/code", code=shown, to="/account")
            if page.status != 200:
                break
            here.cookie = first
            self.out(here)      # the cookie of the first step has ended
            here.cookie = there.cookie
            self.assertEqual(here.get("/account").path, "/account")
        self.assertEqual(page.status, 401, "a code is taken once")

    def test_guesses_are_counted_together(self):
        """Somebody who fails at one waits at the other, wherever they are."""
        here, there = self.person()
        for n in range(4):
            self.guess((here, there)[n % 2], "not the passphrase")
        self.site.primary.psql("update wardgate.signin_failure"
                               " set failures = 12, last_at = now()")
        for who in (here, there):
            page = self.guess(who, PHRASE)
            self.assertEqual(page.status, 429, page)
        self.assertEqual(self.site.primary.psql(
            "select count(*) from wardgate.signin_failure"
            " where source = '192.0.2.9'"), "1")

    def guess(self, who, phrase):
        """Behind a balancer, whose word counts."""
        return who.send("/signin", {"login": who.login, "passphrase": phrase},
                        **{"X-Forwarded-For": "192.0.2.9"})


if __name__ == "__main__":
    unittest.main()
