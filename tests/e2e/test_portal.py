# test_portal.py - people sign in, register apps and keep their secrets
# SPDX-License-Identifier: Apache-2.0

import base64
import functools
import hashlib
import os
import re
import time
import unittest

from tests.e2e import behind_lighttpd
from tests.e2e.portal import COOKIE, PHRASE, Person, code
from tests.rig.client import Env, request
from tests.rig.house import House

setUpModule = behind_lighttpd

TRACE = re.compile("[0-9a-f]{32}")
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def cookie():
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def hashed(cookie):
    """What is kept of it."""
    return hashlib.sha256(base64.urlsafe_b64decode(cookie + "=")).hexdigest()


@functools.cache
def stored(house):
    """What is kept of PHRASE."""
    login = f"phrase{time.time_ns()}"
    house.add_account(login, "developer", PHRASE)
    return house.cluster.psql("delete from wardgate.account where login ="
                              f" '{login}' returning passphrase")


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])

    def login(self):
        """Of nobody yet; whoever has it goes with the story."""
        login = re.sub(r"[^a-z]+", ".", self.id().rpartition(".")[2])
        login = f"{login[-60:].strip('.')}.{time.time_ns() % 10**9}@x.example"
        self.addCleanup(self.house.cluster.psql, "delete from "
                        f"wardgate.account where login = '{login}'")
        return login

    def account(self, roles, phone=False):
        """(login, key): a new one for each story."""
        login = self.login()
        made = self.house.add_account(login, roles, PHRASE, phone)
        return login, made.get("totp_key")

    def person(self, roles="developer", phone=False):
        """A new one who has signed in: a row and a session, as a passphrase
        takes its time, and a phone has none to show."""
        who = Person(self.env)
        who.login, who.cookie = self.login(), cookie()
        totp = "'x'" if phone else "null"
        self.house.cluster.psql(f"""
            with made as (
              insert into wardgate.account (login, roles, passphrase, totp)
              values ('{who.login}', '{{{roles}}}', '{stored(self.house)}',
                {totp}) returning account_id)
            insert into wardgate.portal_session (hash, account_id, stage)
            select '\\x{hashed(who.cookie)}', account_id, 'full' from made""")
        self.assertEqual(who.get("/account").path, "/account", who.page)
        return who

    def app(self, who, name="Care Teams"):
        who.get("/clients/new")
        page = who.post("/clients/new", name=name, purpose="care", mail="")
        self.assertEqual(page.status, 200, page)
        return re.search(r'id="client_id">([^<]+)<', page.text)[1]

    def secret(self, who, client, **form):
        who.get(f"/clients/{client}/secrets/new")
        page = who.post(f"/clients/{client}/secrets/new",
                        **{"label": "first", "days": "30", **form})
        self.assertEqual(page.status, 200, page)
        return re.search(r'id="secret">([^<]+)<', page.text)[1]


