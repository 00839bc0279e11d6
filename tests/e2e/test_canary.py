# test_canary.py - names, secrets and tokens are kept nowhere
# SPDX-License-Identifier: Apache-2.0
#
# Marked names, birth dates, secrets, tokens and query strings are sent in every
# place where a client can put them, hospitals fail in between, and then every
# place where they could have stuck is looked through: logs of the web server
# and of all programs, PostgreSQL's log with every statement and every value,
# the dump of the database and all of its files, what the command answers and
# the operator's hook is told, command lines and environments.

import base64
import contextlib
import json
import os
import re
import resource
import secrets
import signal
import socket
import subprocess
import time
import unittest
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e.portal import Person, code
from tests.e2e.test_limits import set_lines
from tests.rig import place, services
from tests.rig.client import FORM, Env, basic, raw, request
from tests.rig.crowd import put_tenant, remove_tenant
from tests.rig.house import House
from tests.rig.provider import Provider

TENANT = "0000ca1a-c1a1-4000-8000-00000000000a"
GET_ONLY = "0000ca1a-c1a1-4000-8000-00000000000b"
FOUND_OUT = "0000ca1a-c1a1-4000-8000-00000000000c"
BORN = "1913-02-17"
FAULTS = ("status-500", "status-404", "html", "junk", "cut", "close",
          "redirect-302", "other", "chunkjunk", "bighead", "reset")
SAY_ALL = {"log_statement": "all", "log_parameter_max_length": "-1",
           "log_parameter_max_length_on_error": "-1",
           "log_min_messages": "info", "log_error_verbosity": "verbose"}
PROGRAMS = ("token", "facade", "metadata", "admin")
VERBS = ("client list", "client secret list {client}", "client jwks {client}",
         "client grants {client}", "tenant list", "revoke list", "key list",
         "key status", "loss {tenant}", "audit tail -n 500", "keep --once")
HOOK = """#!/bin/sh
echo told: "$@"; env
echo told: "$@" >&2; (echo "$@"; env; cat /proc/$PPID/cmdline) >>{said} 2>&1
"""


