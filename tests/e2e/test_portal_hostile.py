# test_portal_hostile.py - guessing, odd names and odd requests at the portal
# SPDX-License-Identifier: Apache-2.0

import http.client
import re
import threading
import unittest
import urllib.parse

from tests.e2e import behind_lighttpd
from tests.e2e.portal import COOKIE, PHRASE, Page, Person, code
from tests.e2e.test_portal import Story

setUpModule = behind_lighttpd

FORM = "application/x-www-form-urlencoded"
AT_ONCE = 200
KIB_MORE = 256 * 1024   # two passphrases at work take 64 MiB of it


class Elsewhere(Person):
    """Somebody on another address of this machine."""

    def ask(self, method, path, body=None, **fields):
        link = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60,
            source_address=("127.0.0.2", 0))
        link.request(method, "/admin" + path, body, fields)
        page = Page(link.getresponse(), path)
        link.close()
        return page


class Guessing(Story):
    def setUp(self):
        """Nobody has failed yet, in no story before."""
        forget = "delete from wardgate.signin_failure"
        self.house.cluster.psql(forget)
        self.addCleanup(self.house.cluster.psql, forget)

    def guess(self, who, login, phrase="wrong wrong wrong"):
        return who.send("/signin", {"login": login, "passphrase": phrase})

    def failed(self, times, ago="0 s"):
        """Whoever failed did it so many times, the last one then."""
        self.house.cluster.psql(
            f"update wardgate.signin_failure set failures = {times},"
            f" last_at = now() - interval '{ago}'")

    def counted(self, name):
        return self.house.cluster.psql(
            "select failures from wardgate.signin_failure"
            f" where who = sha256('{name}')")

    def test_P6_many_guesses_at_one_name_wait_longer_and_longer(self):
        login, _ = self.account("developer")
        for name in (login, f"no.{login}"):
            waits, who = [], Person(self.env)
            for times in (1, 2, 3):
                self.failed(times - 1, "1 hour")
                self.assertEqual(self.guess(who, name).status, 401)
                self.assertEqual(self.counted(name), str(times))
            for times in (9, 11, 40):
                self.failed(times)
                page = self.guess(who, name, PHRASE)
                self.assertEqual(page.status, 429)
                waits.append(int(page.header["retry-after"]))
            # 2^6 s, 2^8 s, a quarter of an hour
            self.assertLessEqual(waits[0], 64)
            self.assertTrue(64 < waits[1] <= 256, waits)
            self.assertTrue(256 < waits[2] <= 900, waits)
            if name == login:
                self.owner_elsewhere(login)
            self.house.cluster.psql("delete from wardgate.signin_failure")

    def owner_elsewhere(self, login):
        page = self.guess(Elsewhere(self.env), login, PHRASE)
        self.assertEqual(page.status, 303, "the owner, from elsewhere")

    def test_P6_guesses_at_many_names_hold_up_nobody(self):
        login, _ = self.account("developer")
        who = Person(self.env)
        for n in range(8):
            self.assertEqual(self.guess(who, f"{n}.{login}").status, 401)
        self.assertEqual(self.guess(who, login, PHRASE).status, 303)

    def test_P12_codes_wait_wherever_they_are_guessed(self):
        login, key = self.account("operator", phone=True)
        who = Person(self.env)
        page = who.sign_in(login)
        form = {"code": "00000a", "proof": page.proof}
        same = {"Cookie": f"{COOKIE}={who.cookie}"}
        for asker in (who, Elsewhere(self.env), who):
            self.assertEqual(asker.send("/code", form, **same).status, 401)
        self.assertEqual(self.house.cluster.psql(
            "select failures from wardgate.signin_failure"), "3")
        self.failed(9)
        for asker in (who, Elsewhere(self.env)):
            self.assertEqual(asker.send("/code", form, **same).status, 429)
        self.failed(9, "1 hour")
        self.assertEqual(who.post("/code", code=code(key)).status, 200)
        self.assertEqual(self.house.cluster.psql(
            "select count(*) from wardgate.signin_failure"), "0")

    def resident(self):
        found = 0
        for pid in self.house.rig.pids("admin"):
            with open(f"/proc/{pid}/status") as lines:
                found += int(re.search(r"VmRSS:\s+(\d+)", lines.read())[1])
        return found

    def test_P6_two_hundred_at_once_are_answered_in_bounded_memory(self):
        login, _ = self.account("developer")
        told, most = [], [0]

        def one(n):
            # a few names, so that scrypt is what they meet
            told.append(self.guess(Person(self.env),
                                   f"{n % 20}.{login}").status)
        before = self.resident()
        threads = [threading.Thread(target=one, args=(n,))
                   for n in range(AT_ONCE)]
        for t in threads:
            t.start()
        for t in threads:
            most[0] = max(most[0], self.resident())
            t.join()
        self.assertEqual(len(told), AT_ONCE)
        self.assertLessEqual(set(told), {401, 429, 503})
        self.assertIn(401, told)
        self.assertIn(429, told)
        self.assertLess(max(most[0], self.resident()) - before, KIB_MORE)
        self.house.cluster.psql("delete from wardgate.signin_failure")
        self.assertEqual(self.guess(Person(self.env), login, PHRASE).status,
                         303)