class SigningIn(Story):
    def test_a_page_that_needs_somebody_leads_to_the_sign_in_and_back(self):
        login, _ = self.account("developer")
        who = Person(self.env)
        page = who.get("/clients")
        self.assertEqual((page.status, "Sign in" in page.words), (200, True))
        self.assertIn('name="to" value="/clients"', page.text)
        page = who.post("/signin", login=login.upper(), passphrase=PHRASE,
                        to="/clients")
        self.assertEqual(page.path, "/clients")
        self.assertIn("Register an app", page.words)

    def test_every_failure_looks_alike_and_then_takes_longer(self):
        login, _ = self.account("developer")
        who, said = Person(self.env), set()
        for name, phrase in ((login, "not the passphrase"),
                             (f"no.{login}", PHRASE), ("", ""),
                             (login, "x" * 5000), (login, "")):
            page = who.send("/signin", {"login": name, "passphrase": phrase})
            said.add((page.status, re.sub(
                r'name="login" value="[^"]*"', "", page.text)))
        self.assertEqual({s for s, _ in said}, {401})
        self.assertEqual(len(said), 1)
        # the last one was just now, however long ago that is by now
        self.house.cluster.psql("update wardgate.signin_failure"
                                " set last_at = now() + interval '1 min'")
        page = who.send("/signin", {"login": login, "passphrase": PHRASE})
        self.assertEqual(page.status, 429)
        self.assertGreaterEqual(int(page.header["retry-after"]), 1)
        self.house.cluster.psql("update wardgate.signin_failure"
                                " set last_at = now() - interval '1 hour'")
        self.assertEqual(who.sign_in(login).path, "/account")

    def test_operators_set_up_a_phone_before_anything_else(self):
        login, _ = self.account("operator")
        who = Person(self.env)
        page = who.sign_in(login, to="/clients")
        self.assertIn("Set up your phone", page.words)
        self.assertEqual(who.get("/clients").path.split("?")[0], "/phone")
        key = re.search(r'<code class="long">([A-Z2-7]+)<', who.page.text)[1]
        sealed = re.search(r'name="sealed" value="([^"]+)"', who.page.text)[1]
        page = who.post("/phone", sealed=sealed, code="000000")
        self.assertEqual(page.status, 401)
        before = who.cookie
        page = who.post("/phone", sealed=sealed, code=code(key))
        self.assertIn("Recovery codes", page.words)
        self.assertNotEqual(who.cookie, before)
        spare = re.findall(r"<li><code>([a-z2-7-]+)<", page.text)
        self.assertEqual(len(set(spare)), 10)
        self.assertEqual(who.get("/clients").path, "/clients")
        for times in (200, 401):    # each recovery code works once
            other = Person(self.env)
            other.sign_in(login)
            page = other.post("/code", code=spare[0].upper())
            self.assertEqual(page.status, times)

    def test_a_code_is_taken_once(self):
        login, key = self.account("admin", phone=True)
        now = time.time()
        shown = code(key, now)
        for wanted in (200, 401):
            who = Person(self.env)
            who.sign_in(login)
            page = who.post("/code", code=shown)
            self.assertEqual(page.status, wanted, page)
        page = who.post("/code", code=code(key, now - 120))
        self.assertEqual(page.status, 401, "a code of long ago")

    def test_signing_out_ends_the_session_itself(self):
        who = self.person()
        kept = who.cookie
        self.assertEqual(who.post("/signout").path, "/signin")
        self.assertIsNone(who.cookie)
        who.cookie = kept
        self.assertEqual(who.get("/account").path.split("?")[0], "/signin")

    def test_what_is_sensitive_asks_again_and_leads_back(self):
        who = self.person()
        client = self.app(who)
        self.house.cluster.psql(
            "update wardgate.portal_session set proved_at = now()"
            " - interval '1 hour'")
        page = who.post(f"/clients/{client}/disable")
        self.assertIn("Your passphrase again", page.words)
        before = who.cookie
        page = who.post("/again", passphrase=PHRASE,
                        to=f"/clients/{client}/disable")
        self.assertEqual(page.path, f"/clients/{client}")
        self.assertNotIn("disabled", page.words.split("Stop")[0])
        self.assertNotEqual(who.cookie, before)
        page = who.post(f"/clients/{client}/disable")
        self.assertEqual(page.path, f"/clients/{client}?done=disabled")

    def test_an_invitation_makes_an_account_once(self):
        admin = self.person("admin", phone=True)
        admin.get("/accounts")
        page = admin.post("/accounts/invite", name="Ben", role_developer="y")
        link = re.search(r'id="link">[^<]*(/invitation/[^<]+)<', page.text)[1]
        login = f"ben{time.time_ns()}"
        self.addCleanup(self.house.cluster.psql, "delete from "
                        f"wardgate.account where login = '{login}'")
        guest = Person(self.env)
        self.assertIn("Choose a passphrase", guest.get(link).words)
        for phrase, again, wanted in (
                ("short", "short", 400), (PHRASE, PHRASE + "x", 400),
                ("passwordpassword", "passwordpassword", 400),
                (PHRASE, PHRASE, 200)):
            page = guest.post(link, login=login, passphrase=phrase,
                              passphrase2=again)
            self.assertEqual(page.status, wanted, page)
        self.assertEqual(page.path, "/signin")
        self.assertEqual(guest.get(link).status, 404)
        self.assertEqual(guest.sign_in(login).path, "/account")
        self.assertEqual(guest.get("/accounts").status, 404)