class Story(unittest.TestCase):
    verbs = ()      # of the command, whose answers are looked through too

    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = House(cls.env["WG_HOME"])
        cls.provider = cls.enterClassContext(Provider("R4"))
        cls.marks, cls.fields = {}, {}
        cls.say_all()
        cls.client, cls.secret = cls.house.add_client("Canary")
        for tenant, where, post in ((TENANT, "on", "on"),
                                    (GET_ONLY, "off", "off"),
                                    (FOUND_OUT, "late", "on")):
            cls.addClassCleanup(remove_tenant, cls.house, tenant)
            put_tenant(cls.house, tenant, name=f"Canary {where}",
                       fhir_version="R4", client=cls.client,
                       provider_url=cls.provider.base + f"/{where}",
                       search_post=post)
        cls.name = cls.mark("recorded name")
        cls.provider.put(*({
            "resourceType": "Patient", "id": str(n), "birthDate": BORN,
            "name": [{"family": cls.name, "given": ["Ada"]}]}
            for n in range(1, 8)))
        cls.fields = {what: cls.mark(what) for what in
                      ("User-Agent", "Referer", "Cookie", "X-Forwarded-For")}
        cls.fields["X-Request-Id"] = "not an id " + cls.mark("X-Request-Id")

    @classmethod
    def say_all(cls):
        """PostgreSQL writes down whatever reaches it."""
        cls.addClassCleanup(cls.house.cluster.configure,
                            **dict.fromkeys(SAY_ALL))
        cls.house.cluster.configure(**SAY_ALL)

    @classmethod
    def mark(cls, what):
        """A word that stands nowhere else, to be found nowhere else."""
        word = "Cnry" + secrets.token_hex(8)
        cls.marks[word] = what
        return word

    # ---- asking, with marks in every header ----

    def send(self, method, path, headers=(), body=None):
        return request(method, self.env["WG_BASE"] + path,
                       {**self.fields, **dict(headers)}, body)

    def ask_token(self, body, kind=FORM, query="", **headers):
        if isinstance(body, dict):
            body = urlencode(body)
        return self.send("POST", "/oauth2/token" + query,
                         {"Content-Type": kind, **headers}, body)

    def form(self, **more):
        return {"grant_type": "client_credentials", "client_id": self.client,
                "client_secret": self.secret, "scope": TENANT, **more}

    def token(self, tenant=TENANT):
        answer = self.ask_token(self.form(scope=tenant))
        self.assertEqual(answer.status, 200, answer)
        return self.note_token(answer.json["access_token"])

    def note_token(self, token):
        """Neither what it says nor its signature is found anywhere."""
        for part in token.split(".")[1:]:
            self.marks[part] = "an access token"
        return token

    def fhir(self, method, path, token, body=None, **headers):
        if body is not None:
            headers["Content-Type"] = FORM
        return self.send(method, "/fhir/r4/" + path,
                         {"Authorization": f"Bearer {token}", **headers}, body)

    # ---- looking ----

    def kept(self):
        """Everything that was written down: {where: text}."""
        self.house.rig("stop", name="web")      # writes what it holds back
        self.house.rig("start", name="web")
        places = {str(path): path.read_bytes().decode("utf-8", "replace")
                  for path in [*(self.house.home / "log").iterdir(),
                               self.house.home / "supervisor.log"]}
        for pid in services.leftovers(self.house.home):
            for name in ("environ", "cmdline"):
                with contextlib.suppress(OSError):
                    file = Path(f"/proc/{pid}/{name}")
                    places[str(file)] = file.read_bytes().decode()
        for file in (self.house.home / "shared").iterdir():
            places[str(file)] = file.read_bytes().decode("latin-1")
        places["dump"] = subprocess.run(
            [place.tool("pg_dump", "postgresql-client-15"), "-N", "rehearsal",
             self.house.cluster.dsn("postgres")], check=True, text=True,
            stdout=subprocess.PIPE, env=self.house.cluster.environment()).stdout
        self.await_web()
        places["metrics"] = request(
            "GET", self.env["WG_BASE"] + "/metrics").text
        for words in self.verbs:
            words = words.format(client=self.client, tenant=TENANT).split()
            places[" ".join(words)] = self.house.operator(*words, "--json")
        return places

    def await_web(self):
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if self.env.ask_token("R4").status == 200:
                    return
            self.assertLess(time.monotonic(), until, "no web server")
            time.sleep(0.05)

    def in_files(self):
        """Files of the house that hold a mark, but those of keys: also the
        database's own, its log of changes and its temporary ones, what the web
        server put aside, and cores."""
        file = self.house.home / "keys" / "marks"
        place.write(file, "\n".join(self.marks) + "\n")
        self.addCleanup(file.unlink, missing_ok=True)
        return subprocess.run(
            ["grep", "-rlaFs", "--devices=skip", "--exclude-dir=keys",
             "--exclude-dir=bin", "-f", str(file), str(self.house.home)],
            text=True, stdout=subprocess.PIPE).stdout.split("\n")[:-1]

    def nowhere(self):
        places = self.kept()
        for word, what in self.marks.items():
            for where, text in places.items():
                at = text.find(word)
                self.assertEqual(at, -1, f"{what} in {where}: "
                                 f"{text[max(0, at - 150):at + 80]}")
        self.assertEqual(self.in_files(), [])
        return places


