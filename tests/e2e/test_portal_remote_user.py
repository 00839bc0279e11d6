# test_portal_remote_user.py - people whom the web server has signed in
# SPDX-License-Identifier: Apache-2.0
#
# Beside the house stands an `admin` that trusts REMOTE_USER, with two web
# servers of its own in front: one asks who somebody is, with a password file,
# as etc/ shows it; the other was forgotten to be told to.

import base64
import hashlib
import json
import os
import re
import subprocess
import time
import unittest

from tests.e2e.portal import PHRASE, Person, code
from tests.rig import fastcgi, place, web
from tests.rig.client import Env
from tests.rig.house import House

FORGED = ("Remote-User", "REMOTE_USER", "Remote_User", "X-Remote-User",
          "HTTP_REMOTE_USER", "X-Forwarded-User", "Redirect-Remote-User")
WORD = "as the web server knows it"

LIGHTTPD = """
server.modules += ( "mod_auth", "mod_authn_file" )
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "{file}"
auth.require = ( "/admin/" => ( "method" => "basic", "realm" => "portal",
                                "require" => "valid-user" ) )
"""
APACHE = """
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_user_module {modules}/mod_authz_user.so
<LocationMatch "^/admin(/(?!static/)|$)">
    AuthType Basic
    AuthName portal
    AuthBasicProvider file
    AuthUserFile "{file}"
    Require valid-user
</LocationMatch>
"""


class Front(web.Web):
    """The shipped files, and what asks who somebody is."""

    def __init__(self, home, server, run, more=""):
        super().__init__(place.folder(home), server, place.free_port())
        self.run, self.more = run, more

    def main_file(self, text, **more):
        """lighttpd's modules are asked in the order in which they are named."""
        super().main_file(text, **more)
        path = self.web / f"{self.server}.conf"
        text = path.read_text()
        at = text.index("include ") if self.server == "lighttpd" else len(text)
        place.write(path, text[:at] + self.more + text[at:])


class Guest(Person):
    """Somebody with a name that the web server knows."""

    def __init__(self, env, name=None, word=WORD):
        super().__init__(env)
        self.basic = name and "Basic " + base64.b64encode(
            f"{name}:{word}".encode()).decode()

    def ask(self, method, path, body=None, **fields):
        if self.basic:
            fields.setdefault("Authorization", self.basic)
        return super().ask(method, path, body, **fields)


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = Env.read()
        cls.house = house = House(cls.env["WG_HOME"])
        cls.server = os.environ.get("WG_SERVER", "lighttpd")
        cls.names = cls.accounts()
        cls.addClassCleanup(
            house.cluster.psql, "delete from wardgate.account where login in"
            " ('" + "','".join(cls.names.values()) + "')")
        cls.home = place.folder(house.home / "vouched")
        cls.run_dir = place.folder(cls.home / "run")
        for name in ("metadata", "token", "facade"):
            path = cls.run_dir / f"{name}.sock"
            path.unlink(missing_ok=True)
            path.symlink_to(house.home / "run" / path.name)
        file = place.write(cls.home / "people", "".join(
            f"{login}:{{SHA}}" + base64.b64encode(
                hashlib.sha1(WORD.encode()).digest()).decode() + "\n"
            for login in (*cls.names.values(), "stranger", "Newcomer")))
        cls.asking = cls.front("asking", (
            LIGHTTPD if cls.server == "lighttpd" else APACHE).format(
                file=file, modules=web.APACHE_MODULES))
        cls.silent = cls.front("silent")
        cls.serve("admin", [str(house.bin / "admin"), "-c",
                            str(cls.conf(cls.asking))],
                  socket=str(cls.run_dir / "admin.sock"))

    @classmethod
    def accounts(cls):
        """kind -> login"""
        cls.keys, names = {}, {}
        for kind, roles, phone in (
                ("ada", "developer", False), ("ben", "developer", False),
                ("ola", "operator", True), ("olaf", "operator", False)):
            names[kind] = f"{kind}{time.time_ns()}@x.example"
            cls.keys[kind] = cls.house.add_account(
                names[kind], roles, PHRASE, phone).get("totp_key")
        return names

    @classmethod
    def serve(cls, name, argv, **more):
        cls.house.run(f"vouched-{name}", argv, **more)
        cls.addClassCleanup(cls.house.rig, "remove", name=f"vouched-{name}")

    @classmethod
    def front(cls, name, more=""):
        server = Front(cls.home / name, cls.server, cls.run_dir, more)
        server.prepare()
        cls.serve(name, server.argv())
        server.wait_ready()
        return Env({"WG_BASE": f"http://127.0.0.1:{server.port}"})

    @classmethod
    def conf(cls, env):
        """The house's settings, for who comes by that address."""
        text = re.sub("(?m)^public_base = .*", "public_base = "
                      + env["WG_BASE"], cls.house.conf.read_text())
        return place.write(cls.home / f"{env.port}.conf",
                           text + "portal_remote_user = on\n")

    def guest(self, kind):
        return Guest(self.asking, self.names.get(kind, kind))

    def signed_in(self, kind):
        who = self.guest(kind)
        who.get("/signin")
        page = who.post("/signin", to="/account")
        self.assertEqual(page.status, 200, page)
        if self.keys.get(kind):
            page = who.post("/code", code=code(self.keys[kind]), to="/account")
        self.assertEqual(page.path, "/account", page)
        return who

    def psql(self, text):
        return self.house.cluster.psql(text)

    def app(self, who):
        who.get("/clients/new")
        page = who.post("/clients/new", name="Vouched", purpose="", mail="")
        client = re.search(r'id="client_id">([^<]+)<', page.text)[1]
        self.addCleanup(self.psql, "delete from wardgate.client where"
                        f" client_id = '{client}'")
        return client


