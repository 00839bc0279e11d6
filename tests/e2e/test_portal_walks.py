# test_portal_walks.py - whole journeys in a browser, in every language
# SPDX-License-Identifier: Apache-2.0
#
# An app's developer gets a first token (J2), changes a secret and ends one that
# leaked (J3); an operator is called at night (J5); an auditor is asked who saw a
# patient (J6). Each is walked in every language, and with and without script
# behind either web server; not every combination of these, but each pair that
# bears on the journey. What somebody should read is looked up in the catalogues.

import json
import os
import time
import unittest

from tests.e2e.browser import Browser
from tests.e2e.portal import PHRASE, code
from tests.house.check_words import load
from tests.rig import place
from tests.rig.client import Env
from tests.rig.house import House

LANGUAGES = ("en", "it", "ru", "pt-BR", "zh-Hans")
SERVERS = ("lighttpd", "apache")
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
NOTICE = "The records server is away until six."


def walks(journey):
    """[(language, script)] of the journey with that number, behind this server;
    over both servers each language, and each server with and without script."""
    here = SERVERS.index(os.environ.get("WG_SERVER", "lighttpd"))
    return [(lang, (n // 2 + journey) % 2 == 0)
            for n, lang in enumerate(LANGUAGES) if (n + journey) % 2 == here]


class Walk:
    """A browser, and the language in which it is walked."""

    def __init__(self, story, browser, lang):
        self.story, self.b, self.lang = story, browser, lang
        self.base = story.env["WG_BASE"] + "/admin"

    def say(self, english):
        if self.lang == "en":
            return english
        return self.story.catalogues[self.lang][english][0]

    def sees(self, css, english):
        """Waits for it: no press waits for the page that it leads to."""
        self.b.until(css, self.say(english))

    def begin(self, path):
        self.b.go(f"{self.base}{path}?lang={self.lang}")

    def at(self, path):
        self.b.go(self.base + path)

    def fill(self, **fields):
        for name, text in fields.items():
            self.b.type(f"main #{name}", text)

    def sign_in(self, who):
        self.begin("/signin")
        self.sees("h1", "Sign in")
        self.fill(login=who["login"], passphrase=PHRASE)
        self.b.press("main form button")
        if who.get("totp_key"):
            self.story.psql("update wardgate.account set totp_step = 0"
                            f" where login = '{who['login']}'")
            self.sees("h1", "Code from your phone")
            self.fill(code=code(who["totp_key"]))
            self.b.press("main form button")

    def sign_out(self):
        self.b.press("header .out button")
        self.sees("h1", "Sign in")

    def why(self, trace, english):
        """What became of a request, by the page that tells it."""
        self.b.press("header a[href$='/why']")
        self.sees("h1", "Why was a request refused?")
        self.fill(trace=trace)
        self.b.press("main form button")
        self.sees("main article", english)


class Journeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.psql = cls.house.cluster.psql
        words = load()
        cls.catalogues = {tag: words.read(words.LOCALE / f"{tag}.po")
                          for tag in words.PLURALS}
        cls.browsers = {}
        cls.people = {}
        cls.tenant = cls.env["WG_TENANT_R4"]

    def account(self, roles, phone=False):
        """One for all walks."""
        if roles not in self.people:
            login = f"walk{time.time_ns()}"
            self.people[roles] = {"login": login, **self.house.add_account(
                login, roles, PHRASE, phone)}
            self.addClassCleanup(self.psql, "delete from wardgate.account"
                                 f" where login = '{login}'")
        return self.people[roles]

    def browser(self, script):
        if script not in self.browsers:
            self.browsers[script] = self.enterClassContext(
                Browser(script=script))
        return self.browsers[script]

    def walk(self, number, journey):
        for lang, script in walks(number):
            with self.subTest(lang=lang, script=script):
                journey(Walk(self, self.browser(script), lang))

    def ask(self, client, secret, tenant=None):
        return self.env.ask_token(tenant or self.tenant, client_id=client,
                                  client_secret=secret)

    def read(self, token):
        return self.env.fhir("GET", "Patient/x", token, "R4")

    # ---- J2 ----

    def test_a_developer_comes_in_and_gets_a_token(self):
        self.walk(0, self.first_token)

    def first_token(self, w):
        link = json.loads(self.house.operator(
            "account", "invite", "--json", "--roles", "developer"))["link"]
        login = f"walk{time.time_ns()}"
        self.addCleanup(self.psql, "delete from wardgate.account"
                        f" where login = '{login}'")
        w.begin(link.removeprefix(w.base))
        w.sees("h1", "Choose a passphrase")
        w.fill(login=login, passphrase=PHRASE, passphrase2=PHRASE)
        w.b.press("main form button")
        w.sees("h1", "Sign in")
        w.sign_in({"login": login})
        w.sees("h1", "Apps")
        w.b.press("main a[href$='/clients/new']")
        w.sees("h1", "Register an app")
        w.fill(name="Care Teams", purpose="care")
        w.b.press("main form button")
        w.b.until("h1", "Care Teams")
        client = w.b.text("#client_id")
        secret = self.made_secret(w)
        w.b.press("main a[href$='/requests/new']")
        w.sees("h1", "Ask for a hospital")
        w.fill(tenant=self.tenant, why="night shift")
        w.b.press("main form button")
        w.sees("main .done", "The operator has your request, and answers here.")
        w.sees("#hospitals ~ article", "waits for an answer")
        self.house.operator("client", "grant", client, self.tenant)
        self.assertEqual(self.ask(client, secret).status, 200)
        refused = self.ask(client, secret, NOBODY)
        self.assertEqual(refused.status, 400)
        w.why(refused.header["x-trace-id"], "No hospital has this tenant ID.")
        w.b.press("header a[href$='/help']")
        w.sees("h1", "Help")
        self.assertIn(self.env["WG_TOKEN_URL"], w.b.text("main"))
        w.sign_out()

    def made_secret(self, w):
        """From the page of an app, and back to it."""
        name = w.b.text("h1")
        w.b.press("main a[href$='/secrets/new']")
        w.sees("h1", "New secret")
        w.fill(label="made on a walk")
        w.b.press("main form button")
        w.sees("h1", "Your secret")
        secret = w.b.text("#secret")
        self.assertIn(secret, w.b.text("pre"))
        w.b.press("#kept")
        w.b.press("main form button")
        w.b.until("h1", name)
        self.assertNotIn(secret, w.b.text())
        return secret

    # ---- J3 ----

    def test_a_developer_changes_a_secret_and_ends_one_that_leaked(self):
        self.walk(1, self.rotation)

    def rotation(self, w):
        who = self.account("developer")
        client, old = self.house.add_client(f"Walk {time.time_ns()}")
        self.house.operator("client", "grant", client, self.tenant)
        self.psql("insert into wardgate.client_owner (client_id, account_id)"
                  f" select '{client}', account_id from wardgate.account"
                  f" where login = '{who['login']}'")
        w.sign_in(who)
        w.sees("h1", "Apps")
        w.b.press(f"main h2 a[href$='{client}']")
        w.b.until("#client_id", client)
        new = self.made_secret(w)
        for secret in (old, new):
            self.assertIn(secret[4:12], w.b.text("main"))
            answer = self.ask(client, secret)
            self.assertEqual(answer.status, 200)
        w.b.press(f"article a[href$='{old[4:12]}/end']")
        w.sees("h1", "Invalidate this secret?")
        self.assertIn(old[4:12], w.b.text("main"))
        w.b.press("main form[action$='/end'] button")
        w.sees("main .done", "The secret is invalidated. Within a second "
               "nothing works with it any more.")
        self.house.heard()
        self.assertEqual(self.ask(client, old).status, 401)
        self.assertEqual(self.read(answer.json["access_token"]).status, 404)
        w.b.press(f"article a[href$='{new[4:12]}/end']")
        w.sees("#breach", "Has somebody else seen it?")
        w.fill(why="it stood in a ticket")
        w.b.press("main form[action$='/breach'] button")
        w.sees("main .done", "The secret is invalidated and its tokens are "
               "revoked. Within a second nothing works with them any more.")
        w.b.until("main table", self.tenant)
        w.sees("main a[href*='.csv']", "Save as CSV")
        self.house.heard()
        self.assertEqual(self.read(answer.json["access_token"]).status, 401)
        w.sign_out()

    # ---- J5 ----

    def test_an_operator_is_called_at_night(self):
        self.walk(2, self.on_call)

    def on_call(self, w):
        tenant, name = self.away()
        token = self.env.token(tenant)
        late = self.read(token)
        self.assertEqual(late.status, 504, late)
        w.sign_in(self.account("operator", True))
        w.sees("h1", "Overview")
        w.fill(find=name)
        w.b.press("main form.filter button")
        w.b.until(".tiles h3", name)
        w.sees(".tiles", "Last good answer:")
        w.why(late.header["x-trace-id"], "The hospital's server could not be "
              "reached: no address, no connection, or no TLS.")
        w.at(f"/tenants/{tenant}")
        w.b.until("h1", name)
        w.b.press("main a[href$='/maintenance']")
        w.sees("h1", "Maintenance")
        w.fill(notice=NOTICE, until="+2 hours")
        w.b.press("main form button")
        w.sees("main .done", "The hospital is in maintenance. Clinicians read "
               "the notice.")
        self.house.heard()
        told = self.read(token)
        self.assertEqual(told.status, 503, told)
        self.assertIn(NOTICE, told.text)
        self.assertGreater(int(told.header["retry-after"]), 60)
        w.why(told.header["x-trace-id"], "The hospital's connection is under "
              "maintenance; the answer carried the notice.")
        w.at(f"/tenants/{tenant}/resume")
        w.sees("h1", "Let this hospital work again?")
        w.b.press("main form button")
        w.sees("main .done", "The hospital is in use.")
        self.house.heard()
        self.assertEqual(self.read(token).status, 504)
        w.b.find("main a[href$='/incident.csv']")
        w.sign_out()

    def away(self):
        """A hospital whose server is switched off."""
        n = time.time_ns()
        tenant, name = f"0ff00000-0000-4000-8000-{n % 10**12:012d}", f"Off {n}"
        self.house.add_tenant(tenant, name, "http://127.0.0.1:"
                              f"{place.free_port()}/fhir", "R4",
                              self.env["WG_CLIENT_ID"])
        self.addCleanup(self.psql, f"select wardgate.tenant_remove('{tenant}')")
        return tenant, name

    # ---- J6 ----

    def test_an_auditor_finds_who_saw_a_patient(self):
        self.walk(3, self.officer)

    def officer(self, w):
        token = self.env.token("R4")
        found = self.env.search("Patient", "R4", token, family="a").json
        patient = found["entry"][0]["resource"]["id"]
        seen = self.env.search("Observation", "R4", token, patient=patient)
        trace, reason = seen.header["x-trace-id"], f"walk {time.time_ns()}"
        w.sign_in(self.account("auditor"))
        w.sees("h1", "Audit")
        w.b.press("main a[href$='/patient']")
        w.sees("h1", "Who saw this patient?")
        w.fill(tenant=self.tenant, patient=patient, why=reason)
        w.b.press("main form button")
        w.sees("#found", "Accesses")
        w.b.until("main table", trace)
        w.sees("form[action$='/csv'] button", "Save as CSV")
        w.sees("button[formaction$='/fhir']", "Save as AuditEvents")
        w.why(trace, "The request was answered.")
        w.at("/audit/denied")
        w.sees("#reasons", "Reasons")
        w.at("/audit/acts")
        w.sees("#acts", "Acts")
        w.b.until("main table", reason)
        w.sign_out()


if __name__ == "__main__":
    unittest.main()