class Searches(Story):
    def test_names_in_a_form_never_become_an_address(self):
        """F11: where the hospital takes searches by POST."""
        family, given = self.mark("family"), self.mark("given")
        token, before = self.token(), len(self.provider.seen)
        for method, path, body in (
                ("POST", "Patient/_search", f"family={family}&given={given}"),
                ("POST", f"Patient/_search?given={given}", f"family={family}"),
                ("GET", f"Patient?family={family}&given={given}", None)):
            answer = self.fhir(method, path, token, body)
            self.assertEqual(answer.status, 200, answer)
        seen = [s for s in self.provider.seen[before:]
                if family in s.line()]
        for s in seen:
            self.assertEqual((s.method, s.path, s.query),
                             ("POST", "/on/Patient/_search", ""))
            self.assertIn(f"family:contains={family}", s.body.decode())
        whole = [s for s in seen    # others find out what is passed over
                 if f"given:contains={given}" in s.body.decode()]
        self.assertEqual(len(whole), 3)
        self.nowhere()

    def test_a_hospital_that_knows_only_get_gets_get(self):
        """F11: the other way; told so, or found out."""
        family = self.mark("family")
        self.provider.on("/late/Patient/_search", "status-405")
        self.addCleanup(self.provider.off, "/late/Patient/_search")
        for tenant, base in ((GET_ONLY, "/off"), (FOUND_OUT, "/late")):
            token = self.token(tenant)
            answer = self.fhir("POST", "Patient/_search", token,
                               f"family={family}&birthdate={BORN}")
            self.assertEqual(answer.status, 200, answer)
            last = [s for s in self.provider.seen if family in s.line()
                    and s.path.startswith(base)][-1]
            self.assertEqual((last.method, last.path),
                             ("GET", f"{base}/Patient"))
            self.assertIn(f"family:contains={family}", last.query)
        self.nowhere()

    def test_what_is_searched_and_found_is_kept_nowhere(self):
        self.marks[BORN] = "a birth date"
        token, word = self.token(), self.mark
        for path in (
                f"Patient?family={word('family')}&birthdate={BORN}",
                f"Patient?name={word('name')}&identifier={word('MRN')}",
                f"Patient?{word('a parameter')}=x&family={word('family')}",
                f"Patient?family:{word('a modifier')}=x",
                f"Patient?birthdate={word('a date')}",
                f"Patient?_cursor={word('a page link')}",
                f"Observation?patient.name={word('a chained name')}",
                f"Observation?patient=1&code={word('a code')}",
                f"Basket?family={word('of another type')}",
                f"Patient/1/_history?x={word('of another interaction')}",
                f"Patient/%31?x={word('of a refused path')}",
                f"metadata?x={word('of the statement')}"):
            self.fhir("GET", path, token)
            self.fhir("GET", path, token, Prefer="handling=strict")
        for body in (f"family={word('family')}&birthdate={BORN}&_count=3",
                     f"family={word('bad percent')}%zz", word("no pair"),
                     "family=" + word("a large form") + "x" * 20000):
            self.fhir("POST", "Patient/_search", token, body)
        self.fhir("POST", "Patient", token, json.dumps(
            {"resourceType": "Patient", "name": word("a written name")}))
        self.fhir("PUT", f"Patient/1?x={word('of a write')}", token, "{}")
        self.pages(token)
        self.batches(token)
        self.failing(token)
        self.badly_formed()
        places = self.nowhere()
        log = next(text for where, text in places.items()
                   if where.endswith("-access.log"))
        self.assertIn("/fhir/r4/Patient/_search", log)

    def batches(self, token):
        """What stands in the entries of a batch, good and bad ones."""
        word = self.mark
        urls = [f"Patient?family={word('in a batch')}",
                f"Patient?{word('a name in a batch')}=x",
                f"Basket?x={word('of another type in a batch')}",
                f"https://evil.example/{word('of a foreign url')}",
                f"Patient/1#{word('of a fragment')}"]
        entries = [{"request": {"method": "GET", "url": url}} for url in urls]
        entries.append({"fullUrl": word("a full url"),
                        "resource": {"x": word("of a write in a batch")},
                        "request": {"method": "POST", "url": "Patient",
                                    "ifNoneExist": word("a condition")}})
        for kind in ("batch", word("a type of bundle")):
            answer = self.send("POST", "/fhir/r4", {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/fhir+json"},
                json.dumps({"resourceType": "Bundle", "type": kind,
                            "entry": entries}))
            self.assertIn(answer.status, (200, 400), answer)

    def pages(self, token):
        """Page links hold what was searched, encrypted."""
        answer = self.fhir("POST", "Patient/_search", token,
                           f"family={self.name}&_count=2")
        links = {x["relation"]: x["url"] for x in answer.json["link"]}
        path = links["next"].split("/fhir/r4/")[1]
        self.assertEqual(self.fhir("GET", path, token).status, 200)
        self.assertEqual(self.fhir("GET", path + "x", token).status, 400)
        self.marks[path.split("_cursor=")[1]] = "a page link of ours"

    def failing(self, token):
        """The hospital fails while it is asked for somebody."""
        self.addCleanup(self.provider.off, "/on")
        for fault in FAULTS:
            self.provider.on("/on", fault)
            self.fhir("GET", f"Patient?family={self.mark(fault)}", token)
            self.fhir("GET", "Patient/1", token)
            self.provider.off("/on")
        rights = "on function wardgate.audit_write(wardgate.audit_row[])"
        sql = self.house.cluster.psql
        sql(f"revoke execute {rights} from wg_facade")
        try:
            answer = self.fhir("POST", "Patient/_search", token,
                               f"family={self.mark('not audited')}")
            self.assertEqual(answer.status, 503)
        finally:
            sql(f"grant execute {rights} to wg_facade")

    def badly_formed(self):
        """What the web server itself refuses."""
        word, port = self.mark, self.env.port
        for text in (f"GET /fhir/r4/Patient?family={word('no host')} "
                     "HTTP/1.1\r\n\r\n",
                     f"GET fhir?x={word('no slash')} HTTP/1.1\r\n"
                     "Host: x\r\n\r\n",
                     f"GET /fhir/r4/Patient/a%2fb?x={word('slash')} HTTP/1.1"
                     "\r\nHost: x\r\nConnection: close\r\n\r\n",
                     f"GET /fhir/../x?y={word('dots')} HTTP/1.1\r\n"
                     "Host: x\r\nConnection: close\r\n\r\n",
                     f"GET /nowhere?y={word('nowhere')} HTTP/1.1\r\n"
                     "Host: x\r\nConnection: close\r\n\r\n",
                     "GET /fhir/r4/Patient/1 HTTP/1.1\r\nHost: x\r\n"
                     f"X-Long: {word('a long head')}{'x' * 20000}\r\n\r\n",
                     f"POST /oauth2/token?x={word('a length')} HTTP/1.1\r\n"
                     "Host: x\r\nContent-Length: -5\r\n\r\n"):
            raw(port, text.encode())


class People(Story):
    def test_what_people_type_and_are_shown_is_kept_nowhere(self):
        phrase = self.mark("a passphrase") + " and more words"
        login = f"canary.{time.time_ns()}@x.example"
        for name in (login, "invited." + login):
            self.addCleanup(self.house.cluster.psql, "delete from "
                            f"wardgate.account where login = '{name}'")
        self.house.add_account(login, "admin", phrase)
        who = Person(self.env)
        page = who.sign_in(login, phrase)
        self.note(who)
        key = re.search(r'<code class="long">([A-Z2-7]+)<', page.text)[1]
        sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)[1]
        self.marks |= {key: "a key of codes", page.proof: "a form's proof"}
        page = who.post("/phone", sealed=sealed, code=code(key))
        self.note(who)
        for spare in re.findall(r"<li><code>([a-z2-7-]+)<", page.text):
            self.marks[spare] = "a recovery code"
        self.assertGreater(list(self.marks.values()).count("a recovery code"),
                           9)
        who.get("/accounts")
        page = who.post("/accounts/invite", name="Canary", role_developer="y")
        link = re.search(r'id="link">[^<]*/invitation/([^<]+)<', page.text)[1]
        self.marks[link] = "an invitation"
        guest = Person(self.env)
        guest.get(f"/invitation/{link}")
        for again in (phrase + "x", phrase):
            guest.post(f"/invitation/{link}", login="invited." + login,
                       passphrase=phrase, passphrase2=again)
        self.assertEqual(guest.get(f"/invitation/{link}").status, 404)
        self.assertEqual(guest.sign_in("invited." + login, phrase).status, 200)
        self.note(guest)
        guest.post("/account/passphrase", passphrase=phrase,
                   passphrase_new=self.mark("a new passphrase") + phrase,
                   passphrase_new2=self.mark("another one") + phrase)
        guest.send("/signin", {"login": login,
                               "passphrase": self.mark("a wrong one"),
                               "code": self.mark("a code")})
        self.nowhere()

    def note(self, who):
        self.marks[who.cookie] = "a session"