class RemoteUser(Story):
    def test_who_is_known_signs_in_without_a_passphrase(self):
        who = self.guest("ada")
        page = who.get("/clients")
        self.assertEqual(page.path, "/signin?to=%2Fclients", page)
        self.assertIn(f"knows you as {self.names['ada']}", page.words)
        self.assertNotIn('type="password"', page.text)
        self.assertIsNone(who.cookie, "to look is not to sign in")
        page = who.post("/signin", to="/clients")
        self.assertEqual((page.status, page.path), (200, "/clients"))
        self.assertEqual(self.psql(
            "select detail from wardgate.audit where interaction = 'sign-in'"
            f" and made_by like '%{self.names['ada']}%' limit 1"),
            "by the web server")
        who.post("/signout")
        self.assertIn("knows you as", who.get("/clients").words)
        self.assertIsNone(who.cookie)

    def test_a_name_and_a_passphrase_that_are_typed_make_nobody_else(self):
        who = self.guest("ada")
        page = who.post("/signin", login=self.names["ben"], passphrase=PHRASE,
                        to="/account")
        self.assertIn(self.names["ada"], page.text)
        self.assertNotIn(self.names["ben"], page.text)

    def test_what_is_sensitive_takes_a_passphrase_all_the_same(self):
        who = self.signed_in("ada")
        client = self.app(who)
        page = who.get(f"/clients/{client}/secrets/new")
        self.assertEqual(page.path.split("?")[0], "/again")
        self.assertNotIn('name="code"', page.text, "there is no phone")
        to = f"/clients/{client}/secrets/new"
        for phrase, status in ((PHRASE + "x", 401), ("", 401), (PHRASE, 200)):
            page = who.post("/again", passphrase=phrase, to=to)
            self.assertEqual(page.status, status, page)
        self.assertEqual(page.path, to)

    def test_or_a_code_from_the_phone(self):
        who = self.signed_in("ola")
        self.psql("update wardgate.portal_session as s set proved_at = now()"
                  " - interval '1 hour' from wardgate.account as a where"
                  f" a.account_id = s.account_id and a.login ="
                  f" '{self.names['ola']}'; update wardgate.account"
                  f" set totp_step = 0 where login = '{self.names['ola']}'")
        page = who.get("/tenants/new")
        self.assertEqual(page.path.split("?")[0], "/again")
        shown = code(self.keys["ola"])
        for typed, status in (("000000", 401), (shown, 200)):
            page = who.post("/again", code=typed, passphrase="",
                            to="/tenants/new")
            self.assertEqual(page.status, status, page)
        self.assertEqual(page.path, "/tenants/new")

    def test_operators_give_a_code_or_set_up_a_phone_first(self):
        who = self.guest("ola")
        page = who.post("/signin", to="/tenants")
        self.assertEqual(page.path, "/code?to=%2Ftenants", page)
        self.assertEqual(who.get("/tenants").path.split("?")[0], "/code")
        who = self.guest("olaf")
        page = who.post("/signin", to="/tenants")
        self.assertEqual(page.path, "/phone?to=%2Ftenants", page)
        self.assertEqual(who.get("/tenants").path.split("?")[0], "/phone")

    def test_somebody_else_ends_the_session(self):
        who, other = self.signed_in("ada"), self.guest("ben")
        other.cookie = who.cookie
        self.assertEqual(other.get("/clients").path.split("?")[0], "/signin")
        self.assertEqual(who.get("/clients").path.split("?")[0], "/signin",
                         "it has ended")

    def test_who_has_no_account_reads_a_plain_page(self):
        self.addCleanup(self.psql, "update wardgate.account set disabled_at ="
                        f" null where login = '{self.names['ben']}'")
        self.psql("update wardgate.account set disabled_at = now()"
                  f" where login = '{self.names['ben']}'")
        for name in ("stranger", "ben"):
            who = self.guest(name)
            for page in (who.get("/clients"), who.ask("GET", "/signin"),
                         who.send("/signin", {})):
                self.assertEqual(page.status, 403, page)
                self.assertIn("There is no account here", page.words)
                self.assertNotIn("<form", page.text)
            self.assertIsNone(who.cookie)

    def test_an_invitation_is_for_the_name_that_the_web_server_knows(self):
        link = self.house.operator("account", "invite", "--json", "--roles",
                                   "developer")
        link = "/" + json.loads(link)["link"].split("/admin/")[1]
        who = self.guest("Newcomer")
        self.addCleanup(self.psql, "delete from wardgate.account"
                        " where login = 'newcomer'")
        self.assertIn('value="newcomer"', who.get(link).text)
        who.post(link, login=self.names["olaf"] + "x", passphrase=PHRASE,
                 passphrase2=PHRASE)
        page = who.post("/signin", to="/account")
        self.assertEqual(page.path, "/account", page)
        self.assertIn("newcomer", page.text)

    # ---- what nobody has vouched for ----

    def test_a_header_of_the_caller_is_no_remote_user(self):
        fields = {name: self.names["ola"] for name in FORGED}
        who = Guest(self.silent)
        for path in ("/", "/signin", "/clients", "/account", "/nowhere"):
            page = who.ask("GET", path, **fields)
            self.assertEqual(page.status, 403, page)
            self.assertIn("did not say who you are", page.words)
            self.assertNotIn("<form", page.text)
        page = who.send("/signin", {}, Origin=self.asking["WG_BASE"], **fields)
        self.assertEqual((page.status, who.cookie), (403, None))
        page = self.guest("ada").ask("GET", "/signin", **fields)
        self.assertIn(f"knows you as {self.names['ada']}", page.words)

    def test_credentials_that_nobody_checked_are_none(self):
        who = Guest(self.silent, self.names["ada"])
        self.assertEqual(who.ask("GET", "/signin").status, 403)
        who = Guest(self.asking, self.names["ada"], "not the password")
        self.assertEqual(who.ask("GET", "/signin").status, 401)

    def test_a_session_without_a_remote_user_is_refused(self):
        who, bare = self.signed_in("ada"), Guest(self.silent)
        bare.cookie = who.cookie
        page = bare.ask("GET", "/clients")
        self.assertEqual(page.status, 403, page)
        self.assertEqual(who.get("/clients").status, 200)

    def test_the_variable_itself(self):
        """As a web server passes it on; and where it is not asked for."""
        def told(path, **variables):
            with fastcgi.Link(str(path)) as link:
                link.send(fastcgi.request(
                    fastcgi.get("/admin/signin", **variables)))
                return link.answer()

        ada = self.names["ada"]
        ours = self.run_dir / "admin.sock"
        self.assertIn("knows you as", told(ours, REMOTE_USER=ada).text)
        self.assertIn("knows you as", told(
            ours, REMOTE_USER=f" {ada.upper()} ").text)
        for odd in ("", " ", "\xff\xfe", "x" * 300, ada + "\n", "a'b"):
            answer = told(ours, REMOTE_USER=odd)
            self.assertEqual(answer.status, 403, answer)
        off = told(self.house.home / "run/admin.sock", REMOTE_USER=ada)
        self.assertNotIn("knows you as", off.text)
        self.assertIn('type="password"', off.text)

    def test_the_doctor_looks_whether_anybody_is_asked(self):
        for env, state in ((self.asking, "ok"), (self.silent, "warning")):
            argv = self.house.program("wardgate")
            argv[argv.index("-c") + 1] = str(self.conf(env))
            done = subprocess.run(
                [*argv, "doctor", "--json"], text=True, capture_output=True,
                stdin=subprocess.DEVNULL, cwd=self.house.home,
                env=self.house.cluster.environment(), **place.drop())
            found = [f["state"] for f in json.loads(done.stdout)["findings"]
                     if f["subject"] == "sign-in by the web server"]
            self.assertEqual(found, [state], done.stdout)


if __name__ == "__main__":
    unittest.main()
