# test_portal_look.py - the portal in a real browser: journeys, widths, themes
# SPDX-License-Identifier: Apache-2.0
#
# Pictures of all pages are left in build/screens for whoever wants to look.

import contextlib
import re
import tempfile
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.browser import Browser
from tests.e2e.test_upauth_tls import Authority
from tests.e2e.portal import PHRASE, Person, code
from tests.rig import place
from tests.rig.client import Env
from tests.rig.house import House

SCREENS = place.build_dir() / "screens"
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
BROWSERS = {}   # with script, and without
LANGUAGES = ("en", "it", "ru", "pt-BR", "zh-Hans")

# Nothing but a box of its own is wider than the page.
WIDE = """
const wide = document.documentElement.clientWidth;
return [...document.querySelectorAll("body *")].filter(e => {
  if (e.closest("pre, table, .skip, .hidden, svg")) return false;
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > wide + 1 || box.left < -1);
}).map(e => e.outerHTML.slice(0, 120));
"""

# Text against what it stands on: WCAG 2.2, 1.4.3.
PALE = """
function parts(color) {
  const n = color.match(/[\\d.]+/g).map(Number);
  return n.length < 4 ? [...n, 1] : n;
}
function light([r, g, b]) {
  const [x, y, z] = [r, g, b].map(c => {
    c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}
function ground(e) {
  for (; e; e = e.parentElement) {
    const c = parts(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c;
  }
  return [255, 255, 255, 1];
}
const pale = [];
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 &&
                                     n.textContent.trim());
  if (!own || e.closest("svg") || !e.getClientRects().length) continue;
  const a = light(parts(getComputedStyle(e).color)), b = light(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5)
    pale.push(`${ratio.toFixed(2)} ${e.outerHTML.slice(0, 100)}`);
}
return pale;
"""

# What a page owes to those who do not see it as others do.
ROUGH = """
const rough = [];
for (const f of document.querySelectorAll(
    "input:not([type=hidden]), select, textarea"))
  if (!f.labels.length) rough.push("no label: " + f.outerHTML);
for (const e of document.querySelectorAll("a, button"))
  if (!(e.textContent.trim() || e.getAttribute("aria-label")))
    rough.push("no name: " + e.outerHTML);
for (const e of document.querySelectorAll("button, input[type=checkbox]")) {
  const box = e.getBoundingClientRect();
  if (box.width && (box.width < 24 || box.height < 24))
    rough.push("small: " + e.outerHTML);
}
const heads = [...document.querySelectorAll("h1, h2, h3, h4")]
  .map(h => Number(h.tagName[1]));
if (heads[0] !== 1 || heads.filter(h => h === 1).length !== 1)
  rough.push("h1: " + heads);
heads.forEach((h, i) => {
  if (i && h > heads[i - 1] + 1) rough.push("a heading is left out: " + heads);
});
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size !== ids.length) rough.push("an id twice: " + ids);
for (const e of document.querySelectorAll("[aria-labelledby]"))
  if (!document.getElementById(e.getAttribute("aria-labelledby")))
    rough.push("labelled by nothing: " + e.outerHTML.slice(0, 80));
if (!document.title || !document.documentElement.lang) rough.push("no title");
return rough;
"""


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        behind_lighttpd()   # behind either: test_portal_walks.py
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])

    def account(self, roles, phone=False):
        login = f"look{time.time_ns()}"
        made = self.house.add_account(login, roles, PHRASE, phone)
        self.addCleanup(self.house.cluster.psql, "delete from "
                        f"wardgate.account where login = '{login}'")
        return login, made.get("totp_key")

    def browser(self, script=True, width=1280):
        """One for all of these stories, in which nobody is signed in."""
        if script not in BROWSERS:
            BROWSERS[script] = unittest.enterModuleContext(
                Browser(script=script))
        b = BROWSERS[script]
        b.show(width, "light")
        self.at(b, "/signin")
        b.do("DELETE", "/cookie")
        return contextlib.nullcontext(b)

    def at(self, b, path):
        b.go(self.env["WG_BASE"] + "/admin" + path)

    def sign_in(self, b, login, key=None):
        self.at(b, "/signin")
        b.type("#login", login)
        b.type("#passphrase", PHRASE)
        b.press("main button")
        if key:
            b.type("#code", code(key))
            b.press("main button")