class Credentials(Story):
    verbs = VERBS

    def wrong_secret(self):
        """Of the right form, with a right checksum or none."""
        word = self.mark("a wrong secret")
        return f"wg1_{self.secret[4:12]}_{word}{'A' * (49 - len(word))}"

    def test_secrets_and_tokens_are_kept_nowhere(self):
        self.marks[self.secret[13:56]] = "the secret"
        word = self.mark
        good = self.form()
        for answer in (
                self.ask_token(good),
                self.ask_token(json.dumps(good), "application/json"),
                self.ask_token({"grant_type": "client_credentials",
                                "scope": TENANT},
                               Authorization=basic(self.client, self.secret))):
            self.assertEqual(answer.status, 200, answer)
            self.note_token(answer.json["access_token"])
        plain = base64.b64encode(f"{self.client}:{self.secret}".encode())
        self.marks[plain.decode()[60:]] = "the secret as Basic"
        for form in (self.form(client_secret=self.wrong_secret()),
                     self.form(client_secret=word("no secret")),
                     self.form(client_id=word("no client")),
                     self.form(scope=word("no tenant")),
                     self.form(grant_type=word("no grant")),
                     self.form(client_assertion=word("an assertion")),
                     {**good, word("a parameter"): word("its value")}):
            self.ask_token(form)
        self.ask_token(good, query="?client_secret=" + self.secret)
        self.ask_token(good, query="?x=" + word("a query"))
        self.ask_token('{"client_secret": "' + word("broken JSON"),
                       "application/json")
        self.ask_token(good, "text/plain; x=" + word("a type"))
        self.ask_token("client_secret=" + word("a large form") + "x" * 20000)
        self.ask_token(good, Authorization="Basic " + word("broken Basic"))
        self.ask_token(good, Authorization=basic(word("who"), word("what")))
        self.send("GET", "/oauth2/token?client_secret=" + word("by GET"))
        self.send("GET", "/oauth2/authorize?response_type=code&state=" +
                  word("a state") + "&client_id=" + word("a client"))
        self.tokens_everywhere()
        self.tokens_told_and_ended()
        self.without_a_trail()
        self.marks.update(self.keys())
        places = self.nowhere()
        self.assertIn(self.client, places["dump"])
        log = places[str(self.house.home / "log/postgres.log")]
        self.assertIn("execute audit_write", log)
        self.assertIn("parameters: $1 = ", log)

    def tokens_everywhere(self):
        word, token = self.mark, self.token()
        for value in (f"Bearer {token}x", f"Bearer {word('no token')}",
                      f"Bearer {word('a')}.{word('b')}.{word('c')}",
                      f"Basic {word('another scheme')}", word("no scheme"),
                      f"Bearer {token}, Bearer {word('two of them')}"):
            self.send("GET", "/fhir/r4/Patient/1", {"Authorization": value})
        self.send("GET", f"/fhir/r4/Patient/1?access_token={token}")
        self.send("GET", "/fhir/r4/Patient/1",
                  {"Cookie": f"access_token={token}"})
        self.fhir("GET", "Patient/1", token,
                  **{"X-Tenant": word("another tenant")})

    def tokens_told_and_ended(self):
        word = self.mark
        for where in ("/oauth2/introspect", "/oauth2/revoke"):
            token = self.token()
            good = {"client_id": self.client, "client_secret": self.secret}
            field = {"Content-Type": FORM}
            for form in ({"token": token}, {"token": token + "x"},
                         {"token": word("no token")},
                         {"token": word("a long one") + "x" * 20000},
                         {"token": token, "client_secret": word("a secret")},
                         {"token": token, "token_type_hint": word("a hint")}):
                self.send("POST", where, field, urlencode({**good, **form}))
            self.send("POST", f"{where}?token={token}", field, urlencode(good))
            self.send("GET", f"{where}?token={token}")
            self.send("POST", where, {
                **field, "Authorization": f"Bearer {token}"},
                "token=" + word("beside another"))

    def without_a_trail(self):
        rights = "on function wardgate.audit_write(wardgate.audit_row[])"
        sql = self.house.cluster.psql
        sql(f"revoke execute {rights} from wg_token")
        try:
            answer = self.ask_token(self.form())
            self.assertEqual(answer.status, 503)
        finally:
            sql(f"grant execute {rights} to wg_token")

    def keys(self):
        """What lies in the files of keys."""
        words = {}
        for path in (self.house.home / "keys").rglob("*"):
            if path.is_file() and path.parent.name != "public":
                lines = re.findall(r"^[A-Za-z0-9+/=]{32,}$",
                                   path.read_text(), re.M)
                self.assertTrue(lines, path)
                words.update(dict.fromkeys(lines, str(path)))
        self.assertGreater(len(words), 3)
        return words

    def test_who_is_told_of_an_end_is_told_no_secret(self):
        """The keeper's log and the hook of the operator."""
        made = json.loads(self.house.operator("client", "secret", "add",
                                              self.client, "--json"))
        self.marks[made["client_secret"][13:56]] = "the secret that ends"
        self.house.cluster.psql(
            "update wardgate.client_secret set created_at = now() - interval "
            "'90 days', not_before = now() - interval '90 days', not_after = "
            f"now() + interval '5 days' where key_id = '{made['key_id']}'")
        hook, said = (self.house.home / name for name in ("hook", "hook.said"))
        place.write(hook, HOOK.format(said=said))
        hook.chmod(0o755)
        before = set_lines(self.house, {"expiry_hook": hook})
        self.addCleanup(place.write, self.house.conf, before)
        self.house.cluster.psql("delete from wardgate.secret_notice")
        self.house.operator("keep", "--once")
        self.assertIn(made["key_id"], said.read_text())
        self.nowhere()

    def test_a_mark_that_is_kept_is_found(self):
        """The watch itself: it fails when there is something."""
        word = self.mark("planted")
        self.addCleanup(self.marks.pop, word)
        files = [self.house.home / "web" / "tmp" / "planted",
                 self.house.home / "log" / "planted.log",
                 self.house.cluster.data / "core.4711"]
        for file in files:
            file.write_text(f"x{word}y")
            self.addCleanup(file.unlink)
        self.assertEqual(set(self.in_files()), {str(f) for f in files})
        with self.assertRaisesRegex(AssertionError, "planted in .*planted.log"):
            self.nowhere()

    def test_what_is_looked_through_would_show_it(self):
        """The watch itself: what is planted is found."""
        planted = "Plntd" + secrets.token_hex(8)
        self.house.cluster.psql(f"select '{planted}'")
        self.send("GET", f"/fhir/r4/Basket/{planted}")
        places = self.kept()
        found = {Path(where).name for where, text in places.items()
                 if planted in text}
        self.assertIn("postgres.log", found)
        self.assertTrue(any(name.endswith("access.log") for name in found))
        self.assertTrue(any(str(self.house.conf) in text for where, text in
                            places.items() if where.endswith("cmdline")))