class HalfWay(Story):
    """The passphrase was right, and nothing else was given yet."""

    def test_who_goes_back_signs_in_from_there(self):
        login, key = self.account("admin", phone=True)
        who = Person(self.env)
        self.assertIn("code", who.sign_in(login).path)
        who.get("/signin")
        self.assertEqual(who.post("/signin", login=login, passphrase=PHRASE,
                                  to="/account").path, "/code?to=%2Faccount")
        self.assertEqual(who.post("/code", code=code(key)).status, 200)

    def test_a_phone_that_was_set_up_beside_is_not_replaced(self):
        login, _ = self.account("operator")
        two = Person(self.env), Person(self.env)
        for who in two:
            who.sign_in(login)
            who.key = re.search(r'<code class="long">([A-Z2-7]+)<',
                                who.page.text)[1]
            who.sealed = re.search(r'name="sealed" value="([^"]+)"',
                                   who.page.text)[1]
        first, late = two
        page = first.post("/phone", sealed=first.sealed, code=code(first.key))
        self.assertIn("Recovery codes", page.words)
        page = late.post("/phone", sealed=late.sealed, code=code(late.key))
        self.assertEqual(page.path.split("?")[0], "/signin")
        self.assertEqual(late.get("/phone").path.split("?")[0], "/signin")

    def test_signing_in_anew_ends_who_was_signed_in(self):
        who, (login, _) = self.person(), self.account("developer,auditor")
        kept = who.cookie
        who.get("/signin")
        self.assertEqual(who.post("/signin", login=login, passphrase=PHRASE,
                                  to="/account").status, 200)
        self.assertIn(login, who.page.text)
        who.cookie = kept
        self.assertEqual(who.get("/account").path.split("?")[0], "/signin")

    def test_one_name_waits_in_all_its_spellings(self):
        login, _ = self.account("developer")
        name, who = "k" + login, Person(self.env)
        self.house.cluster.psql("update wardgate.account set login ="
                                f" '{name}' where login = '{login}'")
        self.addCleanup(self.house.cluster.psql, "delete from "
                        f"wardgate.account where login = '{name}'")
        for spelt in (name, " " + name.upper(), name.title() + "\t"):
            page = who.send("/signin", {"login": spelt, "passphrase": "x"})
            self.assertEqual(page.status, 401, spelt)
        self.assertEqual(self.house.cluster.psql(
            "select failures from wardgate.signin_failure"
            f" where who = sha256('{name}')"), "3")
        page = who.send("/signin", {"login": "\u212a" + name[1:],
                                    "passphrase": PHRASE})
        self.assertEqual(page.status, 401)


class Sentences(Story):
    """What is told with values in it is in the reader's language, too."""

    LONG = {"en": 'The name is 201 characters long; the longest is 200.',
            "it": "Il campo «nome» ha 201 caratteri; il massimo è 200.",
            "ru": "В поле «имя» символов: 201; наибольшее число — 200.",
            "pt-BR": "O campo “nome” tem 201 caracteres; o máximo é 200.",
            "zh-Hans": "字段“名称”有 201 个字符；最多 200 个。"}
    WHY = {"en": ("Copy the tenant ID again", "the app's developer"),
           "it": ("Copia di nuovo l’ID tenant", "chi sviluppa l’app"),
           "ru": ("Скопируйте ID арендатора", "разработчик приложения"),
           "pt-BR": ("Copie o ID do tenant", "quem desenvolve o aplicativo"),
           "zh-Hans": ("请重新复制租户 ID", "应用的开发者")}

    def test_refusals_with_values_and_what_reason_codes_mean(self):
        who = self.person()
        client = self.app(who)
        text = self.secret(who, client)
        refused = self.env.ask_token(NOBODY, client_id=client,
                                     client_secret=text)
        trace = refused.header["x-trace-id"]
        for lang in self.LONG:
            who.get("/account")
            who.post("/account/language", lang=lang)
            who.get("/clients/new")
            page = who.post("/clients/new", name="x" * 201, purpose="",
                            mail="")
            self.assertEqual(page.status, 400, page)
            self.assertIn(self.LONG[lang], page.words)
            page = who.get(f"/why?trace={trace}&lang={lang}")
            for words in self.WHY[lang]:
                self.assertIn(words, page.words)
            self.assertNotIn('lang="en"><', page.text.split("<footer")[0])

    def test_a_sentence_within_a_sentence(self):
        who = self.person()
        client = self.app(who)
        who.get("/account")
        who.post("/account/language", lang="it")
        who.get(f"/clients/{client}/keys")
        page = who.post(f"/clients/{client}/keys",
                        jwks='{"keys":[{"kid":"a","kty":"oct","k":"x"}]}')
        self.assertEqual(page.status, 400, page)
        self.assertIn("La chiave 1 dell’insieme contiene una parte privata o"
                      " simmetrica (k)", page.words)