class Journeys(Story):
    def developer(self, script):
        """From the sign-in to a token, and on to another secret."""
        login, _ = self.account("developer")
        with self.browser(script=script) as b:
            self.sign_in(b, login)
            b.until("main", "There is none yet.")
            b.press("main a.button")
            b.type("#name", "Care Teams")
            b.type("#purpose", "Care coordination")
            b.press("main button")
            client = b.text("#client_id")
            b.press("main a.button")
            b.type("#label", "first")
            b.press("main button")
            text = b.text("#secret")
            self.assertRegex(text, r"^wg1_[a-z2-7]{8}_")
            self.assertIn(text, b.text("pre"))
            b.press("main form button")
            self.assertEqual(b.text("h1"), "Your secret", "the tick is needed")
            b.press("#kept")
            b.press("main form button")
            b.until("h1", "Care Teams")
            self.assertNotIn(text, b.text())
            self.house.operator("client", "grant", client,
                                self.env["WG_TENANT_R4"])
            ask = {"client_id": client, "client_secret": text}
            self.assertEqual(self.env.ask_token("R4", **ask).status, 200)
            b.press("article a[href$='/end']")
            b.until("main", "It is the only one that works")
            b.press("main button.danger")
            b.until("main", "The secret is invalidated.")
            self.house.heard()
            self.assertEqual(self.env.ask_token("R4", **ask).status, 401)
            b.press("header form button")
            b.until("h1", "Sign in")

    def test_a_developer_without_script(self):
        self.developer(script=False)

    def test_a_developer_with_script(self):
        self.developer(script=True)

    def officer(self, script, width):
        """J6: who saw a patient, what was refused, who did what."""
        login, _ = self.account("auditor")
        tenant, token = self.env["WG_TENANT_R4"], self.env.token("R4")
        one = self.env.search("Patient", "R4", token,
                              family="a").json["entry"][0]["resource"]["id"]
        self.env.search("Observation", "R4", token, patient=one)
        with self.browser(script=script, width=width) as b:
            self.sign_in(b, login)
            b.until("h1", "Audit")
            b.press("article a[href$='/patient']")
            b.type("#tenant", tenant)
            b.type("#patient", one)
            b.type("#why", "a complaint")
            b.press("main form button")
            b.until("#found", "Accesses")
            self.assertIn("search-type Observation", b.text("main"))
            if script:
                for what in (WIDE, PALE, ROUGH):
                    self.assertEqual(b.run(what), [])
                b.shot(SCREENS / f"audit_found-{width}.png")
            b.press("main .path a")
            b.until("h1", "Audit")
            b.press("article a[href$='/denied']")
            b.until("#reasons", "Reasons")
            b.press("main .path a")
            b.press("article a[href$='/acts']")
            b.until("#acts", "Acts")
            self.assertIn("search-disclosures", b.text("main"))

    def test_an_auditor_without_script(self):
        self.officer(script=False, width=1280)

    def test_an_auditor_with_script_on_a_phone(self):
        self.officer(script=True, width=320)

    def test_all_of_it_by_keyboard(self):
        """Tab and Enter alone; what has the focus can be seen."""
        login, _ = self.account("developer")
        with self.browser() as b:
            self.at(b, "/signin")
            b.press("#login")
            b.keys(*login, "\ue004", *PHRASE, "\ue007")
            b.until("h1", "Apps")
            seen = []
            for _ in range(12):
                b.keys("\ue004")
                seen.append(b.run(
                    "const e = document.activeElement;"
                    "const s = getComputedStyle(e);"
                    "return [e.textContent.trim(), s.outlineStyle !== 'none'"
                    " || e.tagName === 'BODY'];"))
            self.assertIn("Skip to the content", [t for t, _ in seen])
            self.assertIn("Register an app", [t for t, _ in seen])
            self.assertEqual([t for t, ring in seen if not ring], [])