class Cores(Story):
    def alone(self, name):
        """A program of its own, started where cores are wanted."""
        listening = socket.socket(socket.AF_UNIX)
        path = str(self.house.home / f"alone-{name}")
        listening.bind(path)
        self.addCleanup(os.unlink, path)
        self.addCleanup(listening.close)
        listening.listen(8)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        process = subprocess.Popen(
            self.house.program(name), stdin=listening,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.house.home, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_CORE, (hard, hard)), **place.drop())
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def undumpable(self, pid):
        """No core, no debugger, no environment for others to read."""
        limits = Path(f"/proc/{pid}/limits").read_text()
        return re.search(r"^Max core file size +0 +0 ", limits, re.M) and \
            os.stat(f"/proc/{pid}/environ").st_uid == 0

    def test_no_running_program_leaves_a_core(self):
        for name in PROGRAMS:
            for pid in self.house.rig.pids(name):
                self.assertTrue(self.undumpable(pid), name)

    def test_a_program_that_crashes_leaves_none_either(self):
        for name in PROGRAMS:
            with self.subTest(name):
                process = self.alone(name)
                until = time.monotonic() + 60
                while not self.undumpable(process.pid):
                    self.assertIsNone(process.poll(), "it did not start")
                    self.assertLess(time.monotonic(), until)
                    time.sleep(0.01)
                process.send_signal(signal.SIGSEGV)
                _, status = os.waitpid(process.pid, 0)
                process.returncode = -os.WTERMSIG(status)
                self.assertEqual(os.WTERMSIG(status), signal.SIGSEGV)
                self.assertFalse(os.WCOREDUMP(status))


if __name__ == "__main__":
    unittest.main()