class Forms(Story):
    def test_P2_what_was_not_sent_from_our_pages_changes_nothing(self):
        who = self.person()
        other = self.person()
        page = who.get("/clients/new")
        good = {"proof": page.proof, "name": "Crossed", "purpose": ""}
        for why, form, fields in (
                ("no proof", {"name": "Crossed"}, {}),
                ("proof of another", {**good, "proof": other.page.proof}, {}),
                ("another site", good, {"Origin": "https://evil.example"}),
                ("no site", good, {"Origin": "null"}),
                ("cross-site", good, {"Origin": None,
                                      "Sec-Fetch-Site": "cross-site"}),
                ("no site of a cross-site page", good, {
                    "Origin": "null", "Sec-Fetch-Site": "same-site"}),
                ("plain text", good, {"Content-Type": "text/plain"}),
                ("JSON", good, {"Content-Type": "application/json"})):
            with self.subTest(why):
                sent = {k: v for k, v in {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": who.base, **fields}.items() if v}
                got = who.ask("POST", "/clients/new", "&".join(
                    f"{k}={v}" for k, v in form.items()), **sent)
                self.assertEqual(got.status, 403, got)
        self.assertEqual(who.get("/clients/new?name=x&proof="
                                 + page.proof).status, 200)
        self.assertNotIn("Crossed", who.get("/clients").words)

    def test_P1_cookies_that_are_none(self):
        who = self.person()
        good = who.cookie
        for why, cookie in (
                ("two", f"{COOKIE}={good}; {COOKIE}={good}"),
                ("long", f"{COOKIE}={'x' * 10000}"),
                ("cut", f"{COOKIE}={good[:-1]}"),
                ("made up", f"{COOKIE}={'A' * 43}")):
            with self.subTest(why):
                got = who.ask("GET", "/account", Cookie=cookie)
                self.assertIn(got.status, (303, 400, 431), got)
        fixed = Person(self.env)
        fixed.cookie = "A" * 43
        login, _ = self.account("developer")
        fixed.page = None
        got = fixed.send("/signin", {"login": login, "passphrase": PHRASE})
        self.assertEqual(got.status, 303)
        self.assertNotEqual(fixed.cookie, "A" * 43)
        said = got.header["set-cookie"]
        for rule in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(rule, said)

    def test_P3_pages_say_what_may_be_done_with_them(self):
        got = Person(self.env).ask("GET", "/signin")
        policy = got.header["content-security-policy"]
        self.assertIn("frame-ancestors 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(got.header["cross-origin-opener-policy"],
                         "same-origin")
        self.assertEqual(got.header["referrer-policy"], "no-referrer")
        self.assertEqual(got.header["cache-control"], "no-store")
        self.assertEqual(got.header["x-content-type-options"], "nosniff")

    def test_static_files_have_their_type_and_are_kept(self):
        who = Person(self.env)
        page = who.get("/signin")
        found = re.findall(r'(?:href|src)="/admin(/static/[^"]+)"', page.text)
        self.assertEqual(len(found), 2)
        for path in found:
            got = who.ask("GET", path)
            self.assertEqual(got.status, 200, path)
            self.assertIn(got.header["content-type"].split(";")[0],
                          ("text/css", "text/javascript"))
            self.assertIn("immutable", got.header["cache-control"])
            self.assertEqual(got.header["x-content-type-options"], "nosniff")
        for path in ("/static/", "/static/portal.css",
                     "/static/../templates/top.html"):
            self.assertIn(who.ask("GET", path).status, (400, 404), path)

    def test_P5_nobody_is_sent_elsewhere(self):
        login, _ = self.account("developer")
        for to in ("//evil.example", "/\\evil.example", "https:evil.example",
                   "%2f%2fevil.example", "/nowhere", "/clients/../x",
                   "/clients\r\nX: y", "@evil.example"):
            with self.subTest(to):
                who = Person(self.env)
                got = who.send("/signin", {"login": login,
                                           "passphrase": PHRASE, "to": to})
                self.assertEqual(got.status, 303)
                self.assertIn(got.header["location"], (
                    who.base + "/admin/", who.base + "/admin/clients"))


class Apps(Story):
    def test_a_secret_made_on_the_page_gets_a_token(self):
        who = self.person()
        client = self.app(who)
        text = self.secret(who, client)
        self.house.operator("client", "grant", client,
                            self.env["WG_TENANT_STU3"])
        got = self.env.ask_token("STU3", client_id=client, client_secret=text)
        self.assertEqual(got.status, 200, got)
        page = who.get(f"/clients/{client}")
        self.assertNotIn(text, page.text)
        self.assertIn(text[:12], page.text)
        self.assertIn("North General", page.words)

    def test_P10_a_sixth_is_refused_and_one_that_ends_bites(self):
        who = self.person()
        client = self.app(who)
        texts = [self.secret(who, client) for _ in range(5)]
        self.house.operator("client", "grant", client,
                            self.env["WG_TENANT_STU3"])
        who.get(f"/clients/{client}/secrets/new")
        page = who.post(f"/clients/{client}/secrets/new", days="30")
        self.assertEqual(page.status, 409, page)
        key = texts[0][4:12]
        ask = {"client_id": client, "client_secret": texts[0]}
        token = self.env.ask_token("STU3", **ask).json["access_token"]
        who.get(f"/clients/{client}/secrets/{key}/end")
        page = who.post(f"/clients/{client}/secrets/{key}/end")
        self.assertIn("invalidated", page.words)
        self.house.heard()
        self.assertEqual(self.env.ask_token("STU3", **ask).status, 401)
        self.assertEqual(
            self.env.fhir("GET", "Patient/1", token, "STU3").status, 401)

    def test_P9_apps_of_others_are_like_none(self):
        who, other = self.person(), self.person()
        client = self.app(other)
        text = self.secret(other, client)
        for path in ("", "/edit", "/keys", "/secrets/new",
                     f"/secrets/{text[4:12]}/end"):
            theirs = who.get(f"/clients/{client}{path}")
            nobodys = who.get(f"/clients/{NOBODY}{path}")
            self.assertEqual(TRACE.sub("", theirs.words),
                             TRACE.sub("", nobodys.words), path)
            self.assertEqual((theirs.status, nobodys.status), (404, 404))
        who.get("/account")
        for path in ("/edit", "/disable", "/enable", "/keys", "/keys/none",
                     "/secrets/new", f"/secrets/{text[4:12]}/end"):
            got = who.post(f"/clients/{client}{path}", name="Taken",
                           days="30", jwks="{}")
            self.assertEqual(got.status, 404, path)
            who.get("/account")
        self.assertIn("Care Teams", other.get(f"/clients/{client}").words)

    def test_many_are_on_several_pages(self):
        who = self.person()
        self.house.cluster.psql(
            "with made as (insert into wardgate.client (client_id, name)"
            " select gen_random_uuid(), format('Many %s', lpad(n::text, 3,"
            " '0')) from generate_series(1, 101) as n returning client_id)"
            " insert into wardgate.client_owner (client_id, account_id)"
            " select m.client_id, a.account_id from made as m, wardgate.account"
            f" as a where a.login = '{who.login}'")
        seen = []
        for path, pages in (("/clients", "Page 1 of 3"),
                            ("/clients?page=2", "Page 2 of 3"),
                            ("/clients?page=3", "Page 3 of 3")):
            page = who.get(path)
            self.assertIn(pages, page.words)
            seen.append(re.findall(r">(Many \d+)</a>", page.text))
        self.assertEqual([len(names) for names in seen], [50, 50, 1])
        self.assertEqual(sum(seen, []),
                         [f"Many {n:03}" for n in range(1, 102)])
        page = who.get("/clients?find=y+02")
        self.assertEqual(len(re.findall(r">Many 02\d</a>", page.text)), 10)
        self.assertNotIn("Page ", page.words)
        self.assertIn("No app is called that.",
                      who.get("/clients?find=%25").words)
        for odd in ("page=0", "page=x", "page=1000000"):
            self.assertIn("Page 1 of 3", who.get("/clients?" + odd).words)
        self.assertEqual(who.get("/clients?find=" + "x" * 101).status, 400)

    def test_names_are_escaped_and_odd_ones_refused(self):
        who = self.person()
        client = self.app(who, '<script>alert(1)</script>" onx=\'')
        for path in ("/clients", f"/clients/{client}",
                     f"/clients/{client}/edit"):
            page = who.get(path)
            self.assertNotIn("<script>alert", page.text)
            self.assertNotIn('" onx=', page.text)
        for name in ("a\u202eb", "a\u2028b", "a\nb", "x" * 4096, ""):
            who.get("/clients/new")
            page = who.post("/clients/new", name=name, purpose="", mail="")
            self.assertEqual(page.status, 400, repr(name[:9]))

    def test_P15_only_a_set_of_public_keys_is_taken(self):
        who = self.person()
        client = self.app(who)
        who.get(f"/clients/{client}/keys")
        for why, text in (("HTML", "<html>"), ("empty", "{}"),
                          ("a private key", '{"keys":[{"kty":"EC","crv":'
                           '"P-384","x":"AA","y":"AA","d":"SECRETPART"}]}'),
                          ("large", "x" * 100_000)):
            with self.subTest(why):
                page = who.post(f"/clients/{client}/keys", jwks=text)
                self.assertIn(page.status, (400, 413), page)
                self.assertNotIn("SECRETPART", page.text)
        self.assertIn("Public keys", who.get(f"/clients/{client}/keys").words)


class AskWhy(Story):
    def test_the_owner_learns_why_and_nobody_else(self):
        who, other = self.person(), self.person()
        auditor = self.person("auditor")
        client = self.app(who)
        text = self.secret(who, client)
        got = self.env.ask_token("STU3", client_id=client, client_secret=text)
        self.assertEqual(got.status, 400)
        trace = got.header["x-trace-id"]
        for reader in (who, auditor):
            page = reader.get(f"/why?trace={trace}")
            self.assertEqual(page.status, 200, page)
            self.assertIn("tenant_not_granted", page.words)
            self.assertEqual("North General" in page.words, reader is auditor)
        self.assertEqual(other.get(f"/why?trace={trace}").status, 404)
        self.assertEqual(who.get("/why?trace=" + "0" * 32).status, 404)
        self.assertEqual(who.get("/why?trace=xyz").status, 400)

    def test_no_patient_is_told(self):
        """The record that was read has an id; the page does not."""
        auditor = self.person("auditor")
        one = request("GET", self.env["WG_BASE"] + "/rehearsal/r4/Patient"
                      "?_count=1").json["entry"][0]["resource"]["id"]
        got = self.env.fhir("GET", f"Patient/{one}", self.env.token("R4"),
                            "R4")
        page = auditor.get(f"/why?trace={got.header['x-trace-id']}")
        self.assertIn("Served", page.words)
        self.assertIn("read Patient", page.words)
        self.assertNotIn(f">{one}<", page.text)
        self.assertNotIn(f"/{one}", page.text)

    def test_the_help_names_this_gateway(self):
        page = self.person("auditor").get("/help")
        for face in ("DSTU2", "STU3", "R4"):
            self.assertIn(self.env[f"WG_FHIR_{face}"] + "/metadata",
                          page.words)
        self.assertIn(self.env["WG_TOKEN_URL"], page.words)


class Languages(Story):
    def test_a_page_counts_as_its_language_does(self):
        who = self.person()
        client = self.app(who)
        for days in (1, 2, 5, 21):
            self.secret(who, client, days=str(days))
        for lang, forms in (
                ("en", ("1 day left", "2 days left", "21 days left")),
                ("it", ("1 giorno rimasto", "2 giorni rimasti")),
                ("ru", ("остался 1 день", "осталось 2 дня",
                        "осталось 5 дней", "остался 21 день")),
                ("pt-BR", ("falta 1 dia", "faltam 5 dias")),
                ("zh-Hans", ("剩余 1 天", "剩余 21 天"))):
            page = who.get(f"/clients/{client}?lang={lang}")
            self.assertEqual(page.header["content-language"], lang)
            self.assertIn(f'<html lang="{lang}">', page.text)
            for form in forms:
                self.assertIn(form, page.words)

    def test_the_link_wins_then_the_account_then_the_browser(self):
        who = self.person()
        said = []
        for path, fields in (("/account", {"Accept-Language": "ru"}),
                             ("/account?lang=it", {"Accept-Language": "ru"})):
            said.append(who.get(path, **fields).header["content-language"])
        who.get("/account")
        who.post("/account/language", lang="pt-BR")
        said.append(who.get("/account", **{"Accept-Language": "ru"})
                    .header["content-language"])
        self.assertEqual(said, ["ru", "it", "pt-BR"])
        got = who.ask("GET", "/signin?lang=it")
        kept = got.header["set-cookie"].split(";")[0]
        self.assertEqual(kept, "wardgate-lang=it")
        self.assertEqual(who.ask("GET", "/signin", Cookie=kept)
                         .header["content-language"], "it")
        for odd in ("wardgate-lang=xx", f"{kept}; {kept}"):
            self.assertEqual(who.ask("GET", "/signin", Cookie=odd)
                             .header["content-language"], "en")


class People(Story):
    def test_P13_a_role_that_is_taken_away_is_gone_at_once(self):
        admin = self.person("admin", phone=True)
        who = self.person("developer,admin", phone=True)
        self.assertEqual(who.get("/accounts").status, 200)
        page = admin.get("/accounts")
        path = re.search(rf'<h2>{re.escape(who.login)}</h2>.*?'
                         r'action="/admin(/accounts/[^/]+)/link"', page.text,
                         re.S)[1]
        admin.post(f"{path}/roles", role_developer="yes")
        self.assertEqual(who.get("/accounts").path.split("?")[0], "/signin")
        who.cookie = None
        admin.get("/accounts")
        admin.post(f"{path}/disable")
        self.assertEqual(Person(self.env).sign_in(who.login).status, 401)

    def test_nobody_takes_their_own_rights_away(self):
        admin = self.person("admin", phone=True)
        found = self.house.cluster.psql(
            "select account_id from wardgate.account"
            f" where login = '{admin.login}'").strip()
        admin.get("/accounts")
        for act in ("disable", "roles", "no-phone"):
            self.assertEqual(admin.post(f"/accounts/{found}/{act}").status,
                             409)
            admin.get("/accounts")

    def test_another_passphrase_ends_the_other_sessions(self):
        who = self.person()
        other = Person(self.env)
        other.sign_in(who.login)
        page = who.get("/account")
        self.assertIn("Elsewhere", page.words)
        fresh = "rain on the harbour wall"
        self.assertEqual(who.post(
            "/account/passphrase", passphrase="wrong wrong wrong",
            passphrase_new=fresh, passphrase_new2=fresh).status, 401)
        page = who.post("/account/passphrase", passphrase=PHRASE,
                        passphrase_new=fresh, passphrase_new2=fresh)
        self.assertEqual((page.status, page.path),
                         (200, "/account?done=passphrase"))
        self.assertEqual(other.get("/account").path.split("?")[0], "/signin")

    def test_the_trail_names_who_did_it(self):
        who = self.person()
        client = self.app(who)
        said = self.house.cluster.psql(
            "select interaction || ' ' || made_by from wardgate.audit"
            f" where client_id = '{client}' and made_by is not null")
        self.assertIn(f"add-client wg_admin ({who.login})", said)


if __name__ == "__main__":
    unittest.main()