class SignInEnds(Story):
    """It is said before, and put off (WCAG 2.2, 2.2.1)."""

    def test_a_notice_comes_before_and_a_button_puts_it_off(self):
        login, _ = self.account("developer")
        with self.browser() as b:
            self.sign_in(b, login)
            b.until("h1", "Apps")
            self.at(b, "/clients/new")
            b.type("#name", "Half typed")
            self.assertEqual(b.text("#ending"), "")
            passes = ("const s = document.getElementById('session').dataset;"
                      "s.idle = arguments[0]; s.life = arguments[1];")
            b.run(passes, 110, 20000)
            b.until("#ending", "In two minutes you are signed out")
            b.press("#stay button")
            b.until("#ending", "You stay signed in.")
            self.assertEqual(b.run("return document.activeElement.tagName"),
                             "BUTTON", "the focus stays")
            self.assertEqual(b.run(
                "return document.getElementById('name').value"), "Half typed")
            self.assertGreater(int(b.run(
                "return document.getElementById('session').dataset.idle")),
                800)
            b.run(passes, 250, 250)
            b.until("#ending", "whatever you do")
            b.run(passes, 0, 20000)
            b.until("#ending", "You are signed out now")

    def test_the_button_says_so_when_it_is_too_late(self):
        login, _ = self.account("developer")
        with self.browser() as b:
            self.sign_in(b, login)
            b.until("h1", "Apps")
            self.house.cluster.psql(
                "delete from wardgate.portal_session as s using"
                " wardgate.account as a where a.account_id = s.account_id"
                f" and a.login = '{login}'")
            b.press("#stay button")
            b.until("#ending", "You are signed out now")
            self.assertIn("Apps", b.text("h1"), "what is there stays")

    def test_without_script_the_page_says_when(self):
        """And the button leads back to where somebody was."""
        login, _ = self.account("developer")
        with self.browser(script=False) as b:
            self.sign_in(b, login)
            b.until("h1", "Apps")
            self.at(b, "/help?lang=en")
            self.assertRegex(b.text("#ends"), r"until \d{4}-\d\d-\d\d "
                             r"\d\d:\d\d UTC if .* at most")
            b.press("#stay button")
            b.until_at("/admin/help")

    def test_it_is_later_after_each_page_and_never_later_than_the_life(self):
        login, _ = self.account("developer")
        who = Person(self.env)
        who.sign_in(login)

        def ends(page):
            return [int(n) for n in re.search(
                r'data-idle="(\d+)" data-life="(\d+)"', page.text).groups()]

        def past(seen, made):
            self.house.cluster.psql(
                "update wardgate.portal_session as s set"
                f" seen_at = now() - interval '{seen}',"
                f" made_at = now() - interval '{made}'"
                " from wardgate.account as a where"
                f" a.account_id = s.account_id and a.login = '{login}'")

        past("14 minutes", "1 hour")
        idle, life = ends(who.get("/help"))
        self.assertTrue(840 < idle <= 900 and 24000 < life <= 25200)
        past("14 minutes", "7 hours 50 minutes")
        idle, life = ends(who.get("/help"))
        self.assertEqual(idle, life)
        self.assertLessEqual(life, 600)
        past("14 minutes", "1 hour")
        page = who.post("/stay", to="/account")
        self.assertEqual((page.status, page.path), (200, "/account"))
        page = who.send("/stay", {"to": "/account"})
        self.assertEqual(page.status, 403, "without its proof")
        past("16 minutes", "1 hour")
        self.assertEqual(who.post("/stay").path.split("?")[0], "/signin")

    def test_what_is_shown_once_has_no_end(self):
        login, _ = self.account("developer")
        who = Person(self.env)
        who.sign_in(login)
        who.get("/clients/new")
        page = who.post("/clients/new", name="Once", purpose="", mail="")
        client = re.search(r'id="client_id">([^<]+)<', page.text)[1]
        self.assertIn("data-idle", who.get(f"/clients/{client}").text)
        who.get(f"/clients/{client}/secrets/new")
        page = who.post(f"/clients/{client}/secrets/new", label="", days="30")
        self.assertIn('id="secret"', page.text)
        self.assertNotIn("data-idle", page.text)