class Odd(Story):
    NAMES = ("</textarea><script>x</script>", '" onx="', "javascript:x()",
             "=cmd|' /C calc'!A0", "&amp;{{secret}}{{>top}}")
    REFUSED = ("a\u202eb", "a\u2066b", "a\u2028b", "a\u2029b", "a\x1b[2Jb",
               "a\x85b", "x" * 4096)

    def test_P4_names_are_text_or_refused_wherever_they_are_typed(self):
        who = self.person()
        client = self.app(who)
        fields = (("/clients/new", "name", {}),
                  ("/clients/new", "purpose", {"name": "x"}),
                  ("/clients/new", "mail", {"name": "x"}),
                  (f"/clients/{client}/edit", "name", {}),
                  (f"/clients/{client}/secrets/new", "label", {"days": "9"}))
        for path, field, more in fields:
            for name in self.REFUSED:
                with self.subTest(f"{path} {field} {name[:9]!r}"):
                    who.get(path)
                    page = who.post(path, **more, **{field: name})
                    self.assertEqual(page.status, 400, page)
        for name in self.NAMES:
            who.get(f"/clients/{client}/edit")
            page = who.post(f"/clients/{client}/edit", name=name,
                            purpose=name, mail=name)
            self.assertEqual(page.status, 200, name)
            for where in ("/clients", f"/clients/{client}",
                          f"/clients/{client}/edit"):
                text = who.get(where).text
                for raw in ("<script>x", '" onx="', 'href="javascript',
                            "</textarea><"):
                    self.assertNotIn(raw, text)
                self.assertIn(name, who.page.words if where == "/clients"
                              else name)

    def test_what_is_no_text_is_refused_in_every_field(self):
        who = self.person()
        proof = who.get("/clients/new").proof
        for why, body, status in (
                ("NUL", b"name=a%00b", 400), ("raw NUL", b"name=a\0b", 400),
                ("UTF-8", b"name=%ff%fe", 400), ("overlong", b"name=%c0%af",
                                                 400),
                ("surrogate", b"name=%ed%a0%80", 400),
                ("cut", b"name=%4", 400), ("no value", b"name", 400),
                ("twice", b"name=a&name=b", 400),
                ("proof twice", f"proof={proof}".encode(), 400),
                ("many", b"&".join(b"f%d=1" % n for n in range(99)), 400),
                ("large", b"name=" + b"x" * 200_000, 413),
                ("nothing", None, 403)):
            with self.subTest(why):
                sent = f"proof={proof}&".encode() + body if body else b""
                page = who.ask("POST", "/clients/new", sent, Origin=who.base,
                               **{"Content-Type": FORM})
                self.assertEqual(page.status, status, page)
        self.assertEqual(who.get("/clients?lang=%00").status, 400)
        for lang in ("xx", "../../etc", "x" * 3000, "%3Cscript%3E", "EN"):
            page = who.get(f"/clients?lang={lang}")
            self.assertEqual(page.status, 200, lang[:9])
            self.assertEqual(page.header["content-language"], "en")

    def test_days_of_a_secret_are_a_number_within_bounds(self):
        who = self.person()
        client = self.app(who)
        for days in ("0", "-1", "99999999999999999999", "1e3", " 5", "0x9",
                     "9" * 4000, "731", ""):
            who.get(f"/clients/{client}/secrets/new")
            page = who.post(f"/clients/{client}/secrets/new", days=days)
            self.assertEqual(page.status, 400, days[:9])

    def test_fields_named_like_parts_of_a_page_are_not_believed(self):
        admin = self.person("admin", phone=True)
        who = self.person()
        forms = ((who, "/clients/new", {}),
                 (who, "/account/passphrase", {"passphrase_new": "x"}),
                 (admin, "/accounts/invite", {"name": "x" * 4096}))
        for by, path, more in forms:
            by.get(path.removesuffix("/passphrase").removesuffix("/invite"))
            proof = by.page.proof
            page = by.send(path, {
                "proof": proof, **more, **{name: "EVIL" for name in (
                    "languages", "people", "sessions", "wrong", "signed_in",
                    "our_operator", "here", "lang", "trace", "clients")}})
            self.assertIn(page.status, (400, 401), page)
            self.assertIn(f'value="{proof}"', page.text)
            self.assertNotIn('href="EVIL', page.text)
            self.assertIn('<html lang="en">', page.text)

    def test_browsers_that_call_themselves_anything_sign_in(self):
        login, _ = self.account("developer")
        for agent in ("\u00e9\u00ff", "%00%0a", "x" * 3000, "<b>"):
            who = Person(self.env)
            page = who.send("/signin", {"login": login, "passphrase": PHRASE},
                            **{"User-Agent": agent.encode("latin-1")})
            self.assertEqual(page.status, 303, agent[:9])
            self.assertNotIn("<b>", who.get("/account").text)

    def test_P14_links_and_redirects_come_from_the_settings(self):
        who = self.person()
        admin = self.person("admin", phone=True)
        evil = {"X-Forwarded-Host": "evil.example",
                "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"}
        for host in ("evil.example", who.base.split("//")[1]):
            page = who.ask("GET", "/", Host=host, **evil)
            if page.status == 303:
                self.assertTrue(page.header["location"].startswith(who.base))
            self.assertNotIn("evil", str(page.header) + page.text)
        proof = admin.get("/accounts").proof
        page = admin.send("/accounts/invite", {
            "proof": proof, "name": "Eve", "role_developer": "y"}, **evil)
        link = re.search(r'id="link">([^<]+)<', page.text)[1]
        self.assertTrue(link.startswith(admin.base + "/admin/invitation/"))
        self.assertEqual(page.header["cache-control"], "no-store")

    def test_an_invitation_that_two_take_at_once_makes_one_account(self):
        admin = self.person("admin", phone=True)
        proof = admin.get("/accounts").proof
        page = admin.send("/accounts/invite", {
            "proof": proof, "name": "Two", "role_developer": "y"})
        path = urllib.parse.urlsplit(re.search(
            r'id="link">([^<]+)<', page.text)[1]).path.removeprefix("/admin")
        names = [f"{n}.{admin.login}" for n in range(4)]
        self.addCleanup(self.house.cluster.psql, "delete from wardgate.account"
                        f" where login like '_.{admin.login}'")
        told = []

        def take(name):
            status = 429
            while status == 429:    # too many passphrases at this moment
                status = Person(self.env).send(path, {
                    "login": name, "passphrase": PHRASE,
                    "passphrase2": PHRASE}).status
            told.append(status)
        threads = [threading.Thread(target=take, args=(n,)) for n in names]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(told), [303, 404, 404, 404])
        self.assertEqual(self.house.cluster.psql(
            "select count(*) from wardgate.account"
            f" where login like '_.{admin.login}'"), "1")


if __name__ == "__main__":
    unittest.main()