class Pages(Story):
    """Every page, as somebody who may see all of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.login = f"look{time.time_ns()}"
        cls.key = cls.house.add_account(
            cls.login, "developer,operator,auditor,admin", PHRASE, True)["totp_key"]
        cls.addClassCleanup(
            cls.house.cluster.psql, "delete from wardgate.account"
            f" where login = '{cls.login}'")
        cls.who = who = Person(cls.env)
        who.sign_in(cls.login, key=cls.key)
        who.get("/clients/new")
        page = who.post("/clients/new", name="Koordinationsanwendung für "
                        "Behandlungsteams im Krankenhausverbund",
                        purpose="Care", mail="team@example.org")
        cls.client = re.search(r'id="client_id">([^<]+)<', page.text)[1]
        for label in ("first", "second, for the night shift"):
            who.get(f"/clients/{cls.client}/secrets/new")
            page = who.post(f"/clients/{cls.client}/secrets/new",
                            label=label, days="30")
        cls.cred = re.search(r"wg1_([a-z2-7]{8})_", page.text)[1]
        cls.house.operator("client", "grant", cls.client,
                           cls.env["WG_TENANT_STU3"])
        cls.traffic()
        one = f"/clients/{cls.client}"
        ward = f"/tenants/{cls.env['WG_TENANT_STU3']}"
        cls.house.operator("probe", "--no-patient",
                           cls.env["WG_TENANT_STU3"])
        for _ in range(2):
            who.get(ward + "/keys")
            who.post(ward + "/keys", alg="ES384")
        cls.addClassCleanup(
            cls.house.cluster.psql, "delete from wardgate.provider_key where"
            f" tenant_id = '{cls.env['WG_TENANT_STU3']}'")
        with tempfile.TemporaryDirectory() as folder:
            ca = Authority(folder, "Zertifizierungsstelle der Universitat")
            who.get(ward + "/certificate")
            who.post(ward + "/certificate/ca",
                     provider_ca=ca.pem() + ca.revocations())
        cls.addClassCleanup(
            cls.house.cluster.psql, "delete from wardgate.provider_tls where"
            f" tenant_id = '{cls.env['WG_TENANT_STU3']}'")
        who.get(one + "/requests/new")
        who.post(one + "/requests/new", tenant=NOBODY, why="night shift")
        page = who.get("/requests").text.split(cls.client)[-1]
        proposal = cls.house.cluster.psql(
            "insert into wardgate.proposal (tenant_id, kind, what, found,"
            " wanted, summary) values ('" + NOBODY + "', 'hospital', '{}',"
            """ '{"base_url": "https://fhir.old-hospital.example/r4"}',"""
            """ '{"base_url": "https://fhir.hospital.example/api/r4",
                  "name": "Universitätsklinikum"}', 'base_url'
            || ' https://fhir.old-hospital.example/r4 ->'
            || ' https://fhir.hospital.example/api/r4')
            returning proposal_id""").split()[0]
        cls.addClassCleanup(
            cls.house.cluster.psql, "delete from wardgate.proposal where"
            f" proposal_id = '{proposal}'")
        cls.pages = {
            "signin": None, "overview": "/", "clients": "/clients", "client": one,
            "client_new": "/clients/new", "client_edit": one + "/edit",
            "client_keys": one + "/keys",
            "secret_new": one + "/secrets/new",
            "secret_end": f"{one}/secrets/{cls.cred}/end",
            "secret_tokens": f"{one}/secrets/{cls.cred}/tokens",
            "keys": "/keys", "health": "/health",
            "account": "/account", "accounts": "/accounts",
            "why": "/why?trace=x", "help": "/help",
            "tenants": "/tenants", "tenant": ward,
            "tenant_new": "/tenants/new", "tenant_probe": ward + "/probe",
            "tenant_credential": ward + "/credential",
            "tenant_keys": ward + "/keys",
            "tenant_certificate": ward + "/certificate",
            "proposals": "/proposals", "proposal": f"/proposals/{proposal}",
            "tenant_state": ward + "/suspend",
            "tenant_maintenance": ward + "/maintenance",
            "tenant_link": ward + "/grants/new",
            "tenant_unlink": f"{ward}/grants/{cls.client}/end",
            "tenant_ask": one + "/requests/new",
            "tenant_requests": "/requests",
            "tenant_request": re.search(r"/requests/[0-9a-f-]{36}", page)[0],
            "wards": "/wards", "ward": "/wards/r4?find=a",
            "ward_new": "/wards/stu3/new",
            "ward_patient": "/wards/dstu2/patients/p-102",
            "ward_record": "/wards/r4/patients/p-101/records/Patient/p-101",
            "ward_record_new": "/wards/r4/patients/p-101/add/pressure",
            "ward_remove": "/wards/r4/patients/p-101/records/Patient/p-101"
                           "/remove",
            "audit": "/audit", "audit_patient": "/audit/patient",
            "audit_denied": "/audit/denied?since=2020-01-01",
            "audit_acts": "/audit/acts",
            "phone": "/phone", "again": "/again", "nowhere": "/nowhere",
        }

    @classmethod
    def traffic(cls):
        """A day of calls, some failed; a secret that ends soon."""
        cls.addClassCleanup(
            cls.house.cluster.psql, "delete from wardgate.traffic where"
            f" client_id = '{cls.client}'")
        cls.house.cluster.psql(f"""
            insert into wardgate.traffic
            select date_trunc('hour', now(), 'UTC') - make_interval(hours => h),
                   '{cls.client}', '{cls.env['WG_TENANT_STU3']}', 'facade',
                   null, o.outcome, o.reason, n, now(), array[12, 140, 2300],
                   array[n - n / 5 - n / 20, n / 5, n / 20]
              from generate_series(0, 40) as h
             cross join (values ('answered', 'ok', 900),
                   ('refused', 'provider_refused_request', 30),
                   ('failed', 'provider_timeout', 45)) as o (outcome, reason, many)
             cross join lateral (select (o.many * (1.1 + sin(h / 3.8)))::bigint
               as n) as x
             where n > 0 on conflict do nothing;
            update wardgate.client_secret set created_at = now() - interval
              '200 days', not_before = now() - interval '200 days', not_after =
              now() + interval '5 days 2 hours' where key_id = '{cls.cred}'""")

    def open(self, b, path, lang="en"):
        """Signed in by the cookie of who has signed in before. A link with
        ?lang= would set a cookie, which would take the place of both."""
        if path:
            b.devtools("Network.setExtraHTTPHeaders", headers={
                "Cookie": f"__Host-wardgate={self.who.cookie};"
                f" wardgate-lang={lang}"})
        else:
            b.devtools("Network.setExtraHTTPHeaders", headers={})
        self.at(b, path or "/signin")


class Look(Pages):
    """Every page, narrow and wide, light and dark, in all languages."""

    def look_at(self, b, name, view, lang="en"):
        """The page that is open."""
        with self.subTest(f"{name} {view}"):
            self.assertEqual(b.run("return document.documentElement.lang"),
                             lang)
            self.assertEqual(b.run(WIDE), [], "wider than the page")
            self.assertEqual(b.run(PALE), [], "too little contrast")
            self.assertEqual(b.run(ROUGH), [])
            b.shot(SCREENS / f"{name}-{view}.png")

    def test_all_pages_narrow_and_wide_light_and_dark(self):
        """Each is opened once, and turned about."""
        with Browser(width=1280) as b:
            b.devtools("Network.enable")
            for name, path in self.pages.items():
                self.open(b, path)
                for width in (1280, 320):
                    for theme in ("light", "dark"):
                        b.show(width, theme)
                        self.look_at(b, name, f"{width}-{theme}")

    def test_all_languages_fit_on_a_narrow_page(self):
        with Browser(width=320) as b:
            b.devtools("Network.enable")
            for lang in LANGUAGES:
                for name in ("clients", "client", "account", "secret_new",
                             "tenant", "overview"):
                    self.open(b, self.pages[name], lang)
                    self.look_at(b, name, f"320-{lang}", lang)
                    self.assertNotEqual(b.text("h1"), "Sign in")


if __name__ == "__main__":
    unittest.main()
